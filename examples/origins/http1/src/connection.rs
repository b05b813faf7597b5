//! A connection to an origin, after the head of a response.

use crate::{Error, Framing, Target};
use heapless::String;
use larder::client::BodyRead;

/// Longest host and port of a connection that is used again, in octets.
const AUTHORITY_MAX: usize = 64;

/// The body of a response, with the connection it comes on.
#[expect(async_fn_in_trait, reason = "as larder's Origin")]
pub trait Body {
    /// The connection.
    type Wire;

    /// Reads more of it, as [`Origin::read`](larder::client::Origin::read). Not called again after the end
    /// or an error, and never with an empty buffer.
    ///
    /// # Errors
    /// The connection broke, or the framing is malformed.
    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, Error>;

    /// The connection, once the body has ended.
    fn into_wire(self) -> Self::Wire;
}

/// A connection with a body on it.
#[derive(Debug)]
pub struct Connection<B> {
    is_https: bool,
    /// Whom it leads to; empty if that is too long to be kept.
    authority: String<AUTHORITY_MAX>,
    body: B,
    /// How the body ended; only after [`BodyRead::End`] the connection may be used again.
    end: Option<BodyRead>,
    stays: bool,
}

impl<B: Body> Connection<B> {
    /// A connection to `target`, with a `body` framed like this. `stays`: both sides want to keep it.
    pub fn new(target: &Target<'_>, framing: Framing, body: B, stays: bool) -> Self {
        let authority = String::try_from(target.authority).unwrap_or_default();
        let end = (framing == Framing::None).then_some(BodyRead::End);
        Self { is_https: target.is_https, authority, body, end, stays }
    }

    /// Reads more of the body, as [`Origin::read`](larder::client::Origin::read).
    ///
    /// # Errors
    /// Those of the body.
    ///
    /// # Cancel safety
    /// A dropped future may have lost octets: the body is cut off then.
    pub async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, Error> {
        if let Some(end) = self.end {
            return Ok(end);
        }
        if buf.is_empty() {
            return Ok(BodyRead::Octets(0));
        }
        // Stands if this future is dropped, and after an error.
        self.end = Some(BodyRead::CutOff);
        let read = self.body.read(buf).await?;
        self.end = Some(read).filter(|end| !matches!(end, BodyRead::Octets(_)));
        Ok(read)
    }

    /// What is below, if another request may be sent on it: to be asked yet whether it is quiet.
    pub fn reusable_for(self, target: &Target<'_>) -> Option<B::Wire> {
        let ended = self.end == Some(BodyRead::End);
        let leads_there = self.is_https == target.is_https && self.authority == target.authority;
        (ended && self.stays && leads_there).then(|| self.body.into_wire())
    }
}
