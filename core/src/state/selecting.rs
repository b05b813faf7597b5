//! `Selecting`: a request being decided, stored pair after stored pair (RFC 9111 §4).

use super::candidate::{Candidate, Chosen, Role};
use super::candidates::TagSpan;
use super::{
    CacheMiss, Candidates, Context, Decided, Extents, Follows, FromCache, GatewayTimeout, IdleClient,
    IdleNext, NeedRevalidation, PartialUpdate, Serving,
};
use crate::fields::{ByteRange, EntityTag, RequestFacts, ResponseFacts};
use crate::head::{Method, RequestHead};
use crate::options::{CacheOptions, Methods};
#[cfg(feature = "query")]
use crate::pair::query;
use crate::pair::{PairKey, StoredPair};
use crate::reason::Reason;
#[cfg(feature = "negotiation")]
use crate::rules::negotiation;
use crate::rules::preconditions::{self, Answer, Selected};
use crate::rules::reuse::{self, Usability, Verdict};
use crate::rules::validation::Validators;
use crate::rules::{keys, partial, storing, vary};
use crate::time::Now;

/// A request being decided: pairs are offered, then it is finished.
#[derive(Debug)]
pub struct Selecting<'a> {
    idle: IdleClient<'a>,
    request: RequestHead<'a>,
    now: Now,
    pub(super) scratch: &'a mut Candidates,
    pub(super) refused: Reason,
}

/// What is to be done about a request. Candidates are named by their places.
enum Decision {
    /// This one answers.
    Serve(usize, Serving),
    /// This one answers once it is validated.
    Validate(usize, Reason),
    /// The origin answers; it is asked for what is missing of this one, if there is one.
    Ask(Reason, Option<usize>),
}

impl<'a> Selecting<'a> {
    #[inline(never)]
    pub(super) fn new(
        idle: IdleClient<'a>,
        request: RequestHead<'a>,
        now: Now,
        scratch: &'a mut Candidates,
    ) -> Self {
        scratch.start(idle.asked(&request));
        Self { idle, request, now, scratch, refused: Reason::NothingStored }
    }

    /// Whether stored pairs matter for this request at all: there is no need to look for them if
    /// not.
    pub fn wants_pairs(&self) -> bool {
        self.bypass().is_none()
    }

    /// Why the request goes to the origin whatever is stored.
    fn bypass(&self) -> Option<Reason> {
        let supported = match self.request.method {
            Method::Get | Method::Head => self.idle.options.supported_methods.contains(Methods::GET),
            #[cfg(feature = "query")]
            Method::Query => self.idle.options.supported_methods.contains(Methods::QUERY),
            _ => false,
        };
        if !supported {
            Some(Reason::MethodNotCached)
        } else if !keys::is_absolute(self.idle.target.of(&self.request)) {
            Some(Reason::NoAuthority)
        } else if storing::has_unknown_content(self.request.method, self.asked()) {
            Some(Reason::HasContent)
        } else if self.asked().has_if_match && !self.asked().at_origin() {
            Some(Reason::OriginPrecondition)
        } else {
            None
        }
    }

    /// Looks at a stored pair. One that does not match the request is passed over. Of an incomplete one
    /// only the head is used: see [`wants_extents`](Self::wants_extents).
    pub fn offer(&mut self, pair: &StoredPair<'_>) {
        self.offer_part(pair, &Extents::default());
    }

    /// Whether it matters which octets of this pair's body are held. Then [`offer_part`](Self::offer_part)
    /// wants two extents: the first that ends behind this position, and the one behind that.
    pub fn wants_extents(&self, pair: &StoredPair<'_>) -> Option<u64> {
        if pair.body.is_whole() { None } else { self.position_asked(pair.body.complete) }
    }

    /// The position in a body from which on the request asks for it; `None` if it asks for none, or for
    /// what a body of `complete` octets cannot tell.
    pub(super) fn position_asked(&self, complete: Option<u64>) -> Option<u64> {
        if self.request.method != Method::Get {
            return None;
        }
        if !self.asked().has_range {
            return Some(0);
        }
        let range = self.request.fields.get("range").and_then(ByteRange::parse)?;
        let part = match complete {
            Some(complete) => range.of(complete),
            None => range.of_unknown(),
        };
        part.map(|part| part.first)
    }

    const fn asked(&self) -> &RequestFacts {
        self.scratch.asked()
    }

