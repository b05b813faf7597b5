//! What the measured programs share: an end for those that panic, and inputs the compiler cannot see
//! through.

#![no_std]

pub mod device;

use core::panic::PanicInfo;
use larder::time::{Clock, HttpDate, Now, Uptime};

/// A program that panics stops. Where the panics are to be listed, what they say is looked at: those that
/// say nothing would be one function.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    if cfg!(feature = "panics") {
        core::hint::black_box(info);
    }
    stop()
}

/// The end of a program.
pub fn stop() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// A clock that stands still.
pub struct Still;

impl Clock for Still {
    fn now(&self) -> Now {
        core::hint::black_box(Now {
            uptime: Uptime::from_secs(9),
            utc: Some(HttpDate::from_unix(1_800_000_000)),
        })
    }
}
