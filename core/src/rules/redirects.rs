//! Redirections that may be followed without asking anybody (RFC 9110 §15.4, §10.2.2).
//!
//! Before changing this file, read RFC 3986 §5.2 and RFC 9110 §15.4.

use crate::head::{Edited, Field, Method};
use crate::limits::REDIRECTS_MAX;
use crate::pair::PairKey;
use crate::rules::keys;
use core::fmt;
use heapless::Vec;
use heapless::string::StringView;

/// Follows redirections, hop by hop, and knows where they have been.
///
/// It says where the next request goes and what it may carry; sending it is the caller's, through the
/// cache: a redirection is stored as any response.
///
/// ```
/// use heapless::String;
/// use larder::head::{Fields, Method};
/// use larder::redirects::{Hop, Redirects};
///
/// let mut redirects = Redirects::new(Method::Get, "https://h/latest");
/// let mut uri: String<256> = String::new();
/// let said = Fields::new(&[("Location", "../v2/image?sig=1")]);
/// let hop = redirects.next(302, said.into(), Method::Get, "https://h/latest", &mut uri);
/// assert_eq!(hop, Ok(Some(Hop { method: Method::Get, crossed: false })));
/// assert_eq!(uri, "https://h/v2/image?sig=1");
/// ```
#[derive(Clone, Debug)]
pub struct Redirects {
    /// Where requests have gone that nothing but their URI tells apart.
    been: Vec<[u32; 2], { REDIRECTS_MAX + 1 }>,
    hops: usize,
    most: usize,
    crossed: bool,
}

/// Where a redirection leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Hop<'a> {
    /// The method of the next request. It has no content, whatever the last one had.
    pub method: Method<'a>,
    /// Whether this hop or an earlier one led to another scheme, host or port: the next request then
    /// carries no secrets ([`may_carry`](Self::may_carry)).
    pub crossed: bool,
}

impl Hop<'_> {
    /// Whether the next request may carry a line that the first one had: no secrets to another origin,
    /// and never what was about the first resource or its content (§15.4).
    pub fn may_carry(&self, name: &str) -> bool {
        let is_any = |names: &[&str]| names.iter().any(|one| name.eq_ignore_ascii_case(one));
        !(is_any(&OF_ONE_RESOURCE) || self.crossed && is_any(&SECRETS))
    }
}

impl Redirects {
    /// Before the first hop of a request; at most [`REDIRECTS_MAX`] follow.
    pub fn new(method: Method<'_>, uri: &str) -> Self {
        let mut been = Vec::new();
        if method.is_safe() {
            let _ = been.push(fingerprints(uri));
        }
        Self { been, hops: 0, most: REDIRECTS_MAX, crossed: false }
    }

    /// The same with another limit of hops, at most [`REDIRECTS_MAX`].
    pub fn at_most(self, hops: usize) -> Self {
        Self { most: hops.min(REDIRECTS_MAX), ..self }
    }

    /// How many hops were followed.
    pub const fn hops(&self) -> usize {
        self.hops
    }

    /// The hop that a response asks for: its `Location` is resolved against the request's URI into
    /// `next`. `None` if it asks for none; `next` is then as it was.
    ///
    /// GET and HEAD stay what they are, and so do other safe methods, but for 303, which makes them GET.
    /// Unsafe ones are followed for 303 alone.
    ///
    /// # Errors
    /// [`RedirectRefused`]: the response is then the answer. What `next` holds does not count.
    pub fn next<'a>(
        &mut self,
        status: u16,
        fields: Edited<'_>,
        method: Method<'a>,
        uri: &str,
        next: &mut StringView,
    ) -> Result<Option<Hop<'a>>, RedirectRefused> {
        if !is_redirection(status) {
            return Ok(None);
        }
        let method = match (status, method) {
            (303, Method::Head) => method,
            (303, _) => Method::Get,
            _ if method.is_safe() => method,
            _ => return Err(RedirectRefused::Unsafe),
        };
        resolve(uri, location(fields)?, next)?;
        if is_https(uri) && !is_https(next) {
            return Err(RedirectRefused::Downgrade);
        }
        if self.hops >= self.most {
            return Err(RedirectRefused::TooMany);
        }
        let fingerprints = fingerprints(next);
        if self.been.contains(&fingerprints) {
            return Err(RedirectRefused::Loop);
        }
        self.been.push(fingerprints).map_err(|_| RedirectRefused::TooMany)?;
        self.hops += 1;
        self.crossed |= !keys::same_origin(uri, next);
        Ok(Some(Hop { method, crossed: self.crossed }))
    }
}

