//! The content of a request on its way to the origin.

use crate::Error;
use core::fmt::Write as _;
use heapless::String;
use larder::client::Content;

/// How content is framed (RFC 9112 §6): the line that says so.
#[derive(Clone, Debug)]
pub struct Announced {
    len: Option<u64>,
    digits: String<20>,
}

impl Announced {
    /// Content of that many octets; `None`: not known, it is sent in chunks.
    pub fn new(len: Option<u64>) -> Self {
        let mut digits = String::new();
        // No u64 has more than 20 digits.
        let _ = len.map(|len| write!(digits, "{len}"));
        Self { len, digits }
    }

    /// Name and value of the line.
    pub fn line(&self) -> (&str, &[u8]) {
        match self.len {
            Some(_) => ("Content-Length", self.digits.as_bytes()),
            None => ("Transfer-Encoding", b"chunked"),
        }
    }
}

/// Content that must be as long as it says.
#[derive(Debug)]
pub struct Counted<'c, C> {
    content: &'c mut C,
    left: Option<u64>,
}

impl<'c, C: Content> Counted<'c, C> {
    /// All of `content`.
    ///
    /// # Errors
    /// [`Error::Content`] if it is said to be empty and is not: its head alone would look whole.
    pub async fn begin(content: &'c mut C) -> Result<Self, Error> {
        let left = content.len();
        let mut counted = Self { content, left };
        if left == Some(0) {
            counted.end().await?;
        }
        Ok(counted)
    }

    /// Octets that are still to come; `None` if that is not known.
    pub const fn left(&self) -> Option<u64> {
        self.left
    }

    /// Reads more of it; 0 at its end. What is more than was said is noticed before the last octets are
    /// handed over, so that it never follows a request that looks whole.
    ///
    /// # Errors
    /// [`Error::Content`] if it cannot be had, or has another length than was said.
    pub async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Error> {
        if self.left == Some(0) {
            return Ok(0);
        }
        let read = self.content.read(buf).await.map_err(|_| Error::Content)?;
        if read > buf.len() {
            return Err(Error::Content);
        }
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(read as u64).filter(|_| read > 0).ok_or(Error::Content)?;
        }
        if self.left == Some(0) {
            self.end().await?;
        }
        Ok(read)
    }

    /// Fails if there is more.
    async fn end(&mut self) -> Result<(), Error> {
        match self.content.read(&mut [0; 1]).await {
            Ok(0) => Ok(()),
            _ => Err(Error::Content),
        }
    }
}
