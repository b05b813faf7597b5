//! Differences in what is fresh, how old it is, and what answers.

use super::*;

/// The differences.
pub(super) const ALL: &[Explanation] = &[
    Explanation {
        name: "age-is-the-time-since-date",
        clause: "RFC 9111 §4.2.3",
        right: Right::Larder,
        says: "counts age from Date alone, or as 0 without one: Age and the time the exchange took do not make it older",
        about: &[Age, FreshFor],
        explains: |seen| {
            let Exchange { received, .. } = *seen.first();
            let date = read_date(seen.stored());
            let age = |now: u64| date.map_or(0, |date| now.saturating_sub(date));
            let theirs = seen.difference.theirs.parse::<u64>().unwrap_or(u64::MAX);
            match seen.difference.question {
                Age => theirs == age(seen.case.then.sent),
                _ => theirs == oracle::lifetime(seen.first(), seen.case.shared).saturating_sub(age(received)),
            }
        },
    },
    Explanation {
        name: "forms-of-dates",
        clause: "RFC 9110 §5.6.7",
        right: Right::Larder,
        says: "reads dates as mail does: without a zone, or with another one that it ignores",
        about: &[FreshFor],
        explains: |seen| {
            ["date", "expires", "last-modified"].iter().any(|name| is_odd_date(seen.stored(), name))
        },
    },
    Explanation {
        name: "heuristic",
        clause: "RFC 9111 §4.2.2",
        right: Right::Both,
        says: "has a heuristic by the time since Last-Modified instead of Date, for every status, up to a week",
        about: &[FreshFor, Next],
        explains: |seen| {
            let has_lifetime =
                says(seen.stored(), "max-age") || (seen.case.shared && says(seen.stored(), "s-maxage"));
            (seen.difference.question == FreshFor || seen.is("Validate", "Hit"))
                && !has_lifetime
                && value(seen.stored(), "expires").is_none()
                && value(seen.stored(), "last-modified").is_some()
        },
    },
    Explanation {
        name: "no-range",
        clause: "RFC 9110 §14.2",
        right: Right::Both,
        says: "sends every request for a range to the origin",
        about: &[Next],
        explains: |seen| value(seen.asked(), "range").is_some() && seen.difference.theirs == "Forward",
    },
    Explanation {
        name: "get-answers-head",
        clause: "RFC 9111 §4",
        right: Right::Both,
        says: "does not answer HEAD from a stored response to GET",
        about: &[Next],
        explains: |seen| seen.case.then.request.method == "HEAD" && seen.difference.theirs == "Forward",
    },
    Explanation {
        name: "only-if-cached",
        clause: "RFC 9111 §5.2.1.7",
        right: Right::Larder,
        says: "parses only-if-cached, and ignores it",
        about: &[Next],
        explains: |seen| says(seen.asked(), "only-if-cached") && seen.difference.ours == "Timeout",
    },
    Explanation {
        name: "preconditions",
        clause: "RFC 9111 §4.3.2",
        right: Right::Both,
        says: "leaves the request's own conditions to who uses it",
        about: &[Next],
        explains: |seen| seen.is("HitInPart", "Hit"),
    },
    Explanation {
        name: "variants-that-do-not-match-are-validated",
        clause: "RFC 9111 §4.1",
        right: Right::Peer,
        says: "asks whether a stored response that does not match is right; larder departs",
        about: &[Next],
        explains: |seen| {
            let has_vary =
                seen.case.first.iter().any(|exchange| value(&exchange.response.lines, "vary").is_some());
            seen.is("Forward", "Validate") && has_vary
        },
    },
    Explanation {
        name: "variants-are-normalised",
        clause: "RFC 9111 §4.1",
        right: Right::Both,
        says: "compares nominated fields octet by octet",
        about: &[Next],
        explains: |seen| {
            let nominated =
                |exchange| ["accept-language", "x-kind"].iter().any(|name| nominates(exchange, name));
            seen.is("Hit", "Validate") && seen.case.first.iter().any(nominated)
        },
    },
    Explanation {
        name: "pragma",
        clause: "RFC 9111 §5.4",
        right: Right::Both,
        says: "ignores Pragma",
        about: &[Next],
        explains: |seen| value(seen.asked(), "pragma").is_some() && seen.difference.theirs == "Hit",
    },
    Explanation {
        name: "max-age-of-the-request",
        clause: "RFC 9111 §5.2.1.1",
        right: Right::Larder,
        says: "ignores the request's max-age",
        about: &[Next],
        explains: |seen| says(seen.asked(), "max-age") && seen.difference.theirs.starts_with("Hit"),
    },
    Explanation {
        name: "min-fresh",
        clause: "RFC 9111 §5.2.1.3",
        right: Right::Larder,
        says: "parses min-fresh, and ignores it",
        about: &[Next],
        explains: |seen| says(seen.asked(), "min-fresh") && seen.difference.theirs.starts_with("Hit"),
    },
    Explanation {
        name: "max-stale",
        clause: "RFC 9111 §5.2.1.2",
        right: Right::Both,
        says: "parses max-stale, and ignores it",
        about: &[Next],
        explains: |seen| says(seen.asked(), "max-stale") && seen.difference.theirs == "Validate",
    },
    Explanation {
        name: "stale-while-revalidate",
        clause: "RFC 5861 §3",
        right: Right::Both,
        says: "parses stale-while-revalidate, and ignores it",
        about: &[Next],
        explains: |seen| {
            seen.case.first.iter().any(|exchange| says(&exchange.response.lines, "stale-while-revalidate"))
                && seen.difference.theirs == "Validate"
        },
    },
    Explanation {
        name: "what-follows-from-freshness",
        clause: "RFC 9111 §4",
        right: Right::Both,
        says: "validates or answers as its own count of freshness and age says, which is explained by itself",
        about: &[Next],
        explains: |seen| {
            let is_reuse = |next: &str| ["Hit", "HitInPart", "Validate"].contains(&next);
            // Of several only the first one's freshness is asked.
            (seen.follows(FreshFor) || seen.follows(Age) || seen.case.first.len() > 1)
                && is_reuse(&seen.difference.ours)
                && is_reuse(&seen.difference.theirs)
        },
    },
    Explanation {
        name: "age-served",
        clause: "RFC 9111 §4",
        right: Right::Larder,
        says: "sends the age it counts, which is explained by itself",
        about: &[Served],
        explains: |seen| seen.field("age") && (seen.follows(Age) || seen.case.first.len() > 1),
    },
    Explanation {
        name: "another-is-chosen",
        clause: "RFC 9111 §4.1",
        right: Right::Larder,
        says: "of several takes the most recent one that is fresh to it, with Vary or without",
        about: &[Served, Merged],
        explains: |seen| seen.case.first.len() > 1 && seen.is_of_another(),
    },
];
