//! What a store must do to be measured, and the program that has it done.

use core::hint::black_box;

/// A store, as a cache of `tests/peers` uses it.
#[expect(async_fn_in_trait, reason = "nothing needs Send")]
pub trait Subject {
    /// Makes it ready after boot; what holds no store of this kind becomes one.
    async fn boot(&mut self) -> Done<()>;

    /// Stores a pair in place of the one with its number, if there is one, and evicts another one, if the
    /// store does not evict by itself. Its body may be larger than any buffer.
    async fn put(&mut self, load: &Load<'_>, evicted: Option<u32>) -> Done<()>;

    /// Looks a pair up, and hands its head to `take`; octets of its body.
    async fn find(&mut self, number: u32, take: impl FnMut(&[u8])) -> Done<Option<usize>>;

    /// Hands the body of the pair that was found last to `take`, in pieces.
    async fn read(&mut self, number: u32, len: usize, take: impl FnMut(&[u8])) -> Done<()>;

    /// Writes the head of a pair anew; its body stays (a 304).
    async fn freshen(&mut self, load: &Load<'_>) -> Done<()>;

    /// Removes a pair.
    async fn remove(&mut self, number: u32) -> Done<()>;
}

/// A pair.
#[derive(Clone, Copy, Debug)]
pub struct Load<'a> {
    /// Which resource.
    pub number: u32,
    /// Its head: [`HEAD`] octets.
    pub head: &'a [u8],
    /// Its body: 600 octets or 128 KiB.
    pub body: &'a [u8],
}

/// Octets of a head.
pub const HEAD: usize = 400;

/// It was not done.
#[derive(Clone, Copy, Debug)]
pub struct Failed;

/// What an operation answers.
pub type Done<T> = Result<T, Failed>;

/// Boots, and then does once what a cache does all the time.
///
/// # Errors
/// That of the first operation that fails.
pub async fn cache<S: Subject>(store: &mut S) -> Done<()> {
    store.boot().await?;
    let load = black_box(Load { number: 7, head: &[0; HEAD], body: &[] });
    store.put(&load, black_box(None)).await?;
    let number = black_box(load.number);
    if let Some(len) = store.find(number, |head| _ = black_box(head)).await? {
        store.read(number, black_box(len), |body| _ = black_box(body)).await?;
    }
    store.freshen(&black_box(load)).await?;
    store.remove(black_box(number)).await
}

/// Four octets that tell a URI, or a part of what is stored under it, from others.
pub fn fingerprint(number: u32, part: usize) -> u32 {
    number.wrapping_mul(1000).wrapping_add(part as u32).wrapping_mul(0x9e37_79b1) | 1
}
