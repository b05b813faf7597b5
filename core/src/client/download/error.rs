//! Why a download, or an attempt at it, failed.

use crate::client::{BodyError, Failure};
use crate::fields::Digest;
use crate::reason::Reason;
use crate::redirects::RedirectRefused;
use core::fmt;

/// Why a download failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum DownloadError<E> {
    /// The origin could not be reached, its answer could not be received (as one whose head does not fit), or it
    /// was silent for too long: why.
    Unreachable(Failure<E>),
    /// The body could not be read to its end.
    Body(BodyError<E>),
    /// The origin answered with this status.
    Status(u16),
    /// A redirection was not followed.
    Redirect(RedirectRefused),
    /// The response is not, or not any more, being stored.
    NotStored(Reason),
    /// The store lost the body after it was complete.
    NotKept,
    /// The body is, or by its own `Repr-Digest` would be, something else than expected: this is what it
    /// hashes to. It is not in the store any more.
    Mismatch(Digest),
    /// The lines to be sent are not text, or too many.
    Fields,
    /// The caller does not [accept](super::Persistence::accept) it.
    Refused,
    /// The name is empty, has blanks, a `#` or other than ASCII, or is a URI; or there is a name, and no digest
    /// is expected ([`Wanted::named`](super::Wanted::named)).
    Name,
}

impl<E> DownloadError<E> {
    /// Whether the same request may well succeed later: the link broke, the origin is busy, or octets were
    /// changed on the way.
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::NotKept | Self::Mismatch(_) => true,
            Self::Body(error) => !matches!(error, BodyError::TooLong),
            Self::Status(status) => matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            Self::Redirect(_) | Self::NotStored(_) | Self::Fields | Self::Refused | Self::Name => false,
        }
    }
}

impl<E: fmt::Debug> fmt::Display for DownloadError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(failure) => fmt::Display::fmt(failure, f),
            Self::Body(error) => fmt::Display::fmt(error, f),
            Self::Status(status) => write!(f, "the origin answered {status}"),
            Self::Redirect(reason) => fmt::Display::fmt(reason, f),
            Self::NotStored(reason) => write!(f, "it is not stored: {reason}"),
            Self::NotKept => f.write_str("the store lost the body"),
            Self::Mismatch(found) => write!(f, "the body is another one: {found:?}"),
            Self::Fields => f.write_str("the lines to be sent are not text, or too many"),
            Self::Refused => f.write_str("it is not accepted"),
            Self::Name => f.write_str("the name is none, or nobody says what its body must hash to"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for DownloadError<E> {}
