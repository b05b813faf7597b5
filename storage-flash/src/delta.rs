//! What a pair's newest head differs in from its first one: what a 304 changes is a date and little
//! else.
//!
//! See `FORMAT.md`. Changes are made in place, from the front to the end of the first head.

use crate::writer::{copy, shift};

/// Octets of the longest record of changes; with more, the head is written whole.
pub(crate) const DELTA_MAX: usize = 176;

/// Octets before the changes: those of the first head, and the room that is needed.
const FRONT: usize = 4;

/// Equal octets for which a change is ended: as many as the next one's front takes.
const GAP: usize = 4;

/// Finds the changes while the new head comes piece by piece.
pub(crate) struct Changes<'b> {
    base: &'b [u8],
    /// How far the first head is accounted for.
    at: usize,
    octets: [u8; DELTA_MAX],
    len: usize,
    /// Octets that stay, since the last change.
    kept: usize,
    /// Where the change under way begins that ends with what was added last.
    open: Option<usize>,
    /// Octets of the head as it is after the last change, and the most so far.
    now: usize,
    most: usize,
    overflow: bool,
}

impl<'b> Changes<'b> {
    pub(crate) fn of(base: &'b [u8]) -> Self {
        let (now, most) = (base.len(), base.len());
        Self {
            base,
            at: 0,
            octets: [0; DELTA_MAX],
            len: FRONT,
            kept: 0,
            open: None,
            now,
            most,
            overflow: false,
        }
    }

    /// The next piece of the new head.
    pub(crate) fn piece(&mut self, piece: &[u8]) {
        let rest = self.base.get(self.at..).unwrap_or_default();
        if rest.starts_with(piece) {
            return self.keep(piece.len());
        }
        if let Some(same) = rest.get(..piece.len()) {
            let equal = same.iter().zip(piece).filter(|(old, new)| old == new).count();
            if equal * 2 >= piece.len() {
                return self.overwrite(same, piece);
            }
        }
        match Some(piece).filter(|_| piece.len() > 2).and_then(|piece| find(piece, rest)) {
            Some(gone) => {
                self.drop_next(gone);
                self.keep(piece.len());
            }
            None => self.add(piece),
        }
    }

    /// The octets of the record, if they are not too many.
    pub(crate) fn finish(&mut self) -> Option<&[u8]> {
        let gone = self.base.len() - self.at;
        if gone > 0 {
            self.drop_next(gone);
        }
        let [a, b] = u16::try_from(self.base.len()).ok()?.to_le_bytes();
        let [c, d] = u16::try_from(self.most).ok()?.to_le_bytes();
        copy(&[a, b, c, d], &mut self.octets);
        if self.overflow { None } else { self.octets.get(..self.len) }
    }

    fn keep(&mut self, octets: usize) {
        if octets > 0 {
            self.open = None;
            self.kept += octets;
            self.at += octets;
        }
    }

    /// `new` stands where `old` stood, which is as long.
    fn overwrite(&mut self, old: &[u8], new: &[u8]) {
        let mut at = 0;
        while let (Some(old), Some(new)) = (old.get(at..), new.get(at..)) {
            let equal = old.iter().zip(new).take_while(|(old, new)| old == new).count();
            if equal >= GAP || equal == new.len() {
                self.keep(equal);
                at += equal;
                if equal == new.len() {
                    return;
                }
                continue;
            }
            let changed = equal + 1;
            self.drop_next(changed);
            self.add(new.get(..changed).unwrap_or_default());
            at += changed;
        }
    }

    /// The next `octets` of the first head are gone.
    fn drop_next(&mut self, octets: usize) {
        let mut left = octets;
        while left > 0 {
            let Some(gone) = self.change().and_then(|open| self.octets.get_mut(open + 2)) else {
                self.overflow = true;
                return;
            };
            let some = left.min(usize::from(u8::MAX - *gone));
            *gone += some as u8;
            self.at += some;
            self.now -= some;
            left -= some;
            if left > 0 {
                self.open = None;
            }
        }
    }

