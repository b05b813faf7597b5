//! A flash that answers at once.

use core::hint::black_box;
use embedded_storage_async::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// A part of 64 sectors of 4 KiB, with words of 4 octets.
#[derive(Debug)]
pub struct Part;

/// What goes wrong with a part.
#[derive(Debug)]
pub struct Flash;

impl Part {
    /// Octets of a sector.
    pub const SECTOR: usize = 4096;
    /// Sectors.
    pub const SECTORS: usize = 64;
    /// Octets.
    pub const OCTETS: usize = Self::SECTOR * Self::SECTORS;

    /// Reads octets.
    #[inline(never)]
    pub fn read_now(&mut self, offset: usize, octets: &mut [u8]) -> Result<(), Flash> {
        black_box(octets);
        done(offset)
    }

    /// Programs octets.
    #[inline(never)]
    pub fn write_now(&mut self, offset: usize, octets: &[u8]) -> Result<(), Flash> {
        black_box(octets);
        done(offset)
    }

    /// Erases the sector at `offset`.
    #[inline(never)]
    pub fn erase_now(&mut self, offset: usize) -> Result<(), Flash> {
        done(offset)
    }
}

/// What no optimizer can foresee.
fn done(address: usize) -> Result<(), Flash> {
    if black_box(address) == usize::MAX { Err(Flash) } else { Ok(()) }
}

impl NorFlashError for Flash {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::Other
    }
}

impl ErrorType for Part {
    type Error = Flash;
}

impl ReadNorFlash for Part {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, octets: &mut [u8]) -> Result<(), Flash> {
        self.read_now(offset as usize, octets)
    }

    fn capacity(&self) -> usize {
        Self::OCTETS
    }
}

impl NorFlash for Part {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = Self::SECTOR;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), Flash> {
        (from as usize..to as usize).step_by(Self::SECTOR).try_for_each(|at| self.erase_now(at))
    }

    async fn write(&mut self, offset: u32, octets: &[u8]) -> Result<(), Flash> {
        self.write_now(offset as usize, octets)
    }
}

impl MultiwriteNorFlash for Part {}
