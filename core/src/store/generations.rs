//! What was invalidated last: a list of fixed size, for stores to keep.

/// The last keys that were invalidated, by their fingerprints, and how many there were.
///
/// Of what was asked for before the oldest in the list, nothing is known: where so much is invalidated during one
/// request, that is stored as it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generations {
    count: u32,
    /// The count when anything may have been invalidated.
    all: u32,
    last: [u32; KEPT],
}

const KEPT: usize = 8;

impl Generations {
    /// Nothing was invalidated.
    pub const fn new() -> Self {
        Self { count: 0, all: 0, last: [0; KEPT] }
    }

    /// The generation now.
    pub const fn now(&self) -> u32 {
        self.count
    }

    /// What is stored under the key with this fingerprint is invalidated.
    pub fn add(&mut self, fingerprint: u32) {
        self.last.rotate_right(1);
        self.last[0] = fingerprint;
        self.count = self.count.wrapping_add(1);
    }

    /// Anything may have been invalidated.
    pub const fn add_all(&mut self) {
        self.count = self.count.wrapping_add(1);
        self.all = self.count;
    }

    /// Whether what is stored under the key with this fingerprint is known to have been invalidated since that
    /// generation.
    pub fn is_older(&self, generation: u32, fingerprint: u32) -> bool {
        let since = self.count.wrapping_sub(generation);
        let since_all = self.count.wrapping_sub(self.all);
        since_all < since || self.last.iter().take(since as usize).any(|last| *last == fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalidation_is_seen_by_its_key_and_by_no_other() {
        for count in [0, 1, u32::MAX - 2] {
            let mut generations = Generations { count, all: count, ..Generations::new() };
            let before = generations.now();
            assert!(!generations.is_older(before, 1));
            for key in 1..=KEPT as u32 {
                assert!(!generations.is_older(before, key));
                generations.add(key);
                assert!((1..=key).all(|key| generations.is_older(before, key)));
                assert!(!generations.is_older(before, key + 1), "another one");
                assert!(!generations.is_older(generations.now(), key), "asked for since");
            }
            generations.add(99);
            assert!(!generations.is_older(before, 1), "it is not known any more");
            let before = generations.now();
            generations.add_all();
            assert!(generations.is_older(before, 77), "anything");
            assert!(!generations.is_older(generations.now(), 77), "asked for since");
            generations.add(5);
            assert!(generations.is_older(before, 77));
        }
    }
}
