//! Finding out how large an image's sectors and words are.

use super::report::Found;
use super::{InspectError, raw};
use larder_storage_flash::{RecordKind, RecordState, Refused, VERSION};
use std::rc::Rc;

/// How large sectors and words are, in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// A sector.
    pub sector: u32,
    /// The least write; below 4 nothing depends on it.
    pub write_size: u32,
}

/// A geometry, and where it is from.
pub(super) struct Guess {
    pub(super) geometry: Geometry,
    pub(super) found: FoundBy,
}

pub(super) struct FoundBy {
    pub(super) sector: Found,
    pub(super) write_size: Found,
}

/// The sizes that sectors have.
pub(super) const SECTORS: [u32; 7] = [2048, 4096, 8192, 16_384, 32_768, 65_536, 131_072];

/// The sector of nearly every SPI flash.
const USUAL: u32 = 4096;

/// The least writes that make a difference.
const WRITES: [u32; 4] = [4, 8, 16, 32];

/// Records that are looked at to tell one least write from another.
const RECORDS: usize = 200;

/// The geometry of an image, as far as the caller does not say.
pub(super) async fn guess(
    octets: &Rc<[u8]>,
    sector: Option<u32>,
    write_size: Option<u32>,
) -> Result<Guess, InspectError> {
    let given = |given: bool, found: bool| match (given, found) {
        (true, _) => Found::Given,
        (false, true) => Found::Seen,
        (false, false) => Found::Assumed,
    };
    possible(sector.unwrap_or(USUAL), write_size.unwrap_or(WRITES[0]))?;
    let seen = sector_of(octets);
    // Smaller erase units are grouped to this.
    let size = sector.map(|size| size.max(2048)).or(seen).unwrap_or(USUAL);
    if !octets.len().is_multiple_of(size as usize) {
        let whole = partition(octets, Geometry { sector: size, write_size: 4 });
        return Err(InspectError::NotWhole { octets: octets.len() as u64, sector: size, partition: whole });
    }
    let (mut best, mut most) = (WRITES[0], 0);
    if write_size.is_none() {
        for unit in WRITES {
            let score = score(octets, Geometry { sector: size, write_size: unit }).await?;
            if score > most {
                (best, most) = (unit, score);
            }
        }
    }
    let geometry = Geometry { sector: size, write_size: write_size.unwrap_or(best) };
    let found = FoundBy {
        sector: given(sector.is_some(), seen.is_some()),
        write_size: given(write_size.is_some(), most > 0),
    };
    Ok(Guess { geometry, found })
}

/// Refuses what no flash has.
fn possible(sector: u32, write_size: u32) -> Result<(), InspectError> {
    let why = if !sector.is_power_of_two() || sector > SECTORS[6] {
        Refused::EraseSize
    } else if !write_size.is_power_of_two() || write_size > WRITES[3] {
        Refused::WriteSize
    } else {
        return Ok(());
    };
    Err(InspectError::Refused { why: why.to_string(), sector, write_size })
}

/// How many records make sense, less what does not.
async fn score(octets: &Rc<[u8]>, geometry: Geometry) -> Result<i64, InspectError> {
    let raw = raw::read(octets, geometry, RECORDS).await?;
    let mut score = 0;
    for record in &raw.records {
        score += match (record.kind, record.state) {
            (RecordKind::Footer, _) => 0,
            (RecordKind::Unknown, _) | (_, RecordState::Damaged) => -2,
            _ => 1,
        };
    }
    Ok(score)
}

/// Where sectors begin, at every place where a sector of any size could: the octet, and the
/// sector's number if it is of this version.
fn headers(octets: &[u8]) -> Vec<(usize, Option<u32>)> {
    let places = (0..octets.len()).step_by(SECTORS[0] as usize);
    let header = |at: usize| {
        let header: &[u8; 8] = octets.get(at..)?.first_chunk()?;
        let [b'L', b'R', b'D', version, seq @ ..] = *header else {
            return None;
        };
        Some((at, (version == VERSION).then_some(u32::from_le_bytes(seq))))
    };
    places.filter_map(header).collect()
}

