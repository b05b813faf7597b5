//! Sizes of types on a 32-bit device: each is the size of a symbol in the symbol table.

#![no_std]
#![no_main]

use larder::client::{BodyRead, Content, Sending};
use larder::head::{HeadBuf, HeadMut, Outgoing, RequestHead};
use larder::state::{
    CacheMiss, Candidates, FromCache, IdleNext, NeedRevalidation, RevalidationNext, StoreAndUse,
};
use larder::store::RamStore;
use larder::{Client, Origin, Reply};

type Store = RamStore<64, 16>;
type Device = Client<Store, Ready, larder_sizes::Still, 2048, 40>;

/// An origin whose own futures take nothing.
struct Ready;

impl Origin for Ready {
    type Error = ();

    async fn send<C: Content>(
        &mut self,
        _: &Outgoing<'_>,
        _: Sending<'_, C>,
        _: HeadMut<'_>,
    ) -> Result<(), ()> {
        Ok(())
    }

    async fn read(&mut self, _: &mut [u8]) -> Result<BodyRead, ()> {
        Ok(BodyRead::End)
    }
}

/// Octets of the future that an async function makes.
const fn future_size<'c, F: Future>(_: fn(&'c mut Device, RequestHead<'c>) -> F) -> usize {
    size_of::<F>()
}

fn request<'c>(
    device: &'c mut Device,
    head: RequestHead<'c>,
) -> impl Future<Output = Reply<'c, Store, Ready>> {
    device.request(head)
}

macro_rules! sizes {
    ($($name:ident = $size:expr;)*) => {
        // An array of that many octets: its size stands in the symbol table.
        $(#[used] #[unsafe(no_mangle)] static $name: [u8; $size] = [0; $size];)*
    };
}

sizes! {
    SIZE_CLIENT = size_of::<Device>() - size_of::<Store>();
    SIZE_CLIENT_WITHOUT_HEADS = size_of::<Device>() - size_of::<Store>() - 2048 - size_of::<HeadBuf<2048, 40>>();
    SIZE_FUTURE_REQUEST = future_size(request);
    SIZE_REPLY = size_of::<Reply<'static, Store, Ready>>();
    SIZE_HEAD_BUF = size_of::<HeadBuf<2048, 40>>();
    SIZE_CANDIDATES = size_of::<Candidates>();
    SIZE_IDLE_NEXT = size_of::<IdleNext<'static>>();
    SIZE_REVALIDATION_NEXT = size_of::<RevalidationNext<'static, 'static>>();
    SIZE_CACHE_MISS = size_of::<CacheMiss<'static>>();
    SIZE_FROM_CACHE = size_of::<FromCache<'static>>();
    SIZE_NEED_REVALIDATION = size_of::<NeedRevalidation<'static>>();
    SIZE_STORE_AND_USE = size_of::<StoreAndUse<'static>>();
}

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    larder_sizes::stop()
}
