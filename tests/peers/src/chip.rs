//! The flash that all stores are measured on: it counts, and time follows from the counts.

use embedded_storage::nor_flash::{NorFlash, ReadNorFlash};
use embedded_storage_async::nor_flash as r#async;
use larder_tests::nor::{Nor, NorError, Tear};
use std::cell::RefCell;
use std::ops::Sub;
use std::rc::Rc;

/// Octets that one program operation of the part takes at the most.
const PAGE: usize = 256;

/// A handle to a simulated SPI NOR flash with words of `WORD` and sectors of `SECTOR` octets. The
/// store has one, the bench has one.
#[derive(Debug)]
pub struct Chip<const WORD: usize = 4, const SECTOR: usize = 4096>(Rc<RefCell<State<WORD, SECTOR>>>);

#[derive(Clone, Debug)]
struct State<const WORD: usize, const SECTOR: usize> {
    nor: Nor<1, WORD, SECTOR>,
    /// Pages programmed.
    pages: u64,
    /// Erases until power is lost in one.
    erases_left: Option<(u64, Tear)>,
}

/// Work that the flash did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Work {
    /// Reads.
    pub reads: u64,
    /// Octets read.
    pub octets_read: u64,
    /// Program operations: parts of a page of 256 octets.
    pub pages: u64,
    /// Octets programmed.
    pub octets_programmed: u64,
    /// Sectors erased.
    pub erases: u64,
}

impl Work {
    /// Milliseconds of a common SPI NOR part: 45 for erasing a sector of 4 KiB, 0.7 for
    /// programming a page or less, 10 MB/s for reading and 10 µs for each read.
    pub fn ms(&self) -> f64 {
        45.0 * self.erases as f64
            + 0.7 * self.pages as f64
            + 0.01 * self.reads as f64
            + self.octets_read as f64 / 10_000.0
    }
}

impl Sub for Work {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            reads: self.reads - before.reads,
            octets_read: self.octets_read - before.octets_read,
            pages: self.pages - before.pages,
            octets_programmed: self.octets_programmed - before.octets_programmed,
            erases: self.erases - before.erases,
        }
    }
}

impl<const WORD: usize, const SECTOR: usize> Chip<WORD, SECTOR> {
    /// A blank flash of `sectors` sectors. Words may be programmed again, as SPI NOR allows.
    pub fn new(sectors: usize) -> Self {
        Self::over(Nor::new(sectors).with_multiwrite())
    }

    /// A blank flash that panics where a word is programmed twice between erases.
    pub fn strict(sectors: usize) -> Self {
        Self::over(Nor::new(sectors))
    }

    fn over(nor: Nor<1, WORD, SECTOR>) -> Self {
        Self(Rc::new(RefCell::new(State { nor, pages: 0, erases_left: None })))
    }

    /// Another handle to the same flash.
    pub fn handle(&self) -> Self {
        Self(Rc::clone(&self.0))
    }

    /// A flash of its own that holds the same.
    pub fn snapshot(&self) -> Self {
        Self(Rc::new(RefCell::new(self.0.borrow().clone())))
    }

    /// Octets it has.
    pub fn octets(&self) -> usize {
        self.0.borrow().nor.image().len()
    }

    /// The work done so far.
    pub fn work(&self) -> Work {
        let state = self.0.borrow();
        let counts = state.nor.counts();
        Work {
            reads: counts.reads,
            octets_read: counts.octets_read,
            pages: state.pages,
            octets_programmed: counts.octets_programmed,
            erases: counts.all_erases(),
        }
    }

    /// The work that `task` takes, and its answer.
    pub fn measure<R>(&self, task: impl FnOnce() -> R) -> (Work, R) {
        let before = self.work();
        let answer = task();
        (self.work() - before, answer)
    }

    /// Steps so far: words programmed, and erases.
    pub fn steps(&self) -> u64 {
        self.0.borrow().nor.steps()
    }

