//! All that the rules ask of a head, gathered in one pass over its lines.

use super::list::Elements;
use super::{EntityTag, RequestDirectives, ResponseDirectives, Vary, number, trim};
use crate::head::{Edited, Field, Fields, Known};
use crate::options::CacheOptions;
use crate::time::{DeltaSeconds, HttpDate};

/// A field that holds a date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Dated {
    /// The field is not there.
    #[default]
    Absent,
    /// It is no HTTP date, or repeated with another value.
    Invalid,
    /// It is that date.
    At(HttpDate),
}

impl Dated {
    pub(crate) const fn date(self) -> Option<HttpDate> {
        match self {
            Self::At(date) => Some(date),
            Self::Absent | Self::Invalid => None,
        }
    }

    fn add(&mut self, value: &[u8], now: Option<HttpDate>) {
        let next = HttpDate::parse(value, now).map_or(Self::Invalid, Self::At);
        *self = match *self {
            Self::Absent => next,
            same if same == next => same,
            _ => Self::Invalid,
        };
    }
}

/// What a response head says, as far as a cache asks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ResponseFacts<'a> {
    pub(crate) directives: ResponseDirectives,
    pub(crate) date: Dated,
    pub(crate) expires: Dated,
    /// Read when it is asked for: most decisions do without.
    last_modified: Option<&'a [u8]>,
    now: Option<HttpDate>,
    pub(crate) age: DeltaSeconds,
    pub(crate) has_age: bool,
    pub(crate) etag: Option<EntityTag<'a>>,
    /// `None` if it is absent, malformed, or repeated with another value (RFC 9110 §8.6).
    pub(crate) content_length: Option<u64>,
    has_content_length: bool,
    /// `Transfer-Encoding` overrides `Content-Length` (RFC 9112 §6.3).
    pub(crate) has_transfer_encoding: bool,
    pub(crate) vary: Vary<'a>,
    pub(crate) has_connection: bool,
    /// A hash of `Content-Encoding`; 0 without one. Two parts of one representation have the same.
    pub(crate) coding: u32,
}

impl<'a> ResponseFacts<'a> {
    /// Reads `fields` once. `now` decides the century of two-digit years.
    pub(crate) fn of(fields: Fields<'a>, now: Option<HttpDate>) -> Self {
        Self::of_lines(fields.iter(), fields, now)
    }

    /// Reads an edited head once. What it varies by is not known then.
    pub(crate) fn of_edited(lines: &Edited<'a>, now: Option<HttpDate>) -> Self {
        Self::of_lines(lines.iter(), Fields::EMPTY, now)
    }

    #[inline(always)]
    fn of_lines(lines: impl Iterator<Item = Field<'a>>, fields: Fields<'a>, now: Option<HttpDate>) -> Self {
        let mut facts = Self { now, ..Self::default() };
        for field in lines {
            let value = field.value();
            match field.known() {
                Some(Known::Age) if !facts.has_age => {
                    facts.has_age = true;
                    facts.age = age(value).unwrap_or_default();
                }
                Some(Known::CacheControl) => facts.directives.absorb(value),
                Some(Known::Connection) => facts.has_connection = true,
                Some(Known::ContentEncoding) => facts.coding = coding(facts.coding, value),
                Some(Known::ContentLength) => {
                    let length = content_length(value);
                    let agrees = !facts.has_content_length || facts.content_length == length;
                    facts.content_length = length.filter(|_| agrees);
                    facts.has_content_length = true;
                }
                Some(Known::Date) => facts.date.add(value, now),
                Some(Known::ETag) => facts.etag = EntityTag::parse(value),
                Some(Known::Expires) => facts.expires.add(value, now),
                Some(Known::LastModified) => facts.last_modified = Some(value),
                Some(Known::TransferEncoding) => facts.has_transfer_encoding = true,
                Some(Known::Vary) => facts.vary.add(value, fields),
                _ => {}
            }
        }
        facts
    }

    /// The same, the first of the targeted fields in the options that is there and valid in place of
    /// `Cache-Control` and `Expires` (RFC 9213 §2.2).
    #[cfg(feature = "targeted-fields")]
    pub(crate) fn targeted<'f, L>(mut self, lines: L, options: &CacheOptions) -> Self
    where
        L: IntoIterator<Item = Field<'f>> + Copy,
    {
        let found = options.targets.iter().find_map(|name| super::targeted::directives(lines, name));
        if let Some(directives) = found {
            self.directives = directives;
            self.expires = Dated::Absent;
        }
        self
    }

    /// The same: nothing is targeted at this cache.
    #[cfg(not(feature = "targeted-fields"))]
    pub(crate) fn targeted<L>(self, _: L, _: &CacheOptions) -> Self {
        self
    }

    /// `Last-Modified`, the last one if there are several; `None` if it is no date.
    pub(crate) fn last_modified(&self) -> Option<HttpDate> {
        self.last_modified.and_then(|value| HttpDate::parse(value, self.now))
    }
}

