//! Where things lie: sectors, segments and units of a partition.
//!
//! A *sector* is what is erased at a time, a *segment* is the part of a sector that is given up
//! when something goes wrong, and a *unit* is what addresses count.

use core::fmt;
use core::ops::Range;

/// Octets of a segment, unless the sector is smaller.
pub const SEGMENT: u32 = 4096;

/// Smallest sector, in octets: smaller erase units are erased together.
const SECTOR_MIN: u32 = 2048;

/// Largest erase unit, in octets.
const ERASE_MAX: u32 = 128 * 1024;

/// Largest partition, in octets: addresses are 22 bits of at least 4 octets.
const PARTITION_MAX: u32 = 16 * 1024 * 1024;

/// Fewest sectors: one being written, one being erased, and one to keep something in.
const SECTORS_MIN: u32 = 3;

/// The layout of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// Where it begins on the flash, in octets.
    pub(crate) start: u32,
    /// Octets of a unit: the largest of write size, read size and 4.
    pub(crate) unit: u32,
    /// Octets of a sector.
    pub(crate) sector: u32,
    /// Octets of a segment.
    pub(crate) segment: u32,
    /// How many sectors.
    pub(crate) sectors: u32,
    /// Octets of the least read.
    pub(crate) read: u32,
}

/// What a flash driver says of the part.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) read: usize,
    pub(crate) write: usize,
    pub(crate) erase: usize,
    pub(crate) capacity: usize,
}

impl Geometry {
    pub(crate) fn new(part: Part, partition: &Range<u32>) -> Result<Self, Refused> {
        let short = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
        let (read, write, erase) = (short(part.read), short(part.write), short(part.erase));
        if !matches!(read, 1 | 2 | 4) {
            return Err(Refused::ReadSize);
        }
        if !write.is_power_of_two() || write > 32 {
            return Err(Refused::WriteSize);
        }
        if !erase.is_power_of_two() || erase > ERASE_MAX || erase < write {
            return Err(Refused::EraseSize);
        }
        let sector = erase.max(SECTOR_MIN);
        let len = partition.end.saturating_sub(partition.start);
        if partition.start > partition.end || partition.end > short(part.capacity) {
            return Err(Refused::OutOfBounds);
        }
        if !partition.start.is_multiple_of(erase) || !len.is_multiple_of(sector) {
            return Err(Refused::NotAligned);
        }
        if len / sector < SECTORS_MIN {
            return Err(Refused::TooSmall);
        }
        if len > PARTITION_MAX {
            return Err(Refused::TooLarge);
        }
        let unit = write.max(4);
        let segment = sector.min(SEGMENT);
        Ok(Self { start: partition.start, unit, sector, segment, sectors: len / sector, read })
    }

    /// Segments of a sector.
    pub(crate) const fn segments(&self) -> u32 {
        self.sector >> self.segment.trailing_zeros()
    }

    /// Where the segments of a sector begin in it.
    pub(crate) fn segment_starts(self) -> impl Iterator<Item = u32> {
        (0..self.segments()).map(move |segment| segment * self.segment)
    }

    /// Units of a sector.
    pub(crate) const fn units(&self) -> u32 {
        self.sector >> self.unit.trailing_zeros()
    }

    /// The unit that begins at the octet `at` of a sector.
    pub(crate) const fn unit_at(&self, at: u32) -> u16 {
        // Units are powers of two, so nothing is divided: a division can panic.
        (at >> self.unit.trailing_zeros()) as u16
    }

    /// The place in the ring of the sector that the unit with this address lies in.
    pub(crate) const fn position_of(&self, address: u32) -> u32 {
        address >> self.units().trailing_zeros()
    }

    /// The unit of a sector that has this address.
    pub(crate) const fn unit_of(&self, address: u32) -> u16 {
        (address & (self.units() - 1)) as u16
    }

    /// `octets`, rounded down to whole units.
    pub(crate) const fn whole(&self, octets: u32) -> u32 {
        octets & !(self.unit - 1)
    }

    /// `octets`, rounded up to whole units.
    pub(crate) const fn padded(&self, octets: u32) -> u32 {
        // Units are powers of two.
        (octets + self.unit - 1) & !(self.unit - 1)
    }

    /// The place in the ring of the sector numbered `seq`.
    pub(crate) fn position(&self, seq: u32) -> u32 {
        seq.checked_rem(self.sectors).unwrap_or_default()
    }

