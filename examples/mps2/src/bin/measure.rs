//! What larder's calls take on a Cortex-M: instructions, stack, and the size of their futures.
//!
//! Over flash in RAM, an origin that answers at once, and a clock that is set by hand, so nothing but
//! larder is measured; the network, reqwless and embassy are not in it. QEMU counts instructions when
//! it runs with `-icount` (see `measure`, beside this crate's manifest).

#![no_std]
#![no_main]

use core::cell::Cell;
use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use embedded_storage_async::nor_flash::{ErrorType, NorFlash, NorFlashErrorKind, ReadNorFlash};
use larder::client::{BodyRead, Content, Origin, Sending};
use larder::head::{Fields, HeadMut, Method, Outgoing, RequestHead};
use larder::store::PairStore;
use larder::time::{Clock, HttpDate, Now, Uptime};
use larder::{Client, Reply};
use larder_mps2::board::host;
use larder_storage_flash::FlashStore;
use static_cell::StaticCell;

type Store = FlashStore<RamFlash, 64>;
type Cache = Client<&'static mut Store, Scripted, Set>;

const FLASH: usize = 64 << 10;
const BODY: usize = 700;

/// A response as a public API sends it: 14 fields, and a body of 700 octets.
const LINES: &[(&str, &str)] = &[
    ("Date", "Thu, 01 Oct 2026 08:00:00 GMT"),
    ("Content-Type", "application/json; charset=utf-8"),
    ("Content-Length", "700"),
    ("Connection", "keep-alive"),
    ("Server", "nginx/1.27.1"),
    ("Cache-Control", "public, max-age=60, stale-if-error=600"),
    ("ETag", "\"5f3c6a1e-2bc\""),
    ("Last-Modified", "Thu, 01 Oct 2026 07:00:00 GMT"),
    ("Vary", "Accept-Encoding"),
    ("X-Request-Id", "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"),
    ("X-RateLimit-Limit", "5000"),
    ("X-RateLimit-Remaining", "4987"),
    ("Strict-Transport-Security", "max-age=31536000"),
    ("Access-Control-Allow-Origin", "*"),
];
const ACCEPT: &[(&str, &str)] = &[("Accept", "application/json")];

#[cortex_m_rt::entry]
fn main() -> ! {
    static STORE: StaticCell<Store> = StaticCell::new();
    static CACHE: StaticCell<Cache> = StaticCell::new();
    start_timer();
    report("httparse alone, of the same head", pin!(parse(&octets())));
    let store = STORE.init(store());
    report("mount, blank", pin!(store.mount()));
    let cache = CACHE.init(Client::new(store, Scripted::default(), Set(Cell::new(1000))));
    walks(cache);
    let store = cache.store();
    report("maintain: an erase", pin!(store.maintain()));
    report("mount", pin!(store.mount()));
    host::exit(true)
}

fn walks(cache: &mut Cache) {
    let request = RequestHead::get("http://api.example/v1/weather").with_fields(Fields::new(ACCEPT));
    part(cache);
    let names = [("miss", 0), ("hit", 0), ("stale, then 304", 100), ("again", 0)];
    for (name, later) in names {
        cache.clock().0.set(cache.clock().0.get() + later);
        cache.origin().validates = true;
        exchange(cache, Some(name), request);
    }
    cache.clock().0.set(2000);
    cache.origin().validates = false;
    exchange(cache, Some("stale, then changed"), request);
    exchange(cache, Some("unsafe method: invalidates"), request.with_method(Method::Put));
    // The ring comes round: every sector is erased, and what began in it evicted.
    let (mut most, mut uri) = ([Used::default(); 2], heapless::String::<64>::new());
    for number in 0..150 {
        use core::fmt::Write;
        uri.clear();
        write!(uri, "http://api.example/v1/item/{number}").expect("it is short");
        let used = exchange(cache, None, RequestHead::get(&uri));
        most = [most[0].max(used[0]), most[1].max(used[1])];
    }
    defmt::info!("150 misses that evict, the most of each: [CacheMiss, StoreAndUse]");
    say("  head", most[0]);
    say("  body", most[1]);
}

