//! A head that differs in a few lines from another one, without a second buffer.

use super::names::KnownSet;
use super::{Field, Fields, FieldsIter, Known};
use crate::fields::ResponseDirectives;
use crate::fields::cache_control::names_field;
use crate::fields::list::{self, Elements};

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

/// The incoming lines' `Connection` may name further lines to leave out.
const BY_CONNECTION: u8 = 1;
/// The incoming lines' `private="…"` may, too.
const BY_PRIVATE: u8 = 1 << 1;
/// A `no-cache="…"` may name lines of the base to leave out.
const BY_NO_CACHE: u8 = 1 << 2;
/// Only some names pass.
const BY_NAME: u8 = 1 << 3;

/// What may leave out lines of the base.
const OF_THE_BASE: u8 = BY_PRIVATE | BY_NO_CACHE | BY_NAME;
/// What may leave out lines that arrived.
const OF_INCOMING: u8 = BY_CONNECTION | BY_PRIVATE | BY_NAME;

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
    /// The names of the incoming lines, so that few lines of the base are compared with each.
    incoming_names: NameFilter,
    /// Names that are left out of the base.
    not_kept: KnownSet,
    /// Names that are left out of the incoming lines.
    not_taken: KnownSet,
    /// What else may leave lines out; 0 for most heads, which are then looked through quickly.
    by: u8,
    /// The names that pass, if others do not ([`BY_NAME`]).
    only: KnownSet,
    added: [Option<Field<'a>>; ADDED_MAX],
}

impl<'a> Edited<'a> {
    /// The lines of `base`.
    #[inline(never)]
    pub(crate) const fn new(base: Fields<'a>) -> Self {
        Self {
            base,
            incoming: Fields::EMPTY,
            incoming_names: NameFilter::EMPTY,
            not_kept: KnownSet::EMPTY,
            not_taken: KnownSet::EMPTY,
            by: 0,
            only: KnownSet::EMPTY,
            added: [None; ADDED_MAX],
        }
    }

    /// Lays the storable lines of `incoming` over the base (§3.1): those of the connection are left
    /// out, in a shared cache also those that `private="…"` names.
    pub(crate) fn take(&mut self, incoming: Fields<'a>, but_not: KnownSet, shared: bool) -> &mut Self {
        self.incoming = incoming;
        self.not_taken = self.not_taken.and(KnownSet::HOP_BY_HOP).and(but_not);
        for line in incoming {
            self.incoming_names.add(line.name_octets());
            if line.is("connection") && self.takes_less_by(line.value()) {
                self.by |= BY_CONNECTION;
            }
        }
        if shared && ResponseDirectives::of(incoming).private_fields() {
            self.by |= BY_PRIVATE;
        }
        self
    }

    /// Leaves the base's lines of these names out.
    pub(crate) const fn outdate(&mut self, names: KnownSet) -> &mut Self {
        self.not_kept = self.not_kept.and(names);
        self
    }

    /// Leaves out every line of these names.
    pub(crate) const fn drop_all(&mut self, names: KnownSet) -> &mut Self {
        self.not_kept = self.not_kept.and(names);
        self.not_taken = self.not_taken.and(names);
        self
    }

    /// Leaves the base's lines out that a `no-cache="…"`, of the base or among those that arrived,
    /// names.
    pub(crate) const fn hide_no_cache(&mut self) -> &mut Self {
        self.by |= BY_NO_CACHE;
        self
    }

    /// Leaves out every line but those of these names.
    pub(crate) const fn keep_only(&mut self, names: KnownSet) -> &mut Self {
        self.by |= BY_NAME;
        self.only = names;
        self
    }

