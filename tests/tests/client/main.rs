//! The client over a store, an origin and a clock: what the states do not see. Bodies, deadlines,
//! dropped futures, stores that fail, several clients of one store.

mod bodies;
mod cancel;
mod collapsing;
mod completing;
mod deadlines;
mod downloads;
mod failures;
mod looking;
mod mishaps;
mod named_downloads;
mod reports;
mod resumed_downloads;
mod shared_store;
mod traps;
mod verified;

use larder::client::{Client, Reply};
use larder::head::RequestHead;
use larder::store::{PairStore, RamStore};
use larder_tests::origin::OriginError;
use larder_tests::{MockClock, ScriptedOrigin};

const URI: &str = "http://example.com/a";
const TAG: (&str, &str) = ("ETag", "\"1\"");
const FRESH: (&str, &str) = ("Cache-Control", "max-age=60");

/// The store in RAM that these tests use.
type Ram = RamStore<128, 8>;

/// A client over any store.
type Of<S> = Client<S, ScriptedOrigin, MockClock>;

/// A client over `store`, and handles of its origin and its clock.
fn client<S: PairStore>(store: S) -> (Of<S>, ScriptedOrigin, MockClock) {
    let (origin, clock) = (ScriptedOrigin::new(), MockClock::new());
    origin.moves(&clock);
    (Client::new(store, origin.clone(), clock.clone()), origin, clock)
}

fn get() -> RequestHead<'static> {
    RequestHead::get(URI)
}

/// The rest of a reply's body.
async fn rest<S: PairStore>(
    reply: &mut Reply<'_, S, ScriptedOrigin>,
) -> Result<Vec<u8>, larder::client::BodyError<OriginError>> {
    let mut body = Vec::new();
    let mut buf = [0; 5];
    loop {
        match reply.read(&mut buf).await? {
            0 => return Ok(body),
            read => body.extend_from_slice(&buf[..read]),
        }
    }
}
