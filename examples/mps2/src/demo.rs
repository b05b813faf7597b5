//! Some polls of an API, an image and a firmware update, as a device would make them.

use crate::device::{Device, Served};
use crate::update::{self, Slots};
use embassy_time::Timer;

/// Fresh for two seconds, and always the same: a 304 each time it is stale.
const WEATHER: &str = "/v1/weather?age=2&octets=700";
/// Changes every three seconds.
const PRICES: &str = "/v1/prices?age=1&every=3&octets=900";
/// Fresh for an hour.
const LIMITS: &str = "/v1/limits?age=3600&octets=300";
/// An image, fresh for an hour. The connection is cut in the middle of the first try.
const IMAGE: &str = "/image?age=3600&octets=98304&cut=1";

/// How often the API is polled, a second apart.
const POLLS: usize = 6;

/// Answers whether everything was as it should be.
pub(crate) async fn run(device: &mut Device, slots: &mut Slots) -> bool {
    for _ in 0..POLLS {
        for path in [WEATHER, PRICES, LIMITS] {
            device.get(path).await;
        }
        device.idle().await;
        Timer::after_secs(1).await;
    }
    let mut whole = false;
    for _ in 0..3 {
        whole = device.get(IMAGE).await == Served::Right;
        device.idle().await;
    }
    let updated = update::run(device, slots).await;
    device.sum_up().await;
    whole && updated && device.sums.wrong == 0
}
