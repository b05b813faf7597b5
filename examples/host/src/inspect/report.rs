//! The report: what JSON tells, and what tables and pictures are made from.

use super::freshness;
use super::raw::{Raw, RawPair};
use super::{Question, bodies, count};
use larder::CacheOptions;
use larder::pair::{PairId, record};
use larder::time::HttpDate;
use larder_storage_flash::{Mounted, RecordInfo, SectorInfo, SectorState};
use serde::Serialize;
use std::collections::BTreeMap;

pub use super::freshness::Freshness;

/// What an image holds.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The image.
    pub image: Image,
    /// The time for which freshness is told.
    pub at: When,
    /// `ready`, `blank` or `foreign`.
    pub mounted: &'static str,
    /// The version of the format; `None` if it is not known.
    pub version: Option<u8>,
    /// The partition as a whole.
    pub partition: Partition,
    /// The pairs that were asked for, the youngest first.
    pub pairs: Vec<Pair>,
    /// The sectors in the order they lie in.
    pub sectors: Vec<Sector>,
}

/// An image, and how it was taken.
#[derive(Clone, Debug, Serialize)]
pub struct Image {
    /// The file.
    pub file: String,
    /// Octets of the file.
    pub file_octets: u64,
    /// Where the partition begins in it.
    pub offset: u64,
    /// Octets of the partition.
    pub length: u64,
    /// Octets of a sector.
    pub sector: u32,
    /// How that is known.
    pub sector_is: Found,
    /// Octets of the least write; 4 if it is less.
    pub write_size: u32,
    /// How that is known.
    pub write_size_is: Found,
    /// Octets of the partition that the sectors belong to, if it is another one.
    pub partition: Option<u64>,
}

/// How a size is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Found {
    /// The caller says so.
    Given,
    /// It was seen in the image.
    Seen,
    /// Nothing tells: it is the usual one.
    Assumed,
}

/// A time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct When(pub HttpDate);

impl Serialize for When {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut when = serializer.serialize_struct("When", 2)?;
        when.serialize_field("unix", &self.0.unix())?;
        when.serialize_field("date", &self.0.to_string())?;
        when.end()
    }
}

/// A partition as a whole.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Partition {
    /// Sectors by what they are.
    pub sectors: count::Sectors,
    /// Octets by what they are.
    pub octets: count::Octets,
    /// Records by kind and by what became of them.
    pub records: BTreeMap<&'static str, BTreeMap<&'static str, u32>>,
    /// Records that are damaged.
    pub damaged: u32,
    /// Writes that were cut off.
    pub cut_off: u32,
    /// Headers in which a flipped bit was mended.
    pub mended: u32,
    /// The number of the sector written last.
    pub newest_sector: Option<u32>,
    /// Where the next record goes.
    pub next_write: Option<Place>,
    /// How often the whole ring was written.
    pub laps: u32,
    /// Erases of the sector that was erased most, as far as numbers tell.
    pub erases: u32,
    /// Erases the part is rated for.
    pub cycles: u32,
    /// The part of its life that is used, from 0 to 1.
    pub used_life: f64,
}

/// A place in a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The place of the sector.
    pub sector: u32,
    /// The octet in it.
    pub at: u32,
}

/// A pair.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// Its name: the number of the sector and the unit in it where its first head lies.
    pub name: String,
    /// The same as one number.
    pub id: u64,
    /// The target URI; `None` if its head is damaged.
    pub uri: Option<String>,
    /// The request's method.
    pub method: Option<String>,
    /// The response's status.
    pub status: Option<u16>,
    /// The request's lines that `Vary` names.
    pub nominated: Vec<(String, String)>,
    /// Whether the request had `Authorization`.
    pub authorized: bool,
    /// When it was received or last validated; `None` if the device did not know the time.
    pub received: Option<When>,
    /// How old it was then, in seconds.
    pub initial_age: Option<u32>,
    /// Whether it may be used at the time that was asked for.
    pub freshness: Option<Freshness>,
    /// Octets of its head.
    pub head_octets: u32,
    /// Octets of its body that are stored.
    pub body_octets: u64,
    /// Octets of its complete body.
    pub complete_octets: Option<u64>,
    /// Whether all of it is there, whole.
    pub complete: bool,
    /// Whether something of it is damaged.
    pub damaged: bool,
    /// Whether its head was written anew.
    pub freshened: bool,
    /// Where its head lies.
    pub head: Option<Place>,
    /// Where its body lies, in the order of its octets.
    pub extents: Vec<Extent>,
}

/// Octets of a body that lie together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Extent {
    /// Octets of the body before it.
    pub offset: u32,
    /// Octets of it.
    pub octets: u32,
    /// The place of the sector.
    pub sector: u32,
    /// The octet in it.
    pub at: u32,
    /// Whether they are damaged.
    pub damaged: bool,
}

/// A sector.
#[derive(Clone, Debug, Serialize)]
pub struct Sector {
    /// Its place in the partition.
    pub position: u32,
    /// Its number.
    pub seq: Option<u32>,
    /// What became of it.
    pub state: String,
    /// What it counts as: `used`, `free`, `dead`, `held` or `foreign`.
    pub class: &'static str,
    /// Octets in it.
    pub octets: count::Octets,
    /// What lies in it.
    pub records: Vec<Record>,
}

