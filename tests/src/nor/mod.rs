//! A simulated NOR flash that forgives nothing.
//!
//! It counts every operation, panics on what a part forbids (a word programmed twice between
//! erases, an address that is not aligned), and can lose power at any word and at any erase: see
//! [`Nor::cut_after`]. A clone is a snapshot.

mod wear;

pub use wear::{Counts, Tear, TornErase, TornWord};

use embedded_storage::nor_flash as blocking;
use embedded_storage_async::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// A NOR flash with reads of `READ`, writes of `WRITE` and erases of `ERASE` octets.
#[derive(Clone, Debug)]
pub struct Nor<const READ: usize, const WRITE: usize, const ERASE: usize> {
    octets: Vec<u8>,
    words: Vec<Word>,
    counts: Counts,
    /// Steps that are left until power is lost.
    fuse: Option<u64>,
    /// Steps taken so far: words programmed and units erased.
    steps: u64,
    off: bool,
    tear: Tear,
    ecc: bool,
    yields: bool,
    multiwrite: bool,
    /// Operations that fail, by their number, and whether they do so after they were done.
    failing: Vec<(u64, bool)>,
    operations: u64,
}

/// What became of a word since its last erase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    /// It may be programmed.
    Blank,
    /// It was programmed.
    Spent,
    /// It was being programmed, or erased, when power was lost.
    Torn,
}

/// Why an operation failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NorError {
    /// Power is lost; see [`Nor::restore_power`].
    PowerLost,
    /// A torn word was read, and the part has error correction.
    Fault,
    /// The test said so.
    Injected,
}

impl NorFlashError for NorError {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> Nor<READ, WRITE, ERASE> {
    /// A blank flash of `erase_units` units.
    pub fn new(erase_units: usize) -> Self {
        let octets = erase_units * ERASE;
        Self {
            octets: vec![0xff; octets],
            words: vec![Word::Blank; octets / WRITE],
            counts: Counts { erases: vec![0; erase_units], ..Counts::default() },
            fuse: None,
            steps: 0,
            off: false,
            tear: Tear::default(),
            ecc: false,
            yields: false,
            multiwrite: false,
            failing: Vec::new(),
            operations: 0,
        }
    }

    /// A flash that holds `image`: every word of it counts as programmed.
    ///
    /// # Panics
    /// If the image is not a whole number of erase units.
    pub fn with_image(image: &[u8]) -> Self {
        assert_eq!(image.len() % ERASE, 0);
        let mut flash = Self::new(image.len() / ERASE);
        flash.octets.copy_from_slice(image);
        for (word, octets) in flash.words.iter_mut().zip(image.chunks(WRITE)) {
            if octets.iter().any(|octet| *octet != 0xff) {
                *word = Word::Spent;
            }
        }
        flash
    }

    /// What it holds.
    pub fn image(&self) -> &[u8] {
        &self.octets
    }

    /// Flips a bit, as radiation and age do.
    pub fn flip(&mut self, bit: usize) {
        self.octets[bit / 8] ^= 1 << (bit % 8);
    }

    /// Ruins the words of a range: with error correction, reading them fails from now on.
    pub fn ruin(&mut self, octets: core::ops::Range<usize>) {
        self.words[octets.start / WRITE..octets.end.div_ceil(WRITE)].fill(Word::Torn);
    }

    /// The counts since the last [`reset_counts`](Self::reset_counts).
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Counts from zero again.
    pub fn reset_counts(&mut self) {
        self.counts = Counts { erases: vec![0; self.counts.erases.len()], ..Counts::default() };
    }

    /// Steps taken so far: one for each word programmed and each unit erased.
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Loses power in the step after the next `steps`; how is up to `tear`.
    pub fn cut_after(&mut self, steps: u64, tear: Tear) {
        self.fuse = Some(steps);
        self.tear = tear;
    }

    /// Whether power was lost.
    pub const fn is_off(&self) -> bool {
        self.off
    }

    /// Switches it on again.
    pub fn restore_power(&mut self) {
        self.off = false;
        self.fuse = None;
    }

    /// From now on a read of a torn word fails, as on parts with error correction.
    pub fn with_ecc(mut self) -> Self {
        self.ecc = true;
        self
    }

    /// From now on words may be programmed again between erases, which clears more of their bits: what
    /// most SPI NOR parts allow, and others' stores make use of.
    pub fn with_multiwrite(mut self) -> Self {
        self.multiwrite = true;
        self
    }

    /// From now on every operation awaits before, half-way and after: for tests that drop futures.
    pub fn yielding(&mut self, yields: bool) {
        self.yields = yields;
    }

    /// Lets the `number`th program or erase from now on fail (0: the next one), without doing
    /// anything.
    pub fn fail(&mut self, number: u64) {
        self.failing.push((self.operations + number, false));
    }

    /// As [`fail`](Self::fail), but the failure is told after all was done.
    pub fn fail_after(&mut self, number: u64) {
        self.failing.push((self.operations + number, true));
    }

    /// Programs and erases so far.
    pub const fn operations(&self) -> u64 {
        self.operations
    }

