//! One line per event, with the feature `defmt`; else nothing.

use larder::client::Report;
use larder::store::Health;
use larder_storage_flash::Mounted;

#[cfg(feature = "defmt")]
mod lines {
    use super::*;
    use defmt::Display2Format;
    use larder::client::Storing;

    pub(crate) fn mounted(mounted: &Mounted, health: &Health) {
        let Health { pairs, live, capacity, .. } = health;
        defmt::info!("{}: {} pairs, {} of {} octets", Display2Format(mounted), pairs, live, capacity);
    }

    pub(crate) fn polled(uri: &str, status: u16, report: &Report) {
        let stored = if let Storing::Stored(_) = report.storing { "stored" } else { "not stored" };
        defmt::info!(
            "{=str}: {} {}, {=str}; {} octets from the network, {} from flash",
            uri,
            status,
            report.outcome,
            stored,
            report.from_network,
            report.from_store
        );
    }

    pub(crate) fn line(text: &str) {
        defmt::info!("{=str}", text);
    }

    pub(crate) fn attempt(attempt: u32) {
        defmt::warn!("the download broke off in attempt {}", attempt);
    }
}

#[cfg(not(feature = "defmt"))]
mod lines {
    use super::*;

    pub(crate) const fn mounted(_: &Mounted, _: &Health) {}
    pub(crate) const fn polled(_: &str, _: u16, _: &Report) {}
    pub(crate) const fn line(_: &str) {}
    pub(crate) const fn attempt(_: u32) {}
}

pub(crate) use lines::{attempt, line, mounted, polled};
