//! `StoreAndUse`: the response is stored while it is handed over (RFC 9111 §3).

use super::candidates::Chosen;
use super::{Arrived, Context, CouldNotBeStored};
use crate::head::{Edited, ResponseHead};
use crate::pair::{NewPair, Nominated, PairId};
use crate::reason::Reason;
use crate::rules::stored_fields::{self, MadeDate};

/// The end: the response is stored and handed over.
#[derive(Clone, Copy, Debug)]
pub struct StoreAndUse<'a> {
    context: Context<'a>,
    arrived: Arrived<'a>,
    length: Option<u64>,
    replaces: Chosen,
}

/// The end of a response from the origin.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum End<'a> {
    /// It is stored and handed over.
    StoreAndUse(StoreAndUse<'a>),
    /// It is handed over.
    CouldNotBeStored(CouldNotBeStored<'a>),
}

/// Whether a response is stored, and in place of what; or why it is not.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verdict {
    Store {
        /// Octets of its body, if it says so.
        length: Option<u64>,
        replaces: Chosen,
    },
    Pass(Reason),
}

impl<'a> End<'a> {
    pub(crate) const fn of(context: Context<'a>, arrived: Arrived<'a>, verdict: Verdict) -> Self {
        match verdict {
            Verdict::Store { length, replaces } => {
                Self::StoreAndUse(StoreAndUse { context, arrived, length, replaces })
            }
            Verdict::Pass(reason) => Self::CouldNotBeStored(CouldNotBeStored::new(context, arrived, reason)),
        }
    }
}

super::context!(StoreAndUse);

impl<'a> StoreAndUse<'a> {
    /// The pair to store. Made anew each time, with the hashes of its secrets ([`Secrets`]).
    ///
    /// [`Secrets`]: crate::options::Secrets
    pub fn pair(&self) -> NewPair<'_> {
        let Self { context, arrived, .. } = self;
        let fields = stored_fields::storable(arrived.response.fields, arrived.date.as_ref(), context.options);
        NewPair {
            method: context.request.method,
            uri: context.request.uri,
            nominated: Nominated::new(context.request.fields, fields)
                .hiding(&context.options.secrets, context.candidates.hashes()),
            authorized: context.asked.has_authorization,
            status: arrived.response.status,
            fields,
            received: arrived.received,
            length: self.length,
            offset: 0,
            resumable: false,
        }
    }

    /// The stored pairs that the new one stands for (§4.3.3). They go when it is complete.
    pub fn replaces(&self) -> impl Iterator<Item = PairId> + Clone + use<'a> {
        self.context.candidates.ids(self.replaces)
    }

    /// A `Date` for the response, if it came without.
    pub(crate) const fn made_date(&self) -> Option<MadeDate> {
        self.arrived.date
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
