//! The states of a cache (RFC 9111), one file each.
//!
//! ```text
//! IdleClient ─next(request, stored pairs, now)─┬─ FromCache ──────────────▶ end: serve (200, 206, 304 or 416)
//!                                              ├─ PartialUpdate ─next(combined)─▶ FromCache | NeedRevalidation | CacheMiss
//!                                              ├─ NeedRevalidation ─next(response)─┬─ NeedToBeUpdated ─next()─▶ FromCache
//!                                              │                                   ├─ StoreAndUse | CouldNotBeStored
//!                                              │                                   ├─ InvalidateEntries ─next()─▶ either
//!                                              │                                   ├─ FromCache (stale: 5xx, unreachable)
//!                                              │                                   ├─ CacheMiss (304 that matches nothing)
//!                                              │                                   └─ GatewayTimeout (unreachable)
//!                                              ├─ CacheMiss ─next(response)─┬─ StoreAndUse ──────▶ end: store and hand over
//!                                              │                            ├─ CouldNotBeStored ─▶ end: hand over, with the Reason
//!                                              │                            ├─ InvalidateEntries ─next()─▶ either
//!                                              │                            ├─ NeedToBeUpdated (HEAD) ─next()─▶ InvalidateEntries
//!                                              │                            ├─ Combining (206) ─next()─▶ FromCache
//!                                              │                            ├─ CacheMiss (does not continue the stored part)
//!                                              │                            └─ FromCache (stale: 5xx, unreachable)
//!                                              └─ GatewayTimeout (only-if-cached)
//! ```
//!
//! With the feature `server`, `IdleServer` takes the place of `IdleClient` where the cache is the origin's own. The same
//! states follow; the origin is the device's handler.
//!
//! **Partial content** (§3.3, §3.4). Incomplete pairs are offered with the extents of their bodies around what
//! is asked for ([`Selecting::wants_extents`]). `PartialUpdate`: parts of one representation are merged, and the
//! request is decided again. A `CacheMiss` for the whole asks only for the first hole of a stored part with a
//! strong validator; `Combining`: the 206 continues it, and stored and new octets answer as one 200.
//!
//! Every state is a struct with a consuming `next` whose type says what can follow: a wrong order
//! does not compile. States borrow: the options, the heads, and one [`Candidates`] that the driver
//! lends. They wait for nothing, store nothing and send nothing; they say what is to be done, and
//! the driver does it (the [`Client`](crate::client::Client), or yours).
//!
//! # Without the client
//!
//! ```
//! use larder::head::{Fields, RequestHead, ResponseHead};
//! use larder::pair::{PairId, StoredBody, record};
//! use larder::state::{Candidates, IdleClient, IdleNext, MissNext};
//! use larder::time::{Exchange, HttpDate, Now, Uptime};
//! use larder::{CacheOptions, Reason};
//!
//! let options = CacheOptions::default();
//! let mut scratch = Candidates::new();
//! let request = RequestHead::get("http://api.example/weather");
//! let at = |seconds| Now {
//!     uptime: Uptime::from_secs(seconds),
//!     utc: Some(HttpDate::from_unix(1_800_000_000 + seconds as i64)),
//! };
//!
//! // Nothing is stored: the request goes to the origin, and its response may be stored.
//! let IdleNext::CacheMiss(miss) = IdleClient::new(&options).next(request, [], at(0), &mut scratch) else {
//!     panic!("nothing is stored");
//! };
//! assert_eq!(miss.reason(), Reason::NothingStored);
//! let fields = Fields::new(&[("Cache-Control", "max-age=60"), ("ETag", "\"1\"")]);
//! let response = ResponseHead { status: 200, fields };
//! let MissNext::StoreAndUse(store) = miss.next(response, Exchange::at(at(0))) else {
//!     panic!("it is storable");
//! };
//!
//! // How a store keeps it is the store's business. Here its record is enough.
//! let mut octets = Vec::new();
//! let encoded = record::encode(&store.pair(), |part| Ok::<(), ()>(octets.extend_from_slice(part)));
//! assert_eq!(encoded, Some(Ok(())));
//! let stored = record::decode(&octets, PairId::new(1), StoredBody::whole(0));
//!
//! // Half a minute later it is fresh, after two minutes it needs validation.
//! let mut scratch = Candidates::new();
//! let next = IdleClient::new(&options).next(request, stored, at(30), &mut scratch);
//! assert!(matches!(next, IdleNext::FromCache(_)));
//! let IdleNext::NeedRevalidation(need) =
//!     IdleClient::new(&options).next(request, stored, at(120), &mut scratch)
//! else {
//!     panic!("it is stale");
//! };
//! assert_eq!(need.outgoing().fields.get("If-None-Match"), Some(&b"\"1\""[..]));
//! ```

