//! An executor that sleeps with WFI. The stock one sleeps with WFE, which QEMU takes for a no-op: it
//! would keep one processor of the host busy.

use super::{ethernet, timer};
use core::sync::atomic::{AtomicBool, Ordering};
use embassy_executor::{Spawner, raw};
use static_cell::StaticCell;

/// Whether a task was woken since the executor polled last.
static PENDING: AtomicBool = AtomicBool::new(false);

#[unsafe(export_name = "__pender")]
fn pend(_context: *mut ()) {
    PENDING.store(true, Ordering::SeqCst);
}

/// Starts the board, and runs what `start` spawns for ever.
pub fn run(start: impl FnOnce(Spawner)) -> ! {
    static EXECUTOR: StaticCell<raw::Executor> = StaticCell::new();
    let executor: &'static raw::Executor = EXECUTOR.init(raw::Executor::new(core::ptr::null_mut()));
    timer::start();
    ethernet::start();
    start(executor.spawner());
    loop {
        PENDING.store(false, Ordering::SeqCst);
        // SAFETY: it is polled here alone, and `pend` does not poll.
        unsafe { executor.poll() };
        // An interrupt that comes after the question wakes WFI though it is masked.
        critical_section::with(|_| {
            if !PENDING.load(Ordering::SeqCst) {
                cortex_m::asm::wfi();
            }
        });
    }
}
