//! `Cache-Status` (RFC 9211): what a cache did with one request, for those who look at its answer.
//!
//! The cache sends no field by itself. A program that answers clients of its own, as a proxy, appends a
//! line to those that other caches have sent, and stores none of its own:
//!
//! ```
//! use larder::cache_status::{CacheStatus, Forward};
//!
//! let status = CacheStatus { forward: Some(Forward::Stale), forward_status: Some(304), ..CacheStatus::HIT };
//! let value = status.by("larder").map(|member| member.to_string());
//! assert_eq!(value.as_deref(), Some("larder; fwd=stale; fwd-status=304"));
//! ```

use crate::head::is_token;
use crate::reason::Reason;
use core::fmt::{self, Write};

/// What became of one request, in the words of RFC 9211 §2.
///
/// Of an answer of the client, [`Reply::cache_status`](crate::client::Reply::cache_status) tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct CacheStatus {
    /// Why the request went to the origin (`fwd`); `None`: it did not (`hit`).
    pub forward: Option<Forward>,
    /// What the origin answered (`fwd-status`); `None` if it was not asked or could not be reached.
    pub forward_status: Option<u16>,
    /// Whether the origin's response is stored (`stored`).
    pub stored: bool,
    /// Whether the request was answered together with others (`collapsed`); `Some(false)`: that was
    /// tried in vain, `None`: it was not.
    pub collapsed: Option<bool>,
    /// Seconds for which the response stays fresh (`ttl`), negative if it is stale; `None` if it is not
    /// stored, or its age is not known.
    pub ttl: Option<i64>,
    /// What `forward` leaves open (`detail`): why the response is not stored, else why the stored one was
    /// not used.
    pub detail: Option<Reason>,
}

/// Why a request went to the origin (RFC 9211 §2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Forward {
    /// The cache leaves such requests alone.
    Bypass,
    /// The method's responses are not reused.
    Method,
    /// Nothing is stored under the URI.
    UriMiss,
    /// Something is, but for other values of the fields that `Vary` names.
    VaryMiss,
    /// Nothing that is stored can be used.
    Miss,
    /// A stored response could be used, if the request did not forbid it.
    Request,
    /// A stored response must be validated.
    Stale,
    /// Only a part is stored, and not the one asked for.
    Partial,
}

impl Forward {
    /// The kind of a reason to forward.
    pub(crate) const fn of(reason: Reason) -> Self {
        match reason {
            Reason::MethodNotCached => Self::Method,
            Reason::HasContent | Reason::OriginPrecondition | Reason::NoAuthority => Self::Bypass,
            Reason::NothingStored => Self::UriMiss,
            Reason::VariantMismatch => Self::VaryMiss,
            Reason::RequestNoCache | Reason::RequestMaxAge | Reason::RequestMinFresh => Self::Request,
            Reason::ResponseNoCache
            | Reason::Invalidated
            | Reason::Stale
            | Reason::MustRevalidate
            | Reason::NoClock
            | Reason::AgeUnknown
            | Reason::StoreFailed => Self::Stale,
            Reason::Incomplete | Reason::DoesNotContinue => Self::Partial,
            _ => Self::Miss,
        }
    }

    const fn token(self) -> &'static str {
        match self {
            Self::Bypass => "bypass",
            Self::Method => "method",
            Self::UriMiss => "uri-miss",
            Self::VaryMiss => "vary-miss",
            Self::Miss => "miss",
            Self::Request => "request",
            Self::Stale => "stale",
            Self::Partial => "partial",
        }
    }
}

impl fmt::Display for Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.token())
    }
}

impl CacheStatus {
    /// A stored response answered; no more is known.
    pub const HIT: Self =
        Self { forward: None, forward_status: None, stored: false, collapsed: None, ttl: None, detail: None };

    /// The member that a cache called `name` adds to the field: a token where `name` is one, else a
    /// string. `None` if it has other than printable ASCII characters, which neither may have.
    pub fn by<'a>(&self, name: &'a str) -> Option<Member<'a>> {
        is_printable(name).then_some(Member { name, key: None, status: *self })
    }
}

