//! One stored pair, as octets: all the store that a walk without a client needs.

use larder::pair::{NewPair, PairId, StoredBody, StoredPair, record};

/// The record of a pair and the length of its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    record: Vec<u8>,
    length: u64,
}

impl Kept {
    /// The name its pair is seen under.
    pub const ID: PairId = PairId::new(7);

    /// Keeps a pair whose body has `length` octets.
    ///
    /// # Panics
    /// If one of its parts is longer than a record can say.
    pub fn new(pair: &NewPair<'_>, length: u64) -> Self {
        let mut kept = Vec::new();
        let done: Option<Result<(), ()>> = record::encode(pair, |octets| {
            kept.extend_from_slice(octets);
            Ok(())
        });
        assert_eq!(done, Some(Ok(())));
        assert_eq!(record::encoded_len(pair), Some(kept.len()));
        Self { record: kept, length }
    }

    /// The pair.
    ///
    /// # Panics
    /// If the record is none.
    pub fn pair(&self) -> StoredPair<'_> {
        record::decode(&self.record, Self::ID, StoredBody::whole(self.length)).expect("a record")
    }
}
