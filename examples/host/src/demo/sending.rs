//! How the origin of the demo sends a body: to its end, or not.

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// How a response ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum End {
    /// As it should.
    #[default]
    Complete,
    /// The connection is closed after so many octets of body.
    Lost(usize),
    /// Nothing comes any more after so many octets of body.
    Silent(usize),
}

/// A body on its way.
#[derive(Debug)]
pub struct Sending {
    /// What is still to be sent, and what will not be.
    body: Bytes,
    end: End,
    /// Octets that were sent.
    sent: usize,
    /// Whether hyper may have something to flush.
    unflushed: bool,
}

impl Sending {
    /// Sends `body` as far as `end` says.
    pub const fn new(body: Bytes, end: End) -> Self {
        Self { body, end, sent: 0, unflushed: false }
    }

    /// Octets that may be sent now.
    fn room(&self) -> usize {
        let most = match self.end {
            End::Complete => usize::MAX,
            End::Lost(octets) | End::Silent(octets) => octets.saturating_sub(self.sent),
        };
        self.body.len().min(most).min(PIECE)
    }
}

impl Body for Sending {
    type Data = Bytes;
    type Error = NoLink;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, NoLink>>> {
        let room = self.room();
        if room > 0 {
            let piece = self.body.split_to(room);
            self.sent += room;
            self.unflushed = true;
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if self.body.is_empty() {
            return Poll::Ready(None);
        }
        if self.unflushed {
            // What was sent before a failure is to arrive.
            self.unflushed = false;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.end {
            End::Silent(_) => Poll::Pending,
            End::Lost(_) | End::Complete => Poll::Ready(Some(Err(NoLink))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.body.len() as u64)
    }
}

/// There is no way to the origin.
#[derive(Clone, Copy, Debug)]
pub struct NoLink;

impl fmt::Display for NoLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no link")
    }
}

impl std::error::Error for NoLink {}

/// Octets handed to hyper at a time.
const PIECE: usize = 8 * 1024;
