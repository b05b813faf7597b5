//! One connection, with the exchange on it.

use super::TcpError;
use super::body::{self, Upload};
use super::head;
use super::target::Target;
use super::wire::{Counted, Wire};
use bytes::{Buf, Bytes};
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use larder::client::{BodyRead, Content, Sending};
use larder::head::HeadMut;
use std::cell::Cell;
use std::collections::VecDeque;
use std::error::Error;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::{fmt, io};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{self, Sender};

/// Most field lines of a response. Larder's head buffers take fewer or as many.
const FIELDS_MAX: usize = 256;

/// Most octets hyper keeps, and so the longest head it parses.
const BUFFER_MAX: usize = 128 * 1024;

/// A connection to an origin.
pub(super) struct Connection {
    target: http::uri::Authority,
    sender: SendRequest<Upload>,
    driver: Driver,
    body: Option<Incoming>,
    /// Octets of the body that did not fit the last buffer.
    rest: Bytes,
    /// How the body ended; only after [`BodyRead::End`] the connection may be used again.
    end: Option<BodyRead>,
    /// Content that the origin did not want. While this lives, it does not look complete.
    unsent: Option<Sender<Bytes>>,
}

/// What moves the octets when it is polled; `None` once the connection has ended.
struct Driver(Option<Pin<Box<HyperConnection>>>);

type HyperConnection = http1::Connection<TokioIo<Counted>, Upload>;

impl Driver {
    fn poll(&mut self, cx: &mut Context<'_>) {
        // What went wrong is told to whoever waits for the head or the body.
        if self.0.as_mut().is_some_and(|driver| driver.as_mut().poll(cx).is_ready()) {
            self.0 = None;
        }
    }
}

impl Connection {
    pub(super) async fn open(
        stream: TcpStream,
        target: &Target,
        wire: Rc<Cell<Wire>>,
    ) -> Result<Self, TcpError> {
        stream.set_nodelay(true).map_err(TcpError::Connect)?;
        let io = TokioIo::new(Counted { stream, wire });
        let builder = http1::Builder::new().max_headers(FIELDS_MAX).max_buf_size(BUFFER_MAX).clone();
        let (sender, driver) = builder.handshake(io).await.map_err(TcpError::NoAnswer)?;
        Ok(Self {
            target: target.authority.clone(),
            sender,
            driver: Driver(Some(Box::pin(driver))),
            body: None,
            rest: Bytes::new(),
            end: None,
            unsent: None,
        })
    }

    /// Whether another request may be sent on it.
    pub(super) async fn is_ready_for(&mut self, target: &Target) -> bool {
        if self.end != Some(BodyRead::End) || self.unsent.is_some() || self.target != target.authority {
            return false;
        }
        // The origin may have closed it meanwhile, or sent what nobody asked for. The runtime looks
        // at its sockets in between, so that it is known here.
        for _ in 0..2 {
            tokio::task::yield_now().await;
            poll_fn(|cx| {
                self.driver.poll(cx);
                Poll::Ready(())
            })
            .await;
        }
        self.driver.0.is_some() && self.sender.is_ready()
    }

