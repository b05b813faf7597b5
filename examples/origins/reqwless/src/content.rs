//! The content of a request on its way to reqwless.

use core::cell::Cell;
use core::future::pending;
use embedded_io_async::Write;
use larder::client::Content;
use reqwless::request::RequestBody;

/// Octets of content read at a time, and of a chunk.
const CHUNK: usize = 256;

/// Content that reqwless writes.
pub(crate) struct Upload<'c, C> {
    content: Cell<Option<&'c mut C>>,
    len: Option<usize>,
    failed: &'c Cell<bool>,
}

impl<'c, C: Content> Upload<'c, C> {
    /// `failed` will tell that the content could not be had as it was announced.
    pub(crate) fn new(content: &'c mut C, len: Option<usize>, failed: &'c Cell<bool>) -> Self {
        Self { content: Cell::new(Some(content)), len, failed }
    }

    /// Says that the content failed, and never ends: reqwless would complete a chunked body that
    /// just stops. Whoever polls gives the exchange up.
    async fn fail<T>(&self) -> T {
        self.failed.set(true);
        pending().await
    }
}

impl<C: Content> RequestBody for Upload<'_, C> {
    fn len(&self) -> Option<usize> {
        self.len
    }

    async fn write<W: Write>(&self, writer: &mut W) -> Result<(), W::Error> {
        let Some(content) = self.content.take() else {
            return Ok(());
        };
        let mut buf = [0; CHUNK];
        let mut written = 0usize;
        loop {
            let octets = match content.read(&mut buf).await {
                Ok(read) => buf.get(..read).unwrap_or(&buf),
                Err(_) => return self.fail().await,
            };
            written = written.saturating_add(octets.len());
            if self.len.is_some_and(|len| written > len || (octets.is_empty() && written < len)) {
                return self.fail().await;
            }
            if octets.is_empty() {
                return Ok(());
            }
            writer.write_all(octets).await?;
        }
    }
}
