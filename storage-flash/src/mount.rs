//! Mounting: one read for each segment finds the pairs.
//!
//! Sectors are looked at in the order they lie in, not in the order they were written in: what a
//! young sector says of an old one that was not seen yet is kept as a stub until it is. A read
//! error or a damaged record costs what it covers, nothing else.

use crate::FlashStore;
use crate::footer::{self, FOOTER_MAX, Footer, MARK_LEN, Mark};
use crate::header::{Beginning, Header, SectorHeader, is_blank};
use crate::log::{GLANCE, PAGE};
use crate::store::State;
use core::fmt;
use embedded_storage_async::nor_flash::NorFlash;
use larder::pair::PairId;

/// What was found on a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Mounted {
    /// Pairs, or at least room for them.
    Ready,
    /// Nothing. The store works.
    Blank,
    /// Something that is not to be overwritten. The store finds nothing and takes nothing until
    /// [`format`](FlashStore::format) is called.
    Foreign {
        /// The version of the format; `None` if it is somebody else's data.
        version: Option<u8>,
    },
}

impl fmt::Display for Mounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Blank => f.write_str("blank"),
            Self::Foreign { version: Some(version) } => write!(f, "of the format's version {version}"),
            Self::Foreign { version: None } => f.write_str("somebody else's data"),
        }
    }
}

/// Octets looked at before the end of a segment: a footer of 16 marks.
const TAIL: usize = 160;

/// Octets looked at behind it: the header of a sector, and of its first record.
const FRONT: usize = 64;

/// What is looked at of a segment.
struct Seen {
    /// Its beginning, and whether it could be read.
    front: [u8; FRONT],
    has_front: bool,
    /// Its end, and the beginning of the next one; and which could be read.
    octets: [u8; FOOTER_MAX + FRONT],
    has_tail: bool,
    has_next: bool,
}

impl Seen {
    const fn new() -> Self {
        let (front, octets) = ([0; FRONT], [0; FOOTER_MAX + FRONT]);
        Self { front, has_front: false, octets, has_tail: false, has_next: false }
    }

    fn front(&self) -> Option<&[u8]> {
        self.has_front.then_some(&self.front)
    }

    /// Octets from the end of the segment's longest footer on.
    fn from(&mut self, before: usize, len: usize) -> &mut [u8] {
        self.octets
            .get_mut(FOOTER_MAX - before..)
            .and_then(|octets| octets.get_mut(..len))
            .unwrap_or_default()
    }

    /// The next segment is looked at.
    fn advance(&mut self) {
        self.has_front = self.has_next;
        if let Some(next) = self.octets.last_chunk() {
            self.front = *next;
        }
    }
}

/// What was seen so far.
struct Survey {
    /// Whether any sector is one of ours.
    ours: bool,
    version: Option<u8>,
    seed: u32,
    /// Sectors that hold something else, and the first of them.
    strange: u32,
    first_strange: Option<u32>,
    /// The highest number of any sector, at its place or not.
    highest: u32,
    /// Where the sector that was written last ends.
    resume: Option<Resume>,
    /// The newest sector, if nothing is in it yet: it was erased ahead.
    empty: Option<u32>,
    read: bool,
}

/// Where a sector may be written on.
#[derive(Clone, Copy)]
struct Resume {
    seq: u32,
    segment: u32,
    /// The end of what lies there; `None` if the segment is over.
    at: Option<u32>,
}

