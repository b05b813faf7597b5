//! The headers of sectors and records, as octets. See `FORMAT.md`.

use crate::crc::{Crc32, crc16, mend};

/// The version of the format this crate writes and reads.
pub const VERSION: u8 = 2;

/// What every sector begins with.
const MAGIC: [u8; 3] = *b"LRD";

/// The highest number of a sector: the parts are worn out long before. What claims a higher one is
/// none of ours.
pub(crate) const SEQ_MAX: u32 = u32::MAX - (1 << 17);

/// The header of a sector: it is written right after the erase, and proves that it was completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SectorHeader {
    /// One more than the sector's before it. Never used again.
    pub(crate) seq: u32,
    /// The key of the fingerprints.
    pub(crate) seed: u32,
}

/// What the beginning of a sector is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beginning {
    /// A sector of this version.
    Ours(SectorHeader),
    /// A sector of another version.
    Version(u8),
    /// All ones.
    Blank,
    /// Anything else.
    Other,
}

impl SectorHeader {
    /// Octets of a sector's header.
    pub(crate) const LEN: usize = 16;

    pub(crate) fn encode(&self) -> [u8; Self::LEN] {
        let [m0, m1, m2] = MAGIC;
        let [a, b, c, d] = self.seq.to_le_bytes();
        let [e, f, g, h] = self.seed.to_le_bytes();
        let front = [m0, m1, m2, VERSION, a, b, c, d, e, f, g, h];
        let mut octets = [0; Self::LEN];
        let sum = Crc32::of(0, &front).to_le_bytes();
        for (to, from) in octets.iter_mut().zip(front.iter().chain(&sum)) {
            *to = *from;
        }
        octets
    }

    /// What `octets` are. One flipped bit is mended.
    pub(crate) fn decode(octets: &[u8]) -> Beginning {
        let Some(octets) = octets.first_chunk::<{ Self::LEN }>() else {
            return Beginning::Other;
        };
        if is_blank(octets) {
            return Beginning::Blank;
        }
        let mut octets = *octets;
        let valid = |octets: &[u8]| {
            octets.split_last_chunk::<4>().is_some_and(|(front, sum)| {
                front.starts_with(&MAGIC) && Crc32::of(0, front) == u32::from_le_bytes(*sum)
            })
        };
        if !mend(&mut octets, &valid) {
            return Beginning::Other;
        }
        let [_, _, _, version, a, b, c, d, e, f, g, h, ..] = octets;
        if version != VERSION {
            return Beginning::Version(version);
        }
        let (seq, seed) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        if seq > SEQ_MAX {
            return Beginning::Other;
        }
        Beginning::Ours(Self { seq, seed })
    }
}

/// What a record is.
///
/// That of a first head, whose header is longer, differs from all others in two bits: one that flips
/// does not make it another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// A pair's first head, and the beginning of its body.
    Head = 0b1111,
    /// More of a body.
    Body = 0b0001,
    /// The end of a body whose length was not known, or not as announced.
    End = 0b0010,
    /// A pair's head, written anew.
    Fresh = 0b0100,
    /// Pairs are removed.
    Remove = 0b1000,
    /// All pairs up to one are removed.
    Clear = 0b0011,
    /// A pair's head, as what differs from its first one.
    Delta = 0b0101,
    /// The bodies of the pairs in the list are parts of this one's; those pairs are removed.
    Join = 0b1001,
    /// Which pairs are pinned: these, and no others.
    Pins = 0b0110,
}

impl Kind {
    pub(crate) const fn of(number: u8) -> Option<Self> {
        Some(match number {
            0b1111 => Self::Head,
            0b0001 => Self::Body,
            0b0010 => Self::End,
            0b0100 => Self::Fresh,
            0b1000 => Self::Remove,
            0b0011 => Self::Clear,
            0b0101 => Self::Delta,
            0b1001 => Self::Join,
            0b0110 => Self::Pins,
            _ => return None,
        })
    }
}

/// A pair, as a record or mark names it: how many sectors before it, and at which unit of that
/// sector, its first head lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reference(pub(crate) u32);

impl Reference {
    pub(crate) const fn new(back: u16, unit: u16) -> Self {
        Self((back as u32) << 16 | unit as u32)
    }

    pub(crate) const fn back(self) -> u16 {
        (self.0 >> 16) as u16
    }

    pub(crate) const fn unit(self) -> u16 {
        self.0 as u16
    }
}

/// Most pairs that one record replaces or removes beside its own.
pub(crate) const LIST_MAX: usize = 7;

