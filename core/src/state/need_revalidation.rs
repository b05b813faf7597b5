//! `NeedRevalidation`: the origin is asked whether a stored response may be used (RFC 9111 §4.3).

use super::candidate::{Candidate, Chosen};
use super::invalidate_entries::{ByUri, Invalid};
use super::store_and_use::Verdict;
use super::{
    Arrived, CacheMiss, Context, CouldNotBeStored, End, FromCache, GatewayTimeout, HandOver,
    InvalidateEntries, MissNext, NeedToBeUpdated, Serve, Serving, StoreAndUse,
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
            fields = fields.dropping(super::cache_miss::CONDITIONS);
        }
        if let Some(tags) = self.context.candidates.tags() {
            fields = fields.with(Known::IfNoneMatch, Field::new("If-None-Match", tags));
        }
        if let Some(since) = &self.since {
            fields = fields.with(Known::IfModifiedSince, Field::new("If-Modified-Since", since));
        }
        Outgoing { method: request.method, uri: self.context.target.of(request), fields }
    }

    /// Goes on with the response, of which only the head need have arrived.
    #[inline(never)]
    pub fn next<'r>(self, response: ResponseHead<'r>, at: Exchange) -> RevalidationNext<'a, 'r>
    where
        'a: 'r,
    {
        let context: Context<'r> = self.context;
        let (arrived, facts) = context.read(response, at);
        match response.status {
            _ if context.target.is_beside(&response) => {
                let reason = Reason::OfTheRequest;
                RevalidationNext::CouldNotBeStored(CouldNotBeStored::new(context, arrived, reason))
            }
            304 if self.asked_about.is_empty() => {
                let reason = Reason::NotModified;
                RevalidationNext::CouldNotBeStored(CouldNotBeStored::new(context, arrived, reason))
            }
            304 => self.not_modified(arrived, &facts),
            200 if context.request.method == Method::Head => context.after_head(arrived, &facts).into(),
            status if stale::is_error(status) => match self.stale_on_error() {
                Some(stored) => RevalidationNext::FromCache(stored),
                None => {
                    let verdict = context.judge(&arrived, &facts);
                    MissNext::from(End::of(context, arrived, verdict)).into()
                }
            },
            _ => self.replaced(arrived, &facts),
        }
    }

    /// Goes on without a response: the origin could not be reached, or not in time.
    pub fn unreachable(self) -> Unreachable<'a> {
        match self.stale_on_error() {
            Some(stored) => Unreachable::FromCache(stored),
            None => Unreachable::GatewayTimeout(GatewayTimeout::new(self.context, Reason::Unreachable)),
        }
    }

    /// Goes on if the store has lost the pair meanwhile: as if it had not been there.
    pub const fn lost(self) -> CacheMiss<'a> {
        CacheMiss::new(self.context, Reason::Lost)
    }

    fn stale_on_error(&self) -> Option<FromCache<'a>> {
        let (_, best) = self.context.candidates.best_of(|at, _| at == self.best)?;
        best.usability.on_error.then(|| FromCache::new(self.context, best, Serving::StaleOnError))
    }

    /// A 304 (§4.3.4).
    fn not_modified<'r>(self, arrived: Arrived<'r>, facts: &ResponseFacts<'r>) -> RevalidationNext<'a, 'r>
    where
        'a: 'r,
    {
        let context: Context<'r> = self.context;
        let candidates = context.candidates;
        let named = self.named_by(facts);
        let Some((at, _)) = candidates.best_of(|at, stored| named.contains(at) && stored.answers()) else {
            return RevalidationNext::CacheMiss(CacheMiss::new(self.context, Reason::NoMatchFor304));
        };
        let freshened = match validation::selects(facts) {
            Selects::All => named,
            Selects::MostRecent | Selects::TheOneAsked => Chosen::NONE.with(at),
        };
        let forget = context.may_not_keep(&arrived.response, facts);
        let ids = if forget { freshened } else { context.may_write(freshened) };
        let state = NeedToBeUpdated::new(context, arrived, ids, forget, Serve(at));
        RevalidationNext::NeedToBeUpdated(state)
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

    /// A full response: it is used, and stands for what was stored (§4.3.3).
    fn replaced<'r>(self, arrived: Arrived<'r>, facts: &ResponseFacts<'r>) -> RevalidationNext<'a, 'r>
    where
        'a: 'r,
    {
        let context: Context<'r> = self.context;
        let verdict = context.judge(&arrived, facts);
        // A part, an error and an answer to this request alone say nothing of the whole.
        let is_other = arrived.response.status < 500 && arrived.response.status != 206;
        if let Verdict::Pass(reason) = verdict
            && is_other
            && reason != Reason::OfTheRequest
        {
            // The origin has something else by now, so the old one is not served again without
            // validation: it goes.
            let of_head = context.request.method == Method::Head;
            let ids = context.candidates.choose(|candidate: &Candidate| !of_head || candidate.only_head);
            let invalid = Invalid { ids, by_uri: ByUri::None };
            let state = InvalidateEntries::new(context, arrived, invalid, verdict);
            return RevalidationNext::InvalidateEntries(state);
        }
        MissNext::from(End::of(context, arrived, verdict)).into()
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
