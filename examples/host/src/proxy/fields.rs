//! Field lines between the two sides of the proxy.

use http::header::{CONNECTION, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRANSFER_ENCODING, UPGRADE};
use larder::CacheStatus;
use larder::head::{Edited, HeadBuf, HeadError, Method};

/// Whether a line belongs to one connection and is not forwarded (RFC 9110 §7.6.1).
///
/// `connection` are the values of the same head's `Connection` lines, whose names it tells apart.
fn is_hop_by_hop<'a>(name: &str, mut connection: impl Iterator<Item = &'a [u8]>) -> bool {
    let named = |value: &[u8]| {
        value
            .split(|octet| *octet == b',')
            .any(|item| item.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
    };
    let known = [CONNECTION, TE, TRANSFER_ENCODING, UPGRADE];
    known.iter().any(|field| field.as_str().eq_ignore_ascii_case(name))
        || name.eq_ignore_ascii_case("keep-alive")
        || name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("proxy-"))
        || connection.any(named)
}

/// Fills `head` with a client's request, as it goes to the cache: for `uri`, without the lines of
/// the connection, and without `Host`, which is the origin's from here on. Were the client's `Host`
/// forwarded, two clients could mean two resources by one URI.
pub(crate) fn take_request<const BYTES: usize, const FIELDS: usize>(
    head: &mut HeadBuf<BYTES, FIELDS>,
    parts: &http::request::Parts,
    uri: &str,
) -> Result<(), HeadError> {
    let mut head = head.as_mut();
    head.start_request(Method::from_name(parts.method.as_str()), uri)?;
    for (name, value) in &parts.headers {
        let connection = parts.headers.get_all(CONNECTION).iter().map(HeaderValue::as_bytes);
        if name != HOST && !is_hop_by_hop(name.as_str(), connection) {
            head.push(name.as_str(), value.as_bytes())?;
        }
    }
    Ok(())
}

/// The lines of an answer, as they go to the client. `None` if one cannot be sent.
pub(super) fn answer(fields: Edited<'_>) -> Option<HeaderMap> {
    let mut lines = HeaderMap::new();
    for field in fields {
        let connection = fields.iter().filter(|line| line.is("connection")).map(|line| line.value());
        if !is_hop_by_hop(field.name(), connection) {
            let name = HeaderName::from_bytes(field.name().as_bytes()).ok()?;
            lines.append(name, HeaderValue::from_bytes(field.value()).ok()?);
        }
    }
    Some(lines)
}

/// What `Cache-Status` says behind those of other caches. `None` if the name is not printable.
pub(super) fn member(name: &str, status: &CacheStatus) -> Option<HeaderValue> {
    HeaderValue::try_from(status.by(name)?.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forwarded(lines: &[(&'static str, &'static str)]) -> Vec<String> {
        let mut request = http::Request::builder().uri("/");
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        let mut head: HeadBuf<512, 16> = HeadBuf::new();
        take_request(&mut head, &parts, "http://o/").expect("a head");
        head.fields().iter().map(|field| field.to_string()).collect()
    }

    #[test]
    fn rfc9110_s7_6_1_lines_of_the_connection_are_not_forwarded() {
        let lines = [
            ("Connection", "close, X-Hop"),
            ("Connection", "x-other"),
            ("X-Hop", "1"),
            ("X-Other", "1"),
            ("Proxy-Authorization", "a"),
            ("TE", "trailers"),
            ("Upgrade", "h2c"),
            ("Keep-Alive", "timeout=5"),
            ("X-Kept", "1"),
        ];
        assert_eq!(forwarded(&lines), ["x-kept: 1"]);
    }

    #[test]
    fn duplicates_are_kept_and_host_is_the_origins() {
        let lines = [("Host", "proxy"), ("Accept", "a"), ("Accept", "b"), ("Content-Length", "0")];
        assert_eq!(forwarded(&lines), ["accept: a", "accept: b", "content-length: 0"]);
    }

    #[test]
    fn a_head_that_does_not_fit_is_refused() {
        let (parts, ()) = http::Request::builder().header("X", "y").body(()).expect("a request").into_parts();
        let mut head: HeadBuf<8, 4> = HeadBuf::new();
        assert_eq!(take_request(&mut head, &parts, "http://o/"), Err(HeadError::TooLong));
    }
}
