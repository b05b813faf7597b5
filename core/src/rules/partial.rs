//! Incomplete responses (RFC 9111 §3.3) and combining parts (§3.4).
//!
//! Before changing this file, read §3.4 and RFC 9110 §8.8.2.2 (strong dates), §14.4 and §15.3.7.

use super::validation::Validators;
use crate::fields::{EntityTag, Part, RequestFacts, ResponseFacts, content_range};
use crate::head::{Method, RequestHead, ResponseHead};
use crate::options::CacheOptions;
use crate::reason::Reason;
use crate::time::HttpDate;

/// A validator that changes with every octet of the representation (RFC 9110 §8.8.1). Two responses that
/// share one are parts of the same octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strong<'a> {
    Tag(EntityTag<'a>),
    Modified(HttpDate),
}

/// The strong validator of a response with this `Date`: its tag unless that is weak, or without a tag a
/// `Last-Modified` that is before `Date`.
pub(crate) fn strong<'a>(validators: &Validators<'a>, date: Option<HttpDate>) -> Option<Strong<'a>> {
    match validators.etag {
        Some(etag) if etag.is_weak() => None,
        Some(etag) => Some(Strong::Tag(etag)),
        None => {
            let modified = validators.last_modified?;
            date.is_some_and(|date| modified < date).then_some(Strong::Modified(modified))
        }
    }
}

/// Whether the part of a body that did arrive is worth keeping if the rest does not: it can be completed.
pub(crate) fn is_resumable(
    request: &RequestHead<'_>,
    response: &ResponseHead<'_>,
    facts: &ResponseFacts<'_>,
    options: &CacheOptions,
) -> bool {
    options.store_partial && request.method == Method::Get && response.status == 200 && is_strong(facts)
}

/// Whether a response has a strong validator. Dates are read only where they decide.
fn is_strong(facts: &ResponseFacts<'_>) -> bool {
    match facts.etag {
        Some(etag) => !etag.is_weak(),
        None => strong(&Validators::of(facts), facts.date.date()).is_some(),
    }
}

/// The part that a 206 brings, if it may be stored as a part.
///
/// Where `Content-Length` contradicts `Content-Range` the part is not stored if it could be combined.
/// Without a strong validator it cannot; it then has as many octets as the framing says, and if it was said
/// to be the end of the representation, it is.
///
/// # Errors
/// Why it may not be stored.
pub(crate) fn received(
    request: &RequestHead<'_>,
    asked: &RequestFacts,
    response: &ResponseHead<'_>,
    facts: &ResponseFacts<'_>,
) -> Result<Part, Reason> {
    if request.method != Method::Get || !asked.has_range {
        return Err(Reason::PartialContent);
    }
    if request.fields.contains("if-range") {
        return Err(Reason::FieldsMissing);
    }
    let part = content_range(response.fields).ok_or(Reason::InvalidContentRange)?;
    let Some(length) = said_length(facts).filter(|length| *length != part.len()) else {
        return Ok(part);
    };
    let is_strong = is_strong(facts);
    if is_strong || length == 0 || length > part.len() {
        return Err(Reason::InvalidContentRange);
    }
    let end = part.first.saturating_add(length);
    let is_last = part.complete == Some(part.last.saturating_add(1));
    let complete = if is_last { Some(end) } else { part.complete };
    Ok(Part { last: end.saturating_sub(1), complete, ..part })
}

/// The part that a 206 brings in answer to a request for `first` to `last` of a stored incomplete response;
/// `None` if it does not continue it.
///
/// It does with the same strong validator, the same complete length, the same coding, and octets from `first`
/// on, not beyond `last`; there may be fewer.
pub(crate) fn continues(
    stored: &Incomplete<'_>,
    first: u64,
    last: Option<u64>,
    response: &ResponseHead<'_>,
    facts: &ResponseFacts<'_>,
) -> Option<Part> {
    let part = content_range(response.fields)?;
    let complete = part.complete?;
    let is_asked = part.first == first && last.is_none_or(|last| part.last <= last);
    let is_whole_length = stored.complete.is_none_or(|stored| stored == complete);
    let is_framed = said_length(facts).is_none_or(|length| length == part.len());
    let is_same = stored.strong.is_some()
        && stored.strong == strong(&Validators::of(facts), facts.date.date())
        && stored.coding == facts.coding;
    (is_asked && is_whole_length && is_framed && is_same).then_some(part)
}

/// A stored incomplete response, as combining sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incomplete<'a> {
    pub(crate) strong: Option<Strong<'a>>,
    /// Octets of the complete body, if that is known.
    pub(crate) complete: Option<u64>,
    /// [`ResponseFacts::coding`].
    pub(crate) coding: u32,
}

impl Incomplete<'_> {
    /// Whether both are parts of one representation, if their complete lengths agree (§3.4, RFC 9110
    /// §15.3.7.3).
    pub(crate) fn is_part_with(&self, other: &Incomplete<'_>) -> bool {
        self.strong.is_some() && self.strong == other.strong && self.coding == other.coding
    }
}

