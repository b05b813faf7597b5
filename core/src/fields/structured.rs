//! Structured Fields (RFC 9651): dictionaries and lists, the strict kinds of field value.
//!
//! What is none is ignored whole, so that nobody has to guess what a sender meant.

/// Hands every member of a dictionary to `put`, and answers how many there are.
///
/// `lines`: the values of all field lines of one name. They are joined with commas; an empty one adds
/// nothing. Parameters are checked and left out. Of repeated keys, the last one counts: that is
/// for `put` to heed.
///
/// `None` if it is no dictionary, or `put` says so: the field is then ignored, though `put` may have
/// seen members.
#[cfg(any(feature = "digest", feature = "targeted-fields", test))]
pub(crate) fn dictionary<'a>(
    lines: impl Iterator<Item = &'a [u8]>,
    mut put: impl FnMut(&'a [u8], Value<'a>) -> Option<()>,
) -> Option<usize> {
    let mut members = 0_usize;
    for line in lines {
        let mut parser = Parser(super::trim(line));
        while !parser.0.is_empty() {
            let (key, value) = parser.member()?;
            put(key, value)?;
            members += 1;
            parser.separator()?;
        }
    }
    Some(members)
}

/// A member's value, as far as the fields of this crate may have one.
#[derive(Clone, Copy, Debug)]
#[allow(dead_code, reason = "no single feature reads all of it")]
pub(crate) enum Value<'a> {
    Boolean(bool),
    Integer(i64),
    Binary(Binary<'a>),
    /// What stands between the quotes. The characters `"` and `\` are escaped, no others ever are: two are
    /// equal if their octets are.
    String(&'a [u8]),
    /// A token, a date, a list, …
    Other,
}

/// A byte sequence: its digits in base 64.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Binary<'a>(#[cfg_attr(not(feature = "digest"), allow(dead_code))] &'a [u8]);

impl<'a> Binary<'a> {
    /// `content`: what stands between the colons. `None` if it is not base 64. Padding may be left out,
    /// and bits that are left over need not be zero (§4.2.7).
    fn new(content: &'a [u8]) -> Option<Self> {
        let end = content.iter().position(|octet| *octet == b'=').unwrap_or(content.len());
        let (digits, padding) = content.split_at_checked(end)?;
        let most = match digits.len() % 4 {
            0 => 0,
            2 => 2,
            3 => 1,
            _ => return None,
        };
        let is_padding = padding.len() <= most && padding.iter().all(|octet| *octet == b'=');
        is_padding.then_some(Self(digits))
    }

    /// The octets it stands for.
    #[cfg(any(feature = "digest", test))]
    pub(super) fn octets(self) -> impl Iterator<Item = u8> + use<'a> {
        let mut digits = self.0.iter();
        let (mut bits, mut held) = (0_u32, 0_u32);
        core::iter::from_fn(move || {
            while held < 8 {
                bits = bits << 6 | u32::from(sextet(*digits.next()?));
                held += 6;
            }
            held -= 8;
            Some((bits >> held) as u8)
        })
    }
}

/// What a digit in base 64 stands for.
#[cfg(any(feature = "digest", test))]
const fn sextet(digit: u8) -> u8 {
    match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        _ => 63,
    }
}

/// The members of a list, of all field lines of one name, joined with commas.
///
/// Parameters are checked and left out. [`NoList`] is the last item, if it comes.
#[cfg(feature = "groups")]
#[derive(Clone)]
pub(crate) struct Items<'a, L> {
    lines: L,
    rest: Parser<'a>,
    ended: bool,
}

/// The field is no list.
#[cfg(feature = "groups")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoList;

#[cfg(feature = "groups")]
impl<'a, L: Iterator<Item = &'a [u8]>> Items<'a, L> {
    /// `lines`: the values of the field lines. An empty one adds nothing.
    pub(crate) const fn of(lines: L) -> Self {
        Self { lines, rest: Parser(&[]), ended: false }
    }
}

#[cfg(feature = "groups")]
impl<'a, L: Iterator<Item = &'a [u8]>> Iterator for Items<'a, L> {
    type Item = Result<Value<'a>, NoList>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended && self.rest.0.is_empty() {
            match self.lines.next() {
                Some(line) => self.rest = Parser(super::trim(line)),
                None => self.ended = true,
            }
        }
        if self.ended {
            return None;
        }
        let item = self.rest.list_member();
        self.ended = item.is_none();
        Some(item.ok_or(NoList))
    }
}

