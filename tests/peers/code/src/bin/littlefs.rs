//! littlefs, through the crate littlefs2.

#![no_std]
#![no_main]

use core::hint::black_box;
use larder_peers_code::subject::{HEAD, fingerprint};
use larder_peers_code::{Done, Failed, Load, Part, Subject, cache, run};
use littlefs2::consts::{U1, U512};
use littlefs2::driver::Storage;
use littlefs2::fs::{File, Filesystem};
use littlefs2::io::{Error, OpenSeekFrom};
use littlefs2::path::{Path, PathBuf};
// For `strlen` and its kin.
use littlefs2_sys as _;

/// Octets of the chunks in which a body is written and read.
const CHUNK: usize = 1024;

/// The flash as littlefs sees it.
struct Disk(Part);

impl Storage for Disk {
    const READ_SIZE: usize = 4;
    const WRITE_SIZE: usize = 4;
    const BLOCK_SIZE: usize = Part::SECTOR;
    const BLOCK_COUNT: usize = Part::SECTORS;
    const BLOCK_CYCLES: isize = 100;
    type CACHE_SIZE = U512;
    type LOOKAHEAD_SIZE = U1;

    fn read(&mut self, offset: usize, octets: &mut [u8]) -> Result<usize, Error> {
        self.0.read_now(offset, octets).map(|()| octets.len()).map_err(|_| Error::IO)
    }

    fn write(&mut self, offset: usize, octets: &[u8]) -> Result<usize, Error> {
        self.0.write_now(offset, octets).map(|()| octets.len()).map_err(|_| Error::IO)
    }

    fn erase(&mut self, offset: usize, len: usize) -> Result<usize, Error> {
        let mut sectors = (offset..offset + len).step_by(Self::BLOCK_SIZE);
        sectors.try_for_each(|at| self.0.erase_now(at)).map_err(|_| Error::IO)?;
        Ok(len)
    }
}

/// A file system with a file for each pair, head and body, named by its fingerprint.
struct LittleFs<'f, 'd> {
    fs: &'f Filesystem<'d, Disk>,
    item: [u8; CHUNK],
    /// Octets of the file found last, as many as fit a chunk.
    len: usize,
}

/// Eight digits.
fn path(number: u32) -> Done<PathBuf> {
    let mut name = [0; 9];
    let mut rest = fingerprint(number, 0);
    for digit in &mut name[..8] {
        *digit = b"0123456789abcdef"[(rest >> 28) as usize];
        rest <<= 4;
    }
    Path::from_bytes_with_nul(&name).map(PathBuf::from).map_err(|_| Failed)
}

fn write_all(file: &File<'_, '_, Disk>, octets: &[u8]) -> Result<(), Error> {
    for chunk in octets.chunks(CHUNK) {
        let mut at = 0;
        while let Some(rest) = chunk.get(at..).filter(|rest| !rest.is_empty()) {
            at += file.write(rest)?;
        }
    }
    Ok(())
}

impl Subject for LittleFs<'_, '_> {
    /// It is mounted already.
    async fn boot(&mut self) -> Done<()> {
        Ok(())
    }

    async fn put(&mut self, load: &Load<'_>, evicted: Option<u32>) -> Done<()> {
        if let Some(number) = evicted {
            self.remove(number).await?;
        }
        let written = self.fs.create_file_and_then(&path(load.number)?, |file| {
            write_all(file, load.head)?;
            write_all(file, load.body)
        });
        written.map_err(|_| Failed)
    }

    async fn find(&mut self, number: u32, mut take: impl FnMut(&[u8])) -> Done<Option<usize>> {
        let item = &mut self.item;
        let read = self.fs.open_file_and_then(&path(number)?, |file| {
            let mut at = 0;
            while let Some(rest) = item.get_mut(at..).filter(|rest| !rest.is_empty()) {
                match file.read(rest)? {
                    0 => break,
                    read => at += read,
                }
            }
            Ok(at)
        });
        self.len = match read {
            Ok(len) => len,
            Err(error) if error == Error::NO_SUCH_ENTRY => return Ok(None),
            Err(_) => return Err(Failed),
        };
        let octets = self.item.get(..self.len).unwrap_or_default();
        let Some((head, body)) = octets.split_at_checked(HEAD) else { return Ok(None) };
        take(head);
        Ok(Some(body.len()))
    }

    async fn read(&mut self, number: u32, len: usize, mut take: impl FnMut(&[u8])) -> Done<()> {
        let item = self.item.get(HEAD..self.len);
        if let Some(body) = item.filter(|body| body.len() == len) {
            take(body);
            return Ok(());
        }
        let item = &mut self.item;
        let read = self.fs.open_file_and_then(&path(number)?, |file| {
            file.seek(OpenSeekFrom::Start(HEAD as u32).into())?;
            loop {
                match file.read(item)? {
                    0 => return Ok(()),
                    read => take(item.get(..read).unwrap_or_default()),
                }
            }
        });
        read.map_err(|_| Failed)
    }

    async fn freshen(&mut self, load: &Load<'_>) -> Done<()> {
        let path = path(load.number)?;
        self.fs.write_chunk(&path, load.head, OpenSeekFrom::Start(0)).map_err(|_| Failed)
    }

    async fn remove(&mut self, number: u32) -> Done<()> {
        match self.fs.remove(&path(number)?) {
            Err(error) if error != Error::NO_SUCH_ENTRY => Err(Failed),
            _ => Ok(()),
        }
    }
}

/// A file system borrows its buffers, so it is mounted here.
async fn all() -> Done<()> {
    let (mut allocation, mut disk) = (Filesystem::allocate(), Disk(Part));
    let mounted =
        Filesystem::mount_or_else(&mut allocation, &mut disk, |_, disk, _| Filesystem::format(disk));
    let fs = mounted.map_err(|_| Failed)?;
    cache(&mut LittleFs { fs: &fs, item: [0; CHUNK], len: 0 }).await
}

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    run(async { black_box(all().await.is_ok()) })
}