/// One member of a `Cache-Status` field: it is [displayed](fmt::Display) as it is sent.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    name: &'a str,
    key: Option<&'a str>,
    status: CacheStatus,
}

impl<'a> Member<'a> {
    /// The same with the key the response is stored under (`key`), unless it has other than printable
    /// ASCII characters.
    pub fn with_key(self, key: &'a str) -> Self {
        Self { key: is_printable(key).then_some(key), ..self }
    }
}

impl fmt::Display for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, key, status } = self;
        if is_sf_token(name) {
            f.write_str(name)?;
        } else {
            write_string(f, name)?;
        }
        match status.forward {
            None => f.write_str("; hit")?,
            Some(forward) => {
                write!(f, "; fwd={}", forward.token())?;
                if let Some(number) = status.forward_status {
                    write!(f, "; fwd-status={number}")?;
                }
                if status.stored {
                    f.write_str("; stored")?;
                }
            }
        }
        match status.collapsed {
            Some(true) => f.write_str("; collapsed")?,
            Some(false) => f.write_str("; collapsed=?0")?,
            None => {}
        }
        if let Some(ttl) = status.ttl {
            write!(f, "; ttl={ttl}")?;
        }
        if let Some(key) = key {
            f.write_str("; key=")?;
            write_string(f, key)?;
        }
        if let Some(reason) = status.detail {
            f.write_str("; detail=")?;
            write!(Kebab(f), "{reason:?}")?;
        }
        Ok(())
    }
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|octet| matches!(octet, b' '..=b'~'))
}

/// Whether `text` is a token of Structured Fields (RFC 9651 §3.3.4).
fn is_sf_token(text: &str) -> bool {
    let starts = text.bytes().next().is_some_and(|octet| octet.is_ascii_alphabetic() || octet == b'*');
    starts && text.bytes().all(|octet| is_token(&[octet]) || b":/".contains(&octet))
}

/// A string of Structured Fields (RFC 9651 §4.1.6). `text` is printable.
fn write_string(f: &mut impl Write, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(character)?;
    }
    f.write_char('"')
}

/// Writes a `NameLikeThis` as `name-like-this`: it is a token then.
struct Kebab<'f, 'g>(&'f mut fmt::Formatter<'g>);

