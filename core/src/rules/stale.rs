//! Serving stale responses (RFC 9111 §4.2.4, RFC 5861).

use crate::fields::{RequestDirectives, ResponseDirectives, StaleLimit};
use crate::options::{AllowStale, CacheOptions};
use crate::time::DeltaSeconds;

/// When a stale response may be served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// At once, and the origin need not be asked.
    pub(crate) at_once: bool,
    /// At once, but it must be validated afterwards (RFC 5861 §3).
    pub(crate) while_revalidating: bool,
    /// If the origin cannot be reached or answers 500, 502, 503 or 504.
    pub(crate) on_error: bool,
}

/// Whether a response that has been stale for `staleness` may be served.
///
/// Never under `must-revalidate`, nor, in a shared cache, under `proxy-revalidate` or `s-maxage`;
/// `no-cache` is judged before. Otherwise where `max-stale`, RFC 5861 or the option allows it.
pub(crate) fn allowed(
    staleness: DeltaSeconds,
    asked: &RequestDirectives,
    said: &ResponseDirectives,
    options: &CacheOptions,
) -> Allowed {
    if is_forbidden(said, options) {
        return Allowed::default();
    }
    let within = |limit: Option<DeltaSeconds>| limit.is_some_and(|limit| staleness <= limit);
    let at_once = options.allow_stale == AllowStale::Always
        || match asked.max_stale {
            StaleLimit::None => false,
            StaleLimit::Seconds(limit) => staleness <= limit,
            StaleLimit::Any => true,
        };
    Allowed {
        at_once,
        while_revalidating: within(said.stale_while_revalidate.seconds()),
        on_error: at_once
            || options.allow_stale == AllowStale::OnError
            || within(said.stale_if_error.seconds())
            || within(asked.stale_if_error.seconds()),
    }
}

/// Whether the response forbids to be served stale.
pub(crate) const fn is_forbidden(said: &ResponseDirectives, options: &CacheOptions) -> bool {
    said.must_revalidate() || (options.shared && (said.proxy_revalidate() || said.s_maxage.is_present()))
}

/// Whether a status counts as an error that a stale response may stand in for (RFC 5861 §4).
pub(crate) const fn is_error(status: u16) -> bool {
    matches!(status, 500 | 502 | 503 | 504)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Fields;

    fn judge(staleness: u64, request: &str, response: &str, options: &CacheOptions) -> Allowed {
        let asked = [("Cache-Control", request)];
        let said = [("Cache-Control", response)];
        allowed(
            DeltaSeconds::new(staleness),
            &RequestDirectives::of(Fields::new(&asked)),
            &ResponseDirectives::of(Fields::new(&said)),
            options,
        )
    }

    #[test]
    fn s4_2_4_nothing_stale_by_default() {
        assert_eq!(judge(1, "", "max-age=1", &CacheOptions::PRIVATE), Allowed::default());
    }

    #[test]
    fn s5_2_1_2_max_stale_allows_up_to_its_argument() {
        let at_once = |staleness, request| judge(staleness, request, "", &CacheOptions::PRIVATE).at_once;
        assert!(at_once(60, "max-stale=60"));
        assert!(!at_once(61, "max-stale=60"));
        assert!(at_once(u64::MAX, "max-stale"));
        assert!(!at_once(1, "max-stale=abc"));
    }

    #[test]
    fn s4_2_4_must_revalidate_forbids_in_every_way() {
        let lax = CacheOptions { allow_stale: AllowStale::Always, ..CacheOptions::PRIVATE };
        let rules = "must-revalidate, stale-while-revalidate=60, stale-if-error=60";
        assert_eq!(judge(1, "max-stale, stale-if-error=60", rules, &lax), Allowed::default());
    }

    #[test]
    fn s4_2_4_proxy_revalidate_and_s_maxage_forbid_in_a_shared_cache() {
        let shared = CacheOptions { allow_stale: AllowStale::OnError, ..CacheOptions::SHARED };
        let private = CacheOptions { shared: false, ..shared };
        for said in ["proxy-revalidate", "s-maxage=1"] {
            assert!(!judge(1, "", said, &shared).on_error);
            assert!(judge(1, "", said, &private).on_error);
        }
    }

    #[test]
    fn s3_of_5861_stale_while_revalidate_has_a_window() {
        let said = "stale-while-revalidate=10";
        assert!(judge(10, "", said, &CacheOptions::PRIVATE).while_revalidating);
        assert!(!judge(11, "", said, &CacheOptions::PRIVATE).while_revalidating);
    }

    #[test]
    fn s4_of_5861_stale_if_error_in_request_or_response() {
        assert!(judge(10, "", "stale-if-error=10", &CacheOptions::PRIVATE).on_error);
        assert!(judge(10, "stale-if-error=10", "", &CacheOptions::PRIVATE).on_error);
        assert!(!judge(11, "stale-if-error=10", "stale-if-error=10", &CacheOptions::PRIVATE).on_error);
    }
}
