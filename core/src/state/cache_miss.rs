//! `CacheMiss`: the origin answers (RFC 9111 §3, §4.4, §4.3.5).

use super::candidates::{Candidate, Chosen};
use super::invalidate_entries::{ByUri, Invalid};
use super::store_and_use::Verdict;
use super::{
    Arrived, Context, CouldNotBeStored, End, FromCache, GatewayTimeout, HandOver, InvalidateEntries,
    NeedToBeUpdated, Serving, StoreAndUse, Unreachable,
};
use crate::fields::ResponseFacts;
use crate::head::{Edited, Known, KnownSet, Method, Outgoing, ResponseHead};
use crate::reason::Reason;
use crate::rules::{head_update, invalidation, storing};
use crate::time::Exchange;

/// The request goes to the origin, as the client sent it.
#[derive(Clone, Copy, Debug)]
pub struct CacheMiss<'a> {
    context: Context<'a>,
    reason: Reason,
}

/// What follows [`CacheMiss`].
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum MissNext<'a> {
    /// The response is stored and handed over.
    StoreAndUse(StoreAndUse<'a>),
    /// The response is handed over.
    CouldNotBeStored(CouldNotBeStored<'a>),
    /// The response invalidates stored ones.
    InvalidateEntries(InvalidateEntries<'a>),
    /// A response to HEAD freshens stored responses to GET.
    NeedToBeUpdated(NeedToBeUpdated<'a, HandOver>),
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
    #[inline(never)]
    pub fn next(self, response: ResponseHead<'a>, at: Exchange) -> MissNext<'a> {
        let (arrived, facts) = self.context.read(response, at);
        if self.context.request.method == Method::Head && response.status == 200 {
            return self.context.after_head(arrived, &facts);
        }
        let verdict = self.context.judge(&arrived, &facts);
        if invalidation::invalidates(&self.context.request, &response) {
            let invalid = Invalid { ids: Chosen::NONE, by_uri: ByUri::TargetAndLocations };
            let state = InvalidateEntries::new(self.context, arrived, invalid, verdict);
            return MissNext::InvalidateEntries(state);
        }
        End::of(self.context, arrived, verdict).into()
    }

    /// Goes on without a response: the origin could not be reached, or not in time.
    pub fn unreachable(self) -> Unreachable<'a> {
        match self.context.candidates.best() {
            Some((_, best)) if best.usability.on_error && self.reason != Reason::Lost => {
                Unreachable::FromCache(FromCache::new(self.context, best, Serving::StaleOnError))
            }
            _ => Unreachable::GatewayTimeout(GatewayTimeout::new(self.context, Reason::Unreachable)),
        }
    }
}

/// The conditions that a cache evaluates.
pub(crate) const CONDITIONS: KnownSet = KnownSet::of(&[Known::IfNoneMatch, Known::IfModifiedSince]);

impl<'a> Context<'a> {
    /// Whether a response that freshens a stored one forbids to keep it any longer (§3.2).
    pub(crate) fn may_not_keep(&self, response: &ResponseHead<'_>, facts: &ResponseFacts<'_>) -> bool {
        let said = &facts.directives;
        (said.no_store() && !said.must_understand())
            || (self.options.shared && (said.private() || storing::hides_its_terms(response.fields, facts)))
            || storing::selection_is_storable(facts, self.options).is_err()
    }

    /// Those of the chosen whose heads may be written anew: none if the request has `no-store`,
    /// which leaves alone what was stored before (§5.2.1.5).
    pub(crate) const fn may_write(&self, chosen: Chosen) -> Chosen {
        if self.asked.directives.no_store() { Chosen::NONE } else { chosen }
    }

    /// Whether a response is stored, and in place of what.
    #[inline(never)]
    pub(crate) fn judge(&self, arrived: &Arrived<'a>, facts: &ResponseFacts<'a>) -> Verdict {
        if let Err(reason) = self.may_store(arrived, facts) {
            return Verdict::Pass(reason);
        }
        // An error is kept beside what it stands in for (§4.3.3), in place of earlier errors.
        let is_error = arrived.response.status >= 500;
        let of_head = self.request.method == Method::Head;
        let stood_for =
            |candidate: &Candidate| (!is_error || candidate.is_error()) && (!of_head || candidate.only_head);
        let has_content = !of_head && arrived.response.status != 204;
        let said = facts.content_length.filter(|_| !facts.has_transfer_encoding);
        let length = if has_content { said } else { Some(0) };
        Verdict::Store { length, replaces: self.candidates.choose(stood_for) }
    }

    /// A 200 to HEAD: stored responses to GET are freshened or go (§4.3.5).
    #[inline(never)]
    pub(crate) fn after_head(self, arrived: Arrived<'a>, facts: &ResponseFacts<'a>) -> MissNext<'a> {
        let agrees = |candidate: &Candidate| {
            let length = candidate.content_length.or(candidate.body.complete);
            head_update::agrees(&self.candidates.validators(candidate), length, facts)
        };
        let freshened = self.candidates.choose(|candidate| !candidate.only_head && agrees(candidate));
        let stale = self.candidates.choose(|candidate| !candidate.only_head && !agrees(candidate));
        // Those there was no room to compare cannot be trusted any more.
        let by_uri = if self.candidates.overflowed() { ByUri::Target } else { ByUri::None };
        let invalid = Invalid { ids: stale, by_uri };
        let verdict = if freshened.is_empty() {
            self.judge(&arrived, facts)
        } else {
            Verdict::Pass(Reason::HeadFreshened)
        };
        if !freshened.is_empty() {
            let then = HandOver(invalid, verdict);
            let forget = self.may_not_keep(&arrived.response, facts);
            let ids = if forget { freshened } else { self.may_write(freshened) };
            return MissNext::NeedToBeUpdated(NeedToBeUpdated::new(self, arrived, ids, forget, then));
        }
        if invalid.is_empty() {
            End::of(self, arrived, verdict).into()
        } else {
            MissNext::InvalidateEntries(InvalidateEntries::new(self, arrived, invalid, verdict))
        }
    }
}
