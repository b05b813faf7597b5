//! What one request needs to know of the stored responses that match it: a few octets each.

use super::candidate::{Candidate, Chosen, Hole, Role};
use crate::fields::{EntityTag, RequestFacts};
use crate::limits::{CANDIDATES_MAX, ETAG_MAX, TAGS_MAX};
use crate::options::CacheOptions;
use crate::pair::PairId;
use crate::rules::partial::{Incomplete, Strong};
use crate::rules::validation::Validators;
use crate::secrets::Hashes;
use heapless::Vec;

/// Scratch space for one request: the stored responses that match it.
///
/// The driver owns it and lends it to one request at a time.
#[derive(Debug)]
pub struct Candidates {
    /// What the request asks for.
    asked: RequestFacts,
    list: Vec<Candidate, CANDIDATES_MAX>,
    /// The tags of the candidates that may be validated, joined with `, `: the value of an
    /// `If-None-Match`. The others' tags follow, as they are.
    tags: Vec<u8, TAGS_MAX>,
    /// Octets of the joined tags.
    joined: usize,
    /// More matched than there is room for.
    overflowed: bool,
    /// Of the request's secrets, as far as selection asked for them.
    hashes: Hashes,
}

/// Where a candidate's tag lies among the joined ones; of length 0 if it has none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TagSpan {
    start: usize,
    len: usize,
}

const SEPARATOR: &[u8] = b", ";

impl Candidate {
    /// Whether its tag is known, of which [`has_tag`](Self::has_tag) tells that there is one.
    pub(crate) const fn has_kept_tag(&self) -> bool {
        self.tag.len > 0
    }
}

impl Default for Candidates {
    fn default() -> Self {
        Self::new()
    }
}

impl Candidates {
    /// Room for the candidates of one request.
    pub const fn new() -> Self {
        Self {
            asked: RequestFacts::NONE,
            list: Vec::new(),
            tags: Vec::new(),
            joined: 0,
            overflowed: false,
            hashes: Hashes::NONE,
        }
    }

    /// Forgets the last request, for one that asks for this.
    pub(crate) fn start(&mut self, asked: RequestFacts) {
        self.asked = asked;
        self.list.clear();
        self.tags.clear();
        self.joined = 0;
        self.overflowed = false;
        self.hashes = Hashes::NONE;
    }

    pub(crate) const fn asked(&self) -> &RequestFacts {
        &self.asked
    }

    pub(crate) const fn hashes(&self) -> &Hashes {
        &self.hashes
    }

    pub(crate) const fn hashes_mut(&mut self) -> &mut Hashes {
        &mut self.hashes
    }

    /// Adds a candidate; if there is no room, the least of all goes.
    pub(crate) fn add(&mut self, mut candidate: Candidate, etag: Option<EntityTag<'_>>) {
        if self.list.is_full() {
            self.overflowed = true;
            let least = self.list.iter().enumerate().min_by(|(_, a), (_, b)| a.compare(b));
            match least {
                Some((at, least)) if least.compare(&candidate).is_lt() => self.remove(at),
                _ => return,
            }
        }
        let is_joined = candidate.role == Role::Answers;
        candidate.tag = etag.map(|etag| self.keep_tag(&etag, is_joined)).unwrap_or_default();
        // Room was made above.
        let _ = self.list.push(candidate);
    }

    /// Keeps a tag, among the joined ones or behind them. One that is too long is not kept: the response is
    /// then validated by date, or fetched again.
    fn keep_tag(&mut self, etag: &EntityTag<'_>, is_joined: bool) -> TagSpan {
        let separator: &[u8] = if is_joined && self.joined > 0 { SEPARATOR } else { b"" };
        let weak: &[u8] = if etag.is_weak() { b"W/" } else { b"" };
        let at = if is_joined { self.joined } else { self.tags.len() };
        let start = at + separator.len();
        let len = etag.octets();
        let grown = separator.len() + len;
        if len > ETAG_MAX || self.tags.len() + grown > self.tags.capacity() {
            return TagSpan::default();
        }
        if at == self.tags.len() {
            // There is room for them.
            for part in [separator, weak, etag.opaque()] {
                let _ = self.tags.extend_from_slice(part);
            }
        } else {
            self.move_tags(at, grown);
            let parts = separator.iter().chain(weak).chain(etag.opaque());
            for (to, from) in self.tags.iter_mut().skip(at).zip(parts) {
                *to = *from;
            }
        }
        if is_joined {
            self.joined += grown;
        }
        TagSpan { start, len }
    }

    /// Makes room for `grown` octets among the tags. There is room for them at the end.
    fn move_tags(&mut self, at: usize, grown: usize) {
        let before = self.tags.len();
        let _ = self.tags.resize(before + grown, 0);
        for from in (at..before).rev() {
            self.move_octet(from, from + grown);
        }
        for candidate in self.list.iter_mut().filter(|other| other.tag.len > 0 && other.tag.start >= at) {
            candidate.tag.start += grown;
        }
    }

    fn move_octet(&mut self, from: usize, to: usize) {
        if let Some(moved) = self.tags.get(from).copied()
            && let Some(octet) = self.tags.get_mut(to)
        {
            *octet = moved;
        }
    }

