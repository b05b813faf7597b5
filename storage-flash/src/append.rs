//! Appending: room is made, a record is programmed, and the catalog learns of it.

use crate::catalog::{name, parts};
use crate::crc::Crc32;
use crate::delta::{Changes, DELTA_MAX};
use crate::footer::Mark;
use crate::header::{Header, Kind, LIST_MAX, UNKNOWN, list_len};
use crate::health::count;
use crate::pins::{PINS_LEN, Written};
use crate::records::List;
use crate::ring::Ring;
use crate::writer::{Writer, copy, encode_list};
use core::convert::Infallible;
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::{NewPair, PairId, record};
use larder::store::StoreError;

/// A record that lies whole on flash.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Appended {
    pub(crate) seq: u32,
    pub(crate) at: u32,
}

/// A record of few octets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Small<'p> {
    pub(crate) kind: Kind,
    pub(crate) commits: bool,
    pub(crate) number: u32,
    pub(crate) payload: &'p [u8],
    /// Whether it is about no pair in particular.
    pub(crate) of_all: bool,
}

const CLEAR: Small<'static> = note(Kind::Clear);

const fn note(kind: Kind) -> Small<'static> {
    Small { kind, commits: false, number: 0, payload: &[], of_all: false }
}

/// Octets of the longest such record, with what fills its last unit.
const SMALL_MAX: usize = (Header::LEN + DELTA_MAX + list_len(LIST_MAX)).next_multiple_of(32);

