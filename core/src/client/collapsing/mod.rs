//! Collapsing: of several requests for the same thing at once, one asks the origin (RFC 9111 §4).
//!
//! The others wait, and look again when its answer is stored: each of them gets it only if it may be used for
//! it like any stored response, by key, `Vary`, `Authorization`, `private` and its own directives. Else it goes
//! to the origin by itself, at once and without waiting again. An answer that is not going to be stored lets
//! them go as soon as its head is there.
//!
//! ```
//! # async fn example<S: larder::PairStore, O: larder::Origin, C: larder::time::Clock>(
//! #     client: &mut larder::Client<S, O, C>,
//! # ) {
//! use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
//! use larder::client::{Call, Flights};
//! use larder::head::RequestHead;
//!
//! // For all clients of one store: two requests that others wait for, and four that wait.
//! static FLIGHTS: Flights<CriticalSectionRawMutex, 2, 4> = Flights::new();
//!
//! let call = Call::new(RequestHead::get("http://api.example/v1/weather"));
//! let mut reply = client.collapsed(call, &FLIGHTS).await;
//! let mut body = [0; 1024];
//! let _length = reply.read_to_end(&mut body).await;
//! # }
//! ```

mod reply;
mod table;

pub use reply::AwaitedReply;

use super::asking::{Asking, Next};
use super::walk::Walk;
use super::{Call, Client, Content, Origin, Report, Storing, deadline};
use crate::fields::Lifetime;
use crate::head::{Method, RequestHead};
use crate::pair::PairKey;
use crate::reason::Reason;
use crate::state::IdleClient;
use crate::store::{Cursor, PairStore};
use crate::time::{Clock, DeltaSeconds};
use core::cell::RefCell;
use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::{Poll, Waker};
use embassy_sync::blocking_mutex::Mutex;
use embassy_sync::blocking_mutex::raw::RawMutex;
use table::{FlightId, Joined, Table, Told, WaiterId};

/// The requests under way of all clients that share a store: at most `FLIGHTS` that others may wait for, and at
/// most `WAITERS` that wait. What has no room goes to the origin by itself.
///
/// Every call that is given it takes part ([`Client::collapsed`]). Dropping a future or a reply at any point is
/// safe: if the one that asks the origin goes, one that waits takes its place. On a 32-bit device it takes 8 octets
/// a flight and 20 a waiter.
///
/// Others wait until a reply is read to its end, or dropped. A task that keeps one unread and asks for the same
/// thing by another client waits for itself; a deadline ends that.
pub struct Flights<M: RawMutex, const FLIGHTS: usize, const WAITERS: usize> {
    table: Mutex<M, RefCell<Table<FLIGHTS, WAITERS>>>,
    body_max: u64,
}

impl<M: RawMutex, const FLIGHTS: usize, const WAITERS: usize> Flights<M, FLIGHTS, WAITERS> {
    /// Nobody asks for anything. Bodies up to 64 KiB are waited for.
    pub const fn new() -> Self {
        Self { table: Mutex::new(RefCell::new(Table::new())), body_max: 64 * 1024 }
    }

    /// The same; others wait for a body of at most so many octets. The body is read at the pace of whoever asked
    /// first; of a longer one they do not wait for the end, but go by themselves.
    pub const fn waiting_for_up_to(mut self, octets: u64) -> Self {
        self.body_max = octets;
        self
    }

    /// Whoever was told something is woken with the table unlocked: a waker may drop a task, and that its ticket.
    fn change<T>(&self, change: impl FnOnce(&mut Table<FLIGHTS, WAITERS>) -> T) -> T {
        let result = self.table.lock(|table| change(&mut table.borrow_mut()));
        while let Some(waker) = self.table.lock(|table| table.borrow_mut().next_woken()) {
            waker.wake();
        }
        result
    }
}

impl<M: RawMutex, const FLIGHTS: usize, const WAITERS: usize> Default for Flights<M, FLIGHTS, WAITERS> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: RawMutex, const FLIGHTS: usize, const WAITERS: usize> fmt::Debug for Flights<M, FLIGHTS, WAITERS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flights").field("body_max", &self.body_max).finish_non_exhaustive()
    }
}

