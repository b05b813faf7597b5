//! What a response to HEAD says of stored responses to GET (RFC 9111 §4.3.5).

use super::validation::Validators;
use crate::fields::ResponseFacts;

/// Whether a stored response to GET is still the one that a 200 to HEAD describes.
///
/// `true`: every validator of the HEAD response, and its `Content-Length`, equals the stored one; the
/// stored response is freshened. `false`: it is stale. `None`: nothing is said of it.
///
/// Departs from §4.3.5, by which a response without any of them agrees with everything. A server may leave
/// out what it finds while it makes the content (RFC 9110 §9.3.2), tags above all: a stored response that has
/// a validator is left as it is then.
pub(crate) fn agrees(stored: &Validators<'_>, length: Option<u64>, head: &ResponseFacts<'_>) -> Option<bool> {
    let modified = head.last_modified();
    let has_validator = stored.etag.is_some() || stored.last_modified.is_some();
    if has_validator && head.etag.is_none() && modified.is_none() && head.content_length.is_none() {
        return None;
    }
    let same_tag = head.etag.is_none_or(|etag| stored.etag == Some(etag));
    let same_date = modified.is_none() || modified == stored.last_modified;
    let same_length = head.content_length.is_none() || head.content_length == length;
    Some(same_tag && same_date && same_length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Fields;

    fn judge(stored: &[(&str, &str)], head: &[(&str, &str)]) -> Option<bool> {
        let stored = ResponseFacts::of(Fields::new(stored), None);
        let head = ResponseFacts::of(Fields::new(head), None);
        agrees(&Validators::of(&stored), Some(5), &head)
    }

    #[test]
    fn s4_3_5_every_validator_and_the_length_must_agree() {
        let date = ("Last-Modified", "Mon, 05 Jan 1970 00:00:00 GMT");
        let stored = [("ETag", "\"x\""), date];
        for head in
            [&[("ETag", "\"x\""), date, ("Content-Length", "5")][..], &[date], &[("Content-Length", "5")]]
        {
            assert_eq!(judge(&stored, head), Some(true), "{head:?}");
        }
        let other = ("Last-Modified", "Tue, 06 Jan 1970 00:00:00 GMT");
        for head in [&[("ETag", "\"y\""), date][..], &[("Content-Length", "6")], &[other]] {
            assert_eq!(judge(&stored, head), Some(false), "{head:?}");
        }
        assert_eq!(judge(&[date], &[("ETag", "\"x\"")]), Some(false));
    }

    #[test]
    fn s4_3_5_what_names_no_validator_says_nothing_of_what_has_one() {
        let date = ("Last-Modified", "Mon, 05 Jan 1970 00:00:00 GMT");
        assert_eq!(judge(&[("ETag", "\"x\"")], &[("X", "1")]), None);
        assert_eq!(judge(&[date], &[("Last-Modified", "yesterday")]), None, "no date, no validator");
        assert_eq!(judge(&[("X", "1")], &[]), Some(true));
    }
}
