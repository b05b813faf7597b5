//! `CacheMiss`: the origin answers (RFC 9111 §3, §4.4, §4.3.5).

use super::candidate::{Candidate, Chosen, Hole};
use super::invalidate_entries::{ByUri, Invalid};
use super::judged::Judged;
use super::store_and_use::Verdict;
use super::{
    Answered, Arrived, Combining, Context, CouldNotBeStored, Follows, Freshening, FromCache, GatewayTimeout,
    HandOver, Hear, InvalidateEntries, Look, NeedToBeUpdated, StoreAndUse, Unreachable, apart,
};
use crate::fields::{Part, ResponseFacts};
use crate::head::{Field, Known, KnownSet, Method, Outgoing, ResponseHead, Text};
use crate::pair::PairId;
use crate::reason::Reason;
use crate::rules::partial::{self, Strong};
use crate::rules::stored_fields::MadeDate;
use crate::rules::{invalidation, stale};
use crate::time::Exchange;

/// The request goes to the origin: as the client sent it, or for what is missing of a stored part.
#[derive(Clone, Copy, Debug)]
pub struct CacheMiss<'a> {
    context: Context<'a>,
    reason: Reason,
    missing: Option<Missing>,
    /// A stored part that is of no use any more.
    outdated: Option<PairId>,
}

/// What is asked for to complete a stored part.
#[derive(Clone, Copy, Debug)]
struct Missing {
    /// The part, by its place among the candidates.
    at: usize,
    hole: Hole,
    /// `bytes=0-1`
    range: Text<48>,
    /// The value of `If-Range` if that is a date.
    modified: Option<MadeDate>,
}

/// What a response is.
enum Judgement<'a> {
    /// It is handed over.
    HandOver(Judged),
    /// It continues the stored part at that place, by this part.
    Continues(usize, Part),
    /// The origin failed, and this one is served instead.
    Instead(&'a Candidate),
    /// It is not what this one is a part of.
    Changed(PairId),
}