/// What a request head says, as far as a cache asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestFacts {
    pub(crate) directives: RequestDirectives,
    pub(crate) has_cache_control: bool,
    pub(crate) has_authorization: bool,
    pub(crate) pragma_no_cache: bool,
    pub(crate) has_if_match: bool,
    pub(crate) has_if_none_match: bool,
    pub(crate) has_if_modified_since: bool,
    pub(crate) has_range: bool,
    /// Content goes along with it.
    pub(crate) has_content: bool,
    /// The cache is the origin's own.
    #[cfg(feature = "server")]
    pub(crate) at_origin: bool,
    /// A digest of that content, if the caller gives one.
    #[cfg(feature = "query")]
    pub(crate) content_digest: Option<[u8; 32]>,
}

impl RequestFacts {
    /// Of a request that asks for nothing in particular.
    pub(crate) const NONE: Self = Self {
        directives: RequestDirectives::NONE,
        has_cache_control: false,
        has_authorization: false,
        pragma_no_cache: false,
        has_if_match: false,
        has_if_none_match: false,
        has_if_modified_since: false,
        has_range: false,
        has_content: false,
        #[cfg(feature = "server")]
        at_origin: false,
        #[cfg(feature = "query")]
        content_digest: None,
    };

    /// Whether a stored response may be other than whole to this request.
    pub(crate) const fn has_conditions(&self) -> bool {
        self.has_if_none_match
            || self.has_if_modified_since
            || self.has_range
            || (self.at_origin() && self.has_if_match)
    }

    /// Whether the cache is the origin's own.
    #[cfg(feature = "server")]
    pub(crate) const fn at_origin(&self) -> bool {
        self.at_origin
    }

    /// Never: this cache is not the origin's own.
    #[cfg(not(feature = "server"))]
    #[expect(clippy::unused_self, reason = "as with the feature `server`")]
    pub(crate) const fn at_origin(&self) -> bool {
        false
    }

    /// The same, without the directives that ask for something fresher, or something staler, than the
    /// cache would answer with, if the options say so.
    #[cfg(feature = "server")]
    pub(crate) fn heeded(self, options: &CacheOptions) -> Self {
        if options.heed_request_directives {
            return self;
        }
        Self { directives: self.directives.only_about_storing(), pragma_no_cache: false, ..self }
    }

    /// The same: every directive counts.
    #[cfg(not(feature = "server"))]
    pub(crate) const fn heeded(self, _: &CacheOptions) -> Self {
        self
    }

    /// Reads `fields` once.
    pub(crate) fn of(fields: Fields<'_>) -> Self {
        let mut facts = Self::NONE;
        for field in fields {
            let value = field.value();
            match field.known() {
                Some(Known::Authorization) => facts.has_authorization = true,
                Some(Known::CacheControl) => {
                    facts.has_cache_control = true;
                    facts.directives.absorb(value);
                }
                Some(Known::IfMatch | Known::IfUnmodifiedSince) => facts.has_if_match = true,
                Some(Known::IfNoneMatch) => facts.has_if_none_match = true,
                Some(Known::IfModifiedSince) => facts.has_if_modified_since = true,
                Some(Known::Pragma) => facts.pragma_no_cache |= super::list::contains(value, b"no-cache"),
                Some(Known::Range) => facts.has_range = true,
                _ => {}
            }
        }
        facts
    }
}

/// The first member of an `Age` value; `None` if it is no non-negative integer (§5.1).
fn age(value: &[u8]) -> Option<DeltaSeconds> {
    DeltaSeconds::parse(Elements::of(value).next()?)
}

/// The hash `before`, and a `Content-Encoding` line: FNV-1a of its letters in lower case.
fn coding(before: u32, value: &[u8]) -> u32 {
    let letters = value.iter().map(u8::to_ascii_lowercase).filter(|octet| !matches!(octet, b' ' | b'\t'));
    letters.fold(before ^ 0x811c_9dc5, |hash, octet| (hash ^ u32::from(octet)).wrapping_mul(0x0100_0193))
}

/// A `Content-Length`; `None` if it is no number of octets.
fn content_length(value: &[u8]) -> Option<u64> {
    number(trim(value), None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age_of(lines: &[(&str, &str)]) -> u32 {
        ResponseFacts::of(Fields::new(lines), None).age.as_secs()
    }

    #[test]
    fn s5_1_age_is_the_first_member_of_the_first_line() {
        assert_eq!(age_of(&[("Age", "7200, 0")]), 7200);
        assert_eq!(age_of(&[("Age", "0, 7200")]), 0);
        assert_eq!(age_of(&[("Age", "0"), ("Age", "7200")]), 0);
        assert_eq!(age_of(&[("Age", "7200"), ("Age", "0")]), 7200);
    }

    #[test]
    fn s5_1_an_invalid_age_is_ignored() {
        for value in ["abc", "-7200", "7200.0", "", "7200;foo=bar"] {
            assert_eq!(age_of(&[("Age", value)]), 0, "{value}");
        }
        assert_eq!(age_of(&[("Age", "99999999999999999999")]), 1 << 31);
    }

    #[test]
    fn a_date_repeated_with_another_value_is_invalid() {
        let epoch = "Thu, 01 Jan 1970 00:00:00 GMT";
        let later = "Thu, 01 Jan 1970 00:00:01 GMT";
        let expires = |values: [&str; 2]| {
            let lines = values.map(|value| ("Expires", value));
            ResponseFacts::of(Fields::new(&lines), None).expires
        };
        assert_eq!(expires([epoch, epoch]), Dated::At(HttpDate::from_unix(0)));
        assert_eq!(expires([epoch, later]), Dated::Invalid);
    }
}
