//! Looking at a partition sector by sector and record by record, for programs that show a person
//! what lies where. Nothing here writes, and nothing a client does needs it.

mod walk;

pub use walk::RecordCursor;

use crate::FlashStore;
use crate::catalog::name;
use crate::footer::{self, FOOTER_MAX, Footer};
use crate::header::{Beginning, SectorHeader};
use crate::ring::Ring;
use crate::store::State;
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::PairId;

/// The layout of a partition, and where it is written next. See [`FlashStore::layout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Layout {
    /// How many sectors there are.
    pub sectors: u32,
    /// Octets of a sector.
    pub sector: u32,
    /// Octets of a segment.
    pub segment: u32,
    /// Octets of a unit: everything begins on one.
    pub unit: u32,
    /// Octets of the header of a sector.
    pub header: u32,
    /// The number of the sector that was written last; below [`sectors`](Self::sectors) if none was.
    pub newest: u32,
    /// Where the next record goes: the place of the sector, and the octet in it, 0 if it must be erased
    /// first. `None` if nothing is taken.
    pub head: Option<(u32, u32)>,
}

/// What a sector is. See [`FlashStore::sector`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct SectorInfo {
    /// Its place in the partition, from 0.
    pub position: u32,
    /// Its number, from its header or else from a footer in it; `None` if neither tells.
    pub seq: Option<u32>,
    /// What became of it.
    pub state: SectorState,
}

/// What became of a sector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum SectorState {
    /// All ones: it will be erased before it is written, all the same.
    Blank,
    /// It is erased, has its header and waits for its turn.
    Prepared,
    /// Its records count.
    Written,
    /// What was in it is given up: it will be erased next.
    GivenUp,
    /// It is of a pair that is pinned: the ring passes over it.
    Held,
    /// Its number was passed over, as it was held or could not be erased: its records do not count.
    PassedOver,
    /// Its number belongs to another place: the partition had another size or another beginning.
    Misplaced,
    /// It is of another version of the format.
    Version(u8),
    /// It holds something else, as after an erase that was cut off.
    Other,
    /// It cannot be read.
    Unreadable,
}

