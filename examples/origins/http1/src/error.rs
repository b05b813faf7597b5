//! What can go wrong between a device and an origin.

use core::fmt;
use embedded_io_async::ErrorKind;
use larder::head::HeadError;

/// Why an exchange failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Error {
    /// Not a URI that can be asked for, or of a scheme that the connections are not for.
    Uri,
    /// The host's name has no address.
    Resolve,
    /// No connection could be made.
    Connect(ErrorKind),
    /// The request has a part that the adapter cannot carry: this one.
    Unsendable(&'static str),
    /// The request's content could not be had, or has another length than was said.
    Content,
    /// The connection ended or broke before the head of the response was whole.
    NoAnswer(ErrorKind),
    /// The response is malformed, or has framing that the adapter does not read.
    Malformed,
    /// The head of the response does not fit.
    Head(HeadError),
    /// 101: the origin changed the protocol, which nobody asked for.
    Switched,
    /// The connection broke in the body of the response.
    Broken(ErrorKind),
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
