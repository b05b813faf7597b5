//! What a response to HEAD says of stored responses to GET (RFC 9111 §4.3.5).

use super::validation::Validators;
use crate::fields::ResponseFacts;

/// Whether a 200 to HEAD says anything of which representation it is about.
///
/// Departs from §4.3.5: one without any validator or length agrees with everything there, and freshens it. A
/// server may leave out what it finds while it makes the content (RFC 9110 §9.3.2), tags above all, so
/// that a response which has a validator is left as it is then: neither freshened nor stale.
pub(crate) fn tells(stored: &Validators<'_>, head: &ResponseFacts<'_>) -> bool {
    let says_nothing = head.etag.is_none() && head.last_modified().is_none() && head.content_length.is_none();
    !says_nothing || (stored.etag.is_none() && stored.last_modified.is_none())
}

/// Whether a stored response to GET is still the one that a 200 to HEAD describes.
///
/// Every validator of the HEAD response, and its `Content-Length`, equals the stored one: the
/// stored response is freshened. Otherwise it is stale.
pub(crate) fn agrees(stored: &Validators<'_>, length: Option<u64>, head: &ResponseFacts<'_>) -> bool {
    let same_tag = head.etag.is_none_or(|etag| stored.etag == Some(etag));
    let modified = head.last_modified();
    let same_date = modified.is_none() || modified == stored.last_modified;
    let same_length = head.content_length.is_none() || head.content_length == length;
    same_tag && same_date && same_length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Fields;

    fn judge(stored: &[(&str, &str)], head: &[(&str, &str)]) -> bool {
        let stored = ResponseFacts::of(Fields::new(stored), None);
        let head = ResponseFacts::of(Fields::new(head), None);
        agrees(&Validators::of(&stored), Some(5), &head)
    }

    #[test]
    fn s4_3_5_every_validator_and_the_length_must_agree() {
        let date = ("Last-Modified", "Mon, 05 Jan 1970 00:00:00 GMT");
        let stored = [("ETag", "\"x\""), date];
        assert!(judge(&stored, &[]));
        assert!(judge(&stored, &[("ETag", "\"x\""), date, ("Content-Length", "5")]));
        assert!(!judge(&stored, &[("ETag", "\"y\""), date]));
        assert!(!judge(&stored, &[("Content-Length", "6")]));
        assert!(!judge(&stored, &[("Last-Modified", "Tue, 06 Jan 1970 00:00:00 GMT")]));
        assert!(!judge(&[date], &[("ETag", "\"x\"")]));
    }
}