/// Whether a response with this status asks for another URI by its `Location`. The other statuses 3xx are
/// for the user to choose from, about the cache, or not in use (§15.4).
pub const fn is_redirection(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// The one `Location` of a response.
fn location(fields: Edited<'_>) -> Result<&str, RedirectRefused> {
    let mut lines = fields.into_iter().filter(|line| line.is("location"));
    let line = lines.next().ok_or(RedirectRefused::NoLocation)?;
    if lines.any(|other: Field<'_>| other.value() != line.value()) {
        return Err(RedirectRefused::Ambiguous);
    }
    line.text().ok_or(RedirectRefused::Malformed)
}

/// Resolves a URI reference against an absolute URI (RFC 3986 §5.2), into `into`, whose content is
/// replaced.
///
/// What comes out is an absolute URI with the scheme `http` or `https`, a host, and no dot-segments in
/// its path. A reference without a fragment inherits that of `base` (RFC 9110 §10.2.2).
///
/// # Errors
/// [`RedirectRefused`] if it would not be such a URI, or does not fit; what `into` holds then does not
/// count.
pub fn resolve(base: &str, reference: &str, into: &mut StringView) -> Result<(), RedirectRefused> {
    into.clear();
    if !reference.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Err(RedirectRefused::Malformed);
    }
    let (base, reference) = (Reference::of(base), Reference::of(reference));
    let (Some(base_scheme), Some(base_authority)) =
        (base.scheme, base.authority.filter(|authority| !authority.is_empty()))
    else {
        return Err(RedirectRefused::Base);
    };
    let scheme = reference.scheme.unwrap_or(base_scheme);
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return Err(RedirectRefused::Scheme);
    }
    let authority = match (reference.scheme, reference.authority) {
        (_, Some(authority)) => check_authority(authority)?,
        // `http:path` names no host (RFC 9110 §4.2.1).
        (Some(_), None) => return Err(RedirectRefused::Authority),
        (None, None) => base_authority,
    };
    push(into, &[scheme, keys::SEPARATOR, authority])?;
    let is_same_path = reference.authority.is_none() && reference.path.is_empty();
    if is_same_path {
        push(into, &[base.path])?;
    } else {
        let start = into.len();
        if !reference.path.is_empty() && !reference.path.starts_with('/') {
            // What follows the last slash of the base gives way.
            push_segments(into, start, before_last(base.path, b'/'), false)?;
        }
        push_segments(into, start, reference.path, true)?;
    }
    match (reference.query, base.query) {
        (Some(query), _) => push(into, &["?", query])?,
        (None, Some(query)) if is_same_path => push(into, &["?", query])?,
        (None, _) => {}
    }
    match reference.fragment.or(base.fragment) {
        Some(fragment) => push(into, &["#", fragment]),
        None => Ok(()),
    }
}

/// A URI reference in its five parts (RFC 3986 §3, §4.1).
#[derive(Clone, Copy)]
struct Reference<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Reference<'a> {
    fn of(text: &'a str) -> Self {
        let (rest, fragment) = split(text, b'#');
        let (rest, query) = split(rest, b'?');
        let (scheme, rest) = match split(rest, b':') {
            (scheme, Some(rest)) if is_scheme(scheme) => (Some(scheme), rest),
            _ => (None, rest),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = until(rest, b'/');
                (Some(authority), path)
            }
            None => (None, rest),
        };
        Self { scheme, authority, path, query, fragment }
    }
}

// The standard library's searches for a `char` in text can panic, as far as a linker can see.

/// What stands before the first `mark`, and the rest with it.
fn until(text: &str, mark: u8) -> (&str, &str) {
    let end = text.bytes().position(|octet| octet == mark).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// What stands before the first `mark`, and what behind it, if there is one.
fn split(text: &str, mark: u8) -> (&str, Option<&str>) {
    let (before, rest) = until(text, mark);
    (before, rest.get(1..))
}

/// What stands before the last `mark`; nothing if there is none.
fn before_last(text: &str, mark: u8) -> &str {
    text.bytes().rposition(|octet| octet == mark).and_then(|at| text.get(..at)).unwrap_or_default()
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet))
}

fn is_https(uri: &str) -> bool {
    Reference::of(uri).scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"))
}

