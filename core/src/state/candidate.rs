//! One stored response that matches a request, as far as decisions ask.

use super::candidates::TagSpan;
use crate::pair::{PairId, StoredBody};
use crate::reason::Reason;
use crate::rules::preconditions::Answer;
use crate::rules::reuse::{Usability, Verdict};
use crate::time::{HttpDate, ReceivedAt, Uptime};
use core::cmp::Ordering;

/// A stored response that matches the request's URI, method and variant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) id: PairId,
    pub(crate) status: u16,
    /// It answers HEAD only.
    pub(crate) only_head: bool,
    pub(crate) has_vary: bool,
    /// How much the request prefers it, in thousandths.
    #[cfg(feature = "negotiation")]
    pub(crate) preference: u16,
    /// `no-cache="…"`: some of its fields may not be reused without validation.
    pub(crate) hides_fields: bool,
    pub(crate) tag: TagSpan,
    /// Whether it has a tag, kept or not.
    pub(crate) has_tag: bool,
    pub(crate) last_modified: Option<HttpDate>,
    /// Its `Date`, else the time it was received.
    pub(crate) date: Option<HttpDate>,
    pub(crate) received: ReceivedAt,
    /// Its `Content-Length`.
    pub(crate) content_length: Option<u64>,
    pub(crate) body: StoredBody,
    /// [`ResponseFacts::coding`](crate::fields::ResponseFacts::coding).
    pub(crate) coding: u32,
    /// Whether its validator is a strong one.
    pub(crate) is_strong: bool,
    /// Of an incomplete response: the first hole in its body, if it was looked for.
    pub(crate) hole: Option<Hole>,
    /// Whether it can answer the request: it is whole, or no more than what is there is asked for. Else
    /// it can only be completed.
    pub(crate) role: Role,
    pub(crate) usability: Usability,
    /// What it is to the client.
    pub(crate) answer: Answer,
}

/// What a stored response can be to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It answers, and may be validated to that end.
    Answers,
    /// It answers as it is. It is incomplete, so its tag is not sent (§4.3.1).
    AnswersAsItIs,
    /// It is incomplete, and does not answer.
    Part,
}

/// Octets that are missing in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hole {
    /// Position of the first one.
    pub(crate) first: u64,
    /// Position behind the last one; `None`: all that follow are missing.
    pub(crate) end: Option<u64>,
}

impl Candidate {
    /// What decides between candidates: one that can answer comes before one that cannot; then (§4.1)
    /// one whose response has `Vary` before one that has none, then what the request prefers, then the most
    /// recent `Date`.
    ///
    /// A stored error (5xx) that is not fresh any more comes after everything else: it must not
    /// hide what it stood in for.
    #[inline(never)]
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank()).then_with(|| self.age_rank().cmp(&other.age_rank()))
    }

    fn rank(&self) -> (bool, bool, bool, u16) {
        let is_spent = self.is_error() && self.usability.verdict != Verdict::Fresh;
        (self.answers(), !is_spent, self.has_vary, self.preference())
    }

    /// The more recent, the greater.
    const fn age_rank(&self) -> (Option<HttpDate>, Option<Uptime>) {
        (self.date, self.received.uptime)
    }

    #[cfg(feature = "negotiation")]
    const fn preference(&self) -> u16 {
        self.preference
    }

    #[cfg(not(feature = "negotiation"))]
    const fn preference(&self) -> u16 {
        0
    }

    /// Whether it can answer the request.
    pub(crate) fn answers(&self) -> bool {
        self.role != Role::Part
    }

    /// Whether it was stored before `other`, by what §4.1 goes by.
    pub(crate) fn is_older(&self, other: &Self) -> bool {
        self.age_rank() < other.age_rank()
    }

    /// Whether it must be validated whatever it says: combining it with others would hide that.
    pub(super) fn is_invalidated(&self) -> bool {
        cfg!(feature = "groups") && self.usability.verdict == Verdict::Validate(Reason::Invalidated)
    }

    /// Whether it is a server error.
    pub(crate) const fn is_error(&self) -> bool {
        self.status >= 500
    }
}

/// Some of the candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chosen(u8);

impl Chosen {
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn with(self, at: usize) -> Self {
        Self(self.0 | 1 << at)
    }

    pub(crate) const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
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
