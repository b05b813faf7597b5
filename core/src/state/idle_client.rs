//! `IdleClient`: a request has come, and the stored pairs are looked at (RFC 9111 §4).

use super::candidates::{Candidate, TagSpan};
use super::{CacheMiss, Candidates, Context, FromCache, GatewayTimeout, NeedRevalidation, Serving};
use crate::fields::{RequestFacts, ResponseFacts};
use crate::head::{Method, RequestHead};
use crate::options::{CacheOptions, Methods};
use crate::pair::{PairKey, StoredPair};
use crate::reason::Reason;
use crate::rules::preconditions::{self, Selected};
use crate::rules::reuse::{self, Usability, Verdict};
use crate::rules::validation::Validators;
use crate::rules::{keys, storing, vary};
use crate::time::Now;

/// Waits for a request.
///
/// ```
/// use larder::head::RequestHead;
/// use larder::state::{Candidates, IdleClient, IdleNext};
/// use larder::time::{Now, Uptime};
/// use larder::CacheOptions;
///
/// let options = CacheOptions::default();
/// let mut scratch = Candidates::new();
/// let now = Now { uptime: Uptime::from_secs(10), utc: None };
/// let request = RequestHead::get("http://api.example/weather");
/// match IdleClient::new(&options).next(request, [], now, &mut scratch) {
///     IdleNext::CacheMiss(miss) => assert_eq!(miss.outgoing().uri, request.uri),
///     other => panic!("nothing is stored: {other:?}"),
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IdleClient<'a> {
    options: &'a CacheOptions,
    validating: bool,
    distrusting: bool,
    has_content: bool,
}

/// What follows [`IdleClient`].
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum IdleNext<'a> {
    /// A stored response answers.
    FromCache(FromCache<'a>),
    /// A stored response answers once the origin has validated it.
    NeedRevalidation(NeedRevalidation<'a>),
    /// The origin answers.
    CacheMiss(CacheMiss<'a>),
    /// The request has `only-if-cached`, and nothing stored may answer it.
    GatewayTimeout(GatewayTimeout<'a>),
}

impl<'a> IdleClient<'a> {
    /// A cache with these options.
    pub const fn new(options: &'a CacheOptions) -> Self {
        Self { options, validating: false, distrusting: false, has_content: false }
    }

    /// The same, to validate a response that was served stale (RFC 5861 §3): what is not fresh
    /// leads to [`NeedRevalidation`].
    pub const fn validating(self) -> Self {
        Self { validating: true, ..self }
    }

    /// The same over a store that failed to remove what must not be used: every stored response is
    /// validated.
    pub const fn distrusting(self) -> Self {
        Self { distrusting: true, ..self }
    }

    /// The same for a request that has content. The key tells such requests apart by nothing: a GET
    /// or HEAD with content goes to the origin, and its response is not stored.
    pub const fn with_content(self, has_content: bool) -> Self {
        Self { has_content, ..self }
    }

    /// The options it follows.
    pub const fn options(&self) -> &'a CacheOptions {
        self.options
    }

    /// Decides a request, given the pairs stored under its URI.
    pub fn next<'s>(
        self,
        request: RequestHead<'a>,
        stored: impl IntoIterator<Item = StoredPair<'s>>,
        now: Now,
        scratch: &'a mut Candidates,
    ) -> IdleNext<'a> {
        let mut selecting = self.select(request, now, scratch);
        for pair in stored {
            selecting.offer(&pair);
        }
        selecting.finish()
    }

    /// Decides a request in steps, for a store that finds pairs one after the other: only one
    /// stored head is ever in RAM, however many variants exist.
    #[inline(never)]
    pub fn select(self, request: RequestHead<'a>, now: Now, scratch: &'a mut Candidates) -> Selecting<'a> {
        scratch.clear();
        Selecting {
            idle: self,
            request,
            asked: RequestFacts { has_content: self.has_content, ..RequestFacts::of(request.fields) },
            now,
            scratch,
            refused: Reason::NothingStored,
        }
    }
}

/// A request being decided: pairs are offered, then it is finished.
#[derive(Debug)]
pub struct Selecting<'a> {
    idle: IdleClient<'a>,
    request: RequestHead<'a>,
    asked: RequestFacts,
    now: Now,
    scratch: &'a mut Candidates,
    refused: Reason,
}

impl<'a> Selecting<'a> {
    /// Whether stored pairs matter for this request at all: there is no need to look for them if
    /// not.
    pub fn wants_pairs(&self) -> bool {
        self.bypass().is_none()
    }

