//! `Cache-Control` (RFC 9111 §5.2): directives of requests and of responses.
//!
//! Names are compared without regard to case; arguments are tokens or quoted strings. Unknown
//! directives are ignored and malformed ones hide none of the others. When directives conflict,
//! the more restrictive one holds.

use super::directives::{Argument, Directives, NAMES, Name};
use super::list;
use crate::head::Fields;
use crate::time::DeltaSeconds;

/// A directive whose argument is a number of seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Lifetime {
    /// The directive is not there.
    #[default]
    Absent,
    /// Its argument is missing or no delta-seconds, or it is repeated with another argument.
    Invalid,
    /// That many.
    Seconds(DeltaSeconds),
}

impl Lifetime {
    /// The seconds, if the directive is there and valid.
    pub const fn seconds(self) -> Option<DeltaSeconds> {
        match self {
            Self::Seconds(seconds) => Some(seconds),
            Self::Absent | Self::Invalid => None,
        }
    }

    /// Whether the directive is there, valid or not.
    pub const fn is_present(self) -> bool {
        !matches!(self, Self::Absent)
    }

    fn add(&mut self, argument: Argument<'_>) {
        let next = argument.seconds().map_or(Self::Invalid, Self::Seconds);
        *self = match *self {
            Self::Absent => next,
            same if same == next => same,
            _ => Self::Invalid,
        };
    }
}

/// How much staleness a request accepts: `max-stale` (§5.2.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum StaleLimit {
    /// None: the directive is not there, its argument is invalid, or it is repeated with another one.
    #[default]
    None,
    /// Up to that much.
    Seconds(DeltaSeconds),
    /// Any: `max-stale` without argument.
    Any,
}

/// The directives of a response (§5.2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ResponseDirectives {
    /// `max-age`.
    pub max_age: Lifetime,
    /// `s-maxage`.
    pub s_maxage: Lifetime,
    /// `stale-while-revalidate` (RFC 5861 §3).
    pub stale_while_revalidate: Lifetime,
    /// `stale-if-error` (RFC 5861 §4).
    pub stale_if_error: Lifetime,
    pub(super) flags: u16,
}

