//! `Origin`: how the client reaches the network.

use crate::head::{HeadMut, Outgoing, ResponseHead};
use core::convert::Infallible;
use core::fmt;

/// Sends requests and receives responses: a thin adapter over the HTTP client of your choice.
///
/// An origin holds at most one exchange at a time: [`send`](Self::send), then
/// [`read`](Self::read) until the body's end. When `send` is called and the last body was not read
/// to its end, or a call failed, or its future was dropped, **the connection must not be used
/// again**: what is left on it is a body, and would be read as a head. Note that before the first
/// octet is written (a flag that only a complete body clears will do), since a dropped future
/// cannot.
///
/// Why the body is not a value of its own: a body that borrows the connection cannot be returned
/// when the same call may have to send again (a 304 that matches nothing).
///
/// What the head says and what the body is must agree. Who takes a content coding off, as some modems do, leaves out
/// `Content-Encoding`, `Content-Length` and digests; better is not to ask for one. `Transfer-Encoding` may stay. Who
/// knows only that a transfer is over compares what came with `Content-Length`.
///
/// [How to write one](crate::how_to#how-do-i-write-an-origin-over-a-modem-or-another-http-client), by example;
/// `examples/origins/suite` tests one against real sockets.
#[expect(async_fn_in_trait, reason = "origins run on single-core executors; nothing needs Send")]
pub trait Origin {
    /// What can go wrong on the way.
    type Error: fmt::Debug;

    /// Sends a request and receives the head of its final response into `head`.
    ///
    /// The origin adds what belongs to the connection and to the content's framing (`Host`,
    /// `Content-Length`, …) and sends every other line of `request` as it stands. What the
    /// transport cannot carry is an error, never left out. Responses with a 1xx status go to
    /// `exchange.interim`, each as soon as it arrives, and are not final; 101 is an error.
    ///
    /// # Errors
    /// The origin cannot be reached, the connection broke, the head is malformed or does not fit.
    /// A response that could not be received whole up to the end of its head is an error, never a
    /// shorter head.
    ///
    /// # Cancel safety
    /// May be dropped at any point; the connection is then not used again.
    async fn send<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        exchange: Sending<'_, C>,
        head: HeadMut<'_>,
    ) -> Result<(), Self::Error>;

    /// Reads more of the body of the response that was received last.
    ///
    /// A response to HEAD, a 204 and a 304 have no body: [`BodyRead::End`] at once. The end of a
    /// body that is delimited by the connection's end is `End` only if the connection was closed
    /// in order. After the end, it answers the same again.
    ///
    /// # Errors
    /// The connection broke.
    ///
    /// # Cancel safety
    /// May be dropped. Who has lost octets by that answers [`BodyRead::CutOff`] or an error from then on.
    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, Self::Error>;
}

/// What goes along with a request.
pub struct Sending<'s, C> {
    /// The request's content.
    pub content: Option<&'s mut C>,
    /// Told of every interim response (1xx).
    pub interim: &'s mut dyn FnMut(&ResponseHead<'_>),
}

/// What [`Origin::read`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BodyRead {
    /// That many octets are in the buffer; at least one, unless the buffer is empty.
    Octets(usize),
    /// The body is complete.
    End,
    /// The connection ended before the body was complete.
    CutOff,
}

/// The content of a request. Text is `text.as_bytes()`, an array `&array[..]`.
#[expect(async_fn_in_trait, reason = "as Origin")]
pub trait Content {
    /// What can go wrong where it comes from.
    type Error: fmt::Debug;

    /// How many octets it has in all; `None` if that is not known: it is then sent chunked.
    fn len(&self) -> Option<u64>;

    /// Whether it is known to have no octets.
    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Reads more of it; 0 at its end.
    ///
    /// # Errors
    /// The content cannot be had; the request then fails.
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Self::Error>;
}

impl Content for &[u8] {
    type Error = Infallible;

    fn len(&self) -> Option<u64> {
        Some((**self).len() as u64)
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, Infallible> {
        let len = buf.len().min((**self).len());
        let (now, later) = self.split_at_checked(len).unwrap_or((self, &[]));
        for (to, from) in buf.iter_mut().zip(now) {
            *to = *from;
        }
        *self = later;
        Ok(len)
    }
}

impl<O: Origin> Origin for &mut O {
    type Error = O::Error;

    async fn send<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        exchange: Sending<'_, C>,
        head: HeadMut<'_>,
    ) -> Result<(), O::Error> {
        (**self).send(request, exchange, head).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, O::Error> {
        (**self).read(buf).await
    }
}
