//! NOR flash that outlives QEMU: the board's PSRAM, backed by a file of the host, behaving as a W25Q.
//!
//! Erasing sets a sector's bits, programming clears some, both take their time, and both can be cut
//! off anywhere by killing QEMU.

use core::ops::Range;
use embassy_time::Timer;
use embedded_storage::nor_flash as blocking;
use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// Where the PSRAM begins.
const BASE: usize = 0x2100_0000;

/// Octets of it that are used as flash: 2 MiB.
const SIZE: usize = 2 << 20;

/// Where a word says what the flash is doing, for whoever cuts it off: a [`Busy`].
const STATUS: usize = BASE + SIZE;

const PAGE: usize = 256;
const SECTOR: usize = 4096;
const WORD: usize = 4;

/// Microseconds that a page takes to be programmed, and a sector to be erased.
const PROGRAM: u64 = 400;
const ERASE: u64 = 45_000;

/// A part of the flash, and how often it was used.
pub struct Flash {
    range: Range<usize>,
    /// What was done so far.
    pub worn: Worn,
}

/// The parts of the flash.
pub struct Parts {
    /// 512 KiB for the cache.
    pub cache: Flash,
    /// What the bootloader remembers.
    pub state: Flash,
    /// Where the firmware would run, if this were the flash that QEMU runs it from: 256 KiB.
    pub active: Flash,
    /// Where a new firmware waits: a sector more.
    pub update: Flash,
}

/// Reads, programmed octets and erased sectors since the start.
#[derive(Clone, Copy, Default, defmt::Format)]
pub struct Worn {
    pub reads: u32,
    pub programmed: u32,
    pub erased: u32,
}

impl Flash {
    /// The flash. To be called once: nothing else may use the PSRAM.
    pub fn take_over() -> Parts {
        let part = |from: usize, to: usize| Self { range: BASE + from..BASE + to, worn: Worn::default() };
        const KIB: usize = 1 << 10;
        Parts {
            cache: part(0, 512 * KIB),
            state: part(512 * KIB, 516 * KIB),
            active: part(768 * KIB, 1024 * KIB),
            update: part(1024 * KIB, 1284 * KIB),
        }
    }

    fn check(&self, offset: u32, len: usize, unit: usize) -> Result<usize, FlashError> {
        let start = offset as usize;
        if !start.is_multiple_of(unit) || !len.is_multiple_of(unit) {
            return Err(FlashError::NotAligned);
        }
        match start.checked_add(len) {
            Some(end) if end <= self.range.len() => Ok(self.range.start + start),
            _ => Err(FlashError::OutOfBounds),
        }
    }

    fn read_at(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        let from = self.check(offset, bytes.len(), 1)? as *const u8;
        self.worn.reads += 1;
        for (index, octet) in bytes.iter_mut().enumerate() {
            // SAFETY: it lies in the PSRAM by `check`; this driver alone uses that.
            *octet = unsafe { from.add(index).read_volatile() };
        }
        Ok(())
    }
}

/// What the flash is doing.
#[derive(Clone, Copy)]
enum Busy {
    No = 0,
    Programming = 1,
    Erasing = 2,
}

impl Busy {
    fn show(self) {
        // SAFETY: it lies in the PSRAM, behind what is used as flash.
        unsafe { (STATUS as *mut u32).write_volatile(self as u32) };
    }
}

/// What the driver refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, defmt::Format)]
pub enum FlashError {
    NotAligned,
    OutOfBounds,
    /// A word would have to be set bits in, or was programmed before.
    NotErased,
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::NotAligned => NorFlashErrorKind::NotAligned,
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
            Self::NotErased => NorFlashErrorKind::Other,
        }
    }
}

impl ErrorType for Flash {
    type Error = FlashError;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.read_at(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.range.len()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        let len = to.checked_sub(from).ok_or(FlashError::OutOfBounds)? as usize;
        let start = self.check(from, len, SECTOR)?;
        Busy::Erasing.show();
        for page in (start..start + len).step_by(PAGE) {
            Timer::after_micros(ERASE * PAGE as u64 / SECTOR as u64).await;
            erase_page(page);
        }
        Busy::No.show();
        self.worn.erased += (len / SECTOR) as u32;
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        let start = self.check(offset, bytes.len(), WORD)?;
        Busy::Programming.show();
        for (index, octets) in bytes.as_chunks::<WORD>().0.iter().enumerate() {
            let at = start + index * WORD;
            if index == 0 || at.is_multiple_of(PAGE) {
                Timer::after_micros(PROGRAM).await;
            }
            program(at, octets)?;
            self.worn.programmed += WORD as u32;
        }
        Busy::No.show();
        Ok(())
    }
}

/// What a bootloader uses: it waits for the flash, and nobody for it, so here it takes no time.
impl blocking::ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        self.read_at(offset, bytes)
    }

    fn capacity(&self) -> usize {
        self.range.len()
    }
}

impl blocking::NorFlash for Flash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        let len = to.checked_sub(from).ok_or(FlashError::OutOfBounds)? as usize;
        let start = self.check(from, len, SECTOR)?;
        (start..start + len).step_by(PAGE).for_each(erase_page);
        Ok(())
    }

    fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        let start = self.check(offset, bytes.len(), WORD)?;
        let mut words = bytes.as_chunks::<WORD>().0.iter().enumerate();
        words.try_for_each(|(index, octets)| program(start + index * WORD, octets))
    }
}

fn erase_page(page: usize) {
    for word in (page..page + PAGE).step_by(WORD) {
        // SAFETY: as in `read_at`; it is aligned by `check`.
        unsafe { (word as *mut u32).write_volatile(u32::MAX) };
    }
}

fn program(at: usize, octets: &[u8; WORD]) -> Result<(), FlashError> {
    let word = at as *mut u32;
    // SAFETY: as in `erase_page`.
    unsafe {
        if word.read_volatile() != u32::MAX {
            return Err(FlashError::NotErased);
        }
        word.write_volatile(u32::from_le_bytes(*octets));
    }
    Ok(())
}
