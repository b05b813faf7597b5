//! The client: it walks the states over a store, an origin and a clock.

#[cfg(feature = "server")]
mod answered;
mod apart;
mod asking;
mod cache_status;
mod call;
#[cfg(feature = "collapsing")]
mod collapsing;
mod completing;
mod deadline;
#[cfg(feature = "digest")]
pub mod download;
mod error;
mod freshen;
#[cfg(feature = "groups")]
mod groups;
mod logging;
mod origin;
mod parts;
mod reply;
mod report;
mod storing;
mod walk;

pub use call::Call;
#[cfg(feature = "collapsing")]
pub use collapsing::{AwaitedReply, Flights};
pub use error::{BodyError, Failure};
pub use origin::{BodyRead, Content, Origin, Sending};
pub use reply::Reply;
pub use report::{Outcome, Report, Step, Storing};

use crate::head::{HeadBuf, RequestHead, ResponseHead};
use crate::options::CacheOptions;
use crate::pair::PairId;
use crate::state::{Candidates, IdleClient};
use crate::store::{Health, Maintained, PairStore, Pin, Writing};
use crate::time::Clock;
use apart::apart;
use core::future::Future;
use core::pin::pin;
use reply::Parts;
use walk::{Buffers, Sent};

/// An HTTP client with a cache.
///
/// Before a client is dropped that shares its store, call [`idle`](Self::idle): it ends what a
/// half-read reply left in the store. There is no async `Drop`; the store finds out only when it needs
/// the room.
///
/// It belongs to one task: it has the heads of the request under way and a connection to the
/// origin. Clients of several tasks share a store behind a lock (feature `embassy-sync`).
///
/// `BYTES` and `FIELDS` bound the heads it takes, as in [`HeadBuf`]; responses that exceed them are
/// an error of the origin, stored pairs that exceed them are passed over. It takes about
/// `2 × BYTES + 8 × FIELDS` octets and 1 KiB. [How large they must be](crate::how_to#how-large-must-the-head-buffers-be).
///
/// Its futures are not `Send`: see [where it may run](crate::how_to#may-it-run-in-an-interrupt-executor-or-on-threads).
#[derive(Debug)]
pub struct Client<S, O, C, const BYTES: usize = 2048, const FIELDS: usize = 40> {
    store: S,
    origin: O,
    clock: C,
    options: CacheOptions,
    head: HeadBuf<BYTES, FIELDS>,
    record: [u8; BYTES],
    scratch: Candidates,
    pending: Pending,
    /// It is a [`Server`](crate::server::Server)'s.
    #[cfg(feature = "server")]
    pub(crate) at_origin: bool,
}

