//! `PartialUpdate`: stored parts of one representation are combined (RFC 9111 §3.4).

use super::candidate::{Candidate, Chosen, Role};
use super::{CacheMiss, Decided, Extents, FromCache, GatewayTimeout, NeedRevalidation, Selecting};
use crate::fields::EntityTag;
use crate::head::{Edited, RequestHead, Text};
use crate::limits::ETAG_MAX;
use crate::options::CacheOptions;
use crate::pair::{NewPair, Nominated, PairId, StoredBody, StoredPair};
#[cfg(feature = "digest")]
use crate::reason::Reason;
use crate::rules::stored_fields;
use heapless::Vec;

/// Stored incomplete responses share a strong validator and the complete length, as far as they know it: they
/// become one, without a copy of their bodies. Also one of which nothing is missing any more, and which is to
/// be committed.
///
/// Before that, heads are written anew ([`heads`](Self::heads)): that of the newest goes to
/// [`oldest`](Self::oldest), and those that did not know the complete length learn it. Then the others are
/// merged into the oldest.
#[derive(Debug)]
pub struct PartialUpdate<'a> {
    selecting: Selecting<'a>,
    newest: usize,
    parts: Chosen,
    complete: u64,
    /// The `Content-Length` of the whole.
    whole: Text<20>,
}

/// What came of combining.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Combined {
    /// Nothing was missing: the pair was committed.
    Whole,
    /// These octets are held now, around the position that [`PartialUpdate::wants_extents`] names.
    Part(Extents),
    /// Nothing was missing, but together they are not what the caller expects or their head says (RFC 9530):
    /// they were removed.
    #[cfg(feature = "digest")]
    Discarded,
    /// The store could not: the parts are taken as they were.
    Failed,
}

