//! The last scene: a firmware image over a bad link, on a device that loses power.
//!
//! The store lies in a file that behaves as NOR flash. When power is lost, all that was in RAM is gone: the
//! client, the store's buffers, the connection. Then the device starts again and asks for the same.

use super::ledger::paint;
use super::sending::End;
use super::world::{FIRMWARE, RELEASE, World, firmware};
use crate::flash::FileFlash;
use crate::say;
use crate::{MockClock, TcpOrigin};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use larder::client::Client;
use larder::client::download::{DownloadError, Persistence, Progress, Wanted};
use larder::fields::Digest;
use larder_storage_flash::{FlashStore, Mounted};
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use tokio::sync::Notify;

/// A store that gathers 1,060 octets of a body in RAM: what a power cut costs.
type Store = FlashStore<FileFlash, 64>;

/// The image and what verified it, or why there is none; `None`: power was lost before.
type Boot = Option<Result<(Vec<u8>, Option<Digest>), String>>;

/// Downloads the image. Whether it came as it should.
///
/// # Errors
/// If there is no temporary file to be had, or it cannot be used.
pub async fn run(world: &World, base: &str) -> io::Result<bool> {
    world.clock.at(23 * 3600 + 45 * 60);
    world.ends.borrow_mut().extend(ENDS);
    let title = "23:45, an update of 512 KiB: the link breaks four times, power is lost twice";
    say!("\n{}\n{HEADING}", paint("1", &format!("— {title}")));
    let flash = Image::temporary();
    let mut attempts = Attempts::new();
    let mut cost = Cost::default();
    let image = loop {
        let mut store = mount(&flash).await?;
        let clock = MockClock::new(world.clock.utc());
        let mut client = Box::new(Client::<_, _, _>::new(&mut store, TcpOrigin::new().keep_alive(), clock));
        let boot = boot(&mut client, &format!("{base}/update"), &mut attempts).await;
        cost.wire += client.origin().wire().total();
        drop(client);
        cost.programmed += store.wear().programmed;
        cost.erases += store.wear().erases;
        match boot {
            Some(image) => break image,
            None => attempts.end("power lost"),
        }
    };
    match image {
        Ok((body, verified)) => {
            attempts.end("complete");
            attempts.bar.finish_and_clear();
            cost.attempts = attempts.number - 1;
            cost.network = attempts.network;
            Ok(judge(&cost, &body, verified))
        }
        Err(error) => {
            attempts.bar.finish_and_clear();
            wrong(&format!("there is no image: {error}"));
            Ok(false)
        }
    }
}

/// What the download took, in octets where nothing else is said.
#[derive(Clone, Copy, Debug, Default)]
struct Cost {
    /// How many attempts.
    attempts: u32,
    /// Body from the network.
    network: u64,
    /// Heads, bodies and framing, both ways.
    wire: u64,
    programmed: u64,
    /// Sectors that were erased.
    erases: u32,
}

/// Prints what it took, and whether it is what it should be.
fn judge(cost: &Cost, body: &[u8], verified: Option<Digest>) -> bool {
    let image = FIRMWARE as u64;
    say!(
        "{} octets of body from the network: the image, {image}, and {} more; {} octets on the wire.\n\
         {} octets programmed on flash, {:.1} % more than the image; {} erases.",
        cost.network,
        cost.network.saturating_sub(image),
        cost.wire,
        cost.programmed,
        (cost.programmed as f64 / image as f64 - 1.0) * 100.0,
        cost.erases,
    );
    let attempts = ENDS.len() + 1;
    let most = image + MOST_PER_LOST * 4 + MOST_PER_CUT * 2;
    let expected = [
        (body == firmware(RELEASE), "the body is another one than the origin's".to_owned()),
        (verified.is_some() && verified == IMAGE, "it was not verified".to_owned()),
        (cost.attempts as usize == attempts, format!("{} attempts, not {attempts}", cost.attempts)),
        (cost.network <= most, format!("more than {most} octets came over the network")),
        (cost.programmed * 100 <= image * 105, "more than 1.05 × the image was programmed".to_owned()),
    ];
    if let Some(digest) = verified {
        say!("Verified: {}", paint("32", &format!("{digest:?}")));
    }
    expected.iter().filter(|(is_right, _)| !is_right).for_each(|(_, text)| wrong(text));
    expected.iter().all(|(is_right, _)| *is_right)
}

fn wrong(text: &str) {
    say!("{}", paint("31", &format!("NOT AS EXPECTED in the update: {text}")));
}