    /// Erases of each sector so far.
    pub fn erases(&self) -> Vec<u64> {
        self.0.borrow().nor.counts().erases.clone()
    }

    /// Loses power when `words` more words are programmed.
    pub fn cut_after_words(&self, words: u64, tear: Tear) {
        self.0.borrow_mut().nor.cut_after(words, tear);
    }

    /// Loses power in the erase after the next `erases`.
    pub fn cut_in_erase(&self, erases: u64, tear: Tear) {
        self.0.borrow_mut().erases_left = Some((erases, tear));
    }

    /// Whether power was lost.
    pub fn is_off(&self) -> bool {
        self.0.borrow().nor.is_off()
    }

    /// Switches it on again, or forgets that power was to be lost.
    pub fn restore_power(&self) {
        let mut state = self.0.borrow_mut();
        state.nor.restore_power();
        state.erases_left = None;
    }

    /// Reads octets.
    pub fn read_now(&self, offset: usize, octets: &mut [u8]) -> Result<(), NorError> {
        ReadNorFlash::read(&mut self.0.borrow_mut().nor, offset as u32, octets)
    }

    /// Programs octets.
    pub fn write_now(&self, offset: usize, octets: &[u8]) -> Result<(), NorError> {
        let mut state = self.0.borrow_mut();
        state.pages += ((offset + octets.len()).div_ceil(PAGE) - offset / PAGE) as u64;
        NorFlash::write(&mut state.nor, offset as u32, octets)
    }

    /// Erases the sector at `offset`.
    pub fn erase_now(&self, offset: usize) -> Result<(), NorError> {
        let state = &mut *self.0.borrow_mut();
        match &mut state.erases_left {
            Some((0, tear)) => state.nor.cut_after(0, *tear),
            Some((left, _)) => *left -= 1,
            None => {}
        }
        NorFlash::erase(&mut state.nor, offset as u32, (offset + SECTOR) as u32)
    }
}

impl<const WORD: usize, const SECTOR: usize> r#async::ErrorType for Chip<WORD, SECTOR> {
    type Error = NorError;
}

impl<const WORD: usize, const SECTOR: usize> r#async::ReadNorFlash for Chip<WORD, SECTOR> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, octets: &mut [u8]) -> Result<(), NorError> {
        self.read_now(offset as usize, octets)
    }

    fn capacity(&self) -> usize {
        self.octets()
    }
}

impl<const WORD: usize, const SECTOR: usize> r#async::NorFlash for Chip<WORD, SECTOR> {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), NorError> {
        (from as usize..to as usize).step_by(SECTOR).try_for_each(|at| self.erase_now(at))
    }

    async fn write(&mut self, offset: u32, octets: &[u8]) -> Result<(), NorError> {
        self.write_now(offset as usize, octets)
    }
}

impl<const WORD: usize, const SECTOR: usize> r#async::MultiwriteNorFlash for Chip<WORD, SECTOR> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_follows_from_reads_pages_and_erases() {
        let chip = Chip::<4, 4096>::new(2);
        let (work, done) = chip.measure(|| {
            chip.erase_now(4096)?;
            // Two pages, of which neither is filled.
            chip.write_now(4096 + 252, &[0; 8])?;
            chip.read_now(0, &mut [0; 1000])
        });
        done.unwrap();
        assert_eq!(work, Work { reads: 1, octets_read: 1000, pages: 2, octets_programmed: 8, erases: 1 });
        assert!((work.ms() - (45.0 + 1.4 + 0.01 + 0.1)).abs() < 1e-9);
    }

    #[test]
    fn power_is_lost_in_the_erase_one_asked_for() {
        let chip = Chip::<4, 4096>::new(3);
        chip.cut_in_erase(1, Tear::default());
        assert!(chip.erase_now(0).is_ok() && chip.erase_now(4096).is_err() && chip.is_off());
        chip.restore_power();
        assert!(chip.erase_now(4096).is_ok() && chip.erase_now(8192).is_ok());
    }
}
