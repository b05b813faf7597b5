//! Interim responses (1xx), which hyper's server cannot send.
//!
//! The server's socket is wrapped: lines of an interim response are put before what hyper writes.
//! That is safe since a connection answers one request at a time, the final head is not written
//! before its request's interim responses were given, and nothing is put in while hyper is in the
//! middle of something.

use larder::head::ResponseHead;
use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// What waits to be written before anything else. One per connection; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Interim(Rc<RefCell<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    octets: Vec<u8>,
    /// hyper has begun to write something that is not flushed yet.
    busy: bool,
    waker: Option<Waker>,
}

impl Interim {
    /// Passes an interim response on.
    pub(super) fn send(&self, response: &ResponseHead<'_>) {
        let mut waiting = self.0.borrow_mut();
        let reason = http::StatusCode::from_u16(response.status).ok();
        let reason = reason.and_then(|status| status.canonical_reason()).unwrap_or_default();
        waiting.octets.extend(format!("HTTP/1.1 {} {reason}\r\n", response.status).as_bytes());
        for field in response.fields {
            waiting.octets.extend(field.name().as_bytes());
            waiting.octets.extend(b": ");
            waiting.octets.extend(field.value());
            waiting.octets.extend(b"\r\n");
        }
        waiting.octets.extend(b"\r\n");
        if let Some(waker) = waiting.waker.take() {
            waker.wake();
        }
    }

    /// The final head comes next. What cannot be written before it any more is dropped, as a client
    /// may miss interim responses, but never find them in a body.
    pub(super) fn close(&self) {
        let mut waiting = self.0.borrow_mut();
        if waiting.busy {
            waiting.octets.clear();
        }
    }
}

/// A client's connection.
#[derive(Debug)]
pub(super) struct ClientStream {
    stream: TcpStream,
    interim: Interim,
}

impl ClientStream {
    pub(super) fn new(stream: TcpStream, interim: Interim) -> Self {
        Self { stream, interim }
    }

    /// Writes what waits, unless hyper is in the middle of something.
    fn poll_interim(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut waiting = self.interim.0.borrow_mut();
        while !waiting.busy && !waiting.octets.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &waiting.octets))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            waiting.octets.drain(..written);
        }
        waiting.waker = Some(cx.waker().clone());
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_interim(cx))?;
        self.interim.0.borrow_mut().busy = true;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // hyper flushes when everything it had is written.
        self.interim.0.borrow_mut().busy = false;
        ready!(self.poll_interim(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
