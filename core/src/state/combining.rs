//! `Combining`: a 206 continues a stored incomplete response (RFC 9111 §3.4).

use super::{Arrived, CacheMiss, Context, FromCache};
use crate::fields::Part;
use crate::head::{ResponseHead, Text};
use crate::pair::{NewPair, PairId, StoredPair};
use crate::reason::Reason;

/// A stored part is continued: its head is updated, and its body goes on where the stored one has a hole.
///
/// What holds on to the response has its lifetime `'r`; what does not has the request's, `'a`.
#[derive(Clone, Copy, Debug)]
pub struct Combining<'a, 'r> {
    context: Context<'a>,
    arrived: Arrived<'r>,
    /// The stored part, by its place among the candidates.
    at: usize,
    part: Part,
    /// The `Content-Length` of the whole.
    whole: Text<20>,
}

impl<'a, 'r> Combining<'a, 'r> {
    pub(crate) fn new(context: Context<'a>, arrived: Arrived<'r>, at: usize, part: Part) -> Self {
        let whole = Text::EMPTY.number(part.complete.unwrap_or(0));
        Self { context, arrived, at, part, whole }
    }

    /// The response that continues it.
    pub const fn response(&self) -> &ResponseHead<'r> {
        &self.arrived.response
    }

    /// The pair that is continued.
    pub fn id(&self) -> Option<PairId> {
        self.context.candidates.get(self.at).map(|part| part.id)
    }

    /// The other stored pairs that the complete response stands for. They go when it is complete.
    pub fn replaces(&self) -> impl Iterator<Item = PairId> + Clone + use<'a> {
        let (candidates, at) = (self.context.candidates, self.at);
        candidates.ids(candidates.all()).filter(move |id| candidates.position(*id) != Some(at))
    }

    /// Which octets of the body arrive, the complete length with them.
    pub const fn part(&self) -> Part {
        self.part
    }

    /// `stored` with the fields of the response in place of its own ones, the time of this exchange, and
    /// the complete length: it is that of the whole (§3.4).
    pub fn freshened<'f>(&'f self, stored: &StoredPair<'f>) -> NewPair<'f> {
        let mut freshened = self.context.freshened(stored, &self.arrived, Some(&self.whole));
        freshened.length = self.part.complete;
        freshened
    }

    /// Goes on if the store has lost the part meanwhile: the whole is asked for.
    pub const fn lost(self) -> CacheMiss<'a> {
        CacheMiss::new(self.context, Reason::DoesNotContinue)
    }

    /// What follows once the head is updated: stored and new octets answer as one 200.
    pub fn next(self) -> Option<FromCache<'a>> {
        let part = self.context.candidates.get(self.at)?;
        Some(FromCache::completed(self.context, part, self.arrived.received.initial_age))
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Combining<'_, '_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        let request = &self.context.request;
        defmt::write!(f, "Combining({} {=str})", request.method, request.uri);
    }
}
