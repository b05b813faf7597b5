//! A request on its way to the origin.

use edge_http::BodyType;
use edge_http::io::{Error as EdgeError, SendBody};
use embedded_io_async::{Error as IoError, Write};
use larder::client::Content;
use larder_http1::{Counted, Error, Lines};

/// Octets of content read at a time, and of a chunk.
const CHUNK: usize = 256;

/// Sends the head of a request: gathered in `room`, so that it goes out in as few writes as fit.
pub(crate) async fn send_head(
    method: &str,
    path: &str,
    lines: &Lines<'_>,
    to: &mut impl Write,
    room: &mut [u8],
) -> Result<(), Error> {
    let mut head = Gathered { to, room, len: 0 };
    for part in [method, " ", path, " HTTP/1.1\r\n"] {
        head.push(part.as_bytes()).await?;
    }
    for (name, value) in lines.iter() {
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            head.push(part).await?;
        }
    }
    head.push(b"\r\n").await?;
    head.send().await
}

/// Octets that are sent when there is no more room for them.
struct Gathered<'b, W> {
    to: &'b mut W,
    room: &'b mut [u8],
    len: usize,
}

impl<W: Write> Gathered<'_, W> {
    async fn push(&mut self, octets: &[u8]) -> Result<(), Error> {
        let mut octets = octets.iter().copied().peekable();
        while octets.peek().is_some() {
            if self.len == self.room.len() {
                self.send().await?;
            }
            let free = self.room.get_mut(self.len..).unwrap_or_default();
            for (to, octet) in free.iter_mut().zip(&mut octets) {
                *to = octet;
                self.len += 1;
            }
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), Error> {
        let octets = self.room.get(..self.len).unwrap_or_default();
        self.len = 0;
        self.to.write_all(octets).await.map_err(|error| Error::NoAnswer(error.kind()))
    }
}

/// Sends all of the content, framed by edge-http: in chunks if nobody knows how much it is.
pub(crate) async fn send_content<C: Content>(
    content: &mut Counted<'_, C>,
    to: &mut impl Write,
) -> Result<(), Error> {
    let delimited = content.left().map_or(BodyType::Chunked, BodyType::ContentLen);
    let mut body = SendBody::new(delimited, to);
    let mut buf = [0; CHUNK];
    loop {
        match content.read(&mut buf).await? {
            0 => return body.finish().await.map_err(in_content),
            read => body.write_all(buf.get(..read).unwrap_or_default()).await.map_err(in_content)?,
        }
    }
}

fn in_content<E: IoError>(error: EdgeError<E>) -> Error {
    match error {
        EdgeError::Io(error) => Error::NoAnswer(error.kind()),
        _ => Error::Content,
    }
}
