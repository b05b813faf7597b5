//! Differences in what is asked of the origin, and what becomes of its answer.

use super::*;

/// The differences.
pub(super) const ALL: &[Explanation] = &[
    Explanation {
        name: "age-after-validation",
        clause: "RFC 9111 §4.2.3",
        right: Right::Larder,
        says: "counts age from the Age that was stored, if the 304 brings none, and ignores one that is new",
        about: &[Merged],
        explains: |seen| {
            let lines = if value(seen.stored(), "age").is_some() && value(seen.brought(), "age").is_some() {
                seen.brought()
            } else {
                seen.stored()
            };
            seen.field("age") && seen.difference.theirs == said_age(lines).to_string()
        },
    },
    Explanation {
        name: "private-fields",
        clause: "RFC 9111 §3.1, §5.2.2.7",
        right: Right::Larder,
        says: "keeps fields that PRIVATE=\"…\" names in capitals, or private=\"…\" in a 304, in a shared cache",
        about: &[Merged, Served],
        explains: |seen| {
            seen.difference.ours.is_empty() && (names_fields(seen.brought()) || names_fields(seen.stored()))
        },
    },
    Explanation {
        name: "coding-of-a-304",
        clause: "RFC 9111 §3.2",
        right: Right::Larder,
        says: "does not update Content-Encoding from a 304",
        about: &[Merged],
        explains: |seen| seen.field("content-encoding"),
    },
    Explanation {
        name: "fields-that-are-new-in-a-304",
        clause: "RFC 9111 §3.2",
        right: Right::Larder,
        says: "does not add fields that the stored response lacks",
        about: &[Merged],
        explains: |seen| {
            value(seen.stored(), &seen.difference.field).is_none()
                && value(seen.brought(), &seen.difference.field).is_some()
                && seen.difference.theirs.is_empty()
        },
    },
    Explanation {
        name: "connection-of-a-304",
        clause: "RFC 9111 §3.1",
        right: Right::Larder,
        says: "lets the Connection of the stored response, and not of the 304, say what is dropped",
        about: &[Merged],
        explains: |seen| seen.field("x-hop"),
    },
    Explanation {
        name: "own-conditions-are-merged",
        clause: "RFC 9111 §4.3.1",
        right: Right::Both,
        says: "adds the stored tag to those of the request; larder keeps the request's apart",
        about: &[NoneMatch],
        explains: |seen| {
            value(seen.asked(), "if-none-match")
                .is_some_and(|own| seen.difference.theirs.contains(&own.replace('"', "\\\"")))
        },
    },
    Explanation {
        name: "own-date",
        clause: "RFC 9111 §4.3.1",
        right: Right::Both,
        says: "sends the request's If-Modified-Since though a stored response is validated; larder keeps it apart",
        about: &[ModifiedSince],
        explains: |seen| {
            value(seen.asked(), "if-modified-since").is_some_and(|own| seen.difference.theirs.contains(own))
        },
    },
    Explanation {
        name: "dates-sent",
        clause: "RFC 9110 §5.6.7",
        right: Right::Larder,
        says: "sends Last-Modified as it came: in an obsolete form, or though it is no date",
        about: &[ModifiedSince],
        explains: |seen| is_odd_date(seen.stored(), "last-modified"),
    },
    Explanation {
        name: "date-of-a-range",
        clause: "RFC 9111 §4.3.1",
        right: Right::Larder,
        says: "sends If-Modified-Since with a request for a range",
        about: &[ModifiedSince],
        explains: |seen| value(seen.asked(), "range").is_some(),
    },
    Explanation {
        name: "weak-tags-by-head",
        clause: "RFC 9110 §13.1.2",
        right: Right::Larder,
        says: "sends neither weak tags nor dates with another method than GET",
        about: &[NoneMatch, ModifiedSince],
        explains: |seen| seen.first().request.method == "HEAD",
    },
    Explanation {
        name: "304-without-condition",
        clause: "RFC 9111 §4.3.4",
        right: Right::Both,
        says: "takes a 304 for a validation though nothing stored was asked about; larder hands it over",
        about: &[After],
        explains: |seen| {
            seen.case.then.response.status == 304
                && seen.difference.ours == "Passed"
                && !oracle::second::has_validator(seen.case)
        },
    },
    Explanation {
        name: "304-without-validators",
        clause: "RFC 9111 §4.3.4",
        right: Right::Peer,
        says: "does not take a 304 without validators for one of a response that has some; larder departs",
        about: &[After],
        explains: |seen| {
            let is_dated = oracle::dated(seen.brought(), "last-modified").flatten().is_some();
            seen.is("Freshened", "NoMatch") && value(seen.brought(), "etag").is_none() && !is_dated
        },
    },
    Explanation {
        name: "304-with-a-stronger-tag",
        clause: "RFC 9111 §4.3.4",
        right: Right::Larder,
        says: "takes a strong tag for the stored weak one",
        about: &[After],
        explains: |seen| {
            seen.is("NoMatch", "Freshened")
                && value(seen.stored(), "etag").is_some_and(|tag| tag.starts_with("W/"))
        },
    },
    Explanation {
        name: "304-with-a-new-tag",
        clause: "RFC 9111 §4.3.4",
        right: Right::Both,
        says: "does not go by Last-Modified where the 304 has a tag and the stored response has none",
        about: &[After],
        explains: |seen| {
            seen.is("Freshened", "NoMatch")
                && value(seen.stored(), "etag").is_none()
                && value(seen.brought(), "etag").is_some()
        },
    },
    Explanation {
        name: "forms-of-last-modified",
        clause: "RFC 9110 §5.6.7",
        right: Right::Both,
        says: "compares Last-Modified as text",
        about: &[After],
        explains: |seen| {
            is_odd_date(seen.brought(), "last-modified") || is_odd_date(seen.stored(), "last-modified")
        },
    },
    Explanation {
        name: "stale-if-error",
        clause: "RFC 5861 §4",
        right: Right::Both,
        says: "leaves stale-if-error, and max-stale after an error, to who uses it",
        about: &[After],
        explains: |seen| seen.difference.ours == "Stale",
    },
];
