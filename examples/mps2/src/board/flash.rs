//! NOR flash that outlives QEMU: the board's PSRAM, backed by a file of the host, behaving as a W25Q.
//!
//! Erasing sets a sector's bits, programming clears some, both take their time, and both can be cut
//! off anywhere by killing QEMU.

use embassy_time::Timer;
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

/// The flash, and how often it was used.
pub struct Flash {
    /// What was done so far.
    pub worn: Worn,
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
    pub fn take_over() -> Self {
        Self { worn: Worn { reads: 0, programmed: 0, erased: 0 } }
    }

    fn check(offset: u32, len: usize, unit: usize) -> Result<usize, FlashError> {
        let start = offset as usize;
        if !start.is_multiple_of(unit) || !len.is_multiple_of(unit) {
            return Err(FlashError::NotAligned);
        }
        match start.checked_add(len) {
            Some(end) if end <= SIZE => Ok(BASE + start),
            _ => Err(FlashError::OutOfBounds),
        }
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
        let from = Self::check(offset, bytes.len(), 1)? as *const u8;
        self.worn.reads += 1;
        for (index, octet) in bytes.iter_mut().enumerate() {
            // SAFETY: it lies in the PSRAM by `check`; this driver alone uses that.
            *octet = unsafe { from.add(index).read_volatile() };
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = SECTOR;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        let len = to.checked_sub(from).ok_or(FlashError::OutOfBounds)? as usize;
        let start = Self::check(from, len, SECTOR)?;
        Busy::Erasing.show();
        for page in (start..start + len).step_by(PAGE) {
            Timer::after_micros(ERASE * PAGE as u64 / SECTOR as u64).await;
            for word in (page..page + PAGE).step_by(WORD) {
                // SAFETY: as in `read`; it is aligned by `check`.
                unsafe { (word as *mut u32).write_volatile(u32::MAX) };
            }
        }
        Busy::No.show();
        self.worn.erased += (len / SECTOR) as u32;
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        let start = Self::check(offset, bytes.len(), WORD)?;
        Busy::Programming.show();
        for (index, octets) in bytes.as_chunks::<WORD>().0.iter().enumerate() {
            let at = start + index * WORD;
            if index == 0 || at.is_multiple_of(PAGE) {
                Timer::after_micros(PROGRAM).await;
            }
            let word = at as *mut u32;
            // SAFETY: as in `erase`.
            unsafe {
                if word.read_volatile() != u32::MAX {
                    return Err(FlashError::NotErased);
                }
                word.write_volatile(u32::from_le_bytes(*octets));
            }
            self.worn.programmed += WORD as u32;
        }
        Busy::No.show();
        Ok(())
    }
}
