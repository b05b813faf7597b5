//! Differences in what is asked of the origin, and what becomes of its answer.

use super::*;

/// The differences.
pub(super) const ALL: &[Explanation] = &[
    Explanation {
        name: "private-fields-stay",
        clause: "RFC 9111 §3.1, §5.2.2.7",
        right: Right::Larder,
        says: "goes by the Cache-Control of the merged head alone: what only the 304, or only the stored response names stays",
        about: &[Merged],
        explains: |seen| {
            seen.difference.ours.is_empty() && (names_fields(seen.brought()) || names_fields(seen.stored()))
        },
    },
    Explanation {
        name: "one-tag-of-several",
        clause: "RFC 9111 §4.3.1",
        right: Right::Larder,
        says: "asks about the most recent of several stored responses, by its tag and its date",
        about: &[NoneMatch, ModifiedSince],
        explains: |seen| {
            let own = |name| {
                seen.case.first.iter().any(|exchange| {
                    value(&exchange.response.lines, name)
                        .is_some_and(|own| seen.difference.theirs.contains(&own.replace('"', "\\\"")))
                })
            };
            seen.case.first.len() > 1
                && (seen.difference.theirs == "\"\"" || own("etag") || own("last-modified"))
        },
    },
    Explanation {
        name: "304-of-several",
        clause: "RFC 9111 §4.3.4",
        right: Right::Larder,
        says: "takes a 304 without a strong tag for one of the response with its date, or of none of several",
        about: &[After],
        explains: |seen| seen.case.first.len() > 1 && seen.case.then.response.status == 304,
    },
    Explanation {
        name: "own-conditions",
        clause: "RFC 9111 §4.3.1",
        right: Right::Larder,
        says: "sends the request's own conditions beside the stored validators",
        about: &[NoneMatch, ModifiedSince],
        explains: |seen| {
            ["if-none-match", "if-modified-since"].iter().any(|name| value(seen.asked(), name).is_some())
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
        name: "age-after-validation",
        clause: "RFC 9111 §4.2.3, §3.2",
        right: Right::Larder,
        says: "sends the stored Age, or that of the 304, as it came",
        about: &[Merged],
        explains: |seen| {
            let new = value(seen.brought(), "age");
            let came = |exchange: &Exchange| {
                let stored = value(&exchange.response.lines, "age").filter(|_| new.is_none());
                stored.or(new).unwrap_or_default() == seen.difference.theirs
            };
            seen.field("age") && seen.case.first.iter().any(came)
        },
    },
    Explanation {
        name: "content-fields-of-a-304",
        clause: "RFC 9111 §3.2",
        right: Right::Larder,
        says: "does not update Content-Type and Content-Encoding from a 304",
        about: &[Merged],
        explains: |seen| seen.field("content-type") || seen.field("content-encoding"),
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
        name: "304-with-another-weak-tag",
        clause: "RFC 9111 §4.3.4",
        right: Right::Larder,
        says: "does not read weak tags of a 304: one that differs freshens by the date or as the only one, one that agrees does not where the dates differ",
        about: &[After],
        explains: |seen| value(seen.brought(), "etag").is_some_and(|tag| tag.starts_with("W/")),
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
        name: "304-with-an-odd-date",
        clause: "RFC 9110 §5.6.7",
        right: Right::Both,
        says: "compares Last-Modified as text",
        about: &[After],
        explains: |seen| {
            is_odd_date(seen.brought(), "last-modified") || is_odd_date(seen.stored(), "last-modified")
        },
    },
    Explanation {
        name: "errors-are-stored",
        clause: "RFC 5861 §4",
        right: Right::Both,
        says: "leaves stale-if-error, and max-stale after an error, to who uses it",
        about: &[After],
        explains: |seen| seen.difference.ours == "Stale",
    },
];
