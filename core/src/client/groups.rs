//! The part of a walk that deals with cache groups (RFC 9875).

use super::Origin;
use super::walk::Walk;
use crate::pair::{Group, PairKey, StoredPair};
use crate::store::{Cursor, PairStore};
use crate::time::Clock;

impl<S: PairStore, O: Origin, C: Clock> Walk<'_, S, O, C> {
    /// Whether a group of this pair was invalidated since its head was written. If the store cannot say,
    /// it counts as invalid.
    pub(super) async fn is_invalidated(&mut self, pair: &StoredPair<'_>) -> bool {
        let mut groups = pair.groups();
        if groups.clone().next().is_none() {
            return false;
        }
        let found = self.store.is_group_invalid(pair.id, &mut groups).await;
        self.report.store_failed |= found.is_err();
        found.unwrap_or(true)
    }

    pub(super) async fn invalidate_groups(&mut self, groups: impl Iterator<Item = Group>) {
        for group in groups {
            if self.store.invalidate_group(group).await.is_err() {
                self.distrust();
            }
        }
    }

    /// What shares a group with a response that is about to be invalidated is invalid too (§2.2.1); what
    /// shares another group with that is not.
    pub(super) async fn invalidate_groups_under(&mut self, key: PairKey<'_>, record: &mut [u8]) {
        let mut cursor = Cursor::new();
        while let Some(found) = self.find(key, &mut cursor, record).await {
            if let Some(pair) = found.view(record) {
                self.invalidate_groups(pair.groups()).await;
            }
        }
    }
}
