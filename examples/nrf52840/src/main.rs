//! A device that polls an API through a cache on QSPI flash: on the nRF52840 DK (MX25R6435F, 8 MiB) with a W5500.

#![no_std]
#![no_main]

use defmt::{error, info};
use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_net::{Config, StackResources};
use embassy_net_wiznet::chip::W5500;
use embassy_nrf::gpio::{Input, Level, Output, OutputDrive, Pull};
use embassy_nrf::peripherals::{QSPI, RNG, SPI3};
use embassy_nrf::qspi::{self, Qspi};
use embassy_nrf::rng::{self, Rng};
use embassy_nrf::spim::{self, Spim};
use embassy_nrf::wdt::{self, Watchdog, WatchdogHandle};
use embassy_nrf::{bind_interrupts, pac};
use embassy_time::{Delay, Duration, Timer};
use embedded_hal_bus::spi::ExclusiveDevice;
use larder_device::{Aligned, Cache, Network};
use panic_probe as _;
use static_cell::StaticCell;

const API: &str = concat!(env!("LARDER_ORIGIN"), "/v1/weather");

/// The first megabyte of the flash; what else is there is yours.
const PARTITION: core::ops::Range<u32> = 0..1 << 20;

/// Seconds. The flash does its work alone, so nothing stalls for long.
const WATCHDOG: u32 = 8;

type External = Aligned<Qspi<'static>>;
type Wire = ExclusiveDevice<Spim<'static>, Output<'static>, Delay>;
type Runner = embassy_net_wiznet::Runner<'static, W5500, Wire, Input<'static>, Output<'static>>;

bind_interrupts!(struct Irqs {
    QSPI => qspi::InterruptHandler<QSPI>;
    RNG => rng::InterruptHandler<RNG>;
    SPIM3 => spim::InterruptHandler<SPI3>;
});

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let p = embassy_nrf::init(Default::default());
    let mut config = wdt::Config::default();
    config.timeout_ticks = WATCHDOG * 32_768;
    let started = Watchdog::try_new(p.WDT, config);
    let (_, [handle]) = started.expect("only this program starts it");
    spawner.spawn(feed(handle).expect("it is spawned once"));

    // At 8 MHz, the driver's default: what the MX25R6435F can do in the mode it may start in.
    let mut config = qspi::Config::default();
    config.capacity = 8 << 20;
    let mut external = Qspi::new(p.QSPI, Irqs, p.P0_19, p.P0_17, p.P0_20, p.P0_21, p.P0_22, p.P0_23, config);
    enable_quad(&mut external).await.expect("the QSPI takes instructions");

    static STATE: StaticCell<embassy_net_wiznet::State<4, 4>> = StaticCell::new();
    let mut config = spim::Config::default();
    config.frequency = spim::Frequency::M16;
    let bus = Spim::new(p.SPI3, Irqs, p.P1_15, p.P1_14, p.P1_13, config);
    let select = Output::new(p.P1_12, Level::High, OutputDrive::Standard);
    let reset = Output::new(p.P1_10, Level::High, OutputDrive::Standard);
    let wire = ExclusiveDevice::new(bus, select, Delay).expect("a pin cannot fail");
    let interrupt = Input::new(p.P1_11, Pull::Up);
    let id = pac::FICR.deviceid(0).read().to_le_bytes();
    let mac = [0x02, 0x52, id[0], id[1], id[2], id[3]];
    let state = STATE.init(embassy_net_wiznet::State::new());
    let wiznet = embassy_net_wiznet::new(mac, state, wire, interrupt, reset).await;
    let (device, runner) = wiznet.expect("the W5500 answers");
    spawner.spawn(run_wiznet(runner).expect("it is spawned once"));

    static RESOURCES: StaticCell<StackResources<{ Network::SOCKETS }>> = StaticCell::new();
    static NETWORK: StaticCell<Network> = StaticCell::new();
    static CACHE: StaticCell<Cache<'static, External, Network>> = StaticCell::new();
    let mut random = [0; 8];
    Rng::new(p.RNG, Irqs).fill_bytes(&mut random).await;
    let resources = RESOURCES.init(StackResources::new());
    let dhcp = Config::dhcpv4(Default::default());
    let (stack, runner) = embassy_net::new(device, dhcp, resources, u64::from_le_bytes(random));
    spawner.spawn(run_network(runner).expect("it is spawned once"));
    let network = NETWORK.init(Network::new(stack));

    let (flash, seed) = (Aligned::new(external), u32::from_le_bytes(id));
    let cache = CACHE.init(larder_device::cache(flash, PARTITION, network, &[env!("LARDER_ORIGIN")], seed));
    if larder_device::mount(cache).await.is_err() {
        error!("the flash cannot be read");
    }
    stack.wait_config_up().await;
    loop {
        let mut body = [0; 1024];
        if let Some((200, length)) = larder_device::poll(cache, API, &mut body).await {
            info!("{=[u8]:a}", body[..length]);
        }
        larder_device::rest(cache, Duration::from_secs(60)).await;
    }
}

/// Lets the flash use four lines: the bit `QE` of its status, which it remembers.
async fn enable_quad(flash: &mut Qspi<'_>) -> Result<(), qspi::Error> {
    const READ_STATUS: u8 = 0x05;
    const WRITE_STATUS: u8 = 0x01;
    const QE: u8 = 1 << 6;
    let mut status = [0];
    flash.custom_instruction(READ_STATUS, &[], &mut status).await?;
    if status[0] & QE == 0 {
        flash.custom_instruction(WRITE_STATUS, &[status[0] | QE], &mut []).await?;
    }
    Ok(())
}

#[embassy_executor::task]
async fn feed(mut handle: WatchdogHandle) -> ! {
    loop {
        handle.pet();
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
