//! Moving pairs: a second chance for those that were read since they were written, and room for a wipe.

use crate::FlashStore;
use crate::header::Header;
use crate::index::USED;
use crate::log::Done;
use crate::notes::Word;
use crate::ring::Ring;
use crate::store::State;
use crate::writer::{FRONT, Gathered, Writer};
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::PairId;
use larder::store::StoreError;

/// Most of a sector that copies may take, in hundredths.
const SECOND_CHANCE_MAX: u8 = 50;

impl<F: NorFlash, const PAIRS: usize, const WRITERS: usize, const BUFFER: usize>
    FlashStore<F, PAIRS, WRITERS, BUFFER>
{
    /// Gives pairs that a client has read (found, or looked at by name) since they were written a second chance: they are written again
    /// before their sector is erased, and are then called by another name. `percent` of each sector,
    /// 50 at most, may be used for that: 25 means a write amplification of at most 1.4. 0, as it
    /// is without this, evicts in the order of writing.
    ///
    /// Only whole pairs that fit a writer's buffer (`BUFFER` less 92 octets) get one, and only when a
    /// writer is free at the time; none while a body is written that has more than half of
    /// [`body_max`](Self::body_max), or whose length is not known.
    #[must_use]
    pub const fn with_second_chance(mut self, percent: u8) -> Self {
        self.second_chance = if percent < SECOND_CHANCE_MAX { percent } else { SECOND_CHANCE_MAX };
        self
    }

    /// Once in each sector: moves the pairs on that were read, out of the sector that goes next. Not
    /// those with the fingerprint `but`, or of what is being written: they are about to be replaced,
    /// by the name that is known.
    pub(crate) async fn rescue(&mut self, but: Option<u32>) {
        let next = self.ring.next_sector();
        if self.second_chance == 0
            || self.state != State::Ready
            || self.rescued == next
            || self.ring.log.prepared
            || self.writes_large()
        {
            return;
        }
        self.rescued = next;
        let geometry = self.ring.log.geometry;
        let mut budget = geometry.sector / 100 * u32::from(self.second_chance);
        let Some(old) = next.checked_sub(geometry.sectors) else {
            return;
        };
        let writing = self.writers.each_ref().map(|writer| writer.active.then_some(writer.fingerprint));
        let Some(writer) = self.writers.iter_mut().find(|writer| !writer.active) else {
            return;
        };
        let mut above = None;
        while let Some(id) = self.ring.catalog.next_in(old, above, USED) {
            above = Some(id);
            let fingerprint = self.ring.catalog.get(id).map(|entry| entry.fingerprint());
            if fingerprint == but || (fingerprint.is_some() && writing.contains(&fingerprint)) {
                continue;
            }
            if !self.ring.stage(id, writer, budget as usize).await {
                continue;
            }
            budget = budget.saturating_sub((writer.filled + Header::HEAD_LEN) as u32);
            // Where there is no room left, the sector goes before they could be moved.
            let moved = self.ring.move_staged(writer, id).await;
            if moved.is_err() || self.ring.next_sector() != next {
                return;
            }
        }
    }

    /// Whether a body is being written that may need all the room there is.
    fn writes_large(&self) -> bool {
        let most = self.body_max() / 2;
        self.writers.iter().any(|writer| {
            writer.active && writer.base.is_some() && writer.length.is_none_or(|length| length > most)
        })
    }

    /// Moves the pairs on that begin in the sectors numbered `from` to `to`, as far as they fit a
    /// writer's buffer and there is room.
    pub(crate) async fn vacate(&mut self, from: u32, to: u32) -> Done<()> {
        let slot = self.take_slot();
        for seq in from..=to {
            let mut above = None;
            while let Some(id) = self.ring.catalog.next_in(seq, above, 0) {
                above = Some(id);
                let writer = self.writers.get_mut(slot).ok_or(StoreError::Gone)?;
                if self.ring.stage(id, writer, usize::MAX).await {
                    self.ring.move_staged(writer, id).await?;
                }
            }
        }
        Ok(())
    }
}

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    /// Writes a pair that was loaded into a writer, in place of where it was.
    async fn move_staged<const BUFFER: usize>(
        &mut self,
        writer: &mut Writer<BUFFER>,
        id: PairId,
    ) -> Done<()> {
        self.say(&Word { floor: true, ..Word::default() }).await?;
        let mut all = Gathered { writer, last: true, replaces: Some(&[id]) };
        while !self.append(&mut all).await? {}
        Ok(())
    }

    /// Loads a whole pair into a writer that is free, as if it had been gathered. Whether it fits, and
    /// takes no more than `most` octets.
    async fn stage<const BUFFER: usize>(
        &mut self,
        id: PairId,
        writer: &mut Writer<BUFFER>,
        most: usize,
    ) -> bool {
        let Some(entry) = self.catalog.get(id).copied() else {
            return false;
        };
        let most = most.min(Writer::<BUFFER>::ROOM);
        // A look at its length first.
        let total = self.total(id).await.filter(|of| of.whole).map_or(usize::MAX, |of| of.total as usize);
        if total > most {
            return false;
        }
        let Some(found) = self.load(id, writer.buffer.get_mut(FRONT..).unwrap_or_default()).await else {
            return false;
        };
        // Written again it would look younger than what invalidated it.
        #[cfg(feature = "groups")]
        if let Some(pair) = found.view(writer.buffer.get(FRONT..).unwrap_or_default())
            && self.is_in_invalid(id, &mut pair.groups())
        {
            return false;
        }
        let end = found.len + total;
        if end > most {
            return false;
        }
        let mut at = 0;
        while at < total {
            let room = writer.buffer.get_mut(FRONT + found.len + at..FRONT + end).unwrap_or_default();
            match self.read_body(id, at as u64, room).await {
                Ok(read) if read > 0 => at += read,
                _ => return false,
            }
        }
        writer.begin(entry.fingerprint(), Some(total as u32), 0, false);
        // It is nobody's.
        writer.active = false;
        (writer.head, writer.filled) = (found.len, end);
        true
    }
}
