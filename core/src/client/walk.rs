//! One request's way through the states. Nothing is decided here; the states decide.

use super::deadline::{self, Passed};
use super::reply::{Body, Head, StoringBody};
use super::{Call, Content, Failure, Origin, Outcome, Pending, Reply, Report, Sending, Step, Storing};
use crate::fields::ResponseFacts;
use crate::head::{HeadBuf, Outgoing, ResponseHead};
use crate::pair::{PairId, PairKey};
use crate::rules::keys;
use crate::state::{
    CacheMiss, Candidates, CouldNotBeStored, End, FromCache, GatewayTimeout, IdleClient, IdleNext,
    InvalidateEntries, MissNext, NeedRevalidation, NeedToBeUpdated, RevalidationNext, Serving, StoreAndUse,
    Unreachable,
};
use crate::store::{Cursor, Found, PairStore, StoreError};
use crate::time::{Clock, Exchange, Observed};
use core::future::Future;
use core::pin::{Pin, pin};

/// A request under way.
pub(super) struct Walk<'c, S, O: Origin, C> {
    pub(super) store: &'c mut S,
    pub(super) origin: &'c mut O,
    pub(super) clock: &'c C,
    pub(super) pending: &'c mut Pending,
    pub(super) report: Report,
    pub(super) failure: Option<Failure<O::Error>>,
}

/// What is sent with the request, and how long one waits.
struct Sent<'d, 'i, T, D> {
    content: Option<T>,
    deadline: Pin<&'d mut D>,
    interim: &'i mut dyn FnMut(&ResponseHead<'_>),
}

