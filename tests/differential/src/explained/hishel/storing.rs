//! Differences in what is stored, and with which lines.

use super::*;

/// The differences.
pub(super) const ALL: &[Explanation] = &[
    Explanation {
        name: "no-store-of-the-request",
        clause: "RFC 9111 §5.2.1.5",
        right: Right::Larder,
        says: "stores the response to a request with no-store",
        about: &[Stored, After],
        explains: |seen| seen.passes() && says(&seen.storing().request.lines, "no-store"),
    },
    Explanation {
        name: "vary-anything-is-stored",
        clause: "RFC 9111 §4.1",
        right: Right::Both,
        says: "stores a response that no request will match",
        about: &[Stored, After],
        explains: |seen| seen.passes() && varies_by_anything(seen.storing()),
    },
    Explanation {
        name: "statuses-of-the-request",
        clause: "RFC 6585 §4, §5",
        right: Right::Larder,
        says: "stores statuses that answer the request alone",
        about: &[Stored, After],
        explains: |seen| seen.passes() && OF_THE_REQUEST.contains(&seen.storing().response.status),
    },
    Explanation {
        name: "must-understand",
        clause: "RFC 9111 §5.2.2.3",
        right: Right::Larder,
        says: "stores a status that is not understood, though must-understand is there",
        about: &[Stored, After],
        explains: |seen| seen.passes() && seen.says("must-understand"),
    },
    Explanation {
        name: "must-understand-does-not-lift-no-store",
        clause: "RFC 9111 §5.2.2.3",
        right: Right::Both,
        says: "obeys no-store beside must-understand",
        about: &[Stored, After],
        explains: |seen| seen.stores() && seen.says("must-understand") && seen.says("no-store"),
    },
    Explanation {
        name: "methods-have-no-case",
        clause: "RFC 9110 §9.1",
        right: Right::Larder,
        says: "takes the method get for GET",
        about: &[Stored],
        explains: |seen| seen.passes() && seen.storing().request.method == "get",
    },
    Explanation {
        name: "invalid-lifetime-is-none",
        clause: "RFC 9111 §3, §4.2.1",
        right: Right::Both,
        says: "takes max-age or s-maxage without a valid argument for no reason to store; larder stores it as stale",
        about: &[Stored, After],
        explains: |seen| seen.stores() && has_invalid_lifetime(&seen.storing().response.lines),
    },
    Explanation {
        name: "names-without-quotes-swallow-what-follows",
        clause: "RFC 9111 §5.2",
        right: Right::Larder,
        says: "reads private=A,no-store as a list of two field names, and no-store is lost",
        about: &[Stored, StoredHead, FreshFor, After, Next, Served, Merged],
        explains: |seen| match seen.difference.question {
            Stored | After => swallows(&seen.storing().response.lines),
            _ => swallows(seen.stored()) || swallows(seen.brought()),
        },
    },
    Explanation {
        name: "empty-list-of-names",
        clause: "RFC 9111 §5.2.2.4, §5.2.2.7",
        right: Right::Larder,
        says: "takes private=\"\" and no-cache=\"\" for directives about no field",
        about: &[Stored, FreshFor, Next, After],
        explains: |seen| {
            ["private", "no-cache"].iter().any(|name| {
                let is_empty = |lines| arguments(lines, "cache-control", name).contains(&Some("\"\""));
                match seen.difference.question {
                    Stored | After => is_empty(&seen.storing().response.lines),
                    _ => is_empty(seen.stored()),
                }
            })
        },
    },
    Explanation {
        name: "names-beside-none",
        clause: "RFC 9111 §4.2.1",
        right: Right::Larder,
        says: "goes by the last of private and private=\"…\", of no-cache and no-cache=\"…\"; larder by the one without names",
        about: &[Stored, StoredHead, FreshFor, After],
        explains: |seen| {
            let has_both = |lines| {
                ["private", "no-cache"].iter().any(|name| {
                    let all = arguments(lines, "cache-control", name);
                    all.contains(&None) && all.iter().any(Option::is_some)
                })
            };
            match seen.difference.question {
                Stored | After => has_both(&seen.storing().response.lines),
                _ => has_both(seen.stored()),
            }
        },
    },
    Explanation {
        name: "numbers",
        clause: "RFC 9111 §1.2.2, §4.2.1",
        right: Right::Larder,
        says: "reads +5 and -0 as numbers, an invalid lifetime as none, and one beyond 2^31 as 2^31 - 1",
        about: &[Stored, FreshFor, After],
        explains: |seen| match seen.difference.question {
            FreshFor => LIFETIMES
                .iter()
                .any(|name| has_odd_number(seen.stored(), name) || has_invalid_lifetime(seen.stored())),
            _ => LIFETIMES.iter().any(|name| has_odd_number(&seen.storing().response.lines, name)),
        },
    },
    Explanation {
        name: "qualified-no-cache-fields-are-not-stored",
        clause: "RFC 9111 §5.2.2.4",
        right: Right::Both,
        says: "drops the fields that no-cache=\"…\" names when it stores; larder when it serves without validation",
        about: &[StoredHead, Merged],
        explains: |seen| {
            let names = names_fields(seen.stored()) || names_fields(seen.brought());
            names && seen.difference.theirs.is_empty()
        },
    },
    Explanation {
        name: "connection",
        clause: "RFC 9111 §3.1",
        right: Right::Larder,
        says: "stores and serves the fields that Connection names",
        about: &[StoredHead, Served, Merged],
        explains: |seen| seen.field("x-hop"),
    },
    Explanation {
        name: "no-date-is-made",
        clause: "RFC 9110 §6.6.1",
        right: Right::Larder,
        says: "gives a response without a valid Date none",
        about: &[StoredHead, Served, Merged],
        explains: |seen| {
            let has_none =
                |exchange: &Exchange| oracle::dated(&exchange.response.lines, "date").flatten().is_none();
            seen.field("date") && seen.case.first.iter().chain([&seen.case.then]).any(has_none)
        },
    },
];
