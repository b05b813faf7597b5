//! ekv.

use crate::chip::Chip;
use crate::subject::{Failed, Subject, fingerprint};
use ekv::flash::{Flash, PageID};
use ekv::{CommitError, Config, Database, ReadError, WriteError};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use larder_tests::block_on;
use larder_tests::nor::NorError;
use larder_tests::workload::{HEAD, Load};

/// Octets of a fragment of a large body: ekv's default for a value.
const FRAGMENT: usize = 1024;

impl Flash for Chip {
    type Error = NorError;

    fn page_count(&self) -> usize {
        self.octets() / 4096
    }

    async fn erase(&mut self, page: PageID) -> Result<(), NorError> {
        self.erase_now(page.index() * 4096)
    }

    async fn read(&mut self, page: PageID, offset: usize, octets: &mut [u8]) -> Result<(), NorError> {
        self.read_now(page.index() * 4096 + offset, octets)
    }

    async fn write(&mut self, page: PageID, offset: usize, octets: &[u8]) -> Result<(), NorError> {
        self.write_now(page.index() * 4096 + offset, octets)
    }
}

/// A database from a fingerprint of four octets and a part to head and body.
///
/// Built for 64 pages, keys of 8 octets and values of 1 KiB, with CRCs; all else is as it comes. What is
/// stored and what is evicted for it is one transaction, so a pair is never torn. A pair is one value;
/// with `APART`, head and body are keys of their own, and a head is freshened alone. A large body is cut
/// into values of one transaction, and read by a cursor.
pub struct Ekv<const APART: bool> {
    database: Database<Chip, NoopRawMutex>,
    value: Vec<u8>,
}

/// The key of a part: keys of a pair are neighbours.
fn key(number: usize, part: usize) -> [u8; 5] {
    let [a, b, c, d] = fingerprint(number, 0).to_be_bytes();
    [a, b, c, d, part as u8]
}

impl<const APART: bool> Ekv<APART> {
    fn on(chip: Chip) -> Self {
        let mut config = Config::default();
        // Different on every boot, as it should be.
        config.random_seed = chip.work().octets_programmed as u32;
        Self { database: Database::new(chip, config), value: vec![0; FRAGMENT] }
    }

    /// Writes and deletes (`None`) in one transaction.
    fn write(&mut self, mut changes: Vec<([u8; 5], Option<&[u8]>)>) -> Result<(), Failed> {
        changes.sort_unstable_by_key(|change| change.0);
        block_on(async {
            let mut transaction = self.database.write_transaction().await;
            for (key, value) in changes {
                match value {
                    Some(value) => transaction.write(&key, value).await,
                    None => transaction.delete(&key).await,
                }
                .map_err(|error| match error {
                    WriteError::Full => Failed::Full,
                    other => Failed::other(other),
                })?;
            }
            transaction.commit().await.map_err(|error: CommitError<NorError>| Failed::other(error))
        })
    }

    /// Reads a value; whether it is there.
    fn fetch(&mut self, number: usize, part: usize) -> Result<bool, Failed> {
        self.value.resize(FRAGMENT, 0);
        let key = key(number, part);
        let found =
            block_on(async { self.database.read_transaction().await.read(&key, &mut self.value).await });
        self.value.truncate(*found.as_ref().unwrap_or(&0));
        match found {
            Ok(_) => Ok(true),
            Err(ReadError::KeyNotFound) => Ok(false),
            Err(other) => Err(Failed::other(other)),
        }
    }

    fn keys(number: usize) -> impl Iterator<Item = [u8; 5]> {
        (0..=usize::from(APART)).map(move |part| key(number, part))
    }
}

impl<const APART: bool> Subject for Ekv<APART> {
    const NAME: &'static str = if APART { "ekv, apart" } else { "ekv" };
    const PAIRS: Option<usize> = Some(180);
    const BESIDE_LARGE: usize = 16;
    const RAM: usize = size_of::<Database<Chip, NoopRawMutex>>() - size_of::<Chip>();

    fn format(chip: Chip) -> Result<Self, Failed> {
        let ekv = Self::on(chip);
        block_on(ekv.database.format()).map_err(Failed::other)?;
        Ok(ekv)
    }

    fn mount(chip: Chip) -> Result<Self, Failed> {
        let ekv = Self::on(chip);
        block_on(ekv.database.mount()).map_err(Failed::other)?;
        Ok(ekv)
    }

    fn put(&mut self, load: &Load, evicted: &[usize]) -> Result<(), Failed> {
        let (mut head, body) = (load.head(), load.body());
        let mut changes: Vec<_> =
            evicted.iter().flat_map(|number| Self::keys(*number)).map(|key| (key, None)).collect();
        if APART || load.len + HEAD > FRAGMENT {
            let parts = body.chunks(FRAGMENT).enumerate();
            changes.extend(parts.map(|(at, octets)| (key(load.number, 1 + at), Some(octets))));
        } else {
            head.extend(&body);
        }
        changes.push((key(load.number, 0), Some(&head)));
        self.write(changes)
    }

    fn remove(&mut self, number: usize) -> Result<(), Failed> {
        self.write(Self::keys(number).map(|key| (key, None)).collect())
    }

    fn find(&mut self, number: usize) -> Result<Option<Load>, Failed> {
        let there = self.fetch(number, 0)?;
        Ok(self.value.get(..HEAD).filter(|_| there).and_then(Load::of_head))
    }

    fn read(&mut self, load: &Load, mut take: impl FnMut(&[u8])) -> Result<(), Failed> {
        if let Some(body) = self.value.get(HEAD..).filter(|body| !body.is_empty()) {
            take(body);
            return Ok(());
        }
        if load.len <= FRAGMENT {
            if self.fetch(load.number, 1)? {
                take(&self.value);
            }
            return Ok(());
        }
        self.value.resize(FRAGMENT, 0);
        let (first, last) = (key(load.number, 1), key(load.number, 255));
        block_on(async {
            let transaction = self.database.read_transaction().await;
            let mut cursor = transaction.read_range(&first[..]..=&last[..]).await.map_err(Failed::other)?;
            let mut key = [0; 8];
            while let Some((_, len)) = cursor.next(&mut key, &mut self.value).await.map_err(Failed::other)? {
                take(&self.value[..len]);
            }
            Ok(())
        })
    }

    fn freshen(&mut self, load: &Load) -> Result<(), Failed> {
        let mut value = load.head();
        if !APART {
            self.fetch(load.number, 0)?;
            value.extend(self.value.get(HEAD..).unwrap_or_default());
        }
        self.write(vec![(key(load.number, 0), Some(&value))])
    }
}
