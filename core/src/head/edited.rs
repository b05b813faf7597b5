//! A head that differs in a few lines from another one, without a second buffer.

use super::names::KnownSet;
use super::{Field, Fields, FieldsIter, Known};
use crate::fields::list::{self, Elements};
use crate::fields::{ResponseDirectives, cache_control};

/// Lines made by the cache itself: at most this many in one head.
const ADDED_MAX: usize = 4;

/// Fields that `Connection` cannot take away, since they are for every recipient (RFC 9110 §7.6.1):
/// what may be stored is judged with them, and so must be what is stored.
const NEVER_OF_THE_CONNECTION: KnownSet = KnownSet::of(&[
    Known::Age,
    Known::CacheControl,
    Known::ContentLength,
    Known::ContentLocation,
    Known::ContentRange,
    Known::Date,
    Known::ETag,
    Known::Expires,
    Known::LastModified,
    Known::Vary,
]);

/// A head made of others: some lines left out, some replaced, some added.
///
/// What a state hands out: the fields to store, to send or to serve. Iterate it as often as
/// needed; nothing is copied.
#[derive(Clone, Copy, Debug)]
pub struct Edited<'a> {
    /// Lines that were there before.
    base: Fields<'a>,
    /// Lines that just arrived: each replaces all of its name in the base.
    incoming: Fields<'a>,
    has_incoming: bool,
    /// Names that are left out of both.
    dropped: KnownSet,
    /// Names that are left out of the base.
    outdated: KnownSet,
    /// Names that are left out of the incoming lines.
    not_taken: KnownSet,
    /// The incoming lines' `Connection` may name further lines to leave out.
    by_connection: bool,
    /// The incoming lines' `private="…"` may, too.
    by_private: bool,
    /// A `no-cache="…"` may name lines of the base to leave out.
    by_no_cache: bool,
    /// If given, only these names pass.
    only: Option<KnownSet>,
    added: [Option<Field<'a>>; ADDED_MAX],
}

impl<'a> Edited<'a> {
    /// The lines of `base`.
    pub(crate) const fn new(base: Fields<'a>) -> Self {
        Self {
            base,
            incoming: Fields::EMPTY,
            has_incoming: false,
            dropped: KnownSet::EMPTY,
            outdated: KnownSet::EMPTY,
            not_taken: KnownSet::EMPTY,
            by_connection: false,
            by_private: false,
            by_no_cache: false,
            only: None,
            added: [None; ADDED_MAX],
        }
    }

    /// Lays the storable lines of `incoming` over the base (§3.1): those of the connection are left
    /// out, in a shared cache also those that `private="…"` names.
    pub(crate) fn taking(mut self, incoming: Fields<'a>, but_not: KnownSet, shared: bool) -> Self {
        self.incoming = incoming;
        self.has_incoming = !incoming.is_empty();
        self.not_taken = KnownSet::HOP_BY_HOP.and(but_not);
        self.by_connection = incoming.lines("connection").flat_map(Elements::of).any(|option| {
            // Options that are no fields, or fields that are left out anyway.
            !(option.eq_ignore_ascii_case(b"close") || self.not_taken.contains(option))
        });
        self.by_private = shared && ResponseDirectives::of(incoming).private_fields();
        self
    }

    /// Leaves the base's lines of these names out.
    pub(crate) const fn outdating(mut self, names: KnownSet) -> Self {
        self.outdated = names;
        self
    }

    /// Leaves out every line of these names.
    pub(crate) const fn dropping(mut self, names: KnownSet) -> Self {
        self.dropped = self.dropped.and(names);
        self
    }

    /// Leaves the base's lines out that a `no-cache="…"`, of the base or among those that arrived,
    /// names.
    pub(crate) const fn hiding_no_cache(mut self) -> Self {
        self.by_no_cache = true;
        self
    }

    /// Leaves out every line but those of these names.
    pub(crate) const fn only(mut self, names: KnownSet) -> Self {
        self.only = Some(names);
        self
    }

