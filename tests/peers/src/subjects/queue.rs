//! The queue of sequential-storage.

use crate::chip::Chip;
use crate::subject::{Failed, Subject, fingerprint};
use larder_tests::block_on;
use larder_tests::nor::NorError;
use larder_tests::workload::{HEAD, Load};
use sequential_storage::Error;
use sequential_storage::cache::page_pointers::ArrayPagePointers;
use sequential_storage::cache::page_states::ArrayPageStates;
use sequential_storage::cache::{Cache, Uncached};
use sequential_storage::queue::{QueueConfig, QueueStorage};

/// The caches a queue can have.
type Caches = Cache<ArrayPageStates<64>, ArrayPagePointers<64>, Uncached>;

/// Octets of a fragment of a large body: four items fill a page.
const FRAGMENT: usize = 1008;

/// Octets before what an item holds: the fingerprint, and the part it is.
const FRONT: usize = 6;

/// A queue that drops its oldest page when it is full.
///
/// Items cannot be addressed: a look-up iterates over all of them, from the oldest on, and takes the
/// youngest that fits. A pair is one item; a head is freshened by pushing the body again with it. With
/// `APART` the head is an item of its own and alone pushed again, and the body is found in the same pass.
/// A large body is cut into items, its head comes last, and it is read in one more pass.
pub struct Queue<const APART: bool> {
    storage: QueueStorage<Chip, Caches>,
    buffer: Vec<u8>,
    body: Vec<u8>,
}

impl<const APART: bool> Queue<APART> {
    fn on(chip: Chip) -> Self {
        let octets = chip.octets() as u32;
        let caches = Cache::new(ArrayPageStates::new(), ArrayPagePointers::new(), Uncached);
        let storage = QueueStorage::new(chip, QueueConfig::new(0..octets), caches);
        Self { storage, buffer: vec![0; 4096], body: Vec::new() }
    }

    fn push(&mut self, number: usize, part: usize, octets: &[u8]) -> Result<(), Failed> {
        let mut item = fingerprint(number, 0).to_le_bytes().to_vec();
        item.extend((part as u16).to_le_bytes());
        item.extend(octets);
        block_on(self.storage.push(&item, true)).map_err(failed)
    }

    /// Hands every item of `number` to `see`, the oldest first: which part, and what it holds.
    fn pass(&mut self, number: usize, mut see: impl FnMut(usize, &[u8])) -> Result<(), Failed> {
        let wanted = fingerprint(number, 0).to_le_bytes();
        block_on(async {
            let mut items = self.storage.iter().await?;
            while let Some(item) = items.next(&mut self.buffer).await? {
                if let Some((front, octets)) = item.split_at_checked(FRONT)
                    && front[..4] == wanted
                {
                    see(usize::from(u16::from_le_bytes([front[4], front[5]])), octets);
                }
            }
            Ok(())
        })
        .map_err(failed)
    }
}

impl<const APART: bool> Subject for Queue<APART> {
    const NAME: &'static str = if APART { "s-s queue, apart" } else { "s-s queue" };
    const PAIRS: Option<usize> = None;
    const RAM: usize = size_of::<Caches>();

    fn format(chip: Chip) -> Result<Self, Failed> {
        let mut queue = Self::on(chip);
        block_on(queue.storage.erase_all()).map_err(failed)?;
        Ok(queue)
    }

    fn mount(chip: Chip) -> Result<Self, Failed> {
        Ok(Self::on(chip))
    }

    fn put(&mut self, load: &Load, _: &[usize]) -> Result<(), Failed> {
        let (mut head, body) = (load.head(), load.body());
        if APART || load.len + HEAD > FRAGMENT {
            for (number, fragment) in body.chunks(FRAGMENT).enumerate() {
                self.push(load.number, 1 + number, fragment)?;
            }
        } else {
            head.extend(body);
        }
        self.push(load.number, 0, &head)
    }

    fn remove(&mut self, _: usize) -> Result<(), Failed> {
        Err(Failed::other("only the oldest can be taken"))
    }

    fn find(&mut self, number: usize) -> Result<Option<Load>, Failed> {
        let (mut found, mut body) = (None, Vec::new());
        self.pass(number, |part, octets| match part {
            0 => {
                let (head, inline) = octets.split_at(HEAD.min(octets.len()));
                found = Load::of_head(head);
                if !APART {
                    body = inline.to_vec();
                }
            }
            1 if APART => body = octets.to_vec(),
            _ => {}
        })?;
        self.body = body;
        // A head whose body went with its page is no pair.
        Ok(found.filter(|found| !APART || found.len > FRAGMENT || self.body.len() == found.len))
    }

    fn read(&mut self, load: &Load, mut take: impl FnMut(&[u8])) -> Result<(), Failed> {
        if self.body.len() == load.len {
            take(&self.body);
            return Ok(());
        }
        self.pass(load.number, |part, octets| {
            if part > 0 {
                take(octets);
            }
        })
    }

    fn freshen(&mut self, load: &Load) -> Result<(), Failed> {
        let mut item = load.head();
        if !APART {
            self.find(load.number)?;
            item.extend(&self.body);
        }
        self.push(load.number, 0, &item)
    }
}

fn failed(error: Error<NorError>) -> Failed {
    match error {
        Error::FullStorage => Failed::Full,
        other => Failed::other(other),
    }
}
