//! Comma-separated lists (RFC 9110 §5.6.1), with quoted strings in them.

use super::{scan, trim_end};
use crate::head::{Fields, FieldsIter};

/// The elements of one list value: separated by commas outside quoted strings, trimmed, empty ones
/// skipped.
///
/// A quote that is never closed is no quote: what follows is split at its commas, so that a
/// malformed element hides none of the others.
#[derive(Clone, Debug)]
pub(crate) struct Elements<'a> {
    rest: &'a [u8],
    /// Some quote ahead may be closed. Once one is not, none behind it is: looking again for each
    /// would take quadratic time.
    closes: bool,
}

impl<'a> Elements<'a> {
    pub(crate) const fn of(value: &'a [u8]) -> Self {
        Self::resume(value, true)
    }

    /// Goes on with `rest`, whose quotes may be closed or not.
    pub(super) const fn resume(rest: &'a [u8], closes: bool) -> Self {
        Self { rest, closes }
    }

    /// What has not been looked at yet, and whether a quote in it may be closed.
    pub(super) const fn rest(&self) -> (&'a [u8], bool) {
        (self.rest, self.closes)
    }

    fn element_end(&mut self) -> usize {
        let at = scan::until_separator(self.rest);
        match self.rest.get(at) {
            Some(b',') | None => at,
            Some(_) => self.unusual_element_end(at),
        }
    }

    /// The same for an element with a quote or a blank at `at`.
    #[cold]
    fn unusual_element_end(&mut self, mut at: usize) -> usize {
        while let Some(octet) = self.rest.get(at) {
            match octet {
                b',' => break,
                b'"' if self.closes => match quoted_len(self.rest.get(at..).unwrap_or_default()) {
                    Some(len) => at += len,
                    None => {
                        self.closes = false;
                        at += 1;
                    }
                },
                _ => at += 1,
            }
        }
        at
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while let [b' ' | b'\t' | b',', rest @ ..] = self.rest {
            self.rest = rest;
        }
        if self.rest.is_empty() {
            return None;
        }
        let end = self.element_end();
        let (element, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        Some(trim_end(element))
    }
}

/// The elements of every line of one name, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Members<'a> {
    elements: Elements<'a>,
    lines: FieldsIter<'a>,
    name: &'a [u8],
}

impl<'a> Members<'a> {
    /// Those of the lines called `name`.
    pub(crate) fn of(fields: Fields<'a>, name: &'a [u8]) -> Self {
        Self { elements: Elements::of(&[]), lines: fields.iter(), name }
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            if let Some(element) = self.elements.next() {
                return Some(element);
            }
            let line = self.lines.find(|line| line.is_called(self.name))?;
            self.elements = Elements::of(line.value());
        }
    }
}

/// The length of the quoted string at the beginning of `octets`, with its quotes; `None` if it is
/// never closed.
pub(crate) fn quoted_len(octets: &[u8]) -> Option<usize> {
    let mut escaped = false;
    for (at, octet) in octets.iter().enumerate().skip(1) {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Whether the list `value` has the member `name`, without regard to case.
pub(crate) fn contains(value: &[u8], name: &[u8]) -> bool {
    Elements::of(value).any(|element| element.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(value: &str) -> Vec<&str> {
        Elements::of(value.as_bytes()).map(|element| core::str::from_utf8(element).unwrap()).collect()
    }

    #[test]
    fn s5_6_1_empty_elements_are_skipped() {
        assert_eq!(elements(" a ,, b\t,"), ["a", "b"]);
        assert!(elements(" , ,").is_empty());
    }

    #[test]
    fn commas_in_quoted_strings_do_not_separate() {
        assert_eq!(elements(r#"a="x, y", b="\", z", c"#), [r#"a="x, y""#, r#"b="\", z""#, "c"]);
    }

    #[test]
    fn an_open_quote_hides_nothing() {
        assert_eq!(elements(r#"a="x, no-store"#), [r#"a="x"#, "no-store"]);
        assert_eq!(elements(r#"a="x\", no-store"#), [r#"a="x\""#, "no-store"]);
    }
}
