//! The second flash bank, with reads that survive what a power cut leaves behind.
//!
//! The STM32H743 keeps ten bits of error correction with every 32 octets. Where the power went while they were
//! programmed or erased, they may not fit, and to read them is a bus fault: a device that reads the place when
//! it starts would never start again. Here such a read is an error, which to the store is a damaged record.

use core::arch::asm;
use cortex_m::asm::{dsb, isb};
use cortex_m::peripheral::SCB;
use embassy_stm32::flash::{Async, Bank2Region, Error};
use embassy_stm32::pac;
use embassy_time::Timer;
use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

/// Where the second bank begins, and how long it is.
const BASE: usize = 0x0810_0000;
pub const SIZE: u32 = 1 << 20;

/// Octets that share their error correction, and are programmed at once.
const WORD: usize = 32;

/// The second bank. The program lies in the first one and goes on running while this one is erased.
pub struct Bank2(Bank2Region<'static, Async>);

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlashError {
    /// More bits are wrong than can be corrected.
    Uncorrectable,
    /// What the driver says.
    Driver(Error),
}

impl NorFlashError for FlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Uncorrectable => NorFlashErrorKind::Other,
            Self::Driver(error) => error.kind(),
        }
    }
}

impl Bank2 {
    pub const fn new(region: Bank2Region<'static, Async>) -> Self {
        Self(region)
    }

    /// Waits until the bank has done what it was told by a future that was dropped: a read would hold the whole
    /// bus up until then. Then forgets its errors; embassy-stm32 0.6 would take one that a read left for its own.
    async fn ready(&mut self) {
        while busy() {
            Timer::after_millis(1).await;
        }
        forget_errors();
    }
}

impl ErrorType for Bank2 {
    type Error = FlashError;
}

impl ReadNorFlash for Bank2 {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FlashError> {
        let start = offset as usize;
        let end = start.checked_add(bytes.len()).filter(|end| *end <= SIZE as usize);
        let end = end.ok_or(FlashError::Driver(Error::Size))?;
        self.ready().await;
        let (mut at, mut rest) = (start, bytes);
        while at < end {
            let word = read_word(at / WORD).ok_or(FlashError::Uncorrectable)?;
            let have = word.get(at % WORD..).unwrap_or_default();
            let (now, later) = rest.split_at_mut(have.len().min(rest.len()));
            now.copy_from_slice(&have[..now.len()]);
            (at, rest) = (at + now.len(), later);
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        SIZE as usize
    }
}

impl NorFlash for Bank2 {
    const WRITE_SIZE: usize = WORD;
    const ERASE_SIZE: usize = 128 << 10;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FlashError> {
        self.ready().await;
        self.0.erase(from, to).await.map_err(FlashError::Driver)
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FlashError> {
        self.ready().await;
        self.0.write(offset, bytes).await.map_err(FlashError::Driver)
    }
}

/// The 32 octets at word `index` of the bank; `None` if they cannot be corrected.
///
/// While the core has a priority above that of the hard fault (`FAULTMASK`) and is told to ignore bus faults there
/// (`BFHFNMIGN`), a load that faults reads something, and the flash says why. Interrupts wait meanwhile, for eight
/// loads. The barriers keep the core from looking at the next word too early, whose errors are not of this one.
fn read_word(index: usize) -> Option<[u8; WORD]> {
    assert!(index < SIZE as usize / WORD);
    let from = (BASE + index * WORD) as *const u32;
    let mut word = [0; WORD];
    forget_errors();
    // SAFETY: the octets lie in the second bank, and nobody writes them meanwhile: this type has the only handle
    // to it, and it was ready. What is done to the core is undone before anything else runs.
    unsafe {
        let scb = &*SCB::PTR;
        asm!("cpsid f", options(nostack, preserves_flags));
        scb.ccr.modify(|value| value | BFHFNMIGN);
        dsb();
        isb();
        for (at, octets) in word.chunks_exact_mut(4).enumerate() {
            octets.copy_from_slice(&from.add(at).read_volatile().to_le_bytes());
        }
        dsb();
        scb.ccr.modify(|value| value & !BFHFNMIGN);
        scb.cfsr.write(BUS_FAULTS);
        dsb();
        isb();
        asm!("cpsie f", options(nostack, preserves_flags));
    }
    let failed = pac::FLASH.bank(1).sr().read().dbeccerr();
    dsb();
    if failed {
        forget_errors();
        return None;
    }
    Some(word)
}

fn busy() -> bool {
    let status = pac::FLASH.bank(1).sr().read();
    status.bsy() || status.qw()
}

/// Clears the errors that the bank remembers, among them those that reads have found, corrected or not.
fn forget_errors() {
    pac::FLASH.bank(1).ccr().write(|clear| {
        clear.set_clr_wrperr(true);
        clear.set_clr_pgserr(true);
        clear.set_clr_strberr(true);
        clear.set_clr_incerr(true);
        clear.set_clr_operr(true);
        clear.set_clr_rdperr(true);
        clear.set_clr_rdserr(true);
        clear.set_clr_sneccerr(true);
        clear.set_clr_dbeccerr(true);
    });
}

/// In `SCB_CCR`: ignore bus faults of loads where the core's priority is above that of the hard fault.
const BFHFNMIGN: u32 = 1 << 8;

/// In `SCB_CFSR`: all that is said of bus faults; written to be cleared.
const BUS_FAULTS: u32 = 0xff << 8;
