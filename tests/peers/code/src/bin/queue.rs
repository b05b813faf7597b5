//! The queue of sequential-storage.

#![no_std]
#![no_main]

use core::hint::black_box;
use larder_peers_code::subject::{HEAD, fingerprint};
use larder_peers_code::{Done, Failed, Load, Part, Subject, cache, run};
use sequential_storage::cache::page_pointers::ArrayPagePointers;
use sequential_storage::cache::page_states::ArrayPageStates;
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::queue::{QueueConfig, QueueStorage};

/// The caches a queue can have.
type Caches = Cache<ArrayPageStates<64>, ArrayPagePointers<64>, Uncached>;

/// Octets of a fragment of a large body.
const FRAGMENT: usize = 1008;

/// Octets before what an item holds: the fingerprint, and the part it is.
const FRONT: usize = 6;

/// A queue that drops its oldest page when it is full; a look-up iterates over all of it.
struct Queue {
    storage: QueueStorage<Part, Caches>,
    buffer: [u8; 4096],
    item: [u8; FRONT + FRAGMENT],
    /// Octets of the item found last, without its front.
    len: usize,
}

impl Queue {
    fn new() -> Self {
        let caches = Cache::new(ArrayPageStates::new(), ArrayPagePointers::new(), Uncached);
        let storage = QueueStorage::new(Part, QueueConfig::new(0..Part::OCTETS as u32), caches);
        Self { storage, buffer: [0; 4096], item: [0; FRONT + FRAGMENT], len: 0 }
    }

    /// Pushes `octets` and what was made ready behind them.
    async fn push(&mut self, number: u32, part: u16, octets: &[u8], behind: usize) -> Done<()> {
        let key = fingerprint(number, 0).to_le_bytes();
        let [a, b] = part.to_le_bytes();
        self.item[..4].copy_from_slice(&key);
        (self.item[4], self.item[5]) = (a, b);
        self.item.get_mut(FRONT..FRONT + octets.len()).ok_or(Failed)?.copy_from_slice(octets);
        let item = self.item.get(..FRONT + octets.len() + behind).ok_or(Failed)?;
        self.storage.push(item, true).await.map_err(|_| Failed)
    }

    /// Finds the youngest head of `number`, with what is behind it.
    async fn look(&mut self, number: u32) -> Done<bool> {
        let mut found = false;
        let wanted = fingerprint(number, 0).to_le_bytes();
        let mut items = self.storage.iter().await.map_err(|_| Failed)?;
        while let Some(item) = items.next(&mut self.buffer).await.map_err(|_| Failed)? {
            if let Some((&[a, b, c, d, 0, 0], octets)) = item.split_first_chunk()
                && [a, b, c, d] == wanted
            {
                let kept = self.item.get_mut(FRONT..FRONT + octets.len()).ok_or(Failed)?;
                kept.copy_from_slice(octets);
                self.len = octets.len();
                found = true;
            }
        }
        Ok(found)
    }

    fn octets(&self) -> &[u8] {
        self.item.get(FRONT..FRONT + self.len).unwrap_or_default()
    }
}

impl Subject for Queue {
    async fn boot(&mut self) -> Done<()> {
        if black_box(false) {
            self.storage.erase_all().await.map_err(|_| Failed)?;
        }
        Ok(())
    }

    async fn put(&mut self, load: &Load<'_>, _: Option<u32>) -> Done<()> {
        let len = load.body.len();
        if HEAD + len > FRAGMENT {
            for (number, fragment) in load.body.chunks(FRAGMENT).enumerate() {
                self.push(load.number, 1 + number as u16, fragment, 0).await?;
            }
            return self.push(load.number, 0, load.head, 0).await;
        }
        self.item.get_mut(FRONT + HEAD..FRONT + HEAD + len).ok_or(Failed)?.copy_from_slice(load.body);
        self.push(load.number, 0, load.head, len).await
    }

    async fn find(&mut self, number: u32, mut take: impl FnMut(&[u8])) -> Done<Option<usize>> {
        if !self.look(number).await? {
            return Ok(None);
        }
        let Some((head, body)) = self.octets().split_at_checked(HEAD) else { return Ok(None) };
        take(head);
        Ok(Some(body.len()))
    }

    async fn read(&mut self, number: u32, len: usize, mut take: impl FnMut(&[u8])) -> Done<()> {
        if let Some(body) = self.octets().get(HEAD..).filter(|body| body.len() == len) {
            take(body);
            return Ok(());
        }
        let wanted = fingerprint(number, 0).to_le_bytes();
        let mut items = self.storage.iter().await.map_err(|_| Failed)?;
        while let Some(item) = items.next(&mut self.buffer).await.map_err(|_| Failed)? {
            if let Some((&[a, b, c, d, e, f], octets)) = item.split_first_chunk()
                && [a, b, c, d] == wanted
                && [e, f] != [0, 0]
            {
                take(octets);
            }
        }
        Ok(())
    }

    async fn freshen(&mut self, load: &Load<'_>) -> Done<()> {
        self.look(load.number).await?;
        self.push(load.number, 0, load.head, self.len.saturating_sub(HEAD)).await
    }

    /// Only the oldest can be taken.
    async fn remove(&mut self, _: u32) -> Done<()> {
        Err(Failed)
    }
}

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    run(async { black_box(cache(&mut Queue::new()).await.is_ok()) })
}
