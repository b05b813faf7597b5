//! How the body of a response is delimited (RFC 9112 §6.3), and whether the connection stays.
//!
//! What two readers could frame in two ways is refused.

use crate::Error;
use larder::head::{Fields, Method, ResponseHead};

/// How a body is delimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// By its length in octets.
    Length(u64),
    /// By chunks.
    Chunked,
    /// By the end of the connection.
    ToClose,
}

impl Framing {
    /// That of the response to a request with this method. `is_1_1`: its version is HTTP/1.1.
    ///
    /// # Errors
    /// [`Error::Malformed`] if the lines contradict each other, or name another transfer coding than a
    /// single `chunked`.
    pub fn of(method: Method<'_>, response: &ResponseHead<'_>, is_1_1: bool) -> Result<Self, Error> {
        if method == Method::Head || matches!(response.status, 204 | 304) {
            return Ok(Self::None);
        }
        let length = length(response.fields)?;
        let mut codings = response.fields.lines("transfer-encoding");
        match (codings.next(), length) {
            (None, Some(length)) => Ok(Self::Length(length)),
            (None, None) => Ok(Self::ToClose),
            // RFC 9112 §6.1: HTTP/1.0 has no transfer codings.
            (Some(coding), None)
                if is_1_1 && coding.eq_ignore_ascii_case(b"chunked") && codings.next().is_none() =>
            {
                Ok(Self::Chunked)
            }
            _ => Err(Error::Malformed),
        }
    }
}

/// What `Content-Length` says. Several lines must agree.
fn length(fields: Fields<'_>) -> Result<Option<u64>, Error> {
    let mut length = None;
    for value in fields.lines("content-length") {
        let digits =
            str::from_utf8(value).ok().filter(|text| text.bytes().all(|octet| octet.is_ascii_digit()));
        let number = digits.and_then(|digits| digits.parse().ok()).ok_or(Error::Malformed)?;
        if length.is_some_and(|length| length != number) {
            return Err(Error::Malformed);
        }
        length = Some(number);
    }
    Ok(length)
}

/// Whether the origin keeps the connection when a body framed like this has ended. HTTP/1.0 is taken to
/// close.
pub fn stays(framing: Framing, response: &ResponseHead<'_>, is_1_1: bool) -> bool {
    is_1_1 && framing != Framing::ToClose && !closes(response.fields)
}

fn closes(fields: Fields<'_>) -> bool {
    let mut options = fields.lines("connection").flat_map(|value| value.split(|octet| *octet == b','));
    options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"close"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framing(lines: &[(&str, &str)]) -> Result<Framing, Error> {
        Framing::of(Method::Get, &ResponseHead { status: 200, fields: Fields::new(lines) }, true)
    }

    #[test]
    fn rfc9112_s6_3_the_framing_follows_the_fields() {
        assert_eq!(framing(&[]), Ok(Framing::ToClose));
        assert_eq!(framing(&[("Content-Length", "5")]), Ok(Framing::Length(5)));
        assert_eq!(framing(&[("Content-Length", "5"), ("Content-Length", "5")]), Ok(Framing::Length(5)));
        assert_eq!(framing(&[("Transfer-Encoding", "chunked")]), Ok(Framing::Chunked));
        for (method, status) in [(Method::Head, 200), (Method::Get, 204), (Method::Get, 304)] {
            let fields = Fields::new(&[("Content-Length", "5")]);
            let response = ResponseHead { status, fields };
            assert_eq!(Framing::of(method, &response, true), Ok(Framing::None));
        }
    }

    #[test]
    fn rfc9112_s6_3_what_could_be_read_in_two_ways_is_refused() {
        for lines in [
            &[("Content-Length", "5"), ("Content-Length", "6")][..],
            &[("Content-Length", "+5")],
            &[("Content-Length", "5, 5")],
            &[("Content-Length", "")],
            &[("Content-Length", "99999999999999999999")],
            &[("Content-Length", "5"), ("Transfer-Encoding", "chunked")],
            &[("Transfer-Encoding", "gzip, chunked")],
            &[("Transfer-Encoding", "gzip"), ("Transfer-Encoding", "chunked")],
        ] {
            assert_eq!(framing(lines), Err(Error::Malformed), "{lines:?}");
        }
    }

    #[test]
    fn rfc9112_s6_1_http_1_0_has_no_chunks() {
        let fields = Fields::new(&[("Transfer-Encoding", "chunked")]);
        let response = ResponseHead { status: 200, fields };
        assert_eq!(Framing::of(Method::Get, &response, false), Err(Error::Malformed));
    }

    #[test]
    fn rfc9112_s9_6_close_is_found_among_other_options() {
        assert!(closes(Fields::new(&[("Connection", "x, Close")])));
        assert!(!closes(Fields::new(&[("Connection", "closer")])));
    }
}
