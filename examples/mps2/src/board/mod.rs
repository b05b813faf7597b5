//! QEMU's mps2-an386: what a HAL crate gives on a board that one can buy.

mod ethernet;
mod executor;
mod flash;
mod registers;
mod stack;
mod timer;

pub mod host;

pub use ethernet::Ethernet;
pub use executor::run;
pub use flash::{Flash, Parts};
pub use stack::stack_used;

use cortex_m::interrupt::InterruptNumber;
use cortex_m::peripheral::NVIC;
use cortex_m_rt::exception;

/// The interrupts in use.
#[derive(Clone, Copy)]
enum Interrupt {
    DualTimer = 10,
    Ethernet = 13,
}

// SAFETY: the numbers are those of the board, and below its 32.
unsafe impl InterruptNumber for Interrupt {
    fn number(self) -> u16 {
        self as u16
    }
}

fn enable(interrupt: Interrupt) {
    // SAFETY: no critical section relies on a single interrupt being masked.
    unsafe { NVIC::unmask(interrupt) };
}

/// All interrupts arrive here: there is no peripheral access crate that names them.
#[exception]
unsafe fn DefaultHandler(number: i16) {
    match number {
        10 => timer::on_interrupt(),
        13 => ethernet::on_interrupt(),
        _ => panic!("interrupt {number} was never enabled"),
    }
}
