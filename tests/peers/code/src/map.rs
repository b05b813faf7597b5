//! The map of sequential-storage, with or without caches.

use crate::subject::{HEAD, fingerprint};
use crate::{Done, Failed, Load, Part, Subject};
use core::hint::black_box;
use sequential_storage::cache::CacheImpl;
use sequential_storage::map::{MapConfig, MapStorage};

/// Octets of a fragment of a large body.
const FRAGMENT: usize = 1008;

/// Octets of the longest body that lies in one item with its head.
const TOGETHER: usize = FRAGMENT - HEAD;

/// A map from a fingerprint of four octets to head and body, in one item if they fit.
pub struct Map<C: CacheImpl<u32>> {
    storage: MapStorage<u32, Part, C>,
    buffer: [u8; 4096],
    item: [u8; FRAGMENT],
    /// Octets of the item read last.
    len: usize,
}

impl<C: CacheImpl<u32>> Map<C> {
    /// A map with the caches `cache`.
    pub fn new(cache: C) -> Self {
        let storage = MapStorage::new(Part, MapConfig::new(0..Part::OCTETS as u32), cache);
        Self { storage, buffer: [0; 4096], item: [0; FRAGMENT], len: 0 }
    }

    async fn store(&mut self, number: u32, part: usize, octets: &[u8]) -> Done<()> {
        let key = fingerprint(number, part);
        self.storage.store_item(&mut self.buffer, &key, &octets).await.map_err(|_| Failed)
    }

    /// Stores the head and what was made ready behind it.
    async fn store_item(&mut self, load: &Load<'_>, len: usize) -> Done<()> {
        self.item.get_mut(..HEAD).ok_or(Failed)?.copy_from_slice(load.head.get(..HEAD).ok_or(Failed)?);
        let item = self.item.get(..HEAD + len).ok_or(Failed)?;
        let key = fingerprint(load.number, 0);
        self.storage.store_item(&mut self.buffer, &key, &item).await.map_err(|_| Failed)
    }

    /// Fetches an item; whether it is there.
    async fn fetch(&mut self, number: u32, part: usize) -> Done<bool> {
        let key = fingerprint(number, part);
        let found = self.storage.fetch_item::<&[u8]>(&mut self.buffer, &key).await.map_err(|_| Failed)?;
        let octets = found.unwrap_or_default();
        self.item.get_mut(..octets.len()).ok_or(Failed)?.copy_from_slice(octets);
        self.len = octets.len();
        Ok(found.is_some())
    }

    fn octets(&self) -> &[u8] {
        self.item.get(..self.len).unwrap_or_default()
    }
}

impl<C: CacheImpl<u32>> Subject for Map<C> {
    async fn boot(&mut self) -> Done<()> {
        if black_box(false) {
            self.storage.erase_all().await.map_err(|_| Failed)?;
        }
        Ok(())
    }

    async fn put(&mut self, load: &Load<'_>, evicted: Option<u32>) -> Done<()> {
        if let Some(number) = evicted {
            self.remove(number).await?;
        }
        if load.body.len() > TOGETHER {
            for (number, fragment) in load.body.chunks(FRAGMENT).enumerate() {
                self.store(load.number, 1 + number, fragment).await?;
            }
            return self.store_item(load, 0).await;
        }
        let len = load.body.len();
        self.item.get_mut(HEAD..HEAD + len).ok_or(Failed)?.copy_from_slice(load.body);
        self.store_item(load, len).await
    }

    async fn find(&mut self, number: u32, mut take: impl FnMut(&[u8])) -> Done<Option<usize>> {
        if !self.fetch(number, 0).await? {
            return Ok(None);
        }
        let Some((head, body)) = self.octets().split_at_checked(HEAD) else { return Ok(None) };
        take(head);
        Ok(Some(body.len()))
    }

    async fn read(&mut self, number: u32, len: usize, mut take: impl FnMut(&[u8])) -> Done<()> {
        if let Some(body) = self.octets().get(HEAD..).filter(|body| !body.is_empty()) {
            take(body);
            return Ok(());
        }
        for part in 1..=len.div_ceil(FRAGMENT) {
            if self.fetch(number, part).await? {
                take(self.octets());
            }
        }
        Ok(())
    }

    async fn freshen(&mut self, load: &Load<'_>) -> Done<()> {
        self.fetch(load.number, 0).await?;
        self.store_item(load, self.len.saturating_sub(HEAD)).await
    }

    async fn remove(&mut self, number: u32) -> Done<()> {
        let key = fingerprint(number, 0);
        self.storage.remove_item(&mut self.buffer, &key).await.map_err(|_| Failed)
    }
}
