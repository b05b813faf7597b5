//! What RFC 9111 leaves to a cache to decide.

#[cfg(feature = "secrets")]
pub use crate::secrets::SecretKey;
pub use crate::secrets::Secrets;
use crate::time::DeltaSeconds;

/// The choices of one cache. Every state carries them.
///
/// The default is a careful private cache: one device, one user, no stale answers.
///
/// ```
/// use larder::CacheOptions;
///
/// let options = CacheOptions { shared: true, ..CacheOptions::default() };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CacheOptions {
    /// Whether several users are served (§1): `s-maxage` and `proxy-revalidate` count, `private`
    /// responses and most with `Authorization` are not stored. `false`: a private cache.
    pub shared: bool,
    /// The methods whose responses may be stored (§3). Others are passed through.
    pub supported_methods: Methods,
    /// When a stale response may be served though nothing in request or response asks for it
    /// (§4.2.4). Never against `no-cache`, `must-revalidate` and their like.
    pub allow_stale: AllowStale,
    /// How long a response without explicit lifetime is fresh (§4.2.2); `None`: not at all.
    pub heuristic: Option<Heuristic>,
    /// What to do while the device does not know UTC (§4).
    pub clockless: Clockless,
    /// Whether `Pragma: no-cache` counts in a request without `Cache-Control` (§5.4).
    pub honour_pragma: bool,
    /// Whether a fresh `immutable` response answers a request with `max-age=0`, as browsers send
    /// for a plain reload (RFC 8246 §2). `no-cache` validates in any case.
    pub immutable_resists_reload: bool,
    /// Whether a stored weak tag may match the same tag, strong, in a 304. Some servers
    /// strengthen tags. Departs from §4.3.4 when switched on.
    pub accept_strengthened_tags: bool,
    /// Whether a stored response without `Last-Modified` is validated with its `Date`
    /// (§4.3.1 allows it; few servers understand).
    pub validate_by_date: bool,
    /// What to do with `Authorization`, `Proxy-Authorization` and `Cookie` where `Vary` names them.
    pub secrets: Secrets,
    /// Whether parts are stored: 206 responses, and responses whose body is cut off and that have a strong
    /// validator (§3.3). They answer ranges they hold, and are completed by asking for what is missing
    /// (§3.4). `false`: 206 responses pass through, and what is cut off is fetched anew from its first octet.
    pub store_partial: bool,
    /// Whether a request for the whole asks for what is missing though the stored part has no strong
    /// validator. The parts are never combined (§3.4 forbids it): a 206 is dropped and the whole is asked
    /// for, so that it costs a round trip wherever the origin does know ranges.
    pub ask_without_validator: bool,
    /// Whether the request directives `no-cache`, `max-age`, `min-fresh`, `max-stale`, `stale-if-error` and
    /// `only-if-cached`, and `Pragma`, count. They are advisory (§5.2.1): a cache at the origin's door may
    /// leave it to the origin how fresh an answer has to be. `no-store` always counts.
    #[cfg(feature = "server")]
    pub heed_request_directives: bool,
    /// Whether a stored response in the one language that the request prefers to all others answers it, though
    /// it was stored for other `Accept-Language` values: no origin has a better one, but one that goes by
    /// something else in the field would answer otherwise. Departs from §4.1 when switched on.
    #[cfg(feature = "negotiation")]
    pub select_language: bool,
    /// Fields that speak to this cache in particular (RFC 9213), as `CDN-Cache-Control`: the first
    /// one that a response has, and that is valid, counts in place of `Cache-Control` and `Expires`.
    #[cfg(feature = "targeted-fields")]
    pub targets: &'static [&'static str],
}

impl CacheOptions {
    /// A careful private cache.
    pub const PRIVATE: Self = Self {
        shared: false,
        supported_methods: Methods::GET.and(Methods::HEAD),
        allow_stale: AllowStale::Never,
        heuristic: Some(Heuristic { percent: 10, ceiling: DeltaSeconds::new(86_400) }),
        clockless: Clockless::Validate,
        honour_pragma: true,
        immutable_resists_reload: true,
        accept_strengthened_tags: false,
        validate_by_date: false,
        secrets: Secrets::Refuse,
        store_partial: true,
        ask_without_validator: false,
        #[cfg(feature = "server")]
        heed_request_directives: true,
        #[cfg(feature = "negotiation")]
        select_language: false,
        #[cfg(feature = "targeted-fields")]
        targets: &[],
    };

    /// A careful shared cache.
    pub const SHARED: Self = Self { shared: true, ..Self::PRIVATE };

    /// The cache of a device that serves HTTP itself (feature `server`,
    /// [`IdleServer`](crate::state::IdleServer)): a shared one, for all its clients are served from it.
    ///
    /// - A response is stored if its handler says for how long it is fresh, or `no-cache`, or `public`;
    ///   there is no heuristic.
    /// - The clients' request directives do not count: nobody makes an expensive handler run by `no-cache`.
    /// - Age is counted by uptime while the device does not know UTC. The responses were made on this device,
    ///   and an origin may give the same answer for as long as it likes: what §4 asks of a cache without a
    ///   clock is about responses of others.
    /// - A handler need not understand `Range`: it is asked for the whole, and the range is answered here.
    ///   With [`store_partial`](Self::store_partial), `Range` and `If-Range` are passed on to it.
    #[cfg(feature = "server")]
    pub const SERVER: Self = Self {
        heuristic: None,
        clockless: Clockless::TrustUptime,
        store_partial: false,
        heed_request_directives: false,
        ..Self::SHARED
    };
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self::PRIVATE
    }
}

/// A set of methods whose responses may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Methods(u8);

impl Methods {
    /// None: nothing is stored, everything is passed through.
    pub const NONE: Self = Self(0);
    /// GET.
    pub const GET: Self = Self(1);
    /// HEAD: its responses answer only HEAD. A stored GET answers HEAD in any case.
    pub const HEAD: Self = Self(2);
    /// POST: its responses answer GET and HEAD, where RFC 9110 §9.3.3 allows it.
    pub const POST: Self = Self(4);

    /// QUERY: its responses answer a QUERY with the same content, if the caller gives a digest of it
    /// ([`Call::content_digest`](crate::client::Call::content_digest)).
    #[cfg(feature = "query")]
    pub const QUERY: Self = Self(8);

    /// These and `other`.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether every method of `other` is among these.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// When a stale response may be served though nothing in the exchange asks for it.
///
/// How stale it is must be known: while the device does not know UTC, [`Clockless::Validate`] forbids it, and what was
/// stored without UTC in an earlier boot is not served stale in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum AllowStale {
    /// Never.
    #[default]
    Never,
    /// When the origin cannot be reached or answers 500, 502, 503 or 504.
    OnError,
    /// Always, without asking the origin.
    Always,
}

/// Heuristic freshness (§4.2.2): a part of the time since the last modification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Heuristic {
    /// Hundredths of `Date` − `Last-Modified`. 10 is usual.
    pub percent: u8,
    /// Never longer than this.
    pub ceiling: DeltaSeconds,
}

/// What to do while the device does not know UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Clockless {
    /// Validate stored responses on every use, as §4 asks of a cache without a clock.
    #[default]
    Validate,
    /// Count age by uptime. Departs from §4: a response received in this boot is reused while its
    /// lifetime, counted from its `Age`, lasts. One of an earlier boot is validated.
    TrustUptime,
}
