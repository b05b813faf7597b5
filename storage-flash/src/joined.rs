//! Pairs whose bodies have become parts of another's.

use crate::catalog::{Catalog, name, parts};
use crate::few::take_out;
use crate::footer::Mark;
use crate::header::Reference;
use larder::pair::PairId;

/// Pairs whose bodies are parts of others', at most.
pub(crate) const JOINED_MAX: usize = 8;

/// The name of the pair that a mark in the sector numbered `seq` speaks of.
pub(crate) fn named(seq: u32, mark: &Mark) -> Option<u64> {
    let reference = Reference(mark.reference);
    let base = seq.checked_sub(u32::from(reference.back()))?;
    Some(name(base, reference.unit()).number())
}

impl<const PAIRS: usize> Catalog<PAIRS> {
    /// A pair is removed: if another takes its body over, that is noted.
    pub(crate) fn join(&mut self, seq: u32, mark: &Mark) {
        let (Some(into), Some(from)) = (self.joining.take(), named(seq, mark)) else {
            return;
        };
        self.add_joined(from, into);
    }

    /// The body of the pair called `from` is a part of that of the one called `into`.
    pub(crate) fn add_joined(&mut self, from: u64, into: u64) {
        if self.joined.iter().any(|(known, _)| *known == from) {
            return;
        }
        if self.joined.is_full() {
            // What is oldest is most likely gone.
            let oldest = self.joined.iter().enumerate().min_by_key(|(_, (_, into))| *into);
            if let Some((at, _)) = oldest {
                take_out(&mut self.joined, at);
            }
        }
        let _ = self.joined.push((from, into));
    }

    /// Whether another pair's body may be made a part of one's. While a pair's sector is there, so
    /// may be the record that joined another to it, though both are removed: a mount would find them
    /// all, and has no more room for them, so they count.
    pub(crate) fn can_join(&mut self) -> bool {
        // Where one goes, what was joined to it goes too: nothing that was joined is known itself.
        while let Some(at) = self.joined.iter().position(|(_, into)| !self.may_be_found(*into)) {
            take_out(&mut self.joined, at);
        }
        !self.joined.is_full()
    }

    /// Whether a mount would find what was joined to the pair called `into`.
    fn may_be_found(&self, into: u64) -> bool {
        let here = into > self.floor && parts(PairId::new(into)).0 + self.geometry.sectors > self.newest;
        here || self.is_known(PairId::new(self.root(into)))
    }

    /// Whether there is an entry of a pair.
    pub(crate) fn is_known(&self, id: PairId) -> bool {
        let base = self.base(id);
        base.is_some_and(|base| self.index.iter().any(|entry| entry.base() == base))
    }

    /// The pair that what belongs to the one called `name` belongs to now.
    #[inline(never)]
    pub(crate) fn root(&self, name: u64) -> u64 {
        let mut name = name;
        for _ in 0..JOINED_MAX {
            match self.joined.iter().find(|(from, _)| *from == name) {
                Some((_, into)) => name = *into,
                None => break,
            }
        }
        name
    }

    /// Whether what belongs to the pair called `name` belongs to the one called `id`.
    #[inline(never)]
    pub(crate) fn is_part(&self, name: PairId, id: PairId) -> bool {
        name == id || self.root(name.number()) == id.number()
    }

    /// The pairs whose bodies are parts of one's.
    pub(crate) fn parts_of(&self, id: PairId) -> impl Iterator<Item = PairId> {
        let parts = self.joined.iter().filter(move |(from, _)| self.root(*from) == id.number());
        parts.map(|(from, _)| PairId::new(*from))
    }
}
