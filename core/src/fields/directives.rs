//! The directives of a `Cache-Control` line (RFC 9111 §5.2), whatever they mean.

use super::list::{Elements, quoted_len};
use super::{scan, trim};
use crate::head::Names;
use crate::time::DeltaSeconds;

/// Name and argument of every directive on one line.
#[derive(Clone, Debug)]
pub(super) struct Directives<'a> {
    rest: &'a [u8],
    /// As in [`Elements`].
    closes: bool,
}

impl<'a> Directives<'a> {
    pub(super) const fn of(line: &'a [u8]) -> Self {
        Self { rest: line, closes: true }
    }
}

impl<'a> Iterator for Directives<'a> {
    type Item = (&'a [u8], Argument<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = self.rest;
        while let [b' ' | b'\t' | b',', rest @ ..] = line {
            line = rest;
        }
        if line.is_empty() {
            return None;
        }
        let Some((name, argument, rest)) = plain(line) else {
            return self.any(line);
        };
        self.rest = rest;
        Some((name, argument))
    }
}

/// A directive's name, its argument, and the line behind it.
type Split<'a> = (&'a [u8], Argument<'a>, &'a [u8]);

/// The first directive, if it is `name` or `name=token`, as nearly all are. What it finds is what
/// [`Directives::any`] would find.
#[inline]
fn plain(line: &[u8]) -> Option<Split<'_>> {
    let (name, rest) = line.split_at_checked(scan::until_equals_or_separator(line))?;
    match rest {
        [] | [b',', ..] if !name.is_empty() => Some((name, Argument::Absent, rest)),
        [b'=', rest @ ..] => {
            let (token, rest) = rest.split_at_checked(scan::until_separator(rest))?;
            let is_plain = !token.is_empty() && matches!(rest, [] | [b',', ..]);
            is_plain.then_some((name, Argument::Token(token), rest))
        }
        _ => None,
    }
}

impl<'a> Directives<'a> {
    /// The first directive in any form: quoted, with blanks, malformed.
    #[cold]
    fn any(&mut self, line: &'a [u8]) -> Option<(&'a [u8], Argument<'a>)> {
        let mut elements = Elements::resume(line, self.closes);
        let element = elements.next()?;
        (self.rest, self.closes) = elements.rest();
        Some(split(element))
    }
}

/// What a directive is called. Some are of requests, some of responses, some of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Immutable,
    MaxAge,
    MaxStale,
    MinFresh,
    MustRevalidate,
    MustUnderstand,
    NoCache,
    NoStore,
    NoTransform,
    OnlyIfCached,
    Private,
    ProxyRevalidate,
    Public,
    SMaxage,
    StaleIfError,
    StaleWhileRevalidate,
}

pub(super) static NAMES: Names<Name, 16> = Names::of([
    (b"public", Name::Public),
    (b"max-age", Name::MaxAge),
    (b"private", Name::Private),
    (b"no-cache", Name::NoCache),
    (b"no-store", Name::NoStore),
    (b"s-maxage", Name::SMaxage),
    (b"immutable", Name::Immutable),
    (b"max-stale", Name::MaxStale),
    (b"min-fresh", Name::MinFresh),
    (b"no-transform", Name::NoTransform),
    (b"only-if-cached", Name::OnlyIfCached),
    (b"stale-if-error", Name::StaleIfError),
    (b"must-revalidate", Name::MustRevalidate),
    (b"must-understand", Name::MustUnderstand),
    (b"proxy-revalidate", Name::ProxyRevalidate),
    (b"stale-while-revalidate", Name::StaleWhileRevalidate),
]);

/// What stands behind a directive's `=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument<'a> {
    Absent,
    Token(&'a [u8]),
    /// The inside of a quoted string, with its escapes.
    Quoted(&'a [u8]),
    Malformed,
}

impl<'a> Argument<'a> {
    pub(super) fn seconds(self) -> Option<DeltaSeconds> {
        match self {
            Self::Token(octets) | Self::Quoted(octets) => DeltaSeconds::parse(octets),
            Self::Absent | Self::Malformed => None,
        }
    }

    /// The field names it lists; `None` if it lists none.
    pub(super) fn list(self) -> Option<&'a [u8]> {
        match self {
            Self::Token(octets) | Self::Quoted(octets) => Some(octets),
            Self::Absent | Self::Malformed => None,
        }
    }

    /// Whether it lists field names and nothing else. What lists none, or is malformed, leaves the
    /// directive without names, and so with its whole force.
    pub(super) fn names_fields(self) -> bool {
        self.list().is_some_and(|names| {
            let mut elements = Elements::of(names).peekable();
            elements.peek().is_some() && elements.all(crate::head::is_token)
        })
    }
}

/// A directive's name and argument. Blanks around `=` are an error of the sender: they stay part
/// of the argument, which then is no number.
fn split(element: &[u8]) -> (&[u8], Argument<'_>) {
    let Some(at) = element.iter().position(|octet| *octet == b'=') else {
        return (element, Argument::Absent);
    };
    let (name, rest) = element.split_at_checked(at).unwrap_or((element, &[]));
    let blank = name.last().is_some_and(|octet| matches!(octet, b' ' | b'\t'));
    let argument = match rest.get(1..).unwrap_or_default() {
        _ if blank => Argument::Malformed,
        quoted @ [b'"', inner @ .., b'"'] if quoted_len(quoted) == Some(quoted.len()) => {
            Argument::Quoted(inner)
        }
        [] | [b'"', ..] => Argument::Malformed,
        token => Argument::Token(token),
    };
    (trim(name), argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_directives_are_what_they_are_in_any_form() {
        for name in ["", "a", "max-age", "stale-if-error", "a b"] {
            for argument in ["", "=", "=5", "=a=b", "= 5", " =5", "=\"5\"", "=\"5", "=5 5", "=\u{fc}"] {
                for last in ["", " ", ",", ", b", ",,", "\", x"] {
                    let line = format!("{name}{argument}{last}");
                    if let Some(plain) = plain(line.as_bytes()) {
                        let mut general = Directives::of(line.as_bytes());
                        let (name, argument, rest) = plain;
                        assert_eq!(Some((name, argument)), general.any(line.as_bytes()), "{line}");
                        assert_eq!(rest, general.rest, "{line}");
                    }
                }
            }
        }
        for line in ["public, a", "max-age=5", "a,", "=x"] {
            assert!(plain(line.as_bytes()).is_some(), "{line}");
        }
        for line in ["", ", a", "=", "a=\"5\"", "a =5", "a "] {
            assert!(plain(line.as_bytes()).is_none(), "{line}");
        }
    }
}
