//! Targeted cache control (RFC 9213): `CDN-Cache-Control` and its kin.
//!
//! A targeted field is a Structured Fields dictionary (RFC 9651): stricter than `Cache-Control`, and
//! a field that is none is ignored whole.

use super::cache_control::{Lifetime, ResponseDirectives};
use crate::head::Fields;
use crate::time::DeltaSeconds;

/// The directives of the field called `name`.
///
/// `None` if it is absent or empty, or no dictionary, or if a directive has a value of another type
/// than its own: it is then ignored. Members with unknown keys and all parameters are ignored, of
/// repeated keys the last one counts.
pub(crate) fn directives(fields: Fields<'_>, name: &str) -> Option<ResponseDirectives> {
    let mut directives = ResponseDirectives::default();
    let mut members = 0_usize;
    for line in fields.lines(name) {
        let mut parser = Parser(super::trim(line));
        // Lines are joined with commas; an empty one adds nothing.
        while !parser.0.is_empty() {
            let (key, value) = parser.member()?;
            directives.put(key, value)?;
            members += 1;
            parser.skip_blanks();
            if !parser.0.is_empty() {
                parser.take(b',')?;
                parser.skip_blanks();
                // A trailing comma is an error.
                parser.0.first()?;
            }
        }
    }
    (members > 0).then_some(directives)
}

/// A member's value, as far as a directive may have one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Boolean(bool),
    Integer(i64),
    /// A string, a token, a list, …
    Other,
}

impl Value {
    /// A number of seconds. A negative one is no lifetime at all; `None` if it is no integer.
    fn lifetime(self) -> Option<Lifetime> {
        match self {
            Self::Integer(seconds) => Some(match u64::try_from(seconds) {
                Ok(seconds) => Lifetime::Seconds(DeltaSeconds::new(seconds)),
                Err(_) => Lifetime::Invalid,
            }),
            Self::Boolean(_) | Self::Other => None,
        }
    }
}

impl ResponseDirectives {
    /// Sets the directive `key` of a targeted field (RFC 9213), in place of an earlier one. Its names
    /// have case. `None` if it has no such value.
    fn put(&mut self, key: &[u8], value: Value) -> Option<()> {
        let flag = match key {
            b"max-age" => {
                self.max_age = value.lifetime()?;
                return Some(());
            }
            b"s-maxage" => {
                self.s_maxage = value.lifetime()?;
                return Some(());
            }
            b"stale-while-revalidate" => {
                self.stale_while_revalidate = value.lifetime()?;
                return Some(());
            }
            b"stale-if-error" => {
                self.stale_if_error = value.lifetime()?;
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
            Value::Boolean(true) | Value::Integer(_) | Value::Other => self.flags |= flag,
        }
        Some(())
    }
}

/// What is left of a line.
struct Parser<'a>(&'a [u8]);

impl<'a> Parser<'a> {
    /// `key=value;parameters`, or a key alone, which is true (RFC 9651 §4.2.2).
    fn member(&mut self) -> Option<(&'a [u8], Value)> {
        let key = self.key()?;
        let value = if self.0.first() == Some(&b'=') {
            self.take(b'=')?;
            if self.0.first() == Some(&b'(') { self.inner_list()? } else { self.item()? }
        } else {
            Value::Boolean(true)
        };
        self.parameters()?;
        Some((key, value))
    }

    fn parameters(&mut self) -> Option<()> {
        while self.0.first() == Some(&b';') {
            self.take(b';')?;
            while self.0.first() == Some(&b' ') {
                self.take(b' ')?;
            }
            self.key()?;
            if self.0.first() == Some(&b'=') {
                self.take(b'=')?;
                self.item()?;
            }
        }
        Some(())
    }

    fn inner_list(&mut self) -> Option<Value> {
        self.take(b'(')?;
        loop {
            while self.0.first() == Some(&b' ') {
                self.take(b' ')?;
            }
            if self.0.first() == Some(&b')') {
                self.take(b')')?;
                return Some(Value::Other);
            }
            self.item()?;
            self.parameters()?;
            if !matches!(self.0.first(), Some(b' ' | b')')) {
                return None;
            }
        }
    }

    fn key(&mut self) -> Option<&'a [u8]> {
        let is_first = |octet: &u8| octet.is_ascii_lowercase() || *octet == b'*';
        self.0.first().filter(|octet| is_first(octet))?;
        Some(self.while_in(|octet| {
            octet.is_ascii_lowercase() || octet.is_ascii_digit() || b"_-.*".contains(octet)
        }))
    }

    /// A bare item (RFC 9651 §4.2.3.1).
    fn item(&mut self) -> Option<Value> {
        match self.0.first()? {
            b'?' => self.boolean(),
            b'"' => self.string(),
            b':' => self.byte_sequence(),
            b'@' => {
                self.take(b'@')?;
                matches!(self.number()?, Value::Integer(_)).then_some(Value::Other)
            }
            b'%' => {
                self.take(b'%')?;
                self.string()
            }
            b'-' | b'0'..=b'9' => self.number(),
            b'*' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.while_in(|octet| crate::head::is_token(&[*octet]) || b":/".contains(octet));
                Some(Value::Other)
            }
            _ => None,
        }
    }

    fn boolean(&mut self) -> Option<Value> {
        self.take(b'?')?;
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        match first {
            b'0' => Some(Value::Boolean(false)),
            b'1' => Some(Value::Boolean(true)),
            _ => None,
        }
    }

    fn string(&mut self) -> Option<Value> {
        self.take(b'"')?;
        loop {
            let (first, rest) = self.0.split_first()?;
            self.0 = rest;
            match first {
                b'"' => return Some(Value::Other),
                b'\\' => {
                    let (escaped, rest) = self.0.split_first()?;
                    matches!(escaped, b'"' | b'\\').then_some(())?;
                    self.0 = rest;
                }
                b' '..=b'~' => {}
                _ => return None,
            }
        }
    }

    fn byte_sequence(&mut self) -> Option<Value> {
        self.take(b':')?;
        self.while_in(|octet| octet.is_ascii_alphanumeric() || b"+/=".contains(octet));
        self.take(b':')?;
        Some(Value::Other)
    }

    /// An integer of at most 15 digits, or a decimal, which no directive has.
    fn number(&mut self) -> Option<Value> {
        let is_negative = self.0.first() == Some(&b'-');
        if is_negative {
            self.take(b'-')?;
        }
        let digits = self.while_in(u8::is_ascii_digit);
        if digits.is_empty() || digits.len() > 15 {
            return None;
        }
        if self.0.first() == Some(&b'.') {
            self.take(b'.')?;
            let fraction = self.while_in(u8::is_ascii_digit);
            let fits = digits.len() <= 12 && matches!(fraction.len(), 1..=3);
            return fits.then_some(Value::Other);
        }
        let number = digits.iter().fold(0_i64, |sum, digit| {
            sum.saturating_mul(10).saturating_add(i64::from(digit.wrapping_sub(b'0')))
        });
        Some(Value::Integer(if is_negative { number.saturating_neg() } else { number }))
    }

    fn while_in(&mut self, is_in: impl Fn(&u8) -> bool) -> &'a [u8] {
        let end = self.0.iter().position(|octet| !is_in(octet)).unwrap_or(self.0.len());
        let (taken, rest) = self.0.split_at_checked(end).unwrap_or((self.0, &[]));
        self.0 = rest;
        taken
    }

    fn skip_blanks(&mut self) {
        self.while_in(|octet| matches!(octet, b' ' | b'\t'));
    }

    fn take(&mut self, octet: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[octet])?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
