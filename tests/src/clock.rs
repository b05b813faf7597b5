//! A clock that is set by the test.

use larder::time::{Clock, DeltaSeconds, HttpDate, Now, Uptime};
use std::cell::Cell;
use std::rc::Rc;

/// A clock that stands still until it is moved. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct MockClock(Rc<Cell<Now>>);

impl MockClock {
    /// UTC when a mock clock starts: Thu, 01 Oct 2026 08:00:00 GMT.
    pub const START: i64 = 1_790_841_600;
    /// Uptime when a mock clock starts, in seconds.
    pub const BOOTED_FOR: u64 = 1_000;

    /// A clock that knows UTC.
    pub fn new() -> Self {
        let utc = Some(HttpDate::from_unix(Self::START));
        Self(Rc::new(Cell::new(Now { uptime: Uptime::from_secs(Self::BOOTED_FOR), utc })))
    }

    /// A clock that knows its uptime only.
    pub fn without_utc() -> Self {
        let clock = Self::new();
        clock.forget_utc();
        clock
    }

    /// Sets both times, in seconds since boot and since 1970.
    pub fn at(&self, uptime: u64, utc: Option<i64>) {
        self.0.set(Now { uptime: Uptime::from_secs(uptime), utc: utc.map(HttpDate::from_unix) });
    }

    /// Lets `seconds` pass.
    pub fn advance(&self, seconds: u64) {
        self.advance_millis(seconds * 1000);
    }

    /// Lets `millis` milliseconds pass. UTC moves by whole seconds of uptime.
    pub fn advance_millis(&self, millis: u64) {
        let Now { uptime, utc } = self.0.get();
        let later = Uptime::from_millis(uptime.as_millis() + millis);
        let seconds = later.as_millis() / 1000 - uptime.as_millis() / 1000;
        let utc = utc.map(|utc| utc.after(DeltaSeconds::new(seconds)));
        self.0.set(Now { uptime: later, utc });
    }

    /// Moves UTC alone, back too: somebody set the clock.
    pub fn set_utc(&self, utc: i64) {
        self.0.set(Now { utc: Some(HttpDate::from_unix(utc)), ..self.0.get() });
    }

    /// UTC is not known any more.
    pub fn forget_utc(&self) {
        self.0.set(Now { utc: None, ..self.0.get() });
    }

    /// Starts the device again: uptime counts from zero. UTC stays as it is.
    pub fn reboot(&self) {
        self.0.set(Now { uptime: Uptime::default(), ..self.0.get() });
    }

    /// The time now.
    pub fn now(&self) -> Now {
        self.0.get()
    }
}

impl Default for MockClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for MockClock {
    fn now(&self) -> Now {
        self.0.get()
    }
}
