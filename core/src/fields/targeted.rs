//! Targeted cache control (RFC 9213): `CDN-Cache-Control` and its kin.
//!
//! A targeted field is a Structured Fields dictionary (RFC 9651): stricter than `Cache-Control`, and
//! a field that is none is ignored whole.

use super::cache_control::{Lifetime, ResponseDirectives};
use super::structured::{self, Value};
use crate::head::Field;
use crate::time::DeltaSeconds;

/// The directives of the field called `name`.
///
/// `None` if it is absent or empty, or no dictionary, or if a directive has a value of another type
/// than its own: it is then ignored. Members with unknown keys and all parameters are ignored, of
/// repeated keys the last one counts.
pub(crate) fn directives<'f>(
    lines: impl IntoIterator<Item = Field<'f>>,
    name: &str,
) -> Option<ResponseDirectives> {
    let mut directives = ResponseDirectives::default();
    let lines = lines.into_iter().filter(|field| field.is(name)).map(|field| field.value());
    let members = structured::dictionary(lines, |key, value| directives.put(key, value))?;
    (members > 0).then_some(directives)
}

/// A number of seconds. A negative one is no lifetime at all; `None` if it is no integer.
fn lifetime(value: Value<'_>) -> Option<Lifetime> {
    match value {
        Value::Integer(seconds) => Some(match u64::try_from(seconds) {
            Ok(seconds) => Lifetime::Seconds(DeltaSeconds::new(seconds)),
            Err(_) => Lifetime::Invalid,
        }),
        _ => None,
    }
}

impl ResponseDirectives {
    /// Sets the directive `key` of a targeted field (RFC 9213), in place of an earlier one. Its names
    /// have case. `None` if it has no such value.
    fn put(&mut self, key: &[u8], value: Value<'_>) -> Option<()> {
        let flag = match key {
            b"max-age" => {
                self.max_age = lifetime(value)?;
                return Some(());
            }
            b"s-maxage" => {
                self.s_maxage = lifetime(value)?;
                return Some(());
            }
            b"stale-while-revalidate" => {
                self.stale_while_revalidate = lifetime(value)?;
                return Some(());
            }
            b"stale-if-error" => {
                self.stale_if_error = lifetime(value)?;
                return Some(());
            }
            b"no-store" => Self::NO_STORE,
            b"no-cache" => Self::NO_CACHE,
            b"private" => Self::PRIVATE,
            b"public" => Self::PUBLIC,
            b"must-revalidate" => Self::MUST_REVALIDATE,
            b"proxy-revalidate" => Self::PROXY_REVALIDATE,
            b"must-understand" => Self::MUST_UNDERSTAND,
            b"no-transform" => Self::NO_TRANSFORM,
            b"immutable" => Self::IMMUTABLE,
            _ => 0,
        };
        match value {
            Value::Boolean(false) => self.flags &= !flag,
            // A list of fields, or whatever else: the directive in its whole force.
            _ => self.flags |= flag,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Fields;

    fn parse(lines: &[&str]) -> Option<ResponseDirectives> {
        let lines: Vec<_> = lines.iter().map(|line| ("CDN-Cache-Control", *line)).collect();
        directives(Fields::new(&lines), "cdn-cache-control")
    }

    fn seconds(seconds: u64) -> Lifetime {
        Lifetime::Seconds(DeltaSeconds::new(seconds))
    }

    #[test]
    fn s2_1_of_9213_directives_are_members_of_a_dictionary() {
        let found =
            parse(&["max-age=60, no-transform;a=b ,\tmust-revalidate, foo=(a \"b\");c=1, bar=:YQ==:"])
                .unwrap();
        assert_eq!(found.max_age, seconds(60));
        assert!(found.must_revalidate() && found.no_transform() && !found.no_store());
        let found = parse(&["no-store", "", "s-maxage=5"]).unwrap();
        assert!(found.no_store());
        assert_eq!(found.s_maxage, seconds(5));
        assert_eq!(parse(&["max-age=99999999999"]).unwrap().max_age, Lifetime::Seconds(DeltaSeconds::MAX));
    }

    #[test]
    fn s2_1_of_9213_of_repeated_keys_the_last_one_counts() {
        let found = parse(&["max-age=60, no-store, max-age=5", "no-store=?0"]).unwrap();
        assert_eq!(found.max_age, seconds(5));
        assert!(!found.no_store());
    }

    #[test]
    fn s2_1_of_9213_what_is_no_dictionary_is_ignored_whole() {
        for line in [
            "",
            " ",
            "max-age=60,",
            "max-age =60",
            "max-age= 60",
            "MaX-aGe=60",
            "max-age=60 no-store",
            "max-age=&60",
            "max-age=\"60\"",
            "max-age=60.5",
            "max-age",
            "max-age=1234567890123456",
            "no-store, foo=\"\u{fc}\"",
            "no-store, foo=?2",
            "no-store, foo=(a",
            "no-store, foo=\"a",
            "no-store, foo=:a",
            "no-store, foo=-",
        ] {
            assert_eq!(parse(&[line]), None, "{line}");
        }
        assert_eq!(parse(&[]), None);
    }

    #[test]
    fn s2_1_of_9213_a_qualified_directive_is_taken_for_its_whole_force() {
        assert!(parse(&["no-cache=\"X\""]).unwrap().no_cache());
        assert!(parse(&["private=(a b)"]).unwrap().private());
        assert_eq!(parse(&["max-age=-1"]).unwrap().max_age, Lifetime::Invalid);
    }
}
