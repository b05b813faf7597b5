//! What can go wrong between a device and an origin.

use core::fmt;
use embedded_io_async::ErrorKind;
use larder::head::HeadError;

/// Why an exchange failed. Nothing is ever tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// Not an `http` URI that can be asked for, or an `https` one and the connections are not for that.
    Uri,
    /// The host's name has no address.
    Resolve,
    /// No connection could be made.
    Connect(ErrorKind),
    /// The request has a part that reqwless cannot carry: this one.
    Unsendable(&'static str),
    /// The request's content could not be had, or has another length than was said.
    Content,
    /// The connection ended or broke before the head of the response was whole.
    NoAnswer(ErrorKind),
    /// The response is malformed, or has framing that reqwless does not read.
    Malformed,
    /// The head of the response does not fit.
    Head(HeadError),
    /// 101: the origin changed the protocol, which nobody asked for.
    Switched,
    /// The connection broke in the body of the response.
    Broken(ErrorKind),
}

impl Error {
    /// Of an error before the head of the response was there.
    pub(crate) fn in_head(error: reqwless::Error) -> Self {
        match error {
            reqwless::Error::Network(kind) => Self::NoAnswer(kind),
            reqwless::Error::ConnectionAborted => Self::NoAnswer(ErrorKind::ConnectionAborted),
            reqwless::Error::BufferTooSmall => Self::Head(HeadError::TooLong),
            reqwless::Error::IncorrectBodyWritten => Self::Content,
            _ => Self::Malformed,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uri => f.write_str("not a URI that can be asked for"),
            Self::Resolve => f.write_str("the host has no address"),
            Self::Connect(kind) => write!(f, "no connection: {kind}"),
            Self::Unsendable(part) => write!(f, "cannot be sent: {part}"),
            Self::Content => f.write_str("the request's content failed"),
            Self::NoAnswer(kind) => write!(f, "the connection ended before the answer: {kind}"),
            Self::Malformed => f.write_str("the answer is malformed"),
            Self::Head(error) => write!(f, "the answer's head was refused: {error}"),
            Self::Switched => f.write_str("the origin changed the protocol (101)"),
            Self::Broken(kind) => write!(f, "the connection broke in the body: {kind}"),
        }
    }
}

impl core::error::Error for Error {}
