//! Which of several stored responses the request prefers (RFC 9111 §4.1, RFC 9110 §12.5).

use crate::fields::Vary;
use crate::fields::list::{Elements, Members};
use crate::fields::weighted::{MOST, Weighted};
use crate::head::Fields;

/// Fields that say what a client prefers, and those that say what a response is.
const NEGOTIATED: [(&[u8], &str); 3] = [
    (b"accept", "content-type"),
    (b"accept-encoding", "content-encoding"),
    (b"accept-language", "content-language"),
];

/// How much the request prefers a response, in thousandths: the product of its weights for the fields that
/// the response nominates, as far as the response says what it is.
pub(crate) fn preference(vary: &Vary<'_>, request: Fields<'_>, response: Fields<'_>) -> u16 {
    let mut preference = u32::from(MOST);
    for (field, said) in NEGOTIATED {
        let is_nominated = !vary.all_names(|name| !name.eq_ignore_ascii_case(field));
        if is_nominated
            && let Some(value) = response.get(said).and_then(only)
            && let Some(weight) = weight_of(request, field, value)
        {
            preference = preference * u32::from(weight) / u32::from(MOST);
        }
    }
    // A product of numbers up to 1000, divided by 1000 each time.
    u16::try_from(preference).unwrap_or(MOST)
}

/// Whether the request prefers this language to every other one: whatever an origin has, it has nothing
/// better.
pub(crate) fn prefers_language(request: Fields<'_>, language: &[u8]) -> bool {
    let (mut this, mut others) = (0, 0);
    for member in Members::of(request, b"accept-language").map(Weighted::of) {
        let Some(weight) = member.weight else {
            return false;
        };
        let best = if member.range.eq_ignore_ascii_case(language) { &mut this } else { &mut others };
        *best = weight.max(*best);
    }
    this > others
}

/// The language of a response, if it has one only.
pub(crate) fn language(response: Fields<'_>) -> Option<&[u8]> {
    let mut lines = response.lines("content-language");
    lines.next().and_then(only).filter(|_| lines.next().is_none())
}

/// The only member of a list, without parameters.
fn only(value: &[u8]) -> Option<&[u8]> {
    let mut elements = Elements::of(value);
    let element = elements.next().filter(|_| elements.next().is_none())?;
    Some(Weighted::of(element).range)
}

/// The weight of the most particular range that `value` is in; `None` if the request has no such field.
fn weight_of(request: Fields<'_>, field: &'static [u8], value: &[u8]) -> Option<u16> {
    let mut members = Members::of(request, field).map(Weighted::of).peekable();
    members.peek()?;
    let matching =
        members.filter(|member| member.parameters().next().is_none() && is_in(member.range, value));
    // Where two are as particular, the one a client prefers more.
    let best = matching.max_by_key(|member| (member.range.len(), member.weight));
    Some(best.and_then(|member| member.weight).unwrap_or(0))
}

/// Whether a range has a value in it: `*`, `*/*`, `text/*`, the value itself, or of a language what is
/// before a hyphen (RFC 4647 §3.3.1).
fn is_in(range: &[u8], value: &[u8]) -> bool {
    let begins = |with: &[u8]| value.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    match range {
        b"*" | b"*/*" => true,
        [kind @ .., b'*'] if kind.ends_with(b"/") => begins(kind),
        _ if value.len() == range.len() => begins(range),
        _ => begins(range) && value.get(range.len()) == Some(&b'-') && !range.contains(&b'/'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::ResponseFacts;

    fn preferred(request: &[(&str, &str)], response: &[(&str, &str)]) -> u16 {
        let response = Fields::new(response);
        let facts = ResponseFacts::of(response, None);
        preference(&facts.vary, Fields::new(request), response)
    }

    #[test]
    fn s4_1_the_weight_of_the_most_particular_range_counts() {
        let language = |asked, said| {
            let response = [("Vary", "accept-language"), ("Content-Language", said)];
            preferred(&[("Accept-Language", asked)], &response)
        };
        assert_eq!(language("de;q=0.5, en", "de"), 500);
        assert_eq!(language("de;q=0.5, de-CH;q=0.9", "de-CH"), 900);
        assert_eq!(language("de;q=0.5", "de-AT"), 500);
        assert_eq!(language("de-AT;q=0.5, *;q=0.1", "de"), 100);
        assert_eq!(language("de;q=0.5", "den"), 0);
        assert_eq!(language("de;q=0.5", "de, en"), 1000, "of two languages nothing is known");
        let media = |asked, said| {
            let response = [("Vary", "Accept"), ("Content-Type", said)];
            preferred(&[("Accept", asked)], &response)
        };
        assert_eq!(media("text/*;q=0.3, text/html;q=0.7, */*;q=0.1", "text/HTML;charset=utf-8"), 700);
        assert_eq!(media("text/*;q=0.3, text/html;q=0.7, */*;q=0.1", "text/plain"), 300);
        assert_eq!(media("text/*;q=0.3, */*;q=0.1", "image/png"), 100);
        assert_eq!(media("text/*;q=0.3", "textual/x"), 0);
    }

    #[test]
    fn s4_1_only_nominated_fields_count_and_their_weights_are_multiplied() {
        let request = [("Accept-Language", "de;q=0.5"), ("Accept-Encoding", "gzip;q=0.5")];
        let content = [("Content-Language", "de"), ("Content-Encoding", "gzip")];
        let with = |vary: &'static str| preferred(&request, &[("Vary", vary), content[0], content[1]]);
        assert_eq!(with("Accept-Language"), 500);
        assert_eq!(with("Accept-Language, accept-encoding"), 250);
        assert_eq!(with("Foo"), 1000);
        assert_eq!(preferred(&[], &[("Vary", "Accept-Language"), content[0]]), 1000);
    }

    #[test]
    fn a_language_is_preferred_to_every_other() {
        let prefers = |asked: &str| prefers_language(Fields::new(&[("Accept-Language", asked)]), b"de");
        assert!(prefers("fr;q=0.5, de;q=1.0") && prefers("DE") && prefers("de, de;q=0.1, *;q=0.5"));
        for asked in ["en, de", "de;q=0", "en", "de-CH", "*", "", "de, en;q=x", "de;q=0.5, *", "de;q=1.001"] {
            assert!(!prefers(asked), "{asked}");
        }
    }
}
