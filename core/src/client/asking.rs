//! What a walk is at, and what it asks the origin for: the two states that send a request, [`CacheMiss`] and
//! [`NeedRevalidation`], as one.

use super::{Report, Step};
use crate::head::{Outgoing, ResponseHead};
use crate::pair::PairId;
use crate::state::{
    CacheMiss, Combined, Combining, CouldNotBeStored, Follows, FromCache, GatewayTimeout, HandOver, Hear,
    InvalidateEntries, Look, NeedRevalidation, NeedToBeUpdated, PartialUpdate, Selecting, Serve, StoreAndUse,
    apart, follows,
};
use crate::time::Exchange;

/// A state that sends a request.
#[derive(Clone, Copy)]
pub(super) enum Asking<'a> {
    Miss(CacheMiss<'a>),
    Validation(NeedRevalidation<'a>),
}

/// The state of a walk.
pub(super) enum Next<'a, 'r> {
    /// `None`: it is being decided.
    Selecting(Option<Selecting<'a>>),
    /// `None`: as above.
    PartialUpdate(Option<PartialUpdate<'a>>),
    Asking(Asking<'a>),
    NeedToBeUpdated(NeedToBeUpdated<'r, Serve>),
    HeadUpdate(NeedToBeUpdated<'r, HandOver>),
    StoreAndUse(StoreAndUse<'r>),
    CouldNotBeStored(CouldNotBeStored<'r>),
    InvalidateEntries(InvalidateEntries<'r>),
    Combining(Combining<'a, 'r>),
    FromCache(FromCache<'a>),
    GatewayTimeout(GatewayTimeout<'a>),
}

/// A state is too large to be moved about, so what follows is put in its place; in functions of their own,
/// for the frame of the walk is not to have room for them.
impl<'c> Next<'c, 'c> {
    /// What follows when the state's work is done.
    #[inline(never)]
    pub(super) fn go_on(&mut self) {
        *self = match self {
            Self::NeedToBeUpdated(state) => state.served(),
            Self::HeadUpdate(state) => apart(|| Self::InvalidateEntries(state.next())),
            Self::InvalidateEntries(state) => state.go_on(),
            Self::Combining(state) => apart(|| Self::Asking(Asking::Miss(state.lost()))),
            _ => return,
        };
    }

    /// What follows when all that is stored was looked at.
    #[inline(never)]
    pub(super) fn decided(&mut self) {
        if let Self::Selecting(state) = self
            && let Some(state) = state.take()
        {
            *self = state.go_on();
        }
    }

    /// What follows when stored parts were combined, or could not be.
    #[inline(never)]
    pub(super) fn combined(&mut self, combined: Combined) {
        if let Self::PartialUpdate(state) = self
            && let Some(state) = state.take()
        {
            *self = state.go_on(combined);
        }
    }

    /// What follows the last response.
    #[inline(never)]
    pub(super) fn answered(&mut self, response: ResponseHead<'c>, at: &Exchange) {
        if let Self::Asking(asking) = self {
            *self = asking.answered(response, at);
        }
    }

    /// What follows when a stored part is continued, or cannot be. Whether it is.
    #[inline(never)]
    pub(super) fn continued(&mut self, state: &Combining<'c, '_>, is_continued: bool) -> bool {
        match state.next().filter(|_| is_continued) {
            Some(state) => *self = Self::FromCache(state),
            None => *self = Self::Asking(Asking::Miss(state.lost())),
        }
        matches!(self, Self::FromCache(_))
    }

    /// What follows when the origin cannot be reached.
    #[inline(never)]
    pub(super) fn unreachable(&mut self) {
        if let Self::Asking(asking) = self {
            *self = asking.unanswered();
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
    pub(super) fn answered<'r>(&self, response: ResponseHead<'r>, at: &Exchange) -> Next<'a, 'r>
    where
        'a: 'r,
    {
        match self {
            Self::Miss(miss) => miss.answered(response, at),
            Self::Validation(need) => need.answered(response, at),
        }
    }

    pub(super) fn unanswered<'r>(&self) -> Next<'a, 'r> {
        match self {
            Self::Miss(miss) => miss.unanswered(),
            Self::Validation(need) => need.unanswered(),
        }
    }

    /// Looks at a response without keeping it. What it says is told to `hear`.
    pub(super) fn look<'r>(&self, response: ResponseHead<'r>, at: &Exchange, hear: Hear<'_>) -> Look<'a, 'r>
    where
        'a: 'r,
    {
        match self {
            Self::Miss(miss) => miss.look(response, at, hear),
            Self::Validation(need) => need.look(response, at, hear),
        }
    }

    /// The pair that was to be validated is lost: the request goes on without it.
    #[inline(never)]
    pub(super) fn lose(&mut self) {
        if let Self::Validation(need) = self {
            *self = Self::Miss(need.lost());
        }
    }
}

follows!(
    Next ['a, 'r]:
    NeedToBeUpdated(NeedToBeUpdated<'r, Serve>),
    HeadUpdate(NeedToBeUpdated<'r, HandOver>),
    StoreAndUse(StoreAndUse<'r>),
    CouldNotBeStored(CouldNotBeStored<'r>),
    InvalidateEntries(InvalidateEntries<'r>),
    Combining(Combining<'a, 'r>),
    FromCache(FromCache<'a>),
    GatewayTimeout(GatewayTimeout<'a>),
);

impl<'a> Follows<PartialUpdate<'a>> for Next<'a, '_> {
    fn with(state: PartialUpdate<'a>) -> Self {
        Self::PartialUpdate(Some(state))
    }
}

impl<'a> Follows<CacheMiss<'a>> for Next<'a, '_> {
    fn with(state: CacheMiss<'a>) -> Self {
        Self::Asking(Asking::Miss(state))
    }
}

impl<'a> Follows<NeedRevalidation<'a>> for Next<'a, '_> {
    fn with(state: NeedRevalidation<'a>) -> Self {
        Self::Asking(Asking::Validation(state))
    }
}
