//! What the model knows of an incomplete pair.

use super::sample::RECORD;
use super::{Sample, extents};
use larder::pair::PairId;
use larder::store::PairStore;
use std::ops::Range;

/// An incomplete pair, as it should be, unless it is gone.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Its name; `None` while it is written for the first time.
    pub(super) id: Option<PairId>,
    pub(super) sample: Sample,
    /// Which octets of its body are held.
    held: Vec<bool>,
    /// Its writer was given up for another: of what it had gathered, the end may be lost.
    cut_short: bool,
}

impl Part {
    pub(super) fn new(sample: Sample) -> Self {
        Self { id: None, held: vec![false; sample.len], cut_short: false, sample }
    }

    /// Adds what a writer has written. It stops where octets are held.
    pub(super) fn add(&mut self, range: Range<usize>) {
        let missing = self.held[range].iter_mut().take_while(|held| !**held);
        missing.for_each(|held| *held = true);
    }

    /// Its writer is gone, and has written this; a part of that may be lost.
    pub(super) fn cut_short(self, range: Range<usize>) -> Self {
        let mut then = self;
        then.add(range);
        Self { cut_short: true, ..then }
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.held.contains(&true)
    }

    /// Whether nothing is missing once a writer has written `range`.
    pub(super) fn is_whole_with(&self, range: Range<usize>) -> bool {
        let mut then = self.clone();
        then.add(range);
        then.first_missing().is_none()
    }

    /// Position of the first octet that is missing; `None` if none is.
    fn first_missing(&self) -> Option<usize> {
        self.held.iter().position(|held| !held)
    }

    /// Where a writer can go on; `None` if that is not known.
    pub(super) fn next_missing(&self) -> Option<usize> {
        self.first_missing().filter(|_| !self.cut_short)
    }

    /// Whether the store still has it.
    pub(super) async fn is_there<S: PairStore>(&self, store: &mut S) -> bool {
        let Some(id) = self.id else { return false };
        store.head(id, &mut [0; RECORD]).await.expect("the medium works").is_some()
    }

    /// It is gone, or holds what it should and nothing else.
    pub(super) async fn check<S: PairStore>(&self, store: &mut S) {
        let Some(id) = self.id.filter(|_| self.sample.len > 0) else { return };
        if !self.is_there(store).await {
            return;
        }
        let mut held = vec![false; self.sample.len];
        for extent in extents(store, id).await {
            held[extent.start as usize..extent.end as usize].fill(true);
        }
        let mut both = held.iter().zip(&self.held);
        let agrees = both.all(|(held, written)| held == written || (self.cut_short && *written));
        assert!(agrees, "{id:?} holds {held:?}, not {:?}", self.held);
        let body = self.sample.body();
        for at in (0..body.len()).step_by(7) {
            let mut buf = [0; 9];
            let read = store.read(id, at as u64, &mut buf).await.expect("it is there");
            assert_eq!(read > 0, held[at], "at {at}");
            assert_eq!(buf[..read], body[at..][..read], "at {at}");
        }
    }
}
