//! `StoreAndUse`: the response is stored while it is handed over (RFC 9111 §3).

use super::candidate::Chosen;
use super::{Arrived, Context, CouldNotBeStored, Ended};
use crate::fields::Part;
#[cfg(feature = "query")]
use crate::head::Method;
use crate::head::{Edited, ResponseHead, Text};
use crate::pair::{NewPair, Nominated, PairId};
use crate::reason::Reason;
#[cfg(feature = "server")]
use crate::rules::preconditions::Answer;
use crate::rules::stored_fields;

/// The end: the response is stored and handed over.
#[derive(Clone, Copy, Debug)]
pub struct StoreAndUse<'a> {
    context: Context<'a>,
    arrived: Arrived<'a>,
    body: Body,
    /// Of a 206: the `Content-Length` of the whole.
    whole: Option<Text<20>>,
    replaces: Chosen,
}

/// What is said of the body of a response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body {
    /// Octets that are to come, if that is known.
    pub(crate) length: Option<u64>,
    /// Of a 206: which part of the representation they are.
    pub(crate) part: Option<Part>,
    /// Whether what arrives is kept though the rest does not.
    pub(crate) resumable: bool,
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
    Store(Body, Chosen),
    Pass(Reason),
}

super::follows!(End ['a]: StoreAndUse(StoreAndUse<'a>), CouldNotBeStored(CouldNotBeStored<'a>));

impl<'a> Context<'a> {
    /// The end of a response.
    #[inline(never)]
    pub(crate) fn end<N: Ended<'a>>(&self, arrived: &Arrived<'a>, verdict: Verdict) -> N {
        match verdict {
            Verdict::Store(body, replaces) => {
                let complete = body.part.and_then(|part| part.complete);
                let whole = complete.map(|complete| Text::EMPTY.number(complete));
                N::with(StoreAndUse { context: *self, arrived: *arrived, body, whole, replaces })
            }
            Verdict::Pass(reason) => N::with(CouldNotBeStored::new(*self, *arrived, reason)),
        }
    }
}

super::context!(StoreAndUse);

impl<'a> StoreAndUse<'a> {
    /// The pair to store. That of a 206 is the 200 it is a part of, incomplete (§3.3). Made anew each
    /// time, with the hashes of its secrets ([`Secrets`]).
    ///
    /// [`Secrets`]: crate::options::Secrets
    #[inline(never)]
    pub fn pair(&self) -> NewPair<'_> {
        let Self { context, arrived, body, .. } = self;
        let (lines, date) = (arrived.response.fields, arrived.date.as_ref());
        let (status, length, fields) = match body.part {
            Some(part) => {
                let whole = self.whole.as_ref();
                (200, part.complete, stored_fields::storable_of_part(lines, date, whole, context.options))
            }
            None => {
                let fields = stored_fields::storable(lines, date, context.options);
                (arrived.response.status, body.length, fields)
            }
        };
        let nominated = Nominated::new(context.request.fields, &fields).hiding(
            &fields,
            &context.options.secrets,
            context.candidates.hashes(),
        );
        #[cfg(feature = "query")]
        let nominated = {
            let is_query = context.request.method == Method::Query;
            let digest = context.asked().content_digest.as_ref().filter(|_| is_query);
            nominated.with_content(digest.map(|digest| &digest[..]))
        };
        NewPair {
            method: context.request.method,
            uri: context.request.uri,
            nominated,
            authorized: context.asked().has_authorization,
            status,
            fields,
            date_made: date.is_some(),
            received: arrived.received,
            length,
            offset: body.part.map_or(0, |part| part.first),
            resumable: body.resumable,
            generation: None,
        }
    }

    /// Octets that are to come, if that is known. Of a 206, those of the part.
    pub const fn length(&self) -> Option<u64> {
        self.body.length
    }

    /// Whether they are all of the representation.
    pub fn is_whole(&self) -> bool {
        self.body.part.is_none_or(|part| Some(part.len()) == part.complete)
    }

    /// The stored pairs that the new one stands for (§4.3.3). They go when it is complete.
    pub fn replaces(&self) -> impl Iterator<Item = PairId> + Clone + use<'a> {
        self.context.candidates.ids(self.replaces)
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