/// From a start of the device to the image, or to the next loss of power: `None`.
async fn boot(
    client: &mut Client<&mut Store, TcpOrigin, MockClock>,
    uri: &str,
    attempts: &mut Attempts,
) -> Boot {
    let wanted = match IMAGE {
        Some(digest) => Wanted::new(uri).expecting(digest),
        None => Wanted::new(uri),
    };
    let power = Rc::clone(&attempts.power);
    let image = async {
        let mut image =
            client.download(&wanted, &mut [0; 1024], attempts).await.map_err(|error| error.to_string())?;
        let mut body = vec![0; FIRMWARE];
        let read = image.read_at(0, &mut body).await.map_err(|error| format!("{error:?}"))?;
        body.truncate(read);
        let verified = image.verified().copied();
        image.close().await.map_err(|error| error.to_string())?;
        Ok((body, verified))
    };
    tokio::select! {
        image = image => Some(image),
        () = power.notified() => None,
    }
}

/// The store in the file, as a device finds it when it starts.
async fn mount(image: &Image) -> io::Result<Store> {
    let flash = FileFlash::open(&image.0, FLASH.into())?;
    let store = Store::new(flash, 0..FLASH, 7);
    let mut store = store.map_err(|refused| io::Error::other(refused.to_string()))?;
    match store.mount().await.map_err(io::Error::other)? {
        Mounted::Ready | Mounted::Blank => Ok(store),
        Mounted::Foreign { .. } => Err(io::Error::other("another program writes to the demo's flash")),
    }
}

/// The file that is the device's flash. Removed when it is dropped.
#[derive(Debug)]
struct Image(PathBuf);

impl Image {
    fn temporary() -> Self {
        Self(std::env::temp_dir().join(format!("larder-demo-{}.flash", std::process::id())))
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // It may be that it was never made.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Prints attempt by attempt what comes, adds it up, and says when power is lost.
struct Attempts {
    bar: ProgressBar,
    power: Rc<Notify>,
    /// Which attempt this is.
    number: u32,
    /// How far it is.
    reached: Progress,
    /// Octets of body that came over the network in those before.
    network: u64,
}

impl Attempts {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(FIRMWARE as u64), ProgressDrawTarget::stderr());
        let bar = match ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        Self { bar, power: Rc::default(), number: 1, reached: Progress::default(), network: 0 }
    }

    /// Ends an attempt.
    fn end(&mut self, how: impl fmt::Display) {
        let Progress { received, from_network, .. } = self.reached;
        self.network += from_network;
        let (number, network) = (self.number, self.network);
        let from_store = received.saturating_sub(from_network);
        self.bar.suspend(|| say!("{number:>7} {from_store:>12} {from_network:>12} {network:>12}  {how}"));
        self.reached = Progress::default();
        self.number += 1;
    }
}

impl Persistence for Attempts {
    fn progress(&mut self, progress: Progress) {
        self.reached = progress;
        self.bar.set_position(progress.received);
        let end = ENDS.get(self.number.saturating_sub(1) as usize);
        if end.is_some_and(|end| *end == End::Silent(PIECE) && progress.from_network >= PIECE as u64) {
            self.power.notify_one();
        }
    }

    async fn again<E>(&mut self, error: &DownloadError<E>, reached: Progress) -> bool {
        self.reached = reached;
        match error {
            DownloadError::Body(_) => self.end("connection lost"),
            _ => self.end("failed"),
        }
        error.is_transient() && self.number <= ENDS.len() as u32 + 1
    }
}

/// Octets of the device's flash: twice the image.
const FLASH: u32 = 2 * FIRMWARE as u32;

/// What `/update` must be: SHA-256, known to the device beforehand.
const IMAGE: Option<Digest> =
    Digest::from_hex("bdb681e246f5c8546689a9399679ff15ab49b8e3cb7aae454c4ec8e7dd5025cd");

/// Octets of body after which an attempt is interrupted.
const PIECE: usize = FIRMWARE / 7;

/// How the attempts end before the last one. Where power is lost, the origin waits for it.
const ENDS: [End; 6] = [
    End::Lost(PIECE),
    End::Lost(PIECE),
    End::Silent(PIECE),
    End::Lost(PIECE),
    End::Silent(PIECE),
    End::Lost(PIECE),
];

/// Octets that may come again when the connection is lost.
const MOST_PER_LOST: u64 = 2048;

/// Octets that may come again when power is lost: those in a buffer.
const MOST_PER_CUT: u64 = 1152;

const HEADING: &str = "attempt   from store from network  so far";