    /// `octets` come in here.
    fn add(&mut self, octets: &[u8]) {
        let Some(open) = self.change() else {
            return;
        };
        let room = self.octets.get_mut(self.len..).unwrap_or_default();
        let count = u8::try_from(octets.len()).ok();
        if room.len() < octets.len() || count.is_none() {
            self.overflow = true;
            return;
        }
        copy(octets, room);
        self.len += octets.len();
        let added = self.octets.get_mut(open + 3);
        match added.and_then(|added| Some((added.checked_add(count?)?, added))) {
            Some((sum, added)) => *added = sum,
            None => self.overflow = true,
        }
        self.now += octets.len();
        self.most = self.most.max(self.now);
    }

    /// Where the change under way begins; one is begun if there is none.
    fn change(&mut self) -> Option<usize> {
        if self.open.is_none() {
            let [a, b] = u16::try_from(self.kept).ok()?.to_le_bytes();
            let Some(front) = self.octets.get_mut(self.len..self.len + FRONT) else {
                self.overflow = true;
                return None;
            };
            copy(&[a, b, 0, 0], front);
            self.open = Some(self.len);
            self.len += FRONT;
            self.kept = 0;
        }
        self.open
    }
}

/// Where `piece` is in `octets`, if it begins among the first 255: more cannot be left out at once.
fn find(piece: &[u8], octets: &[u8]) -> Option<usize> {
    let first = piece.first()?;
    let mut beginnings = octets.iter().take(usize::from(u8::MAX)).enumerate();
    // Most positions are passed over by their first octet.
    beginnings.find_map(|(at, octet)| {
        let is_there = octet == first && octets.get(at..).is_some_and(|rest| rest.starts_with(piece));
        is_there.then_some(at)
    })
}

/// Octets of the first head that `changes` are about, and of the room they need to be made in.
pub(crate) fn sizes(changes: &[u8]) -> Option<(usize, usize)> {
    let [a, b, c, d] = *changes.first_chunk::<FRONT>()?;
    Some((usize::from(u16::from_le_bytes([a, b])), usize::from(u16::from_le_bytes([c, d]))))
}

/// Makes `changes` to the head that `record` begins with. Answers its length now; `None` if they are no
/// changes, or there is no room.
pub(crate) fn apply(changes: &[u8], record: &mut [u8]) -> Option<usize> {
    let (mut len, _) = sizes(changes)?;
    let mut at = 0;
    let mut rest = changes.get(FRONT..)?;
    while let Some((front, behind)) = rest.split_first_chunk::<FRONT>() {
        let [a, b, gone, added] = *front;
        let (gone, added) = (usize::from(gone), usize::from(added));
        let (new, next) = behind.split_at_checked(added)?;
        at += usize::from(u16::from_le_bytes([a, b]));
        let from = at + gone;
        let now = len.checked_sub(gone)? + added;
        if from > len || now > record.len() || len > record.len() {
            return None;
        }
        shift(record, from..len, at + added);
        copy(new, record.get_mut(at..)?);
        at += added;
        len = now;
        rest = next;
    }
    rest.is_empty().then_some(len)
}