/// Octets of the list of `count` pairs.
pub(crate) const fn list_len(count: usize) -> usize {
    if count == 0 { 0 } else { count * 4 + 4 }
}

/// A complete length that is not known.
pub(crate) const UNKNOWN: u32 = 0xff_ffff;

/// The header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) kind: Kind,
    /// Whether the pair is complete with this record.
    pub(crate) commits: bool,
    /// How many other pairs it removes.
    pub(crate) count: u8,
    /// `Head` and `Fresh`: octets of the body, or [`UNKNOWN`]; `Body` and `End`: octets of the
    /// body before this record.
    pub(crate) number: u32,
    /// Octets of the head, or of the part of the body.
    pub(crate) len: u16,
    /// `Head`: the fingerprint of the key; else a [`Reference`] to the pair.
    pub(crate) reference: u32,
    /// The checksum of those octets.
    pub(crate) sum: u32,
    /// `Head`: octets of the body's beginning, behind the head, and their checksum.
    pub(crate) inline: u16,
    pub(crate) inline_sum: u32,
    /// `Head`: whether a part of the body is worth keeping.
    pub(crate) partial: bool,
}

impl Header {
    /// Octets of every header.
    pub(crate) const LEN: usize = 16;
    /// Octets of a `Head`'s header.
    pub(crate) const HEAD_LEN: usize = 24;

    /// One of no octets, that says nothing else.
    pub(crate) const fn of(kind: Kind, reference: u32) -> Self {
        let (commits, partial) = (false, false);
        let (count, number, len, sum, inline, inline_sum) = (0, 0, 0, 0, 0, 0);
        Self { kind, commits, count, number, len, reference, sum, inline, inline_sum, partial }
    }

    pub(crate) fn header_len(&self) -> usize {
        if self.kind == Kind::Head { Self::HEAD_LEN } else { Self::LEN }
    }

    /// Octets of the record, without what fills its last unit.
    #[inline(never)]
    pub(crate) fn record_len(&self) -> usize {
        self.header_len() + usize::from(self.len) + usize::from(self.inline) + self.list_len()
    }

    pub(crate) const fn list_len(&self) -> usize {
        list_len(self.count as usize)
    }

    /// Its octets; only the first [`header_len`](Self::header_len) are to be written.
    pub(crate) fn encode(&self, seq: u32) -> [u8; Self::HEAD_LEN] {
        let tag = tag(self.kind, self.commits) | self.count << 5;
        let partial = u8::from(self.partial);
        let [n0, n1, n2, _] = self.number.to_le_bytes();
        let [l0, l1] = self.len.to_le_bytes();
        let [r0, r1, r2, r3] = self.reference.to_le_bytes();
        let [s0, s1, s2, s3] = self.sum.to_le_bytes();
        let [i0, i1] = self.inline.to_le_bytes();
        let [t0, t1, t2, t3] = self.inline_sum.to_le_bytes();
        let mut octets = [
            tag, n0, n1, n2, l0, l1, 0, 0, r0, r1, r2, r3, s0, s1, s2, s3, i0, i1, partial, 0, t0, t1, t2, t3,
        ];
        let [c0, c1] = check(seq, octets.get(..self.header_len()).unwrap_or_default()).to_le_bytes();
        let [_, _, _, _, _, _, to0, to1, ..] = &mut octets;
        (*to0, *to1) = (c0, c1);
        octets
    }

    /// The header that `octets` begin with, in the sector numbered `seq`.
    pub(crate) fn decode(seq: u32, octets: &[u8]) -> Option<Self> {
        let header = Self::parse(octets)?;
        let octets = octets.get(..header.header_len())?;
        let [_, _, _, _, _, _, c0, c1, ..] = octets else {
            return None;
        };
        (check(seq, octets) == u16::from_le_bytes([*c0, *c1])).then_some(header)
    }

    /// As [`decode`](Self::decode), but mends one flipped bit.
    pub(crate) fn decode_mending(seq: u32, octets: &[u8]) -> Option<Self> {
        if let Some(header) = Self::decode(seq, octets) {
            return Some(header);
        }
        let mut copy = [0xff; Self::HEAD_LEN];
        for (to, from) in copy.iter_mut().zip(octets) {
            *to = *from;
        }
        if is_blank(copy.get(..octets.len().min(Self::LEN))?) {
            return None;
        }
        mend(&mut copy, &|octets| Self::decode(seq, octets).is_some());
        Self::decode(seq, copy.get(..octets.len().min(Self::HEAD_LEN))?)
    }

