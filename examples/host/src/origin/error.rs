//! What can go wrong between this machine and an origin.

use larder::head::HeadError;
use std::{fmt, io};

/// Why an exchange failed. Nothing is ever tried again.
#[derive(Debug)]
#[non_exhaustive]
pub enum TcpError {
    /// Not an `http` URI that can be asked for.
    Uri(String),
    /// The host's name has no address.
    Resolve(io::Error),
    /// No connection could be made.
    Connect(io::Error),
    /// The request has a part that HTTP/1.1 cannot carry: this one.
    Unsendable(String),
    /// The request's content could not be had, or has another length than was said.
    Content(String),
    /// The connection ended or broke before the head of the response was whole.
    NoAnswer(hyper::Error),
    /// The head of the response is malformed.
    Malformed(hyper::Error),
    /// The head of the response does not fit.
    Head(HeadError),
    /// 101: the origin changed the protocol, which nobody asked for.
    Switched,
    /// The connection broke in the body of the response.
    Broken(hyper::Error),
}

impl TcpError {
    /// Of an error before the head of the response was there.
    pub(super) fn in_head(error: hyper::Error) -> Self {
        if error.is_parse_too_large() {
            Self::Head(HeadError::TooLong)
        } else if error.is_parse() {
            Self::Malformed(error)
        } else {
            Self::NoAnswer(error)
        }
    }

    /// Whether the origin was reached, and what came back is no answer.
    pub const fn is_bad_answer(&self) -> bool {
        matches!(
            self,
            Self::NoAnswer(_) | Self::Malformed(_) | Self::Head(_) | Self::Switched | Self::Broken(_)
        )
    }
}

impl fmt::Display for TcpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uri(uri) => write!(f, "not an http URI: {uri}"),
            Self::Resolve(error) => write!(f, "the host has no address: {error}"),
            Self::Connect(error) => write!(f, "no connection: {error}"),
            Self::Unsendable(part) => write!(f, "cannot be sent: {part}"),
            Self::Content(error) => write!(f, "the request's content failed: {error}"),
            Self::NoAnswer(error) => write!(f, "the connection ended before the answer: {error}"),
            Self::Malformed(error) => write!(f, "the answer is malformed: {error}"),
            Self::Head(error) => write!(f, "the answer's head was refused: {error}"),
            Self::Switched => f.write_str("the origin changed the protocol (101)"),
            Self::Broken(error) => write!(f, "the connection broke in the body: {error}"),
        }
    }
}

impl std::error::Error for TcpError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Resolve(error) | Self::Connect(error) => Some(error),
            Self::NoAnswer(error) | Self::Malformed(error) | Self::Broken(error) => Some(error),
            Self::Head(error) => Some(error),
            _ => None,
        }
    }
}
