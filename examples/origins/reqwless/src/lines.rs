//! Heads between larder and reqwless.

use embedded_io_async::ErrorKind;
use heapless::Vec;
use larder::head::{HeadError, HeadMut};
use larder_http1::{Error, Lines};
use reqwless::request::Method;

/// Most field lines of a request.
const LINES_MAX: usize = 32;

/// The method, in reqwless's words. Methods it has none for cannot be sent, and CONNECT has another
/// kind of answer.
pub(crate) fn method(method: larder::head::Method<'_>) -> Result<Method, Error> {
    Ok(match method.name() {
        "GET" => Method::GET,
        "HEAD" => Method::HEAD,
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        "OPTIONS" => Method::OPTIONS,
        "TRACE" => Method::TRACE,
        _ => return Err(Error::Unsendable("the method")),
    })
}

/// The lines to send, as reqwless takes them.
pub(crate) fn outgoing<'r>(lines: &Lines<'r>) -> Result<Vec<(&'r str, &'r str), LINES_MAX>, Error> {
    let mut texts = Vec::new();
    for (name, value) in lines.iter() {
        let value =
            str::from_utf8(value).map_err(|_| Error::Unsendable("a field value that is not UTF-8"))?;
        texts.push((name, value)).map_err(|_| Error::Unsendable("more than 32 field lines"))?;
    }
    Ok(texts)
}

/// Copies the head of a response; one that does not fit is an error.
pub(crate) fn take<'l>(
    head: &mut HeadMut<'_>,
    status: u16,
    lines: &mut impl Iterator<Item = (&'l str, &'l [u8])>,
) -> Result<(), Error> {
    head.start_response(status);
    // reqwless pads with empty lines.
    for (name, value) in lines.take_while(|(name, _)| !name.is_empty()) {
        head.push(name, value).map_err(Error::Head)?;
    }
    Ok(())
}

/// What an error of reqwless means before the head of the response was there.
pub(crate) fn in_head(error: reqwless::Error) -> Error {
    match error {
        reqwless::Error::Network(kind) => Error::NoAnswer(kind),
        reqwless::Error::ConnectionAborted => Error::NoAnswer(ErrorKind::ConnectionAborted),
        reqwless::Error::BufferTooSmall => Error::Head(HeadError::TooLong),
        reqwless::Error::IncorrectBodyWritten => Error::Content,
        _ => Error::Malformed,
    }
}
