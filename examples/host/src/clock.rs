//! Clocks: that of the machine, and one that is set by hand.

use larder::time::{Clock, HttpDate, Now, Uptime};
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The machine's clock: uptime since this value was made, and UTC.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock that counts from now on.
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let millis = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        // A machine whose clock stands before 1970 does not know the time.
        let utc = SystemTime::now().duration_since(UNIX_EPOCH).ok();
        let utc = utc.and_then(|since| i64::try_from(since.as_secs()).ok()).map(HttpDate::from_unix);
        Now { uptime: Uptime::from_millis(millis), utc }
    }
}

/// A clock that stands still until it is moved. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct MockClock {
    boot: HttpDate,
    millis: Rc<Cell<u64>>,
}

impl MockClock {
    /// A clock of a device that boots at `boot`, UTC.
    pub fn new(boot: HttpDate) -> Self {
        Self { boot, millis: Rc::default() }
    }

    /// Sets the time to `seconds` after boot.
    pub fn at(&self, seconds: u64) {
        self.millis.set(seconds.saturating_mul(1000));
    }

    /// Seconds since boot.
    pub fn seconds(&self) -> u64 {
        self.millis.get() / 1000
    }

    /// UTC.
    pub fn utc(&self) -> HttpDate {
        let seconds = i64::try_from(self.seconds()).unwrap_or(i64::MAX);
        HttpDate::from_unix(self.boot.unix().saturating_add(seconds))
    }
}

impl Clock for MockClock {
    fn now(&self) -> Now {
        Now { uptime: Uptime::from_millis(self.millis.get()), utc: Some(self.utc()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use larder::time::DeltaSeconds;

    #[test]
    fn a_mock_clock_moves_uptime_and_utc_together() {
        let boot = HttpDate::from_unix(1_800_000_000);
        let clock = MockClock::new(boot);
        assert_eq!(clock.now(), Now { uptime: Uptime::from_secs(0), utc: Some(boot) });
        clock.at(90);
        assert_eq!(clock.now().uptime, Uptime::from_secs(90));
        assert_eq!(clock.utc().since(boot), DeltaSeconds::new(90));
    }

    #[test]
    fn the_machine_knows_utc() {
        let now = SystemClock::new().now();
        assert!(now.utc.is_some_and(|utc| utc > HttpDate::from_unix(1_700_000_000)));
    }
}
