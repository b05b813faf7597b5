//! A day in the life of a device, and what RFC 9111 makes of every request.

use super::device::{Device, Visit};
use larder::client::Outcome::{Changed, GatewayTimeout, Hit, Miss, Revalidated, Stale, StaleOnError};
use larder::head::Method;
use larder::store::PairStore;

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// Lives through the day.
pub async fn live<S: PairStore>(device: &mut Device<S>) {
    boot(device).await;
    night(device).await;
    reading(device).await;
    news(device).await;
    config(device).await;
    failing_origin(device).await;
    firmware(device).await;
    no_link(device).await;
    evening(device).await;
}

async fn boot<S: PairStore>(device: &mut Device<S>) {
    device.ledger.title("the device starts: everything is new to it");
    for path in ["/config", "/api/weather", "/firmware", "/me", "/map"] {
        device.visit(0, Visit::get(path, Miss)).await;
    }
    device.visit(0, Visit::get("/token", Miss).not_stored()).await;
    device.visit(0, Visit::get("/text", Miss).with(GERMAN)).await;
    device.visit(0, Visit::get("/text", Miss).with(ENGLISH)).await;

    device.ledger.title("four minutes later: what is fresh needs no radio, whatever its variant");
    let time = 4 * MINUTE;
    for path in ["/config", "/api/weather", "/firmware", "/me", "/map"] {
        device.visit(time, Visit::get(path, Hit)).await;
    }
    device.visit(time, Visit::get("/token", Miss).not_stored()).await;
    device.visit(time, Visit::get("/text", Hit).with(GERMAN)).await;
    device.visit(time, Visit::get("/text", Hit).with(ENGLISH)).await;
    device.visit(time, Visit::get("/text", Miss).with(FRENCH)).await;
    device.visit(time, Visit::get("/firmware", Hit).method(Method::Head)).await;
    device.visit(time, Visit::get("/firmware", Hit).with(HAS_RELEASE_1).status(304)).await;
    device.visit(time, Visit::get("/api/weather", Revalidated).with(RELOAD)).await;
}

/// The API is polled every five minutes. Fresh for ten, and changed every two hours.
async fn night<S: PairStore>(device: &mut Device<S>) {
    device
        .ledger
        .title("the night: the API every five minutes; it is fresh for ten, and changes every two hours");
    // Validated at 0:04 by the reload.
    let mut validated = 4 * MINUTE;
    for time in (10 * MINUTE..6 * HOUR).step_by(5 * 60) {
        let outcome = if time - validated < 10 * MINUTE {
            Hit
        } else {
            let edition = |time| time / (2 * HOUR);
            let same = edition(time) == edition(validated);
            validated = time;
            if same { Revalidated } else { Changed }
        };
        device.poll(time, Visit::get("/api/weather", outcome)).await;
    }
    device.ledger.print();
}

async fn reading<S: PairStore>(device: &mut Device<S>) {
    device.ledger.title("the device posts a reading: what is stored for that URI is not used any more");
    let time = 6 * HOUR + 5 * MINUTE;
    device.visit(time, Visit::get("/api/weather", Changed)).await;
    device.visit(time + MINUTE, Visit::get("/api/weather", Hit)).await;
    let post = Visit::get("/api/weather", Miss).method(Method::Post).status(204).not_stored();
    device.visit(time + 2 * MINUTE, post).await;
    device.visit(time + 3 * MINUTE, Visit::get("/api/weather", Miss)).await;
}

async fn news<S: PairStore>(device: &mut Device<S>) {
    device
        .ledger
        .title("news, fresh for a minute: stale-while-revalidate answers at once and asks afterwards");
    let time = 7 * HOUR;
    device.visit(time, Visit::get("/news", Miss)).await;
    device.visit(time + 30, Visit::get("/news", Hit)).await;
    device.visit(time + 2 * MINUTE, Visit::get("/news", Stale)).await;
    device.visit(time + 2 * MINUTE + 10, Visit::get("/news", Hit)).await;
    device.visit(time + 8 * MINUTE, Visit::get("/news", Stale)).await;
    device.visit(time + 60 * MINUTE, Visit::get("/news", Changed)).await;
}

