//! Bodies through the proxy: of requests to the origin, and of answers to the client.

use bytes::{Buf, Bytes};
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use larder::client::Content;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The content of a client's request, read as it arrives.
#[derive(Debug)]
pub(crate) struct Received {
    body: Incoming,
    rest: Bytes,
    len: Option<u64>,
}

impl Received {
    /// `None` if the request has no content.
    pub(crate) fn of(body: Incoming, fields: &http::HeaderMap) -> Option<Self> {
        let is_framed = fields.contains_key(http::header::CONTENT_LENGTH)
            || fields.contains_key(http::header::TRANSFER_ENCODING);
        let len = body.size_hint().exact();
        is_framed.then_some(Self { body, rest: Bytes::new(), len })
    }
}

impl Content for Received {
    type Error = hyper::Error;

    fn len(&self) -> Option<u64> {
        self.len
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, hyper::Error> {
        while self.rest.is_empty() {
            match self.body.frame().await {
                None => return Ok(0),
                // Trailers are dropped, as RFC 9110 §6.5.1 allows.
                Some(frame) => self.rest = frame?.into_data().unwrap_or_default(),
            }
        }
        let read = buf.len().min(self.rest.len());
        if let Some(to) = buf.get_mut(..read) {
            self.rest.copy_to_slice(to);
        }
        Ok(read)
    }
}

/// The body of an answer on its way to the client.
#[derive(Debug)]
pub(crate) struct Answered {
    pieces: Receiver<Piece>,
    cut_off: bool,
}

/// What the exchange has for the client.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Octets of the body.
    Octets(Bytes),
    /// The body is complete.
    End,
}

impl Answered {
    /// A body, and where its pieces go in. Without an [`Piece::End`] it is cut off.
    pub(crate) fn new() -> (Sender<Piece>, Self) {
        let (sender, receiver) = channel(1);
        (sender, Self { pieces: receiver, cut_off: false })
    }
}

impl Body for Answered {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        match self.pieces.poll_recv(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Piece::Octets(octets))) => Poll::Ready(Some(Ok(Frame::data(octets)))),
            Poll::Ready(Some(Piece::End)) => Poll::Ready(None),
            Poll::Ready(None) if self.cut_off => Poll::Ready(Some(Err(CutOff))),
            Poll::Ready(None) => {
                // hyper drops what it has not written when a body fails: it shall write first.
                self.cut_off = true;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}

/// The body cannot be had to its end: the client's connection is closed before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CutOff;

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the origin's body was cut off")
    }
}

impl std::error::Error for CutOff {}
