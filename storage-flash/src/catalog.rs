//! What the store knows of its pairs: the index, and the rules by which records change it.
//!
//! The same rules serve while mounting and while writing, so that what is known in RAM is what
//! would be known after a reboot.

use crate::footer::Mark;
use crate::geometry::Geometry;
use crate::header::{Kind, Reference};
use crate::index::{Entry, Index, PARTIAL, PENDING, RECENT, REMOVED, STUB};
use crate::joined::{JOINED_MAX, named};
use crate::pins::Pins;
use core::ops::Range;
use heapless::Vec;
use larder::pair::PairId;

/// The pairs, by fingerprint and by name.
///
/// A pair's name is where its first head lies: the number of the sector, and the unit in it.
/// Sectors are numbered without end, so no name is used twice, and younger pairs have higher ones.
#[derive(Clone, Debug)]
pub(crate) struct Catalog<const PAIRS: usize> {
    pub(crate) geometry: Geometry,
    pub(crate) index: Index<PAIRS>,
    pub(crate) pins: Pins,
    /// The number of the newest sector.
    pub(crate) newest: u32,
    /// No pair up to this name is there, whatever is found on flash.
    pub(crate) floor: u64,
    /// The floor as far as a reboot would find it on flash.
    pub(crate) told: u64,
    /// While mounting, to its end: the place in the ring that is being looked at.
    pub(crate) looking_at: Option<u32>,
    /// While mounting: the pins are known, and only what is said of pinned pairs counts.
    pub(crate) pins_known: bool,
    /// While mounting: between which addresses stubs lie, so that they are looked for only there.
    stubs: Option<(u32, u32)>,
    /// Pairs whose bodies are parts of another's: their names, and the other's.
    pub(crate) joined: Vec<(u64, u64), JOINED_MAX>,
    /// A record joins what it removes to this pair.
    pub(crate) joining: Option<u64>,
    /// The last record that tells the pins: its sector's number, and its unit.
    pub(crate) pins_at: Option<(u32, u16)>,
    pub(crate) evictions: u32,
}

impl<const PAIRS: usize> Catalog<PAIRS> {
    pub(crate) const fn new(geometry: Geometry) -> Self {
        Self {
            geometry,
            index: Index::new(),
            pins: Pins::new(),
            newest: 0,
            floor: 0,
            told: 0,
            looking_at: None,
            pins_known: false,
            stubs: None,
            joined: Vec::new(),
            joining: None,
            pins_at: None,
            evictions: 0,
        }
    }

    /// Forgets everything; the next sector will be the one numbered `next`.
    pub(crate) fn reset(&mut self, next: u32) {
        self.index.clear();
        self.pins.clear();
        self.newest = next.wrapping_sub(1);
        self.floor = 0;
        self.told = 0;
        self.looking_at = None;
        self.pins_known = false;
        self.stubs = None;
        self.joined.clear();
        self.joining = None;
        self.pins_at = None;
    }

    pub(crate) const fn units(&self) -> u32 {
        self.geometry.units()
    }

    /// The place in the ring of the sector that `address` lies in.
    fn position(&self, address: u32) -> u32 {
        self.geometry.position_of(address)
    }

    /// The address of a unit of a sector.
    #[inline(never)]
    pub(crate) fn address(&self, seq: u32, unit: u16) -> u32 {
        self.geometry.position(seq) * self.units() + unit as u32
    }

    /// The number of the sector that `address` lies in, and the octet in it.
    pub(crate) fn place(&self, address: u32) -> (u32, u32) {
        let position = self.position(address);
        let seq = self.geometry.seq_at(position, self.newest);
        let seq = self.pins.seq_at(&self.geometry, position).unwrap_or(seq).min(seq);
        (seq, u32::from(self.geometry.unit_of(address)) * self.geometry.unit)
    }

    /// The name of the pair whose first head is at `address`.
    #[inline(never)]
    pub(crate) fn id(&self, address: u32) -> PairId {
        let (seq, at) = self.place(address);
        name(seq, self.geometry.unit_at(at))
    }

    /// The address of a pair's first head; `None` if its sector is gone.
    pub(crate) fn base(&self, id: PairId) -> Option<u32> {
        let (seq, unit) = parts(id);
        if u32::from(unit) >= self.units() {
            return None;
        }
        let address = self.at(id);
        (self.place(address).0 == seq).then_some(address)
    }

    /// Where the first head of a pair lies whose sector is there.
    pub(crate) fn at(&self, id: PairId) -> u32 {
        let (seq, unit) = parts(id);
        self.address(seq, unit)
    }

    /// The entry of a pair that can be found.
    pub(crate) fn get(&mut self, id: PairId) -> Option<&mut Entry> {
        let base = self.base(id)?;
        self.index.get(base).filter(|entry| entry.is_visible())
    }