/// A pair whose head is written anew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freshened {
    pub(crate) id: PairId,
    /// Octets of its complete body, or [`UNKNOWN`].
    pub(crate) total: u32,
    /// Whether it is committed.
    pub(crate) whole: bool,
}

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    /// Octets of room for a record that makes `marks` marks: at least `least`, in this segment or
    /// in one that is opened for it. `owner`: a pair that must not be evicted for it.
    pub(crate) async fn reserve(
        &mut self,
        least: u32,
        marks: usize,
        owner: Option<PairId>,
    ) -> Result<u32, StoreError<F::Error>> {
        loop {
            let room = self.log.room(marks).await;
            if room >= least {
                return Ok(room);
            }
            if self.log.open {
                self.close_segment(true).await;
            } else {
                self.open_sector(owner).await?;
            }
        }
    }

    /// Opens the next sector. What lies there is evicted.
    pub(crate) async fn open_sector(&mut self, owner: Option<PairId>) -> Result<(), StoreError<F::Error>> {
        if !self.log.prepared {
            self.prepare_sector(owner).await?;
        }
        self.log.enter(self.log.next);
        self.catalog.newest = self.log.seq;
        if !self.catalog.pins.is_empty() && self.put_pins().await.is_err() {
            // The sector before this one tells them.
            self.log.in_flight = None;
            self.log.leave_segment();
        }
        Ok(())
    }

    /// Erases the next sector that is not held, and writes its header. One that fails twice is
    /// skipped, once.
    pub(crate) async fn prepare_sector(&mut self, owner: Option<PairId>) -> Result<(), StoreError<F::Error>> {
        let geometry = self.log.geometry;
        let mut held = 0;
        let mut failures = 0;
        let mut failure = None;
        loop {
            let seq = self.log.next;
            if self.catalog.pins.holds(&geometry, seq) {
                self.give_up(seq);
                self.log.next += 1;
                held += 1;
                if held >= geometry.sectors {
                    return Err(StoreError::NoRoom);
                }
                continue;
            }
            if owner.is_some_and(|owner| parts(owner).0 + geometry.sectors == seq) {
                return Err(failure.map_or(StoreError::BodyTooLarge, StoreError::Medium));
            }
            let floor = self.give_up(seq);
            match self.log.prepare(seq).await {
                Ok(()) => {
                    self.log.prepared = true;
                    self.catalog.told = self.catalog.told.max(floor);
                    return Ok(());
                }
                Err(error) => {
                    failures += 1;
                    if failures % 2 == 0 {
                        count(&mut self.log.wear.skipped);
                        self.log.next += 1;
                    }
                    if failures > 2 {
                        return Err(StoreError::Medium(error));
                    }
                    failure = Some(error);
                }
            }
        }
    }

    /// Forgets what begins in the sector that the one numbered `seq` takes the place of. Answers
    /// the name up to which nothing is left.
    fn give_up(&mut self, seq: u32) -> u64 {
        self.catalog.release_inherited(seq);
        self.forget_sector(seq, self.log.geometry.sectors)
    }

    /// Forgets what begins in the sector `back` sectors before the one numbered `seq`, as far as it
    /// is not pinned. Answers the name up to which nothing is left; until the sector is erased, a
    /// reboot would find it again.
    pub(crate) fn forget_sector(&mut self, seq: u32, back: u32) -> u64 {
        let geometry = &self.log.geometry;
        let last = (geometry.sector / geometry.unit - 1) as u16;
        self.catalog.drop_position(geometry.position(seq));
        self.places.clear();
        // The first sector is the one numbered as there are sectors.
        let old = seq.checked_sub(back).filter(|old| *old >= geometry.sectors);
        let floor = old.map_or(0, |old| name(old, last).number());
        self.catalog.floor = self.catalog.floor.max(floor);
        floor
    }

    /// Programs what the writer has gathered, as one record. `last`: it may be its last one, and
    /// commits the pair in place of those it `replaces`, if there are any said. Whether it did.
    pub(crate) async fn flush<const BUFFER: usize>(
        &mut self,
        writer: &mut Writer<BUFFER>,
        last: bool,
        replaces: Option<&[PairId]>,
    ) -> Result<bool, StoreError<F::Error>> {
        let mut failed = false;
        loop {
            let base = writer.base;
            let replaced = replaces.unwrap_or_default().len();
            let least = writer.least(&self.log.geometry, list_len(replaced));
            let room = self.reserve(least, 1 + replaced, base).await?;
            let (seq, at) = (self.log.seq, self.log.at);
            let list: Option<List> = replaces.map(|ids| self.references(ids));
            // A pair whose head went meanwhile has no reference.
            let reference = base.map_or(Some(0), |id| self.catalog.reference(seq, id).map(|found| found.0));
            let reference = reference.ok_or(StoreError::Gone)?;
            let plan = writer.plan(&self.log.geometry, seq, room as usize, reference, last, list.as_deref());
            if base.is_none() {
                writer.begun = Some(name(seq, (at / self.log.geometry.unit) as u16));
                writer.kept = plan.body > 0;
            }
            match self.log.program(writer.record(&plan)).await {
                Ok(()) => self.landed(&plan.header, list.as_deref().filter(|_| plan.header.commits)),
                Err(_) if self.settle(true).await => {}
                Err(error) if failed => return Err(StoreError::Medium(error)),
                Err(_) => {
                    failed = true;
                    continue;
                }
            }
            let id = base.unwrap_or(name(seq, (at / self.log.geometry.unit) as u16));
            writer.written(&plan, id);
            if let Some(held) = self.catalog.base(id).and_then(|base| self.catalog.pins.get(base)) {
                held.last = held.last.max(seq);
            }
            return Ok(plan.header.commits);
        }
    }

    fn references(&self, ids: &[PairId]) -> List {
        let mut list = List::new();
        for reference in ids.iter().filter_map(|id| self.catalog.reference(self.log.seq, *id)) {
            // Callers give at most as many as a record has room for.
            let _ = list.push(reference.0);
        }
        list
    }

    /// Appends a record that says something of pairs: `ids`, the first of them its own.
    pub(crate) async fn append_note(
        &mut self,
        kind: Kind,
        ids: &[PairId],
    ) -> Result<(), StoreError<F::Error>> {
        self.append_small(&note(kind), ids).await
    }

    /// Appends a record of few octets about pairs: `ids`, the first of them its own.
    pub(crate) async fn append_small(
        &mut self,
        small: &Small<'_>,
        ids: &[PairId],
    ) -> Result<(), StoreError<F::Error>> {
        let mut failed = false;
        loop {
            let listed = ids.len().saturating_sub(1);
            let len = Header::LEN + small.payload.len() + list_len(listed);
            self.reserve(self.log.geometry.padded(len as u32), ids.len(), None).await?;
            match self.put_small(small, ids).await {
                Ok(()) => return Ok(()),
                Err(_) if self.settle(true).await => return Ok(()),
                Err(error) if failed => return Err(StoreError::Medium(error)),
                Err(_) => failed = true,
            }
        }
    }

    /// As [`append_small`](Self::append_small), where there is room. Nothing is written about pairs
    /// that are all gone.
    async fn put_small(&mut self, small: &Small<'_>, ids: &[PairId]) -> Result<(), F::Error> {
        let seq = self.log.seq;
        let mut list = self.references(ids);
        let none = list.is_empty() && !small.of_all;
        if none || (small.kind == Kind::Join && list.len() < ids.len()) {
            return Ok(());
        }
        let reference = if list.is_empty() { 0 } else { list.remove(0) };
        let header = Header {
            kind: small.kind,
            commits: small.commits,
            count: list.len() as u8,
            number: small.number,
            len: small.payload.len() as u16,
            reference,
            sum: Crc32::of(seq, small.payload),
            inline: 0,
            inline_sum: 0,
            partial: false,
        };
        let mut octets = [u8::MAX; SMALL_MAX];
        let mut back = [0; list_len(LIST_MAX)];
        let back = if list.is_empty() { &[][..] } else { encode_list(seq, &list, &mut back) };
        let front = header.encode(seq);
        let mut at = 0;
        for part in [front.get(..Header::LEN).unwrap_or_default(), small.payload, back] {
            copy(part, octets.get_mut(at..).unwrap_or_default());
            at += part.len();
        }
        let len = self.log.geometry.padded(header.record_len() as u32) as usize;
        self.log.program(octets.get(..len).unwrap_or_default()).await?;
        self.landed(&header, Some(&list));
        Ok(())
    }

    /// Writes down which pairs the index gave up, before something else is removed: after a reboot
    /// there would be room for them again.
    pub(crate) async fn keep_floor(&mut self) -> Result<(), StoreError<F::Error>> {
        let floor = self.catalog.floor;
        if floor > self.catalog.told {
            if self.is_alive(PairId::new(floor)) {
                self.append_note(Kind::Clear, &[PairId::new(floor)]).await?;
            }
            self.catalog.told = floor;
        }
        Ok(())
    }

    /// The body of a pair has got longer, or is complete now: if it is pinned, that goes for all of it.
    pub(crate) async fn extend_pin(&mut self, id: PairId) -> Result<(), StoreError<F::Error>> {
        let Some(base) = self.catalog.base(id).filter(|base| self.catalog.pins.has(*base)) else {
            return Ok(());
        };
        let last = self.last_sector(id).await.ok_or(StoreError::Gone)?;
        if let Some(held) = self.catalog.pins.get(base) {
            held.last = held.last.max(last);
        }
        self.tell_pins().await
    }

    /// Writes down which pairs are pinned.
    pub(crate) async fn tell_pins(&mut self) -> Result<(), StoreError<F::Error>> {
        let mut failed = false;
        loop {
            self.reserve(self.log.geometry.padded((Header::LEN + PINS_LEN) as u32), 1, None).await?;
            match self.put_pins().await {
                Ok(()) => return Ok(()),
                Err(_) if self.settle(true).await => return Ok(()),
                Err(error) if failed => return Err(StoreError::Medium(error)),
                Err(_) => failed = true,
            }
        }
    }

    /// As [`tell_pins`](Self::tell_pins), where there is room.
    async fn put_pins(&mut self) -> Result<(), F::Error> {
        let mut octets = [0; PINS_LEN];
        let mut len = 0;
        let mut rest = octets.chunks_exact_mut(Written::LEN);
        for (id, newest, last, entry) in self.catalog.pinned() {
            if let Some(to) = rest.next() {
                Written::of(id, newest, last, &entry).encode(to);
                len += Written::LEN;
            }
        }
        let payload = octets.get(..len).unwrap_or_default();
        self.put_small(&Small { payload, of_all: true, ..note(Kind::Pins) }, &[]).await
    }

    /// Closes the segment. At the end of a sector, what the next one takes the place of is given up,
    /// and that is written down: an erase that is cut off may leave a pair and not what hid it.
    /// `sound`: whether a record can still be appended.
    pub(crate) async fn close_segment(&mut self, sound: bool) {
        let mut ahead = 0;
        if self.log.is_last_segment() && !self.log.prepared {
            let next = self.next_sector();
            let floor = self.give_up(next);
            ahead = u16::try_from(next - self.log.seq).unwrap_or_default();
            let told = sound && self.log.ends_without_footer(0) && !self.log.closing && self.log.verified;
            if told && self.put_small(&CLEAR, &[PairId::new(floor)]).await.is_err() {
                // Whether it is there or not: nothing more is appended here.
                self.log.in_flight = None;
            }
        }
        self.log.close_segment(ahead).await;
    }

    /// The number of the sector to be opened next: that of the first place that is not held.
    pub(crate) fn next_sector(&self) -> u32 {
        let geometry = &self.log.geometry;
        let held = |seq: &u32| self.catalog.pins.holds(geometry, *seq);
        let next = self.log.next;
        (next..next + geometry.sectors).find(|seq| !held(seq)).unwrap_or(next)
    }

    /// Erases the sector that will be opened next, ahead of time.
    pub(crate) async fn prepare_ahead(&mut self) -> Result<(), StoreError<F::Error>> {
        let erases = self.log.wear.erases;
        if self.log.open {
            // As at the end of a sector: what is given up is written down first.
            self.reserve(self.log.geometry.padded(Header::LEN as u32), 1, None).await?;
            if self.log.wear.erases > erases {
                return Ok(());
            }
            let floor = self.give_up(self.next_sector());
            self.append_note(Kind::Clear, &[PairId::new(floor)]).await?;
        }
        if self.log.prepared || self.log.wear.erases > erases {
            return Ok(());
        }
        self.prepare_sector(None).await
    }

    /// Appends the head of `pair` straight from where it lies. `of`: the pair it is a newer head of.
    pub(crate) async fn append_head(
        &mut self,
        pair: &NewPair<'_>,
        len: usize,
        of: Option<Freshened>,
    ) -> Result<Appended, StoreError<F::Error>> {
        let mut failed = false;
        loop {
            let kind = if of.is_some() { Kind::Fresh } else { Kind::Head };
            let header_len = if of.is_some() { Header::LEN } else { Header::HEAD_LEN };
            let least = self.log.geometry.padded((header_len + len) as u32);
            self.reserve(least, 1, None).await?;
            let (seq, at) = (self.log.seq, self.log.at);
            let reference = match of {
                None => pair.key().fingerprint(self.log.seed),
                Some(Freshened { id, .. }) => {
                    // Room may have been made of the pair itself.
                    self.catalog.get(id).ok_or(StoreError::Gone)?;
                    self.catalog.reference(seq, id).ok_or(StoreError::Gone)?.0
                }
            };
            let number = of.map_or_else(|| announced(pair), |of| of.total);
            let mut sum = Crc32::new(seq);
            each(pair, &mut |part| sum = sum.with(part));
            let header = Header {
                kind,
                commits: of.is_some_and(|of| of.whole),
                count: 0,
                number,
                len: len as u16,
                reference,
                sum: sum.value(),
                inline: 0,
                inline_sum: Crc32::of(seq, &[]),
                partial: of.is_none() && pair.resumable,
            };
            match self.program_head(pair, &header).await {
                Ok(()) => self.landed(&header, None),
                Err(_) if self.settle(true).await => {}
                Err(error) if failed => return Err(StoreError::Medium(error)),
                Err(_) => {
                    failed = true;
                    continue;
                }
            }
            return Ok(Appended { seq, at });
        }
    }

    /// Appends the head of `pair`, a newer one of `of`, as what differs from the first one. `buffer`
    /// is used on the way. Whether that was possible.
    pub(crate) async fn append_delta(
        &mut self,
        pair: &NewPair<'_>,
        of: Freshened,
        buffer: &mut [u8],
    ) -> Result<bool, StoreError<F::Error>> {
        let Some(base) = self.load_base(of.id, buffer).await.and_then(|len| buffer.get(..len)) else {
            return Ok(false);
        };
        let mut changes = Changes::of(base);
        each(pair, &mut |part| changes.piece(part));
        let Some(payload) = changes.finish() else {
            return Ok(false);
        };
        let small = Small { commits: of.whole, number: of.total, payload, ..note(Kind::Delta) };
        self.append_small(&small, &[of.id]).await?;
        // Room may have been made of the pair itself.
        self.catalog.get(of.id).ok_or(StoreError::Gone)?;
        Ok(true)
    }

    /// Programs a header and the record of `pair`, a window at a time.
    async fn program_head(&mut self, pair: &NewPair<'_>, header: &Header) -> Result<(), F::Error> {
        let total = self.log.geometry.padded(header.record_len() as u32) as usize;
        let front = header.encode(self.log.seq);
        let mut from = 0;
        while from < total {
            let mut window = [u8::MAX; WINDOW];
            let len = (total - from).min(WINDOW);
            let mut at = 0;
            let mut sink = |part: &[u8]| {
                let (begin, end) = (at.max(from), (at + part.len()).min(from + len));
                if begin < end {
                    let part = part.get(begin - at..end - at).unwrap_or_default();
                    copy(part, window.get_mut(begin - from..).unwrap_or_default());
                }
                at += part.len();
            };
            sink(front.get(..header.header_len()).unwrap_or_default());
            each(pair, &mut sink);
            self.log.program(window.get(..len).unwrap_or_default()).await?;
            from += len;
        }
        Ok(())
    }

    /// The record that was being programmed is whole.
    fn landed(&mut self, header: &Header, list: Option<&[u32]>) {
        if let Some(at) = self.log.in_flight.take() {
            self.note(self.log.seq, at, header, list.unwrap_or_default(), true);
        }
    }

    /// Lets the catalog and the segment's footer know of a record.
    pub(crate) fn note(&mut self, seq: u32, at: u32, header: &Header, list: &[u32], mark_it: bool) {
        let at = (at / self.log.geometry.unit) as u16;
        let Header { kind, commits, partial, len, reference, .. } = *header;
        let own = Mark { kind, commits, partial, at, len, reference };
        // Of a join whose list cannot be read nothing is known.
        let says =
            if kind == Kind::Join { !list.is_empty() } else { !matches!(kind, Kind::Body | Kind::End) };
        let own = (commits || says).then_some(own);
        let removed = list.iter().map(|reference| Mark::removal(*reference));
        // What goes makes room for what comes; but whose body becomes part of whose is said first.
        let (first, last) = if kind == Kind::Join { (own, None) } else { (None, own) };
        for mark in first.into_iter().chain(removed).chain(last) {
            if mark_it {
                self.log.marks.push(mark);
            }
            self.catalog.apply(seq, &mark);
        }
    }
}

/// Octets of a head that are programmed together.
const WINDOW: usize = 256;

/// Hands the record of `pair` over, piece by piece.
pub(crate) fn each(pair: &NewPair<'_>, sink: &mut dyn FnMut(&[u8])) {
    let _ = record::encode::<Infallible>(pair, |part| {
        sink(part);
        Ok(())
    });
}

/// What a head says of the length of the body to come.
pub(crate) fn announced(pair: &NewPair<'_>) -> u32 {
    let length = pair.length.and_then(|length| u32::try_from(length).ok());
    length.filter(|length| *length < UNKNOWN).unwrap_or(UNKNOWN)
}
