//! The client's own preconditions and range, answered from a stored response (RFC 9111 §4.3.2,
//! RFC 9110 §13 and §14).

#[cfg(feature = "server")]
use super::at_origin;
use super::validation::Validators;
use crate::fields::{ByteRange, EntityTag, EntityTags, Part, RequestFacts};
use crate::head::{Method, RequestHead};
use crate::pair::StoredBody;
use crate::time::HttpDate;

/// What a stored response is to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Answer {
    /// The response as it is stored.
    Whole,
    /// 304: the client has it already.
    NotModified,
    /// 206: the part it asked for.
    Part(Part),
    /// 416: its range lies outside a representation of that many octets.
    Unsatisfiable {
        /// Octets of the complete representation.
        complete: u64,
    },
    /// 412: its `If-Match` or `If-Unmodified-Since` does not hold. Only where the cache is the origin's own.
    #[cfg(feature = "server")]
    PreconditionFailed,
}

/// A stored response, as preconditions see it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Selected<'a> {
    pub(crate) status: u16,
    pub(crate) validators: Validators<'a>,
    /// `Date`, else the time it was received.
    pub(crate) date: Option<HttpDate>,
    pub(crate) body: StoredBody,
    /// UTC now, for two-digit years.
    pub(crate) now: Option<HttpDate>,
}

/// Evaluates the request's conditions and range, in the order of RFC 9110 §13.2.2.
///
/// They count only if the answer without them would be 2xx.
pub(crate) fn answer(request: &RequestHead<'_>, asked: &RequestFacts, selected: &Selected<'_>) -> Answer {
    if !asked.has_conditions() || !(200..300).contains(&selected.status) {
        return Answer::Whole;
    }
    #[cfg(feature = "server")]
    if asked.at_origin()
        && asked.has_if_match
        && !at_origin::holds(request.fields.into(), &selected.validators, selected.now)
    {
        return Answer::PreconditionFailed;
    }
    if is_not_modified(request, asked, selected) {
        return Answer::NotModified;
    }
    let has_ranges = asked.has_range && request.method == Method::Get && selected.status == 200;
    match request.fields.get("range").filter(|_| has_ranges).and_then(ByteRange::parse) {
        Some(range) => part(range, request.fields.get("if-range"), selected),
        None => Answer::Whole,
    }
}

/// `If-None-Match` (weak comparison), or without one `If-Modified-Since`.
fn is_not_modified(request: &RequestHead<'_>, asked: &RequestFacts, selected: &Selected<'_>) -> bool {
    if asked.has_if_none_match {
        return request.fields.lines("if-none-match").any(|line| {
            line == b"*"
                || selected
                    .validators
                    .etag
                    .is_some_and(|etag| EntityTags::of(line).any(|tag| tag.weak_eq(&etag)))
        });
    }
    let value = request.fields.get("if-modified-since").filter(|_| asked.has_if_modified_since);
    let since = value.and_then(|value| HttpDate::parse(value, selected.now));
    // The origin itself leaves the field alone where it has no date of modification (RFC 9110 §13.1.3).
    let date = if asked.at_origin() { None } else { selected.date };
    let changed = selected.validators.last_modified.or(date);
    since.zip(changed).is_some_and(|(since, changed)| changed <= since)
}

fn part(range: ByteRange, condition: Option<&[u8]>, selected: &Selected<'_>) -> Answer {
    let holds = condition.is_none_or(|condition| if_range(condition, selected));
    match selected.body.complete {
        _ if !holds => Answer::Whole,
        Some(complete) => range.of(complete).map_or(Answer::Unsatisfiable { complete }, Answer::Part),
        None => range.of_unknown().map_or(Answer::Whole, Answer::Part),
    }
}

