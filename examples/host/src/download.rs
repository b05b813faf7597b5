//! A download as `fetch --sha256` does it: verified before anything of it is written.

use crate::note;
use crate::{HEAD_BYTES, HEAD_FIELDS, SystemClock, TcpOrigin};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use larder::client::download::{DownloadError, Persistence, Progress, Wanted};
use larder::client::{Client, Failure};
use larder::fields::Digest;
use larder::store::PairStore;
use std::fmt;
use std::future::pending;
use std::io::{self, Write};
use std::time::Duration;

/// How long a download goes on.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// How often it is tried.
    pub attempts: u32,
    /// How long one waits for the origin; `None`: as long as it takes.
    pub silence: Option<Duration>,
}

/// What a download took.
#[derive(Clone, Copy, Debug)]
pub struct Downloaded {
    /// Octets of the body.
    pub length: u64,
    /// What it hashes to.
    pub verified: Option<Digest>,
    /// Octets of body that came over the network.
    pub from_network: u64,
    /// How many attempts it took.
    pub attempts: u32,
}

/// Downloads what is `wanted`, and writes it to `output` when it is there, and verified.
///
/// # Errors
/// Those of `output`, or why it could not be downloaded, told.
pub async fn download<S: PairStore>(
    client: &mut Client<S, TcpOrigin, SystemClock, HEAD_BYTES, HEAD_FIELDS>,
    wanted: &Wanted<'_>,
    patience: Patience,
    output: &mut dyn Write,
) -> io::Result<Downloaded> {
    let mut watched = Watched { patience, bar: ProgressBar::hidden(), last: Progress::default(), before: 0 };
    let mut buf = vec![0; CHUNK];
    let mut body = client.download(wanted, &mut buf, &mut watched).await.map_err(|error| match error {
        // In its own words.
        DownloadError::Unreachable(Failure::Origin(error)) => told(error),
        error => told(error),
    })?;
    watched.bar.finish_and_clear();
    let (length, verified) = (body.len(), body.verified().copied());
    let (mut at, mut block) = (0, vec![0; CHUNK]);
    while at < length {
        let read = body.read_at(at, &mut block).await.map_err(told)?;
        output.write_all(block.get(..read).unwrap_or_default())?;
        at += read as u64;
    }
    body.close().await.map_err(|error| io::Error::other(format!("{error:?}")))?;
    let from_network = watched.before + watched.last.from_network;
    Ok(Downloaded { length, verified, from_network, attempts: watched.last.attempt })
}

/// A bar on standard error, if that is a terminal and the body is long.
pub fn bar(length: Option<u64>) -> ProgressBar {
    let Some(length) = length.filter(|length| *length >= LONG) else {
        return ProgressBar::hidden();
    };
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn told(error: impl fmt::Display) -> io::Error {
    io::Error::other(error.to_string())
}

/// Shows how far it is, and adds up what came.
struct Watched {
    patience: Patience,
    bar: ProgressBar,
    last: Progress,
    /// Octets of body that came over the network in the attempts before.
    before: u64,
}

impl Persistence for Watched {
    fn progress(&mut self, progress: Progress) {
        if progress.received == 0 {
            self.bar.finish_and_clear();
            self.bar = bar(progress.complete);
        }
        self.bar.set_position(progress.received);
        self.last = progress;
    }

    async fn silence(&mut self) {
        match self.patience.silence {
            Some(silence) => tokio::time::sleep(silence).await,
            None => pending().await,
        }
    }

    async fn again<E>(&mut self, error: &DownloadError<E>, reached: Progress) -> bool {
        self.before += reached.from_network;
        self.last = Progress { attempt: reached.attempt, ..Progress::default() };
        let again = error.is_transient() && reached.attempt < self.patience.attempts;
        if again {
            self.bar.suspend(|| note!("* attempt {}: {} octets so far", reached.attempt, reached.received));
            tokio::time::sleep(PAUSE).await;
        }
        again
    }
}

/// Octets read at a time.
const CHUNK: usize = 16 * 1024;

/// Bodies from this length on get a progress bar.
const LONG: u64 = 256 * 1024;

/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(1);
