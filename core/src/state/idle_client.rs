//! `IdleClient`: a request has come, and the stored pairs are looked at (RFC 9111 §4).

use super::{
    CacheMiss, Candidates, FromCache, GatewayTimeout, NeedRevalidation, PartialUpdate, Selecting, Target,
    UpdateNext,
};
use crate::fields::RequestFacts;
use crate::head::RequestHead;
use crate::options::CacheOptions;
use crate::pair::StoredPair;
use crate::time::Now;
use core::ops::ControlFlow;

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
    pub(super) options: &'a CacheOptions,
    pub(super) validating: bool,
    pub(super) distrusting: bool,
    pub(super) has_content: bool,
    /// The cache is the origin's own: an [`IdleServer`](super::IdleServer) decides.
    #[cfg(feature = "server")]
    pub(super) at_origin: bool,
    #[cfg(feature = "query")]
    pub(super) content_digest: Option<[u8; 32]>,
    pub(super) target: Target<'a>,
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
    /// Stored parts are to be combined first; the request is decided again then.
    PartialUpdate(PartialUpdate<'a>),
    /// The request has `only-if-cached`, and nothing stored may answer it.
    GatewayTimeout(GatewayTimeout<'a>),
}

super::follows!(
    IdleNext ['a]:
    FromCache(FromCache<'a>),
    NeedRevalidation(NeedRevalidation<'a>),
    CacheMiss(CacheMiss<'a>),
    PartialUpdate(PartialUpdate<'a>),
    GatewayTimeout(GatewayTimeout<'a>),
);

impl<'a> IdleNext<'a> {
    /// What is decided already; else what is to be combined first, to go on with.
    pub fn decided(self) -> ControlFlow<UpdateNext<'a>, PartialUpdate<'a>> {
        ControlFlow::Break(match self {
            Self::FromCache(state) => UpdateNext::FromCache(state),
            Self::NeedRevalidation(state) => UpdateNext::NeedRevalidation(state),
            Self::CacheMiss(state) => UpdateNext::CacheMiss(state),
            Self::GatewayTimeout(state) => UpdateNext::GatewayTimeout(state),
            Self::PartialUpdate(state) => return ControlFlow::Continue(state),
        })
    }
}

impl<'a> From<UpdateNext<'a>> for IdleNext<'a> {
    fn from(next: UpdateNext<'a>) -> Self {
        match next {
            UpdateNext::FromCache(state) => Self::FromCache(state),
            UpdateNext::NeedRevalidation(state) => Self::NeedRevalidation(state),
            UpdateNext::CacheMiss(state) => Self::CacheMiss(state),
            UpdateNext::GatewayTimeout(state) => Self::GatewayTimeout(state),
        }
    }
}

impl<'a> IdleClient<'a> {
    /// A cache with these options.
    pub const fn new(options: &'a CacheOptions) -> Self {
        Self {
            options,
            validating: false,
            distrusting: false,
            has_content: false,
            #[cfg(feature = "server")]
            at_origin: false,
            target: Target::OWN,
            #[cfg(feature = "query")]
            content_digest: None,
        }
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

    /// What a request asks for, as far as it counts.
    pub(crate) fn asked(&self, request: &RequestHead<'_>) -> RequestFacts {
        RequestFacts {
            has_content: self.has_content,
            #[cfg(feature = "server")]
            at_origin: self.at_origin,
            #[cfg(feature = "query")]
            content_digest: self.content_digest,
            ..RequestFacts::of(request.fields).heeded(self.options)
        }
    }

    /// The same, where the cache is the origin's own: what an [`IdleServer`](super::IdleServer) is.
    #[cfg(feature = "server")]
    pub(crate) const fn at_origin(self) -> Self {
        Self { at_origin: true, ..self }
    }

    /// The same for a request whose content has this digest: SHA-256, or whatever else tells contents apart
    /// as well. A QUERY is stored under it.
    #[cfg(feature = "query")]
    pub const fn with_content_digest(self, digest: Option<[u8; 32]>) -> Self {
        Self { content_digest: digest, ..self }
    }

    /// The same, for a request that goes to `uri`. Its own URI is a name: what it brings is stored and found
    /// under it.
    ///
    /// For representations whose URIs change ([`crate::client::download`]). Validators mean something for
    /// one URI only (RFC 9110 §8.8.1): the caller must know by other means what the body is to be. Whatever
    /// is neither 200, 206, 304 nor 416 is handed over, and nothing stored is touched for it.
    #[cfg(feature = "digest")]
    pub const fn sending_to(self, uri: &'a str) -> Self {
        Self { target: Target::elsewhere(uri), ..self }
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
        Selecting::new(self, request, now, scratch)
    }
}
