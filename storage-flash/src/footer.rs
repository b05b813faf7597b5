//! Footers: what a segment that is full has in it, at its end, so that mounting reads only that.

use crate::crc::Crc32;
use crate::header::{Kind, SEQ_MAX, VERSION, split_tag, tag};
use heapless::Vec;

/// Most marks of a segment: with more it gets no footer, and mounting walks its records.
pub(crate) const MARKS_MAX: usize = 48;

/// Octets of a mark.
pub(crate) const MARK_LEN: usize = 9;

/// Octets behind the marks: how many, the version, the sector's number, what comes next, a checksum.
pub(crate) const TRAILER_LEN: usize = 12;

/// Octets of the longest footer, with what fills its first unit.
pub(crate) const FOOTER_MAX: usize = (MARKS_MAX * MARK_LEN + TRAILER_LEN).next_multiple_of(32);

/// What one record means to the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) kind: Kind,
    /// Whether the pair is complete with it.
    pub(crate) commits: bool,
    /// Of a first head: whether a part of the body is worth keeping.
    pub(crate) partial: bool,
    /// The unit of the sector at which the record begins.
    pub(crate) at: u16,
    /// Octets of the head.
    pub(crate) len: u16,
    /// As in the record's header.
    pub(crate) reference: u32,
}

impl Mark {
    /// One that says that a pair is removed.
    pub(crate) const fn removal(reference: u32) -> Self {
        Self { kind: Kind::Remove, commits: false, partial: false, at: 0, len: 0, reference }
    }

    fn encode(&self) -> [u8; MARK_LEN] {
        let [a, b] = self.at.to_le_bytes();
        let [c, d] = self.len.to_le_bytes();
        let [e, f, g, h] = self.reference.to_le_bytes();
        [tag(self.kind, self.commits) | u8::from(self.partial) << 5, a, b, c, d, e, f, g, h]
    }

    pub(crate) fn decode(octets: &[u8]) -> Option<Self> {
        let [tag, a, b, c, d, e, f, g, h] = *octets.first_chunk::<MARK_LEN>()?;
        let (kind, commits) = split_tag(tag)?;
        Some(Self {
            kind,
            commits,
            partial: tag & 0b10_0000 != 0,
            at: u16::from_le_bytes([a, b]),
            len: u16::from_le_bytes([c, d]),
            reference: u32::from_le_bytes([e, f, g, h]),
        })
    }
}

/// The marks of the segment being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Marks {
    marks: Vec<Mark, MARKS_MAX>,
    overflow: bool,
}

impl Marks {
    pub(crate) fn clear(&mut self) {
        self.marks.clear();
        self.overflow = false;
    }

    pub(crate) fn push(&mut self, mark: Mark) {
        self.overflow |= self.marks.push(mark).is_err();
    }

    /// Octets of the footer if `more` marks come, without what fills its first unit; `None` if
    /// there will be none.
    pub(crate) fn footer_len(&self, more: usize) -> Option<usize> {
        let count = self.marks.len() + more;
        (!self.overflow && count <= MARKS_MAX).then_some(count * MARK_LEN + TRAILER_LEN)
    }

    /// Writes the footer to the end of `octets`, and ones before it. `None` if there is none.
    /// `ahead`: how many numbers on the next sector is, if this is the end of a sector; else 0.
    pub(crate) fn encode(&self, seq: u32, ahead: u16, octets: &mut [u8]) -> Option<()> {
        let len = self.footer_len(0)?;
        octets.fill(u8::MAX);
        let from = octets.len().checked_sub(len)?;
        let footer = octets.get_mut(from..)?;
        let (marks, trailer) = footer.split_at_mut_checked(self.marks.len() * MARK_LEN)?;
        for (to, mark) in marks.chunks_exact_mut(MARK_LEN).zip(&self.marks) {
            to.copy_from_slice(&mark.encode());
        }
        let [a, b, c, d] = seq.to_le_bytes();
        let [e, f] = ahead.to_le_bytes();
        let front = [self.marks.len() as u8, VERSION, a, b, c, d, e, f];
        let sum = Crc32::new(seq).with(marks).with(&front).value().to_le_bytes();
        let (to_front, to_sum) = trailer.split_at_mut_checked(front.len())?;
        to_front.copy_from_slice(&front);
        to_sum.copy_from_slice(&sum);
        Some(())
    }
}

/// How long the footer is that `tail` ends with, and the number of its sector, if it is one.
pub(crate) fn measure(tail: &[u8]) -> Option<(u32, usize)> {
    let [count, version, a, b, c, d, ..] = *tail.last_chunk::<TRAILER_LEN>()?;
    let seq = u32::from_le_bytes([a, b, c, d]);
    let plausible = version == VERSION && usize::from(count) <= MARKS_MAX && seq <= SEQ_MAX;
    let len = usize::from(count) * MARK_LEN + TRAILER_LEN;
    plausible.then_some((seq, len))
}

/// A footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Footer<'a> {
    /// The number of its sector.
    pub(crate) seq: u32,
    /// How many numbers on the sector is that will be written next: what lies at its place is given
    /// up. 0: nothing is said.
    pub(crate) ahead: u16,
    /// The octets of the marks.
    pub(crate) marks: &'a [u8],
}

/// The footer that `tail` ends with, if it is whole.
pub(crate) fn decode(tail: &[u8]) -> Option<Footer<'_>> {
    let (seq, len) = measure(tail)?;
    let footer = tail.get(tail.len().checked_sub(len)?..)?;
    let (covered, sum) = footer.split_last_chunk::<4>()?;
    if Crc32::of(seq, covered) != u32::from_le_bytes(*sum) {
        return None;
    }
    let (_, ahead) = covered.split_last_chunk::<2>()?;
    Some(Footer { seq, ahead: u16::from_le_bytes(*ahead), marks: footer.get(..len - TRAILER_LEN)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_footer_is_its_marks_again_or_none() {
        let mut marks = Marks::default();
        for at in 0..5 {
            let (commits, partial) = (at % 2 == 0, at % 3 == 0);
            marks.push(Mark { kind: Kind::Head, commits, partial, at, len: 400, reference: 7 });
        }
        let mut octets = [0; 64];
        marks.encode(33, 2, &mut octets).unwrap();
        let found = decode(&octets).unwrap();
        assert_eq!((found.seq, found.ahead), (33, 2));
        assert!(
            found.marks.chunks(MARK_LEN).map(|octets| Mark::decode(octets).unwrap()).eq(marks.marks.clone())
        );
        let begin = 64 - marks.footer_len(0).unwrap();
        for bit in begin * 8..64 * 8 {
            let mut flipped = octets;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&flipped), None);
        }
    }

    #[test]
    fn too_many_marks_make_no_footer() {
        let mut marks = Marks::default();
        let mark = Mark::removal(0);
        for _ in 0..MARKS_MAX {
            marks.push(mark);
        }
        assert!(marks.footer_len(0).is_some() && marks.footer_len(1).is_none());
        marks.push(mark);
        assert_eq!(marks.encode(1, 0, &mut [0; FOOTER_MAX]), None);
    }
}
