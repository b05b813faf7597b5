//! `NeedRevalidation`: the origin is asked whether a stored response may be used (RFC 9111 §4.3).

use super::candidate::{Candidate, Chosen};
use super::invalidate_entries::{ByUri, Invalid};
use super::judged::Judged;
use super::store_and_use::Verdict;
use super::{
    Answered, Arrived, CacheMiss, Context, CouldNotBeStored, Follows, Freshening, FromCache, GatewayTimeout,
    HandOver, Hear, InvalidateEntries, Look, MissNext, NeedToBeUpdated, Serve, StoreAndUse, apart,
};
use crate::fields::{EntityTag, ResponseFacts};
use crate::head::{Field, Known, Method, Outgoing, ResponseHead};
use crate::limits::ETAG_MAX;
use crate::reason::Reason;
use crate::rules::stale;
use crate::rules::stored_fields::MadeDate;
use crate::rules::validation::{self, Selects};
use crate::time::{Exchange, HttpDate};

/// A conditional request goes to the origin, or a plain one if nothing stored has a validator.
#[derive(Clone, Copy, Debug)]
pub struct NeedRevalidation<'a> {
    context: Context<'a>,
    reason: Reason,
    /// The candidate to answer with.
    best: usize,
    /// Those whose validators are sent.
    asked_about: Chosen,
    /// The value of `If-Modified-Since`.
    since: Option<MadeDate>,
}

/// What a response is.
enum Judgement<'a> {
    /// It is handed over.
    HandOver(Judged),
    /// 304: the one at that place answers; these are freshened, or forgotten.
    Validates(usize, Chosen, bool),
    /// The origin failed, and this one is served instead.
    Instead(&'a Candidate),
    /// 304, and nothing stored is what it is about.
    MatchesNothing,
}

