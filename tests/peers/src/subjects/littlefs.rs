//! littlefs, through the crate littlefs2.

use crate::chip::Chip;
use crate::subject::{Failed, Subject, fingerprint};
use larder_tests::workload::{HEAD, Load};
use littlefs2::consts::{U1, U512};
use littlefs2::driver::Storage;
use littlefs2::fs::{Allocation, File, FileAllocation, Filesystem};
use littlefs2::io::{Error, OpenSeekFrom};
use littlefs2::path::PathBuf;

/// Octets of the chunks in which a body is written and read.
const CHUNK: usize = 1024;

/// The flash as littlefs sees it.
pub struct Disk(Chip);

impl Storage for Disk {
    const READ_SIZE: usize = 4;
    const WRITE_SIZE: usize = 4;
    const BLOCK_SIZE: usize = 4096;
    const BLOCK_COUNT: usize = 64;
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

/// A file system with a file for each pair, named by its fingerprint.
///
/// Blocks are sectors; caches of 512 octets, so that heads may lie within a directory; 100 block cycles,
/// the most even wear it recommends. A pair is one file, head and body; its head is freshened in place,
/// which copies the block. With `APART`, head and body are files of their own: the head lies in the
/// directory and is cheap to freshen, and a cut may leave head and body of different versions. A file
/// holds what was written when it is closed. A small file is read whole through one open file, a large
/// body through one more.
pub struct LittleFs<const APART: bool> {
    fs: Filesystem<'static, Disk>,
    /// The octets that follow the head that was found, as many as fit a chunk.
    rest: Vec<u8>,
}

impl<const APART: bool> LittleFs<APART> {
    fn path(number: usize, part: usize) -> PathBuf {
        let name = format!("{:08x}{}", fingerprint(number, 0), if part == 0 { "" } else { "b" });
        PathBuf::try_from(&*name).expect("a short name")
    }

    fn write(&mut self, number: usize, part: usize, pieces: &[&[u8]]) -> Result<(), Failed> {
        let written = self.fs.create_file_and_then(&Self::path(number, part), |file| {
            for chunk in pieces.iter().flat_map(|piece| piece.chunks(CHUNK)) {
                let mut at = 0;
                while at < chunk.len() {
                    at += file.write(&chunk[at..])?;
                }
            }
            Ok(())
        });
        written.map_err(failed)
    }

    /// Reads a file from `at` on.
    fn fetch(&mut self, path: &PathBuf, at: usize, mut take: impl FnMut(&[u8])) -> Result<bool, Failed> {
        let read = self.fs.open_file_and_then(path, |file| {
            if at > 0 {
                file.seek(OpenSeekFrom::Start(at as u32).into())?;
            }
            let mut buf = [0; CHUNK];
            loop {
                match file.read(&mut buf)? {
                    0 => return Ok(()),
                    read => take(&buf[..read]),
                }
            }
        });
        match read {
            Ok(()) => Ok(true),
            Err(error) if error == Error::NO_SUCH_ENTRY => Ok(false),
            Err(error) => Err(failed(error)),
        }
    }
}

impl<const APART: bool> Subject for LittleFs<APART> {
    const NAME: &'static str = if APART { "littlefs, apart" } else { "littlefs" };
    const PAIRS: Option<usize> = Some(if APART { 30 } else { 58 });
    const BESIDE_LARGE: usize = 16;
    const RAM: usize = size_of::<Allocation<Disk>>() + size_of::<FileAllocation<Disk>>();

    fn format(chip: Chip) -> Result<Self, Failed> {
        Filesystem::format(&mut Disk(chip.handle())).map_err(failed)?;
        Self::mount(chip)
    }

    /// The buffers are given away for good: a file system borrows them.
    fn mount(chip: Chip) -> Result<Self, Failed> {
        let allocation = Box::leak(Box::new(Filesystem::allocate()));
        let fs = Filesystem::mount(allocation, Box::leak(Box::new(Disk(chip)))).map_err(failed)?;
        Ok(Self { fs, rest: Vec::new() })
    }

    fn put(&mut self, load: &Load, evicted: &[usize]) -> Result<(), Failed> {
        for number in evicted {
            self.remove(*number)?;
        }
        let (head, body) = (load.head(), load.body());
        if APART {
            self.write(load.number, 1, &[&body])?;
            self.write(load.number, 0, &[&head])
        } else {
            self.write(load.number, 0, &[&head, &body])
        }
    }

    fn remove(&mut self, number: usize) -> Result<(), Failed> {
        for part in 0..=usize::from(APART) {
            match self.fs.remove(&Self::path(number, part)) {
                Err(error) if error != Error::NO_SUCH_ENTRY => return Err(failed(error)),
                _ => {}
            }
        }
        Ok(())
    }

    fn find(&mut self, number: usize) -> Result<Option<Load>, Failed> {
        let mut head = [0; CHUNK];
        let read = self.fs.open_file_and_then(&Self::path(number, 0), |file| read_all(file, &mut head));
        match read {
            Ok(read) => {
                let (head, rest) = head[..read].split_at(HEAD.min(read));
                self.rest = rest.to_vec();
                Ok(Load::of_head(head))
            }
            Err(error) if error == Error::NO_SUCH_ENTRY => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    fn read(&mut self, load: &Load, mut take: impl FnMut(&[u8])) -> Result<(), Failed> {
        if self.rest.len() == load.len {
            take(&self.rest);
            return Ok(());
        }
        let (part, at) = if APART { (1, 0) } else { (0, HEAD) };
        self.fetch(&Self::path(load.number, part), at, take).map(|_| ())
    }

    fn freshen(&mut self, load: &Load) -> Result<(), Failed> {
        if APART {
            self.write(load.number, 0, &[&load.head()])
        } else {
            let path = Self::path(load.number, 0);
            self.fs.write_chunk(&path, &load.head(), OpenSeekFrom::Start(0)).map_err(failed)
        }
    }
}

fn read_all(file: &File<'_, '_, Disk>, octets: &mut [u8]) -> Result<usize, Error> {
    let mut at = 0;
    while at < octets.len() {
        match file.read(&mut octets[at..])? {
            0 => break,
            read => at += read,
        }
    }
    Ok(at)
}

fn failed(error: Error) -> Failed {
    if error == Error::NO_SPACE { Failed::Full } else { Failed::other(error) }
}
