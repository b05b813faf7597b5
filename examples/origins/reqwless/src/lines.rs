//! Field lines between larder and reqwless.

use crate::Error;
use crate::content::Announced;
use crate::target::Target;
use heapless::Vec;
use larder::head::{HeadMut, Outgoing};
use reqwless::request::Method;

/// Most field lines of a request.
const LINES_MAX: usize = 32;

/// The field lines to send.
pub(crate) type Lines<'r> = Vec<(&'r str, &'r str), LINES_MAX>;

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

/// The lines to send. The framing follows from the content; a line that says something else would let
/// two requests be seen where one was sent.
pub(crate) fn outgoing<'r>(
    request: &Outgoing<'r>,
    target: &Target<'r>,
    content: Option<&'r Announced>,
    keep_alive: bool,
) -> Result<Lines<'r>, Error> {
    let mut lines = Lines::new();
    let (mut host, mut connection) = (false, false);
    for field in request.fields {
        let value = field.text().ok_or(Error::Unsendable("a field value that is not UTF-8"))?;
        if !is_token(field.name()) || value.bytes().any(|octet| octet != b'\t' && octet.is_ascii_control()) {
            return Err(Error::Unsendable("a field line with a control character"));
        }
        let is_length = field.is("content-length");
        if field.is("transfer-encoding") || (is_length && content.is_some()) {
            continue;
        }
        if is_length && value != "0" {
            return Err(Error::Unsendable("Content-Length without content"));
        }
        host |= field.is("host");
        connection |= field.is("connection");
        push(&mut lines, (field.name(), value))?;
    }
    if !host {
        push(&mut lines, ("Host", target.authority))?;
    }
    if let Some(content) = content {
        push(&mut lines, content.line())?;
    }
    if !keep_alive && !connection {
        push(&mut lines, ("Connection", "close"))?;
    }
    Ok(lines)
}

fn push<'r>(lines: &mut Lines<'r>, line: (&'r str, &'r str)) -> Result<(), Error> {
    lines.push(line).map_err(|_| Error::Unsendable("more than 32 field lines"))
}

fn is_token(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|octet| octet.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&octet))
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
