//! One request's way through the states. Nothing is decided here; the states decide.
//!
//! The walk ends with an [`Ending`], of which the client makes a reply. States are dropped before
//! the next wait where that is possible, and made again where it is cheap: what lives across an
//! `await` costs RAM in every task.

use super::asking::{Answered, Asking};
use super::completing::Completing;
use super::deadline::{self, Passed};
use super::storing::{StoringBody, gathered};
use super::{Content, Failure, Origin, Outcome, Pending, Report, Sending, Step, Storing};
use crate::fields::ResponseFacts;
use crate::head::{HeadBuf, Outgoing, RequestHead, ResponseHead};
use crate::options::CacheOptions;
use crate::pair::{PairId, PairKey, record};
use crate::rules::keys;
use crate::state::{
    Arrived, Candidates, CouldNotBeStored, FromCache, GatewayTimeout, IdleClient, InvalidateEntries, Serving,
    StoreAndUse, UpdateNext,
};
use crate::store::{Cursor, Found, PairStore, StoreError};
use crate::time::{Clock, Exchange, Observed};
use core::future::Future;
use core::ops::ControlFlow;
use core::pin::Pin;

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
    pub(super) content: Option<T>,
    pub(super) deadline: Pin<&'w mut D>,
    pub(super) interim: &'w mut dyn FnMut(&ResponseHead<'_>),
}

/// The client's buffers.
pub(super) struct Buffers<'c, const BYTES: usize, const FIELDS: usize> {
    pub(super) head: &'c mut HeadBuf<BYTES, FIELDS>,
    pub(super) record: &'c mut [u8; BYTES],
}

/// How a walk ends.
pub(super) enum Ending<'c> {
    /// A stored response answers; the buffer holds its record.
    Stored(FromCache<'c>, Found, &'c [u8]),
    /// A stored response answers, and the origin has what is missing; the buffer holds its record.
    Completing(FromCache<'c>, Found, &'c [u8], Completing<'c>),
    /// The origin answers.
    Origin { options: &'c CacheOptions, arrived: Arrived<'c>, storing: Option<StoringBody> },
    /// Nobody answers: 504, or 500 at the origin itself.
    Nobody { status: u16 },
}

/// What came of asking the origin.
enum Asked<'c> {
    /// A response to go on with.
    Response(Exchange),
    /// It could not be reached.
    Nobody,
    /// A stored part goes on with the response.
    Continues(FromCache<'c>, Found, Completing<'static>),
}

