//! What a walk is at, and what it asks the origin for: the two states that send a request, [`CacheMiss`] and
//! [`NeedRevalidation`], as one.

use super::{Report, Step};
use crate::head::{Outgoing, ResponseHead};
use crate::pair::PairId;
use crate::state::{
    CacheMiss, Combined, Combining, CouldNotBeStored, End, FromCache, GatewayTimeout, HandOver, IdleNext,
    InvalidateEntries, MissNext, NeedRevalidation, NeedToBeUpdated, PartialUpdate, RevalidationNext,
    Selecting, Serve, StoreAndUse, Unreachable, UpdateNext,
};
use crate::time::Exchange;
use core::ops::ControlFlow;

/// A state that sends a request.
#[derive(Clone, Copy)]
pub(super) enum Asking<'a> {
    Miss(CacheMiss<'a>),
    Validation(NeedRevalidation<'a>),
}

/// The state of a walk.
pub(super) enum Next<'a, 'r> {
    Selecting(Selecting<'a>),
    PartialUpdate(PartialUpdate<'a>),
    Asking(Asking<'a>),
    NeedToBeUpdated(NeedToBeUpdated<'r, Serve>),
    HeadUpdate(NeedToBeUpdated<'r, HandOver>),
    StoreAndUse(StoreAndUse<'r>),
    CouldNotBeStored(CouldNotBeStored<'r>),
    InvalidateEntries(InvalidateEntries<'r>),
    Combining(Combining<'a, 'r>),
    FromCache(FromCache<'a>),
    GatewayTimeout(GatewayTimeout<'a>),
    /// It is in another place meanwhile.
    Ended,
}

/// A state is too large to be moved about, so what follows is put in its place; in functions of their own,
/// for the frame of the walk is not to have room for them.
impl<'c> Next<'c, 'c> {
    /// What follows when the state's work is done.
    #[inline(never)]
    pub(super) fn go_on(&mut self) {
        *self = match core::mem::replace(self, Self::Ended) {
            Self::Selecting(state) => state.finish().into(),
            Self::NeedToBeUpdated(state) => Self::FromCache(state.next()),
            Self::HeadUpdate(state) => Self::InvalidateEntries(state.next()),
            Self::InvalidateEntries(state) => state.next().into(),
            Self::Combining(state) => Self::Asking(Asking::Miss(state.lost())),
            same => same,
        };
    }

    /// What follows when stored parts were combined, or could not be.
    #[inline(never)]
    pub(super) fn combined(&mut self, combined: Combined) {
        if let Self::PartialUpdate(state) = core::mem::replace(self, Self::Ended) {
            *self = state.next(combined).into();
        }
    }

    /// What follows the last response.
    #[inline(never)]
    pub(super) fn answered(&mut self, response: ResponseHead<'c>, at: Exchange) {
        if let Self::Asking(asking) = self {
            *self = asking.answered(response, at);
        }
    }

    /// What follows when the origin cannot be reached.
    #[inline(never)]
    pub(super) fn unreachable(&mut self) {
        if let Self::Asking(asking) = self {
            *self = asking.unreachable();
        }
    }

    /// What follows when the store has lost the pair that answers.
    #[inline(never)]
    pub(super) fn lost(&mut self, may_ask: bool) {
        if let Self::FromCache(state) = self {
            *self = match may_ask {
                true => Self::Asking(Asking::Miss(state.lost())),
                false => Self::GatewayTimeout(state.nobody()),
            };
        }
    }
}

impl<'a> Asking<'a> {
    /// Reports that the request is about to be sent. Answers which pair is to be removed before.
    pub(super) fn begin(&self, report: &mut Report) -> Option<PairId> {
        match self {
            Self::Miss(miss) => {
                report.step(Step::CacheMiss);
                report.forwarded.get_or_insert(miss.reason());
                miss.outdated()
            }
            Self::Validation(need) => {
                report.step(Step::NeedRevalidation);
                report.forwarded = Some(need.reason());
                None
            }
        }
    }

    pub(super) fn outgoing(&self) -> Outgoing<'_> {
        match self {
            Self::Miss(miss) => miss.outgoing(),
            Self::Validation(need) => need.outgoing(),
        }
    }

    #[inline(never)]
    pub(super) fn answered<'r>(&self, response: ResponseHead<'r>, at: Exchange) -> Next<'a, 'r>
    where
        'a: 'r,
    {
        match self {
            Self::Miss(miss) => miss.next(response, at).into(),
            Self::Validation(need) => match need.next(response, at) {
                RevalidationNext::NeedToBeUpdated(state) => Next::NeedToBeUpdated(state),
                RevalidationNext::HeadUpdate(state) => Next::HeadUpdate(state),
                RevalidationNext::StoreAndUse(state) => Next::StoreAndUse(state),
                RevalidationNext::CouldNotBeStored(state) => Next::CouldNotBeStored(state),
                RevalidationNext::InvalidateEntries(state) => Next::InvalidateEntries(state),
                RevalidationNext::FromCache(state) => Next::FromCache(state),
                RevalidationNext::CacheMiss(state) => Next::Asking(Self::Miss(state)),
            },
        }
    }

    pub(super) fn unreachable<'r>(&self) -> Next<'a, 'r> {
        let next = match self {
            Self::Miss(miss) => miss.unreachable(),
            Self::Validation(need) => need.unreachable(),
        };
        match next {
            Unreachable::FromCache(state) => Next::FromCache(state),
            Unreachable::GatewayTimeout(state) => Next::GatewayTimeout(state),
        }
    }

    /// The pair that was to be validated is lost: the request goes on without it.
    pub(super) fn lost(&self) -> Self {
        match self {
            Self::Miss(miss) => Self::Miss(*miss),
            Self::Validation(need) => Self::Miss(need.lost()),
        }
    }
}

impl<'a> From<IdleNext<'a>> for Next<'a, '_> {
    fn from(next: IdleNext<'a>) -> Self {
        match next.decided() {
            ControlFlow::Break(next) => next.into(),
            ControlFlow::Continue(state) => Self::PartialUpdate(state),
        }
    }
}

impl<'a> From<UpdateNext<'a>> for Next<'a, '_> {
    fn from(next: UpdateNext<'a>) -> Self {
        match next {
            UpdateNext::FromCache(state) => Self::FromCache(state),
            UpdateNext::NeedRevalidation(state) => Self::Asking(Asking::Validation(state)),
            UpdateNext::CacheMiss(state) => Self::Asking(Asking::Miss(state)),
            UpdateNext::GatewayTimeout(state) => Self::GatewayTimeout(state),
        }
    }
}

impl<'a, 'r> From<MissNext<'a, 'r>> for Next<'a, 'r> {
    fn from(next: MissNext<'a, 'r>) -> Self {
        match next {
            MissNext::StoreAndUse(state) => Self::StoreAndUse(state),
            MissNext::CouldNotBeStored(state) => Self::CouldNotBeStored(state),
            MissNext::InvalidateEntries(state) => Self::InvalidateEntries(state),
            MissNext::NeedToBeUpdated(state) => Self::HeadUpdate(state),
            MissNext::Combining(state) => Self::Combining(state),
            MissNext::FromCache(state) => Self::FromCache(state),
            MissNext::CacheMiss(state) => Self::Asking(Asking::Miss(state)),
        }
    }
}

impl<'r> From<End<'r>> for Next<'_, 'r> {
    fn from(end: End<'r>) -> Self {
        match end {
            End::StoreAndUse(state) => Self::StoreAndUse(state),
            End::CouldNotBeStored(state) => Self::CouldNotBeStored(state),
        }
    }
}