/// A body that is cut off, goes on, and of which a part is asked for then.
fn part(cache: &mut Cache) {
    let image = RequestHead::get("http://api.example/v1/image").with_fields(Fields::new(ACCEPT));
    cache.origin().cuts = true;
    exchange(cache, Some("cut off"), image);
    cache.origin().cuts = false;
    exchange(cache, Some("completed"), image);
    let range = [ACCEPT[0], ("Range", "bytes=300-399")];
    exchange(cache, Some("a range of it"), image.with_fields(Fields::new(&range)));
}

/// One request, and its body. What it took is said under this name, and answered.
fn exchange(cache: &mut Cache, name: Option<&'static str>, request: RequestHead<'_>) -> [Used; 2] {
    let (mut reply, head) = measure(pin!(cache.request(request)));
    let mut buf = [0; 1152];
    let walked = reply.report().walked.clone();
    let (_, body) = measure(pin!(read(&mut reply, &mut buf)));
    if let Some(name) = name {
        defmt::info!("{=str}: {}", name, walked.as_slice());
        say("  head", head);
        say("  body", body);
    }
    [head, body]
}

async fn read(reply: &mut Reply<'_, &'static mut Store, Scripted>, buf: &mut [u8]) {
    while let Ok(1..) = reply.read(buf).await {}
}

/// The octets of the response's head.
fn octets() -> heapless::Vec<u8, 1024> {
    let mut octets = heapless::Vec::new();
    let mut put = |part: &str| octets.extend_from_slice(part.as_bytes()).expect("it is short");
    put("HTTP/1.1 200 OK\r\n");
    for (name, value) in LINES {
        [*name, ": ", *value, "\r\n"].into_iter().for_each(&mut put);
    }
    put("\r\n");
    octets
}

async fn parse(octets: &[u8]) {
    let mut lines = [httparse::EMPTY_HEADER; 40];
    core::hint::black_box(httparse::Response::new(&mut lines).parse(octets).is_ok());
}

#[inline(never)] // What is built here passes over the stack.
fn store() -> Store {
    static OCTETS: StaticCell<[u8; FLASH]> = StaticCell::new();
    let octets = OCTETS.init_with(|| [0xff; FLASH]);
    Store::new(RamFlash(octets), 0..FLASH as u32, 0x5eed).expect("the flash can hold a store")
}

/// What a future took to be ready.
#[derive(Clone, Copy, Default)]
struct Used {
    instructions: u32,
    stack: u32,
    future: u32,
}

impl Used {
    fn max(self, other: Self) -> Self {
        Self {
            instructions: self.instructions.max(other.instructions),
            stack: self.stack.max(other.stack),
            future: self.future.max(other.future),
        }
    }
}

fn say(name: &'static str, used: Used) {
    defmt::info!(
        "{=str}: {} instructions, {} octets of stack, a future of {}",
        name,
        used.instructions,
        used.stack,
        used.future
    );
}

fn report<F: Future>(name: &'static str, future: Pin<&mut F>) {
    let (_, used) = measure(future);
    say(name, used);
}

/// Octets of stack that are painted, and the paint.
const DEEP: usize = 16 << 10;
const PAINT: u32 = 0x5a5a_a5a5;

/// Polls a future that is ready at once. The future lies with the caller; what is counted is the
/// stack below this call.
#[inline(never)]
fn measure<F: Future>(future: Pin<&mut F>) -> (F::Output, Used) {
    let mut cx = Context::from_waker(Waker::noop());
    // Paint lies below what this function itself may use.
    let top = (cortex_m::register::msp::read() as usize & !3) - 64;
    let bottom = top - DEEP;
    for at in (bottom..top).step_by(4) {
        // SAFETY: it is stack that nobody uses: interrupts are off.
        unsafe { (at as *mut u32).write_volatile(PAINT) };
    }
    let before = timer();
    let polled = poll(future, &mut cx);
    let ticks = u64::from(before.wrapping_sub(timer()));
    // One instruction takes 1,024 ns under `-icount shift=10`, a tick of the timer 40.
    let instructions = (ticks * 40 / 1024) as u32;
    let is_paint = |at: &usize| {
        // SAFETY: as above.
        unsafe { (*at as *const u32).read_volatile() == PAINT }
    };
    let deepest = (bottom..top).step_by(4).find(|at| !is_paint(at)).unwrap_or(top);
    let Poll::Ready(output) = polled else { panic!("something was waited for") };
    let future = size_of::<F>() as u32;
    (output, Used { instructions, stack: (top - deepest) as u32, future })
}