    /// Why the request goes to the origin whatever is stored.
    fn bypass(&self) -> Option<Reason> {
        let supported = match self.request.method {
            Method::Get | Method::Head => self.idle.options.supported_methods.contains(Methods::GET),
            _ => false,
        };
        if !supported {
            Some(Reason::MethodNotCached)
        } else if !keys::is_absolute(self.request.uri) {
            Some(Reason::NoAuthority)
        } else if self.asked.has_content {
            Some(Reason::HasContent)
        } else if self.asked.has_if_match {
            Some(Reason::OriginPrecondition)
        } else {
            None
        }
    }

    /// Looks at a stored pair. One that does not match the request is passed over.
    #[inline(never)]
    pub fn offer(&mut self, pair: &StoredPair<'_>) {
        let fields = pair.response.fields;
        let facts = ResponseFacts::of(fields, self.now.utc).targeted(fields, self.idle.options);
        match self.matches(pair, &facts) {
            Ok(()) => self.add(pair, &facts),
            Err(reason) => self.refused = reason,
        }
    }

    /// URI, method and variant (§4, §4.1).
    fn matches(&mut self, pair: &StoredPair<'_>, facts: &ResponseFacts<'_>) -> Result<(), Reason> {
        if !PairKey::new(self.request.uri).matches(pair.uri) {
            return Err(self.refused);
        }
        if pair.method == Method::Head && self.request.method != Method::Head {
            return Err(Reason::OnlyHeadStored);
        }
        let kept = vary::Kept { lines: pair.nominated, hashed: pair.secrets_hashed };
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
        if !pair.body.is_whole() {
            return Err(Reason::Incomplete);
        }
        Ok(())
    }

    fn add(&mut self, pair: &StoredPair<'_>, facts: &ResponseFacts<'_>) {
        let date = facts.date.date().or(pair.received.utc);
        let usability = reuse::judge(&self.asked, pair, facts, self.now, self.idle.options);
        let validators = Validators::of(facts);
        let selected =
            Selected { status: pair.response.status, validators, date, body: pair.body, now: self.now.utc };
        let candidate = Candidate {
            id: pair.id,
            status: pair.response.status,
            only_head: pair.method == Method::Head,
            has_vary: facts.vary.is_present(),
            hides_fields: facts.directives.no_cache_fields(),
            tag: TagSpan::default(),
            last_modified: validators.last_modified,
            date,
            received: pair.received,
            content_length: facts.content_length,
            body: pair.body,
            // What could not be removed must not come back when the origin fails.
            usability: Usability { on_error: usability.on_error && !self.idle.distrusting, ..usability },
            answer: preconditions::answer(&self.request, &self.asked, &selected),
        };
        self.scratch.add(candidate, validators.etag);
    }

    /// Decides the request by what was offered.
    #[inline(never)]
    pub fn finish(self) -> IdleNext<'a> {
        let bypass = self.bypass();
        let Self { idle, request, asked, scratch, refused, .. } = self;
        let candidates: &'a Candidates = scratch;
        let context = Context { options: idle.options, request, asked, candidates };
        if let Some(reason) = bypass {
            if asked.directives.only_if_cached() {
                return IdleNext::GatewayTimeout(GatewayTimeout::new(context, Reason::OnlyIfCached));
            }
            return IdleNext::CacheMiss(CacheMiss::new(context, reason));
        }
        let Some((at, best)) = candidates.best() else {
            return Self::without_candidate(context, refused);
        };
        let reason = match best.usability.verdict {
            _ if idle.distrusting => Reason::StoreFailed,
            Verdict::Fresh => return IdleNext::FromCache(FromCache::new(context, best, Serving::Fresh)),
            Verdict::Stale | Verdict::StaleWhileRevalidate if idle.validating => Reason::Stale,
            Verdict::Stale => return IdleNext::FromCache(FromCache::new(context, best, Serving::Stale)),
            Verdict::StaleWhileRevalidate => {
                return IdleNext::FromCache(FromCache::new(context, best, Serving::StaleWhileRevalidate));
            }
            Verdict::Validate(reason) => reason,
        };
        if asked.directives.only_if_cached() {
            return IdleNext::GatewayTimeout(GatewayTimeout::new(context, Reason::OnlyIfCached));
        }
        IdleNext::NeedRevalidation(NeedRevalidation::new(context, at, reason))
    }

    fn without_candidate(context: Context<'a>, reason: Reason) -> IdleNext<'a> {
        if context.asked.directives.only_if_cached() {
            IdleNext::GatewayTimeout(GatewayTimeout::new(context, Reason::OnlyIfCached))
        } else {
            IdleNext::CacheMiss(CacheMiss::new(context, reason))
        }
    }
}
