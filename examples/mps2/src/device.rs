//! The device: its cache, and one request with everything that is to be said of it.

use embassy_time::Instant;
use larder::client::{Outcome, Report, Storing};
use larder::head::RequestHead;
use larder::store::Cursor;
use larder::time::{Clock, HttpDate, LearnedClock};
use larder::{Client, EmbassyClock};
use larder_mps2::board::{Ethernet, Flash, host};
use larder_mps2::content::{Check, number, version};
use larder_mps2::network::Network;
use larder_reqwless::ReqwlessOrigin;
use larder_storage_flash::{FlashStore, Mounted};
use static_cell::StaticCell;

/// Octets of the flash that the cache has: 512 KiB.
const PARTITION: u32 = 512 << 10;

/// Origins that may teach the time, where there is no clock.
const TRUSTED: &[&str] = &["http://api.example"];

type Store = FlashStore<Flash, 256>;
type Origin = ReqwlessOrigin<'static, Network, Network>;
type Cache = Client<&'static mut Store, Origin, LearnedClock<'static, EmbassyClock>>;

/// The cache, and what it did so far.
pub(crate) struct Device {
    pub(crate) cache: Cache,
    pub(crate) sums: Sums,
}

/// Sums over the requests of this boot.
#[derive(Default)]
pub(crate) struct Sums {
    pub(crate) requests: u32,
    pub(crate) from_network: u64,
    pub(crate) from_flash: u64,
    pub(crate) wrong: u32,
    pub(crate) failed: u32,
    outcomes: [u32; 16],
}

impl Sums {
    fn add(&mut self, report: &Report, served: Served) {
        self.requests += 1;
        self.from_network += report.from_network;
        self.from_flash += report.from_store;
        self.wrong += u32::from(served == Served::Wrong);
        self.failed += u32::from(served == Served::Failed);
        if let Some(count) = self.outcomes.get_mut(report.outcome as usize) {
            *count += 1;
        }
        if report.store_failed {
            defmt::warn!("the store failed on the way");
        }
    }
}

/// How a request ended.
#[derive(Clone, Copy, PartialEq, Eq, defmt::Format)]
pub(crate) enum Served {
    /// The whole body, and it was the right one.
    Right,
    /// What came was right, but it was not all, or there was no answer.
    Failed,
    /// Something else than what the origin has or had lately.
    Wrong,
}

