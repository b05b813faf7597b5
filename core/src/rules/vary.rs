//! Selection among variants (RFC 9111 §4.1).

use crate::fields::Vary;
use crate::fields::list::Elements;
use crate::head::Fields;

/// Whether a request with `presented` fields selects a response with `vary`, which was stored for a
/// request with the `nominated` fields.
///
/// Every nominated field must match or be absent in both. Lines of one name are joined and blanks
/// around members dropped. Members are compared as they are, except in fields whose grammar gives
/// case and order no meaning.
pub(crate) fn selects(vary: &Vary<'_>, nominated: Fields<'_>, presented: Fields<'_>) -> bool {
    vary.all_names(|name| match (Given::of(nominated, name), Given::of(presented, name)) {
        (Given::Nothing, Given::Nothing) => true,
        (Given::Nothing, _) | (_, Given::Nothing) => false,
        (Given::Line(kept), Given::Line(given)) if kept == given => true,
        _ => same_members(name, nominated, presented),
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
}

fn same_members(name: &[u8], nominated: Fields<'_>, presented: Fields<'_>) -> bool {
    let kept = members(nominated, name);
    let given = members(presented, name);
    kept.clone().eq(given.clone()) || (is_unordered(name) && equal_in_any_order(kept, given))
}

fn members<'a>(fields: Fields<'a>, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + Clone {
    fields.iter().filter(move |field| field.is_called(name)).flat_map(|field| Elements::of(field.value()))
}

/// Fields whose members are tokens without case, with their weight beside them (RFC 9110 §12.5).
fn is_unordered(name: &[u8]) -> bool {
    [&b"accept-language"[..], b"accept-encoding", b"accept-charset", b"accept"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Lists longer than this are compared in their order only, so that the work stays bounded.
const UNORDERED_MAX: usize = 32;

fn equal_in_any_order<'a>(
    a: impl Iterator<Item = &'a [u8]> + Clone,
    b: impl Iterator<Item = &'a [u8]> + Clone,
) -> bool {
    let count = |list: &mut dyn Iterator<Item = &'a [u8]>, member: &[u8]| {
        list.filter(|other| member.eq_ignore_ascii_case(other)).count()
    };
    let length = a.clone().take(UNORDERED_MAX + 1).count();
    length <= UNORDERED_MAX
        && length == b.clone().take(UNORDERED_MAX + 1).count()
        && a.clone().all(|member| count(&mut a.clone(), member) == count(&mut b.clone(), member))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(vary: &str, stored: &[(&str, &str)], presented: &[(&str, &str)]) -> bool {
        let vary = [("Vary", vary)];
        let facts = crate::fields::ResponseFacts::of(Fields::new(&vary), None);
        selects(&facts.vary, Fields::new(stored), Fields::new(presented))
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
}
