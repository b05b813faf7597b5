//! Cache groups (RFC 9875): which were invalidated, and since when.
//!
//! What is known is kept in RAM, by where the log stood then: a head that lies before is invalid. Nothing of
//! it is on flash. After a reboot everything in any group counts as invalid, until it is validated: that
//! costs one 304 each, and no record, no erase, and no way to forget.

use crate::FlashStore;
use crate::catalog::name;
use crate::ring::Ring;
use crate::writer::{FRONT, Writer};
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::{Group, PairId, StoredBody, StoredPair, record};
use larder::store::InvalidGroups;

impl<F: NorFlash, const PAIRS: usize, const WRITERS: usize, const BUFFER: usize>
    FlashStore<F, PAIRS, WRITERS, BUFFER>
{
    pub(crate) async fn note_invalid(&mut self, group: Group) {
        self.ring.settle(false).await;
        let now = self.ring.written_up_to();
        self.ring.groups.add(group, now);
        // A head that waits in a writer's buffer will be written later, but was begun before.
        for slot in 0..WRITERS {
            let is_in = |writer: &Writer<BUFFER>| {
                writer.waiting().is_some_and(|pair| pair.groups().any(|of| of == group))
            };
            if self.writers.get(slot).is_some_and(is_in) {
                self.release(slot);
            }
        }
    }
}

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    /// After a mount: whatever was invalidated before is not known.
    pub(crate) fn distrust_groups(&mut self) {
        self.groups = InvalidGroups::from_floor(self.written_up_to());
    }

    /// Whether a pair of these groups is invalid. One that is gone is.
    pub(crate) fn is_in_invalid(&mut self, id: PairId, groups: &mut dyn Iterator<Item = Group>) -> bool {
        let Some(entry) = self.catalog.get(id).copied() else {
            return true;
        };
        // The newest record may be the end of the body.
        let head = if entry.is_freshened() { self.catalog.id(entry.newest()) } else { id };
        self.groups.hit(head.number(), groups)
    }

    /// The highest name that a head on flash can have by now.
    fn written_up_to(&self) -> u64 {
        let log = &self.log;
        let next = if log.open { log.geometry.unit_at(log.at) } else { u16::MAX };
        name(log.seq, next).number().saturating_sub(1)
    }
}

impl<const BUFFER: usize> Writer<BUFFER> {
    /// The pair whose head waits in the buffer.
    fn waiting(&self) -> Option<StoredPair<'_>> {
        let record = self.buffer.get(FRONT..)?.get(..self.head)?;
        let record = Some(record).filter(|_| self.active && self.begun.is_none())?;
        record::decode(record, PairId::new(0), StoredBody::default())
    }
}