    /// Adds a line in place of all others of its name.
    pub(crate) fn with(mut self, name: Known, line: Field<'a>) -> Self {
        self.dropped = self.dropped.with(name);
        if let Some(slot) = self.added.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(line);
        }
        self
    }

    /// Every line, in order: the base's, those that arrived, those that were added.
    pub fn iter(&self) -> EditedIter<'a> {
        EditedIter { base: self.base.iter(), incoming: self.incoming.iter(), added: 0, head: *self }
    }

    /// The value of the first line called `name`, compared without regard to case.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.iter().find(|field| field.is(name)).map(|field| field.value())
    }

    /// Whether the rules for both sources let a line pass.
    fn passes(&self, name: &[u8]) -> bool {
        !self.dropped.contains(name)
            && self.only.is_none_or(|only| only.contains(name))
    }

    /// Whether a `no-cache="…"` keeps a line of the base back.
    fn is_hidden(&self, name: &[u8]) -> bool {
        [self.base, self.incoming].iter().any(|fields| cache_control::names_field(*fields, b"no-cache", name))
    }

    /// Whether an incoming line is one to take.
    fn takes(&self, name: &[u8]) -> bool {
        !self.not_taken.contains(name)
            && !(self.by_connection
                && !NEVER_OF_THE_CONNECTION.contains(name)
                && self.incoming.lines("connection").any(|value| list::contains(value, name)))
            && !(self.by_private && cache_control::names_field(self.incoming, b"private", name))
    }

    /// Whether an incoming line takes the place of the base's lines of that name.
    fn is_replaced(&self, name: &[u8]) -> bool {
        let mut incoming = self.incoming.iter();
        incoming.any(|line| line.is_called(name)) && self.takes(name)
    }
}

impl<'a> IntoIterator for Edited<'a> {
    type Item = Field<'a>;
    type IntoIter = EditedIter<'a>;

    fn into_iter(self) -> EditedIter<'a> {
        self.iter()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Edited<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        for field in self.iter() {
            defmt::write!(f, "{}; ", field);
        }
    }
}

/// The lines of an [`Edited`] head.
#[derive(Clone, Debug)]
pub struct EditedIter<'a> {
    head: Edited<'a>,
    base: FieldsIter<'a>,
    incoming: FieldsIter<'a>,
    added: usize,
}

impl<'a> Iterator for EditedIter<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let head = &self.head;
        for field in &mut self.base {
            let name = field.name_octets();
            if head.passes(name)
                && !head.outdated.contains(name)
                && !(head.has_incoming && head.is_replaced(name))
                && !(head.by_no_cache && head.is_hidden(name))
            {
                return Some(field);
            }
        }
        for field in &mut self.incoming {
            let name = field.name_octets();
            if head.passes(name) && head.takes(name) {
                return Some(field);
            }
        }
        let line = *self.head.added.get(self.added)?;
        self.added += 1;
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(head: Edited<'_>) -> Vec<&str> {
        head.iter().map(|field| field.name()).collect()
    }

    #[test]
    fn s3_1_lines_of_the_connection_are_left_out() {
        let response = Fields::new(&[
            ("Connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("Keep-Alive", "timeout=5"),
            ("X-Kept", "1"),
        ]);
        let stored = Edited::new(Fields::EMPTY).taking(response, KnownSet::EMPTY, false);
        assert_eq!(names(stored), ["X-Kept"]);
    }

    #[test]
    fn s3_2_incoming_lines_replace_all_of_their_name() {
        let base = Fields::new(&[("A", "1"), ("B", "1"), ("A", "2")]);
        let incoming = Fields::new(&[("a", "3"), ("C", "1"), ("Upgrade", "x")]);
        let merged = Edited::new(base).taking(incoming, KnownSet::EMPTY, false);
        assert_eq!(names(merged), ["B", "a", "C"]);
    }

    #[test]
    fn an_added_line_is_the_only_one_of_its_name() {
        let base = Fields::new(&[("Age", "1"), ("Age", "2")]);
        let head = Edited::new(base).with(Known::Age, Field::new("Age", b"7"));
        assert_eq!(head.iter().collect::<Vec<_>>(), [Field::new("Age", b"7")]);
    }
}
