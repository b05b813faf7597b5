//! The preconditions that are the origin's to evaluate: `If-Match` and `If-Unmodified-Since` (RFC 9110
//! §13.1.1, §13.1.4, §13.2.2). A cache forwards them (RFC 9111 §4.3.2), unless it is the origin's own.

use super::validation::Validators;
use crate::fields::{EntityTag, EntityTags};
use crate::head::{Edited, Outgoing};
use crate::time::HttpDate;

/// What a handler knows of a resource that a request is about to change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Current<'a> {
    /// The tag it has now.
    pub etag: Option<EntityTag<'a>>,
    /// When it was last modified.
    pub last_modified: Option<HttpDate>,
}

/// Whether a request to change a resource may be carried out: `If-Match`, else `If-Unmodified-Since`, and
/// `If-None-Match`. If not, the handler answers 412, and nothing that is stored is invalidated. `None`: there
/// is no such resource yet.
///
/// Only the handler knows the state of a resource at the moment it is changed, so these come to it as the
/// client sent them. Of GET and HEAD, larder evaluates every precondition itself.
///
/// ```
/// use larder::fields::EntityTag;
/// use larder::head::{Fields, Method, RequestHead};
/// use larder::server::{Current, may_change};
///
/// let put = RequestHead::get("http://device/config").with_method(Method::Put);
/// let current = Current { etag: EntityTag::parse(b"\"7\""), ..Current::default() };
/// let if_match = [("If-Match", "\"7\"")];
/// assert!(may_change(&put.with_fields(Fields::new(&if_match)).into(), Some(&current)));
/// let create = [("If-None-Match", "*")];
/// assert!(!may_change(&put.with_fields(Fields::new(&create)).into(), Some(&current)));
/// ```
pub fn may_change(request: &Outgoing<'_>, current: Option<&Current<'_>>) -> bool {
    let Some(Current { etag, last_modified }) = current else {
        return request.fields.get("if-match").is_none();
    };
    let current = Validators { etag: *etag, last_modified: *last_modified };
    let mut if_none_match = lines(request.fields, "if-none-match");
    holds(request.fields, &current, None)
        && !if_none_match.any(|line| names(line, etag.as_ref(), |tag, etag| tag.weak_eq(etag)))
}

/// `If-Match` or, without one, `If-Unmodified-Since`, against the validators of what would be served or is
/// about to be changed.
pub(super) fn holds(fields: Edited<'_>, current: &Validators<'_>, now: Option<HttpDate>) -> bool {
    let mut if_match = lines(fields, "if-match").peekable();
    if if_match.peek().is_some() {
        return if_match.any(|line| names(line, current.etag.as_ref(), |tag, etag| tag.strong_eq(etag)));
    }
    // An invalid date is ignored, and any where the resource has no date of modification (§13.1.4).
    let since = fields.get("if-unmodified-since").and_then(|since| HttpDate::parse(since, now));
    since.zip(current.last_modified).is_none_or(|(since, modified)| modified <= since)
}

fn lines<'f>(fields: Edited<'f>, name: &'static str) -> impl Iterator<Item = &'f [u8]> {
    fields.into_iter().filter(move |line| line.is(name)).map(|line| line.value())
}

/// Whether a list of tags is `*` or has one that equals `etag`.
fn names(
    line: &[u8],
    etag: Option<&EntityTag<'_>>,
    equals: impl Fn(&EntityTag<'_>, &EntityTag<'_>) -> bool,
) -> bool {
    line == b"*" || etag.is_some_and(|etag| EntityTags::of(line).any(|tag| equals(&tag, etag)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::{Fields, Method, RequestHead};

    const MODIFIED: &str = "Mon, 05 Jan 1970 00:00:00 GMT";
    const EARLIER: &str = "Sun, 04 Jan 1970 00:00:00 GMT";

    fn current() -> Current<'static> {
        Current {
            etag: EntityTag::parse(b"\"x\""),
            last_modified: HttpDate::parse(MODIFIED.as_bytes(), None),
        }
    }

    fn change(lines: &[(&str, &str)], current: Option<Current<'_>>) -> bool {
        let request = RequestHead::get("http://h/").with_method(Method::Put).with_fields(Fields::new(lines));
        may_change(&request.into(), current.as_ref())
    }

    #[test]
    fn s13_1_1_if_match_compares_strongly() {
        for line in ["\"x\"", "\"a\", \"x\"", "*"] {
            assert!(change(&[("If-Match", line)], Some(current())), "{line}");
        }
        for line in ["\"y\"", "W/\"x\"", "", "x"] {
            assert!(!change(&[("If-Match", line)], Some(current())), "{line}");
        }
        let weak = Current { etag: EntityTag::parse(b"W/\"x\""), ..current() };
        assert!(!change(&[("If-Match", "W/\"x\"")], Some(weak)));
        assert!(change(&[("If-Match", "\"a\""), ("If-Match", "\"x\"")], Some(current())), "on any line");
    }

    #[test]
    fn s13_1_1_if_match_fails_where_there_is_nothing() {
        assert!(!change(&[("If-Match", "*")], None));
        assert!(!change(&[("If-Match", "\"x\"")], None));
        assert!(change(&[("If-Unmodified-Since", EARLIER)], None), "it has no date of modification");
        assert!(change(&[], None));
    }

    #[test]
    fn s13_1_4_if_unmodified_since_counts_without_if_match() {
        assert!(change(&[("If-Unmodified-Since", MODIFIED)], Some(current())));
        assert!(!change(&[("If-Unmodified-Since", EARLIER)], Some(current())));
        assert!(change(&[("If-Unmodified-Since", "0")], Some(current())), "an invalid date is ignored");
        assert!(change(&[("If-Unmodified-Since", EARLIER), ("If-Match", "\"x\"")], Some(current())));
        let undated = Current { last_modified: None, ..current() };
        assert!(change(&[("If-Unmodified-Since", EARLIER)], Some(undated)));
    }

    #[test]
    fn s13_1_2_if_none_match_guards_what_exists() {
        assert!(!change(&[("If-None-Match", "*")], Some(current())));
        assert!(!change(&[("If-None-Match", "W/\"x\"")], Some(current())), "weakly");
        assert!(change(&[("If-None-Match", "\"y\"")], Some(current())));
        assert!(change(&[("If-None-Match", "*")], None), "it is created");
    }
}
