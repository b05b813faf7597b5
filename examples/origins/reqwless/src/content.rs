//! The content of a request on its way to the origin.

use core::fmt::Write as _;
use embedded_io_async::{Error as _, Write};
use heapless::String;
use larder::client::Content;
use larder_http1::{Counted, Error};

/// Octets of content read at a time, and of a chunk.
const CHUNK: usize = 256;

/// Sends all of it, in chunks if nobody knows how much that is.
pub(crate) async fn send<C: Content>(content: &mut Counted<'_, C>, to: &mut impl Write) -> Result<(), Error> {
    let in_chunks = content.left().is_none();
    let mut buf = [0; CHUNK];
    loop {
        let read = content.read(&mut buf).await?;
        let octets = buf.get(..read).unwrap_or_default();
        if in_chunks {
            let mut size = String::<8>::new();
            write!(size, "{read:x}\r\n").map_err(|_| Error::Content)?;
            write(to, size.as_bytes()).await?;
            write(to, octets).await?;
            write(to, b"\r\n").await?;
        } else {
            write(to, octets).await?;
        }
        if read == 0 {
            return Ok(());
        }
    }
}

async fn write(to: &mut impl Write, octets: &[u8]) -> Result<(), Error> {
    to.write_all(octets).await.map_err(|error| Error::NoAnswer(error.kind()))
}
