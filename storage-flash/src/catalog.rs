//! What the store knows of its pairs: the index, and the rules by which records change it.
//!
//! The same rules serve while mounting and while writing, so that what is known in RAM is what
//! would be known after a reboot.

use crate::footer::Mark;
use crate::geometry::Geometry;
use crate::header::{Kind, Reference};
use crate::index::{Entry, Index, PARTIAL, PENDING, RECENT, REMOVED, STUB};
use crate::pins::{Held, Pins, Written};
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
    /// While mounting: the place in the ring that is being looked at.
    pub(crate) looking_at: Option<u32>,
    /// While mounting: between which addresses stubs lie, so that they are looked for only there.
    stubs: Option<(u32, u32)>,
    /// Pairs whose bodies are parts of another's: their names, and the other's.
    joined: Vec<(u64, u64), JOINED_MAX>,
    /// A record joins what it removes to this pair.
    joining: Option<u64>,
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
        self.pins = Pins::new();
        self.newest = next.wrapping_sub(1);
        self.floor = 0;
        self.told = 0;
        self.looking_at = None;
        self.stubs = None;
        self.joined.clear();
        self.joining = None;
        self.pins_at = None;
    }

    const fn units(&self) -> u32 {
        self.geometry.sector / self.geometry.unit
    }

    /// The address of a unit of a sector.
    pub(crate) const fn address(&self, seq: u32, unit: u16) -> u32 {
        self.geometry.position(seq) * self.units() + unit as u32
    }

    /// The number of the sector that `address` lies in, and the octet in it.
    pub(crate) fn place(&self, address: u32) -> (u32, u32) {
        let position = address / self.units();
        let seq = self.geometry.seq_at(position, self.newest);
        let seq = self.pins.seq_at(&self.geometry, position).unwrap_or(seq).min(seq);
        (seq, address % self.units() * self.geometry.unit)
    }

    /// The name of the pair whose first head is at `address`.
    pub(crate) fn id(&self, address: u32) -> PairId {
        let (seq, at) = self.place(address);
        name(seq, (at / self.geometry.unit) as u16)
    }

    /// The address of a pair's first head; `None` if its sector is gone.
    pub(crate) fn base(&self, id: PairId) -> Option<u32> {
        let (seq, unit) = parts(id);
        if u32::from(unit) >= self.units() {
            return None;
        }
        let address = self.address(seq, unit);
        (self.place(address).0 == seq).then_some(address)
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
        let address = self.address(seq, mark.at);
        let recent = self.looking_at.is_none();
        match mark.kind {
            Kind::Head => self.add(address, mark),
            Kind::Body | Kind::End => {
                if let Some(entry) = self.referred(seq, mark).filter(|_| mark.commits) {
                    entry.set(PENDING, false);
                    if mark.kind == Kind::End && !entry.is_freshened() {
                        entry.end(address);
                    }
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
                }
            }
            Kind::Join => self.joining = named(seq, mark),
            // Of all of them only the last says what is so.
            Kind::Pins => self.pins_at = self.pins_at.max(Some((seq, mark.at))),
            Kind::Remove => {
                self.join(seq, mark);
                if let Some(entry) = self.referred(seq, mark) {
                    entry.set(REMOVED, true);
                    let (base, stub) = (entry.base(), entry.has(STUB));
                    if !stub {
                        self.index.remove(base);
                    }
                }
            }
            Kind::Clear => {
                let reference = Reference(mark.reference);
                let base = seq.wrapping_sub(u32::from(reference.back()));
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
        let units = self.units();
        let pins = &self.pins;
        self.index.retain(|entry| {
            let seq = geometry.seq_at(entry.base() / units, newest);
            pins.has(entry.base()) || name(seq, (entry.base() % units) as u16).number() > floor
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

    /// A pair is removed: if another takes its body over, that is noted.
    fn join(&mut self, seq: u32, mark: &Mark) {
        let (Some(into), Some(from)) = (self.joining.take(), named(seq, mark)) else {
            return;
        };
        if self.joined.iter().any(|(known, _)| *known == from) {
            return;
        }
        if self.joined.is_full() {
            // What is oldest is most likely gone.
            let oldest = self.joined.iter().enumerate().min_by_key(|(_, (_, into))| *into);
            if let Some(oldest) = oldest.map(|(at, _)| at) {
                self.joined.swap_remove(oldest);
            }
        }
        let _ = self.joined.push((from, into));
    }

    /// Whether another pair's body may be made a part of one's. While a pair's sector is there, so
    /// may be the record that joined another to it, though both are removed: a mount would find them
    /// all, and has no more room for them, so they count.
    pub(crate) fn can_join(&mut self) -> bool {
        let (geometry, newest, floor) = (self.geometry, self.newest, self.floor);
        let lost: Vec<u64, JOINED_MAX> = self
            .joined
            .iter()
            .map(|(_, into)| *into)
            .filter(|into| {
                let here = *into > floor && parts(PairId::new(*into)).0 + geometry.sectors > newest;
                !here && !self.is_known(PairId::new(self.root(*into)))
            })
            .collect();
        self.joined.retain(|(_, into)| !lost.contains(into));
        !self.joined.is_full()
    }

    fn is_known(&self, id: PairId) -> bool {
        let base = self.base(id);
        base.is_some_and(|base| self.index.iter().any(|entry| entry.base() == base))
    }

    /// The pair that what belongs to the one called `name` belongs to now.
    fn root(&self, name: u64) -> u64 {
        let mut name = name;
        for _ in 0..JOINED_MAX {
            match self.joined.iter().find(|(from, _)| *from == name) {
                Some((_, into)) => name = *into,
                None => break,
            }
        }
        name
    }

    /// Whether what belongs to the pair called `name` belongs to the one called `id`.
    pub(crate) fn is_part(&self, name: PairId, id: PairId) -> bool {
        name == id || self.root(name.number()) == id.number()
    }

    /// Whether other pairs' bodies are parts of one's.
    pub(crate) fn has_parts(&self, id: PairId) -> bool {
        self.joined.iter().any(|(from, _)| self.root(*from) == id.number())
    }

    /// The pair that what belongs to the one called `name` belongs to now.
    pub(crate) fn part_of(&self, name: PairId) -> PairId {
        let mut name = name.number();
        for _ in 0..=JOINED_MAX {
            match self.joined.iter().find(|(from, _)| *from == name) {
                Some((_, into)) => name = *into,
                None => break,
            }
        }
        PairId::new(name)
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
            let Some((oldest_id, oldest)) = self.oldest() else {
                return false;
            };
            self.floor = self.floor.max(oldest_id.min(id));
            if oldest_id > id {
                return false;
            }
            self.drop_entry(&oldest);
        }
        self.index.insert(entry)
    }

    /// Forgets the pairs that begin in the sector at `position`, but those that are pinned.
    pub(crate) fn drop_position(&mut self, position: u32) {
        let units = self.units();
        let mut dropped = 0;
        let pins = &self.pins;
        self.index.retain(|entry| {
            let keep = entry.base() / units != position || pins.has(entry.base());
            dropped += u32::from(!keep && entry.is_visible());
            keep
        });
        self.evictions = self.evictions.saturating_add(dropped);
    }

    /// The sector numbered `seq` will be written: pins of an earlier boot hold its place once.
    pub(crate) fn release_inherited(&mut self, seq: u32) {
        while let Some(base) = self.pins.take_spent(&self.geometry, seq) {
            if let Some(entry) = self.index.remove(base) {
                self.evictions = self.evictions.saturating_add(u32::from(entry.is_visible()));
            }
        }
    }

    /// A pair that was pinned before the last reboot is held once more; it is there though the ring may
    /// have passed over it.
    pub(crate) fn inherit(&mut self, written: &Written) {
        let (first, unit) = parts(written.id);
        let (head, head_unit) = parts(written.newest);
        let units = u64::from(self.units());
        let newest = self.newest;
        let sound = u64::from(unit) < units
            && u64::from(head_unit) < units
            && first >= self.geometry.sectors
            && [head, written.last].iter().all(|seq| (first..=newest).contains(seq))
            && written.last - first < self.geometry.sectors;
        if !sound {
            return;
        }
        let base = self.address(first, unit);
        // What is older than that was passed over, or will be next.
        let there = self.base(written.id).is_some() && written.id.number() > self.floor;
        let until = newest + self.geometry.sectors;
        let held = Held { base, pins: 0, first, last: written.last, head, until };
        if there && self.index.get(base).is_none() {
            return;
        }
        if !self.pins.insert(held) || self.index.get(base).is_some_and(|_| there) {
            return;
        }
        // Whatever else begins there is of a sector that was given up.
        self.index.remove(base);
        if self.index.is_full()
            && let Some((_, oldest)) = self.oldest()
        {
            self.drop_entry(&oldest);
        }
        let address = self.address(head, head_unit);
        self.index.insert(Entry::unpacked(written.fingerprint, base, address, written.len));
    }

    /// The pinned pairs: each one's name, that of its newest head, the sector its body ends in, and its
    /// entry.
    pub(crate) fn pinned(&self) -> impl Iterator<Item = (PairId, PairId, u32, Entry)> {
        self.pins.iter().filter_map(|held| {
            let entry = *self.index.iter().find(|entry| entry.base() == held.base)?;
            Some((self.id(held.base), self.id(entry.newest()), held.last, entry))
        })
    }

    /// The oldest pair that is not pinned.
    fn oldest(&self) -> Option<(u64, Entry)> {
        let unpinned = self.index.iter().filter(|entry| !self.pins.has(entry.base()));
        unpinned.map(|entry| (self.id(entry.base()).number(), *entry)).min_by_key(|(id, _)| *id)
    }

    fn drop_entry(&mut self, entry: &Entry) {
        self.evictions = self.evictions.saturating_add(u32::from(entry.is_visible()));
        self.index.remove(entry.base());
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
            self.index.retain(|entry| geometry.seq_at(entry.base() / units, newest) + geometry.sectors > seq);
        }
        self.newest = seq;
        true
    }

    /// While mounting: every sector was looked at.
    pub(crate) fn looked(&mut self) {
        self.index.retain(Entry::is_visible);
        self.raise_floor(PairId::new(self.floor));
        self.looking_at = None;
        self.stubs = None;
    }

    /// The next pair with a flag, complete and not pinned, that begins in the sector numbered `seq`.
    pub(crate) fn next_in(&self, seq: u32, above: Option<PairId>, flag: u32) -> Option<PairId> {
        let position = self.geometry.position(seq);
        let wanted = |entry: &&Entry| {
            entry.base() / self.units() == position
                && entry.is_visible()
                && !entry.has(PENDING)
                && (flag == 0 || entry.has(flag))
                && !self.pins.has(entry.base())
        };
        let names = self.index.iter().filter(wanted).map(|entry| self.id(entry.base()));
        names.filter(|id| parts(*id).0 == seq && above.is_none_or(|above| *id > above)).min()
    }

    /// The youngest pair below the name `below` with this fingerprint (any, if `None`).
    pub(crate) fn next_below(&self, fingerprint: Option<u32>, below: u64) -> Option<(PairId, Entry)> {
        let wanted = |entry: &&Entry| {
            entry.is_visible() && fingerprint.is_none_or(|wanted| entry.fingerprint() == wanted)
        };
        let named = self.index.iter().filter(wanted).map(|entry| (self.id(entry.base()), *entry));
        named.filter(|(id, _)| id.number() < below).max_by_key(|(id, _)| *id)
    }
}

/// Pairs whose bodies are parts of others', at most.
const JOINED_MAX: usize = 8;

/// The name of the pair that a mark in the sector numbered `seq` speaks of.
fn named(seq: u32, mark: &Mark) -> Option<u64> {
    let reference = Reference(mark.reference);
    let base = seq.checked_sub(u32::from(reference.back()))?;
    Some(name(base, reference.unit()).number())
}

/// The name of the pair whose first head is at `unit` of the sector numbered `seq`.
pub(crate) const fn name(seq: u32, unit: u16) -> PairId {
    PairId::new((seq as u64) << 16 | unit as u64)
}

/// The number of the sector, and the unit in it, that a name tells.
pub(crate) const fn parts(id: PairId) -> (u32, u16) {
    ((id.number() >> 16) as u32, id.number() as u16)
}