mod answered;
#[cfg(feature = "server")]
mod at_origin;
mod cache_miss;
mod candidate;
mod candidates;
mod combining;
mod could_not_be_stored;
mod extents;
mod from_cache;
mod gateway_timeout;
mod idle_client;
#[cfg(feature = "server")]
mod idle_server;
mod invalidate_entries;
mod judged;
mod need_revalidation;
mod need_to_be_updated;
mod partial_update;
mod selecting;
mod store_and_use;
mod target;

#[cfg(feature = "server")]
use answered::Answered as AnsweredAs;
pub use cache_miss::{CacheMiss, MissNext};
pub(crate) use candidate::Hole;
pub use candidates::Candidates;
pub use combining::Combining;
pub use could_not_be_stored::CouldNotBeStored;
pub use extents::Extents;
pub use from_cache::{FromCache, Serving};
pub use gateway_timeout::GatewayTimeout;
pub use idle_client::{IdleClient, IdleNext};
#[cfg(feature = "server")]
pub use idle_server::IdleServer;
pub use invalidate_entries::InvalidateEntries;
pub use need_revalidation::{NeedRevalidation, RevalidationNext, Unreachable};
pub(crate) use need_to_be_updated::Freshening;
pub use need_to_be_updated::{HandOver, NeedToBeUpdated, Serve};
pub use partial_update::{Combined, PartialUpdate, UpdateNext};
pub use selecting::Selecting;
pub use store_and_use::{End, StoreAndUse};
pub(crate) use target::Target;

use crate::fields::{RequestFacts, ResponseFacts};
use crate::head::{Edited, RequestHead, ResponseHead, Text};
use crate::options::CacheOptions;
use crate::pair::{NewPair, Nominated, PairId, StoredPair};
use crate::reason::Reason;
use crate::rules::stored_fields::{self, MadeDate};
use crate::rules::{age, storing};
use crate::time::{Exchange, ReceivedAt};

/// What every state of one request knows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) options: &'a CacheOptions,
    pub(crate) request: RequestHead<'a>,
    pub(crate) candidates: &'a Candidates,
    pub(crate) target: Target<'a>,
}

/// A response that has arrived for a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrived<'a> {
    pub(crate) response: ResponseHead<'a>,
    pub(crate) received: ReceivedAt,
    /// A `Date` for it, if it came without.
    pub(crate) date: Option<MadeDate>,
    /// What it is to the client.
    #[cfg(feature = "server")]
    pub(crate) answered: AnsweredAs,
}

impl Arrived<'_> {
    /// The lines to hand over: all that were received, with a `Date` if there was none.
    pub(crate) fn fields(&self) -> Edited<'_> {
        let mut fields = Edited::new(self.response.fields);
        stored_fields::add_date(&mut fields, self.date.as_ref());
        #[cfg(feature = "server")]
        self.answered.edit(&mut fields);
        fields
    }

    /// What it is to the client.
    #[cfg(feature = "server")]
    pub(crate) const fn answer(&self) -> crate::Answer {
        self.answered.answer
    }

    /// Which octets of its body to hand over, as [`FromCache::content`].
    #[cfg(feature = "server")]
    pub(crate) const fn content(&self) -> Option<(u64, Option<u64>)> {
        self.answered.content()
    }

    /// The status to hand over.
    pub(crate) const fn status(&self) -> u16 {
        #[cfg(feature = "server")]
        return self.answered.status(self.response.status);
        #[cfg(not(feature = "server"))]
        self.response.status
    }
}

