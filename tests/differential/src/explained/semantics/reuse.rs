//! Differences in what is fresh, how old it is, and what answers.

use super::*;

/// The differences.
pub(super) const ALL: &[Explanation] = &[
    Explanation {
        name: "cookies",
        clause: "RFC 9111 §7.3",
        right: Right::Both,
        says: "never takes a response with Set-Cookie for fresh in a shared cache, unless it is public or immutable",
        about: &[FreshFor],
        explains: |seen| {
            seen.case.shared && value(seen.stored(), "set-cookie").is_some() && seen.difference.theirs == "0"
        },
    },
    Explanation {
        name: "proxy-revalidate",
        clause: "RFC 9111 §5.2.2.8",
        right: Right::Both,
        says: "never takes a response with proxy-revalidate for fresh in a shared cache",
        about: &[FreshFor],
        explains: |seen| {
            seen.case.shared && says(seen.stored(), "proxy-revalidate") && seen.difference.theirs == "0"
        },
    },
    Explanation {
        name: "qualified-no-cache",
        clause: "RFC 9111 §5.2.2.4",
        right: Right::Both,
        says: "validates a response with no-cache=\"…\" on every use; larder leaves the named fields out",
        about: &[FreshFor],
        explains: |seen| is_qualified(seen.stored(), "no-cache") && seen.difference.theirs == "0",
    },
    Explanation {
        name: "pragma-in-a-response",
        clause: "RFC 9111 §5.4",
        right: Right::Both,
        says: "takes Pragma: no-cache in a response without Cache-Control for no-cache",
        about: &[FreshFor],
        explains: |seen| {
            value(seen.stored(), "pragma").is_some()
                && value(seen.stored(), "cache-control").is_none()
                && seen.difference.theirs == "0"
        },
    },
    Explanation {
        name: "first-of-conflicting-numbers",
        clause: "RFC 9111 §4.2.1",
        right: Right::Both,
        says: "goes by the first of several lifetimes that differ; larder takes the response for stale",
        about: &[FreshFor],
        explains: |seen| repeats(seen.stored()),
    },
    Explanation {
        name: "lifetime-without-argument",
        clause: "RFC 9111 §4.2.1",
        right: Right::Larder,
        says: "goes on to the next source of freshness where max-age or s-maxage has no argument",
        about: &[FreshFor],
        explains: |seen| {
            lifetimes(seen).any(|name| has_no_number(seen.stored(), name)) && seen.difference.ours == "0"
        },
    },
    Explanation {
        name: "numbers",
        clause: "RFC 9111 §1.2.2, §4.2.1",
        right: Right::Larder,
        says: "reads +5 as a number, larger ones than 2^64 as 0, and saturates nowhere",
        about: &[FreshFor],
        explains: |seen| lifetimes(seen).any(|name| has_odd_number(seen.stored(), name)),
    },
    Explanation {
        name: "immutable-gives-a-lifetime",
        clause: "RFC 8246 §2",
        right: Right::Larder,
        says: "takes a response with immutable and nothing else for fresh for a day",
        about: &[FreshFor],
        explains: |seen| says(seen.stored(), "immutable") && !has_lifetime(seen),
    },
    Explanation {
        name: "forms-of-dates",
        clause: "RFC 9110 §5.6.7",
        right: Right::Larder,
        says: "reads dates of mail (with a zone), and not those of asctime or in small letters",
        about: &[FreshFor],
        explains: |seen| {
            ["date", "expires", "last-modified"].iter().any(|name| is_odd_date(seen.stored(), name))
        },
    },
    Explanation {
        name: "heuristic",
        clause: "RFC 9111 §4.2.2",
        right: Right::Both,
        says: "has a heuristic without a ceiling",
        about: &[FreshFor],
        explains: |seen| guesses(seen) && oracle::lifetime(seen.first(), seen.case.shared) == 86_400,
    },
    Explanation {
        name: "age-is-what-the-field-says",
        clause: "RFC 9111 §4.2.3",
        right: Right::Larder,
        says: "counts age from the Age field alone: Date and the time the exchange took do not make it older",
        about: &[Age, FreshFor],
        explains: |seen| {
            let Exchange { received, .. } = *seen.first();
            let age = said_age(seen.stored());
            let theirs = seen.difference.theirs.parse::<u64>().unwrap_or(u64::MAX);
            match seen.difference.question {
                Age => theirs == age.saturating_add(seen.case.then.sent - received),
                _ => theirs == oracle::lifetime(seen.first(), seen.case.shared).saturating_sub(age),
            }
        },
    },
    Explanation {
        name: "what-follows-from-freshness",
        clause: "RFC 9111 §4",
        right: Right::Both,
        says: "validates or answers as its own count of freshness and age says, which is explained by itself",
        about: &[Next],
        explains: |seen| {
            let is_reuse = |next: &str| ["Hit", "HitInPart", "Validate", "Timeout"].contains(&next);
            (seen.follows(FreshFor) || seen.follows(Age))
                && is_reuse(&seen.difference.ours)
                && is_reuse(&seen.difference.theirs)
        },
    },
    Explanation {
        name: "only-if-cached",
        clause: "RFC 9111 §5.2.1.7",
        right: Right::Both,
        says: "leaves only-if-cached to who uses it",
        about: &[Next],
        explains: |seen| says(seen.asked(), "only-if-cached") && seen.difference.ours == "Timeout",
    },
    Explanation {
        name: "get-answers-head",
        clause: "RFC 9111 §4",
        right: Right::Both,
        says: "does not answer HEAD from a stored response to GET",
        about: &[Next],
        explains: |seen| {
            seen.case.then.request.method == "HEAD"
                && seen.first().request.method == "GET"
                && seen.difference.theirs == "Forward"
        },
    },
    Explanation {
        name: "preconditions",
        clause: "RFC 9111 §4.3.2",
        right: Right::Both,
        says: "leaves the request's own conditions and ranges to who uses it",
        about: &[Next],
        explains: |seen| seen.is("HitInPart", "Hit"),
    },
    Explanation {
        name: "variants-are-normalised",
        clause: "RFC 9111 §4.1",
        right: Right::Both,
        says: "compares nominated fields octet by octet",
        about: &[Next],
        explains: |seen| {
            seen.difference.theirs == "Forward"
                && ["accept-language", "x-kind"].iter().any(|name| nominates(seen.first(), name))
        },
    },
    Explanation {
        name: "first-line-of-a-nominated-field",
        clause: "RFC 9111 §4.1",
        right: Right::Larder,
        says: "compares only the first line of a nominated field",
        about: &[Next],
        explains: |seen| {
            let lines = |lines| values(lines, "x-kind").len();
            seen.difference.ours == "Forward"
                && nominates(seen.first(), "x-kind")
                && lines(&seen.first().request.lines).max(lines(seen.asked())) > 1
        },
    },
    Explanation {
        name: "pragma-beside-cache-control",
        clause: "RFC 9111 §5.4",
        right: Right::Both,
        says: "obeys Pragma: no-cache in a request that has Cache-Control too",
        about: &[Next],
        explains: |seen| {
            value(seen.asked(), "pragma").is_some()
                && value(seen.asked(), "cache-control").is_some()
                && seen.difference.theirs == "Validate"
        },
    },
    Explanation {
        name: "max-stale-under-no-cache",
        clause: "RFC 9111 §5.2.2.4",
        right: Right::Larder,
        says: "serves a response with no-cache without validation, where the request has max-stale",
        about: &[Next],
        explains: |seen| {
            seen.is("Validate", "Hit") && says(seen.asked(), "max-stale") && says(seen.stored(), "no-cache")
        },
    },
    Explanation {
        name: "max-stale-in-a-shared-cache",
        clause: "RFC 9111 §5.2.2.8, §5.2.2.10",
        right: Right::Larder,
        says: "serves a response with s-maxage or proxy-revalidate stale in a shared cache, where the request has max-stale",
        about: &[Next],
        explains: |seen| {
            seen.is("Validate", "Hit")
                && says(seen.asked(), "max-stale")
                && seen.case.shared
                && (says(seen.stored(), "s-maxage") || says(seen.stored(), "proxy-revalidate"))
        },
    },
    Explanation {
        name: "numbers-in-requests",
        clause: "RFC 9111 §5.2.1",
        right: Right::Both,
        says: "ignores max-age, min-fresh and max-stale whose argument is no number; larder takes it for the strictest",
        about: &[Next],
        explains: |seen| {
            ["max-age", "min-fresh", "max-stale"]
                .iter()
                .any(|name| has_odd_number(seen.asked(), name) || is_repeated(seen.asked(), name))
        },
    },
    Explanation {
        name: "as-old-as-max-age",
        clause: "RFC 9111 §5.2.1.1",
        right: Right::Both,
        says: "accepts a response exactly as old as the request's max-age",
        about: &[Next],
        explains: |seen| {
            let age = oracle::age(seen.first(), seen.case.then.sent);
            seen.is("Validate", "Hit") && oracle::seconds(seen.asked(), "max-age") == Some(Some(age))
        },
    },
    Explanation {
        name: "conflicting-numbers-forbid-stale",
        clause: "RFC 9111 §4.2.1",
        right: Right::Both,
        says: "takes a directive that is repeated with another argument for must-revalidate",
        about: &[Next],
        explains: |seen| {
            let may_be_stale = ["max-stale", "stale-while-revalidate"];
            let asks = says(seen.asked(), may_be_stale[0]) || says(seen.stored(), may_be_stale[1]);
            seen.difference.theirs == "Validate" && repeats(seen.stored()) && asks
        },
    },
    Explanation {
        name: "as-stale-as-max-stale",
        clause: "RFC 9111 §5.2.1.2",
        right: Right::Larder,
        says: "does not accept a response exactly as stale as the request's max-stale",
        about: &[Next],
        explains: |seen| {
            let staleness = oracle::age(seen.first(), seen.case.then.sent)
                .saturating_sub(oracle::lifetime(seen.first(), seen.case.shared));
            seen.difference.theirs == "Validate"
                && oracle::seconds(seen.asked(), "max-stale") == Some(Some(staleness))
        },
    },
    Explanation {
        name: "reload-of-immutable",
        clause: "RFC 8246 §2",
        right: Right::Both,
        says: "validates an immutable response for max-age=0",
        about: &[Next],
        explains: |seen| {
            says(seen.stored(), "immutable")
                && oracle::seconds(seen.asked(), "max-age") == Some(Some(0))
                && seen.difference.theirs == "Validate"
        },
    },
    Explanation {
        name: "stale-while-revalidate",
        clause: "RFC 5861 §3",
        right: Right::Both,
        says: "does not know stale-while-revalidate",
        about: &[Next],
        explains: |seen| {
            says(seen.stored(), "stale-while-revalidate") && seen.difference.theirs == "Validate"
        },
    },
    Explanation {
        name: "age-served",
        clause: "RFC 9111 §4",
        right: Right::Larder,
        says: "sends the age it counts, which is explained by itself",
        about: &[Served],
        explains: |seen| seen.field("age") && seen.follows(Age),
    },
    Explanation {
        name: "one-line-of-a-name",
        clause: "RFC 9111 §3.1, RFC 9110 §5.3",
        right: Right::Larder,
        says: "keeps only the last line of a name: of two Set-Cookie one is lost, and a Cache-Control may be",
        about: &[Served, Merged],
        explains: |seen| {
            let theirs = &seen.difference.theirs;
            let ours: Vec<_> = seen.difference.ours.split(" | ").collect();
            ours.len() > 1 && ours.contains(&&**theirs)
        },
    },
    Explanation {
        name: "qualified-no-cache-fields",
        clause: "RFC 9111 §5.2.2.4",
        right: Right::Larder,
        says: "serves the fields that no-cache=\"…\" names, where max-stale lets it serve at all",
        about: &[Served],
        explains: |seen| is_qualified(seen.stored(), "no-cache") && seen.difference.ours.is_empty(),
    },
];
