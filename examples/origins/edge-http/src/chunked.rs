//! A chunked body, octet by octet (RFC 9112 §7.1).

use embedded_io_async::{BufRead, Error as _};
use larder::client::BodyRead;
use larder_http1::Error;

/// Most octets of framing in a row, in octets: sizes with their extensions, and trailers, which are
/// passed over.
const FRAMING_MAX: u16 = 4096;

/// How far a chunked body was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunked {
    at: At,
    /// Octets of framing since the last octet of the body.
    framing: u16,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// A size, of which so much was read; `None`: its first digit.
    Size(Option<u64>),
    /// The extension of a chunk with that size, up to the end of the line.
    Extension(u64),
    /// The second octet of the line end behind a size.
    SizeEnd(u64),
    /// So many octets of a chunk, at least one.
    Data(u64),
    /// The line end behind a chunk.
    DataReturn,
    DataEnd,
    /// A trailer's first octet, or the last line end.
    TrailerStart,
    Trailer,
    TrailerEnd,
    LastEnd,
    End,
}

impl At {
    /// Where an octet of framing leads; `None`: it must not stand there.
    fn after(self, octet: u8) -> Option<Self> {
        Some(match (self, octet) {
            (Self::Size(Some(size)), b'\r') => Self::SizeEnd(size),
            (Self::Size(Some(size)), b';' | b' ' | b'\t') => Self::Extension(size),
            (Self::Size(size), octet) => {
                let digit = char::from(octet).to_digit(16)?;
                Self::Size(Some(size.unwrap_or(0).checked_mul(16)? | u64::from(digit)))
            }
            (Self::Extension(size), b'\r') => Self::SizeEnd(size),
            (Self::Extension(size), octet) if octet != b'\n' => Self::Extension(size),
            (Self::SizeEnd(0), b'\n') => Self::TrailerStart,
            (Self::SizeEnd(size), b'\n') => Self::Data(size),
            (Self::DataReturn, b'\r') => Self::DataEnd,
            (Self::DataEnd, b'\n') => Self::Size(None),
            (Self::TrailerStart, b'\r') => Self::LastEnd,
            (Self::Trailer, b'\r') => Self::TrailerEnd,
            (Self::TrailerStart | Self::Trailer, octet) if octet != b'\n' => Self::Trailer,
            (Self::TrailerEnd, b'\n') => Self::TrailerStart,
            (Self::LastEnd, b'\n') => Self::End,
            _ => return None,
        })
    }
}

impl Chunked {
    pub(crate) const fn new() -> Self {
        Self { at: At::Size(None), framing: 0 }
    }

    /// Reads more of the body. `buf` is not empty.
    pub(crate) async fn read(&mut self, wire: &mut impl BufRead, buf: &mut [u8]) -> Result<BodyRead, Error> {
        while self.at != At::End {
            let octets = wire.fill_buf().await.map_err(|error| Error::Broken(error.kind()))?;
            let Some(octet) = octets.first() else {
                return Ok(BodyRead::CutOff);
            };
            if let At::Data(left) = self.at {
                let room = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
                let mut count = 0;
                for (to, octet) in buf.iter_mut().zip(octets).take(room) {
                    *to = *octet;
                    count += 1;
                }
                wire.consume(count);
                *self = match left.saturating_sub(count as u64) {
                    0 => Self { at: At::DataReturn, framing: 0 },
                    left => Self { at: At::Data(left), framing: 0 },
                };
                return Ok(BodyRead::Octets(count));
            }
            self.at = self.at.after(*octet).ok_or(Error::Malformed)?;
            self.framing = self.framing.saturating_add(1);
            if self.framing > FRAMING_MAX {
                return Err(Error::Malformed);
            }
            wire.consume(1);
        }
        Ok(BodyRead::End)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use larder_http1::Ahead;
    use larder_origin_suite::run as block_on;
    use std::format;
    use std::string::String;
    use std::vec::Vec;

    /// What comes of these octets, and what is left of them.
    fn decode(octets: &[u8], room: usize) -> (Vec<u8>, Result<BodyRead, Error>, usize) {
        let (mut left, mut chunked, mut body) = (octets, Chunked::new(), Vec::new());
        let mut wire = Ahead::<_, 7>::new(&mut left);
        let mut buf = std::vec![0; room];
        loop {
            match block_on(chunked.read(&mut wire, &mut buf)) {
                Ok(BodyRead::Octets(read)) => {
                    assert!(read > 0, "an empty read would look like the end");
                    body.extend_from_slice(&buf[..read]);
                }
                end => {
                    let left = block_on(async {
                        let mut left = 0;
                        while let Ok([_, ..]) = wire.fill_buf().await {
                            wire.consume(1);
                            left += 1;
                        }
                        left
                    });
                    return (body, end, left);
                }
            }
        }
    }

    #[test]
    fn rfc9112_s7_1_chunks_are_read_to_their_end_and_no_further() {
        for chunks in [
            "5\r\nhello\r\n6\r\n, you \r\n0\r\n\r\n",
            "0005\r\nhello\r\n06\r\n, you \r\n00\r\n\r\n",
            "5;a=b\r\nhello\r\n6 ; c=\"d;e\"\r\n, you \r\n0;f\r\n\r\n",
            "b\r\nhello, you \r\n0\r\nA: b\r\nC: d\r\n\r\n",
            "B\r\nhello, you \r\n0\r\n\r\n",
        ] {
            for room in [1, 2, 3, 100] {
                let (body, end, left) = decode(format!("{chunks}rest").as_bytes(), room);
                assert_eq!((&body[..], end, left), (&b"hello, you "[..], Ok(BodyRead::End), 4), "{chunks:?}");
            }
        }
    }

    #[test]
    fn a_body_that_ends_anywhere_else_is_cut_off_and_what_came_is_kept() {
        let chunks = "5;x\r\nhello\r\n3\r\nyou\r\n0\r\nA: b\r\n\r\n";
        for end in 0..chunks.len() {
            let (body, read, _) = decode(&chunks.as_bytes()[..end], 4);
            assert_eq!(read, Ok(BodyRead::CutOff), "{end}");
            let came = end.saturating_sub(5).min(5) + end.saturating_sub(15).min(3);
            assert_eq!(body, &b"helloyou"[..came], "{end}");
        }
    }

    #[test]
    fn malformed_chunks_are_an_error() {
        for chunks in [
            "\r\n\r\n",
            "x\r\n",
            "+5\r\nhello\r\n0\r\n\r\n",
            "-1\r\n",
            ";a\r\n",
            "5\nhello\r\n0\r\n\r\n",
            "5\r\nhellohello",
            "5\r\nhello\n0\r\n\r\n",
            "5\r\nhello\r\n\r\n\r\n",
            "5;a\nb\r\nhello",
            "5;a\rb\r\nhello",
            "10000000000000000\r\n",
            "0\r\nA: b\n\r\n",
            "0\r\n\n",
            "0\r\n\rx",
        ] {
            assert_eq!(decode(chunks.as_bytes(), 8).1, Err(Error::Malformed), "{chunks:?}");
        }
    }

    #[test]
    fn framing_without_end_is_an_error() {
        let extension = format!("5;{}", "a".repeat(5000));
        let trailers = format!("0\r\n{}", "A: b\r\n".repeat(1000));
        for chunks in [extension, trailers, String::from("0").repeat(5000)] {
            assert_eq!(decode(chunks.as_bytes(), 8).1, Err(Error::Malformed));
        }
    }
}
