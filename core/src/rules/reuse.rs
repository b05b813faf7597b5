//! Whether a stored response may be used for a request (RFC 9111 §4).

use super::{age, freshness, stale};
use crate::fields::{Lifetime, RequestFacts, ResponseFacts};
use crate::options::{CacheOptions, Clockless};
use crate::pair::StoredPair;
use crate::reason::Reason;
use crate::time::{DeltaSeconds, Now};

/// How a stored response may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// As it is.
    Fresh,
    /// As it is, though stale.
    Stale,
    /// As it is, though stale; it must be validated afterwards.
    StaleWhileRevalidate,
    /// Once the origin has validated it.
    Validate(Reason),
}

/// What is known of using a stored response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usability {
    pub(crate) verdict: Verdict,
    /// `current_age`; `None` if it cannot be known.
    pub(crate) age: Option<DeltaSeconds>,
    /// Whether it may be served stale if the origin fails.
    pub(crate) on_error: bool,
}

/// Judges a stored response that matches the request's URI, method and variant.
#[inline(never)]
pub(crate) fn judge(
    asked: &RequestFacts,
    stored: &StoredPair<'_>,
    facts: &ResponseFacts<'_>,
    now: Now,
    options: &CacheOptions,
) -> Usability {
    let said = &facts.directives;
    let age = age::current_age(&stored.received, now);
    let never = |reason| Usability { verdict: Verdict::Validate(reason), age, on_error: false };
    #[cfg(feature = "groups")]
    if stored.invalidated {
        return never(Reason::Invalidated);
    }
    if said.no_cache() {
        return never(Reason::ResponseNoCache);
    }
    if now.utc.is_none() && options.clockless == Clockless::Validate {
        return never(Reason::NoClock);
    }
    let Some(age) = age else {
        return never(Reason::AgeUnknown);
    };
    let lifetime = freshness::freshness_lifetime(stored.response.status, facts, stored.received.utc, options);
    let is_fresh = lifetime > age;
    let allowed = stale::allowed(age.saturating_sub(lifetime), &asked.directives, said, options);
    let verdict = if asks_for_validation(asked, options) {
        Verdict::Validate(Reason::RequestNoCache)
    } else if let Err(reason) = limits_of_request(asked, facts, age, lifetime, is_fresh, options) {
        Verdict::Validate(reason)
    } else if is_fresh {
        Verdict::Fresh
    } else if allowed.at_once {
        Verdict::Stale
    } else if allowed.while_revalidating {
        Verdict::StaleWhileRevalidate
    } else if stale::is_forbidden(said, options) {
        Verdict::Validate(Reason::MustRevalidate)
    } else {
        Verdict::Validate(Reason::Stale)
    };
    // A response that is still fresh, and validated only because the request asks for it, may
    // stand in for an error wherever a stale one might.
    Usability { verdict, age: Some(age), on_error: allowed.on_error }
}

/// `no-cache` (§5.2.1.4), or `Pragma: no-cache` where it counts (§5.4).
fn asks_for_validation(asked: &RequestFacts, options: &CacheOptions) -> bool {
    asked.directives.no_cache()
        || (options.honour_pragma && asked.pragma_no_cache && !asked.has_cache_control)
}

/// `max-age` and `min-fresh` of the request (§5.2.1.1, §5.2.1.3). An invalid argument is taken for
/// the strictest.
fn limits_of_request(
    asked: &RequestFacts,
    facts: &ResponseFacts<'_>,
    age: DeltaSeconds,
    lifetime: DeltaSeconds,
    is_fresh: bool,
    options: &CacheOptions,
) -> Result<(), Reason> {
    let resists = options.immutable_resists_reload && facts.directives.immutable() && is_fresh;
    let too_old = match asked.directives.max_age {
        Lifetime::Absent => false,
        Lifetime::Invalid => true,
        Lifetime::Seconds(DeltaSeconds::ZERO) => !resists,
        // The age is rounded down: an equal one may be older by a part of a second.
        Lifetime::Seconds(limit) => age >= limit,
    };
    if too_old {
        return Err(Reason::RequestMaxAge);
    }
    match asked.directives.min_fresh {
        Lifetime::Absent => Ok(()),
        Lifetime::Seconds(wanted) if lifetime.saturating_sub(age) >= wanted => Ok(()),
        Lifetime::Seconds(_) | Lifetime::Invalid => Err(Reason::RequestMinFresh),
    }
}
