//! A block of memory-mapped registers.

/// A block of 32-bit registers at a fixed address.
#[derive(Clone, Copy)]
pub(super) struct Registers(usize);

impl Registers {
    /// # Safety
    /// Registers of this board lie there, and nobody else uses them in a way that matters.
    pub(super) const unsafe fn at(address: usize) -> Self {
        Self(address)
    }

    /// Reads the register that many octets behind the block's beginning.
    pub(super) fn read(self, offset: usize) -> u32 {
        // SAFETY: by `at`; every offset in this program is a register's.
        unsafe { ((self.0 + offset) as *const u32).read_volatile() }
    }

    /// Writes it.
    pub(super) fn write(self, offset: usize, value: u32) {
        // SAFETY: as in `read`.
        unsafe { ((self.0 + offset) as *mut u32).write_volatile(value) }
    }
}