impl<'a> Context<'a> {
    /// What the request asks for.
    pub(crate) const fn asked(&self) -> &'a RequestFacts {
        self.candidates.asked()
    }

    /// The request as the origin is asked.
    pub(crate) const fn sent(&self) -> RequestHead<'a> {
        RequestHead { uri: self.target.of(&self.request), ..self.request }
    }

    /// A stored response answers in place of an error (RFC 5861 §4).
    #[inline(never)]
    fn serve_on_error<N: Follows<FromCache<'a>>>(&self, stored: &candidate::Candidate) -> N {
        N::with(FromCache::new(*self, stored, Serving::StaleOnError))
    }

    /// What a response says.
    #[inline(never)]
    pub(crate) fn facts<'r>(&self, response: &ResponseHead<'r>, at: &Exchange) -> ResponseFacts<'r> {
        ResponseFacts::of(response.fields, at.received.utc).targeted(response.fields, self.options)
    }

    /// A response that has arrived, given what it says.
    #[inline(never)]
    pub(crate) fn arrived<'r>(
        &self,
        response: ResponseHead<'r>,
        facts: &ResponseFacts<'_>,
        at: &Exchange,
    ) -> Arrived<'r> {
        Arrived {
            response,
            received: age::received_at(facts, *at),
            date: stored_fields::missing_date(facts, *at),
            #[cfg(feature = "server")]
            answered: AnsweredAs::new(self.answer_at_origin(&response, facts, *at)),
        }
    }

    /// The client's lines, as they go to the origin. To the origin's own handler without preconditions and
    /// range, which are answered here.
    pub(crate) fn forwarded(&self) -> Edited<'a> {
        #[cfg_attr(not(feature = "server"), allow(unused_mut))]
        let mut fields = Edited::new(self.request.fields);
        #[cfg(feature = "server")]
        self.for_handler(&mut fields);
        fields
    }

    /// `stored`, with the fields of a response that has arrived in place of its own ones (§3.2), its time, and
    /// the nominated lines of the request that led to it. `length`: the `Content-Length` of the whole, where
    /// that of the response is another one.
    #[inline(never)]
    pub(crate) fn freshened<'f>(
        &self,
        stored: &StoredPair<'f>,
        arrived: &'f Arrived<'f>,
        length: Option<&'f Text<20>>,
    ) -> NewPair<'f>
    where
        'a: 'f,
    {
        let date = arrived.date.as_ref();
        let mut fields =
            stored_fields::freshened(stored.response.fields, arrived.response.fields, date, self.options);
        stored_fields::add_length(&mut fields, length);
        NewPair {
            method: stored.method,
            uri: stored.uri,
            nominated: Nominated::new(self.request.fields, &fields).hiding(
                &fields,
                &self.options.secrets,
                self.candidates.hashes(),
            ),
            authorized: stored.authorized || self.asked().has_authorization,
            status: stored.response.status,
            fields,
            date_made: date.is_some(),
            received: arrived.received,
            length: stored.body.complete,
            offset: 0,
            resumable: !stored.body.committed,
            generation: None,
        }
    }

    /// [`Target::is_beside`].
    pub(crate) const fn is_beside(&self, response: &ResponseHead<'_>) -> bool {
        self.target.is_beside(response)
    }

    /// Whether the response may be stored.
    pub(crate) fn may_store(&self, arrived: &Arrived<'_>, facts: &ResponseFacts<'_>) -> Result<(), Reason> {
        let received = storing::Received {
            request: &self.sent(),
            asked: self.asked(),
            response: &arrived.response,
            facts,
        };
        storing::may_store(received, self.options)
    }
}

