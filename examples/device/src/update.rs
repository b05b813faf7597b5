//! Firmware updates: an image is downloaded through the cache, verified, handed to embassy-boot block by
//! block, verified again where it will be booted from, and only then marked to be booted.

use crate::cache::poll;
use crate::log;
use crate::patience::Patience;
use crate::release::Release;
use core::fmt;
use embassy_boot::{FirmwareUpdater, FirmwareUpdaterError};
use embedded_storage_async::nor_flash::NorFlash;
use larder::client::download::{Download, DownloadError, Wanted};
use larder::digest::Verifier;
use larder::fields::Digest;
use larder::store::StoreError;
use larder::time::Clock;
use larder::{Client, Origin, PairStore};

/// Octets that are copied at a time. A multiple of what any flash writes at a time.
const BLOCK: usize = 1024;

/// Aligned, for drivers whose DMA wants that.
#[repr(align(4))]
struct Block([u8; BLOCK]);

/// What an [`update`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Updated {
    /// Nothing: the newest version runs already.
    Current,
    /// An image of so many octets is ready: it runs after the next reset.
    Ready(u64),
}

/// Why there is no update.
#[derive(Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum UpdateError<O, S> {
    /// Nobody says, or not understandably, what the newest version is.
    Release,
    /// The image could not be had, or is not the one that was released.
    Download(DownloadError<O>),
    /// The store lost the image.
    Store(StoreError<S>),
    /// The image is too large for the partition, or that cannot be written, or the running firmware was
    /// not marked as booted.
    Updater(FirmwareUpdaterError),
    /// What was read back from the partition hashes to something else.
    Mismatch,
}

impl<O: fmt::Debug, S: fmt::Debug> fmt::Display for UpdateError<O, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Release => f.write_str("nobody says what the newest version is"),
            Self::Download(error) => fmt::Display::fmt(error, f),
            Self::Store(error) => write!(f, "the store lost the image: {error:?}"),
            Self::Updater(error) => write!(f, "the partition for the update: {error:?}"),
            Self::Mismatch => f.write_str("the partition for the update holds something else"),
        }
    }
}

/// Asks for the [`Release`] at `release`. If that is another version than `running`, downloads `image` and hands
/// it to `updater`. When this answers [`Updated::Ready`], reset.
///
/// # Errors
/// [`UpdateError`]; what runs goes on running.
///
/// # Cancel safety
/// May be dropped at any point: nothing is marked, and what was downloaded is not downloaded again.
pub async fn update<S: PairStore, O: Origin, C: Clock, DFU: NorFlash, STATE: NorFlash>(
    client: &mut Client<S, O, C>,
    release: &str,
    image: &str,
    running: &str,
    updater: &mut FirmwareUpdater<'_, DFU, STATE>,
) -> Result<Updated, UpdateError<O::Error, S::Error>> {
    let mut line = [0; Release::MAX];
    let Some((200, read)) = poll(client, release, &mut line).await else {
        return Err(UpdateError::Release);
    };
    let Release { version, digest } =
        line.get(..read).and_then(Release::parse).ok_or(UpdateError::Release)?;
    if version == running {
        return Ok(Updated::Current);
    }
    let mut block = Block([0; BLOCK]);
    let (wanted, mut patience) = (Wanted::new(image).expecting(digest), Patience::default());
    let downloaded = client.download(&wanted, &mut block.0, &mut patience).await;
    let mut held = downloaded.map_err(UpdateError::Download)?;
    log::line("the image is there, and is the one that was released");
    hand_over(&mut held, digest, updater).await?;
    let octets = held.len();
    held.close().await.map_err(|error| UpdateError::Store(StoreError::Medium(error)))?;
    Ok(Updated::Ready(octets))
}

/// Copies an image from the cache to the partition for updates, reads it back, and marks it to be booted if it
/// hashes to `digest`.
///
/// # Errors
/// [`UpdateError`]; nothing is marked.
///
/// # Cancel safety
/// As [`update`].
pub async fn hand_over<S: PairStore, O, DFU: NorFlash, STATE: NorFlash>(
    image: &mut Download<'_, S>,
    digest: Digest,
    updater: &mut FirmwareUpdater<'_, DFU, STATE>,
) -> Result<(), UpdateError<O, S::Error>> {
    let mut block = Block([0; BLOCK]);
    let octets = image.len();
    for at in (0..octets).step_by(BLOCK) {
        let read = image.read_at(at, &mut block.0).await.map_err(UpdateError::Store)?;
        block.0[read..].fill(0xff);
        let whole = &block.0[..read.next_multiple_of(DFU::WRITE_SIZE)];
        updater.write_firmware(at as usize, whole).await.map_err(UpdateError::Updater)?;
    }
    let mut verifier = Verifier::new(digest);
    for at in (0..octets).step_by(BLOCK) {
        let length = (octets - at).min(BLOCK as u64) as usize;
        let whole = &mut block.0[..length.next_multiple_of(DFU::READ_SIZE)];
        updater.read_dfu(at as u32, whole).await.map_err(UpdateError::Updater)?;
        verifier.update(&whole[..length]);
    }
    if !verifier.finish().is_verified() {
        return Err(UpdateError::Mismatch);
    }
    updater.mark_updated().await.map_err(UpdateError::Updater)
}
