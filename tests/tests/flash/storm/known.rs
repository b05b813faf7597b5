//! What must be there, what may, and what must not.

use super::ops::{Done, Op};
use super::{Open, Pair, Storm};
use crate::world::{Seen, sample, view};
use larder::store::StoreError;
use larder_tests::nor::NorError;
use std::collections::{BTreeMap, BTreeSet};

impl<const R: usize, const W: usize, const E: usize> Storm<R, W, E> {
    /// What came of an operation; `None`: it is not known.
    pub fn note(&mut self, op: &Op, done: Option<Result<Done, StoreError<NorError>>>) {
        let well = matches!(done, Some(Ok(_)));
        let failed = matches!(done, Some(Err(_)));
        match op {
            Op::Create(sample, from) => {
                let pair = Pair {
                    sample: sample.clone(),
                    id: None,
                    gone: failed && from.is_none(),
                    hidden: false,
                    pinned: false,
                    held: false,
                    versions: BTreeSet::from([sample.version]),
                    replaces: Vec::new(),
                };
                self.pairs.push(pair);
                if let Some(Ok(Done::Begun(writing))) = done {
                    let (pair, at) = (self.pairs.len() - 1, from.unwrap_or(0));
                    self.begun(Open { writing, pair, at, resumable: from.is_some() });
                }
            }
            Op::Resume(pair, at) => {
                if let Some(Ok(Done::Begun(writing))) = done {
                    self.begun(Open { writing, pair: *pair, at: *at, resumable: true });
                }
            }
            Op::Write(at, len) => {
                let open = &mut self.open[*at];
                open.at = (open.at + len).min(self.pairs[open.pair].sample.len);
                // The one that was used last is the last one.
                let open = self.open.remove(*at);
                self.open.push(open);
                if failed {
                    self.ended(self.open.len() - 1);
                }
            }
            Op::Commit(at, replaces) => {
                let open = self.open.remove(*at);
                for old in replaces.iter().filter(|_| !failed) {
                    self.pairs[*old].pinned = false;
                }
                let pair = &mut self.pairs[open.pair];
                if failed {
                    pair.gone |= !open.resumable;
                } else {
                    pair.replaces = replaces.clone();
                }
                if let Some(Ok(Done::Pair(id))) = done {
                    pair.id = id;
                    // Whether it was whole is seen.
                    let whole = !open.resumable;
                    for old in replaces.iter().filter(|_| whole) {
                        self.pairs[*old].gone = true;
                    }
                }
            }
            Op::Abandon(at) => {
                let open = self.open.remove(*at);
                self.pairs[open.pair].gone |= well || !open.resumable;
                self.pairs[open.pair].hidden |= failed;
            }
            Op::Suspend(at) => {
                let open = self.open.remove(*at);
                self.pairs[open.pair].gone |= !open.resumable || matches!(done, Some(Ok(Done::Pair(None))));
            }
            Op::Merge(_, from) => self.pairs[*from].gone |= well,
            Op::Update(pair, version, _) if !failed => {
                let pair = &mut self.pairs[*pair];
                if well {
                    pair.versions.clear();
                }
                pair.versions.insert(*version);
            }
            // It was evicted on the way. The next boot may find it again, its new head with it.
            Op::Update(pair, version, _) if matches!(done, Some(Err(StoreError::Gone))) => {
                self.pairs[*pair].versions.insert(*version);
            }
            Op::Update(..) | Op::Maintain => {}
            Op::Remove(pair) | Op::Wipe(pair) => {
                if matches!(op, Op::Wipe(_)) && self.open.len() == 2 {
                    self.ended(0);
                }
                let pair = &mut self.pairs[*pair];
                pair.gone |= well;
                pair.hidden |= failed && matches!(op, Op::Remove(_));
                pair.pinned = false;
            }
            Op::Invalidate(path) => {
                let uri = sample(path, 0).uri;
                for pair in self.pairs.iter_mut().filter(|pair| pair.sample.uri == uri) {
                    pair.gone |= well;
                    pair.hidden |= failed;
                    pair.pinned = false;
                }
            }
            Op::Clear => {
                self.pairs.iter_mut().for_each(|pair| {
                    pair.gone |= well;
                    pair.pinned = false;
                });
            }
            Op::Pin(pair) => {
                self.pairs[*pair].pinned |= well;
                self.pairs[*pair].held = true;
            }
            Op::Unpin(pair) => {
                self.pairs[*pair].pinned = false;
                self.pairs[*pair].held &= !well;
            }
        }
    }

    /// A writer was begun: it is the last one, and took the place of the first one if there were two.
    fn begun(&mut self, open: Open) {
        if self.open.len() == 2 {
            self.ended(0);
        }
        self.open.push(open);
    }

    /// A writer was given up.
    fn ended(&mut self, at: usize) {
        let open = self.open.remove(at);
        self.pairs[open.pair].gone |= !open.resumable;
    }

    /// Looks at all that can be found.
    pub fn look(&mut self, op: &Op, rebooted: bool) {
        let told = format!("{}{}", self.told, if rebooted { ", and a reboot" } else { "" });
        let seen = view(&mut self.store);
        let mut known = BTreeMap::new();
        for (id, Seen { uri, version, body }) in &seen {
            let at = self.pairs.iter().position(|pair| pair.versions.contains(version));
            let at = at.unwrap_or_else(|| panic!("{uri} of an older version {version}: {told}"));
            let pair = &mut self.pairs[at];
            assert!(!pair.gone, "{uri} version {version} is back as {id:?}: {told}");
            assert!(!pair.hidden, "{uri} version {version} was removed: {told}");
            assert_eq!(pair.sample.uri, *uri, "{told}");
            assert!(body.complete.is_none_or(|complete| complete <= pair.sample.len), "{told}");
            assert!(known.insert(at, *id).is_none(), "{uri} version {version} is there twice: {told}");
            pair.versions = BTreeSet::from([*version]);
            pair.id = Some(*id);
            if body.committed {
                for old in std::mem::take(&mut pair.replaces) {
                    self.pairs[old].gone = true;
                }
            }
        }
        for (at, id) in &known {
            assert!(!self.pairs[*at].gone, "{id:?} is there, and what is in its place: {told}");
        }
        let written: Vec<_> = self.open.iter().map(|open| open.pair).collect();
        let free = |at: &usize| !self.pairs[*at].held && !matches!(op, Op::Wipe(_) | Op::Clear);
        let oldest = known.iter().filter(|(at, _)| free(at)).map(|(_, id)| *id).min();
        for (at, pair) in self.pairs.iter().enumerate() {
            let was = pair.id.filter(|id| self.seen.contains_key(id));
            if known.contains_key(&at) || pair.gone || pair.hidden || written.contains(&at) {
                continue;
            }
            assert!(!pair.pinned, "{} version {:?} was pinned: {told}", pair.sample.uri, pair.versions);
            let (Some(was), Some(oldest)) = (was, oldest.filter(|_| free(&at))) else { continue };
            let removed = match op {
                Op::Remove(other) | Op::Merge(_, other) | Op::Unpin(other) => *other == at,
                Op::Commit(_, others) => others.contains(&at),
                Op::Invalidate(path) => pair.sample.uri == sample(path, 0).uri,
                Op::Abandon(_) => true,
                _ => false,
            };
            assert!(
                removed || was < oldest,
                "{} {was:?} is lost, {oldest:?} is older: {told}",
                pair.sample.uri
            );
        }
        self.seen = seen;
    }
}
