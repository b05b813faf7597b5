//! A connection to an origin, after the head of a response.

use crate::body::Body;
use crate::target::Target;
use crate::wire::Wire;
use embedded_io_async::Read;
use heapless::String;
use larder::client::BodyRead;

/// Longest host and port of a connection that is used again, in octets.
const AUTHORITY_MAX: usize = 64;

/// A connection with a body on it.
pub(crate) struct Connection<C, const AHEAD: usize> {
    pub(crate) is_https: bool,
    /// Whom it leads to; empty if that is too long to be kept.
    pub(crate) authority: String<AUTHORITY_MAX>,
    pub(crate) body: Body<C, AHEAD>,
    /// How the body ended; only after [`BodyRead::End`] the connection may be used again.
    pub(crate) end: Option<BodyRead>,
    /// Whether both sides want to keep it.
    pub(crate) stays: bool,
}

impl<C: Read, const AHEAD: usize> Connection<C, AHEAD> {
    /// The wire, if another request may be sent on it.
    pub(crate) async fn reusable_for(self, target: &Target<'_>) -> Option<Wire<C, AHEAD>> {
        let ended = matches!(self.body, Body::None(_)) || self.end == Some(BodyRead::End);
        let leads_there = self.is_https == target.is_https && self.authority == target.authority;
        if !ended || !self.stays || !leads_there {
            return None;
        }
        let mut wire = self.body.into_wire();
        wire.is_quiet().await.then_some(wire)
    }
}

/// What is kept of whom a connection leads to.
pub(crate) fn kept_authority(target: &Target<'_>) -> String<AUTHORITY_MAX> {
    String::try_from(target.authority).unwrap_or_default()
}