/// `If-Range`: a strong tag, or exactly the `Last-Modified`, if that is strong: at least a second
/// before `Date` (RFC 9110 §8.8.2.2, §13.1.5).
fn if_range(condition: &[u8], selected: &Selected<'_>) -> bool {
    let Selected { validators, date, now, .. } = selected;
    if let Some(since) = HttpDate::parse(condition, *now) {
        let is_strong = validators.last_modified.zip(*date).is_some_and(|(modified, date)| modified < date);
        return is_strong && validators.last_modified == Some(since);
    }
    let tag = EntityTag::parse(condition);
    tag.zip(validators.etag).is_some_and(|(tag, etag)| tag.strong_eq(&etag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::ResponseFacts;
    use crate::head::Fields;

    const MODIFIED: &str = "Mon, 05 Jan 1970 00:00:00 GMT";
    const LATER: &str = "Tue, 06 Jan 1970 00:00:00 GMT";

    fn ask_of(status: u16, method: Method<'_>, request: &[(&str, &str)], stored: &[(&str, &str)]) -> Answer {
        let request = RequestHead::get("http://h/").with_method(method).with_fields(Fields::new(request));
        let facts = ResponseFacts::of(Fields::new(stored), None);
        let selected = Selected {
            status,
            validators: Validators::of(&facts),
            date: HttpDate::parse(LATER.as_bytes(), None),
            body: StoredBody::whole(10),
            now: None,
        };
        answer(&request, &RequestFacts::of(request.fields), &selected)
    }

    fn ask(request: &[(&str, &str)], stored: &[(&str, &str)]) -> Answer {
        ask_of(200, Method::Get, request, stored)
    }

    const STORED: [(&str, &str); 2] = [("ETag", "W/\"x\""), ("Last-Modified", MODIFIED)];
    const STRONG: [(&str, &str); 2] = [("ETag", "\"x\""), ("Last-Modified", MODIFIED)];

    #[test]
    fn s13_1_2_if_none_match_compares_weakly() {
        for line in ["\"x\"", "W/\"x\"", "\"a\", \"x\", \"b\"", "*"] {
            assert_eq!(ask(&[("If-None-Match", line)], &STORED), Answer::NotModified, "{line}");
        }
        for line in ["\"y\"", "x", ""] {
            assert_eq!(ask(&[("If-None-Match", line)], &STORED), Answer::Whole, "{line}");
        }
        assert_eq!(
            ask(&[("If-None-Match", "\"a\""), ("If-None-Match", "\"x\"")], &STORED),
            Answer::NotModified
        );
    }

    #[test]
    fn s13_2_2_if_none_match_comes_before_if_modified_since() {
        assert_eq!(ask(&[("If-None-Match", "\"y\""), ("If-Modified-Since", LATER)], &STORED), Answer::Whole);
    }

    #[test]
    fn s13_1_3_if_modified_since() {
        assert_eq!(ask(&[("If-Modified-Since", MODIFIED)], &STORED), Answer::NotModified);
        assert_eq!(ask(&[("If-Modified-Since", "Sun, 04 Jan 1970 00:00:00 GMT")], &STORED), Answer::Whole);
        assert_eq!(ask(&[("If-Modified-Since", "0")], &STORED), Answer::Whole);
        assert_eq!(ask(&[("If-Modified-Since", LATER)], &[]), Answer::NotModified, "against Date");
    }

    #[test]
    fn s4_3_2_conditions_count_only_for_2xx() {
        let asked = &[("If-None-Match", "\"x\"")];
        assert_eq!(ask_of(404, Method::Get, asked, &STORED), Answer::Whole);
        assert_eq!(ask_of(200, Method::Head, asked, &STORED), Answer::NotModified);
    }

    #[test]
    fn s14_2_a_range_selects_a_part_of_a_200_to_get() {
        let range = ("Range", "bytes=2-4");
        let part = Answer::Part(Part { first: 2, last: 4, complete: Some(10) });
        assert_eq!(ask(&[range], &STORED), part);
        assert_eq!(ask_of(200, Method::Head, &[range], &STORED), Answer::Whole);
        assert_eq!(ask_of(203, Method::Get, &[range], &STORED), Answer::Whole);
        assert_eq!(ask(&[("Range", "bytes=10-")], &STORED), Answer::Unsatisfiable { complete: 10 });
        assert_eq!(ask(&[("Range", "bytes=0-1,4-5")], &STORED), Answer::Whole);
        assert_eq!(
            ask(&[range, ("If-None-Match", "\"x\"")], &STORED),
            Answer::NotModified,
            "conditions first"
        );
    }

    #[test]
    fn s13_1_5_if_range_is_strong() {
        let range = ("Range", "bytes=0-1");
        let part = Answer::Part(Part { first: 0, last: 1, complete: Some(10) });
        assert_eq!(ask(&[range, ("If-Range", "\"x\"")], &STRONG), part);
        assert_eq!(ask(&[range, ("If-Range", "\"x\"")], &STORED), Answer::Whole, "the stored tag is weak");
        assert_eq!(ask(&[range, ("If-Range", "\"y\"")], &STRONG), Answer::Whole);
        assert_eq!(ask(&[range, ("If-Range", MODIFIED)], &STRONG), part);
        assert_eq!(ask(&[range, ("If-Range", LATER)], &STRONG), Answer::Whole);
    }
}
