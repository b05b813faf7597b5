//! What one request needs to know of the stored responses that match it: a few octets each.

use crate::fields::EntityTag;
use crate::limits::{CANDIDATES_MAX, ETAG_MAX, TAGS_MAX};
use crate::pair::{PairId, StoredBody};
use crate::rules::preconditions::Answer;
use crate::rules::reuse::{Usability, Verdict};
use crate::rules::validation::Validators;
use crate::secrets::Hashes;
use crate::time::{HttpDate, ReceivedAt, Uptime};
use heapless::Vec;

/// Scratch space for one request: the stored responses that match it.
///
/// The driver owns it and lends it to one request at a time.
#[derive(Debug, Default)]
pub struct Candidates {
    list: Vec<Candidate, CANDIDATES_MAX>,
    /// The tags of all candidates, joined with `, `: the value of an `If-None-Match`.
    tags: Vec<u8, TAGS_MAX>,
    /// More matched than there is room for.
    overflowed: bool,
    /// Of the request's secrets, as far as selection asked for them.
    hashes: Hashes,
}

/// A stored response that matches the request's URI, method and variant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) id: PairId,
    pub(crate) status: u16,
    /// It answers HEAD only.
    pub(crate) only_head: bool,
    pub(crate) has_vary: bool,
    /// `no-cache="…"`: some of its fields may not be reused without validation.
    pub(crate) hides_fields: bool,
    pub(crate) tag: TagSpan,
    pub(crate) last_modified: Option<HttpDate>,
    /// Its `Date`, else the time it was received.
    pub(crate) date: Option<HttpDate>,
    pub(crate) received: ReceivedAt,
    /// Its `Content-Length`.
    pub(crate) content_length: Option<u64>,
    pub(crate) body: StoredBody,
    pub(crate) usability: Usability,
    /// What it is to the client.
    pub(crate) answer: Answer,
}

impl Candidate {
    /// What decides between candidates (§4.1): one whose response has `Vary` comes before one that
    /// has none, then the most recent `Date`.
    ///
    /// A stored error (5xx) that is not fresh any more comes after everything else: it must not
    /// hide what it stood in for.
    fn rank(&self) -> (bool, bool, Option<HttpDate>, Option<Uptime>) {
        let is_spent = self.is_error() && self.usability.verdict != Verdict::Fresh;
        (!is_spent, self.has_vary, self.date, self.received.uptime)
    }

    /// Whether it is a server error.
    pub(crate) const fn is_error(&self) -> bool {
        self.status >= 500
    }
}

/// Where a candidate's tag lies among the joined ones; of length 0 if it has none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TagSpan {
    start: usize,
    len: usize,
}

/// Some of the candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chosen(u8);

impl Chosen {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn with(self, at: usize) -> Self {
        Self(self.0 | 1 << at)
    }

    pub(crate) const fn contains(self, at: usize) -> bool {
        self.0 & 1 << at != 0
    }

    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn len(self) -> u32 {
        self.0.count_ones()
    }
}

const SEPARATOR: &[u8] = b", ";

impl Candidates {
    /// Room for the candidates of one request.
    pub const fn new() -> Self {
        Self { list: Vec::new(), tags: Vec::new(), overflowed: false, hashes: Hashes::NONE }
    }