impl Write for Kebab<'_, '_> {
    fn write_str(&mut self, name: &str) -> fmt::Result {
        let mut before: Option<char> = None;
        for character in name.chars() {
            let begins_number = character.is_ascii_digit() && before.is_some_and(char::is_alphabetic);
            if before.is_some() && (character.is_ascii_uppercase() || begins_number) {
                self.0.write_char('-')?;
            }
            self.0.write_char(character.to_ascii_lowercase())?;
            before = Some(character);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::structured;

    const MISS: CacheStatus = CacheStatus { forward: Some(Forward::UriMiss), ..CacheStatus::HIT };

    fn text(status: CacheStatus) -> String {
        status.by("larder").unwrap().to_string()
    }

    /// The parameters of a member, read as the members of a dictionary: their grammar is the same.
    fn parsed(member: &str) -> Vec<String> {
        let parameters = member.split_once("; ").unwrap().1.replace("; ", ", ");
        let mut found = Vec::new();
        let members = structured::dictionary([parameters.as_bytes()].into_iter(), |key, value| {
            found.push(format!("{} {value:?}", key.escape_ascii()));
            Some(())
        });
        assert_eq!(members, Some(found.len()));
        found
    }

    #[test]
    fn s2_of_9211_the_octets_of_a_member() {
        let fwd = |forward| CacheStatus { forward: Some(forward), ..CacheStatus::HIT };
        for (status, expected) in [
            (CacheStatus::HIT, "larder; hit"),
            (CacheStatus { ttl: Some(376), ..CacheStatus::HIT }, "larder; hit; ttl=376"),
            (CacheStatus { ttl: Some(-412), ..CacheStatus::HIT }, "larder; hit; ttl=-412"),
            (MISS, "larder; fwd=uri-miss"),
            (CacheStatus { stored: true, ttl: Some(60), ..MISS }, "larder; fwd=uri-miss; stored; ttl=60"),
            (CacheStatus { collapsed: Some(true), ..MISS }, "larder; fwd=uri-miss; collapsed"),
            (CacheStatus { collapsed: Some(false), ..MISS }, "larder; fwd=uri-miss; collapsed=?0"),
            (
                CacheStatus { forward_status: Some(304), ..fwd(Forward::Stale) },
                "larder; fwd=stale; fwd-status=304",
            ),
            (
                CacheStatus { detail: Some(Reason::RequestNoCache), ..fwd(Forward::Request) },
                "larder; fwd=request; detail=request-no-cache",
            ),
            (fwd(Forward::VaryMiss), "larder; fwd=vary-miss"),
            (fwd(Forward::Miss), "larder; fwd=miss"),
            (fwd(Forward::Partial), "larder; fwd=partial"),
            (fwd(Forward::Method), "larder; fwd=method"),
            (fwd(Forward::Bypass), "larder; fwd=bypass"),
        ] {
            assert_eq!(text(status), expected);
        }
    }

    #[test]
    fn s2_of_9211_a_hit_has_nothing_of_a_forwarded_request() {
        let status = CacheStatus { forward_status: Some(200), stored: true, ..CacheStatus::HIT };
        assert_eq!(text(status), "larder; hit");
    }

    #[test]
    fn s2_of_9211_a_name_that_is_no_token_is_a_string() {
        for (name, expected) in [
            ("larder", "larder; hit"),
            ("cache.example:8080/a", "cache.example:8080/a; hit"),
            ("*x", "*x; hit"),
            ("CDN Company Here", "\"CDN Company Here\"; hit"),
            ("127.0.0.1", "\"127.0.0.1\"; hit"),
            ("a\"b\\c", "\"a\\\"b\\\\c\"; hit"),
            ("", "\"\"; hit"),
        ] {
            assert_eq!(CacheStatus::HIT.by(name).unwrap().to_string(), expected);
        }
        for name in ["k\u{fc}che", "a\nb", "a\u{7f}"] {
            assert!(CacheStatus::HIT.by(name).is_none(), "{name:?}");
        }
    }

    #[test]
    fn s2_of_9211_what_is_written_is_read_again() {
        let status = CacheStatus {
            forward_status: Some(200),
            stored: true,
            collapsed: Some(false),
            ttl: Some(-5),
            detail: Some(Reason::NoMatchFor304),
            ..MISS
        };
        let member = status.by("larder").unwrap().with_key("http://h/a?\"b\"").to_string();
        let expected = [
            "fwd Other",
            "fwd-status Integer(200)",
            "stored Boolean(true)",
            "collapsed Boolean(false)",
            "ttl Integer(-5)",
            "key String([104, 116, 116, 112, 58, 47, 47, 104, 47, 97, 63, 92, 34, 98, 92, 34])",
            "detail Other",
        ];
        assert_eq!(parsed(&member), expected);
        assert!(member.ends_with("; key=\"http://h/a?\\\"b\\\"\"; detail=no-match-for-304"), "{member}");
        let member = CacheStatus::HIT.by("x").unwrap().with_key("http://h/\u{fc}").to_string();
        assert_eq!(member, "x; hit", "a key that no string can hold is left out");
    }

    #[test]
    fn s2_8_of_9211_every_detail_is_a_token() {
        for reason in [Reason::NothingStored, Reason::NoMatchFor304, Reason::HeadTooLarge, Reason::Secret] {
            let member = text(CacheStatus { detail: Some(reason), ..MISS });
            let token = member.rsplit_once('=').unwrap().1;
            let is_kebab = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'-';
            assert!(is_sf_token(token) && token.bytes().all(is_kebab), "{token}");
            assert_eq!(parsed(&member).last().map(String::as_str), Some("detail Other"));
        }
    }
}