/// Only `Last-Modified`, five days before boot: fresh for a tenth of that, twelve hours.
async fn config<S: PairStore>(device: &mut Device<S>) {
    device.ledger.title(
        "the configuration every hour: no lifetime but its age, 5 days; changed at 10:00, seen at 12:00",
    );
    for time in (8 * HOUR + 1..12 * HOUR).step_by(3600) {
        device.poll(time, Visit::get("/config", Hit)).await;
    }
    device.ledger.print();
    device.visit(12 * HOUR, Visit::get("/config", Changed)).await;
    device.visit(12 * HOUR + 11 * MINUTE, Visit::get("/config", Hit)).await;
    device.visit(13 * HOUR, Visit::get("/config", Revalidated)).await;
}

async fn failing_origin<S: PairStore>(device: &mut Device<S>) {
    device.ledger.title("the origin answers 503: stale-if-error helps for two hours, and only who has it");
    let time = 14 * HOUR;
    device.visit(time, Visit::get("/map", Revalidated)).await;
    device.visit(time, Visit::get("/me", Changed)).await;
    device.world.failing.set(true);
    device.visit(time + MINUTE, Visit::get("/map", Hit)).await;
    for minutes in (10..=120).step_by(10) {
        device.poll(time + minutes * MINUTE, Visit::get("/map", StaleOnError)).await;
    }
    device.ledger.print();
    let refused = Visit::get("/map", Miss).status(503).not_stored();
    device.visit(time + 3 * HOUR, refused).await;
    device.world.failing.set(false);
    device.visit(time + 3 * HOUR + MINUTE, Visit::get("/map", Revalidated)).await;
}

async fn firmware<S: PairStore>(device: &mut Device<S>) {
    device.ledger.title("the firmware, 512 KiB, fresh for six hours: a 304 in place of the image");
    device.visit(17 * HOUR + 30 * MINUTE, Visit::get("/firmware", Revalidated)).await;
    device.visit(18 * HOUR, Visit::get("/firmware", Hit)).await;
}

async fn no_link<S: PairStore>(device: &mut Device<S>) {
    let time = 20 * HOUR;
    device.ledger.title("the link breaks at 20:00: fresh is fresh, stale only where it is allowed, else 504");
    device.visit(time - 10 * MINUTE, Visit::get("/map", Revalidated)).await;
    device.world.link.set(false);
    device.visit(time, Visit::get("/text", Hit).with(GERMAN)).await;
    device.visit(time, Visit::get("/map", StaleOnError)).await;
    let nothing = |path| Visit::get(path, GatewayTimeout).status(504);
    device.visit(time, nothing("/api/weather")).await;
    device.visit(time, Visit::get("/api/weather", Stale).with(MAX_STALE)).await;
    device.visit(time, nothing("/firmware/notes").with(ONLY_IF_CACHED)).await;
    device.visit(time, nothing("/api/weather").method(Method::Post)).await;
    device.world.link.set(true);
    device.visit(time + HOUR, Visit::get("/api/weather", Changed)).await;
    device.visit(time + HOUR, Visit::get("/api/weather", Hit)).await;
}

async fn evening<S: PairStore>(device: &mut Device<S>) {
    device.ledger.title("the evening: the new firmware is there since 18:00, and known from 23:30 on");
    let time = 23 * HOUR + 30 * MINUTE;
    device.visit(time, Visit::get("/firmware", Changed)).await;
    device.visit(time + MINUTE, Visit::get("/firmware", Hit)).await;
    device.visit(time + MINUTE, Visit::get("/text", Hit).with(GERMAN)).await;
}

const GERMAN: &[(&str, &str)] = &[("Accept-Language", "de")];
const ENGLISH: &[(&str, &str)] = &[("Accept-Language", "en")];
const FRENCH: &[(&str, &str)] = &[("Accept-Language", "fr")];
const HAS_RELEASE_1: &[(&str, &str)] = &[("If-None-Match", "\"fw1\"")];
const RELOAD: &[(&str, &str)] = &[("Cache-Control", "no-cache")];
const MAX_STALE: &[(&str, &str)] = &[("Cache-Control", "max-stale=86400")];
const ONLY_IF_CACHED: &[(&str, &str)] = &[("Cache-Control", "only-if-cached")];
