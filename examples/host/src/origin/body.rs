//! The content of a request on its way to hyper.

use super::TcpError;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use larder::client::Content;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::mpsc::{Receiver, Sender};

/// Octets read from the content at a time.
const CHUNK: usize = 8 * 1024;

/// The content, piece by piece as it is read.
#[derive(Debug)]
pub(super) struct Upload {
    /// `None`: there is no content.
    pub(super) pieces: Option<Receiver<Bytes>>,
    /// How many octets in all, if that is known.
    pub(super) len: Option<u64>,
}

impl Body for Upload {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.pieces {
            None => Poll::Ready(None),
            Some(pieces) => pieces.poll_recv(cx).map(|piece| piece.map(|octets| Ok(Frame::data(octets)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_none() || self.len == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        // hyper asks once, before the first piece.
        match (&self.pieces, self.len) {
            (None, _) => SizeHint::with_exact(0),
            (Some(_), Some(len)) => SizeHint::with_exact(len),
            (Some(_), None) => SizeHint::new(),
        }
    }
}

/// Reads the content to its end and hands it on. Fails if it is not as long as it said.
pub(super) async fn feed<C: Content>(content: Option<&mut C>, to: Sender<Bytes>) -> Result<(), TcpError> {
    let Some(content) = content else {
        return Ok(());
    };
    let expected = content.len();
    let mut buf = vec![0; CHUNK];
    let mut total = 0;
    loop {
        let read = content.read(&mut buf).await.map_err(|error| TcpError::Content(format!("{error:?}")))?;
        let octets = buf.get(..read).unwrap_or(&buf);
        total += octets.len() as u64;
        if expected.is_some_and(|expected| total > expected || (octets.is_empty() && total < expected)) {
            return Err(TcpError::Content("it has another length than it said".to_owned()));
        }
        // Nobody takes it any more: the exchange has ended, and says itself how.
        if octets.is_empty() || to.send(Bytes::copy_from_slice(octets)).await.is_err() {
            return Ok(());
        }
    }
}
