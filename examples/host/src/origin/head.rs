//! Heads between larder and hyper.

use super::TcpError;
use super::target::Target;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use http::request::Parts;
use larder::head::{HeadMut, Outgoing};

/// The head to send. `content`: whether there is content, and its length if that is known.
pub(super) fn outgoing(
    request: &Outgoing<'_>,
    target: &Target,
    content: Option<Option<u64>>,
    keep_alive: bool,
) -> Result<Parts, TcpError> {
    let unsendable = |part: &str| TcpError::Unsendable(part.to_owned());
    let method = request.method.name();
    let method: http::Method = method.parse().map_err(|_| unsendable(method))?;
    if method == http::Method::CONNECT {
        return Err(unsendable("CONNECT"));
    }
    let mut fields = HeaderMap::new();
    for field in request.fields {
        let name = HeaderName::from_bytes(field.name().as_bytes()).map_err(|_| unsendable(field.name()))?;
        let value = HeaderValue::from_bytes(field.value()).map_err(|_| unsendable(field.name()))?;
        // The framing is made here, from the content; a line that says something else would let
        // two requests be seen where one was sent.
        if name == TRANSFER_ENCODING || (name == CONTENT_LENGTH && content.is_some()) {
            continue;
        }
        if name == CONTENT_LENGTH && value != "0" {
            return Err(unsendable("Content-Length without content"));
        }
        fields.append(name, value);
    }
    if !fields.contains_key(HOST) {
        let host = HeaderValue::from_str(target.authority.as_str()).map_err(|_| unsendable("Host"))?;
        fields.insert(HOST, host);
    }
    if !keep_alive && !fields.contains_key(CONNECTION) {
        fields.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    match content {
        Some(Some(len)) => drop(fields.insert(CONTENT_LENGTH, HeaderValue::from(len))),
        Some(None) => drop(fields.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"))),
        None => {}
    }
    let (mut parts, ()) = http::Request::new(()).into_parts();
    (parts.method, parts.uri, parts.headers) = (method, target.uri(), fields);
    Ok(parts)
}

/// Copies a response head; one that does not fit is an error.
pub(super) fn take(head: &mut HeadMut<'_>, status: u16, fields: &HeaderMap) -> Result<(), TcpError> {
    head.start_response(status);
    for (name, value) in fields {
        head.push(name.as_str(), value.as_bytes()).map_err(TcpError::Head)?;
    }
    Ok(())
}
