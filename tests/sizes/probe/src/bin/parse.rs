//! httparse alone, with a table of 40 lines.

#![no_std]
#![no_main]

use core::hint::black_box;

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    let mut lines = [httparse::EMPTY_HEADER; 40];
    let mut response = httparse::Response::new(&mut lines);
    let parsed = response.parse(black_box(&b""[..]));
    black_box(parsed.is_ok());
    larder_sizes::stop()
}