/// [`Flights`] of any size.
trait Board {
    fn join(&self, key: u32) -> Joined;
    fn poll(&self, waiter: WaiterId, waker: &Waker) -> Poll<Told>;
    fn leave(&self, waiter: WaiterId);
    fn done(&self, flight: FlightId);
    fn hand_over(&self, flight: FlightId);
    fn body_max(&self) -> u64;
}

impl<M: RawMutex, const FLIGHTS: usize, const WAITERS: usize> Board for Flights<M, FLIGHTS, WAITERS> {
    fn join(&self, key: u32) -> Joined {
        self.change(|table| table.join(key))
    }

    fn poll(&self, waiter: WaiterId, waker: &Waker) -> Poll<Told> {
        self.change(|table| table.poll(waiter, waker.clone())).0
    }

    fn leave(&self, waiter: WaiterId) {
        drop(self.change(|table| table.leave(waiter)));
    }

    fn done(&self, flight: FlightId) {
        self.change(|table| table.done(flight));
    }

    fn hand_over(&self, flight: FlightId) {
        self.change(|table| table.hand_over(flight));
    }

    fn body_max(&self) -> u64 {
        self.body_max
    }
}

/// Held by the request that leads. Dropped, it hands over to one that waits.
struct Ticket<'c> {
    board: &'c dyn Board,
    flight: Option<FlightId>,
}

impl Ticket<'_> {
    /// There is an answer, or there will be none: all that wait look for themselves.
    fn done(mut self) {
        if let Some(flight) = self.flight.take() {
            self.board.done(flight);
        }
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        if let Some(flight) = self.flight.take() {
            self.board.hand_over(flight);
        }
    }
}

/// Held by a request that waits.
struct Place<'c> {
    board: &'c dyn Board,
    waiter: Option<WaiterId>,
}

impl<'c> Place<'c> {
    async fn wait(mut self) -> Option<Ticket<'c>> {
        let told = poll_fn(|context| match self.waiter {
            Some(waiter) => self.board.poll(waiter, context.waker()),
            None => Poll::Ready(Told::Look),
        })
        .await;
        self.waiter = None;
        match told {
            Told::Look => None,
            Told::Lead(flight) => Some(Ticket { board: self.board, flight: Some(flight) }),
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(waiter) = self.waiter.take() {
            self.board.leave(waiter);
        }
    }
}

/// How a request takes part.
#[derive(Default)]
struct Boarding<'c> {
    /// It leads.
    ticket: Option<Ticket<'c>>,
    /// It waited for another one: why nothing that was stored before answered.
    waited: Option<Reason>,
}