/// What is left of a line.
#[cfg_attr(feature = "groups", derive(Clone, Copy))]
struct Parser<'a>(&'a [u8]);

impl<'a> Parser<'a> {
    /// An item or inner list, and what separates it from the next (RFC 9651 §4.2.1).
    #[cfg(feature = "groups")]
    fn list_member(&mut self) -> Option<Value<'a>> {
        let value = if self.0.first() == Some(&b'(') { self.inner_list()? } else { self.item()? };
        self.parameters()?;
        self.separator()?;
        Some(value)
    }

    #[cfg(any(feature = "digest", feature = "targeted-fields", test))]
    /// `key=value;parameters`, or a key alone, which is true (RFC 9651 §4.2.2).
    fn member(&mut self) -> Option<(&'a [u8], Value<'a>)> {
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

    fn inner_list(&mut self) -> Option<Value<'a>> {
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
    fn item(&mut self) -> Option<Value<'a>> {
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
                self.string().map(|_| Value::Other)
            }
            b'-' | b'0'..=b'9' => self.number(),
            b'*' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.while_in(|octet| crate::head::is_token(&[*octet]) || b":/".contains(octet));
                Some(Value::Other)
            }
            _ => None,
        }
    }

    fn boolean(&mut self) -> Option<Value<'a>> {
        self.take(b'?')?;
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        match first {
            b'0' => Some(Value::Boolean(false)),
            b'1' => Some(Value::Boolean(true)),
            _ => None,
        }
    }

    fn string(&mut self) -> Option<Value<'a>> {
        self.take(b'"')?;
        let content = self.0;
        loop {
            let (first, rest) = self.0.split_first()?;
            let end = content.len() - self.0.len();
            self.0 = rest;
            match first {
                b'"' => return content.get(..end).map(Value::String),
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

    fn byte_sequence(&mut self) -> Option<Value<'a>> {
        self.take(b':')?;
        let content = self.while_in(|octet| octet.is_ascii_alphanumeric() || b"+/=".contains(octet));
        self.take(b':')?;
        Binary::new(content).map(Value::Binary)
    }

    /// An integer of at most 15 digits, or a decimal, which no directive has.
    fn number(&mut self) -> Option<Value<'a>> {
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

    /// What stands between two members. A trailing comma is an error.
    fn separator(&mut self) -> Option<()> {
        self.skip_blanks();
        if !self.0.is_empty() {
            self.take(b',')?;
            self.skip_blanks();
            self.0.first()?;
        }
        Some(())
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

    fn binary(content: &str) -> Option<Vec<u8>> {
        let line = format!("a=:{content}:");
        let mut found = None;
        dictionary([line.as_bytes()].into_iter(), |_, value| {
            let Value::Binary(binary) = value else { return None };
            found = Some(binary.octets().collect());
            Some(())
        })?;
        found
    }

    #[test]
    fn s4_2_7_of_9651_byte_sequences_are_base_64() {
        for (content, octets) in [
            ("", &b""[..]),
            ("aGVsbG8=", b"hello"),
            ("aGVsbG8", b"hello"),
            ("YQ==", b"a"),
            ("YQ", b"a"),
            ("iZ==", &[0x89]),
            ("/+Ah", &[0xff, 0xe0, 0x21]),
        ] {
            assert_eq!(binary(content).as_deref(), Some(octets), "{content}");
        }
    }

    #[test]
    fn s4_2_7_of_9651_what_is_not_base_64_is_no_dictionary() {
        for content in
            ["=aGVsbG8=", "a=GVsbG8=", "aGVsbG8==", "aGVsbG8.", "_-Ah", "a", "YQ===", "aGVs bG8=", "="]
        {
            assert_eq!(binary(content), None, "{content}");
        }
    }

    #[test]
    fn s4_2_2_of_9651_members_come_in_order_from_every_line() {
        let mut seen = Vec::new();
        let lines = [&b"a=1, b"[..], b"", b"  ", b"\ta=?0;x=2 , c=(1 2)"];
        let members = dictionary(lines.into_iter(), |key, value| {
            seen.push(format!("{} {value:?}", key.escape_ascii()));
            Some(())
        });
        assert_eq!(members, Some(4));
        assert_eq!(seen, ["a Integer(1)", "b Boolean(true)", "a Boolean(false)", "c Other"]);
    }
}
