//! Differences in what is stored, and with which lines.

use super::*;

/// The differences.
pub(super) const ALL: &[Explanation] = &[
    Explanation {
        name: "statuses",
        clause: "RFC 9111 §3",
        right: Right::Both,
        says: "stores no response whose status it does not know, though a final status needs no understanding",
        about: &[Stored, After],
        explains: |seen| seen.stores() && !KNOWN.contains(&seen.storing().response.status),
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
        name: "post",
        clause: "RFC 9110 §9.3.3",
        right: Right::Both,
        says: "stores a response to POST with explicit freshness; larder only with an option",
        about: &[Stored, After],
        explains: |seen| seen.passes() && seen.storing().request.method == "POST",
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
        name: "qualified-private",
        clause: "RFC 9111 §5.2.2.7",
        right: Right::Both,
        says: "stores nothing of a response with private=\"…\" in a shared cache",
        about: &[Stored, After],
        explains: |seen| seen.stores() && is_qualified(&seen.storing().response.lines, "private"),
    },
    Explanation {
        name: "private-is-no-reason-to-store",
        clause: "RFC 9111 §3",
        right: Right::Both,
        says: "does not store for private alone, in a private cache",
        about: &[Stored, After],
        explains: |seen| seen.stores() && !seen.case.shared && seen.says("private"),
    },
    Explanation {
        name: "invalid-s-maxage-allows-authorized",
        clause: "RFC 9111 §3.5",
        right: Right::Larder,
        says: "takes an s-maxage without a valid argument for leave to store what was asked for with Authorization",
        about: &[Stored, After],
        explains: |seen| {
            let Exchange { request, response, .. } = seen.storing();
            let lifetime = oracle::seconds(&response.lines, "s-maxage");
            seen.passes() && value(&request.lines, "authorization").is_some() && lifetime == Some(None)
        },
    },
    Explanation {
        name: "conflicting-numbers-mean-must-revalidate",
        clause: "RFC 9111 §4.2.1",
        right: Right::Larder,
        says: "takes a directive that is repeated with another argument for must-revalidate, and so for leave to store what was asked for with Authorization",
        about: &[Stored, After],
        explains: |seen| {
            seen.passes()
                && value(&seen.storing().request.lines, "authorization").is_some()
                && repeats(&seen.storing().response.lines)
        },
    },
    Explanation {
        name: "names-in-capitals",
        clause: "RFC 9111 §5.2",
        right: Right::Larder,
        says: "does not know directives whose names are written in capitals",
        about: &[Stored, FreshFor, Next, After],
        explains: |seen| match seen.difference.question {
            Stored | After => {
                has_capitals(&seen.storing().response.lines) || has_capitals(&seen.storing().request.lines)
            }
            FreshFor => has_capitals(seen.stored()),
            _ => has_capitals(seen.stored()) || has_capitals(seen.asked()),
        },
    },
];