impl<F: NorFlash, const PAIRS: usize, const WRITERS: usize, const BUFFER: usize>
    FlashStore<F, PAIRS, WRITERS, BUFFER>
{
    /// Looks at the partition and finds the pairs it holds. Writes nothing.
    ///
    /// May be called again: what is not on flash is forgotten then, and handles mean nothing.
    ///
    /// # Errors
    /// Those of the flash, if nothing of it can be read.
    ///
    /// # Cancel safety
    /// If dropped, the store finds nothing and takes nothing until it is mounted.
    pub async fn mount(&mut self) -> Result<Mounted, F::Error> {
        self.unmount();
        let mut survey = Survey {
            ours: false,
            version: None,
            seed: self.seed,
            strange: 0,
            first_strange: None,
            highest: 0,
            resume: None,
            empty: None,
            read: false,
        };
        self.mount_sectors(0, self.ring.log.geometry.sectors, &mut survey).await;
        self.ring.catalog.looked();
        if let Some(error) = self.ring.log.error.take().filter(|_| !survey.read) {
            return Err(error);
        }
        self.ring.log.seed = survey.seed;
        if survey.ours {
            if survey.highest <= self.ring.catalog.newest {
                self.inherit_pins(&mut survey).await;
            }
            self.resume(&survey);
            self.ring.extend_inherited().await;
            if !self.ring.log.open && !self.ring.log.prepared {
                // The next sector may have been begun to be erased, and what is left of it may lack
                // what hid the rest.
                let next = self.ring.next_sector();
                self.ring.catalog.give_up(next);
                self.ring.catalog.raise_floor(PairId::new(self.ring.catalog.floor));
            }
            #[cfg(feature = "groups")]
            self.ring.distrust_groups();
            self.ring.catalog.looking_at = None;
            self.state = State::Ready;
            return Ok(Mounted::Ready);
        }
        let torn = survey.strange == 1 && survey.first_strange == Some(0) && self.is_torn_start().await;
        if survey.version.is_none() && (survey.strange == 0 || torn) {
            self.start_over();
            self.state = State::Ready;
            return Ok(Mounted::Blank);
        }
        self.start_over();
        self.state = State::Foreign;
        Ok(Mounted::Foreign { version: survey.version })
    }

    /// Looks at `count` sectors, from the one at `first` on.
    async fn mount_sectors(&mut self, first: u32, count: u32, survey: &mut Survey) {
        let mut seen = Seen::new();
        for place in first..first + count {
            let position = self.ring.log.geometry.position(place);
            if place == first || position == 0 {
                self.front(position, 0, &mut seen, survey).await;
                seen.advance();
            }
            self.mount_sector(position, &mut seen, survey).await;
        }
    }

    /// Looks at the sector at `position`, whose beginning was seen. Goes on to the next one.
    async fn mount_sector(&mut self, position: u32, seen: &mut Seen, survey: &mut Survey) {
        let geometry = self.ring.log.geometry;
        let mut seq = None;
        let mut strange = !seen.has_front;
        match seen.front().map(SectorHeader::decode) {
            Some(Beginning::Ours(header)) => {
                seq = Some(header.seq);
                survey.ours = true;
                survey.seed = header.seed;
            }
            Some(Beginning::Version(version)) => survey.version = Some(version),
            Some(Beginning::Other) => strange = true,
            Some(Beginning::Blank) | None => {}
        }
        let mut counts = seq.map(|seq| self.look_at(position, seq, survey));
        for segment in geometry.segment_starts() {
            self.look(position, segment, seen, survey).await;
            let tail = seen.octets.first_chunk::<FOOTER_MAX>().filter(|_| seen.has_tail);
            let footer = tail.and_then(|tail| footer::decode(tail));
            let blank = tail.and_then(|tail| tail.last_chunk::<TAIL>()).is_some_and(|tail| is_blank(tail));
            strange |= !blank && footer.is_none();
            if let (None, Some(footer)) = (seq, footer) {
                // The header is damaged, or gone with the beginning of an erase.
                seq = Some(footer.seq);
                survey.ours = true;
                counts = Some(self.look_at(position, footer.seq, survey));
            }
            if let (Some(seq), Some(true)) = (seq, counts) {
                let footer = footer.filter(|footer| footer.seq == seq);
                self.mount_segment(seq, segment, seen.front(), footer, survey).await;
            }
            seen.advance();
        }
        if strange && seq.is_none() {
            survey.strange += 1;
            survey.first_strange.get_or_insert(position);
        }
    }

    fn look_at(&mut self, position: u32, seq: u32, survey: &mut Survey) -> bool {
        let newest = self.ring.catalog.newest;
        let counts = self.ring.catalog.look_at(position, seq);
        survey.highest = survey.highest.max(seq);
        if self.ring.catalog.newest != newest {
            survey.empty = None;
        }
        counts
    }

    async fn mount_segment(
        &mut self,
        seq: u32,
        segment: u32,
        front: Option<&[u8]>,
        footer: Option<Footer<'_>>,
        survey: &mut Survey,
    ) {
        let newest = self.ring.catalog.newest;
        // The one that is written on: the newest, or the one before it, if that is empty. Where it ends is
        // known when it is looked at again.
        let current = !self.ring.catalog.pins_known
            && (seq == newest || (seq + 1 == newest && survey.empty == Some(newest)));
        if let Some(footer) = footer {
            if footer.ahead > 0 {
                self.ring.catalog.give_up(seq + u32::from(footer.ahead));
            }
            for mark in footer.marks.chunks(MARK_LEN).filter_map(Mark::decode) {
                self.ring.catalog.apply(seq, &mark);
            }
            self.found(current, Resume { seq, segment, at: None }, survey);
            return;
        }
        let begin = if segment == 0 { self.ring.log.header_len() } else { segment };
        let first = front.and_then(|front| front.get((begin - segment) as usize..)?.get(..Header::LEN));
        let page = (begin + 1).next_multiple_of(PAGE);
        if first.is_some_and(is_blank) && self.ring.header_at(seq, page).await.is_none() {
            let ends_here = survey.resume.is_none_or(|resume| resume.seq != seq || resume.at.is_none());
            if seq == newest && segment == 0 {
                survey.empty = Some(seq);
            } else if survey.empty != Some(seq) && ends_here {
                self.found(current, Resume { seq, segment, at: Some(begin) }, survey);
            }
            return;
        }
        if current {
            self.ring.log.marks.clear();
        }
        let at = self.scan(seq, segment, begin, current).await;
        if current {
            survey.empty = survey.empty.filter(|empty| *empty != seq);
            survey.resume = Some(Resume { seq, segment, at });
        }
    }

    /// The sector that is written on goes at least as far as `resume`, which has no marks.
    fn found(&mut self, current: bool, resume: Resume, survey: &mut Survey) {
        if current {
            self.ring.log.marks.clear();
            survey.empty = survey.empty.filter(|empty| *empty != resume.seq);
            survey.resume = Some(resume);
        }
    }

    /// Reads the end of a segment, as far as there may be a footer, and the beginning of what follows.
    async fn look(&mut self, position: u32, segment: u32, seen: &mut Seen, survey: &mut Survey) {
        let geometry = self.ring.log.geometry;
        let end = segment + geometry.segment;
        let last = position + 1 == geometry.sectors && end == geometry.sector;
        let (mut before, mut len) = (TAIL, if last { TAIL } else { TAIL + FRONT });
        seen.has_next = false;
        loop {
            let octets = seen.from(before, len);
            seen.has_tail = self.ring.log.read(position, end - before as u32, octets).await.is_ok();
            survey.read |= seen.has_tail;
            if len == TAIL + FRONT {
                seen.has_next = seen.has_tail;
                if !seen.has_tail {
                    len = TAIL;
                    continue;
                }
            }
            let footer = footer::measure(seen.from(TAIL, TAIL)).filter(|_| seen.has_tail && before == TAIL);
            if footer.is_none_or(|(_, len)| len <= TAIL) {
                break;
            }
            (before, len) = (FOOTER_MAX, FOOTER_MAX);
        }
        if !last && !seen.has_next {
            self.front(position, end, seen, survey).await;
        }
    }

    /// Reads the beginning of the next segment, or of a part of it, if the rest cannot be read.
    async fn front(&mut self, position: u32, at: u32, seen: &mut Seen, survey: &mut Survey) {
        // What follows the header may be torn.
        for len in [FRONT, self.ring.log.header_len() as usize] {
            seen.from(0, FRONT).fill(0);
            seen.has_next = self.ring.log.read(position, at, seen.from(0, len)).await.is_ok();
            if seen.has_next {
                survey.read = true;
                return;
            }
        }
    }

    /// The pairs that were pinned before the last reboot are there, and pinned.
    async fn inherit_pins(&mut self, survey: &mut Survey) {
        let Some(seq) = self.ring.inherit_told().await else {
            return;
        };
        // More may have been said of them since.
        self.ring.catalog.pins_known = true;
        let behind = self.ring.catalog.newest - seq;
        self.mount_sectors(self.ring.log.geometry.position(seq), behind + 1, survey).await;
        self.ring.catalog.inherited();
    }

    /// The partition holds pairs: where they end, writing goes on.
    fn resume(&mut self, survey: &Survey) {
        let geometry = self.ring.log.geometry;
        let newest = self.ring.catalog.newest;
        if survey.highest > newest {
            // The sectors are not at their places: the partition had another size. None is older than
            // what comes.
            let next = survey.highest + geometry.sectors + 1;
            self.ring.log.reset(next);
            self.ring.catalog.reset(next);
            return;
        }
        self.ring.log.next = newest + 1;
        let mut resume = survey.resume;
        if survey.empty == Some(newest) {
            self.ring.log.next = newest;
            self.ring.log.prepared = true;
            self.ring.log.erased = false;
            // What was written before it may go on, if it is the one before it.
            resume = resume.filter(|resume| resume.seq + 1 == newest);
            self.ring.catalog.newest = newest - 1;
        }
        self.ring.log.seq = self.ring.catalog.newest;
        self.ring.log.wear.laps = geometry.laps(newest);
        self.ring.log.erased = false;
        self.ring.log.prepared_before = self.ring.log.prepared;
        if let Some(resume) = resume.filter(|resume| resume.seq == self.ring.log.seq) {
            self.ring.log.open = true;
            self.ring.log.verified = false;
            self.ring.log.segment = resume.segment;
            self.ring.log.resume_at(resume.at);
        }
    }

    /// Whether the first sector is one whose first erase, or whose header, was cut off.
    async fn is_torn_start(&mut self) -> bool {
        let (header, sector) = (self.ring.log.header_len(), self.ring.log.geometry.sector);
        let (mut blank, mut erased) = (true, true);
        for at in (0..sector).step_by(GLANCE) {
            let mut octets = [0; GLANCE];
            let read = self.ring.log.read(0, at, &mut octets).await;
            let behind = octets.get(header.saturating_sub(at) as usize..).unwrap_or_default();
            blank &= read.is_ok() && is_blank(behind);
            // What cannot be read was being written.
            erased &= read.is_err() || octets == [0; GLANCE] || is_blank(&octets);
            if !blank && !erased {
                return false;
            }
        }
        true
    }
}
