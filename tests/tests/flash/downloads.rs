//! What a download costs that is interrupted: octets from the network, octets programmed, erases.
//! `cargo test -p larder-tests --test flash downloads -- --nocapture` prints the figures.

use crate::world::sample;
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, ReadNorFlash};
use larder::client::download::{Attempts, DownloadError, Wanted};
use larder::client::{BodyRead, Client, Content, Origin, Sending};
use larder::digest::{Verdict, Verifier};
use larder::fields::Digest;
use larder::head::{HeadMut, Outgoing};
use larder_storage_flash::{FlashStore, Mounted};
use larder_tests::nor::{Nor, NorError, Tear};
use larder_tests::origin::OriginError;
use larder_tests::store_suite::{octets, store};
use larder_tests::{MockClock, Representation, ScriptedOrigin, block_on};
use std::cell::Cell;
use std::rc::Rc;

/// Octets of the image.
const IMAGE: usize = 512 * 1024;

/// Octets of the flash: twice the image.
const SECTORS: usize = 256;

/// Octets of a writer's buffer: what a power cut may cost.
const BUFFER: u64 = 1152;

/// What a lost connection may cost, in octets.
const LOST: u64 = 2048;

/// Where the image lies.
const URI: &str = "http://example.com/image";

type Store = FlashStore<Flash, 64>;

/// A flash that remembers when its operations began.
#[derive(Clone, Debug)]
struct Flash {
    nor: Nor<1, 4, 4096>,
    /// Steps taken before each operation, and whether it was an erase.
    began: Vec<(u64, bool)>,
}

impl ErrorType for Flash {
    type Error = NorError;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorError> {
        self.nor.read(offset, bytes).await
    }

    fn capacity(&self) -> usize {
        self.nor.image().len()
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4096;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), NorError> {
        self.began.push((self.nor.steps(), true));
        self.nor.erase(from, to).await
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorError> {
        self.began.push((self.nor.steps(), false));
        self.nor.write(offset, bytes).await
    }
}

impl Flash {
    /// A flash that holds a store.
    fn of(store: Store) -> Self {
        let mut flash = store.into_flash();
        flash.nor.reset_counts();
        flash.began.clear();
        flash
    }

    /// One that nothing was stored on yet.
    fn blank() -> Self {
        Self::of(mounted(Self { nor: Nor::new(SECTORS), began: Vec::new() }))
    }

    /// One that is full of other pairs: whatever is stored takes the place of some of them.
    fn used() -> Self {
        let mut full = mounted(Self::blank());
        for number in 0..24 {
            block_on(store(&mut full, &sample(&format!("/{number}"), 60_000)));
        }
        let flash = full.into_flash();
        assert!(flash.nor.counts().all_erases() > 0, "the flash is not full");
        Self::of(mounted(flash))
    }
}

/// The store on a flash, with power.
fn mounted(mut flash: Flash) -> Store {
    flash.nor.restore_power();
    let size = flash.capacity() as u32;
    let mut store = Store::new(flash, 0..size, 7).expect("a geometry that works");
    let found = block_on(store.mount()).expect("mounting never fails");
    assert!(matches!(found, Mounted::Ready | Mounted::Blank), "{found:?}");
    store
}

/// An origin, and how many octets of content were read from it. Clones are the same one.
#[derive(Clone, Debug)]
struct Metered {
    origin: ScriptedOrigin,
    read: Rc<Cell<u64>>,
}

impl Origin for Metered {
    type Error = OriginError;

    async fn send<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        exchange: Sending<'_, C>,
        head: HeadMut<'_>,
    ) -> Result<(), OriginError> {
        self.origin.send(request, exchange, head).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, OriginError> {
        let read = self.origin.read(buf).await?;
        if let BodyRead::Octets(octets) = read {
            self.read.set(self.read.get() + octets as u64);
        }
        Ok(read)
    }
}

/// The image, its origin, and the device's clock.
#[derive(Clone, Debug)]
struct Release {
    content: Rc<Vec<u8>>,
    digest: Digest,
    line: Metered,
    clock: MockClock,
}

impl Release {
    /// An origin whose first connections, `lost` of them, break after `octets` of content each.
    fn behind(lost: usize, octets_each: usize) -> Self {
        let content = octets(4, IMAGE);
        let mut verifier = Verifier::new(Digest::Sha256([0; 32]));
        verifier.update(&content);
        let (Verdict::Mismatch { found: digest, .. } | Verdict::Verified(digest)) = verifier.finish();
        let lines = [("ETag", "\"release 4\""), ("Cache-Control", "max-age=86400")];
        let image = Representation::new(&content, &lines);
        let mut left = lost;
        let origin = ScriptedOrigin::answering(move |asked| {
            let answer = image.answer(asked);
            match left.checked_sub(1) {
                Some(fewer) => {
                    left = fewer;
                    answer.cut_off_after(octets_each)
                }
                None => answer,
            }
        });
        let line = Metered { origin, read: Rc::default() };
        Self { content: Rc::new(content), digest, line, clock: MockClock::new() }
    }

    /// Octets of content that were read from the network so far.
    fn read(&self) -> u64 {
        self.line.read.get()
    }

