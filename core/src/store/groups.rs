//! Which groups were invalidated when (RFC 9875): a list of fixed size, for stores to keep.

use crate::limits::GROUPS_MAX;
use crate::pair::Group;
use heapless::Vec;

/// Which groups were invalidated, and when. Times are a store's own count of what it writes.
///
/// When it is full the oldest goes, and everything in any group that was written before it counts as
/// invalid: that costs a validation, and never the truth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InvalidGroups {
    list: Vec<(Group, u64), GROUPS_MAX>,
    floor: u64,
}

impl InvalidGroups {
    /// Nothing was invalidated.
    pub const fn new() -> Self {
        Self { list: Vec::new(), floor: 0 }
    }

    /// Everything in any group written up to `floor` is invalid.
    pub const fn from_floor(floor: u64) -> Self {
        Self { list: Vec::new(), floor }
    }

    /// Everything in `group` written up to `at` is invalid.
    pub fn add(&mut self, group: Group, at: u64) {
        if let Some((_, known)) = self.list.iter_mut().find(|(known, _)| *known == group) {
            *known = at.max(*known);
            return;
        }
        if self.list.is_full()
            && let Some(oldest) =
                (0..self.list.len()).min_by_key(|place| self.list.get(*place).map(|(_, at)| *at))
        {
            let (_, at) = self.list.swap_remove(oldest);
            self.floor = self.floor.max(at);
        }
        // Room was made above.
        let _ = self.list.push((group, at));
    }

    /// Whether a pair of these groups, whose head was written at `written`, is invalid. One of no group
    /// never is.
    pub fn hit(&self, written: u64, groups: &mut dyn Iterator<Item = Group>) -> bool {
        let is_hit = |group| self.list.iter().any(|(known, at)| *known == group && written <= *at);
        for group in groups {
            if written <= self.floor || is_hit(group) {
                return true;
            }
        }
        false
    }

    /// Up to where everything in any group is invalid.
    pub const fn floor(&self) -> u64 {
        self.floor
    }

    /// The groups, and up to where everything in them is invalid. In no order.
    pub fn iter(&self) -> impl Iterator<Item = (Group, u64)> + '_ {
        self.list.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_hit(list: &InvalidGroups, written: u64, group: u32) -> bool {
        list.hit(written, &mut [Group::new(group)].into_iter())
    }

    #[test]
    fn what_was_written_before_is_invalid_and_what_was_written_after_is_not() {
        let mut list = InvalidGroups::new();
        list.add(Group::new(1), 10);
        assert!(is_hit(&list, 10, 1) && !is_hit(&list, 11, 1) && !is_hit(&list, 1, 2));
        list.add(Group::new(1), 20);
        assert!(is_hit(&list, 11, 1) && !is_hit(&list, 21, 1));
        assert_eq!(list.iter().count(), 1, "in place");
        assert!(!list.hit(0, &mut [].into_iter()));
    }

    #[test]
    fn when_it_is_full_the_oldest_counts_for_every_group() {
        let mut list = InvalidGroups::new();
        let last = GROUPS_MAX as u64;
        for at in 0..last {
            list.add(Group::new(at as u32), 10 + at);
        }
        assert!(!is_hit(&list, 5, 999));
        list.add(Group::new(1000), 10 + last);
        assert_eq!((list.floor(), list.iter().count()), (10, GROUPS_MAX));
        assert!(is_hit(&list, 10, 999) && !is_hit(&list, 11, 999), "more than was asked for");
        assert!(is_hit(&list, 10, 0) && is_hit(&list, 11, 1) && is_hit(&list, 10 + last, 1000));
        assert!(!list.hit(0, &mut [].into_iter()), "what is in no group stays");
    }
}
