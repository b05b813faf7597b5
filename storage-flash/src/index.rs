//! The index in RAM: twelve octets a pair.

use crate::few::take_out;
use crate::footer::Mark;
use crate::header::Kind;
use heapless::Vec;

/// Where a pair lies, and what it is found by.
///
/// Addresses count units from the beginning of the partition; with the number of the newest sector
/// they tell a sector's number too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    fingerprint: u32,
    /// Address of the first head: 22 bits. Above it: the lower 10 bits of the length.
    base: u32,
    /// Address of the newest head, or of the body's end: 22 bits. Above it: the length's upper 2
    /// bits, and flags.
    newest: u32,
}

const ADDRESS: u32 = (1 << 22) - 1;

/// Longest head, in octets.
pub(crate) const HEAD_MAX: u32 = (1 << 12) - 1;

/// The pair is not complete yet.
pub(crate) const PENDING: u32 = 1 << 24;
/// Only what is younger than its first head was seen yet; while mounting.
pub(crate) const STUB: u32 = 1 << 25;
/// A stub of a pair that was removed, while mounting; later, a pair of which that could not be written down.
pub(crate) const REMOVED: u32 = 1 << 26;
/// `newest` is where the body ends, not a head; with `FRESHENED`, it is a head that tells what differs
/// from the first one.
const ENDED: u32 = 1 << 27;
/// The newest head was written since the store was mounted.
pub(crate) const RECENT: u32 = 1 << 28;
/// `newest` is a younger head than the first.
const FRESHENED: u32 = 1 << 29;
/// A part of the body is worth keeping.
pub(crate) const PARTIAL: u32 = 1 << 30;
/// A client has read the pair since its sector was written.
pub(crate) const USED: u32 = 1 << 31;

/// What `newest` is the address of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Newest {
    /// The first head, which is the newest.
    First,
    /// The record that ends the body.
    End,
    /// A younger head, whole.
    Fresh,
    /// A younger head, as what differs from the first.
    Delta,
}

const _: () = assert!(size_of::<Entry>() == 12);

impl Entry {
    pub(crate) fn head(fingerprint: u32, base: u32, len: u16, flags: u32) -> Self {
        let mut entry = Self { fingerprint, base: base & ADDRESS, newest: base & ADDRESS | flags };
        entry.set_len(len);
        entry
    }

    pub(crate) fn stub(base: u32) -> Self {
        Self::head(0, base, 0, STUB | PENDING)
    }

    pub(crate) const fn fingerprint(&self) -> u32 {
        self.fingerprint
    }

    pub(crate) fn set_fingerprint(&mut self, fingerprint: u32) {
        self.fingerprint = fingerprint;
    }

    /// Address of the first head.
    pub(crate) const fn base(&self) -> u32 {
        self.base & ADDRESS
    }

    /// Address of the newest head, or of the body's end.
    pub(crate) const fn newest(&self) -> u32 {
        self.newest & ADDRESS
    }

    pub(crate) fn set_newest(&mut self, address: u32) {
        self.newest = self.newest & !ADDRESS | address & ADDRESS;
    }

    /// Octets of the newest head.
    pub(crate) const fn len(&self) -> u32 {
        self.base >> 22 | (self.newest >> 22 & 3) << 10
    }

    pub(crate) fn set_len(&mut self, len: u16) {
        let len = u32::from(len).min(HEAD_MAX);
        self.base = self.base & ADDRESS | len << 22;
        self.newest = self.newest & !(3 << 22) | (len >> 10) << 22;
    }

    pub(crate) const fn has(&self, flag: u32) -> bool {
        self.newest & flag != 0
    }

    pub(crate) fn set(&mut self, flag: u32, on: bool) {
        if on {
            self.newest |= flag;
        } else {
            self.newest &= !flag;
        }
    }

    /// Whether it is a pair that can be found, complete or not.
    #[inline(never)]
    pub(crate) const fn is_visible(&self) -> bool {
        !self.has(STUB | REMOVED) && (!self.has(PENDING) || self.has(PARTIAL))
    }

    /// What its newest address is.
    pub(crate) const fn kind(&self) -> Newest {
        match (self.has(FRESHENED), self.has(ENDED)) {
            (false, false) => Newest::First,
            (false, true) => Newest::End,
            (true, false) => Newest::Fresh,
            (true, true) => Newest::Delta,
        }
    }

    /// Whether a younger head than the first is known.
    pub(crate) const fn is_freshened(&self) -> bool {
        self.has(FRESHENED)
    }

    /// The length and what it is, as they are written down with a pin.
    pub(crate) fn packed(&self) -> u16 {
        let flags = [PENDING, ENDED, FRESHENED, PARTIAL];
        let bits = flags.iter().zip(12..).filter(|(flag, _)| self.has(**flag)).map(|(_, bit)| 1 << bit);
        self.len() as u16 | bits.sum::<u16>()
    }

    /// The entry that was [`packed`](Self::packed).
    pub(crate) fn unpacked(fingerprint: u32, base: u32, newest: u32, packed: u16) -> Self {
        let mut entry = Self::head(fingerprint, base, packed & HEAD_MAX as u16, 0);
        entry.set_newest(newest);
        for (flag, bit) in [PENDING, ENDED, FRESHENED, PARTIAL].into_iter().zip(12..) {
            entry.set(flag, packed & 1 << bit != 0);
        }
        entry
    }

    /// The body ends at `address`.
    pub(crate) fn end(&mut self, address: u32) {
        self.set_newest(address);
        self.set(ENDED, true);
    }

    /// The newest head is the one at `address`.
    pub(crate) fn freshen(&mut self, address: u32, mark: &Mark) {
        self.set_newest(address);
        self.set_len(mark.len);
        self.set(ENDED, mark.kind == Kind::Delta);
        self.set(FRESHENED, true);
        if mark.commits {
            self.set(PENDING, false);
        }
    }
}

/// At most `PAIRS` entries, in no order.
#[derive(Clone, Debug)]
pub(crate) struct Index<const PAIRS: usize> {
    entries: Vec<Entry, PAIRS>,
}

impl<const PAIRS: usize> Index<PAIRS> {
    pub(crate) const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.entries.is_full()
    }

    /// The entry whose first head is at `base`.
    #[inline(never)]
    pub(crate) fn get(&mut self, base: u32) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.base() == base)
    }

    /// Whether there was room.
    pub(crate) fn insert(&mut self, entry: Entry) -> bool {
        self.entries.push(entry).is_ok()
    }

    #[inline(never)]
    pub(crate) fn remove(&mut self, base: u32) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.base() == base)?;
        take_out(&mut self.entries, at)
    }

    /// Keeps the entries that `keep` says of, once each.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Entry) -> bool) {
        let mut at = 0;
        while let Some(entry) = self.entries.get(at) {
            if keep(entry) {
                at += 1;
            } else {
                take_out(&mut self.entries, at);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lengths_and_flags_do_not_touch_each_other() {
        let mut entry = Entry::head(9, ADDRESS, 4095, PENDING);
        assert_eq!((entry.base(), entry.newest(), entry.len()), (ADDRESS, ADDRESS, 4095));
        entry.set_newest(5);
        entry.set_len(1025);
        entry.set(PENDING, false);
        entry.set(RECENT, true);
        assert_eq!((entry.base(), entry.newest(), entry.len()), (ADDRESS, 5, 1025));
        assert!(entry.is_visible() && entry.has(RECENT) && entry.kind() == Newest::First);
    }
}
