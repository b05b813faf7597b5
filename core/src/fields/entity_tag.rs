//! Entity-tags (RFC 9110 §8.8.3).

use super::trim;

/// An entity-tag, as `ETag` and `If-None-Match` carry it.
///
/// Servers also send tags without quotes; they are kept as they are and equal only themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct EntityTag<'a> {
    weak: bool,
    /// With its quotes.
    opaque: &'a [u8],
}

impl<'a> EntityTag<'a> {
    /// The tag of a whole `ETag` value; `None` if it is empty.
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let value = trim(value);
        if value.is_empty() {
            return None;
        }
        Some(match value.strip_prefix(b"W/") {
            Some(opaque) if opaque.starts_with(b"\"") => Self { weak: true, opaque },
            _ => Self { weak: false, opaque: value },
        })
    }

    /// Whether it is marked weak.
    pub const fn is_weak(&self) -> bool {
        self.weak
    }

    /// What stands behind `W/`, with its quotes.
    pub const fn opaque(&self) -> &'a [u8] {
        self.opaque
    }

    /// Its length in octets, `W/` and quotes with it.
    pub(crate) const fn octets(&self) -> usize {
        self.opaque.len() + if self.weak { 2 } else { 0 }
    }

    /// Strong comparison: both are strong and the same octets (RFC 9110 §8.8.3.2).
    pub fn strong_eq(&self, other: &EntityTag<'_>) -> bool {
        !self.weak && !other.weak && self.opaque == other.opaque
    }

    /// Weak comparison: the same octets, weak or not (RFC 9110 §8.8.3.2).
    pub fn weak_eq(&self, other: &EntityTag<'_>) -> bool {
        self.opaque == other.opaque
    }
}

/// The tags of an `If-None-Match` or `If-Match` value. Octets that make no tag are read up to
/// the next comma.
#[derive(Clone, Debug)]
pub(crate) struct EntityTags<'a>(&'a [u8]);

impl<'a> EntityTags<'a> {
    pub(crate) const fn of(value: &'a [u8]) -> Self {
        Self(value)
    }
}

impl<'a> Iterator for EntityTags<'a> {
    type Item = EntityTag<'a>;

    fn next(&mut self) -> Option<EntityTag<'a>> {
        let start = self.0.iter().position(|octet| !matches!(octet, b' ' | b'\t' | b','))?;
        let rest = self.0.get(start..)?;
        // A comma may be part of an opaque tag, a backslash is an octet like any other.
        let prefix = if rest.starts_with(b"W/\"") { 2 } else { 0 };
        let tag = rest.get(prefix..)?;
        let len = match tag.split_first() {
            Some((b'"', inner)) => inner.iter().position(|octet| *octet == b'"').map(|at| at + 2),
            _ => None,
        };
        let end = match len {
            Some(len) => prefix + len,
            None => rest.iter().position(|octet| *octet == b',').unwrap_or(rest.len()),
        };
        let (tag, rest) = rest.split_at_checked(end)?;
        self.0 = rest;
        EntityTag::parse(tag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(text: &str) -> EntityTag<'_> {
        EntityTag::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn s8_8_3_2_comparison() {
        for (a, b, strong, weak) in [
            (r#"W/"1""#, r#"W/"1""#, false, true),
            (r#"W/"1""#, r#"W/"2""#, false, false),
            (r#"W/"1""#, r#""1""#, false, true),
            (r#""1""#, r#""1""#, true, true),
            (r#""1""#, "1", false, false),
        ] {
            assert_eq!(tag(a).strong_eq(&tag(b)), strong, "{a} {b}");
            assert_eq!(tag(a).weak_eq(&tag(b)), weak, "{a} {b}");
        }
    }

    #[test]
    fn s13_1_2_a_list_of_tags() {
        let tags: Vec<_> = EntityTags::of(br#""a", W/"b,c" ,"d\", e"#).collect();
        assert_eq!(tags, [tag(r#""a""#), tag(r#"W/"b,c""#), tag(r#""d\""#), tag("e")]);
        assert_eq!(EntityTags::of(b" , ").count(), 0);
    }
}