    /// Removes a candidate; others may change their places.
    pub(crate) fn remove(&mut self, at: usize) {
        let Some(TagSpan { start, len }) = self.list.get(at).map(|candidate| candidate.tag) else {
            return;
        };
        self.list.swap_remove(at);
        if len == 0 {
            return;
        }
        // A joined tag goes with the separator behind it, or before it if it is the last of them.
        let end = start + len;
        let (from, to) = if end < self.joined {
            (start, end + SEPARATOR.len())
        } else if end == self.joined {
            (start.saturating_sub(SEPARATOR.len()), end)
        } else {
            (start, end)
        };
        let gone = to - from;
        if end <= self.joined {
            self.joined -= gone;
        }
        let rest = self.tags.len() - gone;
        for at in from..rest {
            self.move_octet(at + gone, at);
        }
        self.tags.truncate(rest);
        for candidate in &mut self.list {
            if candidate.tag.start > start {
                candidate.tag.start -= gone;
            }
        }
    }

    /// Removes the chosen ones.
    pub(crate) fn remove_all(&mut self, chosen: Chosen) {
        // From behind: the last one takes the place of one that is removed.
        for at in (0..self.list.len()).rev().filter(|at| chosen.contains(*at)) {
            self.remove(at);
        }
    }

    /// The candidate to answer with; `None` if there is none.
    pub(crate) fn best(&self) -> Option<(usize, &Candidate)> {
        self.best_of(|_, candidate| candidate.answers())
    }

    /// The incomplete response that a request for the whole completes; `None` if there is none.
    pub(crate) fn to_complete(&self, options: &CacheOptions) -> Option<(usize, &Candidate)> {
        self.best_of(|_, candidate| {
            let is_named = self.incomplete(candidate).strong.is_some() || options.ask_without_validator;
            let is_missing = |hole: Hole| Some(hole.first) != candidate.body.complete;
            options.store_partial && candidate.hole.is_some_and(is_missing) && is_named
        })
    }

    /// Those incomplete responses that are parts of the same representation as the one at `at`, itself
    /// among them, and the complete length that they agree on (§3.4): those that do not know it take it from
    /// the others.
    #[inline(never)]
    pub(crate) fn parts_of(&self, at: usize) -> Option<(Chosen, u64)> {
        let this = self.list.get(at).map(|candidate| self.incomplete(candidate))?;
        let is_part = |other: &Candidate| {
            !other.body.is_whole() && !other.is_invalidated() && this.is_part_with(&self.incomplete(other))
        };
        let known = |other: &Candidate| other.body.complete.filter(|_| is_part(other));
        let complete = this.complete.or_else(|| self.list.iter().find_map(known))?;
        let agrees = |other: &Candidate| other.body.complete.is_none_or(|other| other == complete);
        let parts = self.choose(|other| is_part(other) && agrees(other));
        parts.contains(at).then_some((parts, complete))
    }

    pub(crate) fn incomplete(&self, candidate: &Candidate) -> Incomplete<'_> {
        let strong = match self.validators(candidate) {
            _ if !candidate.is_strong => None,
            Validators { etag: Some(etag), .. } => Some(Strong::Tag(etag)),
            // Of a tag that was not kept nothing is known.
            Validators { .. } if candidate.has_tag => None,
            Validators { last_modified, .. } => last_modified.map(Strong::Modified),
        };
        Incomplete { strong, complete: candidate.body.complete, coding: candidate.coding }
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Candidate> {
        self.list.get(at)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Where the candidate with this name is.
    pub(crate) fn position(&self, id: PairId) -> Option<usize> {
        self.list.iter().position(|candidate| candidate.id == id)
    }

    /// The best of those that `are`.
    pub(crate) fn best_of(&self, are: impl Fn(usize, &Candidate) -> bool) -> Option<(usize, &Candidate)> {
        let those = self.list.iter().enumerate().filter(|(at, candidate)| are(*at, candidate));
        those.max_by(|(_, a), (_, b)| a.compare(b))
    }

    /// All of them.
    pub(crate) fn all(&self) -> Chosen {
        self.choose(|_| true)
    }

    /// Those that `are`.
    pub(crate) fn choose(&self, are: impl Fn(&Candidate) -> bool) -> Chosen {
        let those = self.list.iter().enumerate().filter(|(_, candidate)| are(candidate));
        those.fold(Chosen::NONE, |chosen, (at, _)| chosen.with(at))
    }

    /// The names of the chosen ones.
    pub(crate) fn ids(&self, chosen: Chosen) -> impl Iterator<Item = PairId> + Clone + use<'_> {
        let those = self.list.iter().enumerate().filter(move |(at, _)| chosen.contains(*at));
        those.map(|(_, candidate)| candidate.id)
    }

    /// How many can answer.
    pub(crate) fn answering(&self) -> u32 {
        self.choose(Candidate::answers).len()
    }

    /// Whether more stored responses match than are kept here.
    pub(crate) const fn overflowed(&self) -> bool {
        self.overflowed
    }

    pub(crate) fn validators(&self, candidate: &Candidate) -> Validators<'_> {
        Validators { etag: EntityTag::parse(self.tag(candidate)), last_modified: candidate.last_modified }
    }

    /// The tags to be sent, joined; `None` if there is none.
    pub(crate) fn tags(&self) -> Option<&[u8]> {
        self.tags.get(..self.joined).filter(|tags| !tags.is_empty())
    }

    /// The tag of a candidate as it was sent; empty if it has none, or none that was kept.
    pub(crate) fn tag(&self, candidate: &Candidate) -> &[u8] {
        let TagSpan { start, len } = candidate.tag;
        self.tags.get(start..start + len).unwrap_or_default()
    }

    /// Those whose tag is among the joined ones.
    pub(crate) fn tagged(&self) -> Chosen {
        self.choose(|candidate| candidate.tag.len > 0 && candidate.role == Role::Answers)
    }
}

#[cfg(test)]
mod tests;