impl Device {
    /// The device, at rest in its own memory. To be called once.
    #[inline(never)] // What is built here passes over the stack, and is to leave it again.
    pub(crate) fn new(flash: Flash, network: &'static Network) -> &'static mut Self {
        static STORE: StaticCell<Store> = StaticCell::new();
        static DEVICE: StaticCell<Device> = StaticCell::new();
        let store = Store::new(flash, 0..PARTITION, 0x5eed).expect("the flash can hold a store");
        let clock = clock(host::argument("clock").unwrap_or("rtc"));
        let origin = Origin::new(network, network).keep_alive();
        DEVICE.init(Self { cache: Client::new(STORE.init(store), origin, clock), sums: Sums::default() })
    }

    /// Mounts the cache; a partition that holds something else is formatted.
    pub(crate) async fn mount(&mut self) {
        let store = self.cache.store();
        let mounted = store.mount().await.expect("the flash can be read");
        if let Mounted::Foreign { .. } = mounted {
            store.format().await.expect("the flash can be erased");
        }
        let reads = store.flash().worn.reads;
        let health = self.cache.health().await;
        if let Some(newest) = health.newest {
            self.cache.clock().not_before(newest);
        }
        defmt::info!(
            "mounted: {}, {} pairs, {} of {} octets, {} reads, {} ms after reset",
            defmt::Display2Format(&mounted),
            health.pairs,
            health.live,
            health.capacity,
            reads,
            Instant::now().as_millis()
        );
    }

    /// Reads every pair that the store has and compares it with what the origin sent, of incomplete
    /// ones the beginning. Answers whether all of them are right.
    pub(crate) async fn check_kept(&mut self) -> bool {
        use larder::PairStore;
        let (mut cursor, mut pairs, mut right) = (Cursor::new(), 0, true);
        let (mut record, mut buf) = ([0; 2048], [0; 1152]);
        let store = self.cache.store();
        while let Some(found) = store.next_pair(&mut cursor, &mut record).await {
            let Some(pair) = found.view(&record) else { continue };
            let etag = version(pair.response.fields.get("etag"));
            let path = path(pair.uri);
            if path.starts_with("/release?") {
                continue; // What it says is checked by what it says of the firmware.
            }
            let mut check = Check::new(path, etag.unwrap_or_default());
            let mut at = 0;
            while let Ok(read @ 1..) = store.read(found.id, at, &mut buf).await {
                check.feed(&buf[..read]);
                at += read as u64;
            }
            let is_whole = found.body.is_whole();
            let is_right = etag.is_some() && if is_whole { check.is_whole() } else { check.is_right() };
            pairs += 1;
            right &= is_right;
            let what = if is_whole { "kept" } else { "kept in part" };
            defmt::info!("{=str} {=str} v{} {=bool}", what, path, etag.unwrap_or_default(), is_right);
        }
        defmt::info!("kept {} pairs, all right: {=bool}", pairs, right);
        right
    }

    /// Asks for `path` at the API, reads the body, and says on one line what it took.
    pub(crate) async fn get(&mut self, path: &str) -> Served {
        let mut uri = heapless::String::<128>::new();
        let fits = uri.push_str("http://api.example").and_then(|()| uri.push_str(path));
        fits.expect("the paths of this program are short");
        let wire = Ethernet::octets();
        let utc = self.cache.clock().now().utc;
        let mut reply = self.cache.request(RequestHead::get(&uri)).await;
        let etag = version(reply.fields().get("etag"));
        let mut check = Check::new(path, etag.unwrap_or_default());
        let mut buf = [0; 1152];
        let ended = loop {
            match reply.read(&mut buf).await {
                Ok(0) => break true,
                Ok(read) => check.feed(&buf[..read]),
                Err(error) => {
                    defmt::warn!("{=str}: {}", path, error);
                    break false;
                }
            }
        };
        let (status, report) = (reply.status(), reply.report().clone());
        if let Some(failure) = reply.failure() {
            defmt::warn!("{=str}: {}", path, failure);
        }
        let recent = utc.zip(etag).is_none_or(|(utc, version)| is_recent(path, utc, version));
        let served = match (status, etag) {
            (504, None) => Served::Failed,
            (200, Some(_)) if check.is_whole() && ended && recent => Served::Right,
            (200, Some(_)) if check.is_right() && !ended && recent => Served::Failed,
            _ => Served::Wrong,
        };
        let (received, sent) = Ethernet::octets();
        defmt::info!(
            "{=str} {} v{} {}, {=str}, {}; body: {} octets from the network, {} from flash; \
             frames: {} octets in, {} out; {}",
            path,
            status,
            etag.unwrap_or_default(),
            report.outcome,
            if let Storing::Stored(_) = report.storing { "stored" } else { "not stored" },
            served,
            report.from_network,
            report.from_store,
            received - wire.0,
            sent - wire.1,
            report.walked.as_slice()
        );
        self.sums.add(&report, served);
        served
    }

    /// Does a piece of the store's housekeeping.
    pub(crate) async fn idle(&mut self) {
        if let Err(error) = self.cache.idle().await {
            defmt::warn!("housekeeping: {}", error);
        }
    }

    /// What this boot's requests came to.
    pub(crate) async fn sum_up(&mut self) {
        let sums = &self.sums;
        let count = |outcome: Outcome| sums.outcomes.get(outcome as usize).copied().unwrap_or_default();
        defmt::info!(
            "{} requests: {} misses, {} hits, {} revalidated, {} changed, {} completed, {} unanswered or cut off, {} wrong",
            sums.requests,
            count(Outcome::Miss),
            count(Outcome::Hit),
            count(Outcome::Revalidated),
            count(Outcome::Changed),
            count(Outcome::Completed),
            sums.failed,
            sums.wrong
        );
        let (received, sent) = Ethernet::octets();
        defmt::info!(
            "bodies: {} octets from the network, {} from flash; frames: {} octets in, {} out",
            sums.from_network,
            sums.from_flash,
            received,
            sent
        );
        let health = self.cache.health().await;
        defmt::info!(
            "flash: {}; {} pairs, {} evicted, {} failures; stack: {} octets at most",
            self.cache.store().flash().worn,
            health.pairs,
            health.evictions,
            health.failures,
            larder_mps2::board::stack_used()
        );
    }
}

/// The clock: `rtc` knows UTC, `learned` learns it from the API, anything else never knows.
fn clock(kind: &str) -> LearnedClock<'static, EmbassyClock> {
    let clock = EmbassyClock::new();
    if kind == "rtc"
        && let Some(seconds) = host::utc()
    {
        clock.set_utc(HttpDate::from_unix(seconds));
    }
    LearnedClock::new(clock, if kind == "learned" { TRUSTED } else { &[] })
}

/// Path and query of a URI.
fn path(uri: &str) -> &str {
    uri.strip_prefix("http://api.example").unwrap_or(uri)
}

/// Whether the origin has `version` of `path`, or had it no longer ago than it may be kept.
///
/// The version of what changes `every` so many seconds is the number of such times since 1970; two
/// seconds are for the way, and for clocks that count whole ones.
fn is_recent(path: &str, utc: HttpDate, version: u32) -> bool {
    let Some(every) = number(path, "every").filter(|every| *every > 0) else {
        return version == 1;
    };
    let age = i64::from(number(path, "age").unwrap_or_default()) + 2;
    i64::from(version) >= (utc.unix() - age) / i64::from(every)
}
