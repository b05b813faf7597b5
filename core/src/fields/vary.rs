//! `Vary` (RFC 9110 §12.5.5).

use super::list::{Elements, Members};
use crate::head::Fields;

/// What a response says of its selection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Vary<'a> {
    /// By the URI alone.
    #[default]
    Nothing,
    /// By the request fields that one line names.
    Line(&'a [u8]),
    /// By those that several lines name.
    Lines(Fields<'a>),
    /// By something no cache can know: it matches no request.
    Anything,
}

impl<'a> Vary<'a> {
    /// Adds one more `Vary` line of `fields`.
    pub(super) fn add(&mut self, value: &'a [u8], fields: Fields<'a>) {
        let mut is_empty = true;
        for name in Elements::of(value) {
            if name == b"*" {
                *self = Self::Anything;
            }
            is_empty = false;
        }
        *self = match *self {
            Self::Nothing if !is_empty => Self::Line(value),
            Self::Line(_) => Self::Lines(fields),
            same => same,
        };
    }

    /// Whether it names anything.
    pub(crate) const fn is_present(&self) -> bool {
        !matches!(self, Self::Nothing)
    }

    /// Whether `are` holds for every nominated field name.
    pub(crate) fn all_names(&self, mut are: impl FnMut(&'a [u8]) -> bool) -> bool {
        let are: &mut dyn FnMut(&'a [u8]) -> bool = &mut are;
        match self {
            Self::Nothing => true,
            Self::Anything => false,
            Self::Line(value) => Elements::of(value).all(are),
            Self::Lines(fields) => Members::of(*fields, b"vary").all(are),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::ResponseFacts;

    fn vary<'a>(lines: &'a [(&'a str, &'a str)]) -> Vary<'a> {
        ResponseFacts::of(Fields::new(lines), None).vary
    }

    #[test]
    fn s4_1_an_asterisk_anywhere_never_matches() {
        for lines in [
            &[("Vary", "*")][..],
            &[("Vary", "*, *")],
            &[("Vary", ", *")],
            &[("Vary", ""), ("Vary", "*")],
            &[("Vary", "*"), ("Vary", "Foo")],
            &[("Vary", "*, Foo")],
            &[("Vary", "Foo, *")],
        ] {
            assert!(matches!(vary(lines), Vary::Anything), "{lines:?}");
            assert!(!vary(lines).all_names(|_| true));
        }
    }

    #[test]
    fn s4_1_names_of_all_lines_count() {
        let lines = [("Vary", "Accept, "), ("X", "y"), ("vary", "Foo")];
        let vary_of_lines = vary(&lines);
        let names = std::cell::RefCell::new(Vec::new());
        assert!(vary_of_lines.all_names(|name| {
            names.borrow_mut().push(name);
            true
        }));
        assert_eq!(*names.borrow(), [&b"Accept"[..], b"Foo"]);
        assert!(!vary(&[("Vary", " , ")]).is_present());
    }
}
