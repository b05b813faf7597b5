//! Heads that are written straight from where they lie, and those that replace others.

use crate::append::{Laid, Needs, Source, Window};
use crate::crc::Crc32;
use crate::delta::Changes;
use crate::header::{Header, Kind, UNKNOWN};
use crate::log::Done;
use crate::notes::Small;
use crate::ring::Ring;
use crate::writer::copy;
use core::convert::Infallible;
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::{NewPair, PairId, record};
use larder::store::StoreError;

/// A pair whose head is written anew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Freshened {
    pub(crate) id: PairId,
    /// Octets of its complete body, or [`UNKNOWN`].
    pub(crate) total: u32,
    /// Whether it is committed.
    pub(crate) whole: bool,
}

/// A head, and the pair it is a newer head of.
pub(crate) struct NewHead<'p, 'a> {
    pair: &'p NewPair<'a>,
    of: Option<Freshened>,
    /// Octets of the record of `pair`.
    len: usize,
    front: [u8; Header::HEAD_LEN],
    /// The name of the pair that it begins, once it is on flash.
    pub(crate) name: Option<PairId>,
}

impl<'p, 'a> NewHead<'p, 'a> {
    /// `len`: octets of the record of `pair`.
    pub(crate) fn new(pair: &'p NewPair<'a>, len: usize, of: Option<Freshened>) -> Self {
        Self { pair, of, len, front: [0; Header::HEAD_LEN], name: None }
    }
}

impl<F: NorFlash, const PAIRS: usize> Source<F, PAIRS> for NewHead<'_, '_> {
    fn needs(&mut self, ring: &Ring<F, PAIRS>) -> Needs {
        let header_len = if self.of.is_some() { Header::LEN } else { Header::HEAD_LEN };
        let least = ring.log.geometry.padded((header_len + self.len) as u32);
        Needs { least, marks: 1, owner: None }
    }

    fn lay_out(&mut self, ring: &mut Ring<F, PAIRS>, _: u32, laid: &mut Laid, _: &mut Window) -> Done<()> {
        let seq = ring.log.seq;
        let mut sum = Crc32::new(seq);
        each(self.pair, &mut |part| sum = sum.with(part));
        let header = &mut laid.header;
        (header.len, header.sum) = (self.len as u16, sum.value());
        if let Some(Freshened { id, total, whole }) = self.of {
            // Room may have been made of the pair itself.
            ring.catalog.get(id).ok_or(StoreError::Gone)?;
            let reference = ring.catalog.reference(seq, id).ok_or(StoreError::Gone)?.0;
            (header.kind, header.reference, header.number) = (Kind::Fresh, reference, total);
            header.commits = whole;
        } else {
            (header.kind, header.number) = (Kind::Head, announced(self.pair));
            header.reference = self.pair.key().fingerprint(ring.log.seed);
            (header.partial, header.inline_sum) = (self.pair.resumable, Crc32::of(seq, &[]));
        }
        self.front = header.encode(seq);
        laid.len = ring.log.geometry.padded(header.record_len() as u32) as usize;
        Ok(())
    }

    fn octets<'w>(&'w mut self, laid: &Laid, from: usize, window: &'w mut Window) -> &'w [u8] {
        let len = (laid.len - from).min(window.len());
        let window = window.get_mut(..len).unwrap_or_default();
        window.fill(u8::MAX);
        let mut at = 0;
        let mut sink = |part: &[u8]| {
            let (begin, end) = (at.max(from), (at + part.len()).min(from + len));
            if begin < end {
                let part = part.get(begin - at..end - at).unwrap_or_default();
                copy(part, window.get_mut(begin - from..).unwrap_or_default());
            }
            at += part.len();
        };
        sink(self.front.get(..laid.header.header_len()).unwrap_or_default());
        each(self.pair, &mut sink);
        window
    }

    fn landed(&mut self, _: &Laid, name: PairId) {
        self.name = Some(name);
    }
}

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
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
        let ids = &[of.id];
        let mut small =
            Small { commits: of.whole, number: of.total, payload, ..Small::note(Kind::Delta, ids) };
        self.append(&mut small).await?;
        // Room may have been made of the pair itself.
        self.catalog.get(of.id).ok_or(StoreError::Gone)?;
        Ok(true)
    }
}

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
