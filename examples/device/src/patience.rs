//! How long a download goes on.

use crate::log;
use embassy_time::{Duration, Timer};
use larder::client::download::{DownloadError, Persistence, Progress};

/// So many attempts, each one second, two, four … up to a minute after the last; an origin that is silent for
/// `silence` has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// How many attempts.
    pub attempts: u32,
    /// How long an origin may be silent.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { attempts: 8, silence: Duration::from_secs(20) }
    }
}

impl Persistence for Patience {
    async fn silence(&mut self) {
        Timer::after(self.silence).await;
    }

    async fn again<E>(&mut self, error: &DownloadError<E>, reached: Progress) -> bool {
        log::attempt(reached.attempt);
        if !error.is_transient() || reached.attempt >= self.attempts {
            return false;
        }
        Timer::after_secs(1 << (reached.attempt - 1).min(5)).await;
        true
    }
}
