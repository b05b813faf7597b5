//! Validation (RFC 9111 §4.3.1, §4.3.3, §4.3.4): what validators say of each other.

use crate::fields::{EntityTag, ResponseFacts};
use crate::options::CacheOptions;
use crate::time::HttpDate;

/// The validators of a stored response.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Validators<'a> {
    pub(crate) etag: Option<EntityTag<'a>>,
    pub(crate) last_modified: Option<HttpDate>,
}

impl<'a> Validators<'a> {
    pub(crate) fn of(facts: &ResponseFacts<'a>) -> Self {
        Self { etag: facts.etag, last_modified: facts.last_modified() }
    }
}

/// What a 304 selects among the stored responses that could have been chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Selects {
    /// Every one that [`matches()`].
    All,
    /// The most recent one that [`matches()`].
    MostRecent,
    /// The one that was asked about, if only one was.
    ///
    /// Departs from §4.3.4, which gives a 304 without validators to a stored response without
    /// validators only: servers that know `Last-Modified` alone lawfully leave it out of a 304
    /// (RFC 9110 §15.4.5), and a precondition that named one response cannot mean another.
    TheOneAsked,
}

/// How many stored responses the 304 may freshen.
pub(crate) fn selects(facts: &ResponseFacts<'_>) -> Selects {
    match facts.etag {
        Some(etag) if !etag.is_weak() => Selects::All,
        Some(_) => Selects::MostRecent,
        None if facts.last_modified().is_some() => Selects::MostRecent,
        None => Selects::TheOneAsked,
    }
}

/// Whether the 304 names the stored response.
///
/// A strong tag matches the same strong tag, a weak one also a weak one; a differing tag is never
/// rescued by an equal `Last-Modified`.
pub(crate) fn matches(stored: &Validators<'_>, facts: &ResponseFacts<'_>, options: &CacheOptions) -> bool {
    let same_date = stored.last_modified.is_some() && stored.last_modified == facts.last_modified();
    match (&stored.etag, &facts.etag) {
        (Some(stored), Some(new)) if new.is_weak() || options.accept_strengthened_tags => stored.weak_eq(new),
        (Some(stored), Some(new)) => stored.strong_eq(new),
        (None | Some(_), None) | (None, Some(_)) => same_date,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Fields;

    const MONDAY: &str = "Mon, 05 Jan 1970 00:00:00 GMT";
    const TUESDAY: &str = "Tue, 06 Jan 1970 00:00:00 GMT";

    fn facts<'a>(lines: &'a [(&'a str, &'a str)]) -> ResponseFacts<'a> {
        ResponseFacts::of(Fields::new(lines), None)
    }

    fn agree(stored: &[(&str, &str)], new: &[(&str, &str)], options: &CacheOptions) -> bool {
        matches(&Validators::of(&facts(stored)), &facts(new), options)
    }

    #[test]
    fn s4_3_4_tags() {
        for (stored, new, verdict) in [
            ("\"x\"", "\"x\"", true),
            ("\"x\"", "\"y\"", false),
            ("W/\"x\"", "\"x\"", false),
            ("\"x\"", "W/\"x\"", true),
            ("W/\"x\"", "W/\"x\"", true),
        ] {
            assert_eq!(
                agree(&[("ETag", stored)], &[("ETag", new)], &CacheOptions::PRIVATE),
                verdict,
                "{stored} {new}"
            );
        }
        let lax = CacheOptions { accept_strengthened_tags: true, ..CacheOptions::PRIVATE };
        assert!(agree(&[("ETag", "W/\"x\"")], &[("ETag", "\"x\"")], &lax));
    }

    #[test]
    fn s4_3_4_a_date_never_rescues_a_differing_tag() {
        let options = CacheOptions::PRIVATE;
        let date = ("Last-Modified", MONDAY);
        assert!(!agree(&[("ETag", "\"x\""), date], &[("ETag", "\"y\""), date], &options));
        assert!(agree(&[("ETag", "\"x\""), date], &[date], &options));
        assert!(agree(&[date], &[("ETag", "\"y\""), date], &options));
        assert!(!agree(&[date], &[("Last-Modified", TUESDAY)], &options));
        assert!(!agree(&[], &[], &options));
    }

    #[test]
    fn s4_3_4_how_many_are_freshened() {
        assert_eq!(selects(&facts(&[("ETag", "\"x\"")])), Selects::All);
        assert_eq!(selects(&facts(&[("ETag", "W/\"x\"")])), Selects::MostRecent);
        assert_eq!(selects(&facts(&[("Last-Modified", MONDAY)])), Selects::MostRecent);
        assert_eq!(selects(&facts(&[])), Selects::TheOneAsked);
    }
}
