//! The body of a response.

use crate::chunked::Chunked;
use edge_http::BodyType;
use edge_http::io::Error as EdgeError;
use embedded_io_async::{Error as _, Read};
use larder::client::BodyRead;
use larder_http1::{Ahead, Error, Framing};

/// A body, with the connection it comes on.
pub(crate) enum Body<C, const AHEAD: usize> {
    /// Read by edge-http.
    Plain(edge_http::io::Body<'static, Ahead<C, AHEAD>>),
    /// edge-http's reader of chunks keeps a buffer and takes the connection's end between two of them for
    /// the body's.
    Chunked(Chunked, Ahead<C, AHEAD>),
}

impl<C: Read, const AHEAD: usize> Body<C, AHEAD> {
    pub(crate) fn new(framing: Framing, wire: Ahead<C, AHEAD>) -> Self {
        let delimited = match framing {
            Framing::None => BodyType::ContentLen(0),
            Framing::Length(length) => BodyType::ContentLen(length),
            Framing::ToClose => BodyType::Raw,
            Framing::Chunked => return Self::Chunked(Chunked::new(), wire),
        };
        Self::Plain(edge_http::io::Body::new(delimited, &mut [], 0, wire))
    }
}

impl<C: Read, const AHEAD: usize> larder_http1::Body for Body<C, AHEAD> {
    type Wire = Ahead<C, AHEAD>;

    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, Error> {
        match self {
            Self::Plain(body) => match body.read(buf).await {
                // A body that the connection's end delimits is always complete to edge-http.
                Ok(0) if body.is_complete() => Ok(BodyRead::End),
                Ok(0) => Ok(BodyRead::CutOff),
                Ok(read) => Ok(BodyRead::Octets(read)),
                Err(EdgeError::Io(error)) => Err(Error::Broken(error.kind())),
                Err(_) => Err(Error::Malformed),
            },
            Self::Chunked(chunked, wire) => chunked.read(wire, buf).await,
        }
    }

    fn into_wire(self) -> Ahead<C, AHEAD> {
        match self {
            Self::Plain(body) => body.release(),
            Self::Chunked(_, wire) => wire,
        }
    }
}