impl<S: PairStore, O: Origin, C: Clock, const BYTES: usize, const FIELDS: usize>
    Client<S, O, C, BYTES, FIELDS>
{
    /// As [`call`](Self::call), but if another client of the same store has the same request under way, waits
    /// for its answer, at most until the deadline. [`Report::collapsed`] says what came of it.
    ///
    /// # Cancel safety
    /// As [`request`](Self::request); if others wait for this one, one of them takes its place.
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
    ) -> AwaitedReply<'c, S, O> {
        self.collapse(call, flights, false).await
    }

    /// As [`validate`](Self::validate): of several clients that have served the same stale response, one
    /// validates it.
    ///
    /// # Cancel safety
    /// As [`collapsed`](Self::collapsed).
    pub async fn validate_collapsed<M: RawMutex, const F: usize, const W: usize>(
        &mut self,
        request: RequestHead<'_>,
        flights: &Flights<M, F, W>,
        buf: &mut [u8],
    ) -> Report {
        let mut reply = self.collapse(Call::new(request), flights, true).await;
        // What came from the store was served already.
        if reply.report().from_store == 0 && reply.report().storing == Storing::Underway {
            while let Ok(1..) = reply.read(buf).await {}
        }
        reply.report().clone()
    }

    async fn collapse<'c, T: Content, D: Future<Output = ()>>(
        &'c mut self,
        call: Call<'c, T, D>,
        board: &'c dyn Board,
        validating: bool,
    ) -> AwaitedReply<'c, S, O> {
        let (deadline, call) = call.apart();
        let mut deadline = pin!(deadline);
        let mut deadline = pin!(deadline::lasting(deadline.as_mut()));
        let boarding = match call.content {
            None => self.board(board, call.request, deadline.as_mut(), validating).await,
            Some(_) => Boarding::default(),
        };
        let reply = self.walk(call.until(deadline), validating).await;
        AwaitedReply::new(reply, boarding)
    }

    /// Before the request is decided: leads, waits until it may be decided, or does neither.
    async fn board<'c>(
        &mut self,
        board: &'c dyn Board,
        request: RequestHead<'_>,
        deadline: Pin<&mut impl Future<Output = ()>>,
        validating: bool,
    ) -> Boarding<'c> {
        let idle = IdleClient::new(&self.options);
        #[cfg(feature = "server")]
        let idle = if self.at_origin { idle.at_origin() } else { idle };
        if !may_collapse(&request, idle) {
            return Boarding::default();
        }
        let waiter = match board.join(PairKey::new(request.uri).fingerprint(0)) {
            Joined::Leads(flight) => {
                let ticket = Some(Ticket { board, flight: Some(flight) });
                return Boarding { ticket, waited: None };
            }
            Joined::Waits(waiter) => waiter,
            Joined::Alone => return Boarding::default(),
        };
        let place = Place { board, waiter: Some(waiter) };
        let Some(reason) = self.forwarded(request, validating).await else {
            return Boarding::default();
        };
        // If the deadline passes, it has passed for the origin, too.
        let waited = deadline::before(deadline, place.wait()).await;
        Boarding { ticket: waited.ok().flatten(), waited: Some(reason) }
    }

    /// Why the request would go to the origin by what is stored now; `None` if it would not.
    async fn forwarded(&mut self, request: RequestHead<'_>, validating: bool) -> Option<Reason> {
        self.pending.settle(&mut self.store).await;
        let Self { store, origin, clock, options, pending, record, scratch, .. } = self;
        let mut idle = IdleClient::new(options);
        if validating {
            idle = idle.validating();
        }
        if pending.distrust {
            idle = idle.distrusting();
        }
        #[cfg(feature = "server")]
        if self.at_origin {
            idle = idle.at_origin();
        }
        let (mut report, mut failure) = (Report::default(), None);
        let mut walk = Walk {
            store,
            origin,
            clock,
            pending,
            report: &mut report,
            failure: &mut failure,
            #[cfg(feature = "digest")]
            expected: None,
        };
        let mut selecting = idle.select(request, walk.clock.now(), scratch);
        if selecting.wants_pairs() {
            let mut cursor = Cursor::new();
            while let Some(found) = walk.find(PairKey::new(request.uri), &mut cursor, record).await {
                walk.offer(&mut selecting, found, record).await;
            }
        }
        match selecting.go_on() {
            Next::Asking(Asking::Miss(state)) => Some(state.reason()),
            Next::Asking(Asking::Validation(state)) => Some(state.reason()),
            _ => None,
        }
    }
}

/// Whether what another request brings may answer this one, and the other way round: a GET for the whole that
/// neither forbids to store nor asks for a validation of its own, and in a shared cache is nobody's in
/// particular.
fn may_collapse(request: &RequestHead<'_>, idle: IdleClient<'_>) -> bool {
    let asked = idle.asked(request);
    let directives = &asked.directives;
    let stands_alone = directives.no_cache()
        || directives.no_store()
        || directives.only_if_cached()
        || matches!(directives.max_age, Lifetime::Invalid | Lifetime::Seconds(DeltaSeconds::ZERO))
        || (asked.pragma_no_cache && idle.options().honour_pragma)
        || (asked.has_if_match && !asked.at_origin())
        || (asked.has_authorization && idle.options().shared)
        || (asked.has_range && (!asked.at_origin() || idle.options().store_partial));
    request.method == Method::Get && !stands_alone
}