macro_rules! flags {
    ($($(#[$doc:meta])* $method:ident = $flag:ident: $bit:expr;)*) => {
        $(pub(super) const $flag: u16 = 1 << $bit;)*
        $(
            $(#[$doc])*
            pub const fn $method(&self) -> bool {
                self.flags & Self::$flag != 0
            }
        )*
    };
}

impl ResponseDirectives {
    flags! {
        /// `no-store`.
        no_store = NO_STORE: 0;
        /// `no-cache` without field names.
        no_cache = NO_CACHE: 1;
        /// `no-cache="…"`: some fields must not be reused without validation.
        no_cache_fields = NO_CACHE_FIELDS: 2;
        /// `private` without field names.
        private = PRIVATE: 3;
        /// `private="…"`: a shared cache must not store some fields.
        private_fields = PRIVATE_FIELDS: 4;
        /// `public`.
        public = PUBLIC: 5;
        /// `must-revalidate`.
        must_revalidate = MUST_REVALIDATE: 6;
        /// `proxy-revalidate`.
        proxy_revalidate = PROXY_REVALIDATE: 7;
        /// `must-understand`.
        must_understand = MUST_UNDERSTAND: 8;
        /// `no-transform`.
        no_transform = NO_TRANSFORM: 9;
        /// `immutable` (RFC 8246).
        immutable = IMMUTABLE: 10;
    }

    /// The directives of every `Cache-Control` line in `fields`.
    pub fn of(fields: Fields<'_>) -> Self {
        let mut directives = Self::default();
        for line in fields.lines("cache-control") {
            directives.absorb(line);
        }
        directives
    }

    /// Adds the directives of one more line.
    pub(crate) fn absorb(&mut self, line: &[u8]) {
        for (name, argument) in Directives::of(line) {
            let lifetime = match NAMES.find(name) {
                Some(Name::MaxAge) => &mut self.max_age,
                Some(Name::SMaxage) => &mut self.s_maxage,
                Some(Name::StaleIfError) => &mut self.stale_if_error,
                Some(Name::StaleWhileRevalidate) => &mut self.stale_while_revalidate,
                Some(name) => {
                    self.flags |= Self::flag(name, argument);
                    continue;
                }
                None => continue,
            };
            lifetime.add(argument);
        }
    }

    /// The flag of a directive; none if it has no meaning here.
    fn flag(name: Name, argument: Argument<'_>) -> u16 {
        match name {
            Name::Public => Self::PUBLIC,
            Name::Private if argument.names_fields() => Self::PRIVATE_FIELDS,
            Name::Private => Self::PRIVATE,
            Name::NoStore => Self::NO_STORE,
            Name::NoCache if argument.names_fields() => Self::NO_CACHE_FIELDS,
            Name::NoCache => Self::NO_CACHE,
            Name::Immutable => Self::IMMUTABLE,
            Name::NoTransform => Self::NO_TRANSFORM,
            Name::MustRevalidate => Self::MUST_REVALIDATE,
            Name::MustUnderstand => Self::MUST_UNDERSTAND,
            Name::ProxyRevalidate => Self::PROXY_REVALIDATE,
            _ => 0,
        }
    }
}

/// The directives of a request (§5.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RequestDirectives {
    /// `max-age`: the oldest response accepted.
    pub max_age: Lifetime,
    /// `max-stale`: how stale a response is accepted.
    pub max_stale: StaleLimit,
    /// `min-fresh`: how long the response must stay fresh.
    pub min_fresh: Lifetime,
    /// `stale-if-error` (RFC 5861 §4).
    pub stale_if_error: Lifetime,
    flags: u16,
}

impl RequestDirectives {
    /// None at all.
    pub(crate) const NONE: Self = Self {
        max_age: Lifetime::Absent,
        max_stale: StaleLimit::None,
        min_fresh: Lifetime::Absent,
        stale_if_error: Lifetime::Absent,
        flags: 0,
    };

    flags! {
        /// `no-cache`.
        no_cache = NO_CACHE: 0;
        /// `no-store`.
        no_store = NO_STORE: 1;
        /// `no-transform`.
        no_transform = NO_TRANSFORM: 2;
        /// `only-if-cached`.
        only_if_cached = ONLY_IF_CACHED: 3;
    }

    /// The directives of every `Cache-Control` line in `fields`.
    pub fn of(fields: Fields<'_>) -> Self {
        let mut directives = Self::default();
        for line in fields.lines("cache-control") {
            directives.absorb(line);
        }
        directives
    }

    /// `no-store` and `no-transform` alone: those that are not about which stored response will do.
    #[cfg(feature = "server")]
    pub(crate) fn only_about_storing(self) -> Self {
        Self { flags: self.flags & (Self::NO_STORE | Self::NO_TRANSFORM), ..Self::NONE }
    }

    /// Adds the directives of one more line.
    pub(crate) fn absorb(&mut self, line: &[u8]) {
        for (name, argument) in Directives::of(line) {
            let lifetime = match NAMES.find(name) {
                Some(Name::MaxAge) => &mut self.max_age,
                Some(Name::MinFresh) => &mut self.min_fresh,
                Some(Name::StaleIfError) => &mut self.stale_if_error,
                Some(Name::MaxStale) => {
                    self.accept_stale(argument);
                    continue;
                }
                other => {
                    self.flags |= match other {
                        Some(Name::NoCache) => Self::NO_CACHE,
                        Some(Name::NoStore) => Self::NO_STORE,
                        Some(Name::NoTransform) => Self::NO_TRANSFORM,
                        Some(Name::OnlyIfCached) => Self::ONLY_IF_CACHED,
                        _ => 0,
                    };
                    continue;
                }
            };
            lifetime.add(argument);
        }
    }

    /// Adds a `max-stale`. Repeated with another argument it allows nothing.
    fn accept_stale(&mut self, argument: Argument<'_>) {
        let next = match (argument, argument.seconds()) {
            (Argument::Absent, _) => StaleLimit::Any,
            (_, Some(seconds)) => StaleLimit::Seconds(seconds),
            (_, None) => StaleLimit::None,
        };
        let is_repeated = self.flags & Self::MAX_STALE != 0;
        self.max_stale = if is_repeated && next != self.max_stale { StaleLimit::None } else { next };
        self.flags |= Self::MAX_STALE;
    }

    /// Whether `max-stale` is there, valid or not.
    const MAX_STALE: u16 = 1 << 4;
}

/// Whether a directive `directive="…"` of a `Cache-Control` line in `fields` names the field `name`.
pub(crate) fn names_field(fields: Fields<'_>, directive: &[u8], name: &[u8]) -> bool {
    fields.lines("cache-control").flat_map(Directives::of).any(|(found, argument)| {
        found.eq_ignore_ascii_case(directive)
            && argument.list().is_some_and(|names| list::contains(names, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(lines: &[&str]) -> ResponseDirectives {
        let mut directives = ResponseDirectives::default();
        for line in lines {
            directives.absorb(line.as_bytes());
        }
        directives
    }

    fn request(line: &str) -> RequestDirectives {
        let mut directives = RequestDirectives::default();
        directives.absorb(line.as_bytes());
        directives
    }

    fn seconds(seconds: u64) -> Lifetime {
        Lifetime::Seconds(DeltaSeconds::new(seconds))
    }

    #[test]
    fn s5_2_names_have_no_case_and_unknown_ones_are_ignored() {
        let directives = response(&["foobar, MaX-aGe=3600", "NO-STORE, x=\"max-age=1, private\""]);
        assert_eq!(directives.max_age, seconds(3600));
        assert!(directives.no_store() && !directives.private());
    }

    #[test]
    fn s5_2_nothing_on_the_line_hides_no_store() {
        for line in [
            "private=\"a, no-store",
            "\"\", no-store",
            ",,no-store,,",
            "max-age=\u{fc}, no-store",
            "=, no-store",
            "x=\"\\\", no-store",
            "no-store ",
            "no-store=1",
        ] {
            assert!(response(&[line]).no_store(), "{line}");
        }
        let mut directives = ResponseDirectives::default();
        directives.absorb(b"ext=\xff\xfe, no-store");
        assert!(directives.no_store());
        assert!(!response(&["x=\"no-store\", nostore, no-stores"]).no_store());
    }

    #[test]
    fn s4_2_1_a_lifetime_is_a_number_once() {
        assert_eq!(response(&["max-age=\"5\""]).max_age, seconds(5));
        assert_eq!(response(&["max-age=5, max-age=5"]).max_age, seconds(5));
        for line in [
            "max-age",
            "max-age=",
            "max-age=-1",
            "max-age=1.5",
            "max-age='5'",
            "max-age= 5",
            "max-age =5",
            "max-age=5 5",
            "max-age=5a",
            "max-age=5, max-age=6",
        ] {
            assert_eq!(response(&[line]).max_age, Lifetime::Invalid, "{line}");
        }
        assert_eq!(response(&["max-age=1", "max-age=2"]).max_age, Lifetime::Invalid);
        assert_eq!(response(&["s-maxage=1"]).max_age, Lifetime::Absent);
    }

    #[test]
    fn s5_2_2_4_qualified_directives_need_names() {
        let directives = response(&["no-cache=\"Set-Cookie, X\", private=\"Y\""]);
        assert!(directives.no_cache_fields() && !directives.no_cache());
        assert!(directives.private_fields() && !directives.private());
        assert!(response(&["private=x"]).private_fields());
        for line in ["no-cache=\"\"", "no-cache=", "no-cache=\"a b\"", "no-cache", "no-cache=\"a"] {
            assert!(response(&[line]).no_cache(), "{line}");
        }
    }

    #[test]
    fn s5_2_2_4_the_names_are_found() {
        let fields = Fields::new(&[("Cache-Control", "no-cache=\"Set-Cookie, X\", private=y")]);
        assert!(names_field(fields, b"no-cache", b"set-cookie"));
        assert!(names_field(fields, b"private", b"Y"));
        assert!(!names_field(fields, b"private", b"x"));
    }

    #[test]
    fn s5_2_1_directives_of_requests() {
        let directives = request("max-age=0, max-stale=60, min-fresh=5, only-if-cached, stale-if-error=9");
        assert_eq!(directives.max_age, seconds(0));
        assert_eq!(directives.max_stale, StaleLimit::Seconds(DeltaSeconds::new(60)));
        assert_eq!(directives.min_fresh, seconds(5));
        assert_eq!(directives.stale_if_error, seconds(9));
        assert!(directives.only_if_cached() && !directives.no_cache());
        assert_eq!(request("max-stale").max_stale, StaleLimit::Any);
        assert_eq!(request("max-stale=x").max_stale, StaleLimit::None);
        assert_eq!(request("max-stale=5, max-stale=5").max_stale, StaleLimit::Seconds(DeltaSeconds::new(5)));
        for line in [
            "max-stale=5, max-stale",
            "max-stale, max-stale=x",
            "max-stale=5, max-stale=6",
            "max-stale=x, max-stale",
        ] {
            assert_eq!(request(line).max_stale, StaleLimit::None, "{line}");
        }
    }
}
