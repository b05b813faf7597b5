//! `CouldNotBeStored`: the response is for this client alone.

use super::{Arrived, Context};
use crate::head::{Edited, ResponseHead};
use crate::reason::Reason;

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

    /// The response as received.
    pub const fn response(&self) -> &ResponseHead<'a> {
        &self.arrived.response
    }

    /// The lines to hand over: all that were received, with a `Date` if there was none.
    pub fn fields(&self) -> Edited<'_> {
        self.arrived.fields()
    }
}
