//! A firmware update from the announcement to the swap, over two more parts of the flash: the bootloader is
//! embassy-boot's, but the firmware that it swaps in is only looked at, since QEMU runs this one from elsewhere.

use crate::device::Device;
use core::ops::ControlFlow;
use embassy_boot::{BootLoader, BootLoaderConfig, FirmwareUpdater, FirmwareUpdaterConfig, State};
use embedded_storage::nor_flash::ReadNorFlash;
use larder_device::Updated;
use larder_mps2::board::Flash;
use larder_mps2::content::Check;

/// Says what the newest firmware is; fresh for a minute.
const RELEASE: &str =
    "http://api.example/release?age=60&image=%2Ffirmware%3Fage%3D3600%26octets%3D98304%26cut%3D1";
const FIRMWARE: &str = "http://api.example/firmware?age=3600&octets=98304&cut=1";
/// As the origin knows it. The connection is cut in the middle of the first try.
const PATH: &str = "/firmware?age=3600&octets=98304&cut=1";
const OCTETS: usize = 98_304;

/// Where the firmware runs, where a new one waits, and what the bootloader remembers.
pub(crate) struct Slots {
    pub(crate) active: Flash,
    pub(crate) update: Flash,
    pub(crate) state: Flash,
}

impl Slots {
    /// What the bootloader does before the firmware starts. Answers whether what runs is whole.
    pub(crate) fn boot(&mut self) -> bool {
        let Self { active, update, state } = self;
        let mut page = [0; 4096];
        let mut loader = BootLoader::new(BootLoaderConfig { active, dfu: update, state });
        match loader.prepare_boot(&mut page).expect("the flash works") {
            State::Swap => {
                let is_new = is_firmware(&mut self.active);
                defmt::info!(
                    "the bootloader swapped the new firmware in, each octet as it should be: {}",
                    is_new
                );
                is_new
            }
            state => {
                defmt::info!("the bootloader has nothing to do: {}", state);
                true
            }
        }
    }
}

/// Looks for a newer firmware, and hands it over. Answers whether that went as it should.
pub(crate) async fn run(device: &mut Device, slots: &mut Slots) -> bool {
    let running = if is_firmware(&mut slots.active) { "2" } else { "1" };
    let mut word = [0; 4];
    let parts = FirmwareUpdaterConfig { dfu: &mut slots.update, state: &mut slots.state };
    let mut updater = FirmwareUpdater::new(parts, &mut word);
    // It could poll, so it works.
    updater.mark_booted().await.expect("the flash works");
    let done = larder_device::update(&mut device.cache, RELEASE, FIRMWARE, running, &mut updater).await;
    match done {
        Ok(Updated::Ready(octets)) => {
            let is_new = is_firmware(&mut slots.update);
            defmt::info!("handed over to embassy-boot: {} octets, each as it should be: {}", octets, is_new);
            is_new
        }
        Ok(Updated::Current) => {
            defmt::info!("firmware {=str} is the newest one", running);
            running == "2"
        }
        Err(error) => {
            defmt::error!("no update: {}", error);
            false
        }
    }
}

/// Whether `flash` begins with the firmware that the origin has, compared octet by octet.
fn is_firmware(flash: &mut Flash) -> bool {
    let (mut check, mut octets) = (Check::new(PATH, 1), [0; 1024]);
    let all = (0..OCTETS as u32).step_by(octets.len()).try_for_each(|at| {
        check.feed(if flash.read(at, &mut octets).is_ok() { &octets } else { &[] });
        if check.is_right() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    all.is_continue() && check.is_whole()
}
