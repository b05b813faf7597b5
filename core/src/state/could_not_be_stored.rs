//! `CouldNotBeStored`: the response is for this client alone.

use super::{Arrived, Context};
use crate::head::{Edited, ResponseHead};
use crate::reason::Reason;
#[cfg(feature = "server")]
use crate::rules::preconditions::Answer;

/// The end: the response is handed over, and not stored.
#[derive(Clone, Copy, Debug)]
pub struct CouldNotBeStored<'a> {
    context: Context<'a>,
    arrived: Arrived<'a>,
    reason: Reason,
}

super::context!(CouldNotBeStored);

impl<'a> CouldNotBeStored<'a> {
    pub(crate) const fn new(context: Context<'a>, arrived: Arrived<'a>, reason: Reason) -> Self {
        Self { context, arrived, reason }
    }

    /// Why it is not stored.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// What arrived.
    pub(crate) const fn arrived(&self) -> Arrived<'a> {
        self.arrived
    }

    /// The status to hand over: that of the response, unless an `IdleServer` (feature `server`) has answered
    /// the client's preconditions or range.
    pub const fn status(&self) -> u16 {
        self.arrived.status()
    }

    /// What the response is to the client: whole, unless an [`IdleServer`](super::IdleServer) has answered
    /// its preconditions or range.
    #[cfg(feature = "server")]
    pub const fn answer(&self) -> Answer {
        self.arrived.answer()
    }

    /// The response as received.
    pub const fn response(&self) -> &ResponseHead<'a> {
        &self.arrived.response
    }

    /// The lines to hand over: all that were received, with a `Date` if there was none; of a part, a 304 and
    /// their like, what belongs to these.
    pub fn fields(&self) -> Edited<'_> {
        self.arrived.fields()
    }
}
