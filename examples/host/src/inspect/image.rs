//! An image of a partition, read once. Nothing here can write.

use super::InspectError;
use embedded_storage_async::nor_flash::{
    ErrorType, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::rc::Rc;

/// Most octets that are read of a file: no partition is larger.
const MOST: u64 = 16 << 20;

/// Reads `length` octets of a file from `offset` on, or all the rest. Answers how many the file has,
/// too.
pub(super) fn load(path: &Path, offset: u64, length: Option<u64>) -> Result<(Vec<u8>, u64), InspectError> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let length = length.unwrap_or(size.saturating_sub(offset));
    if offset.checked_add(length).is_none_or(|end| end > size) {
        return Err(InspectError::OutsideFile { file: size });
    }
    if length == 0 {
        return Err(InspectError::Empty);
    }
    file.seek(SeekFrom::Start(offset))?;
    let mut octets = Vec::new();
    // One more, so that what is too long is refused as such.
    file.take(length.min(MOST + 1)).read_to_end(&mut octets)?;
    Ok((octets, size))
}

/// An image that behaves as NOR flash with writes of `WRITE` and erases of `ERASE` octets, and
/// refuses both.
#[derive(Clone, Debug)]
pub(super) struct ImageFlash<const WRITE: usize, const ERASE: usize>(Rc<[u8]>);

impl<const WRITE: usize, const ERASE: usize> ImageFlash<WRITE, ERASE> {
    pub(super) const fn new(octets: Rc<[u8]>) -> Self {
        Self(octets)
    }
}

/// What was asked of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ImageError {
    /// To write.
    ReadOnly,
    /// To read where it has nothing.
    OutOfBounds,
}

impl NorFlashError for ImageError {
    fn kind(&self) -> NorFlashErrorKind {
        match self {
            Self::ReadOnly => NorFlashErrorKind::Other,
            Self::OutOfBounds => NorFlashErrorKind::OutOfBounds,
        }
    }
}

impl<const WRITE: usize, const ERASE: usize> ErrorType for ImageFlash<WRITE, ERASE> {
    type Error = ImageError;
}

impl<const WRITE: usize, const ERASE: usize> ReadNorFlash for ImageFlash<WRITE, ERASE> {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), ImageError> {
        let from = offset as usize;
        let octets = self.0.get(from..from + bytes.len()).ok_or(ImageError::OutOfBounds)?;
        bytes.copy_from_slice(octets);
        Ok(())
    }

    fn capacity(&self) -> usize {
        self.0.len()
    }
}

impl<const WRITE: usize, const ERASE: usize> NorFlash for ImageFlash<WRITE, ERASE> {
    const WRITE_SIZE: usize = WRITE;
    const ERASE_SIZE: usize = ERASE;

    async fn erase(&mut self, _: u32, _: u32) -> Result<(), ImageError> {
        Err(ImageError::ReadOnly)
    }

    async fn write(&mut self, _: u32, _: &[u8]) -> Result<(), ImageError> {
        Err(ImageError::ReadOnly)
    }
}
