//! The head of a response, received and parsed by edge-http.

use edge_http::ResponseHeaders;
use edge_http::io::Error as EdgeError;
use embedded_io_async::{Error as IoError, ErrorKind, Read};
use larder::head::{HeadError, HeadMut};
use larder_http1::Error;

/// Receives the next head through `octets`, and nothing that follows it. Whether it is of HTTP/1.1.
///
/// # Errors
/// [`Error::NoAnswer`], [`Error::Malformed`], or [`Error::Head`] if it has more than `octets`, more than
/// `LINES` lines, or is too large for `head`.
pub(crate) async fn receive<C: Read, const LINES: usize>(
    wire: &mut C,
    octets: &mut [u8],
    head: &mut HeadMut<'_>,
) -> Result<bool, Error> {
    let mut response = ResponseHeaders::<LINES>::new();
    // `true`: it is read octet by octet up to its end.
    response.receive(octets, wire, true).await.map_err(in_head)?;
    if response.code < 100 {
        return Err(Error::Malformed);
    }
    head.start_response(response.code);
    for (name, value) in response.headers.iter_raw() {
        head.push(name, value).map_err(Error::Head)?;
    }
    Ok(response.http11)
}

fn in_head<E: IoError>(error: EdgeError<E>) -> Error {
    match error {
        EdgeError::Io(error) => Error::NoAnswer(error.kind()),
        EdgeError::ConnectionClosed | EdgeError::IncompleteHeaders => {
            Error::NoAnswer(ErrorKind::ConnectionAborted)
        }
        EdgeError::TooLongHeaders => Error::Head(HeadError::TooLong),
        EdgeError::TooManyHeaders => Error::Head(HeadError::TooManyFields),
        _ => Error::Malformed,
    }
}
