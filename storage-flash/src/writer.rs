//! Writers: what is gathered of a pair before it is programmed.

use crate::append::{Laid, Needs, Source, Window};
use crate::catalog::name;
use crate::crc::Crc32;
use crate::geometry::Geometry;
use crate::header::{Header, Kind, LIST_MAX, UNKNOWN, list_len};
use crate::log::Done;
use crate::records::List;
use crate::ring::Ring;
use core::ops::Range;
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::PairId;
use larder::store::StoreError;

/// Octets kept free for a header, before what is gathered.
pub(crate) const FRONT: usize = Header::HEAD_LEN;

/// Octets kept free behind it: for the list of pairs replaced, and to fill the last unit.
pub(crate) const BACK: usize = list_len(LIST_MAX) + 32;

/// A pair being written.
///
/// The buffer holds the head until it is on flash, and what was gathered of the body.
#[derive(Clone, Debug)]
pub(crate) struct Writer<const BUFFER: usize> {
    pub(crate) active: bool,
    /// Whether a method that was given the handle has not returned.
    pub(crate) busy: bool,
    pub(crate) generation: u32,
    /// When it was used last.
    pub(crate) used: u32,
    pub(crate) fingerprint: u32,
    /// Octets the body will have, if that is known.
    pub(crate) length: Option<u32>,
    /// Its name, once its head is on flash.
    pub(crate) base: Option<PairId>,
    /// Its name, if the record with its head is on flash: it may have been given up half-way.
    pub(crate) begun: Option<PairId>,
    /// Octets of the head that wait in the buffer.
    pub(crate) head: usize,
    /// Octets in the buffer, those of the head among them.
    pub(crate) filled: usize,
    /// Where in the body what is gathered belongs.
    pub(crate) written: u32,
    /// Where in the body it has to end.
    pub(crate) limit: u32,
    /// Whether a part of the body is worth keeping.
    pub(crate) partial: bool,
    /// Whether all is held but what it was begun for.
    pub(crate) rest_held: bool,
    /// Whether the pair was begun by another writer.
    pub(crate) resumed: bool,
    /// Whether octets of the body are on flash.
    pub(crate) kept: bool,
    pub(crate) buffer: [u8; BUFFER],
}

impl<const BUFFER: usize> Writer<BUFFER> {
    /// Octets of head and body it can gather.
    pub(crate) const ROOM: usize = BUFFER - FRONT - BACK;

    /// One that nothing was begun with.
    pub(crate) const fn new() -> Self {
        // All zeros: so a store is made where it belongs, by clearing it. Else it would be copied there, from
        // a constant and over the stack.
        Self {
            active: false,
            busy: false,
            generation: 0,
            used: 0,
            fingerprint: 0,
            length: None,
            base: None,
            begun: None,
            head: 0,
            filled: 0,
            written: 0,
            limit: 0,
            partial: false,
            rest_held: false,
            resumed: false,
            kept: false,
            buffer: [0; BUFFER],
        }
    }

    /// Begins a pair, of which nothing is gathered. Its first octets belong to `offset`.
    pub(crate) fn begin(&mut self, fingerprint: u32, length: Option<u32>, offset: u32, partial: bool) {
        self.active = true;
        self.busy = false;
        self.fingerprint = fingerprint;
        self.length = length;
        (self.base, self.begun) = (None, None);
        (self.head, self.filled, self.written) = (0, 0, offset);
        self.limit = u32::MAX;
        self.partial = partial;
        self.rest_held = offset == 0;
        self.resumed = false;
        self.kept = false;
    }

    /// Goes on with a pair, from `offset` to `limit`.
    pub(crate) fn resume(&mut self, id: PairId, fingerprint: u32, offset: u32, limit: u32, rest_held: bool) {
        self.begin(fingerprint, None, offset, true);
        self.base = Some(id);
        self.limit = limit;
        self.rest_held = rest_held;
        self.resumed = true;
        self.kept = true;
    }

    /// Octets of the body that are gathered.
    pub(crate) const fn gathered(&self) -> usize {
        self.filled - self.head
    }

    /// Where in the body it stands.
    pub(crate) const fn position(&self) -> usize {
        self.written as usize + self.gathered()
    }

