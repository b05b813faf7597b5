//! What the programs of this crate share: the board, its network, and what the origin's bodies are.

#![no_std]

pub mod board;
pub mod content;
pub mod network;
pub mod polls;
pub mod tls;

use core::panic::PanicInfo;
use defmt_semihosting as _;

defmt::timestamp!("{=u64:tms}", embassy_time::Instant::now().as_millis());

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    defmt::error!("{}", defmt::Display2Format(info));
    board::host::exit(false)
}
