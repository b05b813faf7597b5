//! The clock of embassy projects: uptime from `embassy_time`, UTC if the application sets it.

use crate::time::{Clock, DeltaSeconds, HttpDate, Now, Uptime};
use core::cell::Cell;
use embassy_time::Instant;

/// A [`Clock`] over [`embassy_time::Instant`].
///
/// It knows UTC once [`set_utc`](Self::set_utc) was called (from SNTP, an RTC, a modem); until then
/// stored responses are validated on every use. Wrap it in a
/// [`LearnedClock`](crate::time::LearnedClock) to learn UTC from trusted origins instead.
///
/// UTC is set through `&self`, so that several tasks of one executor can share it. It is not `Sync`: it goes into a
/// `StaticCell`, not into a plain `static`.
///
/// `Instant` must count sleep. Where the time driver stops in deep sleep, set UTC again after
/// waking and give the client a new store handle, as after a boot.
#[derive(Debug, Default)]
pub struct EmbassyClock {
    utc: Cell<Option<(HttpDate, Uptime)>>,
}

impl EmbassyClock {
    /// A clock that does not know UTC yet.
    pub const fn new() -> Self {
        Self { utc: Cell::new(None) }
    }

    /// Sets UTC: it is `now`.
    pub fn set_utc(&self, now: HttpDate) {
        self.utc.set(Some((now, uptime())));
    }
}

impl Clock for EmbassyClock {
    fn now(&self) -> Now {
        let uptime = uptime();
        let utc = self.utc.get().map(|(utc, set)| {
            let since = uptime.as_millis().saturating_sub(set.as_millis()) / 1000;
            utc.after(DeltaSeconds::new(since))
        });
        Now { uptime, utc }
    }
}

fn uptime() -> Uptime {
    Uptime::from_millis(Instant::now().as_millis())
}
