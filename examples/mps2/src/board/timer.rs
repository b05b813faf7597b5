//! The time driver of embassy, over the two halves of the CMSDK dual timer: one counts, the other
//! rings. Time is counted in microseconds; the hardware counts 25 of its own for each.

use super::Interrupt;
use super::registers::Registers;
use core::cell::RefCell;
use core::task::Waker;
use critical_section::{CriticalSection, Mutex};
use embassy_time_driver::Driver;
use embassy_time_queue_utils::Queue;

// SAFETY: the board's dual timer and its first timer lie there, and this file alone uses them.
const COUNTER: Registers = unsafe { Registers::at(0x4000_2000) };
const ALARM: Registers = unsafe { Registers::at(0x4000_2020) };
const TICKER: Registers = unsafe { Registers::at(0x4000_0000) };

const LOAD: usize = 0x00;
const VALUE: usize = 0x04;
const CONTROL: usize = 0x08;
const CLEAR: usize = 0x0c;

const ENABLE: u32 = 1 << 7;
const INTERRUPT: u32 = 1 << 5;
const WIDE: u32 = 1 << 1;
const ONE_SHOT: u32 = 1 << 0;

/// Ticks of the hardware in a microsecond.
const TICKS: u64 = 25;

/// Longest alarm, in microseconds: the counter must be looked at before it wraps, every 171 s.
const ALARM_MAX: u64 = 60_000_000;

/// What is known of the time.
struct Time {
    /// How often the counter has wrapped, and what it said last.
    wraps: u32,
    last: u32,
    queue: Queue,
}

impl Time {
    /// Microseconds since the start.
    fn now(&mut self) -> u64 {
        let count = !COUNTER.read(VALUE);
        if count < self.last {
            self.wraps += 1;
        }
        self.last = count;
        (u64::from(self.wraps) << 32 | u64::from(count)) / TICKS
    }

    /// Sets the alarm for the next task that waits, and wakes those whose time has come.
    fn arm(&mut self) {
        let now = self.now();
        let next = self.queue.next_expiration(now);
        let wait = next.saturating_sub(now).clamp(1, ALARM_MAX);
        ALARM.write(CONTROL, 0);
        ALARM.write(LOAD, (wait * TICKS) as u32);
        ALARM.write(CONTROL, ENABLE | INTERRUPT | WIDE | ONE_SHOT);
    }
}

struct DualTimer(Mutex<RefCell<Time>>);

impl DualTimer {
    fn with<T>(&self, section: CriticalSection<'_>, work: impl FnOnce(&mut Time) -> T) -> T {
        work(&mut self.0.borrow_ref_mut(section))
    }
}

impl Driver for DualTimer {
    fn now(&self) -> u64 {
        critical_section::with(|section| self.with(section, Time::now))
    }

    fn schedule_wake(&self, at: u64, waker: &Waker) {
        critical_section::with(|section| {
            self.with(section, |time| {
                if time.queue.schedule_wake(at, waker) {
                    time.arm();
                }
            });
        });
    }
}

embassy_time_driver::time_driver_impl!(static TIME: DualTimer =
    DualTimer(Mutex::new(RefCell::new(Time { wraps: 0, last: 0, queue: Queue::new() }))));

/// Starts to count.
pub(super) fn start() {
    COUNTER.write(LOAD, u32::MAX);
    COUNTER.write(CONTROL, ENABLE | WIDE);
    // QEMU's network looks at its sockets when a timer of the guest wraps, or up to a second later.
    // So the first timer wraps every millisecond; its interrupt stays off.
    const RELOAD: usize = 0x08;
    TICKER.write(RELOAD, 25_000);
    TICKER.write(VALUE, 25_000);
    TICKER.write(0, 1);
    super::enable(Interrupt::DualTimer);
    critical_section::with(|section| TIME.with(section, Time::arm));
}

pub(super) fn on_interrupt() {
    ALARM.write(CLEAR, 1);
    critical_section::with(|section| TIME.with(section, Time::arm));
}
