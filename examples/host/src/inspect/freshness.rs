//! Whether a stored response may be used at a time, and until or since when: by larder's own states,
//! asked the same question about other times.

use super::report::When;
use larder::head::{Method, RequestHead};
use larder::options::Methods;
use larder::pair::{StoredBody, StoredPair};
use larder::state::{Candidates, IdleClient, IdleNext, Serving};
use larder::time::{HttpDate, Now, Uptime};
use larder::{CacheOptions, Reason};
use serde::Serialize;

/// Whether a stored response may be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Freshness {
    /// As it is.
    Fresh {
        /// The first second in which it is stale.
        until: When,
        /// So many seconds are left.
        seconds: i64,
    },
    /// Only once the origin has validated it, or as the rules for stale responses allow.
    Stale {
        /// The first second in which it was stale, not before it was received.
        since: When,
        /// So many seconds ago.
        seconds: i64,
        /// What may be done with it.
        reason: String,
    },
    /// Not without the origin, at any time.
    Unusable {
        /// Why.
        reason: String,
    },
}

/// A verdict for one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Fresh,
    ServedStale,
    Not(Reason),
}

/// Judges a stored response that was received in another boot, whether its body is complete or not.
pub(super) fn of(pair: &StoredPair<'_>, at: HttpDate, options: &CacheOptions) -> Freshness {
    // What is stored was allowed when it was.
    let supported_methods = options.supported_methods.and(Methods::POST);
    let options = CacheOptions { supported_methods, ..*options };
    // A secret that is stored as a hash is asked for by that hash.
    let body = StoredBody::whole(pair.body.complete.unwrap_or(pair.body.held));
    let pair = &StoredPair { secrets_hashed: false, body, ..*pair };
    let is_fresh = |unix| judge(pair, HttpDate::from_unix(unix), &options) == Verdict::Fresh;
    let now = at.unix();
    match judge(pair, at, &options) {
        Verdict::Fresh => {
            // No age is above 2^31 seconds.
            let until = first_stale(now, now + (1 << 31) + 1, is_fresh);
            Freshness::Fresh { until: When(HttpDate::from_unix(until)), seconds: until - now }
        }
        Verdict::Not(reason) if !matches!(reason, Reason::Stale | Reason::MustRevalidate) => {
            Freshness::Unusable { reason: reason.to_string() }
        }
        stale => {
            let received = pair.received.utc.unwrap_or(at).min(at).unix();
            let since = if is_fresh(received) { first_stale(received, now, is_fresh) } else { received };
            let reason = match stale {
                Verdict::Not(reason) => reason.to_string(),
                _ => "stale, but may be served".to_owned(),
            };
            Freshness::Stale { since: When(HttpDate::from_unix(since)), seconds: now - since, reason }
        }
    }
}

/// The first second of those from `fresh` to `stale` in which it is not fresh any more.
fn first_stale(fresh: i64, stale: i64, is_fresh: impl Fn(i64) -> bool) -> i64 {
    let (mut fresh, mut stale) = (fresh, stale);
    while stale - fresh > 1 {
        let middle = fresh + (stale - fresh) / 2;
        if is_fresh(middle) { fresh = middle } else { stale = middle }
    }
    stale
}

fn judge(pair: &StoredPair<'_>, at: HttpDate, options: &CacheOptions) -> Verdict {
    let method = if pair.method == Method::Head { Method::Head } else { Method::Get };
    // The lines that Vary names are those of the stored request.
    let request = RequestHead { method, uri: pair.uri, fields: pair.nominated };
    let now = Now { uptime: Uptime::default(), utc: Some(at) };
    let mut scratch = Candidates::new();
    match IdleClient::new(options).next(request, [*pair], now, &mut scratch) {
        IdleNext::FromCache(answer) => match answer.serving() {
            Serving::Fresh | Serving::Validated => Verdict::Fresh,
            _ => Verdict::ServedStale,
        },
        IdleNext::NeedRevalidation(need) => Verdict::Not(need.reason()),
        IdleNext::CacheMiss(miss) => Verdict::Not(miss.reason()),
        IdleNext::GatewayTimeout(none) => Verdict::Not(none.reason()),
        // Of one pair nothing is to be combined.
        IdleNext::PartialUpdate(_) => Verdict::Not(Reason::Incomplete),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use larder::head::ResponseHead;
    use larder::pair::PairId;
    use larder::time::{DeltaSeconds, ReceivedAt};

    const RECEIVED: i64 = 1_800_000_000;

    fn judged(lines: &[(&str, &str)], later: i64, utc: Option<i64>) -> Freshness {
        let pair = StoredPair {
            id: PairId::new(1),
            method: Method::Get,
            uri: "http://h/a",
            nominated: larder::head::Fields::EMPTY,
            secrets_hashed: false,
            authorized: false,
            date_made: false,
            response: ResponseHead { status: 200, fields: larder::head::Fields::new(lines) },
            received: ReceivedAt {
                uptime: None,
                utc: utc.map(HttpDate::from_unix),
                initial_age: DeltaSeconds::new(5),
            },
            body: StoredBody::whole(0),
            invalidated: false,
        };
        of(&pair, HttpDate::from_unix(RECEIVED + later), &CacheOptions::PRIVATE)
    }

    fn when(later: i64) -> When {
        When(HttpDate::from_unix(RECEIVED + later))
    }

    #[test]
    fn a_response_is_fresh_until_its_age_reaches_its_lifetime() {
        let lines = [("Cache-Control", "max-age=60")];
        let known = Some(RECEIVED);
        assert_eq!(judged(&lines, 10, known), Freshness::Fresh { until: when(55), seconds: 45 });
        let stale = judged(&lines, 100, known);
        assert!(
            matches!(&stale, Freshness::Stale { since, seconds: 45, .. } if *since == when(55)),
            "{stale:?}"
        );
        let never = judged(&[("Cache-Control", "max-age=0")], 9, known);
        assert!(matches!(&never, Freshness::Stale { since, .. } if *since == when(0)), "{never:?}");
        let long = judged(&[("Cache-Control", "max-age=9999999999")], 9, known);
        assert!(matches!(long, Freshness::Fresh { seconds, .. } if seconds > 2_000_000_000), "{long:?}");
    }

    #[test]
    fn what_may_never_be_used_alone_says_why() {
        let no_cache = judged(&[("Cache-Control", "no-cache, max-age=60")], 10, Some(RECEIVED));
        assert_eq!(no_cache, Freshness::Unusable { reason: Reason::ResponseNoCache.to_string() });
        let no_clock = judged(&[("Cache-Control", "max-age=60")], 10, None);
        assert_eq!(no_clock, Freshness::Unusable { reason: Reason::AgeUnknown.to_string() });
    }

    #[test]
    fn stale_while_revalidate_is_stale_but_served() {
        let lines = [("Cache-Control", "max-age=60, stale-while-revalidate=60")];
        let stale = judged(&lines, 70, Some(RECEIVED));
        assert!(
            matches!(&stale, Freshness::Stale { since, reason, .. } if *since == when(55) && reason.contains("served")),
            "{stale:?}"
        );
    }
}
