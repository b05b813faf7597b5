//! The client over a store in RAM and an origin that answers at once. What the larder adds is the
//! difference to `fetch`.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::pin::pin;
use core::task::{Context, Waker};
use larder::client::{BodyRead, Content, Sending};
use larder::head::{HeadMut, Outgoing, RequestHead};
use larder::store::RamStore;
use larder::{Client, Origin};

type Store = RamStore<64, 16>;
type Device = Client<Store, Ready, larder_sizes::Still, 2048, 40>;

/// Answers at once.
struct Ready;

impl Origin for Ready {
    type Error = ();

    async fn send<C: Content>(
        &mut self,
        request: &Outgoing<'_>,
        _: Sending<'_, C>,
        mut head: HeadMut<'_>,
    ) -> Result<(), ()> {
        for field in request.fields {
            black_box(field);
        }
        head.parse_response(black_box(b"")).map(|_| ()).map_err(|_| ())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<BodyRead, ()> {
        Ok(BodyRead::Octets(black_box(buf).len()))
    }
}

/// One request, its body read.
async fn once(device: &mut Device) -> u16 {
    let mut reply = device.request(black_box(RequestHead::get("http://a/b"))).await;
    let mut buf = [0; 64];
    while let Ok(1..) = reply.read(&mut buf).await {
        black_box(&buf);
    }
    reply.status()
}

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    let mut device: Device = Client::new(RamStore::new(), Ready, larder_sizes::Still);
    let mut work = pin!(once(&mut device));
    let mut context = Context::from_waker(Waker::noop());
    black_box(work.as_mut().poll(&mut context).is_ready());
    larder_sizes::stop()
}
