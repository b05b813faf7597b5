//! What `cached.rs` and `secure.rs` do, so that they differ by what they are there for.

use crate::board::stack_used;
use crate::content::{Check, version};
use embassy_time::Timer;
use larder::head::RequestHead;
use larder::time::Clock;
use larder::{Client, Origin, PairStore};

const PATHS: [&str; 2] = ["/v1/weather?age=2&octets=700", "/image?age=3600&octets=98304"];

/// Asks `origin` for two resources, three times. Answers whether every body was the right one.
pub async fn polls<S: PairStore, O: Origin, C: Clock>(client: &mut Client<S, O, C>, origin: &str) -> bool {
    let mut well = true;
    for _ in 0..3 {
        for path in PATHS {
            let fetched = get(client, origin, path).await;
            defmt::info!("{=str}{=str} {}", origin, path, fetched);
            well &= fetched;
        }
        Timer::after_secs(1).await;
    }
    defmt::info!("stack: {} octets at most", stack_used());
    well
}

/// Whether the body was the right one.
async fn get<S: PairStore, O: Origin, C: Clock>(
    client: &mut Client<S, O, C>,
    origin: &str,
    path: &str,
) -> bool {
    let mut uri = heapless::String::<128>::new();
    let fits = uri.push_str(origin).and_then(|()| uri.push_str(path));
    fits.expect("the paths of this program are short");
    let mut reply = client.request(RequestHead::get(&uri)).await;
    let mut check = Check::new(path, version(reply.fields().get("etag")).unwrap_or_default());
    let mut buf = [0; 1152];
    while let Ok(read @ 1..) = reply.read(&mut buf).await {
        check.feed(&buf[..read]);
    }
    check.is_whole()
}
