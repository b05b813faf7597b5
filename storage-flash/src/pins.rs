//! Pins: sectors that the ring passes over.
//!
//! A sector that the ring passed over is past its turn: a mount after that does not look at it, so
//! nothing it holds can come back, and what hides something in it need not be kept longer. What a
//! pinned pair is and where it lies is therefore written down with the pin, and again in every sector
//! that is begun; the last such record is what counts. The ring passes over pins of an
//! earlier boot once more.

use crate::few::take_out;
use crate::geometry::Geometry;
use crate::index::Entry;
use crate::joined::JOINED_MAX;
use crate::writer::copy;
use heapless::Vec;
use larder::pair::PairId;

/// Most pairs that are pinned at a time.
pub const PINS_MAX: usize = 4;

/// Sectors that pins leave free at least.
const FREE_MIN: u32 = 3;

/// A pinned pair and where it lies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// Address of its first head.
    pub(crate) base: u32,
    /// 0: it was pinned before the last reboot.
    pub(crate) pins: u16,
    /// The sectors from its first head to the end of its body.
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// The sector of its newest head.
    pub(crate) head: u32,
    /// If it was pinned before the last reboot: the number up to which the ring passes over it, which is
    /// once.
    pub(crate) until: u32,
}

impl Held {
    /// The number of the sector at `position` if it is one of this pair's.
    fn seq_at(&self, geometry: &Geometry, position: u32) -> Option<u32> {
        let ahead = geometry.position(position + geometry.sectors - geometry.position(self.first));
        let seq = self.first + ahead;
        if seq <= self.last {
            return Some(seq);
        }
        (geometry.position(self.head) == position).then_some(self.head)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Pins(Vec<Held, PINS_MAX>);

impl Pins {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The number of the sector at `position` if a pin holds it.
    #[inline(never)]
    pub(crate) fn seq_at(&self, geometry: &Geometry, position: u32) -> Option<u32> {
        self.0.iter().find_map(|held| held.seq_at(geometry, position))
    }

    /// Whether the place of the sector numbered `seq`, which is to be written, is passed over.
    pub(crate) fn holds(&self, geometry: &Geometry, seq: u32) -> bool {
        let is_there = |held: &Held| held.seq_at(geometry, geometry.position(seq)).is_some();
        self.0.iter().any(|held| (held.pins > 0 || seq <= held.until) && is_there(held))
    }

    /// The pair whose pin does not keep the sector numbered `seq` from being written, though it lies
    /// there.
    fn spent(&self, geometry: &Geometry, seq: u32) -> Option<u32> {
        let is_there = |held: &Held| held.seq_at(geometry, geometry.position(seq)).is_some();
        let spent = |held: &&Held| held.pins == 0 && seq > held.until && is_there(held);
        self.0.iter().find(spent).map(|held| held.base)
    }

    /// Takes back a pin of an earlier boot that keeps the sector numbered `seq` no longer.
    pub(crate) fn take_spent(&mut self, geometry: &Geometry, seq: u32) -> Option<u32> {
        let base = self.spent(geometry, seq)?;
        self.remove(base).map(|held| held.base)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Held> {
        self.0.iter()
    }

    /// Whether the pair at `base` is pinned.
    #[inline(never)]
    pub(crate) fn has(&self, base: u32) -> bool {
        self.0.iter().any(|held| held.base == base)
    }

    #[inline(never)]
    pub(crate) fn get(&mut self, base: u32) -> Option<&mut Held> {
        self.0.iter_mut().find(|held| held.base == base)
    }

    /// Whether there was room.
    pub(crate) fn insert(&mut self, held: Held) -> bool {
        self.0.push(held).is_ok()
    }

    #[inline(never)]
    pub(crate) fn remove(&mut self, base: u32) -> Option<Held> {
        let at = self.0.iter().position(|held| held.base == base)?;
        take_out(&mut self.0, at)
    }

    /// Whether the sectors up to the one numbered `seq` can be held of the pair at `base`; they are then, if
    /// it is pinned. What the ring has passed over gets no longer.
    pub(crate) fn stretch(&mut self, geometry: &Geometry, base: u32, seq: u32) -> bool {
        let Some(held) = self.get(base).filter(|held| held.last < seq) else {
            return true;
        };
        let (first, last) = (held.first, core::mem::replace(&mut held.last, seq));
        let fits = seq - first < geometry.sectors && self.sectors(geometry) + FREE_MIN <= geometry.sectors;
        if let Some(held) = self.get(base).filter(|_| !fits) {
            held.last = last;
        }
        fits
    }

    /// Whether one more sector can be held, of a newer head of the pair at `base`, if it is pinned.
    #[inline(never)]
    pub(crate) fn can_freshen(&mut self, geometry: &Geometry, base: u32) -> bool {
        let Some(held) = self.get(base) else {
            return true;
        };
        let (first, head) = (held.first, held.head);
        held.head = first;
        let fits = self.sectors(geometry) + FREE_MIN <= geometry.sectors;
        if let Some(held) = self.get(base) {
            held.head = head;
        }
        fits
    }

    /// Keeps the pins of the pairs at those addresses that are to be kept.
    pub(crate) fn retain(&mut self, keep: impl Fn(u32) -> bool) {
        while let Some(base) = self.0.iter().map(|held| held.base).find(|base| !keep(*base)) {
            self.remove(base);
        }
    }

    /// How many sectors are held.
    pub(crate) fn sectors(&self, geometry: &Geometry) -> u32 {
        (0..geometry.sectors).filter(|position| self.seq_at(geometry, *position).is_some()).count() as u32
    }
}

/// A pinned pair as it is written down: its name, that of its newest head, the sector its body ends
/// in, and its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) id: PairId,
    pub(crate) newest: PairId,
    pub(crate) last: u32,
    pub(crate) fingerprint: u32,
    /// Octets of the newest head; above them, flags.
    pub(crate) len: u16,
}

impl Written {
    pub(crate) const LEN: usize = 24;

    pub(crate) fn of(id: PairId, newest: PairId, last: u32, entry: &Entry) -> Self {
        Self { id, newest, last, fingerprint: entry.fingerprint(), len: entry.packed() }
    }

    pub(crate) fn encode(&self, octets: &mut [u8]) {
        let names = [self.id, self.newest].map(|id| id.number().to_le_bytes());
        let [[a, b, c, d, e, f, ..], [g, h, i, j, k, l, ..]] = names;
        let [m, n, o, p] = self.last.to_le_bytes();
        let [q, r, s, t] = self.fingerprint.to_le_bytes();
        let [u, v] = self.len.to_le_bytes();
        copy(&[a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, 0, 0], octets);
    }

    pub(crate) fn decode(octets: &[u8]) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, ..] =
            *octets.first_chunk::<{ Self::LEN }>()?;
        Some(Self {
            id: PairId::new(u64::from_le_bytes([a, b, c, d, e, f, 0, 0])),
            newest: PairId::new(u64::from_le_bytes([g, h, i, j, k, l, 0, 0])),
            last: u32::from_le_bytes([m, n, o, p]),
            fingerprint: u32::from_le_bytes([q, r, s, t]),
            len: u16::from_le_bytes([u, v]),
        })
    }
}

