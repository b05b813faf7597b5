//! Slots: which writer a handle means, and what its methods do.

use crate::FlashStore;
use crate::header::{Kind, LIST_MAX, UNKNOWN};
use crate::heads::{NewHead, each};
use crate::index::PENDING;
use crate::log::Done;
use crate::notes::Word;
use crate::ring::Ring;
use crate::store::State;
use crate::writer::{Gathered, Writer};
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

    /// Whether a pair is not complete, and its head is still there.
    pub(crate) fn is_pending(&mut self, id: PairId) -> bool {
        let base = self.ring.catalog.base(id);
        base.and_then(|base| self.ring.catalog.index.get(base)).is_some_and(|entry| entry.has(PENDING))
    }

    /// Whether a writer has the pair.
    #[inline(never)]
    pub(crate) fn is_being_written(&self, id: PairId) -> bool {
        self.writers.iter().any(|writer| writer.active && writer.base == Some(id))
    }

    /// Ends a writer; of a pair that it has not completed a part stays if that is worth it, else it is
    /// as if never begun.
    pub(crate) fn release(&mut self, slot: usize) {
        let Some(writer) = self.writers.get_mut(slot).filter(|writer| writer.active) else {
            return;
        };
        let base = writer.base;
        writer.end();
        if let Some(id) = base
            && let Some(base) = self.ring.catalog.base(id)
            && let Some(entry) = self.ring.catalog.index.get(base)
            && !entry.is_visible()
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

    pub(crate) async fn begin(&mut self, pair: &NewPair<'_>) -> Done<Writing> {
        if self.state != State::Ready {
            return Err(StoreError::NotMounted);
        }
        let len = self.head_len(pair)?;
        let most = u64::from(self.body_max());
        if pair.length.is_some_and(|length| length > most) || pair.offset > most {
            return Err(StoreError::BodyTooLarge);
        }
        let (length, offset) = (pair.length.map(|length| length as u32), pair.offset as u32);
        let slot = self.take_slot();
        let mut base = None;
        if len > Writer::<BUFFER>::ROOM || offset > 0 {
            let mut head = NewHead::new(pair, len, None);
            self.ring.append(&mut head).await?;
            base = head.name;
        }
        let fingerprint = pair.key().fingerprint(self.ring.log.seed);
        let Some(writer) = self.writers.get_mut(slot) else {
            return Err(StoreError::NoRoom);
        };
        writer.begin(fingerprint, length, offset, pair.resumable);
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

    pub(crate) fn head_len(&self, pair: &NewPair<'_>) -> Done<usize> {
        let len = record::encoded_len(pair).ok_or(StoreError::HeadTooLarge)?;
        if len > self.head_max() as usize { Err(StoreError::HeadTooLarge) } else { Ok(len) }
    }

    /// Goes on writing a pair; see [`PairStore::resume`](larder::store::PairStore::resume).
    pub(crate) async fn go_on(&mut self, id: PairId, offset: u64) -> Done<Writing> {
        let entry = *self.ring.catalog.get(id).ok_or(StoreError::Gone)?;
        if !entry.has(PENDING) || self.is_being_written(id) {
            return Err(StoreError::Gone);
        }
        let total = self.ring.total(id).await.map(|of| of.total).filter(|total| *total != UNKNOWN);
        let total = total.ok_or(StoreError::Gone)?;
        let offset = u32::try_from(offset).ok().filter(|offset| *offset <= total).ok_or(StoreError::Gone)?;
        let extents = self.ring.extents(id, None).await.ok_or(StoreError::Gone)?;
        let limit = extents.hole_end(offset, total);
        if limit > offset && !extents.has_room_at(offset) {
            return Err(StoreError::NoRoom);
        }
        let rest_held = extents.is_whole_with(offset, limit, total);
        self.ring.catalog.stretch_pin(id, self.ring.log.seq)?;
        let slot = self.take_slot();
        let uses = self.uses;
        let writer = self.writers.get_mut(slot).ok_or(StoreError::NoRoom)?;
        writer.resume(id, entry.fingerprint(), offset, limit, rest_held);
        writer.used = uses;
        Ok(Writing { slot: slot as u16, generation: writer.generation })
    }

    /// Makes the extents of one pair part of another's; see
    /// [`PairStore::merge`](larder::store::PairStore::merge).
    pub(crate) async fn join(&mut self, into: PairId, from: PairId) -> Done<()> {
        let mut totals = [0; 2];
        for (id, to) in [into, from].into_iter().zip(&mut totals) {
            let of = self.ring.total(id).await.ok_or(StoreError::Gone)?;
            if of.whole || of.total == UNKNOWN || self.is_being_written(id) {
                return Err(StoreError::Gone);
            }
            *to = of.total;
        }
        let [into_total, from_total] = totals;
        if into_total != from_total || into >= from {
            return Err(StoreError::Gone);
        }
        // The extents of the two must be told apart as those of one.
        if !self.ring.catalog.can_join()
            || self.ring.extents(into, Some(from)).await.ok_or(StoreError::Gone)?.overflowed()
        {
            return Err(StoreError::NoRoom);
        }
        let last = self.ring.last_sector(from).await.ok_or(StoreError::Gone)?;
        self.ring.catalog.stretch_pin(into, last)?;
        let (ids, gone) = ([into, from], [from]);
        let note = Word::note(Kind::Join, &ids);
        self.ring.say(&Word { floor: true, gone: &gone, of: Some(into), ..note }).await?;
        self.ring.places.clear();
        // Room may have been made of the younger one alone.
        if self.ring.catalog.is_part(from, into) { Ok(()) } else { Err(StoreError::Gone) }
    }

    /// Finds out where a writer stands if a call of it was dropped.
    pub(crate) fn take_up(&mut self, slot: usize) {
        let Some(writer) = self.writers.get_mut(slot).filter(|writer| writer.busy) else {
            return;
        };
        // What was being gathered is not known.
        writer.filled = writer.head;
        let begun = writer.begun.filter(|_| writer.base.is_none() && writer.partial);
        if let Some(id) = begun.filter(|id| self.is_pending(*id))
            && let Some(writer) = self.writers.get_mut(slot)
        {
            // Its head was on its way, and arrived.
            writer.base = Some(id);
            (writer.head, writer.filled) = (0, 0);
        }
    }
}

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    /// Gathers `chunk`, and programs what there is no room for. The body may have `most` octets.
    pub(crate) async fn add<const BUFFER: usize>(
        &mut self,
        writer: &mut Writer<BUFFER>,
        chunk: &[u8],
        most: usize,
    ) -> Done<()> {
        let room = (writer.limit as usize).saturating_sub(writer.position());
        let mut rest = chunk.get(..chunk.len().min(room)).unwrap_or_default();
        if writer.position().saturating_add(rest.len()) > most {
            return Err(StoreError::BodyTooLarge);
        }
        while !rest.is_empty() {
            let taken = writer.gather(rest);
            rest = rest.get(taken..).unwrap_or_default();
            if !rest.is_empty() {
                self.append(&mut Gathered { writer, last: false, replaces: None }).await?;
            }
        }
        Ok(())
    }

    /// Completes the pair, in place of those it `replaces`; see
    /// [`PairStore::commit`](larder::store::PairStore::commit).
    pub(crate) async fn complete<const BUFFER: usize>(
        &mut self,
        writer: &mut Writer<BUFFER>,
        replaces: &[PairId],
    ) -> Done<PairId> {
        if !writer.is_whole() {
            let kept = if writer.partial { self.keep(writer).await? } else { None };
            return kept.ok_or(StoreError::Gone);
        }
        let (first, others) = replaces.split_at_checked(LIST_MAX).unwrap_or((replaces, &[]));
        if !first.is_empty() {
            self.say(&Word { floor: true, ..Word::default() }).await?;
        }
        let mut rest = Gathered { writer, last: true, replaces: Some(first) };
        while !self.append(&mut rest).await? {}
        let id = rest.writer.base.ok_or(StoreError::Gone)?;
        self.say(&Word { gone: first, of: Some(id), ..Word::default() }).await?;
        for more in others.chunks(LIST_MAX) {
            // The pair is complete, whatever becomes of these.
            let _ = self.say(&Word::removal(more)).await;
        }
        self.catalog.get(id).map(|_| id).ok_or(StoreError::Gone)
    }

    /// Programs what the writer has gathered of a pair of which a part is kept. `None`: there is
    /// nothing of it.
    pub(crate) async fn keep<const BUFFER: usize>(
        &mut self,
        writer: &mut Writer<BUFFER>,
    ) -> Done<Option<PairId>> {
        let mut rest = Gathered { writer, last: true, replaces: None };
        while rest.writer.gathered() > 0 {
            self.append(&mut rest).await?;
        }
        let (base, kept) = (rest.writer.base, rest.writer.kept);
        if let Some(id) = base.filter(|_| !kept) {
            self.say(&Word::removal(&[id])).await?;
        }
        Ok(base.filter(|_| kept))
    }
}