    /// Whether the body is whole with what was gathered.
    pub(crate) fn is_whole(&self) -> bool {
        let end = self.position();
        let reached = if self.resumed {
            end >= self.limit as usize
        } else {
            !self.partial || self.length.is_none_or(|length| end >= length as usize)
        };
        reached && self.rest_held
    }

    /// Ends it, however: the handle means nothing from here on.
    pub(crate) fn end(&mut self) {
        self.active = false;
        self.busy = false;
        self.generation = self.generation.wrapping_add(1);
    }

    /// Gathers as much of `octets` as there is room for, and answers how much that was.
    pub(crate) fn gather(&mut self, octets: &[u8]) -> usize {
        let len = octets.len().min(Self::ROOM.saturating_sub(self.filled));
        let to = self.buffer.get_mut(FRONT + self.filled..).unwrap_or_default();
        for (to, from) in to.iter_mut().zip(octets).take(len) {
            *to = *from;
        }
        self.filled += len;
        len
    }

    /// Octets of the header of the next record.
    pub(crate) const fn header_len(&self) -> usize {
        if self.base.is_none() { Header::HEAD_LEN } else { Header::LEN }
    }

    /// Octets of room the next record needs at least, `list` octets of list included, where a segment has
    /// `most` octets of room.
    pub(crate) fn least(&self, geometry: &Geometry, list: usize, most: u32) -> u32 {
        let head = self.header_len() + self.head;
        let rest = (self.gathered() + list).min(FRAGMENT_MIN);
        geometry.padded((head + rest) as u32).min(most.max(geometry.padded(head as u32)))
    }

    /// Lays the next record out in the buffer, for the sector numbered `seq` and `room` octets.
    ///
    /// `last`: whether it may be the last record, and then commits if `laid` has a list, of the pairs
    /// it replaces.
    /// The header says which pair it refers to, if its head is on flash.
    fn plan(
        &mut self,
        geometry: &Geometry,
        seq: u32,
        room: usize,
        last: bool,
        replaces: bool,
        laid: &mut Laid,
    ) {
        let unit = geometry.unit as usize;
        let fixed = self.header_len() + self.head;
        let gathered = self.gathered();
        let padded = |octets: usize| (octets + unit - 1) & !(unit - 1);
        let commits = replaces && padded(fixed + gathered + list_len(laid.list.len())) <= room;
        let whole_units = (fixed + gathered).min(room) & !(unit - 1);
        let body = if commits || whole_units < fixed || (last && padded(fixed + gathered) <= room) {
            gathered
        } else {
            whole_units - fixed
        };
        if !commits {
            laid.list = List::new(0);
        }
        laid.header.commits = commits;
        laid.header.count = laid.list.len() as u8;
        self.describe(seq, body, &mut laid.header);
        self.fill(seq, &laid.header, body, &laid.list, unit);
        laid.len = padded(laid.header.record_len());
    }

    fn describe(&self, seq: u32, body: usize, header: &mut Header) {
        let data = self.buffer.get(FRONT..).unwrap_or_default();
        let (head, rest) = data.split_at_checked(self.head).unwrap_or_default();
        let body_sum = Crc32::of(seq, rest.get(..body).unwrap_or_default());
        let end = self.written + body as u32;
        (header.number, header.len, header.sum) = (self.written, body as u16, body_sum);
        if self.base.is_none() {
            header.kind = Kind::Head;
            header.number = if header.commits { end } else { self.length.unwrap_or(UNKNOWN) };
            (header.len, header.sum) = (self.head as u16, Crc32::of(seq, head));
            header.reference = self.fingerprint;
            (header.inline, header.inline_sum, header.partial) = (body as u16, body_sum, self.partial);
        } else if header.commits && !self.resumed && self.length != Some(end) {
            header.kind = Kind::End;
        }
    }

    fn fill(&mut self, seq: u32, header: &Header, body: usize, list: &[u32], unit: usize) {
        let octets = header.encode(seq);
        let octets = octets.get(..header.header_len()).unwrap_or_default();
        let begin = FRONT - octets.len();
        copy(octets, self.buffer.get_mut(begin..).unwrap_or_default());
        let mut end = FRONT + self.head + body;
        end += encode_list(seq, list, self.buffer.get_mut(end..).unwrap_or_default());
        let pad = (begin.wrapping_sub(end)) & (unit - 1);
        self.buffer.get_mut(end..end + pad).unwrap_or_default().fill(u8::MAX);
    }
}

