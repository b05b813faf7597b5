//! The body of a response, read by reqwless.

use crate::wire::Wire;
use embedded_io_async::{Error as _, ErrorKind, Read};
use larder::client::BodyRead;
use larder_http1::{Error, Framing};
use reqwless::response::{ChunkedBodyReader, FixedLengthBodyReader};

/// A body, with the connection it comes on.
pub(crate) enum Body<C, const AHEAD: usize> {
    None(Wire<C, AHEAD>),
    Length(FixedLengthBodyReader<Wire<C, AHEAD>>),
    Chunked(ChunkedBodyReader<Wire<C, AHEAD>>),
    ToClose(Wire<C, AHEAD>),
}

impl<C: Read, const AHEAD: usize> Body<C, AHEAD> {
    /// # Errors
    /// [`Error::Malformed`] if it is longer than reqwless can count.
    pub(crate) fn new(framing: Framing, mut wire: Wire<C, AHEAD>) -> Result<Self, Error> {
        wire.expect_body();
        Ok(match framing {
            Framing::None => Self::None(wire),
            Framing::Length(length) => {
                let remaining = usize::try_from(length).map_err(|_| Error::Malformed)?;
                Self::Length(FixedLengthBodyReader { raw_body: wire, remaining })
            }
            Framing::Chunked => Self::Chunked(ChunkedBodyReader::new(wire)),
            Framing::ToClose => Self::ToClose(wire),
        })
    }
}

impl<C: Read, const AHEAD: usize> larder_http1::Body for Body<C, AHEAD> {
    type Wire = Wire<C, AHEAD>;

    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, Error> {
        match self {
            Self::None(_) => Ok(BodyRead::End),
            Self::Length(reader) => {
                // reqwless reads past the end if it may, and says 0 wherever the connection ends.
                let room = buf.len().min(reader.remaining);
                if room == 0 {
                    return Ok(BodyRead::End);
                }
                let read = reader.read(buf.get_mut(..room).unwrap_or_default()).await;
                Ok(octets_or(read.map_err(broken)?, BodyRead::CutOff))
            }
            Self::Chunked(reader) => match reader.read(buf).await {
                Ok(0) if !reader.is_done() => Ok(BodyRead::CutOff),
                // reqwless takes an empty line for a chunk of no octets.
                Ok(0) if !reader.raw_body.ended_with_last_chunk() => Err(Error::Malformed),
                Ok(read) => Ok(octets_or(read, BodyRead::End)),
                Err(reqwless::Error::ConnectionAborted)
                | Err(reqwless::Error::Network(ErrorKind::ConnectionAborted)) => Ok(BodyRead::CutOff),
                Err(error) => Err(broken(error)),
            },
            Self::ToClose(wire) => match wire.read(buf).await {
                Ok(read) => Ok(octets_or(read, BodyRead::End)),
                Err(error) => Err(Error::Broken(error.kind())),
            },
        }
    }

    fn into_wire(self) -> Wire<C, AHEAD> {
        match self {
            Self::None(wire) | Self::ToClose(wire) => wire,
            Self::Length(reader) => reader.raw_body,
            Self::Chunked(reader) => reader.raw_body,
        }
    }
}

const fn octets_or(read: usize, end: BodyRead) -> BodyRead {
    if read == 0 { end } else { BodyRead::Octets(read) }
}

fn broken(error: reqwless::Error) -> Error {
    match error {
        reqwless::Error::Network(kind) => Error::Broken(kind),
        _ => Error::Malformed,
    }
}
