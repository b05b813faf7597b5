//! A clock for devices without one: it learns UTC from the origins it is told to trust.

use super::{Clock, DeltaSeconds, HttpDate, Now, Observed, Uptime};
use core::cell::Cell;

/// Wraps a clock that may not know UTC and learns it from responses.
///
/// UTC is the `Date` plus the received `Age` of a response from the network, by an origin the
/// application trusts, plus the uptime since. Learning a time that is too low would make an old
/// response look young, so the time never goes back, and never lies before
/// [`not_before`](Self::not_before): pass the newest time found in the store
/// ([`Health::newest`](crate::store::Health::newest)) or the firmware's build time.
///
/// Where the wrapped clock knows UTC itself, its word counts and nothing is learned.
///
/// ```
/// use larder::time::{Clock, DeltaSeconds, HttpDate, LearnedClock, Now, Observed, Uptime};
///
/// struct SinceBoot;
/// impl Clock for SinceBoot {
///     fn now(&self) -> Now {
///         Now { uptime: Uptime::from_secs(30), utc: None }
///     }
/// }
///
/// let clock = LearnedClock::new(SinceBoot, &["https://api.example"]);
/// assert_eq!(clock.now().utc, None);
/// clock.observe(Observed {
///     origin: "https://api.example",
///     date: HttpDate::from_unix(1_800_000_000),
///     age: DeltaSeconds::new(5),
///     received: Uptime::from_secs(20),
/// });
/// assert_eq!(clock.now().utc, Some(HttpDate::from_unix(1_800_000_015)));
/// ```
#[derive(Debug)]
pub struct LearnedClock<'a, C> {
    clock: C,
    trusted: &'a [&'a str],
    learned: Cell<Option<(HttpDate, Uptime)>>,
    not_before: Cell<Option<HttpDate>>,
    largest_jump: DeltaSeconds,
}

impl<'a, C: Clock> LearnedClock<'a, C> {
    /// Learns from the origins in `trusted`: scheme and authority as in the requests' URIs
    /// (`https://api.example`), compared without regard to case. Prefer https: whoever can change
    /// a `Date` on the way can set this clock.
    pub const fn new(clock: C, trusted: &'a [&'a str]) -> Self {
        Self {
            clock,
            trusted,
            learned: Cell::new(None),
            not_before: Cell::new(None),
            largest_jump: DeltaSeconds::new(86_400),
        }
    }

    /// Once a time is learned, a later one that is further ahead than this is ignored, and so is a
    /// response with a larger `Age`. A day by default.
    pub const fn with_largest_jump(mut self, jump: DeltaSeconds) -> Self {
        self.largest_jump = jump;
        self
    }

    /// Times before `date` are not believed. Calling it again only raises the bound.
    pub fn not_before(&self, date: HttpDate) {
        self.not_before.set(self.not_before.get().max(Some(date)));
    }

    /// Forgets what was learned, not the bound.
    pub fn forget(&self) {
        self.learned.set(None);
    }

    fn utc_at(&self, uptime: Uptime) -> Option<HttpDate> {
        let (date, learned) = self.learned.get()?;
        Some(date.after(uptime.whole_since(learned)))
    }
}

impl<C: Clock> Clock for LearnedClock<'_, C> {
    fn now(&self) -> Now {
        let now = self.clock.now();
        Now { utc: now.utc.or_else(|| self.utc_at(now.uptime)), ..now }
    }

    fn observe(&self, observed: Observed<'_>) {
        if !self.trusted.iter().any(|origin| origin.eq_ignore_ascii_case(observed.origin)) {
            return;
        }
        if observed.age > self.largest_jump {
            return;
        }
        let date = observed.date.after(observed.age);
        if self.not_before.get().is_some_and(|bound| date < bound) {
            return;
        }
        if let Some(known) = self.utc_at(observed.received)
            && (date <= known || date.since(known) > self.largest_jump)
        {
            return;
        }
        self.learned.set(Some((date, observed.received)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(Cell<u64>);

    impl Clock for Fixed {
        fn now(&self) -> Now {
            Now { uptime: Uptime::from_secs(self.0.get()), utc: None }
        }
    }

    fn observed(date: i64, received: u64) -> Observed<'static> {
        Observed {
            origin: "https://API.example",
            date: HttpDate::from_unix(date),
            age: DeltaSeconds::ZERO,
            received: Uptime::from_secs(received),
        }
    }

    #[test]
    fn only_trusted_origins_teach_the_time() {
        let clock = LearnedClock::new(Fixed(Cell::new(10)), &["https://other.example"]);
        clock.observe(observed(1_000_000, 5));
        assert_eq!(clock.now().utc, None);
    }

    #[test]
    fn the_time_never_goes_back_nor_jumps() {
        let clock = LearnedClock::new(Fixed(Cell::new(10)), &["https://api.example"]);
        clock.observe(observed(1_000_000, 5));
        clock.observe(observed(900_000, 6));
        assert_eq!(clock.now().utc, Some(HttpDate::from_unix(1_000_005)));
        clock.observe(observed(1_000_001 + 86_401, 6));
        assert_eq!(clock.now().utc, Some(HttpDate::from_unix(1_000_005)));
        clock.observe(observed(1_000_100, 10));
        assert_eq!(clock.now().utc, Some(HttpDate::from_unix(1_000_100)));
    }

    #[test]
    fn times_before_the_bound_are_not_believed() {
        let clock = LearnedClock::new(Fixed(Cell::new(10)), &["https://api.example"]);
        clock.not_before(HttpDate::from_unix(2_000_000));
        clock.not_before(HttpDate::from_unix(1_000));
        clock.observe(observed(1_999_999, 5));
        assert_eq!(clock.now().utc, None);
        clock.observe(observed(2_000_000, 5));
        assert!(clock.now().utc.is_some());
    }
}
