//! A device that polls an API through a cache on its own flash, and updates itself: on the W5500-EVB-Pico, an
//! RP2040 with a W5500 and 2 MiB of flash.

#![no_std]
#![no_main]

use core::sync::atomic::{AtomicBool, Ordering};
use defmt::{error, info};
use defmt_rtt as _;
use embassy_boot_rp::{AlignedBuffer, FirmwareUpdater, FirmwareUpdaterConfig, State};
use embassy_embedded_hal::flash::partition::Partition;
use embassy_executor::Spawner;
use embassy_net::{Config, StackResources};
use embassy_net_wiznet::chip::W5500;
use embassy_rp::clocks::RoscRng;
use embassy_rp::flash::{self, Flash};
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::peripherals::{DMA_CH0, DMA_CH1, DMA_CH2, FLASH, SPI0};
use embassy_rp::spi::{self, Spi};
use embassy_rp::watchdog::Watchdog;
use embassy_rp::{bind_interrupts, dma};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use embassy_time::{Delay, Duration, Instant, Timer};
use embedded_hal_bus::spi::ExclusiveDevice;
use larder_device::{Cache, Network, Updated};
use panic_probe as _;
use static_cell::StaticCell;

const API: &str = concat!(env!("LARDER_ORIGIN"), "/v1/weather");
const RELEASE: &str = concat!(env!("LARDER_ORIGIN"), "/firmware/rp2040.release");
const IMAGE: &str = concat!(env!("LARDER_ORIGIN"), "/firmware/rp2040.bin");
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The longest stall is a sector erase, up to 400 ms; the bootloader feeds it too.
const WATCHDOG: Duration = Duration::from_secs(8);

/// Whether this firmware is new and has not polled yet; and how long it may take to.
static ON_TRIAL: AtomicBool = AtomicBool::new(false);
const TRIAL: Duration = Duration::from_secs(600);

type OwnFlash = Flash<'static, FLASH, flash::Async, { 2 << 20 }>;
type Part = Partition<'static, NoopRawMutex, OwnFlash>;
type Wire = ExclusiveDevice<Spi<'static, SPI0, spi::Async>, Output<'static>, Delay>;
type Runner = embassy_net_wiznet::Runner<'static, W5500, Wire, Input<'static>, Output<'static>>;

bind_interrupts!(struct Irqs {
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>, dma::InterruptHandler<DMA_CH2>;
});

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let p = embassy_rp::init(Default::default());
    spawner.spawn(feed(Watchdog::new(p.WATCHDOG)).expect("it is spawned once"));

    static SHARED: StaticCell<Mutex<NoopRawMutex, OwnFlash>> = StaticCell::new();
    let mut own = OwnFlash::new(p.FLASH, p.DMA_CH2, Irqs);
    let mut id = [0; 8];
    own.blocking_unique_id(&mut id).expect("this is the first core");
    let shared: &_ = SHARED.init(Mutex::new(own));
    let mut word = AlignedBuffer([0; flash::ASYNC_READ_SIZE]);
    let parts = FirmwareUpdaterConfig::from_linkerfile(shared, shared);
    let mut updater = FirmwareUpdater::new(parts, &mut word.0);
    let booted = updater.get_state().await;
    ON_TRIAL.store(matches!(booted, Ok(State::Swap)), Ordering::Relaxed);
    // After an update that did not come up the old firmware runs again: let it be until the next reset.
    let may_update = !matches!(booted, Ok(State::Revert));

    static STATE: StaticCell<embassy_net_wiznet::State<4, 4>> = StaticCell::new();
    let mut config = spi::Config::default();
    config.frequency = 30_000_000;
    let bus = Spi::new(p.SPI0, p.PIN_18, p.PIN_19, p.PIN_16, p.DMA_CH0, p.DMA_CH1, Irqs, config);
    let wire =
        ExclusiveDevice::new(bus, Output::new(p.PIN_17, Level::High), Delay).expect("a pin cannot fail");
    let (interrupt, reset) = (Input::new(p.PIN_21, Pull::Up), Output::new(p.PIN_20, Level::High));
    let mac = [0x02, id[3], id[4], id[5], id[6], id[7]];
    let state = STATE.init(embassy_net_wiznet::State::new());
    let wiznet = embassy_net_wiznet::new(mac, state, wire, interrupt, reset).await;
    let (device, runner) = wiznet.expect("the W5500 answers");
    spawner.spawn(run_wiznet(runner).expect("it is spawned once"));

    static RESOURCES: StaticCell<StackResources<{ Network::SOCKETS }>> = StaticCell::new();
    static NETWORK: StaticCell<Network> = StaticCell::new();
    static CACHE: StaticCell<Cache<'static, Part, Network>> = StaticCell::new();
    let resources = RESOURCES.init(StackResources::new());
    let (stack, runner) =
        embassy_net::new(device, Config::dhcpv4(Default::default()), resources, RoscRng.next_u64());
    spawner.spawn(run_network(runner).expect("it is spawned once"));
    let network = NETWORK.init(Network::new(stack));

    let seed = u32::from_le_bytes([id[4], id[5], id[6], id[7]]);
    let part = part(shared);
    let whole = 0..part.size();
    let cache = CACHE.init(larder_device::cache(part, whole, network, &[env!("LARDER_ORIGIN")], seed));
    if larder_device::mount(cache).await.is_err() {
        error!("the flash cannot be read");
    }
    stack.wait_config_up().await;
    loop {
        let mut body = [0; 1024];
        if let Some((200, length)) = larder_device::poll(cache, API, &mut body).await {
            info!("{=[u8]:a}", body[..length]);
            // It can poll, so it can be updated again.
            if updater.mark_booted().await.is_ok() {
                ON_TRIAL.store(false, Ordering::Relaxed);
            }
        }
        if may_update {
            match larder_device::update(cache, RELEASE, IMAGE, VERSION, &mut updater).await {
                Ok(Updated::Ready(_)) => cortex_m::peripheral::SCB::sys_reset(),
                Ok(Updated::Current) => {}
                Err(error) => error!("no update: {}", defmt::Debug2Format(&error)),
            }
        }
        larder_device::rest(cache, Duration::from_secs(60)).await;
    }
}

/// The cache's part of the flash, by `memory.x`.
fn part(flash: &'static Mutex<NoopRawMutex, OwnFlash>) -> Part {
    unsafe extern "C" {
        static __larder_start: u8;
        static __larder_end: u8;
    }
    let (start, end) = (&raw const __larder_start as u32, &raw const __larder_end as u32);
    Partition::new(flash, start, end - start)
}

/// Until a firmware on trial has had its time: then the bootloader takes it back.
#[embassy_executor::task]
async fn feed(mut watchdog: Watchdog) {
    watchdog.start(WATCHDOG);
    while !ON_TRIAL.load(Ordering::Relaxed) || Instant::now() < Instant::MIN + TRIAL {
        watchdog.feed(WATCHDOG);
        Timer::after_secs(1).await;
    }
}

#[embassy_executor::task]
async fn run_wiznet(runner: Runner) -> ! {
    runner.run().await
}

#[embassy_executor::task]
async fn run_network(mut runner: embassy_net::Runner<'static, embassy_net_wiznet::Device<'static>>) -> ! {
    runner.run().await
}