/// Octets of the message's content, if it says so.
fn said_length(facts: &ResponseFacts<'_>) -> Option<u64> {
    facts.content_length.filter(|_| !facts.has_transfer_encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Fields;

    const DATE: (&str, &str) = ("Date", "Tue, 06 Jan 1970 00:00:00 GMT");
    const MODIFIED: (&str, &str) = ("Last-Modified", "Mon, 05 Jan 1970 00:00:00 GMT");
    const TAG: (&str, &str) = ("ETag", "\"x\"");

    fn has_strong(lines: &[(&str, &str)]) -> bool {
        let facts = ResponseFacts::of(Fields::new(lines), None);
        strong(&Validators::of(&facts), facts.date.date()).is_some()
    }

    #[test]
    fn s8_8_2_2_of_9110_which_validators_are_strong() {
        assert!(has_strong(&[TAG]));
        assert!(!has_strong(&[("ETag", "W/\"x\"")]));
        assert!(!has_strong(&[("ETag", "W/\"x\""), DATE, MODIFIED]), "a weak tag is not rescued by a date");
        assert!(has_strong(&[DATE, MODIFIED]));
        assert!(!has_strong(&[MODIFIED]), "without Date");
        assert!(!has_strong(&[DATE, ("Last-Modified", DATE.1)]), "it may have changed in that second");
    }

    fn part(request: &[(&str, &str)], response: &[(&str, &str)]) -> Result<(u64, u64, Option<u64>), Reason> {
        let request = RequestHead::get("http://h/").with_fields(Fields::new(request));
        let response = ResponseHead { status: 206, fields: Fields::new(response) };
        let facts = ResponseFacts::of(response.fields, None);
        let asked = RequestFacts::of(request.fields);
        received(&request, &asked, &response, &facts).map(|part| (part.first, part.last, part.complete))
    }

    const RANGE: (&str, &str) = ("Range", "bytes=2-4");

    #[test]
    fn s3_3_a_206_to_a_range_is_a_part() {
        let says = ("Content-Range", "bytes 2-4/10");
        assert_eq!(part(&[RANGE], &[TAG, says]), Ok((2, 4, Some(10))));
        assert_eq!(part(&[RANGE], &[TAG, says, ("Content-Length", "3")]), Ok((2, 4, Some(10))));
        assert_eq!(part(&[], &[TAG, says]), Err(Reason::PartialContent), "nobody asked for it");
        assert_eq!(part(&[RANGE, ("If-Range", "\"x\"")], &[TAG, says]), Err(Reason::FieldsMissing));
        assert_eq!(part(&[RANGE], &[TAG]), Err(Reason::InvalidContentRange));
    }

    #[test]
    fn s14_4_of_9110_a_part_that_contradicts_itself() {
        let says = ("Content-Range", "bytes 4-9/10");
        let short = ("Content-Length", "5");
        assert_eq!(part(&[RANGE], &[TAG, says, short]), Err(Reason::InvalidContentRange));
        assert_eq!(part(&[RANGE], &[says, short]), Ok((4, 8, Some(9))), "never combined, so by its framing");
        assert_eq!(
            part(&[RANGE], &[("Content-Range", "bytes 4-8/10"), ("Content-Length", "4")]),
            Ok((4, 7, Some(10)))
        );
        assert_eq!(part(&[RANGE], &[says, ("Content-Length", "7")]), Err(Reason::InvalidContentRange));
        assert_eq!(part(&[RANGE], &[says, ("Content-Length", "0")]), Err(Reason::InvalidContentRange));
    }

    fn continued(stored: Option<u64>, last: Option<u64>, response: &[(&str, &str)]) -> Option<u64> {
        let tag = EntityTag::parse(b"\"x\"").map(Strong::Tag);
        let stored = Incomplete { strong: tag, complete: stored, coding: 0 };
        let response = ResponseHead { status: 206, fields: Fields::new(response) };
        let facts = ResponseFacts::of(response.fields, None);
        continues(&stored, 4, last, &response, &facts).map(|part| part.last)
    }

    #[test]
    fn s3_4_what_continues_a_stored_part() {
        let says = ("Content-Range", "bytes 4-9/10");
        assert_eq!(continued(Some(10), None, &[TAG, says]), Some(9));
        assert_eq!(continued(None, None, &[TAG, says]), Some(9), "the length becomes known");
        assert_eq!(continued(Some(10), None, &[TAG, ("Content-Range", "bytes 4-5/10")]), Some(5), "shorter");
        assert_eq!(continued(Some(10), Some(9), &[TAG, says]), Some(9));
        assert_eq!(continued(Some(10), Some(8), &[TAG, says]), None, "more than was asked for");
        assert_eq!(continued(Some(11), None, &[TAG, says]), None, "another length");
        assert_eq!(continued(None, None, &[TAG, ("Content-Range", "bytes 4-9/*")]), None, "no length");
        assert_eq!(continued(Some(10), None, &[TAG, ("Content-Range", "bytes 5-9/10")]), None);
        assert_eq!(continued(Some(10), None, &[("ETag", "\"y\""), says]), None, "another validator");
        assert_eq!(continued(Some(10), None, &[("ETag", "W/\"x\""), says]), None, "a weak one");
        assert_eq!(continued(Some(10), None, &[says]), None, "none");
        assert_eq!(continued(Some(10), None, &[TAG, says, ("Content-Encoding", "gzip")]), None);
        assert_eq!(continued(Some(10), None, &[TAG, says, ("Content-Length", "5")]), None);
    }
}
