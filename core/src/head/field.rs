//! Views of field lines: one line, and the lines of one head in their order.

use super::names::Known;
use super::packed;
use core::fmt;

/// One field line: a name and a value, as they were received.
///
/// The value is octets, since obs-text (RFC 9110 §5.5) need not be UTF-8. Leading and trailing
/// white space is not part of it. It is displayed escaped, for people; an [`Origin`](crate::Origin) sends
/// [`name`](Self::name) and [`value`](Self::value).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    name: &'a [u8],
    value: &'a [u8],
}

impl<'a> Field<'a> {
    /// A line of its own. Whether `name` is a token and `value` a field value is checked where
    /// the line enters a head ([`HeadMut::push`](super::HeadMut::push)).
    pub const fn new(name: &'a str, value: &'a [u8]) -> Self {
        Self { name: name.as_bytes(), value }
    }

    /// A line of octets that were checked when they were parsed.
    pub(crate) const fn from_octets(name: &'a [u8], value: &'a [u8]) -> Self {
        Self { name, value }
    }

    /// The name, in the case it was received in.
    pub fn name(&self) -> &'a str {
        core::str::from_utf8(self.name).unwrap_or_default()
    }

    /// The name's octets: a token.
    pub const fn name_octets(&self) -> &'a [u8] {
        self.name
    }

    /// Whether the line's name is `name`, without regard to case.
    #[inline]
    pub(crate) fn is_called(&self, name: &[u8]) -> bool {
        self.name.len() == name.len() && same_but_for_case(self.name, name)
    }

    /// The value's octets.
    pub const fn value(&self) -> &'a [u8] {
        self.value
    }

    /// The value as text, if it is UTF-8.
    pub fn text(&self) -> Option<&'a str> {
        core::str::from_utf8(self.value).ok()
    }

    /// Whether the line's name is `name`, without regard to case.
    #[inline]
    pub const fn is(&self, name: &str) -> bool {
        self.name.len() == name.len() && is_same(self.name, name.as_bytes())
    }

    #[inline]
    pub(crate) fn known(&self) -> Option<Known> {
        Known::of(self.name)
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name.escape_ascii(), self.value.escape_ascii())
    }
}

impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Field<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}: {=[u8]:a}", self.name(), self.value);
    }
}

/// For names of one length.
#[inline(never)]
fn same_but_for_case(a: &[u8], b: &[u8]) -> bool {
    a == b || a.eq_ignore_ascii_case(b)
}

/// The same, where they rarely are in one case.
#[inline(never)]
const fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Where one field line lies in the block of a head.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Span {
    pub(crate) name: u16,
    pub(crate) name_len: u16,
    pub(crate) value: u16,
    pub(crate) value_len: u16,
}

impl Span {
    fn field<'a>(&self, block: &'a [u8]) -> Option<Field<'a>> {
        Some(Field {
            name: slice(block, self.name, self.name_len)?,
            value: slice(block, self.value, self.value_len)?,
        })
    }
}

fn slice(block: &[u8], start: u16, len: u16) -> Option<&[u8]> {
    let start = usize::from(start);
    block.get(start..start.checked_add(usize::from(len))?)
}

/// The field lines of one head, in order, duplicates kept. A view: cheap to copy.
#[derive(Clone, Copy)]
pub struct Fields<'a>(Repr<'a>);

#[derive(Clone, Copy)]
enum Repr<'a> {
    Spans { block: &'a [u8], spans: &'a [Span] },
    Packed(&'a [u8]),
    Pairs(&'a [(&'a str, &'a str)]),
}

impl<'a> Fields<'a> {
    /// No field at all.
    pub const EMPTY: Self = Self(Repr::Pairs(&[]));

    /// Lines written down as pairs of name and value, as a request's often are.
    ///
    /// ```
    /// use larder::head::Fields;
    ///
    /// let fields = Fields::new(&[("Accept", "application/json")]);
    /// assert_eq!(fields.get("accept"), Some(&b"application/json"[..]));
    /// ```
    ///
    /// They are borrowed: an array whose values are made at run time needs a `let` of its own, that lives as long as
    /// the reply.
    pub const fn new(pairs: &'a [(&'a str, &'a str)]) -> Self {
        Self(Repr::Pairs(pairs))
    }

    pub(crate) const fn from_spans(block: &'a [u8], spans: &'a [Span]) -> Self {
        Self(Repr::Spans { block, spans })
    }

    /// Lines as a record keeps them; see [`crate::pair::record`].
    pub(crate) const fn from_packed(packed: &'a [u8]) -> Self {
        Self(Repr::Packed(packed))
    }

    /// Every line, in order.
    pub fn iter(&self) -> FieldsIter<'a> {
        FieldsIter(self.0)
    }

    /// Whether there is no line.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The values of every line called `name`, in order, compared without regard to case.
    pub fn lines<'n>(&self, name: &'n str) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a, 'n> {
        self.iter().filter(move |field| field.is(name)).map(|field| field.value())
    }

    /// Whether `is` holds for the value of a line called `name`, in order.
    #[inline(never)]
    pub(crate) fn any_line(&self, name: &str, is: &mut dyn FnMut(&'a [u8]) -> bool) -> bool {
        self.lines(name).any(is)
    }

    /// The value of the first line called `name`.
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.lines(name).next()
    }

    /// Whether a line is called `name`.
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

impl<'a> IntoIterator for Fields<'a> {
    type Item = Field<'a>;
    type IntoIter = FieldsIter<'a>;

    fn into_iter(self) -> FieldsIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Fields<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        for field in self.iter() {
            defmt::write!(f, "{}; ", field);
        }
    }
}

/// The lines of a head, one after the other.
#[derive(Clone, Debug)]
pub struct FieldsIter<'a>(Repr<'a>);

impl fmt::Debug for Repr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fields")
    }
}

impl<'a> Iterator for FieldsIter<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        match &mut self.0 {
            Repr::Spans { block, spans } => {
                let (first, rest) = spans.split_first()?;
                *spans = rest;
                first.field(block)
            }
            Repr::Packed(octets) => {
                let (field, rest) = packed::split_first(octets)?;
                *octets = rest;
                Some(field)
            }
            Repr::Pairs(pairs) => {
                let ((name, value), rest) = pairs.split_first()?;
                *pairs = rest;
                Some(Field::new(name, value.as_bytes()))
            }
        }
    }
}