impl<'c, S: PairStore, O: Origin, C: Clock> Walk<'c, S, O, C> {
    pub(super) async fn run<const BYTES: usize, const FIELDS: usize>(
        mut self,
        idle: IdleClient<'c>,
        call: Call<'c, impl Content, impl Future<Output = ()>>,
        head: &'c mut HeadBuf<BYTES, FIELDS>,
        record: &'c mut [u8; BYTES],
        scratch: &'c mut Candidates,
    ) -> Reply<'c, S, O> {
        let Call { request, content, deadline, interim } = call;
        let mut nobody = |_: &ResponseHead<'_>| {};
        let mut sent = Sent { content, deadline: pin!(deadline), interim: interim.unwrap_or(&mut nobody) };
        self.report.step(Step::IdleClient);
        let mut selecting = idle.select(request, self.clock.now(), scratch);
        let mut last = None;
        if selecting.wants_pairs() {
            last = self.offer_all(PairKey::new(request.uri), record, |pair| selecting.offer(pair)).await;
        }
        match selecting.finish() {
            IdleNext::FromCache(state) => match self.load(state.id(), last, record).await {
                Some(found) => self.serve(state, found, record),
                None => self.miss(state.lost(), &mut sent, head, record).await,
            },
            IdleNext::GatewayTimeout(state) => self.gateway_timeout(&state),
            IdleNext::CacheMiss(miss) => self.miss(miss, &mut sent, head, record).await,
            IdleNext::NeedRevalidation(need) => self.revalidate(need, &mut sent, head, record, last).await,
        }
    }

    /// Offers every pair under `key`. Answers the last one, whose record is still in the buffer.
    async fn offer_all(
        &mut self,
        key: PairKey<'_>,
        record: &mut [u8],
        mut offer: impl FnMut(&crate::pair::StoredPair<'_>),
    ) -> Option<Found> {
        let mut cursor = Cursor::new();
        let mut last = None;
        loop {
            match self.store.find(key, &mut cursor, record).await {
                Ok(Some(found)) => {
                    if let Some(pair) = found.view(record) {
                        offer(&pair);
                    }
                    last = Some(found);
                }
                Ok(None) => return last,
                Err(_) => {
                    self.report.store_failed = true;
                    return None;
                }
            }
        }
    }

    /// Sends a request and waits for the head of the response.
    async fn send<const BYTES: usize, const FIELDS: usize>(
        &mut self,
        request: &Outgoing<'_>,
        sent: &mut Sent<'_, '_, impl Content, impl Future<Output = ()>>,
        head: &mut HeadBuf<BYTES, FIELDS>,
    ) -> Option<Exchange> {
        let requested = self.clock.now();
        let mut content = sent.content.take();
        let exchange = Sending { content: content.as_mut(), interim: &mut *sent.interim };
        let sending = self.origin.send(request, exchange, head.as_mut());
        match deadline::before(sent.deadline.as_mut(), sending).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                self.failure = Some(Failure::Origin(error));
                return None;
            }
            Err(Passed) => {
                self.failure = Some(Failure::DeadlinePassed);
                return None;
            }
        }
        let at = Exchange { requested, received: self.clock.now() };
        self.observe(request.uri, &head.response(), at);
        Some(at)
    }

    /// Tells the clock what the response says of the time.
    fn observe(&self, uri: &str, response: &ResponseHead<'_>, at: Exchange) {
        let facts = ResponseFacts::of(response.fields, at.received.utc);
        if let Some((origin, date)) = keys::origin(uri).zip(facts.date.date()) {
            let received = at.received.uptime;
            self.clock.observe(Observed { origin, date, age: facts.age, received });
        }
    }

    async fn miss<const BYTES: usize, const FIELDS: usize>(
        mut self,
        miss: CacheMiss<'c>,
        sent: &mut Sent<'_, '_, impl Content, impl Future<Output = ()>>,
        head: &'c mut HeadBuf<BYTES, FIELDS>,
        record: &mut [u8; BYTES],
    ) -> Reply<'c, S, O> {
        self.report.step(Step::CacheMiss);
        self.report.forwarded.get_or_insert(miss.reason());
        let Some(at) = self.send(&miss.outgoing(), sent, head).await else {
            return self.gateway_timeout(&miss.unreachable());
        };
        match miss.next(head.response(), at) {
            MissNext::StoreAndUse(state) => self.store_and_use(&state).await,
            MissNext::CouldNotBeStored(state) => self.hand_over(&state),
            MissNext::InvalidateEntries(state) => self.invalidate(state).await,
            MissNext::NeedToBeUpdated(state) => self.head_update(state, record).await,
        }
    }

    async fn revalidate<const BYTES: usize, const FIELDS: usize>(
        mut self,
        need: NeedRevalidation<'c>,
        sent: &mut Sent<'_, '_, impl Content, impl Future<Output = ()>>,
        head: &'c mut HeadBuf<BYTES, FIELDS>,
        record: &'c mut [u8; BYTES],
        mut last: Option<Found>,
    ) -> Reply<'c, S, O> {
        self.report.step(Step::NeedRevalidation);
        self.report.forwarded = Some(need.reason());
        let Some(at) = self.send(&need.outgoing(), sent, head).await else {
            return match need.unreachable() {
                Unreachable::FromCache(state) => self.serve_stale(state, last, record).await,
                Unreachable::GatewayTimeout(state) => self.gateway_timeout(&state),
            };
        };
        // A first look, which does not keep the response: its buffer may be needed again.
        match need.next(head.response(), at) {
            RevalidationNext::CacheMiss(miss) => return self.miss(miss, sent, head, record).await,
            RevalidationNext::NeedToBeUpdated(state) => {
                let answer = state.next().id();
                let others = state.ids().filter(|id| *id != answer);
                last = self.freshen(&state, others, last, record).await;
                last = self.load(answer, last, record).await;
                if last.is_none() {
                    return self.miss(need.lost(), sent, head, record).await;
                }
            }
            _ => {}
        }
        self.report.outcome = Outcome::Changed;
        match need.next(head.response(), at) {
            RevalidationNext::NeedToBeUpdated(state) => {
                self.report.step(Step::NeedToBeUpdated);
                let answer = state.ids().filter(|id| *id == state.next().id());
                last = self.freshen(&state, answer, last, record).await;
                self.serve_stale(state.next(), last, record).await
            }
            RevalidationNext::HeadUpdate(state) => self.head_update(state, record).await,
            RevalidationNext::StoreAndUse(state) => self.store_and_use(&state).await,
            RevalidationNext::CouldNotBeStored(state) => self.hand_over(&state),
            RevalidationNext::InvalidateEntries(state) => self.invalidate(state).await,
            RevalidationNext::FromCache(state) => self.serve_stale(state, last, record).await,
            RevalidationNext::CacheMiss(miss) => self.gateway_timeout(&miss.unreachable()),
        }
    }

    /// Writes the freshened heads of `ids`. Answers whose old record the buffer holds at last.
    async fn freshen<Then: Copy>(
        &mut self,
        state: &NeedToBeUpdated<'_, Then>,
        ids: impl Iterator<Item = PairId>,
        mut last: Option<Found>,
        record: &mut [u8],
    ) -> Option<Found> {
        if state.forget() {
            return last;
        }
        for id in ids {
            last = self.load(id, last, record).await;
            let Some(pair) = last.as_ref().and_then(|found| found.view(record)) else {
                continue;
            };
            if let Err(error) = self.store.update(id, &state.freshened(&pair)).await {
                // The old head stays and is validated again next time.
                self.report.storing = Storing::No(error.reason());
                self.report.store_failed |= matches!(error, StoreError::Medium(_));
            }
        }
        last
    }

    async fn head_update(
        mut self,
        state: NeedToBeUpdated<'c, InvalidateEntries<'c, End<'c>>>,
        record: &mut [u8],
    ) -> Reply<'c, S, O> {
        self.report.step(Step::NeedToBeUpdated);
        self.freshen(&state, state.ids(), None, record).await;
        if state.forget() {
            for id in state.ids() {
                self.remove(id).await;
            }
        }
        self.invalidate(state.next()).await
    }

    async fn invalidate(mut self, state: InvalidateEntries<'c, End<'c>>) -> Reply<'c, S, O> {
        self.report.step(Step::InvalidateEntries);
        for key in state.keys() {
            self.report.store_failed |= self.store.invalidate(key).await.is_err();
        }
        for id in state.ids() {
            self.remove(id).await;
        }
        match state.next() {
            End::StoreAndUse(state) => self.store_and_use(&state).await,
            End::CouldNotBeStored(state) => self.hand_over(&state),
        }
    }

    async fn remove(&mut self, id: PairId) {
        self.report.store_failed |= self.store.remove(id).await.is_err();
    }

    async fn store_and_use(mut self, state: &StoreAndUse<'c>) -> Reply<'c, S, O> {
        self.report.step(Step::StoreAndUse);
        let mut replaces = heapless::Vec::new();
        replaces.extend(state.replaces());
        let pair = state.pair();
        let (length, status) = (pair.length, pair.status);
        let storing = match self.store.create(&pair).await {
            Ok(writing) => {
                self.pending.writing = Some(writing);
                self.report.storing = Storing::Underway;
                Some(StoringBody { writing, length, replaces })
            }
            Err(error) => {
                self.report.storing = Storing::No(error.reason());
                self.report.store_failed |= matches!(error, StoreError::Medium(_));
                None
            }
        };
        let head = Head::Origin(state.response().fields, state.made_date());
        let mut reply = self.reply(status, head, Body::Origin { received: 0, storing });
        if length == Some(0) {
            reply.commit().await;
        }
        reply
    }

    fn hand_over(mut self, state: &CouldNotBeStored<'c>) -> Reply<'c, S, O> {
        self.report.step(Step::CouldNotBeStored);
        self.report.storing = Storing::No(state.reason());
        let head = Head::Origin(state.response().fields, state.made_date());
        self.reply(state.response().status, head, Body::Origin { received: 0, storing: None })
    }

    fn gateway_timeout(mut self, state: &GatewayTimeout<'c>) -> Reply<'c, S, O> {
        self.report.step(Step::GatewayTimeout);
        self.report.outcome = Outcome::GatewayTimeout;
        self.report.forwarded.get_or_insert(state.reason());
        self.reply(state.status(), Head::None, Body::None)
    }

    /// A stored response answers in place of the origin, which has answered or failed already.
    async fn serve_stale(
        mut self,
        state: FromCache<'c>,
        last: Option<Found>,
        record: &'c mut [u8],
    ) -> Reply<'c, S, O> {
        match self.load(state.id(), last, record).await {
            Some(found) => self.serve(state, found, record),
            None => self.gateway_timeout(&state.lost().unreachable()),
        }
    }

    /// A stored response answers; `record` holds its record.
    fn serve(mut self, state: FromCache<'c>, found: Found, record: &'c [u8]) -> Reply<'c, S, O> {
        let stored = found.view(record).map_or(0, |pair| pair.response.status);
        self.report.step(Step::FromCache);
        self.report.outcome = match state.serving() {
            Serving::Fresh => Outcome::Hit,
            Serving::Validated => Outcome::Revalidated,
            Serving::Stale | Serving::StaleWhileRevalidate => Outcome::Stale,
            Serving::StaleOnError => Outcome::StaleOnError,
        };
        self.report.validation_due = state.serving() == Serving::StaleWhileRevalidate;
        if state.forget() {
            self.pending.forget = Some(state.id());
        }
        let body = match state.content() {
            Some((offset, length)) => {
                let left = length.unwrap_or(found.body.held.saturating_sub(offset));
                Body::Stored { id: state.id(), offset, left }
            }
            None => Body::None,
        };
        self.reply(state.status(stored), Head::Stored { state, found, record }, body)
    }

    /// Loads a pair's record, unless the buffer holds it.
    async fn load(&mut self, id: PairId, last: Option<Found>, record: &mut [u8]) -> Option<Found> {
        if last.is_some_and(|found| found.id == id) {
            return last;
        }
        let found = self.store.head(id, record).await.unwrap_or_else(|_| {
            self.report.store_failed = true;
            None
        });
        found.filter(|found| found.view(record).is_some())
    }

    fn reply(self, status: u16, head: Head<'c>, body: Body) -> Reply<'c, S, O> {
        let Self { store, origin, pending, report, failure, .. } = self;
        Reply { store, origin, pending, status, head, body, report, failure }
    }
}