/// Names that stand in the place of a pinned pair: of those whose bodies are parts of the one before.
const NAMES: usize = 3;

/// Writes names down in the places of as many pinned pairs as it takes. Answers how many octets that are.
pub(crate) fn encode_names(names: impl Iterator<Item = PairId>, octets: &mut [u8]) -> usize {
    let (mut len, mut at) = (0, 0);
    for id in names {
        if at == len {
            // What a name never is.
            copy(&[0; Written::LEN], octets.get_mut(len..).unwrap_or_default());
            at = len + NAME_LEN;
            len += Written::LEN;
        }
        let name = id.number().to_le_bytes();
        copy(name.get(..NAME_LEN).unwrap_or_default(), octets.get_mut(at..).unwrap_or_default());
        at += NAME_LEN;
    }
    len
}

/// The names that stand in the place of a pinned pair; `None` if it is one.
pub(crate) fn decode_names(octets: &[u8]) -> Option<impl Iterator<Item = PairId>> {
    let (front, names) = octets.split_first_chunk::<NAME_LEN>()?;
    let names = names.as_chunks::<NAME_LEN>().0.iter();
    let names =
        names.map(|[a, b, c, d, e, f]| PairId::new(u64::from_le_bytes([*a, *b, *c, *d, *e, *f, 0, 0])));
    (*front == [0; NAME_LEN]).then(|| names.filter(|id| id.number() > 0))
}

/// Octets of a name.
const NAME_LEN: usize = 6;

/// Octets of the record that tells the pins, at most.
pub(crate) const PINS_LEN: usize = (PINS_MAX + (JOINED_MAX + (NAMES - 1) * PINS_MAX) / NAMES) * Written::LEN;

const _: () = assert!(NAME_LEN * (NAMES + 1) == Written::LEN);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_of_a_pin_is_read_again() {
        let entry = Entry::head(0x1234_5678, 7, 4095, crate::index::PARTIAL);
        let written = Written::of(PairId::new(0xffff_fffe_0102), PairId::new(0x1_0000_0304), 77, &entry);
        let mut octets = [1; Written::LEN];
        written.encode(&mut octets);
        assert_eq!(Written::decode(&octets), Some(written));
        let again = Entry::unpacked(written.fingerprint, 7, 7, written.len);
        assert_eq!((again.len(), again.is_visible(), again.kind()), (4095, true, entry.kind()));
        assert_eq!(Written::decode(&octets[1..]), None);
        assert!(decode_names(&octets).is_none());
    }

    #[test]
    fn names_stand_where_a_pair_could() {
        let names = [0x1_0000_0304, 0xffff_fffe_0102].map(PairId::new);
        for count in 1..=names.len() {
            let mut octets = [1; Written::LEN];
            assert_eq!(encode_names(names[..count].iter().copied(), &mut octets), Written::LEN);
            assert!(decode_names(&octets).unwrap().eq(names[..count].iter().copied()));
        }
        let four = [1, 2, 3, 4].map(PairId::new);
        let mut octets = [1; 2 * Written::LEN];
        assert_eq!(encode_names(four.into_iter(), &mut octets), octets.len());
        assert!(octets.chunks(Written::LEN).flat_map(|names| decode_names(names).unwrap()).eq(four));
        assert_eq!(encode_names([].into_iter(), &mut octets), 0);
    }
}