/// A record.
#[derive(Clone, Debug, Serialize)]
pub struct Record {
    /// The octet of the sector at which it begins.
    pub at: u32,
    /// Octets it takes.
    pub octets: u32,
    /// What it is.
    pub kind: &'static str,
    /// What became of it.
    pub state: &'static str,
    /// The pair it belongs to.
    pub pair: Option<u64>,
    /// Whether that pair can be found.
    #[serde(skip)]
    pub found: bool,
    /// Octets of a head in it.
    pub head_octets: u32,
    /// Octets of a body in it, and how many come before those.
    pub body_octets: u32,
    /// See there.
    pub body_offset: u32,
    /// The octet of the sector at which they begin.
    pub body_at: u32,
    /// Whether a flipped bit of its header was mended.
    pub mended: bool,
}

/// Makes a report of what was found.
pub(super) fn build(raw: &Raw, question: &Question, options: &CacheOptions) -> Report {
    let (mounted, version) = match raw.mounted {
        Mounted::Ready => ("ready", Some(larder_storage_flash::VERSION)),
        Mounted::Blank => ("blank", None),
        Mounted::Foreign { version } => ("foreign", version),
    };
    let by_pair = bodies::by_pair(&raw.records);
    let of = |id: PairId| by_pair.get(&id).map(Vec::as_slice).unwrap_or_default();
    let pairs = raw.pairs.iter().map(|found| pair(found, of(found.id), question.at, options));
    let matches = |pair: &Pair| match (&question.matching, &pair.uri) {
        (Some(text), Some(uri)) => uri.contains(text),
        (wanted, _) => wanted.is_none(),
    };
    let sectors: Vec<Sector> = raw.sectors.iter().map(|info| sector(info, raw)).collect();
    Report {
        image: Image {
            file: question.file.display().to_string(),
            file_octets: 0,
            offset: question.offset,
            length: u64::from(raw.layout.sector) * u64::from(raw.layout.sectors),
            sector: raw.layout.sector,
            sector_is: Found::Assumed,
            write_size: raw.geometry.write_size,
            write_size_is: Found::Assumed,
            partition: None,
        },
        at: When(question.at),
        mounted,
        version,
        partition: count::partition(raw, &sectors, question.cycles),
        pairs: pairs.filter(matches).collect(),
        sectors,
    }
}

fn pair(found: &RawPair, records: &[&RecordInfo], at: HttpDate, options: &CacheOptions) -> Pair {
    let (seq, unit) = (found.id.number() >> 16, found.id.number() & 0xffff);
    let mut pair = Pair {
        name: format!("{seq}.{unit}"),
        id: found.id.number(),
        uri: None,
        method: None,
        status: None,
        nominated: Vec::new(),
        authorized: false,
        received: None,
        initial_age: None,
        freshness: None,
        head_octets: 0,
        body_octets: 0,
        complete_octets: None,
        complete: false,
        damaged: !found.readable,
        freshened: false,
        head: None,
        extents: Vec::new(),
    };
    bodies::locate(&mut pair, records);
    let Some((octets, body)) = &found.head else {
        return pair;
    };
    pair.head_octets = octets.len() as u32;
    pair.body_octets = body.held;
    pair.complete_octets = body.complete;
    pair.complete = body.is_whole() && found.readable;
    let Some(stored) = record::decode(octets, found.id, *body) else {
        pair.damaged = true;
        return pair;
    };
    pair.uri = Some(stored.uri.to_owned());
    pair.method = Some(stored.method.to_string());
    pair.status = Some(stored.response.status);
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let lines = stored.nominated.iter();
    pair.nominated = lines.map(|line| (text(line.name_octets()), text(line.value()))).collect();
    pair.authorized = stored.authorized;
    pair.received = stored.received.utc.map(When);
    pair.initial_age = Some(stored.received.initial_age.as_secs());
    pair.freshness = Some(freshness::of(&stored, at, options));
    pair
}

fn sector(info: &SectorInfo, raw: &Raw) -> Sector {
    let state = match info.state {
        SectorState::Blank => "blank".to_owned(),
        SectorState::Prepared => "prepared".to_owned(),
        SectorState::Written => "written".to_owned(),
        SectorState::GivenUp => "given up".to_owned(),
        SectorState::Held => "held".to_owned(),
        SectorState::PassedOver => "passed over".to_owned(),
        SectorState::Misplaced => "misplaced".to_owned(),
        SectorState::Version(version) => format!("of version {version}"),
        SectorState::Unreadable => "unreadable".to_owned(),
        _ => "something else".to_owned(),
    };
    // The walk went through the sectors in their order.
    let from = raw.records.partition_point(|record| record.position < info.position);
    let here = raw.records.iter().skip(from).take_while(|record| record.position == info.position);
    let records: Vec<&RecordInfo> = here.collect();
    let octets = count::octets(info, &records, &raw.layout);
    let class = count::class(info, &octets);
    let records = records.into_iter().map(count::record).collect();
    Sector { position: info.position, seq: info.seq, state, class, octets, records }
}
