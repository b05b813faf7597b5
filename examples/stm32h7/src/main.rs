//! A device that polls an API through a cache on the second bank of its flash: on the Nucleo-H743ZI, with its
//! Ethernet.

#![no_std]
#![no_main]

mod flash;

use defmt::{error, info};
use defmt_rtt as _;
use embassy_executor::Spawner;
use embassy_net::{Config, StackResources};
use embassy_stm32::eth::{Ethernet, GenericPhy, PacketQueue, Sma};
use embassy_stm32::flash::Flash;
use embassy_stm32::peripherals::{ETH, ETH_SMA, IWDG1, RNG};
use embassy_stm32::rng::Rng;
use embassy_stm32::wdg::IndependentWatchdog;
use embassy_stm32::{bind_interrupts, eth, rcc, rng};
use embassy_time::{Duration, Timer};
use flash::Bank2;
use larder_device::{Cache, Network};
use panic_probe as _;
use static_cell::StaticCell;

const API: &str = concat!(env!("LARDER_ORIGIN"), "/v1/weather");

/// Twice the longest erase of a sector, though that stops nothing here: the program is in the other bank.
const WATCHDOG: Duration = Duration::from_secs(8);

type Device = Ethernet<'static, ETH, GenericPhy<Sma<'static, ETH_SMA>>>;

bind_interrupts!(struct Irqs {
    ETH => eth::InterruptHandler;
    FLASH => embassy_stm32::flash::InterruptHandler;
    RNG => rng::InterruptHandler<RNG>;
});

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let p = embassy_stm32::init(clocks());
    let watchdog = IndependentWatchdog::new(p.IWDG1, WATCHDOG.as_micros() as u32);
    spawner.spawn(feed(watchdog).expect("it is spawned once"));

    let bank = Bank2::new(Flash::new(p.FLASH, Irqs).into_regions().bank2_region);

    static QUEUE: StaticCell<PacketQueue<4, 4>> = StaticCell::new();
    let id = embassy_stm32::uid::uid();
    let mac = [0x02, id[0], id[2], id[4], id[8], id[11]];
    let device = Ethernet::new(
        QUEUE.init(PacketQueue::new()),
        p.ETH,
        Irqs,
        p.PA1,
        p.PA7,
        p.PC4,
        p.PC5,
        p.PG13,
        p.PB13,
        p.PG11,
        mac,
        p.ETH_SMA,
        p.PA2,
        p.PC1,
    );

    static RESOURCES: StaticCell<StackResources<{ Network::SOCKETS }>> = StaticCell::new();
    static NETWORK: StaticCell<Network> = StaticCell::new();
    static CACHE: StaticCell<Cache<'static, Bank2, Network>> = StaticCell::new();
    let mut random = [0; 8];
    Rng::new(p.RNG, Irqs).fill_bytes(&mut random);
    let resources = RESOURCES.init(StackResources::new());
    let dhcp = Config::dhcpv4(Default::default());
    let (stack, runner) = embassy_net::new(device, dhcp, resources, u64::from_le_bytes(random));
    spawner.spawn(run_network(runner).expect("it is spawned once"));
    let network = NETWORK.init(Network::new(stack));

    let seed = u32::from_le_bytes([id[0], id[2], id[4], id[8]]);
    let cache =
        CACHE.init(larder_device::cache(bank, 0..flash::SIZE, network, &[env!("LARDER_ORIGIN")], seed));
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

/// 400 MHz from the internal oscillator.
fn clocks() -> embassy_stm32::Config {
    use rcc::{AHBPrescaler, APBPrescaler, HSIPrescaler, Pll, PllDiv, PllMul, PllPreDiv, PllSource};
    let mut config = embassy_stm32::Config::default();
    config.rcc.hsi = Some(HSIPrescaler::DIV1);
    config.rcc.csi = true;
    config.rcc.hsi48 = Some(Default::default()); // for the random numbers
    config.rcc.pll1 = Some(Pll {
        source: PllSource::HSI,
        prediv: PllPreDiv::DIV4,
        mul: PllMul::MUL50,
        divp: Some(PllDiv::DIV2),
        divq: None,
        divr: None,
        fracn: None,
    });
    config.rcc.sys = rcc::Sysclk::PLL1_P;
    config.rcc.ahb_pre = AHBPrescaler::DIV2;
    config.rcc.apb1_pre = APBPrescaler::DIV2;
    config.rcc.apb2_pre = APBPrescaler::DIV2;
    config.rcc.apb3_pre = APBPrescaler::DIV2;
    config.rcc.apb4_pre = APBPrescaler::DIV2;
    config.rcc.voltage_scale = rcc::VoltageScale::Scale1;
    config
}

#[embassy_executor::task]
async fn feed(mut watchdog: IndependentWatchdog<'static, IWDG1>) -> ! {
    watchdog.unleash();
    loop {
        watchdog.pet();
        Timer::after_secs(1).await;
    }
}

#[embassy_executor::task]
async fn run_network(mut runner: embassy_net::Runner<'static, Device>) -> ! {
    runner.run().await
}
