//! `Vary` (RFC 9110 §12.5.5).

use super::list::Elements;
use crate::head::Fields;

/// What a response says of its selection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Vary<'a> {
    /// By the URI alone.
    Nothing,
    /// By the request fields that [`names`](Self::names) lists.
    Fields(Fields<'a>),
    /// By something no cache can know: it matches no request.
    Anything,
}

impl<'a> Vary<'a> {
    /// The meaning of every `Vary` line in `fields`.
    pub(crate) fn of(fields: Fields<'a>) -> Self {
        let mut members = members(fields).peekable();
        if members.peek().is_none() {
            Self::Nothing
        } else if members.any(|name| name == b"*") {
            Self::Anything
        } else {
            Self::Fields(fields)
        }
    }

    /// The nominated field names, in order, perhaps repeated.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        match self {
            Self::Fields(fields) => members(*fields),
            Self::Nothing | Self::Anything => members(Fields::EMPTY),
        }
    }
}

fn members<'a>(fields: Fields<'a>) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
    fields.lines("vary").flat_map(Elements::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s4_1_an_asterisk_anywhere_never_matches() {
        for lines in [
            &[("Vary", "*")][..],
            &[("Vary", "*, *")],
            &[("Vary", ", *")],
            &[("Vary", ""), ("Vary", "*")],
            &[("Vary", "*, Foo")],
            &[("Vary", "Foo, *")],
        ] {
            assert!(matches!(Vary::of(Fields::new(lines)), Vary::Anything), "{lines:?}");
        }
    }

    #[test]
    fn s4_1_names_of_all_lines_count() {
        let vary = Vary::of(Fields::new(&[("Vary", "Accept, "), ("vary", "Foo")]));
        assert!(vary.names().eq([&b"Accept"[..], b"Foo"]));
        assert!(matches!(Vary::of(Fields::new(&[("Vary", " , ")])), Vary::Nothing));
    }
}
