//! ekv.

#![no_std]
#![no_main]

use core::hint::black_box;
use ekv::flash::{Flash, PageID};
use ekv::{Config, Database};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use larder_peers_code::subject::{HEAD, fingerprint};
use larder_peers_code::{Done, Failed, Flash as PartFailed, Load, Part, Subject, cache, run};

/// Octets of a fragment of a large body: ekv's default for a value.
const FRAGMENT: usize = 1024;

struct Pages(Part);

impl Flash for Pages {
    type Error = PartFailed;

    fn page_count(&self) -> usize {
        Part::SECTORS
    }

    async fn erase(&mut self, page: PageID) -> Result<(), PartFailed> {
        self.0.erase_now(page.index() * Part::SECTOR)
    }

    async fn read(&mut self, page: PageID, offset: usize, octets: &mut [u8]) -> Result<(), PartFailed> {
        self.0.read_now(page.index() * Part::SECTOR + offset, octets)
    }

    async fn write(&mut self, page: PageID, offset: usize, octets: &[u8]) -> Result<(), PartFailed> {
        self.0.write_now(page.index() * Part::SECTOR + offset, octets)
    }
}

/// A database from a fingerprint of four octets and a part to head and body; what belongs together is one
/// transaction.
struct Ekv {
    database: Database<Pages, NoopRawMutex>,
    value: [u8; FRAGMENT],
    /// Octets of the value read last.
    len: usize,
}

/// The key of a part: keys of a pair are neighbours.
fn key(number: u32, part: usize) -> [u8; 5] {
    let [a, b, c, d] = fingerprint(number, 0).to_be_bytes();
    [a, b, c, d, part as u8]
}

impl Ekv {
    fn new() -> Self {
        let mut config = Config::default();
        config.random_seed = black_box(7);
        Self { database: Database::new(Pages(Part), config), value: [0; FRAGMENT], len: 0 }
    }

    /// Writes the value made ready, with the fragments of `body` behind it, and deletes `evicted`; keys go up.
    async fn write(&mut self, number: u32, len: usize, body: &[u8], evicted: Option<u32>) -> Done<()> {
        let mut transaction = self.database.write_transaction().await;
        let evicted = evicted.map(|number| key(number, 0));
        if let Some(key) = evicted.filter(|evicted| *evicted < key(number, 0)) {
            transaction.delete(&key).await.map_err(|_| Failed)?;
        }
        let value = self.value.get(..len).ok_or(Failed)?;
        transaction.write(&key(number, 0), value).await.map_err(|_| Failed)?;
        for (at, fragment) in body.chunks(FRAGMENT).enumerate() {
            transaction.write(&key(number, 1 + at), fragment).await.map_err(|_| Failed)?;
        }
        if let Some(key) = evicted.filter(|evicted| *evicted > key(number, 0)) {
            transaction.delete(&key).await.map_err(|_| Failed)?;
        }
        transaction.commit().await.map_err(|_| Failed)
    }

    /// Reads a value; whether it is there.
    async fn fetch(&mut self, number: u32) -> Done<bool> {
        let transaction = self.database.read_transaction().await;
        match transaction.read(&key(number, 0), &mut self.value).await {
            Ok(len) => self.len = len,
            Err(ekv::ReadError::KeyNotFound) => return Ok(false),
            Err(_) => return Err(Failed),
        }
        Ok(true)
    }

    fn set_head(&mut self, load: &Load<'_>) -> Done<()> {
        self.value.get_mut(..HEAD).ok_or(Failed)?.copy_from_slice(load.head.get(..HEAD).ok_or(Failed)?);
        Ok(())
    }

    fn octets(&self) -> &[u8] {
        self.value.get(..self.len).unwrap_or_default()
    }
}

impl Subject for Ekv {
    async fn boot(&mut self) -> Done<()> {
        if self.database.mount().await.is_err() {
            self.database.format().await.map_err(|_| Failed)?;
        }
        Ok(())
    }

    async fn put(&mut self, load: &Load<'_>, evicted: Option<u32>) -> Done<()> {
        self.set_head(load)?;
        let len = load.body.len();
        if HEAD + len > FRAGMENT {
            return self.write(load.number, HEAD, load.body, evicted).await;
        }
        self.value.get_mut(HEAD..HEAD + len).ok_or(Failed)?.copy_from_slice(load.body);
        self.write(load.number, HEAD + len, &[], evicted).await
    }

    async fn find(&mut self, number: u32, mut take: impl FnMut(&[u8])) -> Done<Option<usize>> {
        if !self.fetch(number).await? {
            return Ok(None);
        }
        let Some((head, body)) = self.octets().split_at_checked(HEAD) else { return Ok(None) };
        take(head);
        Ok(Some(body.len()))
    }

    async fn read(&mut self, number: u32, _: usize, mut take: impl FnMut(&[u8])) -> Done<()> {
        if let Some(body) = self.octets().get(HEAD..).filter(|body| !body.is_empty()) {
            take(body);
            return Ok(());
        }
        let (first, last) = (key(number, 1), key(number, 255));
        let transaction = self.database.read_transaction().await;
        let mut cursor = transaction.read_range(&first[..]..=&last[..]).await.map_err(|_| Failed)?;
        let mut key = [0; 8];
        while let Some((_, len)) = cursor.next(&mut key, &mut self.value).await.map_err(|_| Failed)? {
            take(self.value.get(..len).unwrap_or_default());
        }
        Ok(())
    }

    async fn freshen(&mut self, load: &Load<'_>) -> Done<()> {
        self.fetch(load.number).await?;
        self.set_head(load)?;
        self.write(load.number, self.len, &[], None).await
    }

    async fn remove(&mut self, number: u32) -> Done<()> {
        let mut transaction = self.database.write_transaction().await;
        transaction.delete(&key(number, 0)).await.map_err(|_| Failed)?;
        transaction.commit().await.map_err(|_| Failed)
    }
}

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    run(async { black_box(cache(&mut Ekv::new()).await.is_ok()) })
}
