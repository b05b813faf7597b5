//! The same origin without a cache, to be subtracted from `client`.

#![no_std]
#![no_main]

use core::hint::black_box;
use larder::head::HeadBuf;

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    let mut head: HeadBuf<2048, 40> = HeadBuf::new();
    black_box(head.as_mut().parse_response(black_box(b"")).is_ok());
    for field in black_box(&head).fields() {
        black_box(field);
    }
    larder_sizes::stop()
}
