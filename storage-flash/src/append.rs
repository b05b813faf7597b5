//! Appending: a record is programmed where there is room, and the catalog learns of it.

use crate::catalog::name;
use crate::footer::Mark;
use crate::header::{Header, Kind};
use crate::log::{Done, Failed};
use crate::records::List;
use crate::ring::Ring;
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::PairId;

/// What becomes a record. It is laid out anew where it is written: its checksums and references depend on
/// the sector.
///
/// The one [`append`](Ring::append) serves them all, so it knows them only by this.
pub(crate) trait Source<F: NorFlash, const PAIRS: usize> {
    /// What must be free.
    fn needs(&mut self, ring: &Ring<F, PAIRS>) -> Needs;

    /// Lays the record out for where the log stands, in at most `room` octets. No octets: there is nothing
    /// to be written any more.
    fn lay_out(
        &mut self,
        ring: &mut Ring<F, PAIRS>,
        room: u32,
        laid: &mut Laid,
        window: &mut Window,
    ) -> Done<()>;

    /// Octets of the record as it was laid out, in whole units: those from `from` on, or some of them.
    fn octets<'w>(&'w mut self, laid: &Laid, from: usize, window: &'w mut Window) -> &'w [u8];

    /// The record is on flash. `name`: that of a pair whose head it is.
    fn landed(&mut self, laid: &Laid, name: PairId) {
        let _ = (laid, name);
    }
}

/// Where a record that lies nowhere as a whole is put together, or a part of it.
pub(crate) type Window = [u8; 256];

/// What must be free for a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    /// Octets.
    pub(crate) least: u32,
    /// Marks that it makes.
    pub(crate) marks: usize,
    /// A pair that must not be evicted for it.
    pub(crate) owner: Option<PairId>,
}

/// A record that was laid out.
#[derive(Debug)]
pub(crate) struct Laid {
    pub(crate) header: Header,
    /// The pairs it removes.
    pub(crate) list: List,
    /// Octets, in whole units.
    pub(crate) len: usize,
}

impl Laid {
    pub(crate) const fn new() -> Self {
        Self { header: Header::of(Kind::Body, 0), list: List::new(0), len: 0 }
    }
}

impl<F: NorFlash, const PAIRS: usize> Ring<F, PAIRS> {
    /// Appends a record, once more if its program fails. Whether it commits its pair.
    pub(crate) async fn append(&mut self, what: &mut dyn Source<F, PAIRS>) -> Done<bool> {
        let mut failed = false;
        loop {
            let Needs { least, marks, owner } = what.needs(self);
            let room = self.reserve(least, marks, owner).await?;
            let name = name(self.log.seq, self.log.geometry.unit_at(self.log.at));
            let mut laid = Laid::new();
            let whole = {
                // Not kept while it is found out what became of the record.
                let mut window = [0; size_of::<Window>()];
                what.lay_out(self, room, &mut laid, &mut window)?;
                if laid.len == 0 {
                    return Ok(false);
                }
                self.put(what, &laid, &mut window).await.is_ok()
            };
            if whole || self.settle(true).await {
                what.landed(&laid, name);
                return Ok(laid.header.commits);
            }
            if core::mem::replace(&mut failed, true) {
                return Err(Failed.into());
            }
        }
    }

    /// Programs a record where there is room for it.
    pub(crate) async fn put(
        &mut self,
        what: &mut dyn Source<F, PAIRS>,
        laid: &Laid,
        window: &mut Window,
    ) -> Result<(), Failed> {
        let mut from = 0;
        while from < laid.len {
            let octets = what.octets(laid, from, window);
            if octets.is_empty() {
                // What was laid out has octets to its end; were it otherwise, this would not end.
                return Err(Failed);
            }
            self.log.program(octets).await?;
            from += octets.len();
        }
        if let Some(at) = self.log.in_flight.take() {
            self.note(self.log.seq, at, &laid.header, &laid.list, true);
        }
        Ok(())
    }

    /// Lets the catalog and the segment's footer know of a record.
    pub(crate) fn note(&mut self, seq: u32, at: u32, header: &Header, list: &[u32], mark_it: bool) {
        let at = self.log.geometry.unit_at(at);
        let Header { kind, commits, partial, len, reference, .. } = *header;
        let own = Mark { kind, commits, partial, at, len, reference };
        let joins = kind == Kind::Join;
        // Of a join whose list cannot be read nothing is known.
        let says = if joins { !list.is_empty() } else { !matches!(kind, Kind::Body | Kind::End) };
        // What goes makes room for what comes; but whose body becomes part of whose is said first.
        let own_turn = if joins { 0 } else { list.len() };
        for turn in 0..=list.len() {
            if turn == own_turn && (commits || says) {
                self.tell(seq, &own, mark_it);
            }
            if let Some(reference) = list.get(turn) {
                self.tell(seq, &Mark::removal(*reference), mark_it);
            }
        }
    }

    #[inline(never)]
    fn tell(&mut self, seq: u32, mark: &Mark, mark_it: bool) {
        if mark_it {
            self.log.marks.push(*mark);
        }
        self.catalog.apply(seq, mark);
    }
}