    /// Sends a request and its content, hands on interim responses, and waits for the final head.
    pub(super) async fn exchange<C: Content>(
        &mut self,
        outgoing: http::request::Parts,
        exchange: Sending<'_, C>,
        mut head: HeadMut<'_>,
    ) -> Result<http::Response<Incoming>, TcpError> {
        (self.end, self.body) = (None, None);
        let Sending { content, interim } = exchange;
        let (pieces, receiver) = mpsc::channel(1);
        let len = content.as_ref().and_then(|content| content.len());
        let upload = Upload { pieces: content.is_some().then_some(receiver), len };
        let mut request = http::Request::from_parts(outgoing, upload);
        let early = Interim::listen(&mut request);

        let driver = &mut self.driver;
        let mut answer = pin!(self.sender.send_request(request));
        let mut unsent = Some(pieces.clone());
        let mut feeding = pin!(body::feed(content, pieces));
        let mut answered = None;
        let response = poll_fn(|cx| -> Poll<Result<_, TcpError>> {
            if unsent.is_some()
                && let Poll::Ready(ended) = feeding.as_mut().poll(cx)
            {
                ended?;
                unsent = None;
            }
            driver.poll(cx);
            while let Some((status, fields)) = early.next() {
                head::take(&mut head, status, &fields)?;
                interim(&head.response());
            }
            if answered.is_none()
                && let Poll::Ready(ended) = answer.as_mut().poll(cx)
            {
                answered = Some(ended.map_err(TcpError::in_head)?);
            }
            match answered.take_if(|response| unsent.is_none() || is_refusal(response)) {
                Some(response) => Poll::Ready(Ok(response)),
                None => Poll::Pending,
            }
        });
        let response = response.await?;
        self.unsent = unsent;
        Ok(response)
    }

    /// Begins to receive a body.
    pub(super) fn receive(&mut self, body: Incoming) {
        (self.body, self.rest, self.end) = (Some(body), Bytes::new(), None);
    }

    pub(super) async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, TcpError> {
        let Self { driver, body, rest, end, .. } = self;
        while rest.is_empty() {
            let (None, Some(body)) = (*end, body.as_mut()) else {
                return Ok(end.unwrap_or(BodyRead::End));
            };
            let frame = poll_fn(|cx| {
                driver.poll(cx);
                Pin::new(&mut *body).poll_frame(cx)
            });
            match frame.await {
                None => *end = Some(BodyRead::End),
                Some(Err(error)) => {
                    *end = Some(BodyRead::CutOff);
                    if !is_cut_off(&error) {
                        return Err(TcpError::Broken(error));
                    }
                }
                // Trailers are dropped, as RFC 9110 §6.5.1 allows.
                Some(Ok(frame)) => *rest = frame.into_data().unwrap_or_default(),
            }
        }
        let read = buf.len().min(rest.len());
        if let Some(to) = buf.get_mut(..read) {
            rest.copy_to_slice(to);
        }
        Ok(BodyRead::Octets(read))
    }

    /// Closes the connection if the body has ended, one way or the other.
    pub(super) fn close_at_end(&mut self) {
        if self.end.is_some() {
            self.driver.0 = None;
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("target", &self.target).field("end", &self.end).finish()
    }
}

/// Interim responses on their way from hyper's listener, which must be `Send` and `'static`.
struct Interim(Arc<Mutex<VecDeque<(u16, http::HeaderMap)>>>);

impl Interim {
    fn listen(request: &mut http::Request<Upload>) -> Self {
        let queue = Arc::<Mutex<VecDeque<_>>>::default();
        let listener = Arc::clone(&queue);
        hyper::ext::on_informational(request, move |response| {
            if let Ok(mut queue) = listener.lock() {
                queue.push_back((response.status().as_u16(), response.headers().clone()));
            }
        });
        Self(queue)
    }

    fn next(&self) -> Option<(u16, http::HeaderMap)> {
        self.0.lock().ok()?.pop_front()
    }
}

/// Whether an origin that answers so wants no more of the content.
fn is_refusal(response: &http::Response<Incoming>) -> bool {
    response.status().as_u16() >= 300
}

/// Whether the connection was closed in the middle of the body, in order or not at all by the
/// framing.
fn is_cut_off(error: &hyper::Error) -> bool {
    let mut source = Some(error as &(dyn Error + 'static));
    while let Some(error) = source {
        let io = error.downcast_ref::<io::Error>();
        let hyper = error.downcast_ref::<hyper::Error>();
        if io.is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof)
            || hyper.is_some_and(hyper::Error::is_incomplete_message)
        {
            return true;
        }
        source = error.source();
    }
    false
}