/// What follows [`NeedRevalidation`].
///
/// What holds on to the response has its lifetime `'r`; what does not has the request's, `'a`, so
/// that the response's buffer can be used again.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum RevalidationNext<'a, 'r> {
    /// 304: stored responses are freshened, one of them answers.
    NeedToBeUpdated(NeedToBeUpdated<'r, Serve>),
    /// 200 to HEAD: stored responses to GET are freshened, the response is handed over.
    HeadUpdate(NeedToBeUpdated<'r, HandOver>),
    /// The response is stored and handed over.
    StoreAndUse(StoreAndUse<'r>),
    /// The response is handed over.
    CouldNotBeStored(CouldNotBeStored<'r>),
    /// The response may not be stored, and what was stored is not to be used again.
    InvalidateEntries(InvalidateEntries<'r>),
    /// The origin failed, and a stale response may be served.
    FromCache(FromCache<'a>),
    /// The 304 matches nothing stored: the request is sent again, without conditions.
    CacheMiss(CacheMiss<'a>),
}

/// What follows [`NeedRevalidation`] without a response.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Unreachable<'a> {
    /// A stale response may be served.
    FromCache(FromCache<'a>),
    /// None may.
    GatewayTimeout(GatewayTimeout<'a>),
}

super::follows!(
    RevalidationNext ['a, 'r]:
    NeedToBeUpdated(NeedToBeUpdated<'r, Serve>),
    HeadUpdate(NeedToBeUpdated<'r, HandOver>),
    StoreAndUse(StoreAndUse<'r>),
    CouldNotBeStored(CouldNotBeStored<'r>),
    InvalidateEntries(InvalidateEntries<'r>),
    FromCache(FromCache<'a>),
    CacheMiss(CacheMiss<'a>),
);

super::follows!(Unreachable ['a]: FromCache(FromCache<'a>), GatewayTimeout(GatewayTimeout<'a>));

impl<'a, 'r> From<MissNext<'a, 'r>> for RevalidationNext<'a, 'r> {
    fn from(next: MissNext<'a, 'r>) -> Self {
        match next {
            MissNext::StoreAndUse(state) => Self::StoreAndUse(state),
            MissNext::CouldNotBeStored(state) => Self::CouldNotBeStored(state),
            MissNext::InvalidateEntries(state) => Self::InvalidateEntries(state),
            MissNext::NeedToBeUpdated(state) => Self::HeadUpdate(state),
            MissNext::FromCache(state) => Self::FromCache(state),
            MissNext::CacheMiss(state) => Self::CacheMiss(state),
            // Nobody asked for what is missing.
            MissNext::Combining(state) => Self::CacheMiss(state.lost()),
        }
    }
}

super::context!(NeedRevalidation);

impl<'a> NeedRevalidation<'a> {
    #[inline(never)]
    pub(crate) fn new(context: Context<'a>, best: usize, reason: Reason) -> Self {
        let tagged = context.candidates.tagged();
        let only_one = context.candidates.answering() == 1 || tagged.is_empty();
        let since = match context.candidates.best() {
            // A date speaks for one response, and means nothing to a range (§4.3.1).
            Some((_, best)) if only_one && !context.asked().has_range => {
                let by_date = if context.options.validate_by_date { best.date } else { None };
                best.last_modified.or(by_date)
            }
            _ => None,
        };
        let asked_about = if since.is_some() { tagged.with(best) } else { tagged };
        Self { context, reason, best, asked_about, since: since.map(HttpDate::to_octets) }
    }

    /// Why what is stored may not be used as it is.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// The request to send: the client's, with the stored validators in place of its own
    /// conditions. These are answered from the result. If nothing stored has a validator, the
    /// client's own conditions go to the origin.
    pub fn outgoing(&self) -> Outgoing<'_> {
        let request = &self.context.request;
        let mut fields = self.context.forwarded();
        if !self.asked_about.is_empty() {
            fields.drop_all(super::cache_miss::CONDITIONS);
        }
        if let Some(tags) = self.context.candidates.tags() {
            fields.add(Known::IfNoneMatch, Field::new("If-None-Match", tags));
        }
        if let Some(since) = &self.since {
            fields.add(Known::IfModifiedSince, Field::new("If-Modified-Since", since));
        }
        Outgoing { method: request.method, uri: self.context.target.of(request), fields }
    }

    /// Goes on with the response, of which only the head need have arrived.
    pub fn next<'r>(self, response: ResponseHead<'r>, at: Exchange) -> RevalidationNext<'a, 'r>
    where
        'a: 'r,
    {
        self.answered(response, &at)
    }

    /// As [`next`](Self::next), to whatever can follow.
    #[inline(never)]
    pub(crate) fn answered<'r, N>(&self, response: ResponseHead<'r>, at: &Exchange) -> N
    where
        'a: 'r,
        N: Answered<'a, 'r> + Follows<NeedToBeUpdated<'r, Serve>>,
    {
        let context: &Context<'r> = &self.context;
        let (arrived, judgement) = &self.judged(response, at, &|_, _| {});
        match judgement {
            Judgement::HandOver(judged) => context.follow(arrived, judged),
            Judgement::Validates(at, ids, forget) => {
                apart(|| N::with(NeedToBeUpdated::new(*context, *arrived, *ids, *forget, Serve(*at))))
            }
            Judgement::Instead(stored) => self.context.serve_on_error(stored),
            Judgement::MatchesNothing => {
                apart(|| N::with(CacheMiss::new(self.context, Reason::NoMatchFor304)))
            }
        }
    }

    /// What is to be done before it goes on with the response. What it says is told to
    /// `hear`.
    #[inline(never)]
    pub(crate) fn look<'r>(&self, response: ResponseHead<'r>, at: &Exchange, hear: Hear<'_>) -> Look<'a, 'r>
    where
        'a: 'r,
    {
        let freshens = |arrived: &Arrived<'r>, ids, forget, answer| {
            apart(|| Look::Freshens(Freshening::new(self.context, *arrived, ids, forget), answer))
        };
        match &self.judged(response, at, hear) {
            (arrived, Judgement::HandOver(Judged { freshened: Some((ids, forget)), .. })) => {
                freshens(arrived, *ids, *forget, None)
            }
            (arrived, Judgement::Validates(at, ids, forget)) => {
                let answer = self.context.candidates.get(*at).map(|candidate| candidate.id);
                freshens(arrived, *ids, *forget, answer)
            }
            (_, Judgement::MatchesNothing) => {
                apart(|| Look::Again(CacheMiss::new(self.context, Reason::NoMatchFor304)))
            }
            (_, Judgement::HandOver(_) | Judgement::Instead(_)) => Look::Ends,
        }
    }

    /// What a response is. In a frame of its own: what it says takes room, and is not needed afterwards.
    #[inline(never)]
    fn judged<'r>(
        &self,
        response: ResponseHead<'r>,
        at: &Exchange,
        hear: Hear<'_>,
    ) -> (Arrived<'r>, Judgement<'a>)
    where
        'a: 'r,
    {
        let context = &self.context;
        let facts = &context.facts(&response, at);
        hear(context.sent().uri, facts);
        let arrived = context.arrived(response, facts, at);
        let stale = self.stale_on_error().filter(|_| stale::is_error(response.status));
        let judged = match response.status {
            _ if context.is_beside(&response) => Judged::pass(Reason::OfTheRequest),
            304 if self.asked_about.is_empty() => Judged::pass(Reason::NotModified),
            304 => return (arrived, self.not_modified(&arrived, facts)),
            200 if context.request.method == Method::Head => context.after_head(&arrived, facts),
            _ => {
                if let Some(stored) = stale {
                    return (arrived, Judgement::Instead(stored));
                }
                let verdict = context.judge(&arrived, facts);
                Judged { verdict, invalid: self.invalid(response.status, verdict), freshened: None }
            }
        };
        (arrived, Judgement::HandOver(judged))
    }

    /// What a full response invalidates: it is used, and stands for what was stored (§4.3.3). If it is not
    /// stored, the origin has something else by now, so the old one is not served again without validation:
    /// it goes.
    fn invalid(&self, status: u16, verdict: Verdict) -> Option<Invalid> {
        // A part, an error and an answer to this request alone say nothing of the whole.
        let is_other = status < 500 && status != 206;
        match verdict {
            Verdict::Pass(reason) if is_other && reason != Reason::OfTheRequest => {
                let of_head = self.context.request.method == Method::Head;
                let is_it = |candidate: &Candidate| !of_head || candidate.only_head;
                Some(Invalid { ids: self.context.candidates.choose(is_it), by_uri: ByUri::None })
            }
            _ => None,
        }
    }

    /// Goes on without a response: the origin could not be reached, or not in time.
    pub fn unreachable(self) -> Unreachable<'a> {
        self.unanswered()
    }

    /// As [`unreachable`](Self::unreachable), to whatever can follow.
    pub(crate) fn unanswered<N: Follows<FromCache<'a>> + Follows<GatewayTimeout<'a>>>(&self) -> N {
        match self.stale_on_error() {
            Some(stored) => self.context.serve_on_error(stored),
            None => N::with(GatewayTimeout::new(self.context, Reason::Unreachable)),
        }
    }

    /// Goes on if the store has lost the pair meanwhile: as if it had not been there.
    pub const fn lost(self) -> CacheMiss<'a> {
        CacheMiss::new(self.context, Reason::Lost)
    }

    /// The stored response that is served if the origin fails.
    fn stale_on_error(&self) -> Option<&'a Candidate> {
        self.context.candidates.get(self.best).filter(|best| best.usability.on_error)
    }

    /// A 304 (§4.3.4).
    #[inline(never)]
    fn not_modified(&self, arrived: &Arrived<'_>, facts: &ResponseFacts<'_>) -> Judgement<'a> {
        let context = &self.context;
        let named = self.named_by(facts);
        let best = context.candidates.best_of(|at, stored| named.contains(at) && stored.answers());
        let Some((at, _)) = best else {
            return Judgement::MatchesNothing;
        };
        let freshened = match validation::selects(facts) {
            Selects::All => named,
            Selects::MostRecent | Selects::TheOneAsked => Chosen::NONE.with(at),
        };
        let forget = context.may_not_keep(&arrived.response, facts);
        let ids = if forget { freshened } else { context.may_write(freshened) };
        Judgement::Validates(at, ids, forget)
    }

    /// The candidates that a 304 names.
    fn named_by(&self, facts: &ResponseFacts<'_>) -> Chosen {
        let candidates = self.context.candidates;
        if validation::selects(facts) == Selects::TheOneAsked {
            return if self.asked_about.len() == 1 { self.asked_about } else { Chosen::NONE };
        }
        candidates.choose(|candidate| {
            validation::matches(&candidates.validators(candidate), facts, self.context.options)
                && facts.etag.is_none_or(|new| may_have_tag(candidate, &new))
        })
    }
}

/// Whether a 304 with the tag `new` may be about this candidate although no tag of it is known: a strong tag
/// agrees only with a date that is as strong, and one that was not kept was too long.
fn may_have_tag(candidate: &Candidate, new: &EntityTag<'_>) -> bool {
    match candidate.has_kept_tag() {
        true => true,
        false if candidate.has_tag => new.octets() > ETAG_MAX,
        false => new.is_weak() || candidate.is_strong,
    }
}
