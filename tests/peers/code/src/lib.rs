//! Programs that use a flash store as `tests/peers` does, to see how much code that takes.
//!
//! Each does to its store all that [`cache`] does, over a [`Part`] of which the optimizer foresees nothing.
//! What is left of its code without that of `nothing`, the same program over a store that keeps nothing, is the
//! store. `run` prints it.
//!
//! The adapters are those of `tests/peers/src/subjects` for a pair as one item, with arrays in place of vectors;
//! what each store is built for (64 pages of 4 KiB, keys, caches, CRCs) is the same, too, and all else is as it
//! comes. Each can begin on a flash that holds something else. The queue cannot remove, and so does not.
//! littlefs is C: it is compiled at `-Os`, and stays out of the LTO of the rest.
//!
//! Others are given octets. larder's store is given pairs, so what makes and reads their records is in its
//! figure; `heads` tells how much that is. The states that make pairs are not.
//!
//! What the compiler inlines differs from program to program: a difference below 1 KB tells nothing.

#![no_std]

#[cfg(feature = "peers")]
pub mod map;
mod part;
pub mod store;
pub mod subject;

pub use part::{Flash, Part};
pub use subject::{Done, Failed, Load, Subject, cache};

use core::hint::black_box;
use core::panic::PanicInfo;
use core::pin::pin;
use core::task::{Context, Waker};

/// A program that panics stops, and says nothing.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    stop()
}

/// The end of a program.
pub fn stop() -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// Runs a program whose futures are ready at once.
pub fn run<R>(program: impl Future<Output = R>) -> ! {
    memory();
    let mut program = pin!(program);
    let mut context = Context::from_waker(Waker::noop());
    black_box(program.as_mut().poll(&mut context).is_ready());
    stop()
}

/// What all firmware has: the ways to copy, fill and compare memory. So that they are in `nothing`, too.
fn memory() {
    black_box([
        __aeabi_memcpy as *const (),
        __aeabi_memcpy4 as *const (),
        __aeabi_memcpy8 as *const (),
        __aeabi_memmove as *const (),
        __aeabi_memmove4 as *const (),
        __aeabi_memmove8 as *const (),
        __aeabi_memset as *const (),
        __aeabi_memset4 as *const (),
        __aeabi_memset8 as *const (),
        __aeabi_memclr as *const (),
        __aeabi_memclr4 as *const (),
        __aeabi_memclr8 as *const (),
        memcpy as *const (),
        memmove as *const (),
        memset as *const (),
        memcmp as *const (),
    ]);
}

// Only where they are matters.
unsafe extern "C" {
    safe fn __aeabi_memcpy();
    safe fn __aeabi_memcpy4();
    safe fn __aeabi_memcpy8();
    safe fn __aeabi_memmove();
    safe fn __aeabi_memmove4();
    safe fn __aeabi_memmove8();
    safe fn __aeabi_memset();
    safe fn __aeabi_memset4();
    safe fn __aeabi_memset8();
    safe fn __aeabi_memclr();
    safe fn __aeabi_memclr4();
    safe fn __aeabi_memclr8();
    safe fn memcpy();
    safe fn memmove();
    safe fn memset();
    safe fn memcmp();
}
