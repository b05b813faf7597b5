//! Slots: which writer a handle means, and what its methods do.

use crate::FlashStore;
use crate::append::each;
use crate::catalog::name;
use crate::header::{Kind, LIST_MAX};
use crate::store::State;
use crate::writer::Writer;
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::{NewPair, PairId, record};
use larder::store::{StoreError, Writing};

impl<F: NorFlash, const PAIRS: usize, const WRITERS: usize, const BUFFER: usize>
    FlashStore<F, PAIRS, WRITERS, BUFFER>
{
    /// The writer's slot, if the handle still means it and no call of it was dropped.
    pub(crate) fn slot(&mut self, writing: Writing) -> Option<usize> {
        let slot = usize::from(writing.slot);
        let writer = self.writers.get_mut(slot)?;
        if !writer.active || writer.generation != writing.generation {
            return None;
        }
        self.uses = self.uses.wrapping_add(1);
        writer.used = self.uses;
        let (busy, base) = (writer.busy, writer.base);
        if busy || base.is_some_and(|id| !self.is_pending(id)) {
            self.release(slot);
            return None;
        }
        Some(slot)
    }

    /// Whether a pair is being written, and its head is still there.
    pub(crate) fn is_pending(&mut self, id: PairId) -> bool {
        let base = self.ring.catalog.base(id);
        base.and_then(|base| self.ring.catalog.index.get(base)).is_some_and(|entry| !entry.is_visible())
    }

    /// Ends a writer; a pair that it has not completed is as if never begun.
    pub(crate) fn release(&mut self, slot: usize) {
        let Some(writer) = self.writers.get_mut(slot).filter(|writer| writer.active) else {
            return;
        };
        let base = writer.base;
        writer.end();
        if let Some(id) = base
            && self.is_pending(id)
            && let Some(base) = self.ring.catalog.base(id)
        {
            self.ring.catalog.index.remove(base);
        }
    }

    /// Ends the writers whose heads are gone.
    pub(crate) fn release_lost(&mut self) {
        for slot in 0..WRITERS {
            let base = self.writers.get(slot).and_then(|writer| writer.base.filter(|_| writer.active));
            if base.is_some_and(|id| !self.is_pending(id)) {
                self.release(slot);
            }
        }
    }

    /// A slot for a new writer: a free one, else the one that was not used for longest.
    pub(crate) fn take_slot(&mut self) -> usize {
        self.release_lost();
        self.uses = self.uses.wrapping_add(1);
        let uses = self.uses;
        let idle = |writer: &Writer<BUFFER>| (!writer.active, uses.wrapping_sub(writer.used));
        let longest = self.writers.iter().enumerate().max_by_key(|(_, writer)| idle(writer));
        let slot = longest.map_or(0, |(slot, _)| slot);
        self.release(slot);
        slot
    }

    pub(crate) async fn begin(&mut self, pair: &NewPair<'_>) -> Result<Writing, StoreError<F::Error>> {
        if self.state != State::Ready {
            return Err(StoreError::NoRoom);
        }
        let len = self.head_len(pair)?;
        let length = match pair.length.map(u32::try_from) {
            None => None,
            Some(Ok(length)) if length <= self.body_max() => Some(length),
            Some(_) => return Err(StoreError::BodyTooLarge),
        };
        let slot = self.take_slot();
        let mut base = None;
        if len > Writer::<BUFFER>::ROOM {
            let appended = self.ring.append_head(pair, len, None).await?;
            base = Some(name(appended.seq, (appended.at / self.ring.log.geometry.unit) as u16));
        }
        let fingerprint = pair.key().fingerprint(self.ring.log.seed);
        let Some(writer) = self.writers.get_mut(slot) else {
            return Err(StoreError::NoRoom);
        };
        writer.begin(fingerprint, length);
        writer.used = self.uses;
        writer.base = base;
        if base.is_none() {
            each(pair, &mut |part| {
                writer.gather(part);
            });
            writer.head = writer.filled;
        }
        Ok(Writing { slot: slot as u16, generation: writer.generation })
    }

    pub(crate) fn head_len(&self, pair: &NewPair<'_>) -> Result<usize, StoreError<F::Error>> {
        let len = record::encoded_len(pair).ok_or(StoreError::HeadTooLarge)?;
        if len > self.head_max() as usize { Err(StoreError::HeadTooLarge) } else { Ok(len) }
    }

    pub(crate) async fn add(&mut self, slot: usize, chunk: &[u8]) -> Result<(), StoreError<F::Error>> {
        let mut rest = chunk;
        let most = self.body_max() as usize;
        let gathered = |writer: &Writer<BUFFER>| writer.written as usize + writer.filled - writer.head;
        if self.writers.get(slot).map_or(0, gathered).saturating_add(chunk.len()) > most {
            return Err(StoreError::BodyTooLarge);
        }
        while !rest.is_empty() {
            let writer = self.writers.get_mut(slot).ok_or(StoreError::Gone)?;
            let taken = writer.gather(rest);
            rest = rest.get(taken..).unwrap_or_default();
            if !rest.is_empty() {
                let writer = self.writers.get_mut(slot).ok_or(StoreError::Gone)?;
                self.ring.flush(writer, None).await?;
            }
        }
        Ok(())
    }

    pub(crate) async fn complete(
        &mut self,
        slot: usize,
        replaces: &[PairId],
    ) -> Result<PairId, StoreError<F::Error>> {
        let (first, others) = replaces.split_at_checked(LIST_MAX).unwrap_or((replaces, &[]));
        if !first.is_empty() {
            self.keep_floor().await?;
        }
        let writer = self.writers.get_mut(slot).ok_or(StoreError::Gone)?;
        while !self.ring.flush(writer, Some(first)).await? {}
        self.unpin_all(first);
        let id = self.writers.get(slot).and_then(|writer| writer.base).ok_or(StoreError::Gone)?;
        for more in others.chunks(LIST_MAX) {
            self.ring.append_note(Kind::Remove, more).await?;
        }
        Ok(id)
    }

    pub(crate) fn set_busy(&mut self, slot: usize, busy: bool) {
        if let Some(writer) = self.writers.get_mut(slot) {
            writer.busy = busy;
        }
    }
}
