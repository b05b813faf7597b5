//! Which octets of a body are held.

use crate::few::Few;

/// Most runs of octets that are told apart. What is held beyond them counts as missing, and is fetched
/// again.
const EXTENTS_MAX: usize = 8;

/// Runs of octets, each from its first octet to the one behind its last, in order, with gaps between
/// them; and whether there were ever more of them than can be told apart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extents(Few<(u32, u32), EXTENTS_MAX>, bool);

impl Extents {
    pub(crate) const fn new() -> Self {
        Self(Few::new((0, 0)), false)
    }

    /// The octets from `start` to `end` are held.
    pub(crate) fn add(&mut self, start: u32, end: u32) {
        let (mut start, mut end) = (start, end);
        if start >= end {
            return;
        }
        self.0.retain(|(from, to)| {
            let apart = *to < start || *from > end;
            if !apart {
                (start, end) = (start.min(*from), end.max(*to));
            }
            apart
        });
        let at = self.0.iter().position(|(from, _)| *from > start).unwrap_or(self.0.len());
        // Where there is no room it is not held.
        self.1 |= !self.0.insert(at, (start, end));
    }

    /// Whether some are not held for want of room.
    pub(crate) const fn overflowed(&self) -> bool {
        self.1
    }

    /// Whether there is room for octets from `start` on.
    pub(crate) fn has_room_at(&self, start: u32) -> bool {
        !self.0.is_full() || self.0.iter().any(|(from, to)| *from <= start && start <= *to)
    }

    /// The first run that ends behind `from`, without what lies before it.
    #[inline(never)]
    pub(crate) fn first_behind(&self, from: u32) -> Option<(u32, u32)> {
        let next = self.0.iter().find(|(_, end)| *end > from);
        next.map(|(start, end)| ((*start).max(from), *end))
    }

    /// Whether an octet is held.
    pub(crate) fn has(&self, offset: u32) -> bool {
        self.first_behind(offset).is_some_and(|(start, _)| start == offset)
    }

    /// How many octets are held.
    pub(crate) fn held(&self) -> u32 {
        self.0.iter().map(|(start, end)| end - start).sum()
    }

    /// Where the hole ends that begins at `offset`, in a body of `total` octets; `offset` if that is
    /// held.
    pub(crate) fn hole_end(&self, offset: u32, total: u32) -> u32 {
        self.first_behind(offset).map_or(total, |(start, _)| start.min(total))
    }

    /// Whether nothing is missing of `total` octets, if those from `start` to `end` come.
    pub(crate) fn is_whole_with(&self, start: u32, end: u32, total: u32) -> bool {
        let mut with = *self;
        with.add(start, end);
        total == 0 || with.first_behind(0).is_some_and(|(start, end)| start == 0 && end >= total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extents(runs: &[(u32, u32)]) -> Extents {
        let mut extents = Extents::new();
        for (start, end) in runs {
            extents.add(*start, *end);
        }
        extents
    }

    #[test]
    fn runs_that_touch_or_overlap_are_one() {
        let all = extents(&[(10, 20), (30, 40), (20, 25), (5, 11), (26, 35), (50, 50)]);
        assert_eq!(*all.0, [(5, 25), (26, 40)]);
        assert_eq!(
            (all.held(), all.first_behind(24), all.first_behind(25)),
            (34, Some((24, 25)), Some((26, 40)))
        );
        assert_eq!((all.hole_end(25, 99), all.hole_end(40, 99), all.hole_end(7, 99)), (26, 99, 7));
        assert!(all.has(5) && all.has(39) && !all.has(4) && !all.has(25) && !all.has(40));
        assert!(!all.is_whole_with(0, 5, 40) && all.is_whole_with(25, 26, 0));
        assert!(extents(&[(0, 5), (7, 9)]).is_whole_with(5, 7, 9));
    }

    #[test]
    fn more_runs_than_there_is_room_for_count_as_missing() {
        let mut all = Extents::new();
        for start in 0..20 {
            all.add(start * 10, start * 10 + 5);
        }
        assert_eq!(all.held(), 8 * 5);
        assert!(all.overflowed() && all.has_room_at(5) && !all.has_room_at(6) && all.has_room_at(70));
        all.add(0, 1000);
        assert_eq!(all.held(), 1000);
    }
}
