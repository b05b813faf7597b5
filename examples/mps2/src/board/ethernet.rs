//! The board's Ethernet controller, a LAN9118, as a driver for embassy-net.
//!
//! The part works with FIFOs: a frame is read from one port word by word, and written to another. Its
//! interrupt says that frames came; there is none for frames that went.

use super::Interrupt;
use super::registers::Registers;
use core::sync::atomic::{AtomicU32, Ordering};
use core::task::Context;
use embassy_net_driver::{Capabilities, Driver, HardwareAddress, LinkState, RxToken, TxToken};
use embassy_sync::waitqueue::AtomicWaker;
use embassy_time::{Duration, block_for};

// SAFETY: the board's LAN9118 lies there, and this file alone uses it.
const LAN9118: Registers = unsafe { Registers::at(0x4020_0000) };

const RX_DATA: usize = 0x00;
const TX_DATA: usize = 0x20;
const RX_STATUS: usize = 0x40;
const TX_STATUS: usize = 0x48;
const IRQ_CFG: usize = 0x54;
const INT_STS: usize = 0x58;
const INT_EN: usize = 0x5c;
const BYTE_TEST: usize = 0x64;
const TX_CFG: usize = 0x70;
const HW_CFG: usize = 0x74;
const RX_FIFO_INF: usize = 0x7c;
const TX_FIFO_INF: usize = 0x80;
const MAC_CMD: usize = 0xa4;
const MAC_DATA: usize = 0xa8;

/// Registers of the MAC, behind `MAC_CMD`.
const MAC_CR: u32 = 1;
const MAC_ADDRH: u32 = 2;
const MAC_ADDRL: u32 = 3;

/// A frame was received.
const RECEIVED: u32 = 1 << 3;

/// Longest frame, without its checksum.
const FRAME: usize = 1514;

static RECEIVER: AtomicWaker = AtomicWaker::new();
static OCTETS: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

/// Resets the controller and lets frames through.
pub(super) fn start() {
    LAN9118.write(HW_CFG, 1);
    while LAN9118.read(HW_CFG) & 1 != 0 {
        block_for(Duration::from_micros(10));
    }
    assert_eq!(LAN9118.read(BYTE_TEST), 0x8765_4321, "there is no LAN9118");
    LAN9118.write(TX_CFG, 1 << 1);
    write_mac(MAC_CR, 1 << 3 | 1 << 2);
    LAN9118.write(INT_STS, u32::MAX);
    LAN9118.write(INT_EN, RECEIVED);
    // Enabled, active high, push-pull.
    LAN9118.write(IRQ_CFG, 1 << 8 | 1 << 4 | 1);
    super::enable(Interrupt::Ethernet);
}

pub(super) fn on_interrupt() {
    LAN9118.write(INT_STS, RECEIVED);
    RECEIVER.wake();
}

fn read_mac(register: u32) -> u32 {
    LAN9118.write(MAC_CMD, 1 << 31 | 1 << 30 | register);
    while LAN9118.read(MAC_CMD) >> 31 != 0 {}
    LAN9118.read(MAC_DATA)
}

fn write_mac(register: u32, value: u32) {
    LAN9118.write(MAC_DATA, value);
    LAN9118.write(MAC_CMD, 1 << 31 | register);
    while LAN9118.read(MAC_CMD) >> 31 != 0 {}
}

/// The controller, with a buffer for a frame of either direction.
pub struct Ethernet {
    received: [u8; FRAME],
    sent: [u8; FRAME],
}

impl Ethernet {
    /// The controller. To be called once.
    pub const fn take_over() -> Self {
        Self { received: [0; FRAME], sent: [0; FRAME] }
    }

    /// Octets of all frames so far: received, sent.
    pub fn octets() -> (u32, u32) {
        (OCTETS[0].load(Ordering::Relaxed), OCTETS[1].load(Ordering::Relaxed))
    }

    /// Takes the next frame that has no errors. Answers its length.
    fn take(&mut self) -> Option<usize> {
        while LAN9118.read(RX_FIFO_INF) >> 16 & 0xff != 0 {
            let status = LAN9118.read(RX_STATUS);
            // The checksum behind the frame counts.
            let with_checksum = (status >> 16 & 0x3fff) as usize;
            for index in 0..with_checksum.div_ceil(4) {
                let octets = LAN9118.read(RX_DATA).to_le_bytes();
                for (to, octet) in self.received.iter_mut().skip(index * 4).zip(octets) {
                    *to = octet;
                }
            }
            let len = with_checksum.saturating_sub(4);
            let is_broken = status >> 15 & 1 != 0;
            if !is_broken && (1..=FRAME).contains(&len) {
                OCTETS[0].fetch_add(len as u32, Ordering::Relaxed);
                return Some(len);
            }
        }
        None
    }
}

impl Driver for Ethernet {
    type RxToken<'a> = Received<'a>;
    type TxToken<'a> = Sent<'a>;

    fn receive(&mut self, cx: &mut Context<'_>) -> Option<(Received<'_>, Sent<'_>)> {
        RECEIVER.register(cx.waker());
        let len = self.take()?;
        Some((Received(&mut self.received[..len]), Sent(&mut self.sent)))
    }

    fn transmit(&mut self, _cx: &mut Context<'_>) -> Option<Sent<'_>> {
        // QEMU sends while the last word is written, so there always is room.
        Some(Sent(&mut self.sent))
    }

    fn link_state(&mut self, _cx: &mut Context<'_>) -> LinkState {
        LinkState::Up
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = Capabilities::default();
        capabilities.max_transmission_unit = FRAME;
        // What the receive FIFO takes. One frame would shrink TCP's window to that.
        capabilities.max_burst_size = Some(6);
        capabilities
    }

    fn hardware_address(&self) -> HardwareAddress {
        let [a, b, c, d] = read_mac(MAC_ADDRL).to_le_bytes();
        let [e, f, ..] = read_mac(MAC_ADDRH).to_le_bytes();
        HardwareAddress::Ethernet([a, b, c, d, e, f])
    }
}

/// A frame that came.
pub struct Received<'a>(&'a mut [u8]);

impl RxToken for Received<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, work: F) -> R {
        work(self.0)
    }
}

/// Room for a frame to send.
pub struct Sent<'a>(&'a mut [u8; FRAME]);

impl TxToken for Sent<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, work: F) -> R {
        let frame = &mut self.0[..len];
        let done = work(frame);
        while LAN9118.read(TX_FIFO_INF) >> 16 & 0xff != 0 {
            LAN9118.read(TX_STATUS);
        }
        // One buffer that is the first and the last of its frame.
        LAN9118.write(TX_DATA, 1 << 13 | 1 << 12 | len as u32);
        LAN9118.write(TX_DATA, len as u32);
        for octets in frame.chunks(4) {
            let mut word = [0; 4];
            word[..octets.len()].copy_from_slice(octets);
            LAN9118.write(TX_DATA, u32::from_le_bytes(word));
        }
        OCTETS[1].fetch_add(len as u32, Ordering::Relaxed);
        done
    }
}
