//! Selection among variants (RFC 9111 §4.1).

use crate::fields::Vary;
use crate::fields::list::Members;
#[cfg(feature = "negotiation")]
use crate::fields::weighted::Weighted;
use crate::head::Fields;
use crate::secrets::{Hashes, Secret, Secrets};

/// The nominated lines of a stored request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kept<'s> {
    pub(crate) lines: Fields<'s>,
    /// Whether the secrets among them are hashed.
    pub(crate) hashed: bool,
    /// The language of the response, if one that the request prefers to all others will do
    /// ([`CacheOptions::select_language`](crate::CacheOptions::select_language)).
    #[cfg(feature = "negotiation")]
    pub(crate) language: Option<&'s [u8]>,
}

#[cfg(feature = "negotiation")]
impl Kept<'_> {
    /// Whether the response is in the language that the request prefers to all others.
    fn speaks(&self, request: Fields<'_>) -> bool {
        self.language.is_some_and(|language| super::negotiation::prefers_language(request, language))
    }
}

/// A request that looks for a response.
#[derive(Debug)]
pub(crate) struct Presented<'r> {
    pub(crate) fields: Fields<'r>,
    pub(crate) secrets: &'r Secrets,
    /// What is known of its secrets' hashes.
    pub(crate) hashes: &'r mut Hashes,
}

/// Whether a request selects a response with `vary`, which was stored for a request with the `kept`
/// lines.
///
/// Every nominated field must match or be absent in both. Lines of one name are joined and blanks
/// around members dropped. Members are compared as they are, except in fields whose grammar gives
/// case and order no meaning. Secrets match only if they are kept as this cache keeps them, so that a
/// change of the option makes a miss of what was stored before.
pub(crate) fn selects(vary: &Vary<'_>, kept: Kept<'_>, presented: Presented<'_>) -> bool {
    let Presented { fields, secrets, hashes } = presented;
    vary.all_names(|name| match (Given::of(kept.lines, name), Given::of(fields, name)) {
        (Given::Nothing, Given::Nothing) => true,
        (Given::Nothing, _) | (_, Given::Nothing) => false,
        #[cfg(feature = "negotiation")]
        _ if name.eq_ignore_ascii_case(b"accept-language") && kept.speaks(fields) => true,
        (line, given) => {
            let in_the_clear = || line.is_same_line(&given) || same_members(name, kept.lines, fields);
            match (Secret::called(name), secrets.key()) {
                (None, _) => in_the_clear(),
                (Some(secret), Some(key)) => {
                    kept.hashed && line.is_one(|hash| hashes.matches(secret, fields, key, hash))
                }
                (Some(_), None) => *secrets == Secrets::InTheClear && !kept.hashed && in_the_clear(),
            }
        }
    })
}

/// What a request says under one name.
enum Given<'a> {
    Nothing,
    Line(&'a [u8]),
    Lines,
}

impl<'a> Given<'a> {
    fn of(fields: Fields<'a>, name: &[u8]) -> Self {
        let mut given = Self::Nothing;
        for field in fields {
            if field.is_called(name) {
                given = match given {
                    Self::Nothing => Self::Line(field.value()),
                    Self::Line(_) | Self::Lines => Self::Lines,
                };
            }
        }
        given
    }

