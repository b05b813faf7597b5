//! The cache: made, mounted, asked, and left to its housekeeping.

use crate::log;
use core::ops::Range;
use embassy_time::{Duration, Instant, Timer};
use embedded_nal_async::Dns;
use embedded_storage_async::nor_flash::NorFlash;
use larder::client::Call;
use larder::head::RequestHead;
use larder::store::Maintained;
use larder::time::{Clock, LearnedClock};
use larder::{Client, EmbassyClock, Origin, PairStore};
use larder_reqwless::{Connect, ReqwlessOrigin};
use larder_storage_flash::{FlashStore, Mounted};

/// How many responses it can find again; each takes 12 octets of RAM.
pub const PAIRS: usize = 256;

/// How long an origin may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A store on flash for [`PAIRS`] responses.
pub type Store<F> = FlashStore<F, PAIRS>;

/// An HTTP client with a cache on flash: about 10 KiB, so it belongs into a static.
pub type Cache<'n, F, N> = Client<Store<F>, ReqwlessOrigin<'n, N, N>, LearnedClock<'static, EmbassyClock>>;

/// A client with its cache in `partition` of `flash`, to be [mounted](mount).
///
/// `trusted` are origins whose `Date` tells the time, as `http://api.example`: until one of them has answered,
/// stored responses are validated on every use. `seed` differs from device to device.
///
/// # Panics
/// If the partition is not a whole number of sectors of this flash, or too small.
pub fn cache<'n, F: NorFlash, N: Connect + Dns>(
    flash: F,
    partition: Range<u32>,
    network: &'n N,
    trusted: &'static [&'static str],
    seed: u32,
) -> Cache<'n, F, N> {
    let store = Store::new(flash, partition, seed).expect("the partition can hold a store");
    let origin = ReqwlessOrigin::new(network, network).keep_alive();
    Client::new(store, origin, LearnedClock::new(EmbassyClock::new(), trusted))
}

/// Finds what was stored before the last reset; a partition that holds something else is formatted.
///
/// # Errors
/// Those of the flash. The client works all the same, without storing anything.
pub async fn mount<F: NorFlash, O: Origin>(
    client: &mut Client<Store<F>, O, LearnedClock<'_, EmbassyClock>>,
) -> Result<(), F::Error> {
    let mounted = client.store().mount().await?;
    if let Mounted::Foreign { .. } = mounted {
        client.store().format().await?;
    }
    let health = client.health().await;
    // It cannot be earlier than what is stored.
    if let Some(newest) = health.newest {
        client.clock().not_before(newest);
    }
    log::mounted(&mounted, &health);
    Ok(())
}

/// Asks for `uri` and reads the body into `buf`: the status, and how many octets of body there are.
///
/// `None` if the body is longer than `buf` or was cut off. 504 means that nobody could answer.
pub async fn poll<S: PairStore, O: Origin, C: Clock>(
    client: &mut Client<S, O, C>,
    uri: &str,
    buf: &mut [u8],
) -> Option<(u16, usize)> {
    let request = Call::new(RequestHead::get(uri)).until(Timer::after(PATIENCE));
    let mut reply = client.call(request).await;
    let read = reply.read_to_end(buf).await;
    log::polled(uri, reply.status(), reply.report());
    Some((reply.status(), read.ok()?))
}

/// Does the store's housekeeping, piece by piece, and waits until `pause` is over.
///
/// What is done here (the next sector is erased) need not be done while a response is being stored.
pub async fn rest<S: PairStore, O: Origin, C: Clock>(client: &mut Client<S, O, C>, pause: Duration) {
    let end = Instant::now() + pause;
    while Instant::now() < end && matches!(client.idle().await, Ok(Maintained::Worked)) {}
    Timer::at(end).await;
}
