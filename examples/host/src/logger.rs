//! Log lines on standard error.

use crate::note;
use log::{LevelFilter, Log, Metadata, Record};

struct Stderr;

impl Log for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("larder")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            note!("{:5} {}", record.level(), record.args());
        }
    }

    fn flush(&self) {}
}

/// Shows larder's log lines up to `level`: warnings, and with [`LevelFilter::Debug`] each state as
/// it is entered. Whoever calls first in a program decides.
pub fn show(level: LevelFilter) {
    if log::set_logger(&Stderr).is_ok() {
        log::set_max_level(level);
    }
}