/// Refuses what is no host and port, and userinfo, which serves to deceive (RFC 9110 §4.2.4).
fn check_authority(authority: &str) -> Result<&str, RedirectRefused> {
    let octets = authority.as_bytes();
    // An address in brackets has colons of its own.
    let end = match octets {
        [b'[', ..] => octets.iter().position(|octet| *octet == b']').map_or(0, |at| at + 1),
        _ => octets.iter().position(|octet| *octet == b':').unwrap_or(octets.len()),
    };
    let (host, port) = octets.split_at_checked(end).unwrap_or_default();
    let is_host = match host {
        [b'[', address @ .., b']'] => is_made_of(address, b":.-_~"),
        host => is_made_of(host, b"-._~%!$&'()*+,;="),
    };
    let is_port_or_none = match port {
        [] | [b':'] => true,
        [b':', digits @ ..] => digits.len() <= 5 && is_port(digits),
        _ => false,
    };
    if is_host && is_port_or_none { Ok(authority) } else { Err(RedirectRefused::Authority) }
}

/// Whether at most five octets are a port's number.
fn is_port(digits: &[u8]) -> bool {
    let number = digits.iter().fold(0_u32, |number, digit| 10 * number + u32::from(digit.wrapping_sub(b'0')));
    digits.iter().all(u8::is_ascii_digit) && number <= u32::from(u16::MAX)
}

/// Whether there are octets, and all are letters, digits, or among `others`.
fn is_made_of(octets: &[u8], others: &[u8]) -> bool {
    !octets.is_empty() && octets.iter().all(|octet| octet.is_ascii_alphanumeric() || others.contains(octet))
}

/// Appends the segments of a path, each behind a slash and without dot-segments (RFC 3986 §5.2.4), to
/// the path that begins at `start`. `is_end`: no more follow.
fn push_segments(
    into: &mut StringView,
    start: usize,
    path: &str,
    is_end: bool,
) -> Result<(), RedirectRefused> {
    let mut rest = match path.strip_prefix('/') {
        Some(segments) => Some(segments),
        None if path.is_empty() => None,
        None => Some(path),
    };
    while let Some(segments) = rest {
        let segment;
        (segment, rest) = split(segments, b'/');
        if !matches!(segment, "." | "..") {
            push(into, &["/", segment])?;
            continue;
        }
        if segment == ".." {
            // `truncate` could panic.
            while into.len() > start && into.pop() != Some('/') {}
        }
        // A path that ends in a dot-segment is that of a folder.
        if is_end && rest.is_none() {
            push(into, &["/"])?;
        }
    }
    Ok(())
}

fn push(into: &mut StringView, parts: &[&str]) -> Result<(), RedirectRefused> {
    parts.iter().try_for_each(|part| into.push_str(part)).map_err(|_| RedirectRefused::TooLong)
}

/// Two hashes of a URI, so that no two URIs of one chain have the same ones by chance.
fn fingerprints(uri: &str) -> [u32; 2] {
    let key = PairKey::new(uri);
    [key.fingerprint(0), key.fingerprint(0x9e37_79b9)]
}

/// Why a redirection is not followed, or a reference not resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum RedirectRefused {
    /// The response has no `Location`.
    NoLocation,
    /// It has several that differ.
    Ambiguous,
    /// The reference has blanks, controls, or octets beyond ASCII, which are to be escaped.
    Malformed,
    /// The base is not an absolute URI.
    Base,
    /// The scheme is neither `http` nor `https`.
    Scheme,
    /// There is no host, or it is none, or it has userinfo.
    Authority,
    /// The URI is longer than there is room for.
    TooLong,
    /// It leads from `https` to `http`.
    Downgrade,
    /// The method is unsafe: whether to send it again is for the user to say (§15.4).
    Unsafe,
    /// It leads where the request has been.
    Loop,
    /// There were as many hops as are allowed.
    TooMany,
}

impl fmt::Display for RedirectRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLocation => "a redirection without Location",
            Self::Ambiguous => "a redirection with several Locations",
            Self::Malformed => "the Location is not a URI reference",
            Self::Base => "the request has no absolute URI",
            Self::Scheme => "redirected to a scheme that is not http or https",
            Self::Authority => "redirected to no host, or to one with userinfo",
            Self::TooLong => "redirected to a URI that is too long",
            Self::Downgrade => "redirected from https to http",
            Self::Unsafe => "an unsafe request was redirected",
            Self::Loop => "redirected in a loop",
            Self::TooMany => "redirected too often",
        })
    }
}

impl core::error::Error for RedirectRefused {}

/// What is only for the origin it was meant for.
const SECRETS: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// What is about one resource, or its content, or was made for one target (§15.4, items 1 to 3).
const OF_ONE_RESOURCE: [&str; 16] = [
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-type",
    "digest",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "last-modified",
    "origin",
    "referer",
    "transfer-encoding",
];