    /// How often the ring had come round to the sector numbered `seq`.
    pub(crate) fn laps(&self, seq: u32) -> u32 {
        seq.checked_div(self.sectors).unwrap_or_default().saturating_sub(1)
    }

    /// Where the sector numbered `seq` begins on the flash.
    #[inline(never)]
    pub(crate) fn address(&self, seq: u32) -> u32 {
        self.start + self.position(seq) * self.sector
    }

    /// The number of the sector at `position` when `newest` is the newest one.
    #[inline(never)]
    pub(crate) fn seq_at(&self, position: u32, newest: u32) -> u32 {
        let behind = self.position(self.position(newest) + self.sectors - position);
        newest.wrapping_sub(behind)
    }

    /// The end of the segment that has the octet `at` of a sector.
    pub(crate) const fn segment_end(&self, at: u32) -> u32 {
        // Segments are powers of two.
        (at & !(self.segment - 1)) + self.segment
    }
}

/// Why a partition cannot hold a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Refused {
    /// The part's least read is not 1, 2 or 4 octets.
    ReadSize,
    /// The part's least write is not 1, 2, 4, 8, 16 or 32 octets.
    WriteSize,
    /// The part's erase unit is no power of two, or above 128 KiB.
    EraseSize,
    /// The partition is not within the part.
    OutOfBounds,
    /// The partition does not begin at an erase unit, or is no whole number of sectors.
    NotAligned,
    /// The partition has fewer than three sectors (of an erase unit, at least 2 KiB).
    TooSmall,
    /// The partition is larger than 16 MiB.
    TooLarge,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadSize => "the least read is not 1, 2 or 4 octets",
            Self::WriteSize => "the least write is not 1, 2, 4, 8, 16 or 32 octets",
            Self::EraseSize => "the erase unit is no power of two or above 128 KiB",
            Self::OutOfBounds => "the partition is not within the part",
            Self::NotAligned => "the partition is not aligned to sectors",
            Self::TooSmall => "the partition has fewer than three sectors",
            Self::TooLarge => "the partition is larger than 16 MiB",
        })
    }
}

impl core::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: Part = Part { read: 1, write: 4, erase: 4096, capacity: 1 << 25 };

    fn refused(part: Part, partition: Range<u32>) -> Refused {
        Geometry::new(part, &partition).unwrap_err()
    }

    #[test]
    fn geometry_that_cannot_work_is_refused_with_a_reason() {
        assert_eq!(refused(Part { read: 8, ..PART }, 0..65536), Refused::ReadSize);
        assert_eq!(refused(Part { write: 64, ..PART }, 0..65536), Refused::WriteSize);
        assert_eq!(refused(Part { write: 3, ..PART }, 0..65536), Refused::WriteSize);
        assert_eq!(refused(Part { erase: 3000, ..PART }, 0..65536), Refused::EraseSize);
        assert_eq!(refused(Part { erase: 1 << 18, ..PART }, 0..1 << 20), Refused::EraseSize);
        assert_eq!(refused(Part { capacity: 65535, ..PART }, 0..65536), Refused::OutOfBounds);
        assert_eq!(refused(PART, 100..65536), Refused::NotAligned);
        assert_eq!(refused(PART, 4096..65537), Refused::NotAligned);
        assert_eq!(refused(PART, 0..8192), Refused::TooSmall);
        assert_eq!(refused(PART, 0..1 << 25), Refused::TooLarge);
    }

    #[test]
    fn small_erase_units_are_grouped_and_large_sectors_have_segments() {
        let small = Geometry::new(Part { erase: 256, ..PART }, &(0..16384)).unwrap();
        assert_eq!((small.sector, small.segment, small.sectors), (2048, 2048, 8));
        let large = Geometry::new(Part { erase: 131_072, write: 32, ..PART }, &(0..1 << 20)).unwrap();
        assert_eq!((large.segment, large.segments(), large.unit), (4096, 32, 32));
    }

    #[test]
    fn the_place_in_the_ring_and_the_newest_sector_tell_a_sectors_number() {
        let geometry = Geometry::new(PART, &(0..65536)).unwrap();
        for newest in 16..64 {
            for seq in newest - 15..=newest {
                assert_eq!(geometry.seq_at(geometry.position(seq), newest), seq);
            }
        }
    }
}