    pub(crate) fn clear(&mut self) {
        self.list.clear();
        self.tags.clear();
        self.overflowed = false;
        self.hashes = Hashes::NONE;
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
            let least = self.list.iter().enumerate().min_by_key(|(_, other)| other.rank());
            match least.map(|(at, other)| (at, other.rank())) {
                Some((at, rank)) if rank < candidate.rank() => self.remove(at),
                _ => return,
            }
        }
        candidate.tag = etag.map(|etag| self.keep_tag(&etag)).unwrap_or_default();
        // Room was made above.
        let _ = self.list.push(candidate);
    }

    /// Appends a tag to the joined ones. One that is too long is not kept: the response is then
    /// validated by date, or fetched again.
    fn keep_tag(&mut self, etag: &EntityTag<'_>) -> TagSpan {
        let before = self.tags.len();
        let separator: &[u8] = if before == 0 { b"" } else { SEPARATOR };
        let weak: &[u8] = if etag.is_weak() { b"W/" } else { b"" };
        let start = before + separator.len();
        let len = weak.len() + etag.opaque().len();
        if len > ETAG_MAX || start + len > self.tags.capacity() {
            return TagSpan::default();
        }
        for part in [separator, weak, etag.opaque()] {
            // There is room for all three.
            let _ = self.tags.extend_from_slice(part);
        }
        TagSpan { start, len }
    }

    fn remove(&mut self, at: usize) {
        let Some(TagSpan { start, len }) = self.list.get(at).map(|candidate| candidate.tag) else {
            return;
        };
        self.list.swap_remove(at);
        if len == 0 {
            return;
        }
        // The tag goes with the separator behind it, or before it if it is the last.
        let end = start + len;
        let (from, to) = if end == self.tags.len() {
            (start.saturating_sub(SEPARATOR.len()), end)
        } else {
            (start, end + SEPARATOR.len())
        };
        let gone = to - from;
        let rest = self.tags.len() - gone;
        for at in from..rest {
            if let Some(moved) = self.tags.get(at + gone).copied()
                && let Some(octet) = self.tags.get_mut(at)
            {
                *octet = moved;
            }
        }
        self.tags.truncate(rest);
        for candidate in &mut self.list {
            if candidate.tag.start > start {
                candidate.tag.start -= gone;
            }
        }
    }

    /// The candidate to answer with; `None` if there is none.
    pub(crate) fn best(&self) -> Option<(usize, &Candidate)> {
        self.best_of(|_, _| true)
    }

    /// The best of those that `are`.
    pub(crate) fn best_of(&self, are: impl Fn(usize, &Candidate) -> bool) -> Option<(usize, &Candidate)> {
        let those = self.list.iter().enumerate().filter(|(at, candidate)| are(*at, candidate));
        those.max_by_key(|(_, candidate)| candidate.rank())
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

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether more stored responses match than are kept here.
    pub(crate) const fn overflowed(&self) -> bool {
        self.overflowed
    }

    pub(crate) fn validators(&self, candidate: &Candidate) -> Validators<'_> {
        let TagSpan { start, len } = candidate.tag;
        let tag = self.tags.get(start..start + len).unwrap_or_default();
        Validators { etag: EntityTag::parse(tag), last_modified: candidate.last_modified }
    }

    /// Every kept tag, joined; `None` if there is none.
    pub(crate) fn tags(&self) -> Option<&[u8]> {
        (!self.tags.is_empty()).then_some(&self.tags)
    }

    /// Those whose tag is among the joined ones.
    pub(crate) fn tagged(&self) -> Chosen {
        self.choose(|candidate| candidate.tag.len > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DeltaSeconds;

    fn add(candidates: &mut Candidates, id: u64, date: i64, tag: &str) {
        let candidate = Candidate {
            id: PairId::new(id),
            status: 200,
            only_head: false,
            has_vary: false,
            hides_fields: false,
            tag: TagSpan::default(),
            last_modified: None,
            date: Some(HttpDate::from_unix(date)),
            received: ReceivedAt { uptime: None, utc: None, initial_age: DeltaSeconds::ZERO },
            content_length: None,
            body: StoredBody::default(),
            usability: Usability { verdict: Verdict::Fresh, age: None, on_error: false },
            answer: Answer::Whole,
        };
        candidates.add(candidate, EntityTag::parse(tag.as_bytes()));
    }

    fn tags(candidates: &Candidates) -> &str {
        core::str::from_utf8(candidates.tags().unwrap_or_default()).unwrap()
    }

    #[test]
    fn s4_1_the_most_recent_is_the_best() {
        let mut candidates = Candidates::new();
        for (id, date) in [(1, 10), (2, 30), (3, 20)] {
            add(&mut candidates, id, date, "");
        }
        assert_eq!(candidates.best().unwrap().1.id, PairId::new(2));
        assert_eq!(tags(&candidates), "");
    }

    #[test]
    fn when_full_the_oldest_goes_with_its_tag() {
        for oldest in 0..CANDIDATES_MAX {
            let mut candidates = Candidates::new();
            for at in 0..CANDIDATES_MAX {
                let date = if at == oldest { 1 } else { 10 + at as i64 };
                add(&mut candidates, at as u64, date, &format!("W/\"{at}\""));
            }
            add(&mut candidates, 9, 100, "\"9\"");
            add(&mut candidates, 10, 0, "\"too old\"");
            assert_eq!(candidates.len(), CANDIDATES_MAX);
            let kept = (0..CANDIDATES_MAX).filter(|at| *at != oldest).map(|at| format!("W/\"{at}\""));
            let expected: std::vec::Vec<_> = kept.chain(["\"9\"".to_owned()]).collect();
            assert_eq!(tags(&candidates), expected.join(", "));
            for candidate in &candidates.list {
                let etag = candidates.validators(candidate).etag.unwrap();
                assert_eq!(etag.opaque(), format!("\"{}\"", candidate.id.number()).as_bytes());
            }
        }
    }

    #[test]
    fn a_tag_that_is_too_long_is_not_kept() {
        let mut candidates = Candidates::new();
        add(&mut candidates, 1, 1, &format!("\"{}\"", "x".repeat(ETAG_MAX)));
        assert_eq!(candidates.tags(), None);
        assert!(candidates.tagged().is_empty());
    }
}
