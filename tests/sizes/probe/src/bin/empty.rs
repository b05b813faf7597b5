//! Nothing, to be subtracted from the others.

#![no_std]
#![no_main]

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    larder_sizes::stop()
}
