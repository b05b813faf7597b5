//! The server: the cache of a device that serves HTTP itself, in front of its own handlers.
//!
//! A sensor node or a gateway answers the same few requests again and again, and each answer costs: a
//! measurement, a bus, a page put together. [`Server`] calls the [`Handler`] only where nothing stored may
//! answer, and answers preconditions and ranges for it. What it decides, and by which clause, is told at
//! [`IdleServer`](crate::state::IdleServer).
//!
//! ```
//! use core::fmt::Write;
//! use larder::client::{Call, Content};
//! use larder::head::{HeadError, HeadMut, Outgoing, RequestHead};
//! use larder::server::{Handler, Octets, Server};
//! use larder::store::{PairStore, RamStore};
//! use larder::time::Clock;
//!
//! struct Api;
//!
//! impl Handler for Api {
//!     type Body = Octets<64>;
//!     type Error = HeadError;
//!
//!     async fn handle<C: Content>(
//!         &mut self,
//!         request: &Outgoing<'_>,
//!         _content: Option<&mut C>,
//!         mut response: HeadMut<'_>,
//!     ) -> Result<Octets<64>, HeadError> {
//!         let mut body = Octets::new();
//!         match request.uri.strip_prefix("http://device/") {
//!             Some("temperature") => {
//!                 response.push("Cache-Control", b"max-age=10")?; // measure at most every ten seconds
//!                 let _ = write!(body, "{{\"celsius\":{}}}", measure().await);
//!             }
//!             _ => response.start_response(404),
//!         }
//!         Ok(body)
//!     }
//! }
//! # async fn measure() -> f32 { 21.5 }
//!
//! async fn answer(server: &mut Server<impl PairStore, Api, impl Clock>, request: RequestHead<'_>) {
//!     let mut reply = server.request(request).await;
//!     let _head = (reply.status(), reply.fields()); // to the client, then the body
//!     let mut buf = [0; 256];
//!     while let Ok(1..) = reply.read(&mut buf).await {}
//! }
//!
//! # async fn example(clock: impl Clock) {
//! let mut server: Server<_, _, _> = Server::new(RamStore::<64, 8>::new(), Api, clock);
//! answer(&mut server, RequestHead::get("http://device/temperature")).await;
//! # }
//! ```
//!
//! Read a reply to its end, of a 304 or a 206 too: what the handler makes is stored on the way.
//!
//! **URIs.** A request's target is made absolute under *one* authority of your choosing (`http://device`), not
//! under the `Host` that the client sent: each other name would be another resource, and fill the store.
//!
//! **Several tasks** each have a server of their own, over one store behind a lock, as clients have. With the feature
//! `collapsing` a handler is called once though several ask for the same thing at once.

mod handler;
mod octets;

pub use crate::rules::at_origin::{Current, may_change};
pub use handler::{Handled, Handler, HandlerError};
pub use octets::Octets;

#[cfg(feature = "collapsing")]
use crate::client::{AwaitedReply, Flights};
use crate::client::{Call, Client, Content, Reply, Report};
use crate::head::RequestHead;
use crate::options::CacheOptions;
use crate::store::{Health, Maintained, PairStore};
use crate::time::Clock;
use core::fmt;
use core::future::Future;
#[cfg(feature = "collapsing")]
use embassy_sync::blocking_mutex::raw::RawMutex;

/// The cache of a device that serves HTTP itself: a [`Client`] whose origin is the [`Handler`], deciding as
/// [`IdleServer`](crate::state::IdleServer) does.
///
/// It belongs to one task and answers one request at a time. `BYTES` and `FIELDS` are those of [`Client`].
pub struct Server<S, H: Handler, C, const BYTES: usize = 2048, const FIELDS: usize = 40> {
    client: Client<S, Handled<H>, C, BYTES, FIELDS>,
}

impl<S: PairStore, H: Handler, C: Clock, const BYTES: usize, const FIELDS: usize>
    Server<S, H, C, BYTES, FIELDS>
{
    /// A server over a store, a handler and a clock, with [`CacheOptions::SERVER`].
    pub const fn new(store: S, handler: H, clock: C) -> Self {
        Self::with_options(store, handler, clock, CacheOptions::SERVER)
    }

    /// A server with these options.
    pub const fn with_options(store: S, handler: H, clock: C, options: CacheOptions) -> Self {
        let mut client = Client::with_options(store, Handled::new(handler), clock, options);
        client.at_origin = true;
        Self { client }
    }

    /// Answers a request without content: from the store or by the handler, or with 500 if that fails.
    ///
    /// # Cancel safety
    /// May be dropped at any point, and the handler's future with it; the store is sound.
    pub fn request<'c>(
        &'c mut self,
        request: RequestHead<'c>,
    ) -> impl Future<Output = Reply<'c, S, Handled<H>>> {
        self.client.request(request)
    }

    /// Answers a request that has content or a deadline.
    ///
    /// # Cancel safety
    /// As [`request`](Self::request).
    pub fn call<'c, T: Content, D: Future<Output = ()>>(
        &'c mut self,
        call: Call<'c, T, D>,
    ) -> impl Future<Output = Reply<'c, S, Handled<H>>> {
        self.client.call(call)
    }

    /// As [`call`](Self::call), but if another server of the same store has the same request under way, waits
    /// for what its handler makes: see [`Client::collapsed`].
    ///
    /// # Cancel safety
    /// As [`request`](Self::request); if others wait for this one, one of them takes its place.
    #[cfg(feature = "collapsing")]
    pub async fn collapsed<
        'c,
        T: Content,
        D: Future<Output = ()>,
        M: RawMutex,
        const F: usize,
        const W: usize,
    >(
        &'c mut self,
        call: Call<'c, T, D>,
        flights: &'c Flights<M, F, W>,
    ) -> AwaitedReply<'c, S, Handled<H>> {
        self.client.collapsed(call, flights).await
    }

    /// Has the handler validate what was served stale, or make it anew: as [`Client::validate`].
    ///
    /// # Cancel safety
    /// As [`request`](Self::request).
    pub async fn validate(&mut self, request: RequestHead<'_>, buf: &mut [u8]) -> Report {
        self.client.validate(request, buf).await
    }

    /// Removes what is stored for this URI: the device itself has changed the resource. Requests that
    /// change it need no such call (§4.4).
    ///
    /// # Errors
    /// Those of the store's medium. What is stored is not used without validation then.
    pub async fn invalidate(&mut self, uri: &str) -> Result<(), S::Error> {
        self.client.invalidate(uri).await
    }

    /// As [`Client::idle`].
    ///
    /// # Errors
    /// Those of the store's medium.
    pub async fn idle(&mut self) -> Result<Maintained, S::Error> {
        self.client.idle().await
    }

    /// How the store is doing.
    pub async fn health(&mut self) -> Health {
        self.client.health().await
    }

    /// The options it follows, to be changed between requests.
    pub const fn options_mut(&mut self) -> &mut CacheOptions {
        self.client.options_mut()
    }

    /// The store.
    pub const fn store(&mut self) -> &mut S {
        self.client.store()
    }

    /// The handler.
    pub const fn handler(&mut self) -> &mut H {
        &mut self.client.origin().handler
    }

    /// The clock.
    pub const fn clock(&self) -> &C {
        self.client.clock()
    }
}

impl<S: fmt::Debug, H: Handler + fmt::Debug, C: fmt::Debug, const BYTES: usize, const FIELDS: usize>
    fmt::Debug for Server<S, H, C, BYTES, FIELDS>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("client", &self.client).finish()
    }
}