    pub(super) const fn options(&self) -> &'a CacheOptions {
        self.idle.options
    }

    pub(crate) const fn request(&self) -> &RequestHead<'a> {
        &self.request
    }

    /// As [`offer`](Self::offer), for an incomplete pair of which these octets are held.
    #[inline(never)]
    pub fn offer_part(&mut self, pair: &StoredPair<'_>, extents: &Extents) {
        let fields = pair.response.fields;
        let facts = ResponseFacts::of(fields, self.now.utc).targeted(fields, self.idle.options);
        match self.matches(pair, &facts) {
            Ok(()) => self.add(pair, &facts, extents),
            Err(reason) => self.refused = reason,
        }
    }

    /// URI, method and variant (§4, §4.1).
    #[inline(never)]
    fn matches(&mut self, pair: &StoredPair<'_>, facts: &ResponseFacts<'_>) -> Result<(), Reason> {
        if !PairKey::new(self.request.uri).matches(pair.uri) {
            return Err(self.refused);
        }
        if pair.method == Method::Head && self.request.method != Method::Head {
            return Err(Reason::OnlyHeadStored);
        }
        if pair.method.is_query() != self.request.method.is_query() {
            return Err(self.refused);
        }
        #[cfg(feature = "query")]
        if let Some(digest) = self.asked().content_digest.filter(|_| pair.method.is_query())
            && !query::is_same(pair.nominated, self.request.fields, &digest)
        {
            return Err(self.refused);
        }
        let kept = vary::Kept {
            lines: pair.nominated,
            hashed: pair.secrets_hashed,
            #[cfg(feature = "negotiation")]
            language: self
                .idle
                .options
                .select_language
                .then(|| negotiation::language(pair.response.fields))
                .flatten(),
        };
        let presented = vary::Presented {
            fields: self.request.fields,
            secrets: &self.idle.options.secrets,
            hashes: self.scratch.hashes_mut(),
        };
        if !vary::selects(&facts.vary, kept, presented) {
            return Err(Reason::VariantMismatch);
        }
        if self.idle.options.shared && pair.authorized && !storing::allows_authorized(facts) {
            return Err(Reason::AuthorizedReuse);
        }
        Ok(())
    }

    #[inline(never)]
    fn add(&mut self, pair: &StoredPair<'_>, facts: &ResponseFacts<'_>, extents: &Extents) {
        let date = facts.date.date();
        let stated = date.filter(|_| !pair.date_made);
        let date = date.or(pair.received.utc);
        let usability = reuse::judge(self.asked(), pair, facts, self.now, self.idle.options);
        let validators = Validators::of(facts);
        let mut candidate = Candidate {
            id: pair.id,
            status: pair.response.status,
            only_head: pair.method == Method::Head,
            has_vary: facts.vary.is_present(),
            #[cfg(feature = "negotiation")]
            preference: negotiation::preference(&facts.vary, self.request.fields, pair.response.fields),
            hides_fields: facts.directives.no_cache_fields(),
            tag: TagSpan::default(),
            has_tag: validators.etag.is_some(),
            last_modified: validators.last_modified,
            date,
            received: pair.received,
            content_length: facts.content_length,
            body: pair.body,
            coding: facts.coding,
            is_strong: partial::strong(&validators, stated).is_some(),
            hole: None,
            role: Role::Answers,
            // What could not be removed must not come back when the origin fails.
            usability: Usability { on_error: usability.on_error && !self.idle.distrusting, ..usability },
            answer: Answer::Whole,
        };
        candidate.answer = self.answer(&candidate, validators.etag);
        if !pair.body.is_whole() {
            self.part(&mut candidate, extents);
        }
        self.scratch.add(candidate, validators.etag);
    }

    /// What a stored response with this tag is to the client.
    #[inline(never)]
    pub(super) fn answer(&self, candidate: &Candidate, etag: Option<EntityTag<'_>>) -> Answer {
        let Candidate { status, last_modified, date, body, .. } = *candidate;
        let validators = Validators { etag, last_modified };
        let selected = Selected { status, validators, date, body, now: self.now.utc };
        preconditions::answer(&self.request, self.asked(), &selected)
    }

    /// What an incomplete response can be to the request (§3.3): it answers a range that it holds, and what
    /// takes only its head, if it is fresh. Else it can be completed, if the whole is asked for.
    ///
    /// Departs from §3.3 in answering HEAD, and 304: to these nothing is missing.
    #[inline(never)]
    pub(super) fn part(&self, candidate: &mut Candidate, extents: &Extents) {
        let is_fresh = candidate.usability.verdict == Verdict::Fresh && !self.idle.distrusting;
        let takes_head = self.request.method == Method::Head || candidate.answer == Answer::NotModified;
        candidate.role = match candidate.answer {
            Answer::Part(part) if extents.hold(part) => Role::Answers,
            _ if takes_head && is_fresh => Role::AnswersAsItIs,
            _ => Role::Part,
        };
        let is_whole_asked = self.request.method == Method::Get && !self.asked().has_range;
        let may_complete = is_whole_asked && !self.asked().directives.no_store();
        // Under a name, the lengths must be known to agree.
        let is_known = candidate.body.complete.is_some() || !self.idle.target.is_elsewhere();
        candidate.hole = if may_complete && is_known { extents.hole(candidate.body.complete) } else { None };
        candidate.is_strong &= is_known;
    }

    /// Decides the request by what was offered.
    #[inline(never)]
    pub fn finish(self) -> IdleNext<'a> {
        self.go_on()
    }

    /// As [`finish`](Self::finish), to whatever can follow.
    pub(crate) fn go_on<N: Decided<'a> + Follows<PartialUpdate<'a>>>(self) -> N {
        match self.to_combine() {
            Some((at, (parts, complete))) => N::with(PartialUpdate::new(self, at, parts, complete)),
            None => self.decide(),
        }
    }

    /// Decides the request, whatever might be combined.
    #[inline(never)]
    pub(super) fn decide<N: Decided<'a>>(self) -> N {
        let decision = self.decision();
        let candidates: &'a Candidates = self.scratch;
        let IdleClient { options, target, .. } = self.idle;
        let context = Context { options, request: self.request, candidates, target };
        let stored = |at| candidates.get(at);
        match decision {
            Decision::Serve(at, serving) if let Some(best) = stored(at) => {
                N::with(FromCache::new(context, best, serving))
            }
            _ if context.asked().directives.only_if_cached() => {
                N::with(GatewayTimeout::new(context, Reason::OnlyIfCached))
            }
            Decision::Validate(at, reason) => N::with(NeedRevalidation::new(context, at, reason)),
            Decision::Ask(reason, part) => {
                let hole = part.and_then(stored).and_then(|part| part.hole);
                N::with(CacheMiss::asking(context, reason, part.zip(hole)))
            }
            // Only a candidate is ever named.
            Decision::Serve(..) => N::with(CacheMiss::new(context, Reason::NothingStored)),
        }
    }

    fn decision(&self) -> Decision {
        if let Some(reason) = self.bypass() {
            return Decision::Ask(reason, None);
        }
        let completing = self.scratch.to_complete(self.idle.options);
        let part = completing.map(|(at, _)| at);
        let Some((at, best)) = self.scratch.best() else {
            let reason = if self.scratch.is_empty() { self.refused } else { Reason::Incomplete };
            return Decision::Ask(reason, part);
        };
        let is_query = self.request.method.is_query();
        let reason = match best.usability.verdict {
            _ if self.idle.distrusting => Reason::StoreFailed,
            Verdict::Fresh => return Decision::Serve(at, Serving::Fresh),
            Verdict::Stale | Verdict::StaleWhileRevalidate if self.idle.validating => Reason::Stale,
            Verdict::Stale => return Decision::Serve(at, Serving::Stale),
            // Nobody has its content any more afterwards.
            Verdict::StaleWhileRevalidate if is_query => Reason::Stale,
            Verdict::StaleWhileRevalidate => return Decision::Serve(at, Serving::StaleWhileRevalidate),
            Verdict::Validate(reason) => reason,
        };
        match completing {
            // Its content cannot be sent twice, should a 304 match nothing: it is asked again without
            // conditions.
            _ if is_query => Decision::Ask(reason, None),
            // What was begun later is what the origin has by now.
            Some((_, part_of)) if best.is_older(part_of) => Decision::Ask(Reason::Incomplete, part),
            _ => Decision::Validate(at, reason),
        }
    }

    /// Parts of one representation that are better combined before the request is decided: unless a
    /// stored response answers as it is.
    fn to_combine(&self) -> Option<(usize, (Chosen, u64))> {
        let answers_at_once = self.scratch.best().is_some_and(|(_, best)| {
            !self.idle.distrusting && !matches!(best.usability.verdict, Verdict::Validate(_))
        });
        if answers_at_once || self.request.method != Method::Get || self.bypass().is_some() {
            return None;
        }
        let (at, part) = self.scratch.best_of(|at, _| self.scratch.parts_of(at).is_some())?;
        let (parts, complete) = self.scratch.parts_of(at)?;
        let is_all_held = part.hole.is_some_and(|hole| hole.first == complete);
        (parts.len() > 1 || is_all_held).then_some((at, (parts, complete)))
    }
}
