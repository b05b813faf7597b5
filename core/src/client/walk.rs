//! One request's way through the states. Nothing is decided here; the states decide.
//!
//! The walk puts its end in the reply's [`Place`]. States are dropped before the next wait where that is
//! possible, and made again where it is cheap: what lives across an `await` costs RAM in every task. They
//! are too large to be moved about: each is made where it stays, and lent from there.

use super::apart::apart;
use super::asking::{Asking, Next};
use super::deadline::{self, Passed};
use super::reply::Place;
use super::storing::{StoringBody, gathered};
use super::{Content, Failure, Origin, Outcome, Pending, Report, Sending, Step, Storing};
use crate::fields::ResponseFacts;
use crate::head::{HeadBuf, RequestHead, ResponseHead};
use crate::pair::{PairId, PairKey, record};
use crate::rules::keys;
use crate::state::{
    Candidates, CouldNotBeStored, FromCache, GatewayTimeout, Hear, IdleClient, InvalidateEntries, Look,
    Selecting, Serving, StoreAndUse,
};
use crate::store::{Cursor, Found, PairStore, StoreError};
use crate::time::{Clock, Exchange, Observed};
use core::future::Future;
use core::pin::{Pin, pin};

/// A request under way.
pub(super) struct Walk<'w, S, O: Origin, C> {
    pub(super) store: &'w mut S,
    pub(super) origin: &'w mut O,
    pub(super) clock: &'w C,
    pub(super) pending: &'w mut Pending,
    pub(super) report: &'w mut Report,
    pub(super) failure: &'w mut Option<Failure<O::Error>>,
    /// What the body must hash to, if the caller knows.
    #[cfg(feature = "digest")]
    pub(super) expected: Option<&'w crate::fields::Digest>,
}

/// What is sent with the request, and how long one waits.
pub(super) struct Sent<'w, T, D> {
    pub(super) content: &'w mut Option<T>,
    pub(super) deadline: Pin<&'w mut D>,
    pub(super) interim: &'w mut dyn FnMut(&ResponseHead<'_>),
}

/// The client's buffers.
pub(super) struct Buffers<'c, const BYTES: usize, const FIELDS: usize> {
    pub(super) head: &'c mut HeadBuf<BYTES, FIELDS>,
    pub(super) record: &'c mut [u8; BYTES],
}

/// What came of asking the origin.
enum Asked {
    /// What follows the response is decided.
    Answered,
    /// It could not be reached.
    Nobody,
    /// A stored part, which is what answers, goes on with the response: its body is in its place.
    Continues,
}