/// What can follow a state: each `…Next`, and the state of the client's walk. Made of the state itself, for a
/// state is too large to be moved from one enum to another.
pub(crate) trait Follows<State> {
    fn with(state: State) -> Self;
}

/// Where nothing else can follow.
impl<State> Follows<State> for State {
    fn with(state: State) -> Self {
        state
    }
}

/// Hears what a response from this URI says.
pub(crate) type Hear<'h> = &'h dyn Fn(&str, &ResponseFacts<'_>);

/// What is to be done with a response before a walk goes on: it is looked at without being kept.
pub(crate) enum Look<'a, 'r> {
    /// The request is sent again, as this one.
    Again(CacheMiss<'a>),
    /// It is to continue a stored part.
    Continues(Combining<'a, 'r>),
    /// It freshens stored responses, and this one answers if one does.
    Freshens(Freshening<'r>, Option<PairId>),
    /// Nothing.
    Ends,
}

/// What can follow a decision.
pub(crate) trait Decided<'a>:
    Follows<FromCache<'a>> + Follows<NeedRevalidation<'a>> + Follows<CacheMiss<'a>> + Follows<GatewayTimeout<'a>>
{
}

impl<'a, N> Decided<'a> for N where
    N: Follows<FromCache<'a>>
        + Follows<NeedRevalidation<'a>>
        + Follows<CacheMiss<'a>>
        + Follows<GatewayTimeout<'a>>
{
}

/// What can follow a response that is handed over.
pub(crate) trait Ended<'r>: Follows<StoreAndUse<'r>> + Follows<CouldNotBeStored<'r>> {}

impl<'r, N: Follows<StoreAndUse<'r>> + Follows<CouldNotBeStored<'r>>> Ended<'r> for N {}

/// What can follow any response.
pub(crate) trait Answered<'a, 'r>:
    Ended<'r>
    + Follows<InvalidateEntries<'r>>
    + Follows<NeedToBeUpdated<'r, HandOver>>
    + Follows<FromCache<'a>>
    + Follows<CacheMiss<'a>>
{
}

impl<'a, 'r, N> Answered<'a, 'r> for N where
    N: Ended<'r>
        + Follows<InvalidateEntries<'r>>
        + Follows<NeedToBeUpdated<'r, HandOver>>
        + Follows<FromCache<'a>>
        + Follows<CacheMiss<'a>>
{
}

/// Makes a state in a frame of its own: the caller's is to have no room for it while it decides.
#[inline(never)]
pub(crate) fn apart<N>(make: impl FnOnce() -> N) -> N {
    make()
}

/// Which states can follow, and as which variant.
macro_rules! follows {
    ($next:ident $lifetimes:tt: $($variant:ident($state:ty)),* $(,)?) => {
        $($crate::state::follows!(@ $next $lifetimes $variant $state);)*
    };
    (@ $next:ident [$($lifetime:lifetime),*] $variant:ident $state:ty) => {
        impl<$($lifetime),*> $crate::state::Follows<$state> for $next<$($lifetime),*> {
            #[inline]
            fn with(state: $state) -> Self {
                Self::$variant(state)
            }
        }
    };
}
pub(crate) use follows;

/// What every state answers: its options and its request.
macro_rules! context {
    ($state:ident $(, $then:ident, $part:ident)?) => {
        impl<'a $(, $then)?> $state<'a $(, $then)?> {
            /// The options it follows.
            pub const fn options(&self) -> &'a $crate::options::CacheOptions {
                self.$($part.)?context.options
            }

            /// The request it is about.
            pub const fn request(&self) -> &$crate::head::RequestHead<'a> {
                &self.$($part.)?context.request
            }
        }

        #[cfg(feature = "defmt")]
        impl $(<$then>)? defmt::Format for $state<'_ $(, $then)?> {
            fn format(&self, f: defmt::Formatter<'_>) {
                let request = &self.$($part.)?context.request;
                defmt::write!(f, "{=str}({} {=str})", stringify!($state), request.method, request.uri);
            }
        }
    };
}
pub(crate) use context;
