//! `CacheMiss`: the origin answers (RFC 9111 §3, §4.4, §4.3.5).

use super::candidates::{Candidate, Chosen};
use super::invalidate_entries::ByUri;
use super::{
    Arrived, Context, CouldNotBeStored, End, GatewayTimeout, InvalidateEntries, NeedToBeUpdated, StoreAndUse,
};
use crate::fields::ResponseFacts;
use crate::head::{Edited, Known, KnownSet, Method, Outgoing, ResponseHead};
use crate::reason::Reason;
use crate::rules::{head_update, invalidation};
use crate::time::Exchange;

/// The request goes to the origin, as the client sent it.
#[derive(Clone, Copy, Debug)]
pub struct CacheMiss<'a> {
    context: Context<'a>,
    reason: Reason,
}

/// What follows [`CacheMiss`].
#[derive(Clone, Copy, Debug)]
pub enum MissNext<'a> {
    /// The response is stored and handed over.
    StoreAndUse(StoreAndUse<'a>),
    /// The response is handed over.
    CouldNotBeStored(CouldNotBeStored<'a>),
    /// The response invalidates stored ones.
    InvalidateEntries(InvalidateEntries<'a, End<'a>>),
    /// A response to HEAD freshens stored responses to GET.
    NeedToBeUpdated(NeedToBeUpdated<'a, InvalidateEntries<'a, End<'a>>>),
}

impl<'a> From<End<'a>> for MissNext<'a> {
    fn from(end: End<'a>) -> Self {
        match end {
            End::StoreAndUse(state) => Self::StoreAndUse(state),
            End::CouldNotBeStored(state) => Self::CouldNotBeStored(state),
        }
    }
}

super::context!(CacheMiss);

impl<'a> CacheMiss<'a> {
    pub(crate) const fn new(context: Context<'a>, reason: Reason) -> Self {
        Self { context, reason }
    }

    /// Why nothing stored answers.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The request to send: the client's, its preconditions with it, unless a 304 has just come
    /// that matches nothing (§4.3.4), or the pair is lost.
    pub fn outgoing(&self) -> Outgoing<'_> {
        let request = &self.context.request;
        let fields = Edited::new(request.fields);
        let fields = match self.reason {
            Reason::NoMatchFor304 | Reason::Lost => fields.dropping(CONDITIONS),
            _ => fields,
        };
        Outgoing { method: request.method, uri: request.uri, fields }
    }

    /// Goes on with the response, of which only the head need have arrived.
    pub fn next(self, response: ResponseHead<'a>, at: Exchange) -> MissNext<'a> {
        let (arrived, facts) = self.context.read(response, at);
        if self.context.request.method == Method::Head && response.status == 200 {
            return self.context.after_head(arrived, &facts);
        }
        let end = self.context.store_or_not(arrived, &facts);
        if invalidation::invalidates(&self.context.request, &response) {
            let by_uri = ByUri::TargetAndLocations;
            return MissNext::InvalidateEntries(InvalidateEntries::new(
                self.context,
                arrived,
                Chosen::NONE,
                by_uri,
                end,
            ));
        }
        end.into()
    }

    /// Goes on without a response: the origin could not be reached, or not in time.
    pub const fn unreachable(self) -> GatewayTimeout<'a> {
        GatewayTimeout::new(self.context, Reason::Unreachable)
    }
}

/// The conditions that a cache evaluates.
pub(crate) const CONDITIONS: KnownSet = KnownSet::of(&[Known::IfNoneMatch, Known::IfModifiedSince]);

impl<'a> Context<'a> {
    /// Whether a response that freshens a stored one forbids to keep it any longer (§3.2).
    pub(crate) const fn may_not_keep(&self, facts: &ResponseFacts<'_>) -> bool {
        let said = &facts.directives;
        self.asked.directives.no_store() || said.no_store() || (self.options.shared && said.private())
    }

    /// The end of a response: stored in place of what it stands for, or not stored.
    pub(crate) fn store_or_not(self, arrived: Arrived<'a>, facts: &ResponseFacts<'a>) -> End<'a> {
        match self.may_store(&arrived, facts) {
            Ok(()) => {
                // An error is kept beside what it stands in for (§4.3.3).
                let is_error = arrived.response.status >= 500;
                let of_head = self.request.method == Method::Head;
                let stood_for = |candidate: &Candidate| !is_error && (!of_head || candidate.only_head);
                let replaces = self.candidates.choose(stood_for);
                End::StoreAndUse(StoreAndUse::new(self, arrived, facts.content_length, replaces))
            }
            Err(reason) => End::CouldNotBeStored(CouldNotBeStored::new(self, arrived, reason)),
        }
    }

    /// A 200 to HEAD: stored responses to GET are freshened or go (§4.3.5).
    pub(crate) fn after_head(self, arrived: Arrived<'a>, facts: &ResponseFacts<'a>) -> MissNext<'a> {
        let agrees = |candidate: &Candidate| {
            let length = candidate.content_length.or(candidate.body.complete);
            head_update::agrees(&self.candidates.validators(candidate), length, facts)
        };
        let freshened = self.candidates.choose(|candidate| !candidate.only_head && agrees(candidate));
        let stale = self.candidates.choose(|candidate| !candidate.only_head && !agrees(candidate));
        // Those there was no room to compare cannot be trusted any more.
        let by_uri = if self.candidates.overflowed() { ByUri::Target } else { ByUri::None };
        let end = if freshened.is_empty() {
            self.store_or_not(arrived, facts)
        } else {
            End::CouldNotBeStored(CouldNotBeStored::new(self, arrived, Reason::HeadFreshened))
        };
        let invalidate = InvalidateEntries::new(self, arrived, stale, by_uri, end);
        match (freshened.is_empty(), stale.is_empty() && by_uri == ByUri::None) {
            (true, true) => end.into(),
            (true, false) => MissNext::InvalidateEntries(invalidate),
            (false, _) => {
                let forget = self.may_not_keep(facts);
                MissNext::NeedToBeUpdated(NeedToBeUpdated::new(self, arrived, freshened, forget, invalidate))
            }
        }
    }
}
