//! Firmware updates, from the line that announces one to embassy-boot's partition.

use embassy_boot::{FirmwareUpdater, FirmwareUpdaterConfig, State};
use embassy_embedded_hal::flash::partition::Partition;
use embassy_futures::block_on;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use embedded_storage_async::nor_flash::ReadNorFlash;
use larder::Client;
use larder::digest::{Verdict, Verifier};
use larder::fields::Digest;
use larder_device::{UpdateError, Updated, update};
use larder_storage_flash::FlashStore;
use larder_tests::nor::{Nor, Tear};
use larder_tests::{MockClock, Response, ScriptedOrigin};

const RELEASE: &str = "http://example.com/release";
const IMAGE: &str = "http://example.com/image";

/// Sectors of 1 KiB: one for the state, four for the image.
type Flash = Nor<1, 4, 1024>;
type Shared = Mutex<NoopRawMutex, Flash>;
type Cache = Client<FlashStore<Nor<1, 4, 4096>, 64>, ScriptedOrigin, MockClock>;

const STATE: u32 = 1024;
const SLOT: u32 = 4096;

fn image() -> Vec<u8> {
    (0..2701_u32).map(|at| ((at * at) >> 5) as u8).collect()
}

fn hex(octets: &[u8]) -> String {
    let mut verifier = Verifier::new(Digest::Sha256([0; 32]));
    verifier.update(octets);
    match verifier.finish() {
        Verdict::Verified(Digest::Sha256(hash)) | Verdict::Mismatch { found: Digest::Sha256(hash), .. } => {
            hash.iter().map(|octet| format!("{octet:02x}")).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// A device, mounted, whose origin has `image` and announces version 2 with the digest of `announced`.
fn device(announced: &[u8], image: Vec<u8>) -> Cache {
    let line = format!("2 {}\n", hex(announced));
    let origin = ScriptedOrigin::answering(move |asked| {
        let lines = [("Cache-Control", "max-age=60"), ("ETag", "\"1\"")];
        match asked.uri.as_str() {
            RELEASE => Response::ok(&lines, &line),
            _ => Response::new(200)
                .with(&lines)
                .with(&[("Content-Length", &image.len().to_string())])
                .chunk(&image),
        }
    });
    let store = FlashStore::new(Nor::new(16), 0..16 * 4096, 1).unwrap();
    let mut cache = Client::new(store, origin, MockClock::new());
    block_on(cache.store().mount()).unwrap();
    cache
}

type Failure = UpdateError<larder_tests::origin::OriginError, larder_tests::nor::NorError>;

fn run(cache: &mut Cache, running: &str, flash: &Shared) -> Result<Updated, Failure> {
    let mut word = [0; 4];
    let parts = FirmwareUpdaterConfig {
        state: Partition::new(flash, 0, STATE),
        dfu: Partition::new(flash, STATE, SLOT),
    };
    let mut updater = FirmwareUpdater::new(parts, &mut word);
    block_on(update(cache, RELEASE, IMAGE, running, &mut updater))
}

fn state(flash: &Shared) -> State {
    let mut word = [0; 4];
    block_on(async { ReadNorFlash::read(&mut *flash.lock().await, 0, &mut word).await }).unwrap();
    State::from(word)
}

fn slot(flash: &Shared) -> Vec<u8> {
    let mut octets = vec![0; SLOT as usize];
    block_on(async { ReadNorFlash::read(&mut *flash.lock().await, STATE, &mut octets).await }).unwrap();
    octets
}

#[test]
fn a_new_version_is_handed_over_octet_by_octet_and_marked() {
    let (mut cache, flash) = (device(&image(), image()), Shared::new(Flash::new(5)));
    assert_eq!(run(&mut cache, "1", &flash).unwrap(), Updated::Ready(2701));
    assert_eq!(slot(&flash)[..2701], image());
    assert!(slot(&flash)[2701..].iter().all(|octet| *octet == 0xff));
    assert_eq!(state(&flash), State::Swap);
}

#[test]
fn the_version_that_runs_is_not_downloaded() {
    let (mut cache, flash) = (device(&image(), image()), Shared::new(Flash::new(5)));
    assert_eq!(run(&mut cache, "2", &flash).unwrap(), Updated::Current);
    assert_eq!(cache.origin().count(), 1);
    assert_eq!(block_on(flash.lock()).steps(), 0);
}

#[test]
fn an_image_that_is_not_the_released_one_is_not_handed_over() {
    let mut other = image();
    other[2000] ^= 1;
    let (mut cache, flash) = (device(&image(), other), Shared::new(Flash::new(5)));
    let mut word = [0; 4];
    let parts = FirmwareUpdaterConfig {
        state: Partition::new(&flash, 0, STATE),
        dfu: Partition::new(&flash, STATE, SLOT),
    };
    let mut updater = FirmwareUpdater::new(parts, &mut word);
    // It asks again and again, and waits in between: so long that nobody waits for it here.
    let mut asking = std::pin::pin!(update(&mut cache, RELEASE, IMAGE, "1", &mut updater));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    for _ in 0..100 {
        assert!(asking.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(block_on(flash.lock()).steps(), 0);
}

#[test]
fn an_image_that_does_not_fit_is_not_marked() {
    let large = image().repeat(2);
    let (mut cache, flash) = (device(&large, large.clone()), Shared::new(Flash::new(5)));
    assert!(matches!(run(&mut cache, "1", &flash), Err(UpdateError::Updater(_))));
    assert_eq!(state(&flash), State::Boot);
}

#[test]
fn a_release_that_cannot_be_had_changes_nothing() {
    let flash = Shared::new(Flash::new(5));
    let mut cache = device(&image(), image());
    cache.origin().answers(|_| Response::ok(&[], "<html>welcome to this hotspot</html>"));
    assert!(matches!(run(&mut cache, "1", &flash), Err(UpdateError::Release)));
    cache.origin().answers(|_| Response::new(404));
    assert!(matches!(run(&mut cache, "1", &flash), Err(UpdateError::Release)));
    assert_eq!(block_on(flash.lock()).steps(), 0);
}

#[test]
fn power_cut_at_every_step_of_handing_over_marks_nothing_but_the_whole_image() {
    let uncut = Shared::new(Flash::new(5));
    run(&mut device(&image(), image()), "1", &uncut).unwrap();
    let steps = block_on(uncut.lock()).steps();
    assert!(steps > 2701 / 4);
    for cut in 0..steps {
        // embassy-boot programs a word of its state again that was torn and looks blank.
        let (mut cache, flash) = (device(&image(), image()), Shared::new(Flash::new(5).with_multiwrite()));
        block_on(flash.lock()).cut_after(cut, Tear::default());
        assert!(matches!(run(&mut cache, "1", &flash), Err(UpdateError::Updater(_))), "{cut}");
        block_on(flash.lock()).restore_power();
        if state(&flash) == State::Swap {
            assert_eq!(slot(&flash)[..2701], image(), "{cut}");
            continue;
        }
        // The image is in the cache: the second try asks nobody.
        let asked = cache.origin().count();
        assert_eq!(run(&mut cache, "1", &flash).unwrap(), Updated::Ready(2701), "{cut}");
        assert_eq!(cache.origin().count(), asked, "{cut}");
        assert_eq!(slot(&flash)[..2701], image(), "{cut}");
    }
}
