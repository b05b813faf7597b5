//! How the flash is doing.

use embedded_storage_async::nor_flash::NorFlashErrorKind;

/// What happened to the flash since the store was mounted. All counts saturate.
///
/// See [`FlashStore::wear`](crate::FlashStore::wear).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub struct Wear {
    /// How often the whole ring was written, since the partition was first used.
    pub laps: u32,
    /// Erases of a sector.
    pub erases: u32,
    /// Octets programmed.
    pub programmed: u64,
    /// Reads that failed.
    pub read_failures: u32,
    /// Programs that failed.
    pub program_failures: u32,
    /// Erases that failed.
    pub erase_failures: u32,
    /// Records that were damaged.
    pub damaged: u32,
    /// Segments that were given up before they were full.
    pub abandoned: u32,
    /// Sectors that were skipped since they could not be erased.
    pub skipped: u32,
    /// Why the flash failed last.
    pub last_error: Option<NorFlashErrorKind>,
}

impl Wear {
    /// How much of the life of a part rated for `cycles` erases is used, in thousandths.
    pub const fn used_life(&self, cycles: u32) -> u32 {
        let cycles = if cycles == 0 { 1 } else { cycles };
        (self.laps as u64 * 1000 / cycles as u64) as u32
    }
}

/// Adds one, and stays at the most.
#[inline(never)]
pub(crate) const fn count(counter: &mut u32) {
    *counter = counter.saturating_add(1);
}