/// What follows [`CacheMiss`].
///
/// What holds on to the response has its lifetime `'r`; what does not has the request's, `'a`, so
/// that the response's buffer can be used again.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum MissNext<'a, 'r> {
    /// The response is stored and handed over.
    StoreAndUse(StoreAndUse<'r>),
    /// The response is handed over.
    CouldNotBeStored(CouldNotBeStored<'r>),
    /// The response invalidates stored ones.
    InvalidateEntries(InvalidateEntries<'r>),
    /// A response to HEAD freshens stored responses to GET.
    NeedToBeUpdated(NeedToBeUpdated<'r, HandOver>),
    /// 206: it continues a stored part.
    Combining(Combining<'a, 'r>),
    /// The origin failed, and a stale response may be served.
    FromCache(FromCache<'a>),
    /// The response does not continue the stored part: the whole is asked for.
    CacheMiss(CacheMiss<'a>),
}

super::follows!(
    MissNext ['a, 'r]:
    StoreAndUse(StoreAndUse<'r>),
    CouldNotBeStored(CouldNotBeStored<'r>),
    InvalidateEntries(InvalidateEntries<'r>),
    NeedToBeUpdated(NeedToBeUpdated<'r, HandOver>),
    Combining(Combining<'a, 'r>),
    FromCache(FromCache<'a>),
    CacheMiss(CacheMiss<'a>),
);

super::context!(CacheMiss);

impl Missing {
    fn new(context: &Context<'_>, at: usize, hole: Hole) -> Self {
        let range = Text::EMPTY.text("bytes=").number(hole.first).text("-");
        let range = match hole.end {
            Some(end) => range.number(end.saturating_sub(1)),
            None => range,
        };
        let candidates = context.candidates;
        let strong = candidates.get(at).and_then(|part| candidates.incomplete(part).strong);
        let modified = match strong {
            Some(Strong::Modified(date)) => Some(date.to_octets()),
            Some(Strong::Tag(_)) | None => None,
        };
        Self { at, hole, range, modified }
    }
}

impl<'a> CacheMiss<'a> {
    pub(crate) const fn new(context: Context<'a>, reason: Reason) -> Self {
        Self { context, reason, missing: None, outdated: None }
    }

    /// A request for a hole in a stored part, the candidate at that place; for the whole if none is given.
    pub(crate) fn asking(context: Context<'a>, reason: Reason, part: Option<(usize, Hole)>) -> Self {
        Self {
            context,
            reason,
            missing: part.map(|(at, hole)| Missing::new(&context, at, hole)),
            outdated: None,
        }
    }

    /// Why nothing stored answers.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// A stored part that is to be removed before the request is sent: the origin did not continue it.
    pub const fn outdated(&self) -> Option<PairId> {
        self.outdated
    }

    /// The request to send: the client's, its preconditions with it, unless a 304 has just come
    /// that matches nothing (§4.3.4), or the pair is lost. To complete a stored part, it asks for what
    /// is missing, if the part is still one of what the origin has (`If-Range`, RFC 9110 §13.1.5).
    pub fn outgoing(&self) -> Outgoing<'_> {
        let request = &self.context.request;
        let mut fields = self.context.forwarded();
        if matches!(self.reason, Reason::NoMatchFor304 | Reason::Lost) {
            fields.drop_all(CONDITIONS);
        }
        if let Some(missing) = &self.missing {
            fields.add(Known::Range, Field::new("Range", missing.range.as_octets()));
            if let Some(value) = self.if_range(missing) {
                fields.add(Known::IfRange, Field::new("If-Range", value));
            }
        }
        Outgoing { method: request.method, uri: self.context.target.of(request), fields }
    }

    fn if_range<'m>(&'m self, missing: &'m Missing) -> Option<&'m [u8]> {
        if let Some(modified) = &missing.modified {
            return Some(modified);
        }
        let candidates = self.context.candidates;
        let part = candidates.get(missing.at).filter(|part| part.is_strong)?;
        Some(candidates.tag(part)).filter(|tag| !tag.is_empty())
    }

    /// Goes on with the response, of which only the head need have arrived.
    pub fn next<'r>(self, response: ResponseHead<'r>, at: Exchange) -> MissNext<'a, 'r>
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
        N: Answered<'a, 'r> + Follows<Combining<'a, 'r>>,
    {
        let context: &Context<'r> = &self.context;
        let (arrived, verdict) = &self.judged(response, at, &|_, _| {});
        match verdict {
            Judgement::HandOver(judged) => context.follow(arrived, judged),
            Judgement::Continues(at, part) => {
                apart(|| N::with(Combining::new(self.context, *arrived, *at, *part)))
            }
            Judgement::Instead(stored) => self.context.serve_on_error(stored),
            Judgement::Changed(outdated) => apart(|| N::with(self.again(*outdated))),
        }
    }

    /// What is to be done before it goes on with the response. What it says is told to
    /// `hear`.
    #[inline(never)]
    pub(crate) fn look<'r>(&self, response: ResponseHead<'r>, at: &Exchange, hear: Hear<'_>) -> Look<'a, 'r>
    where
        'a: 'r,
    {
        match &self.judged(response, at, hear) {
            (arrived, Judgement::HandOver(Judged { freshened: Some((ids, forget)), .. })) => {
                apart(|| Look::Freshens(Freshening::new(self.context, *arrived, *ids, *forget), None))
            }
            (arrived, Judgement::Continues(at, part)) => {
                apart(|| Look::Continues(Combining::new(self.context, *arrived, *at, *part)))
            }
            (_, Judgement::Changed(outdated)) => apart(|| Look::Again(self.again(*outdated))),
            (_, Judgement::HandOver(_) | Judgement::Instead(_)) => Look::Ends,
        }
    }

    /// A request for the whole, after the origin did not continue this part.
    const fn again(&self, outdated: PairId) -> Self {
        let again = CacheMiss::new(self.context, Reason::DoesNotContinue);
        Self { outdated: Some(outdated), ..again }
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
        if context.request.method == Method::Head && response.status == 200 {
            return (arrived, Judgement::HandOver(context.after_head(&arrived, facts)));
        }
        let judgement = self.continued(&arrived, facts).unwrap_or_else(|| {
            let verdict = context.judge(&arrived, facts);
            let invalid = self.invalid(&response, verdict);
            Judgement::HandOver(Judged { verdict, invalid, freshened: None })
        });
        (arrived, judgement)
    }

    /// What a response invalidates; `None`: nothing.
    fn invalid(&self, response: &ResponseHead<'_>, verdict: Verdict) -> Option<Invalid> {
        let context = &self.context;
        if context.is_beside(response) {
            return None;
        }
        if invalidation::invalidates(&context.request, response) {
            return Some(Invalid { ids: Chosen::NONE, by_uri: ByUri::TargetAndLocations });
        }
        if invalidation::names_groups(&context.request, response) {
            return Some(Invalid { ids: Chosen::NONE, by_uri: ByUri::None });
        }
        match verdict {
            // What was stored before a QUERY was asked again is not served any more.
            Verdict::Pass(reason)
                if context.request.method.is_query()
                    && response.status < 500
                    && !matches!(reason, Reason::OfTheRequest | Reason::NotModified) =>
            {
                Some(Invalid { ids: context.candidates.all(), by_uri: ByUri::None })
            }
            _ => None,
        }
    }

    /// What a response to a request for what is missing is to the stored part. `None`: a response as
    /// any other. Above all a 200 is all of a representation, from its first octet on.
    #[inline(never)]
    fn continued(&self, arrived: &Arrived<'_>, facts: &ResponseFacts<'_>) -> Option<Judgement<'a>> {
        let candidates = self.context.candidates;
        let missing = self.missing.as_ref()?;
        let part = candidates.get(missing.at)?;
        let has_conditions =
            self.context.asked().has_if_none_match || self.context.asked().has_if_modified_since;
        match arrived.response.status {
            _ if self.context.is_beside(&arrived.response) => return None,
            // The client's own condition is met.
            304 if has_conditions => return None,
            206 | 304 | 416 => {}
            status if stale::is_error(status) => {
                let stored = candidates.best().filter(|(_, best)| best.usability.on_error);
                return stored.map(|(_, best)| Judgement::Instead(best));
            }
            _ => return None,
        }
        let last = missing.hole.end.map(|end| end.saturating_sub(1));
        let may_store = arrived.response.status == 206 && self.context.may_store(arrived, facts).is_ok();
        let stored = candidates.incomplete(part);
        Some(match partial::continues(&stored, missing.hole.first, last, &arrived.response, facts) {
            Some(range) if may_store => Judgement::Continues(missing.at, range),
            _ => Judgement::Changed(part.id),
        })
    }

    /// Goes on without a response: the origin could not be reached, or not in time.
    pub fn unreachable(self) -> Unreachable<'a> {
        self.unanswered()
    }

    /// As [`unreachable`](Self::unreachable), to whatever can follow.
    pub(crate) fn unanswered<N: Follows<FromCache<'a>> + Follows<GatewayTimeout<'a>>>(&self) -> N {
        match self.context.candidates.best() {
            Some((_, best)) if best.usability.on_error && self.reason != Reason::Lost => {
                self.context.serve_on_error(best)
            }
            _ => N::with(GatewayTimeout::new(self.context, Reason::Unreachable)),
        }
    }
}

/// The conditions that a cache evaluates.
pub(crate) const CONDITIONS: KnownSet = KnownSet::of(&[Known::IfNoneMatch, Known::IfModifiedSince]);
