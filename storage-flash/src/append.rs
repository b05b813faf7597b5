//! Appending: a record is programmed where there is room, and the catalog learns of it.

use crate::catalog::name;
use crate::crc::Crc32;
use crate::delta::Changes;
use crate::footer::Mark;
use crate::header::{Header, Kind, UNKNOWN, list_len};
use crate::log::{Done, Failed};
use crate::notes::{Small, note};
use crate::records::List;
use crate::ring::Ring;
use crate::writer::{Writer, copy};
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
    /// Programs what the writer has gathered, as one record. `last`: it may be its last one, and
    /// commits the pair in place of those it `replaces`, if there are any said. Whether it did.
    pub(crate) async fn flush<const BUFFER: usize>(
        &mut self,
        writer: &mut Writer<BUFFER>,
        last: bool,
        replaces: Option<&[PairId]>,
    ) -> Done<bool> {
        let mut failed = false;
        loop {
            let base = writer.base;
            let replaced = replaces.unwrap_or_default().len();
            let least = writer.least(&self.log.geometry, list_len(replaced));
            let room = self.reserve(least, 1 + replaced, base).await?;
            let (seq, at) = (self.log.seq, self.log.at);
            if let Some(id) = base {
                self.catalog.stretch_pin(id, seq)?;
            }
            let list: Option<List> = replaces.map(|ids| self.references(ids));
            // A pair whose head went meanwhile has no reference.
            let reference = base.map_or(Some(0), |id| self.catalog.reference(seq, id).map(|found| found.0));
            let reference = reference.ok_or(StoreError::Gone)?;
            let plan = writer.plan(&self.log.geometry, seq, room as usize, reference, last, list.as_deref());
            if base.is_none() {
                writer.begun = Some(name(seq, self.log.geometry.unit_at(at)));
                writer.kept = plan.body > 0;
            }
            match self.log.program(writer.record(&plan)).await {
                Ok(()) => self.landed(&plan.header, list.as_deref().filter(|_| plan.header.commits)),
                Err(Failed) if self.settle(true).await => {}
                Err(Failed) if failed => return Err(Failed.into()),
                Err(Failed) => {
                    failed = true;
                    continue;
                }
            }
            let id = base.unwrap_or(name(seq, self.log.geometry.unit_at(at)));
            writer.written(&plan, id);
            return Ok(plan.header.commits);
        }
    }

    /// Appends the head of `pair` straight from where it lies. `of`: the pair it is a newer head of.
    pub(crate) async fn append_head(
        &mut self,
        pair: &NewPair<'_>,
        len: usize,
        of: Option<Freshened>,
    ) -> Done<Appended> {
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
                Err(Failed) if self.settle(true).await => {}
                Err(Failed) if failed => return Err(Failed.into()),
                Err(Failed) => {
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
    ) -> Done<bool> {
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
    async fn program_head(&mut self, pair: &NewPair<'_>, header: &Header) -> Result<(), Failed> {
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
    pub(crate) fn landed(&mut self, header: &Header, list: Option<&[u32]>) {
        if let Some(at) = self.log.in_flight.take() {
            self.note(self.log.seq, at, header, list.unwrap_or_default(), true);
        }
    }

    /// Lets the catalog and the segment's footer know of a record.
    pub(crate) fn note(&mut self, seq: u32, at: u32, header: &Header, list: &[u32], mark_it: bool) {
        let at = self.log.geometry.unit_at(at);
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
