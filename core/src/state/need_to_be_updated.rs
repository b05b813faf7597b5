//! `NeedToBeUpdated`: stored responses are freshened (RFC 9111 §3.2, §4.3.4, §4.3.5).

use super::candidate::Chosen;
use super::invalidate_entries::Invalid;
use super::store_and_use::Verdict;
use super::{Arrived, Context, Follows, FromCache, InvalidateEntries};
use crate::head::ResponseHead;
use crate::pair::{NewPair, PairId, StoredPair};

/// Stored pairs are to be written anew, with the fields of a response that has validated them.
///
/// `Then` is what follows: [`FromCache`] after a 304, [`InvalidateEntries`] after a 200 to HEAD.
#[derive(Clone, Copy, Debug)]
pub struct NeedToBeUpdated<'a, Then> {
    work: Freshening<'a>,
    then: Then,
}

/// What is to be written, whatever follows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freshening<'a> {
    context: Context<'a>,
    arrived: Arrived<'a>,
    ids: Chosen,
    forget: bool,
}

/// After a 304: the stored response, by its place among the candidates, answers.
#[derive(Clone, Copy, Debug)]
pub struct Serve(pub(crate) usize);

/// After a 200 to HEAD: other stored responses may be invalid, and the response is handed over.
#[derive(Clone, Copy, Debug)]
pub struct HandOver(pub(crate) Invalid, pub(crate) Verdict);

super::context!(NeedToBeUpdated, Then, work);

impl<'a, Then> NeedToBeUpdated<'a, Then> {
    pub(crate) const fn new(
        context: Context<'a>,
        arrived: Arrived<'a>,
        ids: Chosen,
        forget: bool,
        then: Then,
    ) -> Self {
        Self { work: Freshening::new(context, arrived, ids, forget), then }
    }

    /// The response that validated them.
    pub const fn response(&self) -> &ResponseHead<'a> {
        &self.work.arrived.response
    }

    /// The pairs to freshen, or to remove if [`forget`](Self::forget) says so. None if the request
    /// has `no-store`.
    pub fn ids(&self) -> impl Iterator<Item = PairId> + Clone + use<'a, Then> {
        self.work.ids()
    }

    /// Whether the response forbids to keep them any longer (`no-store`, or `private` in a shared
    /// cache): they are then not written, but removed after this use.
    pub const fn forget(&self) -> bool {
        self.work.forget
    }

    /// `stored`, freshened: each field of the response in place of the stored ones of its name, the
    /// time of the validation, and the nominated lines of the request that led to it. The body
    /// stays.
    pub fn freshened<'f>(&'f self, stored: &StoredPair<'f>) -> NewPair<'f> {
        self.work.freshened(stored)
    }
}

impl<'a> Freshening<'a> {
    pub(crate) const fn new(context: Context<'a>, arrived: Arrived<'a>, ids: Chosen, forget: bool) -> Self {
        Self { context, arrived, ids, forget }
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = PairId> + Clone + use<'a> {
        self.context.candidates.ids(self.ids)
    }

    pub(crate) const fn forget(&self) -> bool {
        self.forget
    }

    pub(crate) fn freshened<'f>(&'f self, stored: &StoredPair<'f>) -> NewPair<'f> {
        self.context.freshened(stored, &self.arrived, None)
    }
}

impl<'a> NeedToBeUpdated<'a, Serve> {
    /// The pair that will answer. Among [`ids`](Self::ids), unless nothing is to be written.
    pub fn answers(&self) -> Option<PairId> {
        self.work.context.candidates.ids(Chosen::NONE.with(self.then.0)).next()
    }

    /// What follows once they are written. If they cannot be, it follows all the same: they are
    /// validated again next time.
    pub fn next(self) -> FromCache<'a> {
        self.served()
    }

    /// As [`next`](Self::next), to whatever can follow.
    pub(crate) fn served<N: Follows<FromCache<'a>>>(&self) -> N {
        let Freshening { context, arrived, forget, .. } = &self.work;
        FromCache::validated(context, self.then.0, arrived, *forget)
    }
}

impl<'a> NeedToBeUpdated<'a, HandOver> {
    /// What follows once they are written, or could not be.
    pub const fn next(self) -> InvalidateEntries<'a> {
        let HandOver(invalid, verdict) = self.then;
        InvalidateEntries::new(self.work.context, self.work.arrived, invalid, verdict)
    }
}
