//! A store on a simulated flash, and what can be seen of it.

mod compare;
mod ops;

pub use compare::{compare, end_writers, look_up, only_gathered_octets_are_lost, unchanged, works_on};
pub use ops::{Names, Op, filler, parts_script, script};

use larder::pair::{PairId, StoredBody};
use larder::store::{Cursor, PairStore, StoreError};
use larder_storage_flash::{FlashStore, Mounted};
use larder_tests::block_on;
use larder_tests::nor::Nor;
use larder_tests::store_suite::Sample;
use std::collections::BTreeMap;

/// Pairs that the store's index has room for.
pub const INDEX: usize = 64;

/// How full an index is that may be too small while mounting: pairs that were begun and never
/// completed, and stubs of pairs that are gone, take room then.
const SLACK: usize = 16;

/// A store.
pub type Store<const R: usize, const W: usize, const E: usize> = FlashStore<Nor<R, W, E>, INDEX>;

/// Every pair that can be found.
pub type View = BTreeMap<PairId, Seen>;

/// A pair that can be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub uri: String,
    pub version: u32,
    pub body: Body,
}

/// What can be read of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// Whether the pair is complete.
    pub committed: bool,
    /// Octets of the complete body, if that is known.
    pub complete: Option<usize>,
    /// The octets that are held, each run with where it begins.
    pub runs: Vec<(usize, Vec<u8>)>,
}

impl Body {
    /// Whether nothing is missing.
    pub fn is_whole(&self) -> bool {
        let end = match self.runs.as_slice() {
            [] => 0,
            [(0, octets)] => octets.len(),
            _ => return false,
        };
        self.committed && self.complete == Some(end)
    }

    /// Octets that are held.
    pub fn held(&self) -> usize {
        self.runs.iter().map(|(_, octets)| octets.len()).sum()
    }

    /// Whether all that is held of `less` is held.
    pub fn covers(&self, less: &Self) -> bool {
        less.runs.iter().all(|(start, octets)| {
            let (start, end) = (*start, start + octets.len());
            self.runs.iter().any(|(from, held)| *from <= start && end <= from + held.len())
        })
    }
}

/// A store over all of `flash`, not mounted.
pub fn over<const R: usize, const W: usize, const E: usize>(flash: Nor<R, W, E>) -> Store<R, W, E> {
    let octets = flash.image().len() as u32;
    FlashStore::new(flash, 0..octets, 7).expect("a geometry that works")
}

/// A store over all of `flash`, mounted.
pub fn mounted<const R: usize, const W: usize, const E: usize>(flash: Nor<R, W, E>) -> Store<R, W, E> {
    let mut store = over(flash);
    let found = block_on(store.mount()).expect("mounting never fails");
    assert!(matches!(found, Mounted::Ready | Mounted::Blank), "{found:?}");
    store
}

/// The same flash after a reboot.
pub fn rebooted<const R: usize, const W: usize, const E: usize>(store: Store<R, W, E>) -> Store<R, W, E> {
    let mut flash = store.into_flash();
    flash.restore_power();
    flash.yielding(false);
    mounted(flash)
}

/// What can be found. Damaged pairs are left out, as a client would not see them.
///
/// # Panics
/// If a body has other octets than were written.
pub fn view<const R: usize, const W: usize, const E: usize>(store: &mut Store<R, W, E>) -> View {
    let mut record = [0; 4096];
    let mut cursor = Cursor::new();
    let mut view = View::new();
    while let Some(found) = block_on(store.next_pair(&mut cursor, &mut record)) {
        let pair = found.view(&record).expect("a record");
        let version = pair.response.fields.get("x-version").and_then(|value| str::from_utf8(value).ok());
        let version = version.and_then(|text| text.parse().ok()).expect("a version");
        let (uri, of) = (pair.uri.to_owned(), found.body);
        if let Some(body) = body_seen(store, found.id, &uri, of) {
            assert!(!of.is_whole() || body.is_whole(), "the body of {uri} ends early");
            view.insert(found.id, Seen { uri, version, body });
        }
    }
    view
}

/// The octets that are held of a body; `None` if it is damaged.
fn body_seen<const R: usize, const W: usize, const E: usize>(
    store: &mut Store<R, W, E>,
    id: PairId,
    uri: &str,
    of: StoredBody,
) -> Option<Body> {
    let whole = of.is_whole();
    let complete = of.complete.map(|complete| complete as usize);
    let mut runs = Vec::new();
    let (mut from, mut held) = (0, 0);
    while let Some(extent) = block_on(store.extent(id, from)).ok()? {
        assert!(extent.start >= from && extent.end > extent.start, "{extent:?} of {uri}");
        let mut octets = vec![0; (extent.end - extent.start) as usize];
        let mut at = 0;
        while at < octets.len() {
            match block_on(store.read(id, extent.start + at as u64, &mut octets[at..])) {
                Ok(0) if whole => panic!("the body of {uri} ends early"),
                // What follows is damaged.
                Ok(0) => break,
                Ok(read) => at += read,
                Err(StoreError::Gone) => return None,
                Err(error) => panic!("{error:?}"),
            }
        }
        octets.truncate(at);
        let (start, end) = (extent.start as usize, extent.end as usize);
        let right = body_of(uri, end);
        assert!(octets[..] == right[start..start + at], "the body of {uri}, from {start} on");
        runs.push((start, octets));
        (from, held) = (extent.end, held + (extent.end - extent.start));
    }
    assert_eq!(held, of.held, "what is held of {uri}");
    Some(Body { committed: whole, complete, runs })
}

/// A pair whose body follows from its URI.
pub fn sample(path: &str, len: usize) -> Sample {
    let seed = path.bytes().fold(0, |seed: u64, octet| seed.wrapping_mul(131).wrapping_add(octet.into()));
    Sample::new(path, seed, len)
}

fn body_of(uri: &str, len: usize) -> Vec<u8> {
    sample(uri.strip_prefix("http://example.com").expect("a sample's"), len).body()
}