    /// How a record in the sector numbered `seq` names a pair; `None` if its sector is gone.
    pub(crate) fn reference(&self, seq: u32, id: PairId) -> Option<Reference> {
        let (base, unit) = parts(id);
        let pinned = || self.base(id).is_some_and(|base| self.pins.has(base));
        let back = seq.checked_sub(base).filter(|back| *back < self.geometry.sectors || pinned())?;
        Some(Reference::new(u16::try_from(back).ok()?, unit))
    }

    /// Does what a record in the sector numbered `seq` says.
    pub(crate) fn apply(&mut self, seq: u32, mark: &Mark) {
        if u32::from(mark.at) >= self.units() {
            // It was written with smaller units.
            return;
        }
        if self.pins_known && !self.is_of_pinned(seq, mark) {
            return;
        }
        let address = self.address(seq, mark.at);
        let recent = self.looking_at.is_none();
        // No pair begins where its sector does: those that are pinned go too.
        let clears = mark.kind == Kind::Clear && Reference(mark.reference).unit() == 0;
        if clears || mark.kind == Kind::Pins {
            // Only the last counts.
            self.pins_at = self.pins_at.max(Some((seq, mark.at)));
        }
        match mark.kind {
            Kind::Head => self.add(address, mark),
            Kind::Body | Kind::End => {
                if let Some(entry) = self.referred(seq, mark).filter(|_| mark.commits) {
                    entry.set(PENDING, false);
                    if mark.kind == Kind::End && !entry.is_freshened() {
                        entry.end(address);
                    }
                    let base = entry.base();
                    self.pins.stretch(&self.geometry, base, seq);
                }
            }
            Kind::Fresh | Kind::Delta => {
                let known =
                    self.referred(seq, mark).filter(|entry| entry.is_freshened()).map(|entry| entry.newest());
                // While mounting, a younger one may have been seen already.
                if known.is_some_and(|known| self.id(known) > self.id(address)) {
                    return;
                }
                if let Some(entry) = self.referred(seq, mark) {
                    entry.freshen(address, mark);
                    entry.set(RECENT, recent);
                    let base = entry.base();
                    if let Some(held) = self.pins.get(base) {
                        held.head = seq;
                    }
                }
            }
            Kind::Pins => {}
            Kind::Join => self.joining = named(seq, mark),
            Kind::Remove => {
                self.join(seq, mark);
                if let Some(entry) = self.referred(seq, mark) {
                    entry.set(REMOVED, true);
                    let (base, stub) = (entry.base(), entry.has(STUB));
                    if !stub {
                        self.index.remove(base);
                        self.pins.remove(base);
                    }
                }
            }
            Kind::Clear => {
                let reference = Reference(mark.reference);
                let base = seq.wrapping_sub(u32::from(reference.back()));
                if clears {
                    self.pins.clear();
                }
                self.told = self.told.max(name(base, reference.unit()).number());
                self.raise_floor(name(base, reference.unit()));
            }
        }
    }

    /// While mounting: what lies where the sector numbered `seq` will be was given up.
    pub(crate) fn give_up(&mut self, seq: u32) {
        let last = (self.units() - 1) as u16;
        if let Some(old) = seq.checked_sub(self.geometry.sectors) {
            self.told = self.told.max(name(old, last).number());
            self.floor = self.floor.max(self.told);
        }
    }

    /// No pair up to `id` is there any more.
    pub(crate) fn raise_floor(&mut self, id: PairId) {
        self.floor = self.floor.max(id.number());
        let (geometry, newest, floor) = (self.geometry, self.newest, self.floor);
        let pins = &self.pins;
        self.index.retain(|entry| {
            let seq = geometry.seq_at(geometry.position_of(entry.base()), newest);
            name(seq, geometry.unit_of(entry.base())).number() > floor || pins.has(entry.base())
        });
    }

    /// The entry that a mark in the sector numbered `seq` speaks of. While mounting, of a sector
    /// not looked at yet, a stub is made.
    fn referred(&mut self, seq: u32, mark: &Mark) -> Option<&mut Entry> {
        let reference = Reference(mark.reference);
        let base_seq = seq.checked_sub(u32::from(reference.back()))?;
        let base = self.base(name(base_seq, reference.unit()))?;
        let known = self.index.get(base).is_some();
        let unseen = self.looking_at.is_some_and(|at| self.geometry.position(base_seq) > at);
        if !known {
            if !unseen || !self.insert(Entry::stub(base)) {
                return None;
            }
            let (low, high) = self.stubs.unwrap_or((base, base));
            self.stubs = Some((low.min(base), high.max(base)));
        }
        self.index.get(base)
    }

    /// A first head was found or written.
    fn add(&mut self, address: u32, mark: &Mark) {
        let stub = self.stubs.is_some_and(|(low, high)| (low..=high).contains(&address));
        if let Some(stub) = stub.then(|| self.index.get(address)).flatten() {
            stub.set_fingerprint(mark.reference);
            if !stub.is_freshened() {
                stub.set_len(mark.len);
            }
            if mark.commits {
                stub.set(PENDING, false);
            }
            stub.set(PARTIAL, mark.partial);
            stub.set(STUB, false);
            return;
        }
        let pending = if mark.commits { 0 } else { PENDING };
        let partial = if mark.partial { PARTIAL } else { 0 };
        let recent = if self.looking_at.is_some() { 0 } else { RECENT };
        self.insert(Entry::head(mark.reference, address, mark.len, pending | partial | recent));
    }

