//! `Download`: a body that is in the store, whole.

use crate::client::Pending;
use crate::digest::{Verdict, Verifier, hash_stored};
use crate::fields::Digest;
use crate::pair::PairId;
use crate::store::{PairStore, StoreError};
use core::fmt;

/// Where a downloaded body is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub(super) id: PairId,
    pub(super) len: u64,
    pub(super) verified: Option<Digest>,
}

/// A body that was downloaded. The store does not evict it while this exists.
///
/// When it is dropped and not [closed](Self::close), the pair stays pinned until the client is used
/// again: there is no async `Drop`.
pub struct Download<'c, S> {
    store: &'c mut S,
    pending: &'c mut Pending,
    held: Held,
}

impl<'c, S: PairStore> Download<'c, S> {
    pub(super) const fn new(store: &'c mut S, pending: &'c mut Pending, held: Held) -> Self {
        Self { store, pending, held }
    }

    /// Octets of the body.
    pub const fn len(&self) -> u64 {
        self.held.len
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.held.len == 0
    }

    /// What it hashes to, as expected by the caller or said by the response. `None`: nobody said what it
    /// must hash to, so it was not verified.
    pub const fn verified(&self) -> Option<&Digest> {
        self.held.verified.as_ref()
    }

    /// Its pair in the store.
    pub const fn id(&self) -> PairId {
        self.held.id
    }

    /// Reads octets from `offset` on, as many as there are up to the length of `buf`; fewer only at the
    /// body's end.
    ///
    /// # Errors
    /// [`StoreError::Gone`] if the pair was invalidated or removed, or is damaged; those of the medium.
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> Result<usize, StoreError<S::Error>> {
        let mut filled = 0;
        while let Some(room @ [_, ..]) = buf.get_mut(filled..) {
            let at = offset.saturating_add(filled as u64);
            if at >= self.held.len {
                break;
            }
            match self.store.read(self.held.id, at, room).await? {
                0 => return Err(StoreError::Gone),
                read => filled += read,
            }
        }
        Ok(filled)
    }

    /// Hashes the body again, as it lies in the store, through `buf`: right before it is used, say, or
    /// when the expected digest is known at last.
    ///
    /// # Errors
    /// As [`read_at`](Self::read_at); [`StoreError::Gone`] if `buf` is empty.
    ///
    /// # Cancel safety
    /// Cancel-safe.
    pub async fn verify(
        &mut self,
        expected: Digest,
        buf: &mut [u8],
    ) -> Result<Verdict, StoreError<S::Error>> {
        let mut verifier = Verifier::new(expected);
        let reached = hash_stored(self.store, self.held.id, 0..self.held.len, &mut verifier, buf).await?;
        if reached < self.held.len {
            return Err(StoreError::Gone);
        }
        let verdict = verifier.finish();
        if let Verdict::Verified(digest) = verdict {
            self.held.verified = Some(digest);
        }
        Ok(verdict)
    }

    /// Lets the store evict it from now on.
    ///
    /// # Errors
    /// Those of the store's medium.
    pub async fn close(self) -> Result<(), S::Error> {
        let Some(pin) = self.pending.pinned else {
            return Ok(());
        };
        let unpinned = self.store.unpin(pin).await;
        self.pending.pinned = None;
        unpinned
    }

    /// Removes it from the store.
    ///
    /// # Errors
    /// Those of the store's medium; see [`PairStore::remove`].
    pub async fn discard(self) -> Result<(), S::Error> {
        let removed = self.store.remove(self.held.id).await;
        let unpinned = self.close().await;
        removed.and(unpinned)
    }
}

impl<S> fmt::Debug for Download<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("held", &self.held).finish_non_exhaustive()
    }
}