impl<S: PairStore, O: Origin, C: Clock> Walk<'_, S, O, C> {
    pub(super) async fn run<'c, const BYTES: usize, const FIELDS: usize>(
        &mut self,
        idle: IdleClient<'c>,
        request: RequestHead<'c>,
        sent: &mut Sent<'_, impl Content, impl Future<Output = ()>>,
        buffers: Buffers<'c, BYTES, FIELDS>,
        scratch: &'c mut Candidates,
    ) -> Ending<'c> {
        self.report.step(Step::IdleClient);
        let mut last = None;
        let mut selecting = idle.select(request, self.clock.now(), scratch);
        if selecting.wants_pairs() {
            let key = PairKey::new(request.uri);
            let mut cursor = Cursor::new();
            while let Some(found) = self.find(key, &mut cursor, buffers.record).await {
                if self.offer(&mut selecting, found, buffers.record).await {
                    last = Some(found);
                }
            }
            if !cursor.left_alone {
                last = None;
            }
        }
        let decided = match selecting.finish().decided() {
            ControlFlow::Break(next) => next,
            ControlFlow::Continue(state) => {
                last = None;
                let combined = self.combine(&state, buffers.record).await;
                state.next(combined)
            }
        };
        let mut asking = match decided {
            UpdateNext::FromCache(state) => match self.load(state.id(), last, buffers.record).await {
                Some(found) => return self.serve(state, found, buffers.record),
                None => Asking::Miss(state.lost()),
            },
            UpdateNext::GatewayTimeout(state) => return self.gateway_timeout(&state),
            UpdateNext::CacheMiss(miss) => Asking::Miss(miss),
            UpdateNext::NeedRevalidation(need) => Asking::Validation(need),
        };
        if let Asking::Miss(_) = asking {
            last = None;
        }
        let Buffers { head, record } = buffers;
        let mut next = match self.ask(&mut asking, sent, head, record, &mut last).await {
            Asked::Response(at) => asking.answered(head.response(), at),
            Asked::Nobody => asking.unreachable(),
            Asked::Continues(state, found, completing) => {
                return Ending::Completing(state, found, record, completing.with_head(head.as_mut()));
            }
        };
        self.conclude(&mut next, last, record).await
    }

    pub(super) async fn find(
        &mut self,
        key: PairKey<'_>,
        cursor: &mut Cursor,
        record: &mut [u8],
    ) -> Option<Found> {
        let found = self.store.find(key, cursor, record).await;
        self.report.store_failed |= found.is_err();
        found.ok().flatten()
    }

    /// Loads a pair's record, unless the buffer holds it.
    pub(super) async fn load(&mut self, id: PairId, last: Option<Found>, record: &mut [u8]) -> Option<Found> {
        if last.is_some_and(|found| found.id == id) {
            return last;
        }
        let found = self.store.head(id, record).await;
        self.report.store_failed |= found.is_err();
        found.ok().flatten().filter(|found| found.view(record).is_some())
    }

    /// Sends a request and waits for the head of the response.
    async fn send<const BYTES: usize, const FIELDS: usize>(
        &mut self,
        request: &Outgoing<'_>,
        sent: &mut Sent<'_, impl Content, impl Future<Output = ()>>,
        head: &mut HeadBuf<BYTES, FIELDS>,
    ) -> Option<Exchange> {
        let requested = self.clock.now();
        self.report.forward_status = None;
        let mut content = sent.content.take();
        let exchange = Sending { content: content.as_mut(), interim: &mut *sent.interim };
        let sending = self.origin.send(request, exchange, head.as_mut());
        let failure = match deadline::before(sent.deadline.as_mut(), sending).await {
            Ok(Ok(())) => {
                let at = Exchange { requested, received: self.clock.now() };
                self.report.forward_status = Some(head.response().status);
                self.observe(request.uri, &head.response(), at);
                return Some(at);
            }
            Ok(Err(error)) => Failure::Origin(error),
            Err(Passed) => Failure::DeadlinePassed,
        };
        *self.failure = Some(failure);
        None
    }

    /// Tells the clock what the response says of the time.
    fn observe(&self, uri: &str, response: &ResponseHead<'_>, at: Exchange) {
        let facts = ResponseFacts::of(response.fields, at.received.utc);
        if let Some((origin, date)) = keys::origin(uri).zip(facts.date.date()) {
            let received = at.received.uptime;
            self.clock.observe(Observed { origin, date, age: facts.age, received });
        }
    }

    /// Sends requests until there is a response to go on with. It is looked at without being kept: its
    /// buffer may be needed again.
    async fn ask<'c, const BYTES: usize, const FIELDS: usize>(
        &mut self,
        asking: &mut Asking<'c>,
        sent: &mut Sent<'_, impl Content, impl Future<Output = ()>>,
        head: &mut HeadBuf<BYTES, FIELDS>,
        record: &mut [u8],
        last: &mut Option<Found>,
    ) -> Asked<'c> {
        loop {
            if let Some(id) = asking.begin(self.report) {
                self.remove(id).await;
            }
            let Some(at) = self.send(&asking.outgoing(), sent, head).await else {
                return Asked::Nobody;
            };
            match asking.answered(head.response(), at) {
                Answered::CacheMiss(miss) => *asking = Asking::Miss(miss),
                Answered::Combining(state) => {
                    let continued = self.continue_part(&state, at, record).await;
                    if let Some((state, (found, completing))) = state.next().zip(continued) {
                        self.report.step(Step::FromCache);
                        self.report.outcome = Outcome::Completed;
                        return Asked::Continues(state, found, completing);
                    }
                    *asking = Asking::Miss(state.lost());
                }
                Answered::NeedToBeUpdated(state) => {
                    self.report.step(Step::NeedToBeUpdated);
                    *last = self.freshen(state.work(), state.answers(), *last, record).await;
                    if last.is_some() {
                        return Asked::Response(at);
                    }
                    *asking = asking.lost();
                }
                _ => {
                    let status = head.response().status;
                    if matches!(asking, Asking::Validation(_)) && status != 304 && status < 500 {
                        self.report.outcome = Outcome::Changed;
                    }
                    return Asked::Response(at);
                }
            }
            *last = None;
        }
    }

    /// What the last response leads to.
    async fn conclude<'c>(
        &mut self,
        next: &mut Answered<'c, 'c>,
        last: Option<Found>,
        record: &'c mut [u8],
    ) -> Ending<'c> {
        if let Answered::HeadUpdate(state) = next {
            self.report.step(Step::NeedToBeUpdated);
            self.freshen(state.work(), None, None, record).await;
            *next = Answered::InvalidateEntries(state.next());
        }
        if let Answered::InvalidateEntries(state) = next {
            self.invalidate(state, record).await;
            *next = state.next().into();
        }
        let state = match next {
            Answered::StoreAndUse(state) => return self.store_and_use(state, record.len()).await,
            Answered::CouldNotBeStored(state) => return self.hand_over(state),
            Answered::GatewayTimeout(state) => return self.gateway_timeout(state),
            Answered::NeedToBeUpdated(state) => state.next(),
            Answered::FromCache(state) => *state,
            // Dealt with above.
            Answered::HeadUpdate(_)
            | Answered::InvalidateEntries(_)
            | Answered::Combining(_)
            | Answered::CacheMiss(_) => return Ending::Nobody { status: 504 },
        };
        match self.load(state.id(), last, record).await {
            Some(found) => self.serve(state, found, record),
            None => self.gateway_timeout(&state.nobody()),
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
        self.pending.invalidating = false;
    }

    async fn store_and_use<'c>(&mut self, state: &StoreAndUse<'c>, record_max: usize) -> Ending<'c> {
        self.report.step(Step::StoreAndUse);
        let pair = state.pair();
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
                None
            }
        };
        Ending::Origin { options: state.options(), arrived: state.arrived(), storing }
    }

    fn hand_over<'c>(&mut self, state: &CouldNotBeStored<'c>) -> Ending<'c> {
        self.report.step(Step::CouldNotBeStored);
        self.report.storing = Storing::No(state.reason());
        Ending::Origin { options: state.options(), arrived: state.arrived(), storing: None }
    }

    fn gateway_timeout<'c>(&mut self, state: &GatewayTimeout<'c>) -> Ending<'c> {
        self.report.step(Step::GatewayTimeout);
        self.report.outcome = Outcome::GatewayTimeout;
        self.report.forwarded.get_or_insert(state.reason());
        Ending::Nobody { status: state.status() }
    }

    /// A stored response answers; `record` holds its record.
    fn serve<'c>(&mut self, state: FromCache<'c>, found: Found, record: &'c [u8]) -> Ending<'c> {
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
        Ending::Stored(state, found, record)
    }
}
