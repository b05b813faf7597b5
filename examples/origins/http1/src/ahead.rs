//! A connection with a few octets read ahead.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::Poll;
use embedded_io_async::{BufRead, ErrorType, Read, Write};

/// A connection of which up to `AHEAD` octets are read ahead. What is read with a buffer of that size or
/// more goes straight into that buffer.
///
/// # Cancel safety
/// As that of the connection below: nothing that was read ahead is lost.
#[derive(Debug)]
pub struct Ahead<C, const AHEAD: usize> {
    connection: C,
    ahead: [u8; AHEAD],
    /// What of `ahead` was not handed over yet.
    from: usize,
    to: usize,
}

impl<C: Read, const AHEAD: usize> Ahead<C, AHEAD> {
    /// Nothing is read yet.
    pub const fn new(connection: C) -> Self {
        const { assert!(AHEAD > 0, "nothing can be read ahead into no room") };
        Self { connection, ahead: [0; AHEAD], from: 0, to: 0 }
    }

    /// Whether nothing came that nobody asked for, the connection's end included.
    pub async fn is_quiet(&mut self) -> bool {
        if self.from < self.to {
            return false;
        }
        let mut octet = [0; 1];
        let mut read = pin!(self.connection.read(&mut octet));
        poll_fn(|cx| Poll::Ready(read.as_mut().poll(cx).is_pending())).await
    }
}

impl<C: ErrorType, const AHEAD: usize> ErrorType for Ahead<C, AHEAD> {
    type Error = C::Error;
}

impl<C: Read, const AHEAD: usize> BufRead for Ahead<C, AHEAD> {
    async fn fill_buf(&mut self) -> Result<&[u8], C::Error> {
        if self.from == self.to {
            (self.from, self.to) = (0, 0);
            self.to = self.connection.read(&mut self.ahead).await?.min(AHEAD);
        }
        Ok(self.ahead.get(self.from..self.to).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        self.from = self.from.saturating_add(count).min(self.to);
    }
}

impl<C: Read, const AHEAD: usize> Read for Ahead<C, AHEAD> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, C::Error> {
        if buf.is_empty() {
            return Ok(0);
        }
        if self.from == self.to && buf.len() >= AHEAD {
            return self.connection.read(buf).await;
        }
        let mut count = 0;
        for (to, octet) in buf.iter_mut().zip(self.fill_buf().await?) {
            *to = *octet;
            count += 1;
        }
        self.consume(count);
        Ok(count)
    }
}

impl<C: Write, const AHEAD: usize> Write for Ahead<C, AHEAD> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, C::Error> {
        self.connection.write(buf).await
    }

    async fn flush(&mut self) -> Result<(), C::Error> {
        self.connection.flush().await
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use futures_lite::future::block_on;
    use std::vec::Vec;

    #[test]
    fn every_octet_is_handed_over_once_through_buffers_of_any_size() {
        let octets: Vec<u8> = (0..100).collect();
        for room in [1, 3, 8, 9, 200] {
            let mut ahead = Ahead::<_, 8>::new(&octets[..]);
            let mut all = Vec::new();
            let mut buf = std::vec![0; room];
            assert_eq!(block_on(ahead.fill_buf()), Ok(&octets[..8]));
            while let Ok(read @ 1..) = block_on(ahead.read(&mut buf)) {
                all.extend_from_slice(&buf[..read]);
            }
            assert_eq!(all, octets, "{room}");
        }
    }

    #[test]
    fn octets_and_the_end_are_not_quiet() {
        assert!(!block_on(Ahead::<_, 8>::new(&b"a"[..]).is_quiet()));
        assert!(!block_on(Ahead::<_, 8>::new(&b""[..]).is_quiet()));
        let mut ahead = Ahead::<_, 8>::new(&b"ab"[..]);
        block_on(ahead.read(&mut [0; 1])).expect("a slice does not fail");
        assert!(!block_on(ahead.is_quiet()));
    }
}