/// Writes down how the head begins that `changes` lead to, as far as that follows from `base`, with which
/// the first head begins, and there is room in `front`. Answers how many octets; `None` if they are no
/// changes.
pub(crate) fn begin(changes: &[u8], base: &[u8], front: &mut [u8]) -> Option<usize> {
    let room = front.len();
    let (mut base, mut len) = (base, 0);
    let mut put = |octets: &[u8]| {
        copy(octets, front.get_mut(len..).unwrap_or_default());
        len = (len + octets.len()).min(room);
        len
    };
    let mut rest = changes.get(FRONT..)?;
    while let Some((change, behind)) = rest.split_first_chunk::<FRONT>() {
        let [a, b, gone, added] = *change;
        let (new, next) = behind.split_at_checked(usize::from(added))?;
        let Some((stays, others)) = base.split_at_checked(usize::from(u16::from_le_bytes([a, b]))) else {
            break;
        };
        put(stays);
        put(new);
        base = others.get(usize::from(gone)..).unwrap_or_default();
        rest = next;
    }
    Some(put(base))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(base: &[u8], new: &[&[u8]]) -> Option<Vec<u8>> {
        let mut changes = Changes::of(base);
        for piece in new {
            changes.piece(piece);
        }
        changes.finish().map(<[u8]>::to_vec)
    }

    /// The changes, made, are the new head; in no more room than they say.
    fn round_trip(base: &[u8], new: &[&[u8]]) -> Option<usize> {
        let changes = changes(base, new)?;
        let (base_len, room) = sizes(&changes).unwrap();
        assert_eq!(base_len, base.len());
        let mut record = base.to_vec();
        record.resize(room, 0);
        let len = apply(&changes, &mut record).expect("they can be made");
        let new = new.concat();
        assert_eq!(record[..len], new);
        for known in 0..=base.len() {
            let mut front = [0; 9];
            let len = begin(&changes, &base[..known], &mut front).expect("they are changes");
            assert!(new.starts_with(&front[..len]), "{known} octets of the first one are known");
            assert!(known < base.len() || len == new.len().min(9), "all of the first one is known");
        }
        Some(changes.len())
    }

    #[test]
    fn a_later_date_takes_few_octets() {
        let old = b"\x01\x00uri\x04\x1ddateSun, 06 Nov 1994 08:49:37 GMT\x04\x03etag\"a\"";
        let len = round_trip(
            old,
            &[
                b"\x01\x00",
                b"uri",
                b"\x04",
                b"\x1d",
                b"date",
                b"Sun, 06 Nov 1994 09:51:07 GMT",
                b"\x04",
                b"\x03",
                b"etag",
                b"\"a\"",
            ],
        );
        assert!(len.unwrap() <= 4 + 4 + 7, "{len:?}");
    }

    #[test]
    fn lines_that_come_go_and_change_their_length() {
        let old = b"age: 9\ndate: now\nx: y\nlast: one\n";
        round_trip(old, &[b"age: ", b"10", b"\n", b"date: ", b"now", b"\n", b"last: one\n", b"new: line\n"]);
        round_trip(old, &[]);
        round_trip(b"", &[b"all", b" of it"]);
        assert_eq!(round_trip(old, &[old]), Some(4));
        assert_eq!(changes(old, &[&[7; 300]]), None);
        let long = [1; 600];
        round_trip(&long, &[&[2; 3], &long[..5]]);
    }

    #[test]
    fn any_two_heads_round_trip() {
        let mut number = 7_u32;
        let mut next = |below: usize| {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (number >> 16) as usize % below
        };
        let mut made = 0;
        for _ in 0..3000 {
            let words: Vec<Vec<u8>> = (0..12).map(|_| vec![b'a' + next(4) as u8; 1 + next(9)]).collect();
            let base = words.concat();
            let new: Vec<&[u8]> = (0..12)
                .map(|at| if next(4) == 0 { &words[next(12)] } else { &words[at] }[..].as_ref())
                .collect();
            made += usize::from(round_trip(&base, &new).is_some());
        }
        assert!(made > 2000, "{made}");
    }

    #[test]
    fn octets_that_are_no_changes_are_refused() {
        let good = changes(b"one two three", &[b"one ", b"2", b" three"]).unwrap();
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let mut record = *b"one two three   ";
            let _ = apply(&bad, &mut record);
        }
        for end in 0..good.len() {
            let _ = apply(&good[..end], &mut b"one two three".to_vec());
        }
        assert_eq!(apply(&good[..3], &mut [0; 20]), None);
    }
}
