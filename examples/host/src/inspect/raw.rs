//! What the store says of an image: the same for every geometry, so that the rest is built once.

use super::InspectError;
use super::detect::Geometry;
use super::image::ImageFlash;
use larder::pair::{PairId, StoredBody};
use larder::store::PairStore;
use larder_storage_flash::{FlashStore, Layout, Mounted, RecordCursor, RecordInfo, Refused, SectorInfo};
use std::collections::BTreeSet;
use std::rc::Rc;

/// What was found.
pub(super) struct Raw {
    pub(super) geometry: Geometry,
    pub(super) mounted: Mounted,
    pub(super) layout: Layout,
    /// How often the whole ring was written.
    pub(super) laps: u32,
    pub(super) sectors: Vec<SectorInfo>,
    pub(super) records: Vec<RecordInfo>,
    /// The pairs that can be found, the youngest first.
    pub(super) pairs: Vec<RawPair>,
}

/// A pair.
pub(super) struct RawPair {
    pub(super) id: PairId,
    /// Its record and its body; `None` if the head is damaged.
    pub(super) head: Option<(Vec<u8>, StoredBody)>,
    /// Whether what is stored of its body can be read, every octet.
    pub(super) readable: bool,
}

/// Most pairs that are found in an image: more than there is room for in 16 MiB, nearly.
const PAIRS: usize = 16_384;

/// Octets of the longest head on flash.
const HEAD_MAX: usize = 4096 + 64;

type Store<const WRITE: usize, const ERASE: usize> = FlashStore<ImageFlash<WRITE, ERASE>, PAIRS, 1, 4096>;

/// Reads an image. `most`: records that are looked at; if there is a limit, no pairs are.
pub(super) async fn read(octets: &Rc<[u8]>, geometry: Geometry, most: usize) -> Result<Raw, InspectError> {
    let octets = Rc::clone(octets);
    macro_rules! geometries {
        ($($write:literal)*) => {
            match (geometry.write_size.max(4), geometry.sector) {
                $(
                    ($write, 2048) => read_as::<$write, 2048>(octets, geometry, most).await,
                    ($write, 4096) => read_as::<$write, 4096>(octets, geometry, most).await,
                    ($write, 8192) => read_as::<$write, 8192>(octets, geometry, most).await,
                    ($write, 16_384) => read_as::<$write, 16_384>(octets, geometry, most).await,
                    ($write, 32_768) => read_as::<$write, 32_768>(octets, geometry, most).await,
                    ($write, 65_536) => read_as::<$write, 65_536>(octets, geometry, most).await,
                    ($write, 131_072) => read_as::<$write, 131_072>(octets, geometry, most).await,
                )*
                (4 | 8 | 16 | 32, _) => Err(Refused::EraseSize),
                _ => Err(Refused::WriteSize),
            }
        };
    }
    let raw = geometries!(4 8 16 32);
    raw.map_err(|refused| InspectError::Refused {
        why: refused.to_string(),
        sector: geometry.sector,
        write_size: geometry.write_size,
    })
}

async fn read_as<const WRITE: usize, const ERASE: usize>(
    octets: Rc<[u8]>,
    geometry: Geometry,
    most: usize,
) -> Result<Raw, Refused> {
    let size = u32::try_from(octets.len()).map_err(|_| Refused::TooLarge)?;
    let mut store = Box::new(Store::<WRITE, ERASE>::new(ImageFlash::new(octets), 0..size, 0)?);
    // Every octet of an image can be read.
    let mounted = Box::pin(store.mount()).await.unwrap_or(Mounted::Foreign { version: None });
    let layout = store.layout();
    let mut sectors = Vec::new();
    for position in 0..layout.sectors {
        sectors.extend(store.sector(position).await);
    }
    let mut records = Vec::new();
    let mut cursor = RecordCursor::new();
    while records.len() < most
        && let Some(record) = store.next_record(&mut cursor).await
    {
        records.push(record);
    }
    let mut pairs = Vec::new();
    if most == usize::MAX {
        let found = records.iter().filter(|record| record.found).filter_map(|record| record.pair);
        let ids: BTreeSet<PairId> = found.collect();
        for id in ids.into_iter().rev() {
            pairs.push(pair(&mut *store, id).await);
        }
    }
    Ok(Raw { geometry, mounted, layout, laps: store.wear().laps, sectors, records, pairs })
}

async fn pair<S: PairStore>(store: &mut S, id: PairId) -> RawPair {
    let mut record = vec![0; HEAD_MAX];
    let found = store.head(id, &mut record).await.ok().flatten();
    let Some(found) = found else {
        return RawPair { id, head: None, readable: false };
    };
    record.truncate(found.len);
    let readable = held(store, id).await == Some(found.body.held);
    RawPair { id, head: Some((record, found.body)), readable }
}

/// Octets of a pair's body that can be read; `None` if some are damaged.
async fn held<S: PairStore>(store: &mut S, id: PairId) -> Option<u64> {
    let mut buf = vec![0; 8192];
    let (mut at, mut held) = (0, 0);
    while let Some(extent) = store.extent(id, at).await.ok()? {
        at = extent.start;
        while at < extent.end {
            let read = store.read(id, at, &mut buf).await.ok().filter(|read| *read > 0)? as u64;
            at += read;
            held += read;
        }
    }
    Some(held)
}
