//! `Octets`: a body in fixed memory.

use crate::client::Content;
use core::convert::Infallible;
use core::fmt;
use heapless::Vec;

/// A body of at most `N` octets. Text is written into it with [`write!`].
///
/// ```
/// use core::fmt::Write;
/// use larder::server::Octets;
///
/// let mut body = Octets::<32>::new();
/// write!(body, "{{\"celsius\":{}}}", 21.5)?;
/// # Ok::<(), core::fmt::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Octets<const N: usize> {
    octets: Vec<u8, N>,
    read: usize,
}

impl<const N: usize> Octets<N> {
    /// No octets.
    pub const fn new() -> Self {
        Self { octets: Vec::new(), read: 0 }
    }

    /// Appends octets: all of them, or none if there is no room for all.
    ///
    /// # Errors
    /// There is no room.
    pub fn push(&mut self, octets: &[u8]) -> Result<(), fmt::Error> {
        self.octets.extend_from_slice(octets).map_err(|_| fmt::Error)
    }
}

impl<const N: usize> fmt::Write for Octets<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes())
    }
}

impl<const N: usize> Content for Octets<N> {
    type Error = Infallible;

    fn len(&self) -> Option<u64> {
        Some(self.octets.len() as u64)
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        let rest = self.octets.get(self.read..).unwrap_or_default();
        let len = rest.len().min(buf.len());
        for (to, from) in buf.iter_mut().zip(rest) {
            *to = *from;
        }
        self.read += len;
        Ok(len)
    }
}