/// A record as it lies on flash. See [`FlashStore::next_record`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct RecordInfo {
    /// The number of its sector.
    pub seq: u32,
    /// The place of its sector in the partition.
    pub position: u32,
    /// The octet of the sector at which it begins.
    pub at: u32,
    /// Octets it takes, with what fills its last unit.
    pub len: u32,
    /// What it is.
    pub kind: RecordKind,
    /// What became of it.
    pub state: RecordState,
    /// The pair it belongs to now, or that it removes; `None` if it does not tell.
    pub pair: Option<PairId>,
    /// Whether that pair can be found, as far as is known without reading it.
    pub found: bool,
    /// Whether the pair is complete with it.
    pub commits: bool,
    /// Octets of the pair's head in it, or of what differs from its first one.
    pub head: u32,
    /// Octets of the pair's body in it.
    pub octets: u32,
    /// How many octets of the body come before those.
    pub body_offset: u32,
    /// The octet of the sector at which those begin.
    pub body_at: u32,
    /// Octets of the complete body, if it tells.
    pub complete: Option<u32>,
    /// How many more pairs it removes.
    pub removes: u8,
    /// Whether a bit of its header was flipped, and is mended whenever it is read.
    pub mended: bool,
}

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RecordKind {
    /// A pair's first head, and the beginning of its body.
    Head,
    /// More of a body.
    Body,
    /// The end of a body whose length was not known.
    End,
    /// A pair's head, written anew.
    Fresh,
    /// A pair's head, as what differs from its first one.
    Delta,
    /// Pairs are removed.
    Remove,
    /// All pairs up to one are removed.
    Clear,
    /// The bodies of pairs are made parts of another's.
    Join,
    /// Which pairs are pinned.
    Pins,
    /// The footer of a segment.
    Footer,
    /// Nothing that could be read as a record.
    Unknown,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RecordState {
    /// It counts: its pair can be found, or what it removes lies on flash still.
    Live,
    /// A newer head of its pair counts. What it holds of the body still does.
    Superseded,
    /// Its pair is gone, or was never completed.
    Dead,
    /// Its octets are not what was written.
    Damaged,
    /// It was being written when power was lost, or was given up.
    CutOff,
}

impl<F: NorFlash, const PAIRS: usize, const WRITERS: usize, const BUFFER: usize>
    FlashStore<F, PAIRS, WRITERS, BUFFER>
{
    /// Where things lie, and where writing goes on. For inspection.
    pub fn layout(&self) -> Layout {
        let (log, geometry) = (&self.ring.log, &self.ring.log.geometry);
        let held = |seq: &u32| self.ring.catalog.pins.holds(geometry, *seq);
        let next = (0..geometry.sectors).map(|ahead| log.next.wrapping_add(ahead)).find(|seq| !held(seq));
        let head = if log.open {
            Some((geometry.position(log.seq), log.at))
        } else {
            let at = if log.prepared { log.header_len() } else { 0 };
            next.map(|seq| (geometry.position(seq), at))
        };
        Layout {
            sectors: geometry.sectors,
            sector: geometry.sector,
            segment: geometry.segment,
            unit: geometry.unit,
            header: log.header_len(),
            newest: self.ring.catalog.newest,
            head: head.filter(|_| self.state == State::Ready),
        }
    }

    /// What the sector at `position` is; `None` if there is none. For inspection, also where
    /// mounting answered [`Foreign`](crate::Mounted::Foreign).
    pub async fn sector(&mut self, position: u32) -> Option<SectorInfo> {
        self.ring.sector(position).await
    }

    /// The next record on flash, in the order of their places, footers and what is no record
    /// among them; `None`: no more. For inspection, of a store that is mounted.
    ///
    /// Every octet of a record is read and checked. Sectors without a number, and those that are
    /// not at their place, are passed over. What is stored or removed between two calls may be
    /// missed.
    pub async fn next_record(&mut self, cursor: &mut RecordCursor) -> Option<RecordInfo> {
        self.ring.next_record(cursor).await
    }
}

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    async fn sector(&mut self, position: u32) -> Option<SectorInfo> {
        let geometry = self.log.geometry;
        if position >= geometry.sectors {
            return None;
        }
        let mut octets = [0; SectorHeader::LEN];
        let read = self.log.read(position, 0, &mut octets).await;
        let beginning = read.is_ok().then(|| SectorHeader::decode(&octets));
        let seq = match beginning {
            Some(Beginning::Ours(header)) => Some(header.seq),
            Some(Beginning::Version(_)) => None,
            // The header is damaged, or gone with the beginning of an erase.
            _ => self.seq_of_footers(position).await,
        };
        let state = match (seq, beginning) {
            (Some(seq), _) => self.turn_of(position, seq),
            (None, Some(Beginning::Version(version))) => SectorState::Version(version),
            (None, Some(Beginning::Blank)) if self.log.is_blank(position, 0, geometry.sector).await => {
                SectorState::Blank
            }
            (None, None) => SectorState::Unreadable,
            (None, Some(_)) => SectorState::Other,
        };
        Some(SectorInfo { position, seq, state })
    }

    fn turn_of(&self, position: u32, seq: u32) -> SectorState {
        let (geometry, catalog) = (&self.log.geometry, &self.catalog);
        let last = (geometry.units() - 1) as u16;
        if geometry.position(seq) != position {
            SectorState::Misplaced
        } else if catalog.pins.seq_at(geometry, position) == Some(seq) {
            SectorState::Held
        } else if self.log.prepared && seq == self.log.next {
            SectorState::Prepared
        } else if seq > catalog.newest || geometry.seq_at(position, catalog.newest) != seq {
            SectorState::PassedOver
        } else if name(seq, last).number() <= catalog.floor {
            SectorState::GivenUp
        } else {
            SectorState::Written
        }
    }

    async fn seq_of_footers(&mut self, position: u32) -> Option<u32> {
        let geometry = self.log.geometry;
        let mut octets = [0; FOOTER_MAX];
        for segment in geometry.segment_starts() {
            if let Some(footer) = self.footer_in(position, segment, &mut octets).await {
                return Some(footer.seq);
            }
        }
        None
    }

    /// The footer of a segment of the sector at, or numbered, `seq`.
    async fn footer_in<'b>(
        &mut self,
        seq: u32,
        segment: u32,
        octets: &'b mut [u8; FOOTER_MAX],
    ) -> Option<Footer<'b>> {
        let end = segment + self.log.geometry.segment;
        self.log.read(seq, end - FOOTER_MAX as u32, octets).await.ok()?;
        footer::decode(octets)
    }
}