    /// Whether the entry is there now. A full index gives up its oldest pair, which may be this.
    fn insert(&mut self, entry: Entry) -> bool {
        let id = self.id(entry.base()).number();
        if id <= self.floor {
            return false;
        }
        if self.index.is_full() {
            let Some(oldest) = self.oldest() else {
                return false;
            };
            self.floor = self.floor.max(oldest.number().min(id));
            if oldest.number() > id {
                return false;
            }
            self.evict(self.at(oldest));
        }
        self.index.insert(entry)
    }

    /// Forgets the pairs that begin in the sector at `position`, but those that are pinned.
    pub(crate) fn drop_position(&mut self, position: u32) {
        let here = position * self.units()..(position + 1) * self.units();
        let mut dropped = 0;
        let pins = &self.pins;
        self.index.retain(|entry| {
            let keep = !here.contains(&entry.base()) || pins.has(entry.base());
            dropped += u32::from(!keep && entry.is_visible());
            keep
        });
        self.evictions = self.evictions.saturating_add(dropped);
    }

    /// Of the pairs with a name in `among` that are `wanted`, the name of the youngest, or of the oldest.
    #[inline(never)]
    fn pick(
        &self,
        youngest: bool,
        among: Range<u64>,
        wanted: &mut dyn FnMut(&Entry) -> bool,
    ) -> Option<PairId> {
        let (mut among, mut found) = (among, None);
        for entry in self.index.iter().filter(|entry| wanted(entry)) {
            let id = self.id(entry.base());
            if among.contains(&id.number()) {
                found = Some(id);
                match youngest {
                    true => among.start = id.number() + 1,
                    false => among.end = id.number(),
                }
            }
        }
        found
    }

    /// The oldest pair that is not pinned.
    pub(crate) fn oldest(&self) -> Option<PairId> {
        self.pick(false, 0..u64::MAX, &mut |entry| !self.pins.has(entry.base()))
    }

    /// A pair is given up for others.
    pub(crate) fn evict(&mut self, base: u32) {
        let evicted = self.index.remove(base).is_some_and(|entry| entry.is_visible());
        self.evictions = self.evictions.saturating_add(u32::from(evicted));
    }

    /// While mounting: the sector at `position` turned out to have the number `seq`. Whether it
    /// counts; one that was lapped does not.
    pub(crate) fn look_at(&mut self, position: u32, seq: u32) -> bool {
        if self.geometry.position(seq) != position {
            return false;
        }
        self.looking_at = Some(position);
        // What was seen of this place before is of a lap that is over.
        if seq <= self.newest {
            return self.geometry.seq_at(position, self.newest) == seq;
        }
        let (geometry, newest, units) = (self.geometry, self.newest, self.units());
        let here = position * units..(position + 1) * units;
        let stubs_here = self.stubs.is_some_and(|(low, high)| low < here.end && high >= here.start);
        if seq != newest + 1 || stubs_here {
            self.index.retain(|entry| {
                geometry.seq_at(geometry.position_of(entry.base()), newest) + geometry.sectors > seq
            });
        }
        self.newest = seq;
        true
    }

    /// While mounting: every sector was looked at.
    pub(crate) fn looked(&mut self) {
        self.index.retain(Entry::is_visible);
        self.raise_floor(PairId::new(self.floor));
        self.stubs = None;
    }

    /// The next pair with a flag, complete and not pinned, that begins in the sector numbered `seq`.
    pub(crate) fn next_in(&self, seq: u32, above: Option<PairId>, flag: u32) -> Option<PairId> {
        let first = above.map_or(name(seq, 0).number(), |above| above.number() + 1);
        self.pick(false, first..name(seq + 1, 0).number(), &mut |entry| {
            entry.is_visible()
                && !entry.has(PENDING)
                && (flag == 0 || entry.has(flag))
                && !self.pins.has(entry.base())
        })
    }

    /// The youngest pair below the name `below` with this fingerprint (any, if `None`). It may be one that
    /// could not be removed.
    pub(crate) fn next_below(&self, fingerprint: Option<u32>, below: u64) -> Option<PairId> {
        self.pick(true, 0..below, &mut |entry| {
            (entry.is_visible() || entry.has(REMOVED))
                && fingerprint.is_none_or(|wanted| entry.fingerprint() == wanted)
        })
    }
}

/// The name of the pair whose first head is at `unit` of the sector numbered `seq`.
pub(crate) const fn name(seq: u32, unit: u16) -> PairId {
    PairId::new((seq as u64) << 16 | unit as u64)
}

/// The number of the sector, and the unit in it, that a name tells.
pub(crate) const fn parts(id: PairId) -> (u32, u16) {
    ((id.number() >> 16) as u32, id.number() as u16)
}
