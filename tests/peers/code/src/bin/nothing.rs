//! A store that keeps nothing, to be subtracted from the others.

#![no_std]
#![no_main]

use core::hint::black_box;
use larder_peers_code::{Done, Failed, Load, Part, Subject, cache, run};

struct Nothing(Part);

impl Nothing {
    /// So that the part's driver is there as everywhere.
    fn touch(&mut self) -> Done<()> {
        let mut octets = [0; 4];
        self.0.erase_now(black_box(0)).map_err(|_| Failed)?;
        self.0.write_now(black_box(0), &octets).map_err(|_| Failed)?;
        self.0.read_now(black_box(0), &mut octets).map_err(|_| Failed)
    }
}

impl Subject for Nothing {
    async fn boot(&mut self) -> Done<()> {
        self.touch()
    }

    async fn put(&mut self, load: &Load<'_>, evicted: Option<u32>) -> Done<()> {
        black_box((load, evicted));
        Ok(())
    }

    async fn find(&mut self, number: u32, mut take: impl FnMut(&[u8])) -> Done<Option<usize>> {
        take(black_box(&[]));
        Ok(black_box(Some(number as usize)))
    }

    async fn read(&mut self, number: u32, len: usize, mut take: impl FnMut(&[u8])) -> Done<()> {
        black_box((number, len));
        take(black_box(&[]));
        Ok(())
    }

    async fn freshen(&mut self, load: &Load<'_>) -> Done<()> {
        black_box(load);
        Ok(())
    }

    async fn remove(&mut self, number: u32) -> Done<()> {
        black_box(number);
        Ok(())
    }
}

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    run(async { black_box(cache(&mut Nothing(Part)).await.is_ok()) })
}