impl<S: PairStore, O: Origin, C: Clock> Walk<'_, S, O, C> {
    pub(super) async fn run<'c, const BYTES: usize, const FIELDS: usize>(
        &mut self,
        idle: &IdleClient<'c>,
        request: &RequestHead<'c>,
        sent: &mut Sent<'_, impl Content, impl Future<Output = ()>>,
        buffers: Buffers<'c, BYTES, FIELDS>,
        scratch: &'c mut Candidates,
        place: &mut Place<'_, 'c>,
    ) {
        self.report.step(Step::IdleClient);
        let Buffers { head, record } = buffers;
        // Until the last response is in it.
        let mut head = Some(head);
        // What lies in `record`.
        let mut last = None;
        let mut next = Next::Selecting(Some(idle.select(*request, self.clock.now(), scratch)));
        loop {
            match &mut next {
                Next::Selecting(state) => {
                    let Some(state) = state else { return };
                    apart(pin!(self.look(state, record, &mut last))).await;
                    next.decided();
                    continue;
                }
                Next::PartialUpdate(state) => {
                    let Some(state) = state else { return };
                    last = None;
                    let combined = apart(pin!(self.combine(state, record))).await;
                    next.combined(combined);
                    continue;
                }
                Next::Asking(_) => {
                    let asked =
                        apart(pin!(self.ask(&mut next, sent, &mut head, record, &mut last, place))).await;
                    match asked {
                        Asked::Answered => {}
                        Asked::Nobody => next.unreachable(),
                        Asked::Continues => {
                            let (Next::FromCache(state), Some(found)) = (&next, last) else { return };
                            let Some(head) = head else { return };
                            return place.complete(state, found, record, head.as_mut());
                        }
                    }
                    // It is asked once.
                    head = None;
                    continue;
                }
                Next::FromCache(state) => {
                    if self.load(state.id(), &mut last, record).await
                        && let Some(found) = last
                    {
                        return self.serve(state, found, record, place);
                    }
                    next.lost(head.is_some());
                    continue;
                }
                // They are freshened, and the part is continued or lost.
                Next::NeedToBeUpdated(_) | Next::HeadUpdate(_) | Next::Combining(_) => {}
                Next::InvalidateEntries(state) => apart(pin!(self.invalidate(state, record))).await,
                Next::StoreAndUse(state) => {
                    return apart(pin!(self.store_and_use(state, record.len(), place))).await;
                }
                Next::CouldNotBeStored(state) => return self.hand_over(state, place),
                Next::GatewayTimeout(state) => return self.gateway_timeout(state, place),
            }
            next.go_on();
        }
    }

    /// Looks at what is stored for a request.
    async fn look(&mut self, selecting: &mut Selecting<'_>, record: &mut [u8], last: &mut Option<Found>) {
        if !selecting.wants_pairs() {
            return;
        }
        let key = PairKey::new(selecting.request().uri);
        let mut cursor = Cursor::new();
        while let Some(found) = self.find(key, &mut cursor, record).await {
            if self.offer(selecting, found, record).await {
                *last = Some(found);
            }
        }
        if !cursor.left_alone {
            *last = None;
        }
    }

    pub(super) async fn find(
        &mut self,
        key: PairKey<'_>,
        cursor: &mut Cursor,
        record: &mut [u8],
    ) -> Option<Found> {
        // What finding takes of the stack is not needed while a pair is looked at.
        let found = apart(pin!(self.store.find(key, cursor, record))).await;
        self.report.store_failed |= found.is_err();
        found.ok().flatten()
    }

    /// Loads a pair's record, unless the buffer holds it: `last` says whose it does. Whether there is one.
    pub(super) async fn load(&mut self, id: PairId, last: &mut Option<Found>, record: &mut [u8]) -> bool {
        if last.is_some_and(|found| found.id == id) {
            return true;
        }
        let found = self.store.head(id, record).await;
        self.report.store_failed |= found.is_err();
        *last = found.ok().flatten().filter(|found| found.view(record).is_some());
        last.is_some()
    }

    /// Sends a request and waits for the head of the response.
    async fn send<const BYTES: usize, const FIELDS: usize>(
        &mut self,
        asking: &Asking<'_>,
        sent: &mut Sent<'_, impl Content, impl Future<Output = ()>>,
        head: &mut HeadBuf<BYTES, FIELDS>,
    ) -> Option<Exchange> {
        self.pending.generation = self.store.generation().await;
        let request = asking.outgoing();
        let requested = self.clock.now();
        self.report.forward_status = None;
        let mut content = sent.content.take();
        let exchange = Sending { content: content.as_mut(), interim: &mut *sent.interim };
        let sending = self.origin.send(&request, exchange, head.as_mut());
        let failure = match deadline::before(sent.deadline.as_mut(), sending).await {
            Ok(Ok(())) => {
                let at = Exchange { requested, received: self.clock.now() };
                self.report.forward_status = Some(head.response().status);
                return Some(at);
            }
            Ok(Err(error)) => Failure::Origin(error),
            Err(Passed) => Failure::DeadlinePassed,
        };
        *self.failure = Some(failure);
        None
    }

    /// The last response has this status.
    fn ended(&mut self, asking: &Asking<'_>, status: u16) {
        if matches!(asking, Asking::Validation(_)) && status != 304 && status < 500 {
            self.report.outcome = Outcome::Changed;
        }
    }

    /// Sends requests until there is a response to go on with: it stays in `head` from then on.
    async fn ask<'c, const BYTES: usize, const FIELDS: usize>(
        &mut self,
        next: &mut Next<'c, 'c>,
        sent: &mut Sent<'_, impl Content, impl Future<Output = ()>>,
        head: &mut Option<&'c mut HeadBuf<BYTES, FIELDS>>,
        record: &mut [u8],
        last: &mut Option<Found>,
        place: &mut Place<'_, 'c>,
    ) -> Asked {
        loop {
            let (Next::Asking(asking), Some(buf)) = (&mut *next, head.as_deref_mut()) else {
                return Asked::Nobody;
            };
            if let Some(id) = asking.begin(self.report) {
                self.remove(id).await;
            }
            if let Asking::Miss(_) = asking {
                *last = None;
            }
            let Some(at) = apart(pin!(self.send(asking, sent, buf))).await else {
                return Asked::Nobody;
            };
            let clock = self.clock;
            let observe: Hear<'_> = &|uri, facts| observe(clock, uri, facts, &at);
            if asking.is_ended_by(buf.response().status) {
                self.ended(asking, buf.response().status);
                next.answered(head.take(), &at, observe);
                return Asked::Answered;
            }
            let look = asking.look(buf.response(), &at, observe);
            let (work, answer) = match &look {
                Look::Again(again) => {
                    *asking = Asking::Miss(*again);
                    continue;
                }
                Look::Continues(state) => {
                    let continued = apart(pin!(self.continue_part(state, &at, record, last, place))).await;
                    if next.continued(state, continued) {
                        self.report.step(Step::FromCache);
                        self.report.outcome = Outcome::Completed;
                        return Asked::Continues;
                    }
                    continue;
                }
                Look::Freshens(work, answer) => (work, *answer),
                Look::Ends => {
                    self.ended(asking, buf.response().status);
                    next.answered(head.take(), &at, &|_, _| {});
                    return Asked::Answered;
                }
            };
            self.report.step(Step::NeedToBeUpdated);
            apart(pin!(self.freshen(work, answer, last, record))).await;
            if last.is_some() || answer.is_none() {
                next.answered(head.take(), &at, &|_, _| {});
                return Asked::Answered;
            }
            asking.lose();
        }
    }

    #[cfg_attr(not(feature = "groups"), allow(unused_variables))]
    async fn invalidate(&mut self, state: &InvalidateEntries<'_>, record: &mut [u8]) {
        self.report.step(Step::InvalidateEntries);
        self.pending.invalidating = true;
        #[cfg(feature = "groups")]
        self.invalidate_groups(state.groups()).await;
        for key in state.keys() {
            #[cfg(feature = "groups")]
            if !state.request().method.is_safe() {
                self.invalidate_groups_under(key, record).await;
            }
            if self.store.invalidate(key).await.is_err() {
                self.distrust();
            }
        }
        for id in state.ids() {
            self.remove(id).await;
        }
        // What it invalidates itself does not keep its own response from being stored.
        self.pending.generation = self.store.generation().await;
        self.pending.invalidating = false;
    }

    async fn store_and_use<'c>(
        &mut self,
        state: &StoreAndUse<'c>,
        record_max: usize,
        place: &mut Place<'_, 'c>,
    ) {
        self.report.step(Step::StoreAndUse);
        let mut pair = state.pair();
        pair.generation = Some(self.pending.generation);
        let created = match record::encoded_len(&pair) {
            // It would never be found.
            len if len.is_none_or(|len| len > record_max) => Err(StoreError::HeadTooLarge),
            _ => self.store.create(&pair).await,
        };
        let storing = match created {
            Ok(writing) => {
                self.pending.writing = Some(writing);
                self.report.storing = Storing::Underway;
                let replaces = gathered(state.replaces());
                let (length, is_whole) = (state.length(), state.is_whole());
                Some(StoringBody { writing, length, is_whole, replaces })
            }
            Err(error) => {
                self.failed(&error);
                // What it stands for is not what the origin has any more, whether there is room for this or not.
                // One at a time is enough: no more than one is added.
                self.pending.forget = state.replaces().next();
                None
            }
        };
        place.hand_over(state.arrived(), state.options(), storing);
    }

    fn hand_over<'c>(&mut self, state: &CouldNotBeStored<'c>, place: &mut Place<'_, 'c>) {
        self.report.step(Step::CouldNotBeStored);
        self.report.storing = Storing::No(state.reason());
        place.hand_over(state.arrived(), state.options(), None);
    }

    fn gateway_timeout(&mut self, state: &GatewayTimeout<'_>, place: &mut Place<'_, '_>) {
        self.report.step(Step::GatewayTimeout);
        self.report.outcome = Outcome::GatewayTimeout;
        self.report.forwarded.get_or_insert(state.reason());
        *place.status = state.status();
    }

    /// A stored response answers; `record` holds its record.
    fn serve<'c>(
        &mut self,
        state: &FromCache<'c>,
        found: Found,
        record: &'c [u8],
        place: &mut Place<'_, 'c>,
    ) {
        self.report.step(Step::FromCache);
        self.report.outcome = match state.serving() {
            Serving::Fresh => Outcome::Hit,
            Serving::Validated => Outcome::Revalidated,
            Serving::Completed => Outcome::Completed,
            Serving::Stale | Serving::StaleWhileRevalidate => Outcome::Stale,
            Serving::StaleOnError => Outcome::StaleOnError,
        };
        self.report.validation_due = state.serving() == Serving::StaleWhileRevalidate;
        if state.forget() {
            self.pending.forget = Some(state.id());
        }
        place.serve(state, found, record);
    }
}

/// Tells the clock what a response from `uri` says of the time.
fn observe(clock: &impl Clock, uri: &str, facts: &ResponseFacts<'_>, at: &Exchange) {
    if let Some((origin, date)) = keys::origin(uri).zip(facts.date.date()) {
        let received = at.received.uptime;
        clock.observe(Observed { origin, date, age: facts.age, received });
    }
}
