//! Writers: what is gathered of a pair before it is programmed.

use crate::crc::Crc32;
use crate::geometry::Geometry;
use crate::header::{Header, Kind, LIST_MAX, UNKNOWN, list_len};
use core::ops::Range;
use larder::pair::PairId;

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

/// Which part of what was gathered makes the next record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) header: Header,
    /// Octets of the body in it.
    pub(crate) body: usize,
    /// Octets of the record, in whole units.
    pub(crate) len: usize,
}

impl<const BUFFER: usize> Writer<BUFFER> {
    /// Octets of head and body it can gather.
    pub(crate) const ROOM: usize = BUFFER - FRONT - BACK;

    pub(crate) const fn new() -> Self {
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
            limit: u32::MAX,
            partial: false,
            rest_held: true,
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

    /// Octets of room the next record needs at least, `list` octets of list included.
    pub(crate) fn least(&self, geometry: &Geometry, list: usize) -> u32 {
        let rest = (self.gathered() + list).min(FRAGMENT_MIN);
        geometry.padded((self.header_len() + self.head + rest) as u32)
    }

    /// Lays the next record out in the buffer, for the sector numbered `seq` and `room` octets.
    ///
    /// `last`: whether it may be the last record; `list`: the pairs it replaces, if it then commits.
    /// `reference`: the pair's, if its head is on flash.
    pub(crate) fn plan(
        &mut self,
        geometry: &Geometry,
        seq: u32,
        room: usize,
        reference: u32,
        last: bool,
        list: Option<&[u32]>,
    ) -> Plan {
        let unit = geometry.unit as usize;
        let fixed = self.header_len() + self.head;
        let gathered = self.gathered();
        let listed = list.map_or(0, |list| list_len(list.len()));
        let padded = |octets: usize| (octets + unit - 1) & !(unit - 1);
        let commits = list.is_some() && padded(fixed + gathered + listed) <= room;
        let whole_units = (fixed + gathered).min(room) & !(unit - 1);
        let body = if commits || whole_units < fixed || (last && padded(fixed + gathered) <= room) {
            gathered
        } else {
            whole_units - fixed
        };
        let list = list.filter(|_| commits).unwrap_or_default();
        let header = self.header(seq, body, reference, commits, list.len());
        self.lay_out(seq, &header, body, list, unit);
        Plan { header, body, len: padded(header.record_len()) }
    }

    fn header(&self, seq: u32, body: usize, reference: u32, commits: bool, count: usize) -> Header {
        let data = self.buffer.get(FRONT..).unwrap_or_default();
        let (head, rest) = data.split_at_checked(self.head).unwrap_or_default();
        let body_sum = Crc32::of(seq, rest.get(..body).unwrap_or_default());
        let end = self.written + body as u32;
        let mut header = Header {
            kind: Kind::Body,
            commits,
            count: count as u8,
            number: self.written,
            len: body as u16,
            reference,
            sum: body_sum,
            inline: 0,
            inline_sum: 0,
            partial: false,
        };
        if self.base.is_none() {
            header.kind = Kind::Head;
            header.number = if commits { end } else { self.length.unwrap_or(UNKNOWN) };
            header.len = self.head as u16;
            header.reference = self.fingerprint;
            header.sum = Crc32::of(seq, head);
            header.inline = body as u16;
            header.inline_sum = body_sum;
            header.partial = self.partial;
        } else if commits && !self.resumed && self.length != Some(end) {
            header.kind = Kind::End;
        }
        header
    }

    fn lay_out(&mut self, seq: u32, header: &Header, body: usize, list: &[u32], unit: usize) {
        let octets = header.encode(seq);
        let octets = octets.get(..header.header_len()).unwrap_or_default();
        let begin = FRONT - octets.len();
        copy(octets, self.buffer.get_mut(begin..).unwrap_or_default());
        let mut end = FRONT + self.head + body;
        end += encode_list(seq, list, self.buffer.get_mut(end..).unwrap_or_default());
        let pad = (begin.wrapping_sub(end)) & (unit - 1);
        self.buffer.get_mut(end..end + pad).unwrap_or_default().fill(u8::MAX);
    }

    /// The record that was laid out.
    pub(crate) fn record(&self, plan: &Plan) -> &[u8] {
        let begin = FRONT - plan.header.header_len();
        self.buffer.get(begin..begin + plan.len).unwrap_or_default()
    }

    /// The record is on flash, as a part of the pair called `id`.
    pub(crate) fn written(&mut self, plan: &Plan, id: PairId) {
        let used = self.head + plan.body;
        shift(&mut self.buffer, FRONT + used..FRONT + self.filled, FRONT);
        self.filled -= used;
        self.head = 0;
        self.base = Some(id);
        self.written += plan.body as u32;
        self.kept |= plan.body > 0;
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
