//! `PartialUpdate`: stored parts of one representation are combined (RFC 9111 §3.4).

use super::candidate::{Candidate, Chosen, Role};
use super::{CacheMiss, Extents, FromCache, GatewayTimeout, NeedRevalidation, Selecting};
use crate::fields::EntityTag;
use crate::head::{Edited, RequestHead};
use crate::limits::{CANDIDATES_MAX, ETAG_MAX};
use crate::options::CacheOptions;
use crate::pair::{NewPair, Nominated, PairId, StoredBody, StoredPair};
use heapless::Vec;

/// Stored incomplete responses share a strong validator and the complete length: they become one, without
/// a copy of their bodies. Also one of which nothing is missing any more, and which is to be committed.
///
/// The head of the newest goes to [`oldest`](Self::oldest), by [`combined`](Self::combined), before the others
/// are merged into it.
#[derive(Debug)]
pub struct PartialUpdate<'a> {
    selecting: Selecting<'a>,
    newest: usize,
    parts: Chosen,
}

/// What came of combining.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Combined {
    /// Nothing was missing: the pair was committed.
    Whole,
    /// These octets are held now, around the position that [`PartialUpdate::wants_extents`] names.
    Part(Extents),
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

impl<'a> PartialUpdate<'a> {
    pub(crate) const fn new(selecting: Selecting<'a>, newest: usize, parts: Chosen) -> Self {
        Self { selecting, newest, parts }
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

    /// The head to write to [`oldest`](Self::oldest), given the newest one.
    pub fn combined<'f>(&self, newest: &StoredPair<'f>) -> NewPair<'f> {
        let fields = Edited::new(newest.response.fields);
        NewPair {
            method: newest.method,
            uri: newest.uri,
            nominated: Nominated::kept(newest, &fields),
            authorized: newest.authorized,
            status: newest.response.status,
            fields,
            received: newest.received,
            length: newest.body.complete,
            offset: 0,
            resumable: true,
        }
    }

    /// Octets of the complete body.
    pub fn complete(&self) -> u64 {
        self.candidate().and_then(|candidate| candidate.body.complete).unwrap_or(0)
    }

    /// The position around which the request needs to know what is held.
    pub fn wants_extents(&self) -> u64 {
        self.selecting.position_asked(Some(self.complete())).unwrap_or(0)
    }

    /// Decides the request again, by what is there now.
    pub fn next(self, combined: Combined) -> UpdateNext<'a> {
        if combined == Combined::Failed {
            return self.selecting.decide();
        }
        let oldest = self.oldest();
        let is_whole = combined == Combined::Whole;
        let mut gone: Vec<PairId, CANDIDATES_MAX> = Vec::new();
        for id in self.ids().chain(self.replaces().filter(|_| is_whole)) {
            // There are no more than candidates.
            let _ = gone.push(id);
        }
        let Self { selecting, newest, .. } = self;
        let candidates = &mut *selecting.scratch;
        let newest = candidates.get(newest).copied().zip(oldest);
        let mut tag: Vec<u8, ETAG_MAX> = Vec::new();
        if let Some((candidate, _)) = newest {
            // No longer one is kept.
            let _ = tag.extend_from_slice(candidates.tag(&candidate));
        }
        for id in gone {
            if let Some(at) = candidates.position(id) {
                candidates.remove(at);
            }
        }
        if let Some((candidate, id)) = newest {
            let candidate = Candidate { id, ..candidate };
            let candidate = match combined {
                Combined::Part(extents) => selecting.part(candidate, &extents),
                Combined::Whole | Combined::Failed => {
                    let body = StoredBody::whole(candidate.body.complete.unwrap_or(0));
                    Candidate { body, hole: None, role: Role::Answers, ..candidate }
                }
            };
            selecting.scratch.add(candidate, EntityTag::parse(&tag));
        }
        selecting.decide()
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
