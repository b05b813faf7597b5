//! Freshness lifetime of a response (RFC 9111 §4.2.1, §4.2.2).

use crate::fields::{Dated, Lifetime, ResponseFacts};
use crate::options::CacheOptions;
use crate::time::{DeltaSeconds, HttpDate};

/// How long the response is fresh, counted by its age.
///
/// The first that is there decides: `s-maxage` (shared), `max-age`, `Expires` − `Date`, the
/// heuristic. If the one that decides is invalid, the response is stale; it never falls through
/// to the next. `received` stands in for a missing `Date`.
pub(crate) fn freshness_lifetime(
    status: u16,
    facts: &ResponseFacts<'_>,
    received: Option<HttpDate>,
    options: &CacheOptions,
) -> DeltaSeconds {
    let directives = &facts.directives;
    if options.shared && directives.s_maxage.is_present() {
        return directives.s_maxage.seconds().unwrap_or_default();
    }
    if directives.max_age.is_present() {
        return directives.max_age.seconds().unwrap_or_default();
    }
    let date = facts.date.date().or(received);
    match (facts.expires, date) {
        (Dated::Absent, date) => heuristic(status, facts, date, options),
        (Dated::At(expires), Some(date)) => expires.since(date),
        (Dated::At(_), None) | (Dated::Invalid, _) => DeltaSeconds::ZERO,
    }
}

/// A part of the time the representation had not changed for when it was sent (§4.2.2).
fn heuristic(
    status: u16,
    facts: &ResponseFacts<'_>,
    date: Option<HttpDate>,
    options: &CacheOptions,
) -> DeltaSeconds {
    let may_guess = is_heuristically_cacheable(status) || facts.directives.public();
    match (options.heuristic, date, facts.last_modified()) {
        (Some(heuristic), Some(date), Some(last_modified)) if may_guess => {
            date.since(last_modified).percent(heuristic.percent).min(heuristic.ceiling)
        }
        _ => DeltaSeconds::ZERO,
    }
}

/// Whether the response says itself how long it is fresh, for this kind of cache.
pub(crate) fn is_explicit(facts: &ResponseFacts<'_>, options: &CacheOptions) -> bool {
    let directives = &facts.directives;
    let present = |lifetime: Lifetime| lifetime.is_present();
    present(directives.max_age)
        || (options.shared && present(directives.s_maxage))
        || facts.expires != Dated::Absent
}

/// Whether a response with this status may be stored without explicit lifetime (RFC 9110 §15.1).
pub(crate) const fn is_heuristically_cacheable(status: u16) -> bool {
    matches!(status, 200 | 203 | 204 | 206 | 300 | 301 | 308 | 404 | 405 | 410 | 414 | 501)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Fields;
    use crate::options::Heuristic;

    const DATE: (&str, &str) = ("Date", "Thu, 01 Jan 1970 01:00:00 GMT");

    fn lifetime_of(status: u16, lines: &[(&str, &str)], options: &CacheOptions) -> u32 {
        let mut all = lines.to_vec();
        all.push(DATE);
        let facts = ResponseFacts::of(Fields::new(&all), None);
        freshness_lifetime(status, &facts, None, options).as_secs()
    }

    fn private(lines: &[(&str, &str)]) -> u32 {
        lifetime_of(200, lines, &CacheOptions::PRIVATE)
    }

    #[test]
    fn s4_2_1_s_maxage_wins_over_max_age_in_a_shared_cache() {
        let lines = [("Cache-Control", "s-maxage=1, max-age=3600")];
        assert_eq!(lifetime_of(200, &lines, &CacheOptions::SHARED), 1);
        assert_eq!(private(&lines), 3600);
    }

    #[test]
    fn s4_2_1_max_age_wins_over_expires() {
        let expires = ("Expires", "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(private(&[("Cache-Control", "max-age=60"), expires]), 60);
        assert_eq!(
            private(&[("Cache-Control", "max-age=0"), ("Expires", "Thu, 01 Jan 2037 00:00:00 GMT")]),
            0
        );
    }

    #[test]
    fn s4_2_1_expires_counts_from_date() {
        assert_eq!(private(&[("Expires", "Thu, 01 Jan 1970 01:00:30 GMT")]), 30);
        assert_eq!(private(&[("Expires", "Thu, 01 Jan 1970 00:00:30 GMT")]), 0);
    }

    #[test]
    fn s4_2_1_an_invalid_value_never_falls_through() {
        let future = ("Expires", "Thu, 01 Jan 2037 00:00:00 GMT");
        let modified = ("Last-Modified", "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(private(&[("Cache-Control", "max-age=abc"), future]), 0);
        assert_eq!(private(&[("Expires", "0"), modified]), 0);
        let lines = [("Cache-Control", "s-maxage=x, max-age=60")];
        assert_eq!(lifetime_of(200, &lines, &CacheOptions::SHARED), 0);
    }

    #[test]
    fn s4_2_2_the_heuristic_is_a_tenth_with_a_ceiling() {
        let modified = [("Last-Modified", "Thu, 01 Jan 1970 00:00:00 GMT")];
        assert_eq!(private(&modified), 360);
        let ceiling = Heuristic { percent: 10, ceiling: DeltaSeconds::new(100) };
        let options = CacheOptions { heuristic: Some(ceiling), ..CacheOptions::PRIVATE };
        assert_eq!(lifetime_of(200, &modified, &options), 100);
        assert_eq!(lifetime_of(200, &modified, &CacheOptions { heuristic: None, ..options }), 0);
    }

    #[test]
    fn s4_2_2_the_heuristic_needs_a_status_that_allows_it_or_public() {
        let modified = ("Last-Modified", "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(lifetime_of(201, &[modified], &CacheOptions::PRIVATE), 0);
        let public = ("Cache-Control", "public");
        assert_eq!(lifetime_of(201, &[modified, public], &CacheOptions::PRIVATE), 360);
    }
}