    fn read_now(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorError> {
        let offset = offset as usize;
        assert!(offset.is_multiple_of(READ) && bytes.len().is_multiple_of(READ), "the read is not aligned");
        assert!(offset + bytes.len() <= self.octets.len(), "the read is out of bounds");
        if self.off {
            return Err(NorError::PowerLost);
        }
        self.counts.reads += 1;
        self.counts.octets_read += bytes.len() as u64;
        let words = offset / WRITE..(offset + bytes.len()).div_ceil(WRITE);
        if self.ecc && self.words[words].contains(&Word::Torn) {
            return Err(NorError::Fault);
        }
        bytes.copy_from_slice(&self.octets[offset..][..bytes.len()]);
        Ok(())
    }

    fn begin(&mut self) -> Result<(), NorError> {
        if self.off {
            return Err(NorError::PowerLost);
        }
        let number = self.operations;
        self.operations += 1;
        if self.failing.contains(&(number, false)) { Err(NorError::Injected) } else { Ok(()) }
    }

    /// The end of an operation that was done.
    fn end(&self) -> Result<(), NorError> {
        if self.failing.contains(&(self.operations - 1, true)) { Err(NorError::Injected) } else { Ok(()) }
    }

    /// Whether power is lost in this step.
    fn step(&mut self) -> bool {
        self.steps += 1;
        match &mut self.fuse {
            Some(0) => {
                self.off = true;
                true
            }
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    fn program(&mut self, offset: usize, bytes: &[u8]) -> Result<(), NorError> {
        for (number, octets) in bytes.chunks(WRITE).enumerate() {
            let word = offset / WRITE + number;
            let step = self.step();
            let held = &mut self.octets[word * WRITE..][..WRITE];
            if !self.multiwrite {
                assert_eq!(self.words[word], Word::Blank, "word {:#x} is programmed twice", word * WRITE);
                let blank = held.iter().all(|octet| *octet == 0xff);
                assert!(blank, "word {:#x} is programmed but not erased", word * WRITE);
            }
            if step {
                if self.tear.word != TornWord::NotBegun {
                    self.words[word] = Word::Torn;
                }
                self.tear.word.apply(octets, held);
                return Err(NorError::PowerLost);
            }
            self.words[word] = Word::Spent;
            held.iter_mut().zip(octets).for_each(|(held, octet)| *held &= octet);
            self.counts.octets_programmed += WRITE as u64;
        }
        Ok(())
    }

    fn erase_unit(&mut self, unit: usize) -> Result<(), NorError> {
        self.counts.erases[unit] += 1;
        let octets = &mut self.octets[unit * ERASE..][..ERASE];
        let words = unit * ERASE / WRITE..(unit + 1) * ERASE / WRITE;
        if self.fuse == Some(0) {
            self.tear.erase.apply(octets, WRITE);
            self.words[words].fill(Word::Torn);
            self.step();
            return Err(NorError::PowerLost);
        }
        octets.fill(0xff);
        self.words[words].fill(Word::Blank);
        self.step();
        Ok(())
    }

    fn check_program(offset: u32, bytes: &[u8], capacity: usize) {
        let offset = offset as usize;
        assert!(offset.is_multiple_of(WRITE), "the write at {offset:#x} is not aligned");
        assert!(bytes.len().is_multiple_of(WRITE), "the write of {} octets is not aligned", bytes.len());
        assert!(offset + bytes.len() <= capacity, "the write is out of bounds");
    }

    async fn pause(&self) {
        if self.yields {
            embassy_futures::yield_now().await;
        }
    }
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> ErrorType for Nor<READ, WRITE, ERASE> {
    type Error = NorError;
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> ReadNorFlash for Nor<READ, WRITE, ERASE> {
    const READ_SIZE: usize = READ;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorError> {
        self.pause().await;
        self.read_now(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.octets.len()
    }
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> NorFlash for Nor<READ, WRITE, ERASE> {
    const WRITE_SIZE: usize = WRITE;
    const ERASE_SIZE: usize = ERASE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), NorError> {
        self.pause().await;
        let (from, to) = (from as usize, to as usize);
        assert!(
            from.is_multiple_of(ERASE) && to.is_multiple_of(ERASE) && from <= to,
            "the erase is not aligned"
        );
        assert!(to <= self.octets.len(), "the erase is out of bounds");
        self.begin()?;
        for unit in from / ERASE..to / ERASE {
            self.erase_unit(unit)?;
            self.pause().await;
        }
        self.end()
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorError> {
        self.pause().await;
        Self::check_program(offset, bytes, self.octets.len());
        self.begin()?;
        self.counts.programs += 1;
        let half = bytes.len() / WRITE / 2 * WRITE;
        let (first, second) = bytes.split_at(half);
        self.program(offset as usize, first)?;
        self.pause().await;
        self.program(offset as usize + half, second)?;
        self.pause().await;
        self.end()
    }
}

/// Only a flash that was made so by [`Nor::with_multiwrite`] keeps the promise; others panic.
impl<const READ: usize, const WRITE: usize, const ERASE: usize> MultiwriteNorFlash
    for Nor<READ, WRITE, ERASE>
{
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> blocking::ReadNorFlash
    for Nor<READ, WRITE, ERASE>
{
    const READ_SIZE: usize = READ;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorError> {
        self.read_now(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.octets.len()
    }
}

impl<const READ: usize, const WRITE: usize, const ERASE: usize> blocking::NorFlash
    for Nor<READ, WRITE, ERASE>
{
    const WRITE_SIZE: usize = WRITE;
    const ERASE_SIZE: usize = ERASE;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), NorError> {
        self.begin()?;
        (from as usize / ERASE..to as usize / ERASE).try_for_each(|unit| self.erase_unit(unit))?;
        self.end()
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorError> {
        Self::check_program(offset, bytes, self.octets.len());
        self.begin()?;
        self.counts.programs += 1;
        self.program(offset as usize, bytes)?;
        self.end()
    }
}