    /// Adds a line in place of all others of its name.
    pub(crate) fn add(&mut self, name: Known, line: Field<'a>) -> &mut Self {
        self.drop_all(KnownSet::of(&[name]));
        if let Some(slot) = self.added.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(line);
        }
        self
    }

    /// Every line, in order: the base's, those that arrived, those that were added.
    pub fn iter(&self) -> EditedIter<'a> {
        EditedIter { base: self.base.iter(), incoming: self.incoming.iter(), added: 0, head: *self }
    }

    /// Whether `is` holds for the value of a line called `name`, in order, compared without regard to case. Which
    /// lines stay and which are taken depends on the name alone, so the others need not be looked at.
    pub(crate) fn any_line(&self, name: &str, is: &mut dyn FnMut(&'a [u8]) -> bool) -> bool {
        let octets = name.as_bytes();
        (self.base.contains(name) && self.keeps(octets) && self.base.any_line(name, is))
            || (self.incoming_names.may_contain(octets)
                && self.takes(octets)
                && self.incoming.any_line(name, is))
            || self.added.iter().flatten().any(|line| line.is(name) && is(line.value()))
    }

    /// The value of the first line called `name`, compared without regard to case.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        let mut first = None;
        self.any_line(name, &mut |value| {
            first = Some(value);
            true
        });
        first
    }

    /// Whether there is a line called `name`.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.any_line(name, &mut |_| true)
    }

    /// Whether a line of the base stays.
    #[inline]
    fn keeps(&self, name: &[u8]) -> bool {
        let is_out = self.not_kept.contains(name)
            || (self.incoming_names.may_contain(name) && self.is_replaced(name))
            || (self.by & OF_THE_BASE != 0 && self.is_left_out(OF_THE_BASE, name));
        !is_out
    }

    /// Whether an incoming line takes the place of the base's lines of that name.
    #[inline(never)]
    fn is_replaced(&self, name: &[u8]) -> bool {
        self.incoming.iter().any(|line| line.is_called(name)) && self.takes(name)
    }

    /// Whether one of the head's reasons that are among `by` leaves a line out: it is not among the names that pass, or a `no-cache="…"`, or
    /// the incoming lines' own `private="…"` or `Connection` name it.
    #[cold]
    fn is_left_out(&self, by: u8, name: &[u8]) -> bool {
        let by = self.by & by;
        (by & BY_NAME != 0 && !self.only.contains(name))
            || (by & BY_NO_CACHE != 0
                && [self.base, self.incoming].iter().any(|fields| names_field(*fields, b"no-cache", name)))
            || (by & BY_PRIVATE != 0 && names_field(self.incoming, b"private", name))
            || (by & BY_CONNECTION != 0
                && !NEVER_OF_THE_CONNECTION.contains(name)
                && self.incoming.lines("connection").any(|value| list::contains(value, name)))
    }

    /// Whether an incoming line is one to take.
    #[inline]
    fn takes(&self, name: &[u8]) -> bool {
        let is_out = self.not_taken.contains(name)
            || (self.by & OF_INCOMING != 0 && self.is_left_out(OF_INCOMING, name));
        !is_out
    }

    /// Whether a `Connection` value may name lines that would else be taken: it has other options
    /// than `close` and fields that are left out anyway.
    fn takes_less_by(&self, connection: &[u8]) -> bool {
        Elements::of(connection)
            .any(|option| !(option.eq_ignore_ascii_case(b"close") || self.not_taken.contains(option)))
    }
}

/// Tells for most names that they are not among some others.
#[derive(Clone, Copy, Debug)]
struct NameFilter(u32);

impl NameFilter {
    const EMPTY: Self = Self(0);

    fn add(&mut self, name: &[u8]) {
        self.0 |= Self::bit(name);
    }

    /// `false`: it is none of those added, in any case of its letters.
    fn may_contain(self, name: &[u8]) -> bool {
        self.0 != 0 && self.0 & Self::bit(name) != 0
    }

    /// One bit of 32 by the name's length, its first and its last letter.
    fn bit(name: &[u8]) -> u32 {
        match name {
            [first, .., last] => {
                1 << ((usize::from(first & 0x1f) ^ usize::from(last & 0x1f) << 1 ^ name.len()) & 31)
            }
            _ => 1,
        }
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
            if head.keeps(field.name_octets()) {
                return Some(field);
            }
        }
        for field in &mut self.incoming {
            if head.takes(field.name_octets()) {
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
        let mut stored = Edited::new(Fields::EMPTY);
        stored.take(response, KnownSet::EMPTY, false);
        assert_eq!(names(stored), ["X-Kept"]);
    }

    #[test]
    fn s3_2_incoming_lines_replace_all_of_their_name() {
        let base = Fields::new(&[("A", "1"), ("B", "1"), ("A", "2")]);
        let incoming = Fields::new(&[("a", "3"), ("C", "1"), ("Upgrade", "x")]);
        let mut merged = Edited::new(base);
        merged.take(incoming, KnownSet::EMPTY, false);
        assert_eq!(names(merged), ["B", "a", "C"]);
    }

    #[test]
    fn a_head_contains_what_it_emits() {
        let base = Fields::new(&[("A", "1"), ("B", "1"), ("Age", "1"), ("Te", "1")]);
        let incoming =
            Fields::new(&[("a", "3"), ("Upgrade", "x"), ("Connection", "c"), ("C", "1"), ("D", "1")]);
        let mut merged = Edited::new(base);
        merged
            .take(incoming, KnownSet::EMPTY, false)
            .outdate(KnownSet::of(&[Known::Te]))
            .add(Known::Age, Field::new("AGE", b"7"));
        assert_eq!(names(merged), ["B", "a", "D", "AGE"]);
        for name in ["A", "b", "age", "te", "upgrade", "connection", "c", "d", "e"] {
            assert_eq!(merged.contains(name), merged.get(name).is_some(), "{name}");
        }
    }

    #[test]
    fn a_filter_never_misses_a_name() {
        let mut filter = NameFilter::EMPTY;
        for name in ["", "x", "TE", "X-RateLimit-Remaining", "etag"] {
            filter.add(name.as_bytes());
            assert!(filter.may_contain(name.to_ascii_lowercase().as_bytes()), "{name}");
            assert!(filter.may_contain(name.to_ascii_uppercase().as_bytes()), "{name}");
        }
        assert!(!filter.may_contain(b"content-type"));
    }

    #[test]
    fn an_added_line_is_the_only_one_of_its_name() {
        let base = Fields::new(&[("Age", "1"), ("Age", "2")]);
        let mut head = Edited::new(base);
        head.add(Known::Age, Field::new("Age", b"7"));
        assert_eq!(head.iter().collect::<Vec<_>>(), [Field::new("Age", b"7")]);
    }
}