    fn parse(octets: &[u8]) -> Option<Self> {
        let (front, rest) = octets.split_first_chunk::<{ Self::LEN }>()?;
        let [tag, n0, n1, n2, l0, l1, _, _, r0, r1, r2, r3, s0, s1, s2, s3] = *front;
        let kind = Kind::of(tag & KIND)?;
        let (mut inline, mut inline_sum, mut partial) = (0, 0, false);
        if kind == Kind::Head {
            let [i0, i1, flags, _, t0, t1, t2, t3] = *rest.first_chunk()?;
            partial = flags & 1 != 0;
            inline = u16::from_le_bytes([i0, i1]);
            inline_sum = u32::from_le_bytes([t0, t1, t2, t3]);
        }
        Some(Self {
            kind,
            commits: tag & COMMITS != 0,
            count: tag >> 5,
            number: u32::from_le_bytes([n0, n1, n2, 0]),
            len: u16::from_le_bytes([l0, l1]),
            reference: u32::from_le_bytes([r0, r1, r2, r3]),
            sum: u32::from_le_bytes([s0, s1, s2, s3]),
            inline,
            inline_sum,
            partial,
        })
    }
}

/// The bits of a tag that tell the kind.
const KIND: u8 = 0b1111;
/// The bit of a tag that says that the pair is complete.
const COMMITS: u8 = 0b1_0000;

/// What records and marks begin with.
pub(crate) const fn tag(kind: Kind, commits: bool) -> u8 {
    kind as u8 | if commits { COMMITS } else { 0 }
}

/// The kind that a tag tells, and whether the pair is complete.
pub(crate) fn split_tag(tag: u8) -> Option<(Kind, bool)> {
    Some((Kind::of(tag & KIND)?, tag & COMMITS != 0))
}

/// The checksum of a header: of all its octets but those of the checksum.
fn check(seq: u32, octets: &[u8]) -> u16 {
    let (front, rest) = octets.split_at_checked(6).unwrap_or_default();
    crc16(seq, [front, rest.get(2..).unwrap_or_default()])
}

#[inline(never)]
pub(crate) fn is_blank(octets: &[u8]) -> bool {
    octets.iter().all(|octet| *octet == u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Header = Header {
        kind: Kind::Head,
        commits: true,
        count: 3,
        number: 600,
        len: 400,
        reference: 0x1234_5678,
        sum: 0x9abc_def0,
        inline: 590,
        inline_sum: 77,
        partial: true,
    };

    /// Without what only a `Head` has.
    const PLAIN: Header = Header { inline: 0, inline_sum: 0, partial: false, ..HEAD };

    #[test]
    fn a_header_is_the_header_again_only_in_its_own_sector() {
        let body = Header { kind: Kind::Body, ..PLAIN };
        for header in [HEAD, body] {
            let octets = header.encode(9);
            assert_eq!(Header::decode(9, &octets[..header.header_len()]), Some(header));
            assert_eq!(Header::decode(10, &octets), None);
            for end in 0..header.header_len() {
                assert_eq!(Header::decode(9, &octets[..end]), None);
            }
        }
    }

    #[test]
    fn a_flipped_bit_in_a_header_is_detected_and_mended() {
        for header in [HEAD, Header { kind: Kind::Remove, count: 0, ..PLAIN }] {
            let octets = header.encode(9);
            for bit in 0..header.header_len() * 8 {
                let mut flipped = octets;
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Header::decode(9, &flipped), None, "bit {bit}");
                assert_eq!(Header::decode_mending(9, &flipped), Some(header), "bit {bit}");
            }
        }
        assert_eq!(Header::decode_mending(9, &[0xff; 24]), None);
    }

    #[test]
    fn a_sector_header_of_another_version_is_told_from_none() {
        let header = SectorHeader { seq: 70, seed: 5 };
        let octets = header.encode();
        assert_eq!(SectorHeader::decode(&octets), Beginning::Ours(header));
        for bit in 0..128 {
            let mut flipped = octets;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(SectorHeader::decode(&flipped), Beginning::Ours(header));
        }
        let mut newer = octets;
        newer[3] = VERSION + 1;
        let sum = Crc32::of(0, &newer[..12]);
        newer[12..].copy_from_slice(&sum.to_le_bytes());
        assert_eq!(SectorHeader::decode(&newer), Beginning::Version(VERSION + 1));
        assert_eq!(
            SectorHeader::decode(&SectorHeader { seq: u32::MAX, ..header }.encode()),
            Beginning::Other
        );
        assert_eq!(SectorHeader::decode(&[0xff; 16]), Beginning::Blank);
        assert_eq!(SectorHeader::decode(&[0; 16]), Beginning::Other);
    }
}