/// Octets of a sector, as the headers lie: each at a multiple, numbered one after the other, and at the place of its
/// number.
fn sector_of(octets: &[u8]) -> Option<u32> {
    let headers = headers(octets);
    if headers.is_empty() {
        return None;
    }
    let rank = |size: &u32| {
        let sectors = (octets.len() / *size as usize).max(1);
        let at_a_multiple = headers.iter().filter(|(at, _)| at.is_multiple_of(*size as usize)).count();
        let (mut in_place, mut first_lap) = (0, 0);
        for (at, seq) in &headers {
            let (position, odd) = (at / *size as usize, at % *size as usize);
            // Every number is at its place in a partition of one sector.
            if let Some(seq) = seq.filter(|_| odd == 0 && sectors > 1) {
                in_place += usize::from(seq as usize % sectors == position);
                first_lap += usize::from(seq as usize == sectors + position);
            }
        }
        // Also in an image that was cut off, where no number is in its place.
        let one_after_another = headers.windows(2).filter(|two| {
            let [(before, one), (at, other)] = two else { return false };
            let sectors = u32::try_from((at - before) / *size as usize);
            one.zip(*other).is_some_and(|(one, other)| other.checked_sub(one) == sectors.ok())
        });
        (at_a_multiple, one_after_another.count(), in_place, first_lap, *size == USUAL, u32::MAX - *size)
    };
    SECTORS.into_iter().max_by_key(rank)
}

/// Octets of the partition that the sectors of an image belong to, if they tell: at the same place
/// numbers of two laps differ by as many as there are sectors.
pub(super) fn partition(octets: &[u8], geometry: Geometry) -> Option<u64> {
    let size = geometry.sector as usize;
    let mut laps: Vec<u32> = headers(octets)
        .into_iter()
        .filter(|(at, _)| at.is_multiple_of(size))
        .filter_map(|(at, seq)| seq?.checked_sub(u32::try_from(at / size).ok()?))
        .collect();
    laps.sort_unstable();
    laps.dedup();
    let sectors = match laps[..] {
        [] => return None,
        [only]
            if octets.len().is_multiple_of(size)
                && (only as usize).is_multiple_of((octets.len() / size).max(1)) =>
        {
            return Some(octets.len() as u64);
        }
        // In the first lap, numbers begin with as many as there are sectors.
        [only] => only,
        _ => laps.iter().fold(0, |all, lap| gcd(all, *lap)),
    };
    let whole = u64::from(sectors) * size as u64;
    (3..=8192).contains(&sectors).then_some(whole)
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(sector: usize, sectors: usize, seqs: impl IntoIterator<Item = u32>) -> Vec<u8> {
        let mut octets = vec![0xff; sector * sectors];
        for seq in seqs {
            let at = seq as usize % sectors * sector;
            octets[at..at + 4].copy_from_slice(&[b'L', b'R', b'D', VERSION]);
            octets[at + 4..at + 8].copy_from_slice(&seq.to_le_bytes());
        }
        octets
    }

    #[test]
    fn sectors_are_as_large_as_their_headers_lie_apart() {
        for (sector, sectors) in [(2048, 40), (4096, 64), (8192, 16), (131_072, 8)] {
            for seqs in [1, 2, sectors - 1, sectors, sectors * 3 / 2] {
                let first = sectors as u32;
                let octets = image(sector, sectors, first..first + seqs as u32);
                assert_eq!(
                    sector_of(&octets),
                    Some(sector as u32),
                    "{seqs} of {sectors} sectors of {sector}"
                );
            }
        }
        assert_eq!(sector_of(&[0xff; 8192]), None);
    }

    #[test]
    fn an_image_that_was_cut_off_tells_how_long_it_was() {
        let octets = image(4096, 64, 64 + 20..128 + 20);
        let geometry = Geometry { sector: 4096, write_size: 4 };
        assert_eq!(partition(&octets, geometry), Some(64 * 4096));
        assert_eq!(partition(&octets[..40 * 4096], geometry), Some(64 * 4096));
        let octets = image(4096, 64, 64..80);
        assert_eq!(partition(&octets[..40 * 4096], geometry), Some(64 * 4096));
    }
}
