//! Counting octets, sectors and records.

use super::raw::Raw;
use super::report::{Partition, Place, Record, Sector};
use larder_storage_flash::{Layout, RecordInfo, RecordKind, RecordState, SectorInfo, SectorState};
use serde::Serialize;
use std::collections::BTreeMap;

/// Octets by what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Octets {
    /// All.
    pub total: u64,
    /// Of pairs that can be found, the headers of their records among them.
    pub live: u64,
    /// What will come back when the sector is erased.
    pub dead: u64,
    /// Blank, and to be written.
    pub free: u64,
    /// Headers of sectors, footers, and what says which pairs are removed.
    pub overhead: u64,
    /// Not of this store.
    pub foreign: u64,
}

/// Sectors by what they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sectors {
    /// All.
    pub total: u32,
    /// With something of a pair that can be found.
    pub used: u32,
    /// With nothing in them.
    pub free: u32,
    /// With nothing but what is gone.
    pub dead: u32,
    /// Which the ring passes over or has passed over.
    pub held: u32,
    /// Not of this store, or not readable.
    pub foreign: u32,
}

/// What the octets of a sector are.
pub(super) fn octets(info: &SectorInfo, records: &[&RecordInfo], layout: &Layout) -> Octets {
    let total = u64::from(layout.sector);
    let mut octets = Octets { total, ..Octets::default() };
    let header = u64::from(layout.header);
    match info.state {
        SectorState::Blank => octets.free = total,
        SectorState::Prepared => (octets.overhead, octets.free) = (header, total - header),
        SectorState::Written | SectorState::Held | SectorState::GivenUp => octets.overhead = header,
        SectorState::PassedOver => {}
        _ => octets.foreign = total,
    }
    for record in records {
        let len = u64::from(record.len);
        let body = u64::from(record.octets);
        match (record.kind, record.state) {
            (RecordKind::Head | RecordKind::Fresh | RecordKind::Delta, RecordState::Live)
            | (RecordKind::Body | RecordKind::End, RecordState::Live) => octets.live += len,
            (_, RecordState::Live) => octets.overhead += len,
            (_, RecordState::Superseded) if record.found => octets.live += body,
            _ => {}
        }
    }
    if let Some((position, at)) = layout.head
        && position == info.position
        && at > 0
        && info.state == SectorState::Written
    {
        octets.free = total.saturating_sub(u64::from(at)).min(total - octets.live - octets.overhead);
    }
    octets.dead = total - octets.live - octets.free - octets.overhead.min(total) - octets.foreign;
    octets
}

/// What a sector counts as.
pub(super) fn class(info: &SectorInfo, octets: &Octets) -> &'static str {
    match info.state {
        SectorState::Blank | SectorState::Prepared => "free",
        SectorState::Held | SectorState::PassedOver => "held",
        SectorState::Written | SectorState::GivenUp if octets.live > 0 => "used",
        SectorState::Written | SectorState::GivenUp => "dead",
        _ => "foreign",
    }
}

/// Sums up.
pub(super) fn partition(raw: &Raw, sectors: &[Sector], cycles: u32) -> Partition {
    let layout = &raw.layout;
    let mut sum = Partition { cycles, laps: raw.laps, ..Partition::default() };
    for sector in sectors {
        let (octets, all) = (&mut sum.octets, sector.octets);
        octets.total += all.total;
        octets.live += all.live;
        octets.dead += all.dead;
        octets.free += all.free;
        octets.overhead += all.overhead;
        octets.foreign += all.foreign;
        sum.sectors.total += 1;
        *match sector.class {
            "used" => &mut sum.sectors.used,
            "free" => &mut sum.sectors.free,
            "dead" => &mut sum.sectors.dead,
            "held" => &mut sum.sectors.held,
            _ => &mut sum.sectors.foreign,
        } += 1;
        for record in &sector.records {
            let by_state: &mut BTreeMap<_, u32> = sum.records.entry(record.kind).or_default();
            *by_state.entry(record.state).or_default() += 1;
            sum.damaged += u32::from(record.state == "damaged");
            sum.cut_off += u32::from(record.state == "cut off");
            sum.mended += u32::from(record.mended);
        }
    }
    sum.next_write = layout.head.map(|(sector, at)| Place { sector, at });
    let highest = raw.sectors.iter().filter_map(|sector| sector.seq).max();
    sum.newest_sector = highest.filter(|_| layout.newest >= layout.sectors);
    // The first sector is the one numbered as there are sectors.
    sum.erases = sum.newest_sector.map_or(0, |seq| seq / layout.sectors);
    sum.used_life = f64::from(sum.erases) / f64::from(cycles.max(1));
    sum
}

/// A record as it is told.
pub(super) fn record(info: &RecordInfo) -> Record {
    Record {
        at: info.at,
        octets: info.len,
        kind: match info.kind {
            RecordKind::Head => "head",
            RecordKind::Body => "body",
            RecordKind::End => "end",
            RecordKind::Fresh => "fresh",
            RecordKind::Delta => "delta",
            RecordKind::Join => "join",
            RecordKind::Pins => "pins",
            RecordKind::Remove => "remove",
            RecordKind::Clear => "clear",
            RecordKind::Footer => "footer",
            _ => "unknown",
        },
        state: match info.state {
            RecordState::Live => "live",
            RecordState::Superseded => "superseded",
            RecordState::Damaged => "damaged",
            RecordState::CutOff => "cut off",
            _ => "dead",
        },
        pair: info.pair.map(|pair| pair.number()),
        found: info.found,
        head_octets: info.head,
        body_octets: info.octets,
        body_offset: info.body_offset,
        body_at: info.body_at,
        mended: info.mended,
    }
}
