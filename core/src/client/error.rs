//! What can go wrong on the way to an answer, or in the middle of one.

use core::fmt;

/// Why the origin did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Failure<E> {
    /// It could not be reached, or its answer could not be received.
    Origin(E),
    /// It took longer than the caller's deadline.
    DeadlinePassed,
}

impl<E: fmt::Debug> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(error) => write!(f, "the origin cannot be reached: {error:?}"),
            Self::DeadlinePassed => f.write_str("the deadline passed"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for Failure<E> {}

/// Why a body could not be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BodyError<E> {
    /// The connection ended too early.
    CutOff,
    /// The connection broke.
    Origin(E),
    /// The origin took longer than the caller's deadline.
    DeadlinePassed,
    /// The store lost the body meanwhile (evicted, damaged, or the medium failed). The pair is
    /// removed; ask again.
    Lost,
    /// The body does not fit the caller's buffer.
    TooLong,
    /// While a stored part was completed the origin turned out to have another version by now. The part is
    /// removed; ask again.
    Changed,
}

impl<E: fmt::Debug> fmt::Display for BodyError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutOff => f.write_str("the connection ended before the body was complete"),
            Self::Origin(error) => write!(f, "the connection broke: {error:?}"),
            Self::DeadlinePassed => f.write_str("the deadline passed"),
            Self::Lost => f.write_str("the store lost the body"),
            Self::TooLong => f.write_str("the body is longer than the buffer"),
            Self::Changed => f.write_str("the origin has another version by now"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for BodyError<E> {}

impl<E: fmt::Debug> embedded_io_async::Error for BodyError<E> {
    fn kind(&self) -> embedded_io_async::ErrorKind {
        match self {
            Self::CutOff => embedded_io_async::ErrorKind::ConnectionAborted,
            Self::DeadlinePassed => embedded_io_async::ErrorKind::TimedOut,
            Self::TooLong => embedded_io_async::ErrorKind::OutOfMemory,
            Self::Origin(_) | Self::Lost | Self::Changed => embedded_io_async::ErrorKind::Other,
        }
    }
}
