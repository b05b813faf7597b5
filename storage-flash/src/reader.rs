//! Reading heads.

use crate::catalog::name;
use crate::crc::Crc32;
use crate::delta::{self, DELTA_MAX};
use crate::header::{Header, Kind, Reference, UNKNOWN};
use crate::heads::Freshened;
use crate::health::count;
use crate::index::{Entry, Newest, PENDING, RECENT, USED};
use crate::ring::Ring;
use crate::writer::shift;
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::{PairId, StoredBody, record};
use larder::store::Found;
use larder::time::ReceivedAt;

/// Octets at the beginning of a record that tell when it was received, though some of them were changed.
const GLANCE_HEAD: usize = 64;

/// Octets of the longest record of what a head differs in.
const CHANGES: usize = Header::LEN + DELTA_MAX;

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    /// Copies the record of a pair; `None` if it is gone, damaged (then it is forgotten), does not fit,
    /// or is incomplete and no octet of its body is held, as after a power cut. One read, two if the buffer has no room for a header beside the record, and one more
    /// where the head is kept as what differs from the first one, or where the body's length was not
    /// known when its head was written. Of an incomplete pair, one more for each record of its body.
    pub(crate) async fn load(&mut self, id: PairId, record: &mut [u8]) -> Option<Found> {
        let entry = *self.catalog.get(id)?;
        if entry.kind() != Newest::Delta && record.len() < entry.len() as usize {
            return None;
        }
        let found = self.load_entry(id, &entry, record).await;
        if found.is_none() {
            self.forget(id);
        }
        found.flatten().filter(|found| found.body.is_whole() || found.body.held > 0)
    }

    /// A client has read the pair: it is worth a second chance.
    pub(crate) fn mark_used(&mut self, id: PairId) {
        if let Some(entry) = self.catalog.get(id) {
            entry.set(USED, true);
        }
    }

    /// `None`: it is damaged. `Some(None)`: it does not fit.
    async fn load_entry(&mut self, id: PairId, entry: &Entry, record: &mut [u8]) -> Option<Option<Found>> {
        let mut len = entry.len() as usize;
        let mut octets = [0; CHANGES];
        let mut changes = None;
        if entry.kind() == Newest::Delta {
            let header = self.load_head(id, entry, Kind::Delta, len, &mut octets).await?;
            let made = octets.get(..len)?;
            let (first, room) = delta::sizes(made)?;
            if record.len() < room {
                return Some(None);
            }
            len = first;
            changes = Some((made, header.number));
        }
        let kind = if entry.kind() == Newest::Fresh { Kind::Fresh } else { Kind::Head };
        let header = self.load_head(id, entry, kind, len, record).await?;
        let number = changes.map_or(header.number, |(_, number)| number);
        if kind == Kind::Head {
            self.keep_place(id, entry, &header, number);
        }
        if let Some((changes, _)) = changes {
            len = delta::apply(changes, record)?;
        }
        if !entry.has(RECENT) {
            record::mark_earlier_boot(record.get_mut(..len)?);
        }
        let body = self.body(id, entry, number).await?;
        Some(Some(Found { id, len, body }))
    }

    /// What is stored of the body of a pair whose newest head says that it has `number` octets.
    async fn body(&mut self, id: PairId, entry: &Entry, number: u32) -> Option<StoredBody> {
        let total = if entry.kind() == Newest::End { self.total(id).await?.total } else { number };
        let total = (total != UNKNOWN).then_some(u64::from(total));
        if entry.has(PENDING) {
            let held = self.extents(id, None).await?.held();
            return Some(StoredBody::part(total, u64::from(held)));
        }
        total.map(StoredBody::whole)
    }

    /// Where the body of a whole pair begins is known once its first head was read.
    fn keep_place(&mut self, id: PairId, entry: &Entry, first: &Header, total: u32) {
        if !entry.has(PENDING) && entry.kind() != Newest::End && self.places.get(id).is_none() {
            let (seq, at) = self.catalog.place(entry.base());
            self.places.set(self.beginning(id, total, seq, at, first));
        }
    }

    /// Loads a head of a pair, or what its newest one differs in: that of the record of this kind, of `len`
    /// octets.
    async fn load_head(
        &mut self,
        id: PairId,
        entry: &Entry,
        kind: Kind,
        len: usize,
        record: &mut [u8],
    ) -> Option<Header> {
        let (seq, at) = self.catalog.place(if kind == Kind::Head { entry.base() } else { entry.newest() });
        let header_len = if kind == Kind::Head { Header::HEAD_LEN } else { Header::LEN };
        let header = self.read_head(seq, at, header_len, len, record).await?;
        (header.kind == kind && is_of(seq, &header, id, entry)).then_some(header)
    }

    /// When a pair was received, and how many octets its heads have: the newest one, or the first one and what
    /// differs from it.
    pub(crate) async fn received(&mut self, id: PairId) -> Option<(ReceivedAt, u32)> {
        let entry = *self.catalog.get(id)?;
        let fresh = entry.kind() == Newest::Fresh;
        let mut octets = [0; CHANGES];
        let mut len = entry.len() as usize;
        let mut changes = None;
        if entry.kind() == Newest::Delta {
            self.load_head(id, &entry, Kind::Delta, len, &mut octets).await?;
            let made = octets.get(..len)?;
            len = delta::sizes(made)?.0;
            changes = Some(made);
        }
        let (seq, at) = self.catalog.place(if fresh { entry.newest() } else { entry.base() });
        // A bit that flipped must not make it younger than it is.
        let (header, _) = self.whole_record(seq, at).await?;
        let mut front = [0; GLANCE_HEAD];
        let front = front.get_mut(..GLANCE_HEAD.min(len))?;
        self.log.read(seq, at + header.header_len() as u32, front).await.ok()?;
        let Some(changes) = changes else {
            return Some((record::decode_received(front)?, entry.len()));
        };
        let mut changed = [0; GLANCE_HEAD];
        let begun = delta::begin(changes, front, &mut changed)?;
        Some((record::decode_received(changed.get(..begun)?)?, entry.len() + len as u32))
    }

    /// Loads the first head of a pair into a buffer, to tell what another one differs in. Answers its
    /// length.
    pub(crate) async fn load_base(&mut self, id: PairId, record: &mut [u8]) -> Option<usize> {
        let entry = *self.catalog.get(id)?;
        let mut len = entry.len() as usize;
        if entry.is_freshened() {
            let (seq, at) = self.catalog.place(entry.base());
            len = usize::from(self.header_at(seq, at).await?.len);
        }
        self.load_head(id, &entry, Kind::Head, len, record).await.map(|_| len)
    }

    /// Reads a header and the `len` octets of the head behind it, which are moved to the beginning of
    /// the buffer.
    async fn read_head(
        &mut self,
        seq: u32,
        at: u32,
        header_len: usize,
        len: usize,
        record: &mut [u8],
    ) -> Option<Header> {
        let step = self.log.geometry.read as usize;
        let whole = (header_len + len + step - 1) & !(step - 1);
        let at_once = whole <= record.len();
        let mut front = [0; Header::HEAD_LEN];
        let octets = if at_once { record.get_mut(..whole)? } else { front.get_mut(..header_len)? };
        self.log.read(seq, at, octets).await.ok()?;
        let header = Header::decode_mending(seq, octets.get(..header_len)?)?;
        if at_once {
            shift(octets, header_len..header_len + len, 0);
        } else {
            self.log.read(seq, at + header_len as u32, record.get_mut(..len)?).await.ok()?;
        }
        let octets = record.get(..len)?;
        (usize::from(header.len) == len && Crc32::of(seq, octets) == header.sum).then_some(header)
    }

    /// Octets of the complete body of a pair, or [`UNKNOWN`], and whether it is committed.
    pub(crate) async fn total(&mut self, id: PairId) -> Option<Freshened> {
        let entry = *self.catalog.get(id)?;
        let (seq, at) = self.catalog.place(entry.newest());
        let header = self.header_at(seq, at).await?;
        let ends = header.kind == Kind::End;
        if ends != (entry.kind() == Newest::End) || !is_of(seq, &header, id, &entry) {
            return None;
        }
        let (whole, number) = (!entry.has(PENDING), header.number);
        let total = if ends { number + u32::from(header.len) } else { number };
        (total != UNKNOWN || !whole).then_some(Freshened { id, total, whole })
    }

    /// A pair is damaged: it is not found any more.
    pub(crate) fn forget(&mut self, id: PairId) {
        count(&mut self.log.wear.damaged);
        self.places.clear();
        if let Some(base) = self.catalog.base(id) {
            self.catalog.index.remove(base);
            self.catalog.pins.remove(base);
        }
    }

    /// Whether the sector of a pair's first head is still there.
    pub(crate) fn is_alive(&self, id: PairId) -> bool {
        self.catalog.base(id).is_some() && crate::catalog::parts(id).0 <= self.catalog.newest
    }
}

/// The pair that a record in the sector numbered `seq` is of.
pub(crate) fn owner(seq: u32, header: &Header) -> Option<PairId> {
    let reference = Reference(header.reference);
    let base = seq.checked_sub(u32::from(reference.back()))?;
    Some(name(base, reference.unit()))
}

/// Whether a record in the sector numbered `seq` is a head of the pair, or the end of its body.
fn is_of(seq: u32, header: &Header, id: PairId, entry: &Entry) -> bool {
    match header.kind {
        Kind::Head => header.reference == entry.fingerprint(),
        Kind::Fresh | Kind::Delta | Kind::End => owner(seq, header) == Some(id),
        _ => false,
    }
}
