//! A connection as reqwless reads it: one head at a time, then octets.

use embedded_io_async::{BufRead, ErrorType, Read, Write};
use larder_http1::Ahead;

/// A connection with a few octets read ahead.
///
/// reqwless takes whatever it reads behind a head for the body of that response. So while a head is
/// read, this hands over its octets and no more.
pub(crate) struct Wire<C, const AHEAD: usize> {
    ahead: Ahead<C, AHEAD>,
    /// Whether a head is being read, and how it ended so far.
    head: Option<HeadEnd>,
    /// The octets handed over last.
    last: [u8; LAST],
}

/// How many octets are remembered.
const LAST: usize = 5;

impl<C: Read, const AHEAD: usize> Wire<C, AHEAD> {
    pub(crate) const fn new(connection: C) -> Self {
        Self { ahead: Ahead::new(connection), head: None, last: [0; LAST] }
    }

    /// What is read next is a head.
    pub(crate) const fn expect_head(&mut self) {
        self.head = Some(HeadEnd::Within);
    }

    /// What is read next is a body.
    pub(crate) const fn expect_body(&mut self) {
        self.head = None;
    }

    /// Whether a chunked body ended with a chunk whose length is written as zero.
    pub(crate) fn ended_with_last_chunk(&self) -> bool {
        self.last == *b"0\r\n\r\n"
    }

    /// Whether nothing came that nobody asked for, the connection's end included.
    pub(crate) async fn is_quiet(&mut self) -> bool {
        self.ahead.is_quiet().await
    }

    fn remember(&mut self, octets: &[u8]) {
        for octet in octets.iter().skip(octets.len().saturating_sub(LAST)) {
            self.last.rotate_left(1);
            self.last[LAST - 1] = *octet;
        }
    }
}

impl<C: ErrorType, const AHEAD: usize> ErrorType for Wire<C, AHEAD> {
    type Error = C::Error;
}

impl<C: Read, const AHEAD: usize> Read for Wire<C, AHEAD> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, C::Error> {
        let Some(end) = &mut self.head else {
            let count = self.ahead.read(buf).await?;
            self.remember(buf.get(..count).unwrap_or_default());
            return Ok(count);
        };
        let mut count = 0;
        for (to, octet) in buf.iter_mut().zip(self.ahead.fill_buf().await?) {
            *to = *octet;
            count += 1;
            *end = end.after(*octet);
            if *end == HeadEnd::Ended {
                *end = HeadEnd::Within;
                break;
            }
        }
        self.ahead.consume(count);
        Ok(count)
    }
}

impl<C: Write, const AHEAD: usize> Write for Wire<C, AHEAD> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, C::Error> {
        self.ahead.write(buf).await
    }

    async fn flush(&mut self) -> Result<(), C::Error> {
        self.ahead.flush().await
    }
}

/// How far the end of a head has come: the end of a line, and an empty line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HeadEnd {
    Within,
    LineEnd,
    Return,
    Ended,
}

impl HeadEnd {
    const fn after(self, octet: u8) -> Self {
        match (self, octet) {
            (Self::Within, b'\n') => Self::LineEnd,
            (Self::LineEnd, b'\r') => Self::Return,
            (Self::LineEnd | Self::Return, b'\n') => Self::Ended,
            _ => Self::Within,
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use futures_lite::future::block_on;
    use std::vec::Vec;

    #[test]
    fn a_head_is_handed_over_without_what_follows() {
        let octets: &[u8] = b"HTTP/1.1 102 X\r\n\r\nHTTP/1.1 200 X\r\nA: b\r\n\r\nbody";
        let mut wire = Wire::<_, 64>::new(octets);
        let mut buf = [0; 64];
        wire.expect_head();
        let mut heads = Vec::new();
        for _ in 0..2 {
            let read = block_on(wire.read(&mut buf)).expect("a slice does not fail");
            heads.push(buf[..read].to_vec());
        }
        assert_eq!(heads, [&b"HTTP/1.1 102 X\r\n\r\n"[..], b"HTTP/1.1 200 X\r\nA: b\r\n\r\n"]);
        wire.expect_body();
        assert_eq!(block_on(wire.read(&mut buf)).expect("a slice does not fail"), 4);
    }

    #[test]
    fn the_last_octets_are_remembered_over_several_reads() {
        let mut wire = Wire::<_, 16>::new(&b"5\r\nhello\r\n0\r\n\r\n"[..]);
        for _ in 0..15 {
            assert!(!wire.ended_with_last_chunk());
            block_on(wire.read(&mut [0; 1])).expect("a slice does not fail");
        }
        assert!(wire.ended_with_last_chunk());
    }
}
