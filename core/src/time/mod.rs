//! Time: what a clock says, when a response arrived, and what that makes of it later.
//!
//! Rules take [`Now`] by value; only the client reads a [`Clock`]. Two times stand side by side:
//! [`Uptime`], which every device has, and UTC, which it may have to learn.

mod delta_seconds;
mod http_date;
mod learned;

pub use delta_seconds::DeltaSeconds;
pub use http_date::HttpDate;
pub use learned::LearnedClock;

use crate::division::divided;

/// Time since this device booted, in milliseconds. Counts sleep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Uptime(u64);

impl Uptime {
    /// `millis` after boot.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// `seconds` after boot.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since boot.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// `self` − `earlier` in whole seconds, rounded up, at least zero.
    pub const fn since(self, earlier: Self) -> DeltaSeconds {
        let (seconds, part) = divided::<1000>(self.0.saturating_sub(earlier.0));
        DeltaSeconds::new(if part > 0 { seconds + 1 } else { seconds })
    }

    /// `self` − `earlier` in whole seconds, rounded down, at least zero.
    pub(crate) const fn whole_since(self, earlier: Self) -> DeltaSeconds {
        DeltaSeconds::new(divided::<1000>(self.0.saturating_sub(earlier.0)).0)
    }
}

/// The present, as the rules see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Now {
    /// Time since boot.
    pub uptime: Uptime,
    /// UTC; `None` while the device does not know it. Stored responses are then validated on every
    /// use ([RFC 9111 §4](https://www.rfc-editor.org/rfc/rfc9111.html#section-4)), unless
    /// [`Clockless::TrustUptime`](crate::options::Clockless) says otherwise.
    pub utc: Option<HttpDate>,
}

/// What the client asks for the time.
///
/// A clock that stops in deep sleep breaks the contract of [`Uptime`]: stored responses would look
/// younger than they are. Such a device begins a new epoch when it wakes (a new store handle,
/// as after a boot), or adds the time it slept.
pub trait Clock {
    /// The time now. Never blocks.
    fn now(&self) -> Now;

    /// Tells what a response from the network says of the time. Ignored unless the clock learns
    /// ([`LearnedClock`]).
    fn observe(&self, observed: Observed<'_>) {
        let _ = observed;
    }
}

impl<C: Clock + ?Sized> Clock for &C {
    fn now(&self) -> Now {
        (**self).now()
    }

    fn observe(&self, observed: Observed<'_>) {
        (**self).observe(observed);
    }
}

/// What a response from the network says of the time.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Observed<'a> {
    /// Scheme and authority it came from: `https://api.example`.
    pub origin: &'a str,
    /// Its `Date`.
    pub date: HttpDate,
    /// Its `Age` as received; zero without one.
    pub age: DeltaSeconds,
    /// When it was received.
    pub received: Uptime,
}

/// When a request was sent and when its response head had arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Exchange {
    /// `request_time` (§4.2.3).
    pub requested: Now,
    /// `response_time` (§4.2.3).
    pub received: Now,
}

impl Exchange {
    /// An exchange that took no time.
    pub const fn at(now: Now) -> Self {
        Self { requested: now, received: now }
    }

    /// `response_delay` (§4.2.3), by uptime, in whole seconds.
    pub(crate) const fn delay(&self) -> DeltaSeconds {
        self.received.uptime.whole_since(self.requested.uptime)
    }
}

/// When a stored response was received, and how old it was then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ReceivedAt {
    /// Time since boot; `None` if it was in an earlier boot.
    pub uptime: Option<Uptime>,
    /// UTC; `None` if the device did not know it.
    pub utc: Option<HttpDate>,
    /// `corrected_initial_age` (§4.2.3).
    pub initial_age: DeltaSeconds,
}

impl ReceivedAt {
    /// `resident_time` (§4.2.3): how long the response has been here.
    ///
    /// By uptime within one boot, else by UTC; `None` if neither is known. At least zero, also
    /// when the clock was set back.
    pub fn resident_time(&self, now: Now) -> Option<DeltaSeconds> {
        let by_uptime = self.uptime.map(|uptime| now.uptime.whole_since(uptime));
        let by_utc = now.utc.zip(self.utc).map(|(now, then)| now.since(then));
        by_uptime.or(by_utc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s4_2_3_resident_time_is_known_by_uptime_or_by_utc_or_not_at_all() {
        let utc = HttpDate::from_unix(1_000);
        let now = Now { uptime: Uptime::from_secs(50), utc: Some(utc.after(DeltaSeconds::new(9))) };
        let same_boot =
            ReceivedAt { uptime: Some(Uptime::from_secs(40)), utc: None, initial_age: DeltaSeconds::ZERO };
        assert_eq!(same_boot.resident_time(now), Some(DeltaSeconds::new(10)));
        let earlier_boot = ReceivedAt { uptime: None, utc: Some(utc), ..same_boot };
        assert_eq!(earlier_boot.resident_time(now), Some(DeltaSeconds::new(9)));
        let unknown = ReceivedAt { utc: None, ..earlier_boot };
        assert_eq!(unknown.resident_time(now), None);
        assert_eq!(earlier_boot.resident_time(Now { utc: None, ..now }), None);
    }

    #[test]
    fn s4_2_3_a_clock_set_back_makes_nothing_negative() {
        let received = ReceivedAt {
            uptime: None,
            utc: Some(HttpDate::from_unix(1_000)),
            initial_age: DeltaSeconds::ZERO,
        };
        let now = Now { uptime: Uptime::default(), utc: Some(HttpDate::from_unix(10)) };
        assert_eq!(received.resident_time(now), Some(DeltaSeconds::ZERO));
    }
}
