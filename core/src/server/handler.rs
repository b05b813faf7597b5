//! `Handler`: what makes the responses of a device that serves HTTP itself.

use crate::client::{BodyRead, Content, Origin, Sending};
use crate::head::{HeadError, HeadMut, Method, Outgoing};
use core::fmt;

/// Makes the responses to requests for a device's own resources.
///
/// It is called when nothing stored may answer. Of GET and HEAD it need know nothing but the method and the
/// URI, and makes the whole response: preconditions and ranges are answered for it. If its resources have an
/// `ETag` or `Last-Modified`, it may look whether `If-None-Match` or `If-Modified-Since` (they are larder's
/// own, about what is stored) say that nothing has changed, and answer 304 without a body; that is stored as
/// fresh as the 304 says.
#[expect(async_fn_in_trait, reason = "as Origin")]
pub trait Handler {
    /// The body of a response: [`Octets`](super::Octets), `&'static [u8]`, or something that is made while it
    /// is read.
    type Body: Content;
    /// Why there is no response. The client gets 500, or a stale response where one may be served.
    type Error: fmt::Debug;

    /// Answers a request. `response` is a 200 without lines; another status is begun with
    /// [`HeadMut::start_response`]. `Content-Length` is added if the body's length is known and the response
    /// has none. A body to HEAD is dropped unread.
    ///
    /// # Errors
    /// There is no response.
    ///
    /// # Cancel safety
    /// May be dropped at any await: the client has gone, or its deadline has passed.
    async fn handle<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        content: Option<&mut C>,
        response: HeadMut<'_>,
    ) -> Result<Self::Body, Self::Error>;
}

impl<H: Handler> Handler for &mut H {
    type Body = H::Body;
    type Error = H::Error;

    async fn handle<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        content: Option<&mut C>,
        response: HeadMut<'_>,
    ) -> Result<H::Body, H::Error> {
        (**self).handle(request, content, response).await
    }
}

/// Why a handler's response could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum HandlerError<E, B> {
    /// The handler failed.
    Handler(E),
    /// Its body could not be read to the end.
    Body(B),
    /// There was no room for its `Content-Length`.
    Head(HeadError),
}

/// A handler, as the cache sees it: its origin.
pub struct Handled<H: Handler> {
    pub(super) handler: H,
    /// What is being read.
    body: Option<H::Body>,
}

impl<H: Handler> Handled<H> {
    /// A handler as an origin.
    pub const fn new(handler: H) -> Self {
        Self { handler, body: None }
    }
}

impl<H: Handler + fmt::Debug> fmt::Debug for Handled<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handled").field("handler", &self.handler).finish_non_exhaustive()
    }
}

impl<H: Handler> Origin for Handled<H> {
    type Error = HandlerError<H::Error, <H::Body as Content>::Error>;

    async fn send<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        exchange: Sending<'_, C>,
        mut head: HeadMut<'_>,
    ) -> Result<(), Self::Error> {
        self.body = None;
        head.start_response(200);
        let made = self.handler.handle(request, exchange.content, head.reborrow()).await;
        let body = made.map_err(HandlerError::Handler)?;
        let response = head.response();
        let is_framed =
            response.fields.contains("content-length") || response.fields.contains("transfer-encoding");
        let has_content = !matches!(response.status, 100..=199 | 204 | 304);
        if let Some(length) = body.len().filter(|_| has_content && !is_framed) {
            let text = crate::head::Text::<20>::EMPTY.number(length);
            head.push("Content-Length", text.as_octets()).map_err(HandlerError::Head)?;
        }
        self.body = Some(body).filter(|_| has_content && request.method != Method::Head);
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, Self::Error> {
        let Some(body) = &mut self.body else {
            return Ok(BodyRead::End);
        };
        match body.read(buf).await {
            Ok(0) => {
                self.body = None;
                Ok(BodyRead::End)
            }
            Ok(read) => Ok(BodyRead::Octets(read)),
            Err(error) => {
                self.body = None;
                Err(HandlerError::Body(error))
            }
        }
    }
}
