//! A file that behaves as NOR flash, and a store on it that outlives the program.

use crate::SharedFlash;
use crate::output::of_file;
use embassy_sync::mutex::Mutex;
use embedded_storage_async::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use larder_storage_flash::{FlashStore, Mounted};
use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Octets of a flash image that is made anew.
pub const DEFAULT_SIZE: u64 = 8 << 20;

/// SPI NOR flash in a file: read and written octet by octet, erased by 4 KiB.
///
/// What is written goes to the file at once, so it outlives the program however that ends. Writing
/// only clears bits, as on a part; setting one again is an error here, where a part would keep
/// quiet.
#[derive(Debug)]
pub struct FileFlash {
    file: File,
    size: usize,
}

const ERASE: usize = 4096;

impl FileFlash {
    /// The flash in the file at `path`; if there is none, a blank one of `size` octets is made.
    ///
    /// # Errors
    /// The file cannot be opened or made, is in use as flash, or is no whole number of erase units.
    pub fn open(path: &Path, size: u64) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        // Two stores on one flash would write over each other's records.
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::other("another program has its cache there"),
            TryLockError::Error(error) => error,
        })?;
        let mut found = file.metadata()?.len();
        if found == 0 {
            for at in (0..size).step_by(ERASE) {
                file.write_all_at(&[0xff; ERASE], at)?;
            }
            found = size;
        }
        let size = usize::try_from(found).unwrap_or(usize::MAX);
        if !size.is_multiple_of(ERASE) {
            let what = format!("a flash image is a whole number of 4 KiB units, and not {size} octets");
            return Err(io::Error::other(what));
        }
        Ok(Self { file, size })
    }
}

/// What can go wrong with a flash in a file.
#[derive(Debug)]
pub enum FileFlashError {
    /// The file.
    Io(io::Error),
    /// A write would have to set bits.
    NotErased,
    /// The range does not lie in the flash, or is not aligned.
    Range(NorFlashErrorKind),
}

impl fmt::Display for FileFlashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::NotErased => f.write_str("flash was written that is not erased"),
            Self::Range(kind) => write!(f, "{kind}"),
        }
    }
}

impl std::error::Error for FileFlashError {}

impl NorFlashError for FileFlashError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::Range(kind) => *kind,
            Self::Io(_) | Self::NotErased => NorFlashErrorKind::Other,
        }
    }
}

impl From<io::Error> for FileFlashError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl FileFlash {
    fn check(&self, offset: u32, len: usize, unit: usize) -> Result<u64, FileFlashError> {
        let start = offset as usize;
        if !start.is_multiple_of(unit) || !len.is_multiple_of(unit) {
            return Err(FileFlashError::Range(NorFlashErrorKind::NotAligned));
        }
        match start.checked_add(len) {
            Some(end) if end <= self.size => Ok(u64::from(offset)),
            _ => Err(FileFlashError::Range(NorFlashErrorKind::OutOfBounds)),
        }
    }
}

impl ErrorType for FileFlash {
    type Error = FileFlashError;
}

impl ReadNorFlash for FileFlash {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), FileFlashError> {
        let at = self.check(offset, bytes.len(), 1)?;
        Ok(self.file.read_exact_at(bytes, at)?)
    }

    fn capacity(&self) -> usize {
        self.size
    }
}

impl NorFlash for FileFlash {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = ERASE;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), FileFlashError> {
        let len = to.checked_sub(from).ok_or(FileFlashError::Range(NorFlashErrorKind::OutOfBounds))?;
        let at = self.check(from, len as usize, ERASE)?;
        for unit in (at..at + u64::from(len)).step_by(ERASE) {
            self.file.write_all_at(&[0xff; ERASE], unit)?;
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), FileFlashError> {
        let at = self.check(offset, bytes.len(), 1)?;
        let mut there = vec![0; bytes.len()];
        self.file.read_exact_at(&mut there, at)?;
        if there.iter().zip(bytes).any(|(old, new)| old & new != *new) {
            return Err(FileFlashError::NotErased);
        }
        Ok(self.file.write_all_at(bytes, at)?)
    }
}

impl MultiwriteNorFlash for FileFlash {}

/// The store in the image at `path`, which is made if there is none. It lives as long as the
/// program.
///
/// # Errors
/// The file cannot be used, or it holds something that is no store of this version: it is then left
/// as it is.
pub async fn open(path: &Path) -> io::Result<&'static SharedFlash> {
    mounted(path).await.map_err(of_file(path))
}

async fn mounted(path: &Path) -> io::Result<&'static SharedFlash> {
    let flash = FileFlash::open(path, DEFAULT_SIZE)?;
    let size = u32::try_from(flash.size).map_err(io::Error::other)?;
    // What strangers could do by choosing colliding URIs is cost this program a read.
    let seed = std::process::id();
    let store =
        FlashStore::new(flash, 0..size, seed).map_err(|refused| io::Error::other(refused.to_string()))?;
    let mut store = Box::new(store);
    match store.mount().await.map_err(io::Error::other)? {
        Mounted::Ready => {}
        Mounted::Blank => store.format().await.map_err(io::Error::other)?,
        Mounted::Foreign { version } => {
            let what = version.map_or("something else".to_owned(), |version| format!("version {version}"));
            return Err(io::Error::other(format!("it holds {what}, not a store")));
        }
    }
    Ok(Box::leak(Box::new(Mutex::new(*store))))
}
