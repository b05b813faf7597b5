//! The bootloader: swaps a new firmware in, takes one back that did not come up, and starts what is there.

#![no_std]
#![no_main]

use core::cell::RefCell;
use embassy_boot_rp::{BootLoader, BootLoaderConfig, WatchdogFlash};
use embassy_sync::blocking_mutex::Mutex;
use embassy_time::Duration;
use panic_halt as _; // The watchdog resets it.

const FLASH: usize = 2 << 20;

#[cortex_m_rt::entry]
fn main() -> ! {
    let p = embassy_rp::init(Default::default());
    let flash = WatchdogFlash::<FLASH>::start(p.FLASH, p.WATCHDOG, Duration::from_secs(8));
    let flash = Mutex::new(RefCell::new(flash));
    let parts = BootLoaderConfig::from_linkerfile_blocking(&flash, &flash, &flash);
    let start = embassy_rp::flash::FLASH_BASE as u32 + active();
    let loader = BootLoader::<{ embassy_rp::flash::ERASE_SIZE }>::prepare(parts);
    // SAFETY: `memory.x` says that the firmware begins there, with its vectors.
    unsafe { loader.load(start) }
}

/// Where the firmware begins, counted from the beginning of the flash.
fn active() -> u32 {
    unsafe extern "C" {
        static __bootloader_active_start: u8;
    }
    &raw const __bootloader_active_start as u32
}