    /// Boots, and downloads the image; power is lost in the step after the next `steps`, if any. The
    /// flash, and why the image is not there.
    fn download(&self, flash: Flash, attempts: u32, cut: Option<(u64, Tear)>) -> (Flash, Done) {
        self.clock.reboot();
        let mut store = mounted(flash);
        store.flash().began.clear();
        if let Some((steps, tear)) = cut {
            store.flash().nor.cut_after(steps, tear);
        }
        let mut client: Client<_, _, _> = Client::new(&mut store, self.line.clone(), self.clock.clone());
        let wanted = Wanted::new(URI).expecting(self.digest);
        let done = block_on(async {
            let mut image = client.download(&wanted, &mut [0; 512], &mut Attempts(attempts)).await?;
            assert_eq!((image.len(), image.verified()), (IMAGE as u64, Some(&self.digest)));
            let mut there = vec![0; IMAGE];
            let read = image.read_at(0, &mut there).await.map_err(|_| DownloadError::NotKept)?;
            assert!(read == IMAGE && there == *self.content, "another image");
            // If that fails, power was lost, and the pin went with it.
            let _ = image.close().await;
            Ok(())
        });
        drop(client);
        (store.into_flash(), done)
    }
}

/// Whether there is an image.
type Done = Result<(), DownloadError<OriginError>>;

/// Downloads the image, though `lost` connections break and power is cut `cuts` times. Octets read from
/// the network, octets programmed, erases.
fn cost(flash: Flash, lost: usize, cuts: u64) -> (u64, u64, u64) {
    let release = Release::behind(lost, IMAGE / (lost + 1));
    let mut flash = flash;
    let each = IMAGE as u64 / 4 / (cuts + 1);
    for number in 0..cuts {
        let tear = Tear::ALL[number as usize % Tear::ALL.len()];
        let (off, done) = release.download(flash, 1 + lost as u32, Some((each, tear)));
        assert!(done.is_err() && off.nor.is_off(), "power was not lost: {done:?}");
        flash = off;
    }
    let (flash, done) = release.download(flash, 1 + lost as u32, None);
    assert_eq!(done, Ok(()), "{lost} lost, {cuts} cuts");
    let counts = flash.nor.counts();
    (release.read(), counts.octets_programmed, counts.all_erases())
}

#[test]
fn an_interrupted_download_costs_hardly_more_than_one_that_is_not() {
    println!("an image of {IMAGE} octets over words of 4, sectors of 4096, {SECTORS} of them");
    println!("flash   lost connections  power cuts   network   beyond   programmed  beyond  erases");
    for (name, flash) in [("blank", Flash::blank()), ("full", Flash::used())] {
        for (lost, cuts) in [(0, 0), (4, 0), (16, 0), (0, 2), (4, 2)] {
            let (network, programmed, erases) = cost(flash.clone(), lost, cuts);
            let image = IMAGE as u64;
            println!(
                "{name:6} {lost:17} {cuts:11} {network:9} {:8} {programmed:12} {:5.2} % {erases:7}",
                network - image,
                (programmed as f64 / image as f64 - 1.0) * 100.0,
            );
            assert!(cuts > 0 || network == image, "{network} octets were read, though nothing was lost");
            assert!(network <= image + LOST * lost as u64 + BUFFER * cuts, "{network} octets were read");
            assert!(programmed * 100 <= image * 105, "{programmed} octets were programmed");
        }
    }
}

#[test]
fn power_cuts_all_over_a_resumed_download_cost_a_fragment_at_most() {
    let release = Release::behind(1, IMAGE / 2);
    let (half, done) = release.download(Flash::used(), 1, None);
    assert!(done.is_err());
    let before = release.read();
    let (whole, done) = release.download(half.clone(), 1, None);
    assert_eq!(done, Ok(()));
    let (missing, began) = (release.read() - before, whole.began);
    let mut erases = 0;
    for number in 0..CUTS {
        let at = number * (began.len() - 1) / (CUTS - 1);
        let first = began[at].0;
        let end = began.get(at + 1).map_or(whole.nor.steps(), |next| next.0);
        // At the first, a middle and the last word of what is programmed.
        let step = first + (end - 1 - first) * (number as u64 % 3) / 2 - began[0].0;
        let tear = Tear::ALL[number % Tear::ALL.len()];
        let told = format!("power was lost in operation {at}, at step {step}: {tear:?}");
        let release = Release::behind(0, 0);
        let (off, _) = release.download(half.clone(), 1, Some((step, tear)));
        assert!(off.nor.is_off(), "not so: {told}");
        let (_, done) = release.download(off, 1, None);
        assert_eq!(done, Ok(()), "{told}");
        let again = release.read().saturating_sub(missing);
        assert!(release.read() >= missing && again <= BUFFER, "{again} octets came again: {told}");
        erases += usize::from(began[at].1);
    }
    println!("{CUTS} power cuts, {erases} of them in an erase, of {} operations", began.len());
    assert!(erases > 0 && erases < CUTS, "only one kind of operation was cut");
}

/// Operations of a download that are cut.
const CUTS: usize = 120;