impl<S: PairStore, O: Origin, C: Clock, const BYTES: usize, const FIELDS: usize>
    Client<S, O, C, BYTES, FIELDS>
{
    /// A client over a store, an origin and a clock, with the default options.
    ///
    /// Its sizes are those of its type: `let client: Client<_, _, _> = Client::new(…)` takes the default ones.
    pub const fn new(store: S, origin: O, clock: C) -> Self {
        Self::with_options(store, origin, clock, CacheOptions::PRIVATE)
    }

    /// A client with these options.
    pub const fn with_options(store: S, origin: O, clock: C, options: CacheOptions) -> Self {
        Self {
            store,
            origin,
            clock,
            options,
            head: HeadBuf::new(),
            record: [0; BYTES],
            scratch: Candidates::new(),
            pending: Pending {
                writing: None,
                forget: None,
                pinned: None,
                distrust: false,
                generation: 0,
                invalidating: false,
            },
            #[cfg(feature = "server")]
            at_origin: false,
        }
    }

    /// Answers a request: from the store, from the origin, or with 504 if nobody can.
    ///
    /// # Cancel safety
    /// May be dropped at any point: the store is sound, and the origin's connection is not used
    /// again if it was in use.
    pub fn request<'c>(&'c mut self, request: RequestHead<'c>) -> impl Future<Output = Reply<'c, S, O>> {
        self.walk(Call::new(request), false)
    }

    /// Answers a request that has content, a deadline, or a listener for interim responses.
    ///
    /// # Cancel safety
    /// As [`request`](Self::request).
    pub fn call<'c, T: Content, D: Future<Output = ()>>(
        &'c mut self,
        call: Call<'c, T, D>,
    ) -> impl Future<Output = Reply<'c, S, O>> {
        self.walk(call, false)
    }

    /// Validates what was served stale (RFC 5861 §3): to be called with the same request when
    /// [`Report::validation_due`] says so. Reads a new body through `buf` into the store.
    ///
    /// # Cancel safety
    /// As [`request`](Self::request).
    pub async fn validate(&mut self, request: RequestHead<'_>, buf: &mut [u8]) -> Report {
        let mut reply = self.walk(Call::new(request), true).await;
        // What came from the store was served already.
        if reply.report().from_store == 0 && reply.report().storing == Storing::Underway {
            while let Ok(1..) = reply.read(buf).await {}
        }
        reply.report().clone()
    }

    #[expect(clippy::manual_async_fn, reason = "an `async fn` keeps its arguments twice")]
    fn walk<'c, T: Content, D: Future<Output = ()>>(
        &'c mut self,
        mut call: Call<'c, T, D>,
        validating: bool,
    ) -> impl Future<Output = Reply<'c, S, O>> {
        async move {
            apart(pin!(self.pending.settle(&mut self.store))).await;
            let mut idle = IdleClient::new(&self.options);
            if validating {
                idle = idle.validating();
            }
            if self.pending.distrust {
                idle = idle.distrusting();
            }
            #[cfg(feature = "server")]
            if self.at_origin {
                idle = idle.at_origin();
            }
            idle = idle.with_content(call.content.is_some());
            #[cfg(feature = "query")]
            let idle = idle.with_content_digest(call.content_digest);
            #[cfg(feature = "digest")]
            let idle = match call.terms.and_then(|terms| terms.sent_to) {
                Some(uri) => idle.sending_to(uri),
                None => idle,
            };
            let mut nobody = |_: &ResponseHead<'_>| {};
            // Whatever the deadline is, the walk is compiled once.
            let deadline: core::pin::Pin<&mut dyn Future<Output = ()>> = pin!(call.deadline);
            let mut sent = Sent {
                content: &mut call.content,
                deadline: pin!(deadline),
                interim: call.interim.unwrap_or(&mut nobody),
            };
            let Self { store, origin, clock, head, record, scratch, pending, .. } = self;
            let mut reply = Reply::new(Parts { store, origin, pending });
            let (mut walk, mut place) = reply.walk(clock);
            #[cfg(feature = "digest")]
            if let Some(terms) = &call.terms {
                walk.expected = terms.expected;
            }
            let buffers = Buffers { head, record };
            walk.run(&idle, &call.request, &mut sent, buffers, scratch, &mut place).await;
            #[cfg(feature = "digest")]
            if call.terms.is_some() {
                reply.hold();
            }
            apart(pin!(reply.begin())).await;
            reply
        }
    }

    /// Removes what is stored for this URI, every variant of it, or under this [name] of a download.
    ///
    /// # Errors
    /// Those of the store's medium. From then on this client uses nothing stored that the origin has not
    /// validated; after a reboot a persistent store may find it again.
    ///
    /// # Cancel safety
    /// May be dropped: what is stored is then there or not.
    ///
    /// [name]: crate::how_to#how-do-i-download-an-image-and-read-it-block-by-block
    pub async fn invalidate(&mut self, uri: &str) -> Result<(), S::Error> {
        let removed = self.store.invalidate(crate::pair::PairKey::new(uri)).await;
        self.pending.distrust |= removed.is_err();
        removed
    }

    /// Does a bounded piece of the store's housekeeping, at most one erase: call it between
    /// requests.
    ///
    /// # Errors
    /// Those of the store's medium.
    pub async fn idle(&mut self) -> Result<Maintained, S::Error> {
        self.pending.settle(&mut self.store).await;
        self.store.maintain().await
    }

    /// How the store is doing.
    pub async fn health(&mut self) -> Health {
        self.store.health().await
    }

    /// The options it follows.
    pub const fn options(&self) -> &CacheOptions {
        &self.options
    }

    /// The options it follows, to be changed between requests.
    pub const fn options_mut(&mut self) -> &mut CacheOptions {
        &mut self.options
    }

    /// The store.
    pub const fn store(&mut self) -> &mut S {
        &mut self.store
    }

    /// The origin.
    pub const fn origin(&mut self) -> &mut O {
        &mut self.origin
    }

    /// The clock.
    pub const fn clock(&self) -> &C {
        &self.clock
    }
}

/// What a dropped reply or download leaves to be done by the next request. There is no async `Drop`.
#[derive(Debug, Default)]
struct Pending {
    /// A pair that was being written.
    writing: Option<Writing>,
    /// A pair to be removed after use.
    forget: Option<PairId>,
    /// A pair that was pinned for a download.
    pinned: Option<Pin>,
    /// The store failed to remove what must not be used. By its contract nobody finds that again before
    /// a reboot; this client does not rely on it any more.
    distrust: bool,
    /// The store's generation when the origin was asked.
    generation: u32,
    /// What must not be used is being removed. If the future is dropped meanwhile, it may still be there.
    invalidating: bool,
}

impl Pending {
    async fn settle(&mut self, store: &mut impl PairStore) {
        self.distrust |= self.invalidating;
        self.settle_writing(store).await;
        self.settle_forget(store).await;
        if let Some(pin) = self.pinned {
            // The pair stays pinned until the store is mounted anew if this fails.
            let _ = store.unpin(pin).await;
            self.pinned = None;
        }
    }

    /// Stops writing. What is there of the body is kept if it is worth it: the pair's name then.
    async fn settle_writing(&mut self, store: &mut impl PairStore) -> Option<PairId> {
        let writing = self.writing?;
        // The writer has ended in any case.
        let kept = store.suspend(writing).await.ok().flatten();
        self.writing = None;
        kept
    }

    /// Gives up what is being written, for it is wrong.
    async fn abandon(&mut self, store: &mut impl PairStore) {
        if let Some(writing) = self.writing {
            // Given up in any case.
            let _ = store.abandon(writing).await;
            self.writing = None;
        }
    }

    async fn settle_forget(&mut self, store: &mut impl PairStore) {
        if let Some(id) = self.forget
            && store.remove(id).await.is_ok()
        {
            self.forget = None;
        }
    }
}