/// What follows [`PartialUpdate`].
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum UpdateNext<'a> {
    /// A stored response answers.
    FromCache(FromCache<'a>),
    /// A stored response answers once the origin has validated it.
    NeedRevalidation(NeedRevalidation<'a>),
    /// The origin answers.
    CacheMiss(CacheMiss<'a>),
    /// The request has `only-if-cached`, and nothing stored may answer it.
    GatewayTimeout(GatewayTimeout<'a>),
}

super::follows!(
    UpdateNext ['a]:
    FromCache(FromCache<'a>),
    NeedRevalidation(NeedRevalidation<'a>),
    CacheMiss(CacheMiss<'a>),
    GatewayTimeout(GatewayTimeout<'a>),
);

impl<'a> PartialUpdate<'a> {
    pub(crate) fn new(selecting: Selecting<'a>, newest: usize, parts: Chosen, complete: u64) -> Self {
        Self { selecting, newest, parts, complete, whole: Text::EMPTY.number(complete) }
    }

    /// The options it follows.
    pub const fn options(&self) -> &'a CacheOptions {
        self.selecting.options()
    }

    /// The request it is about.
    pub const fn request(&self) -> &RequestHead<'a> {
        self.selecting.request()
    }

    /// The pair to combine them in: the one that was stored first.
    pub fn oldest(&self) -> Option<PairId> {
        self.ids().min()
    }

    /// The pairs to merge into it. None if it is only to be committed.
    pub fn others(&self) -> impl Iterator<Item = PairId> + Clone + use<'_> {
        let oldest = self.oldest();
        self.ids().filter(move |id| Some(*id) != oldest)
    }

    /// Other stored pairs, which the whole stands for if nothing is missing: those that were stored before
    /// it.
    pub fn replaces(&self) -> impl Iterator<Item = PairId> + Clone + use<'_> {
        let candidates = &self.selecting.scratch;
        candidates.ids(self.replaced())
    }

    fn replaced(&self) -> Chosen {
        let candidates = &self.selecting.scratch;
        let Some(newest) = self.candidate() else {
            return Chosen::NONE;
        };
        candidates.choose(|other| other.body.is_whole() && other.is_older(newest))
    }

    /// The pair whose head is the newest.
    pub fn newest(&self) -> Option<PairId> {
        self.candidate().map(|candidate| candidate.id)
    }

    /// The pairs whose heads are to be written anew: each with the one whose head it gets by
    /// [`combined`](Self::combined), and whether it did not know the complete length. If octets of such a one are
    /// held behind it, they cannot be combined after all.
    pub fn heads(&self) -> impl Iterator<Item = (PairId, PairId, bool)> + use<'_> {
        let (candidates, oldest) = (&self.selecting.scratch, self.oldest());
        let newest = self.newest();
        self.ids().filter_map(move |id| {
            let learns = candidates.get(candidates.position(id)?)?.body.complete.is_none();
            let from = if Some(id) == oldest { newest? } else { id };
            (learns || from != id).then_some((id, from, learns))
        })
    }

    /// The head to write, given a stored one: the same, with the complete length.
    pub fn combined<'f>(&'f self, stored: &StoredPair<'f>) -> NewPair<'f> {
        let mut fields = Edited::new(stored.response.fields);
        stored_fields::add_length(&mut fields, Some(&self.whole));
        NewPair {
            method: stored.method,
            uri: stored.uri,
            nominated: Nominated::kept(stored, &fields),
            authorized: stored.authorized,
            status: stored.response.status,
            fields,
            date_made: stored.date_made,
            received: stored.received,
            length: Some(self.complete),
            offset: 0,
            resumable: true,
            generation: None,
        }
    }

    /// Octets of the complete body.
    pub const fn complete(&self) -> u64 {
        self.complete
    }

    /// The position around which the request needs to know what is held.
    pub fn wants_extents(&self) -> u64 {
        self.selecting.position_asked(Some(self.complete())).unwrap_or(0)
    }

    /// Decides the request again, by what is there now.
    pub fn next(self, combined: Combined) -> UpdateNext<'a> {
        self.go_on(combined)
    }

    /// As [`next`](Self::next), to whatever can follow.
    pub(crate) fn go_on<N: Decided<'a>>(mut self, combined: Combined) -> N {
        match combined {
            Combined::Whole => self.take_in(None),
            Combined::Part(extents) => self.take_in(Some(&extents)),
            #[cfg(feature = "digest")]
            Combined::Discarded => {
                self.selecting.scratch.remove_all(self.parts);
                self.selecting.refused = Reason::WrongDigest;
            }
            Combined::Failed => {}
        }
        self.selecting.decide()
    }

    /// Puts what was combined in the place of its parts: `held` of it, or the whole.
    #[inline(never)]
    fn take_in(&mut self, held: Option<&Extents>) {
        let (Some(id), Some(newest)) = (self.oldest(), self.candidate().copied()) else {
            return;
        };
        let gone = if held.is_none() { self.parts.and(self.replaced()) } else { self.parts };
        let selecting = &mut self.selecting;
        // No longer one is kept.
        let tag: Vec<u8, ETAG_MAX> = Vec::from_slice(selecting.scratch.tag(&newest)).unwrap_or_default();
        let etag = EntityTag::parse(&tag);
        selecting.scratch.remove_all(gone);
        let body = StoredBody { complete: Some(self.complete), ..newest.body };
        let mut candidate = Candidate { id, body, ..newest };
        candidate.answer = selecting.answer(&candidate, etag);
        match held {
            Some(extents) => selecting.part(&mut candidate, extents),
            None => {
                candidate.body = StoredBody::whole(self.complete);
                candidate.hole = None;
                candidate.role = Role::Answers;
            }
        }
        selecting.scratch.add(candidate, etag);
    }

    fn candidate(&self) -> Option<&Candidate> {
        self.selecting.scratch.get(self.newest)
    }

    fn ids(&self) -> impl Iterator<Item = PairId> + Clone + use<'_> {
        self.selecting.scratch.ids(self.parts)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for PartialUpdate<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        let request = self.request();
        defmt::write!(f, "PartialUpdate({} {=str})", request.method, request.uri);
    }
}