/// What is answered goes straight to the caller's frame, above what is counted.
#[inline(never)]
fn poll<F: Future>(future: Pin<&mut F>, cx: &mut Context<'_>) -> Poll<F::Output> {
    future.poll(cx)
}

/// The board's first timer counts down, 25 million times a second.
const TIMER: *mut u32 = 0x4000_0000 as *mut u32;

fn start_timer() {
    // SAFETY: the timer's registers lie there: control, value, reload.
    unsafe {
        TIMER.add(2).write_volatile(u32::MAX);
        TIMER.add(1).write_volatile(u32::MAX);
        TIMER.write_volatile(1);
    }
}

fn timer() -> u32 {
    // SAFETY: as above.
    unsafe { TIMER.add(1).read_volatile() }
}

/// Flash in RAM, ready at once: 4 KiB sectors, words of 4 octets.
struct RamFlash(&'static mut [u8; FLASH]);

impl ErrorType for RamFlash {
    type Error = NorFlashErrorKind;
}

impl ReadNorFlash for RamFlash {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, bytes: &mut [u8]) -> Result<(), NorFlashErrorKind> {
        let from = self.0.get(offset as usize..offset as usize + bytes.len());
        bytes.copy_from_slice(from.ok_or(NorFlashErrorKind::OutOfBounds)?);
        Ok(())
    }

    fn capacity(&self) -> usize {
        FLASH
    }
}

impl NorFlash for RamFlash {
    const WRITE_SIZE: usize = 4;
    const ERASE_SIZE: usize = 4096;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), NorFlashErrorKind> {
        self.0.get_mut(from as usize..to as usize).ok_or(NorFlashErrorKind::OutOfBounds)?.fill(0xff);
        Ok(())
    }

    async fn write(&mut self, offset: u32, bytes: &[u8]) -> Result<(), NorFlashErrorKind> {
        let to = self.0.get_mut(offset as usize..offset as usize + bytes.len());
        to.ok_or(NorFlashErrorKind::OutOfBounds)?.copy_from_slice(bytes);
        Ok(())
    }
}

/// Answers at once: 304 to what has a precondition, if it is to validate; the second half to a range.
#[derive(Default)]
struct Scripted {
    validates: bool,
    /// Whether the connection ends after half of a body.
    cuts: bool,
    left: usize,
}

impl Origin for Scripted {
    type Error = larder::head::HeadError;

    async fn send<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        _: Sending<'_, C>,
        mut head: HeadMut<'_>,
    ) -> Result<(), Self::Error> {
        let asks = |name| request.fields.iter().any(|field| field.is(name));
        let (status, length) = match () {
            () if self.validates && asks("if-none-match") => (304, BODY),
            () if asks("range") => (206, BODY / 2),
            () => (200, BODY),
        };
        head.start_response(status);
        for (name, value) in LINES.iter().filter(|(name, _)| status != 206 || *name != "Content-Length") {
            head.push(name, value.as_bytes())?;
        }
        if status == 206 {
            head.push("Content-Range", b"bytes 350-699/700")?;
        }
        self.left = if status == 304 { 0 } else { length };
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, Self::Error> {
        if self.cuts && self.left <= BODY / 2 {
            return Ok(BodyRead::CutOff);
        }
        let read = buf.len().min(if self.cuts { BODY / 2 } else { self.left });
        self.left -= read;
        Ok(if read == 0 { BodyRead::End } else { BodyRead::Octets(read) })
    }
}

/// A clock that is set by hand: seconds since boot.
struct Set(Cell<u64>);

impl Clock for Set {
    fn now(&self) -> Now {
        let booted = 1_790_841_600 - 1000;
        let utc = HttpDate::from_unix(booted + self.0.get() as i64);
        Now { uptime: Uptime::from_secs(self.0.get()), utc: Some(utc) }
    }
}
