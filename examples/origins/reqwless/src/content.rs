//! The content of a request on its way to the origin.

use crate::Error;
use core::fmt::Write as _;
use embedded_io_async::{Error as _, Write};
use heapless::String;
use larder::client::Content;

/// Octets of content read at a time, and of a chunk.
const CHUNK: usize = 256;

/// How content is framed (RFC 9112 §6): the line that says so.
pub(crate) struct Announced {
    /// In octets; `None`: not known, it is sent in chunks.
    len: Option<u64>,
    digits: String<20>,
}

impl Announced {
    pub(crate) fn new<C: Content>(content: &C) -> Result<Self, Error> {
        let (len, mut digits) = (content.len(), String::new());
        if let Some(len) = len {
            write!(digits, "{len}").map_err(|_| Error::Content)?;
        }
        Ok(Self { len, digits })
    }

    pub(crate) fn line(&self) -> (&str, &str) {
        match self.len {
            Some(_) => ("Content-Length", &self.digits),
            None => ("Transfer-Encoding", "chunked"),
        }
    }

    /// Refuses content that is said to be empty and is not: its head alone would look whole.
    pub(crate) async fn check<C: Content>(&self, content: &mut C) -> Result<(), Error> {
        match self.len {
            Some(0) => end(content).await,
            _ => Ok(()),
        }
    }

    /// Sends all of it.
    pub(crate) async fn send<C: Content>(&self, content: &mut C, to: &mut impl Write) -> Result<(), Error> {
        let mut left = self.len;
        let mut buf = [0; CHUNK];
        while left != Some(0) {
            let read = content.read(&mut buf).await.map_err(|_| Error::Content)?;
            let octets = buf.get(..read).ok_or(Error::Content)?;
            match &mut left {
                Some(left) => {
                    *left = left.checked_sub(read as u64).filter(|_| read > 0).ok_or(Error::Content)?;
                    if *left == 0 {
                        // What is more than was said must not follow a request that looks whole.
                        end(content).await?;
                    }
                    write(to, octets).await?;
                }
                None => {
                    let mut size = String::<8>::new();
                    write!(size, "{read:x}\r\n").map_err(|_| Error::Content)?;
                    write(to, size.as_bytes()).await?;
                    write(to, octets).await?;
                    write(to, b"\r\n").await?;
                    if read == 0 {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }
}

/// Fails if there is more.
async fn end<C: Content>(content: &mut C) -> Result<(), Error> {
    match content.read(&mut [0; 1]).await {
        Ok(0) => Ok(()),
        _ => Err(Error::Content),
    }
}

async fn write(to: &mut impl Write, octets: &[u8]) -> Result<(), Error> {
    to.write_all(octets).await.map_err(|error| Error::NoAnswer(error.kind()))
}