    /// Whether it is one line, whose value `is` so.
    fn is_one(&self, is: impl FnOnce(&'a [u8]) -> bool) -> bool {
        matches!(self, Self::Line(value) if is(value))
    }

    fn is_same_line(&self, other: &Given<'_>) -> bool {
        matches!((self, other), (Self::Line(a), Given::Line(b)) if a == b)
    }
}

fn same_members(name: &[u8], nominated: Fields<'_>, presented: Fields<'_>) -> bool {
    let kept = Members::of(nominated, name);
    let given = Members::of(presented, name);
    kept.clone().eq(given.clone()) || (is_unordered(name) && equal_in_any_order(&kept, &given))
}

/// Fields whose members are tokens without case, with their weight beside them (RFC 9110 §12.5).
fn is_unordered(name: &[u8]) -> bool {
    [&b"accept-language"[..], b"accept-encoding", b"accept-charset", b"accept"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Lists longer than this are compared in their order only, so that the work stays bounded.
const UNORDERED_MAX: usize = 32;

fn equal_in_any_order(a: &Members<'_>, b: &Members<'_>) -> bool {
    let count = |list: &Members<'_>, member: &[u8]| {
        list.clone().filter(|other| is_same_member(member, other)).count()
    };
    let length = a.clone().take(UNORDERED_MAX + 1).count();
    length <= UNORDERED_MAX
        && length == b.clone().take(UNORDERED_MAX + 1).count()
        && a.clone().all(|member| count(a, member) == count(b, member))
}

/// Whether two members mean the same: weights may be written in several ways.
#[cfg(feature = "negotiation")]
fn is_same_member(a: &[u8], b: &[u8]) -> bool {
    a == b || Weighted::of(a).is_same(&Weighted::of(b))
}

/// Whether two members are the same. With parameters, whose values may have case: octet by octet.
#[cfg(not(feature = "negotiation"))]
fn is_same_member(a: &[u8], b: &[u8]) -> bool {
    a == b || (a.eq_ignore_ascii_case(b) && !a.contains(&b';'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(vary: &str, stored: &[(&str, &str)], presented: &[(&str, &str)]) -> bool {
        let vary = [("Vary", vary)];
        let facts = crate::fields::ResponseFacts::of(Fields::new(&vary), None);
        let kept = Kept {
            lines: Fields::new(stored),
            hashed: false,
            #[cfg(feature = "negotiation")]
            language: None,
        };
        let hashes = &mut Hashes::default();
        let fields = Fields::new(presented);
        selects(&facts.vary, kept, Presented { fields, secrets: &Secrets::InTheClear, hashes })
    }

    #[test]
    fn s4_1_nominated_fields_match_or_are_absent_in_both() {
        assert!(matches("Foo", &[("Foo", "1")], &[("foo", "1"), ("Bar", "2")]));
        assert!(!matches("Foo", &[("Foo", "1")], &[("Foo", "2")]));
        assert!(!matches("Foo", &[("Foo", "1")], &[]));
        assert!(!matches("Foo", &[], &[("Foo", "1")]));
        assert!(!matches("Foo", &[], &[("Foo", "")]));
        assert!(matches("Foo", &[], &[("Bar", "1")]));
        assert!(!matches("Foo, Bar", &[("Foo", "1"), ("Bar", "1")], &[("Foo", "1"), ("Bar", "2")]));
        assert!(!matches("*", &[], &[]));
    }

    #[test]
    fn s4_1_lines_are_joined_and_blanks_dropped() {
        assert!(matches("Foo", &[("Foo", "1, 2")], &[("Foo", "1"), ("Foo", "2")]));
        assert!(matches("Foo", &[("Foo", "1,2")], &[("Foo", " 1 ,  2 ")]));
        assert!(!matches("Foo", &[("Foo", "1, 2")], &[("Foo", "2, 1")]));
        assert!(!matches("Foo", &[("Foo", "a")], &[("Foo", "A")]));
    }

    #[test]
    fn s4_1_case_and_order_count_only_where_the_grammar_says_so() {
        assert!(matches(
            "Accept-Language",
            &[("Accept-Language", "en, de")],
            &[("Accept-Language", "DE, en")]
        ));
        assert!(!matches(
            "Accept-Language",
            &[("Accept-Language", "en, de")],
            &[("Accept-Language", "en, en")]
        ));
        assert!(!matches("Accept-Language", &[("Accept-Language", "en")], &[("Accept-Language", "en, de")]));
    }

    #[test]
    fn s4_1_the_values_of_parameters_have_case() {
        let accept = |stored, asked| matches("Accept", &[("Accept", stored)], &[("Accept", asked)]);
        assert!(accept("text/html;p=\"A\", TEXT/*", "text/*, text/html;p=\"A\""));
        assert!(!accept("text/html;p=\"A\", */*", "text/html;p=\"a\", */*"));
        assert!(!accept("text/html", "text/html;p=1") && !accept("text/html;p=1", "text/html"));
    }

    #[cfg(feature = "negotiation")]
    #[test]
    fn s4_1_weights_are_compared_by_what_they_mean() {
        for name in ["Accept-Language", "accept-encoding", "Accept-Charset"] {
            let same = |stored, asked| matches(name, &[(name, stored)], &[(name, asked)]);
            assert!(same("a, b;q=0.5", "B ; Q=0.500, a;q=1"));
            assert!(!same("a, b;q=0.5", "a, b;q=0.6") && !same("a, b;q=0.5", "a, b"));
            assert!(!same("a;q=0.5, b", "a, b;q=0.5"));
            assert!(same("a;q=x", "a;q=x") && !same("a;q=x", "a;q=X"), "malformed: as it is");
        }
    }
}
