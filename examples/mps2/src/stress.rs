//! Requests at random, until somebody pulls the plug.

use crate::device::Device;
use core::fmt::Write;

/// How many there are to choose from.
const RESOURCES: u32 = 96;

/// Requests before it ends by itself.
const REQUESTS: u32 = 2000;

/// Answers whether nothing wrong was served. `seed` chooses the requests.
pub(crate) async fn run(device: &mut Device, seed: u64) -> bool {
    let mut random = Random(seed ^ 0x9e37_79b9_7f4a_7c15);
    while device.sums.requests < REQUESTS && device.sums.wrong == 0 {
        let number = random.below(RESOURCES);
        // Small ones, and a few large ones whose connection is cut now and then; some that never
        // change, some that do every few seconds.
        let is_large = number.is_multiple_of(6);
        let octets = if is_large { 4000 + number * 200 } else { 100 + number * 20 };
        let (age, every, cut) = (number % 4, number % 5, u8::from(is_large));
        let mut path = heapless::String::<64>::new();
        let written = write!(path, "/stress/{number}?age={age}&every={every}&octets={octets}&cut={cut}");
        written.expect("the path is short");
        device.get(&path).await;
        if random.below(16) == 0 {
            device.idle().await;
        }
    }
    device.sum_up().await;
    device.sums.wrong == 0
}

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as u32 % end
    }
}
