//! `Cache-Groups` and `Cache-Group-Invalidation` (RFC 9875): lists of strings.

use super::structured::{Items, Value};
use crate::head::Fields;
use crate::pair::Group;

/// The groups of a stored response.
pub(crate) const CACHE_GROUPS: &str = "cache-groups";

/// The groups that a response to an unsafe method invalidates.
pub(crate) const CACHE_GROUP_INVALIDATION: &str = "cache-group-invalidation";

/// The groups that the lines called `name` list, of the origin of `uri`.
///
/// None if one of them is no string, or the lines are no list (§2, §3): the field is then ignored.
/// Parameters are ignored. There may be any number of them, of any length.
pub(crate) fn groups<'a>(
    fields: Fields<'a>,
    name: &'static str,
    uri: &'a str,
) -> impl Iterator<Item = Group> + Clone + use<'a> {
    let items = Items::of(fields.lines(name));
    let is_valid = items.clone().all(|item| matches!(item, Ok(Value::String(_))));
    let strings = items.take(if is_valid { usize::MAX } else { 0 }).filter_map(|item| match item {
        Ok(Value::String(name)) => Some(name),
        _ => None,
    });
    strings.map(move |name| Group::escaped(uri, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &str = "http://h/a";

    fn of(uri: &str, lines: &[&str]) -> Vec<Group> {
        let lines: Vec<_> = lines.iter().map(|line| ("Cache-Groups", *line)).collect();
        groups(Fields::new(&lines), CACHE_GROUPS, uri).collect()
    }

    #[test]
    fn s2_of_9875_groups_are_the_members_of_every_line() {
        let both = of(URI, &["\"a\", \"b\""]);
        assert_eq!(both.len(), 2);
        assert_eq!(of(URI, &["\"a\"", "", " \"b\";x=1;y=\"z\" "]), both, "parameters are ignored");
        assert_eq!(of(URI, &["\"b\"", "\"a\""]), [both[1], both[0]]);
        assert!(of(URI, &[]).is_empty() && of(URI, &["", " "]).is_empty());
    }

    #[test]
    fn s2_of_9875_another_member_makes_the_field_invalid() {
        for line in [
            "\"a\", b",
            "\"a\", 1",
            "\"a\", 1.5",
            "\"a\", ?1",
            "\"a\", :YQ==:",
            "\"a\", (\"b\")",
            "\"a\", @1",
            "\"a\", %\"b\"",
            "\"a\",",
            "\"a\" \"b\"",
            "\"a",
            "a",
            "\"a\", \"\u{fc}\"",
            "\"a\\b\"",
            "\"a\"; ,\"b\"",
        ] {
            assert!(of(URI, &[line]).is_empty(), "{line}");
            assert!(of(URI, &["\"good\"", line]).is_empty(), "{line}");
        }
    }

    #[test]
    fn s2_of_9875_groups_have_case_and_belong_to_an_origin() {
        assert_ne!(of(URI, &["\"a\""]), of(URI, &["\"A\""]));
        assert_ne!(of(URI, &["\"a\""]), of(URI, &["\"a \""]));
        for other in ["https://h/a", "http://h:8080/a", "http://h.example/a"] {
            assert_ne!(of(URI, &["\"a\""]), of(other, &["\"a\""]), "{other}");
        }
        for same in ["HTTP://H:80", "http://h/b?c", "http://h"] {
            assert_eq!(of(URI, &["\"a\""]), of(same, &["\"a\""]), "{same}");
        }
        assert_eq!(of(URI, &["\"\""]).len(), 1, "the empty string is one too");
        assert_eq!(of(URI, &[r#""a\"b\\""#]), [Group::of("http://h", r#"a"b\"#)], "and what is escaped");
    }

    #[test]
    fn s2_of_9875_at_least_32_groups_of_32_characters() {
        let names: Vec<_> = (0..40).map(|n| format!("\"{n:0>40}\"")).collect();
        let mut found = of(URI, &[&names.join(", ")]);
        found.sort();
        found.dedup();
        assert_eq!(found.len(), 40);
    }
}