/// What a writer has gathered, to become a record.
pub(crate) struct Gathered<'w, const BUFFER: usize> {
    pub(crate) writer: &'w mut Writer<BUFFER>,
    /// Whether it may be the writer's last record.
    pub(crate) last: bool,
    /// It then commits the pair in place of these, if there are any said.
    pub(crate) replaces: Option<&'w [PairId]>,
}

impl<F: NorFlash, const PAIRS: usize, const BUFFER: usize> Source<F, PAIRS> for Gathered<'_, BUFFER> {
    fn needs(&mut self, ring: &Ring<F, PAIRS>) -> Needs {
        let replaced = self.replaces.unwrap_or_default().len();
        let marks = 1 + replaced;
        let least = self.writer.least(&ring.log.geometry, list_len(replaced), ring.most_room(marks));
        Needs { least, marks, owner: self.writer.base }
    }

    fn lay_out(&mut self, ring: &mut Ring<F, PAIRS>, room: u32, laid: &mut Laid, _: &mut Window) -> Done<()> {
        let (seq, geometry) = (ring.log.seq, ring.log.geometry);
        laid.list = ring.references(self.replaces.unwrap_or_default());
        if let Some(id) = self.writer.base {
            ring.catalog.stretch_pin(id, seq)?;
            // A pair whose head went meanwhile has no reference.
            laid.header.reference = ring.catalog.reference(seq, id).ok_or(StoreError::Gone)?.0;
        }
        self.writer.plan(&geometry, seq, room as usize, self.last, self.replaces.is_some(), laid);
        if self.writer.base.is_none() {
            self.writer.begun = Some(name(seq, geometry.unit_at(ring.log.at)));
            self.writer.kept = laid.header.inline > 0;
        }
        Ok(())
    }

    fn octets<'w>(&'w mut self, laid: &Laid, from: usize, _: &'w mut Window) -> &'w [u8] {
        let begin = FRONT - laid.header.header_len();
        self.writer.buffer.get(begin + from..begin + laid.len).unwrap_or_default()
    }

    fn landed(&mut self, laid: &Laid, name: PairId) {
        let writer = &mut *self.writer;
        let body = usize::from(if writer.base.is_none() { laid.header.inline } else { laid.header.len });
        let used = writer.head + body;
        shift(&mut writer.buffer, FRONT + used..FRONT + writer.filled, FRONT);
        writer.filled -= used;
        writer.head = 0;
        writer.base = writer.base.or(Some(name));
        writer.written += body as u32;
        writer.kept |= body > 0;
    }
}

/// Octets of a body below which no record is begun at the end of a segment.
const FRAGMENT_MIN: usize = 64;

/// Writes a list of pairs to the beginning of `to`, with its checksum. Answers how many octets that are.
pub(crate) fn encode_list(seq: u32, list: &[u32], to: &mut [u8]) -> usize {
    let len = list_len(list.len());
    let Some((front, sum)) = to.get_mut(..len).and_then(<[u8]>::split_last_chunk_mut::<4>) else {
        return 0;
    };
    for (to, reference) in front.as_chunks_mut::<4>().0.iter_mut().zip(list) {
        *to = reference.to_le_bytes();
    }
    *sum = Crc32::of(seq, front).to_le_bytes();
    len
}

/// Moves some of `octets` to where `to` is; what has no place there stays where it is.
#[inline(never)]
pub(crate) fn shift(octets: &mut [u8], from: Range<usize>, to: usize) {
    let Range { start, end } = from;
    if to <= start {
        let part = octets.get_mut(to..end).unwrap_or_default();
        if start - to <= part.len() {
            part.copy_within(start - to.., 0);
        }
        return;
    }
    for at in (start..end).rev() {
        let octet = octets.get(at).copied();
        if let (Some(octet), Some(to)) = (octet, octets.get_mut(at - start + to)) {
            *to = octet;
        }
    }
}

/// Copies as much of `from` as `to` has room for. Answers how many octets `from` has.
#[inline(never)]
pub(crate) fn copy(from: &[u8], to: &mut [u8]) -> usize {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    from.len()
}
