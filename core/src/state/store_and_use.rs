//! `StoreAndUse`: the response is stored while it is handed over (RFC 9111 §3).

use super::candidates::Chosen;
use super::{Arrived, Context, CouldNotBeStored};
use crate::head::{Edited, Method, ResponseHead};
use crate::pair::{NewPair, Nominated, PairId};
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
pub enum End<'a> {
    /// It is stored and handed over.
    StoreAndUse(StoreAndUse<'a>),
    /// It is handed over.
    CouldNotBeStored(CouldNotBeStored<'a>),
}

super::context!(StoreAndUse);

impl<'a> StoreAndUse<'a> {
    pub(crate) fn new(
        context: Context<'a>,
        arrived: Arrived<'a>,
        content_length: Option<u64>,
        replaces: Chosen,
    ) -> Self {
        let has_content = context.request.method != Method::Head && arrived.response.status != 204;
        let length = if has_content { content_length } else { Some(0) };
        Self { context, arrived, length, replaces }
    }

    /// The pair to store.
    pub fn pair(&self) -> NewPair<'_> {
        let Self { context, arrived, .. } = self;
        let fields = stored_fields::storable(arrived.response.fields, arrived.date.as_ref(), context.options);
        NewPair {
            method: context.request.method,
            uri: context.request.uri,
            nominated: Nominated::new(context.request.fields, fields),
            authorized: context.asked.has_authorization,
            status: arrived.response.status,
            fields,
            received: arrived.received,
            length: self.length,
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
        stored_fields::dated(Edited::new(self.arrived.response.fields), self.arrived.date.as_ref())
    }
}
