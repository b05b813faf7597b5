//! The machine that QEMU runs on, by semihosting: arguments, UTC, the end.

use core::mem::MaybeUninit;
use semihosting::sys::arm_compat::{sys_get_cmdline_uninit, sys_time};
use static_cell::StaticCell;

/// The value of the argument `name=value`; `None` if there is none.
pub fn argument(name: &str) -> Option<&'static str> {
    let named = |word: &'static str| word.strip_prefix(name)?.strip_prefix('=');
    command_line().split(' ').find_map(named)
}

fn command_line() -> &'static str {
    static LINE: StaticCell<[MaybeUninit<u8>; 512]> = StaticCell::new();
    static READ: critical_section::Mutex<core::cell::Cell<Option<&'static str>>> =
        critical_section::Mutex::new(core::cell::Cell::new(None));
    critical_section::with(|section| {
        let read = READ.borrow(section);
        let line = read.get().unwrap_or_else(|| {
            let line = sys_get_cmdline_uninit(LINE.init([MaybeUninit::uninit(); 512]));
            line.ok().and_then(|line| str::from_utf8(line).ok()).unwrap_or_default().trim_end_matches('\0')
        });
        read.set(Some(line));
        line
    })
}

/// Seconds since 1970, as a real-time clock with a battery would tell.
pub fn utc() -> Option<i64> {
    sys_time().ok().and_then(|seconds| i64::try_from(seconds).ok())
}

/// Ends QEMU; its exit status says whether all was well.
pub fn exit(well: bool) -> ! {
    semihosting::process::exit(i32::from(!well))
}
