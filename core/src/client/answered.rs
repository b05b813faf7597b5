//! The part of a reply that hands over what a handler's response is to the client: a part of its body, or
//! nothing of it. All of it goes to the store.

use super::reply::{Body, Head, Reply};
use super::{BodyError, Origin};
use crate::rules::preconditions::Answer;
use crate::store::PairStore;
use core::future::Future;
use core::ops::Range;
use core::pin::pin;

impl<S: PairStore, O: Origin> Reply<'_, S, O> {
    /// Whether the response is something else to the client than it is.
    pub(super) const fn is_answered(&self) -> bool {
        matches!(&self.head, Head::Origin(arrived, _) if !matches!(arrived.answer(), Answer::Whole))
    }

    /// The octets to hand over, by their positions in the body.
    fn window(&self) -> Range<u64> {
        let content = match &self.head {
            Head::Origin(arrived, _) => arrived.content(),
            _ => None,
        };
        match content {
            Some((first, length)) => first..length.map_or(u64::MAX, |length| first.saturating_add(length)),
            None => 0..0,
        }
    }

    /// Reads the whole body, into the store too, and hands over the window. What lies behind it is read only
    /// if it is stored.
    pub(super) async fn read_answered(
        &mut self,
        buf: &mut [u8],
        deadline: impl Future<Output = ()>,
    ) -> Result<usize, BodyError<O::Error>> {
        let mut deadline = pin!(deadline);
        let window = self.window();
        loop {
            let (start, is_stored) = match &self.body {
                Body::Origin { received, storing } => (*received, storing.is_some()),
                _ => return Ok(0),
            };
            if start >= window.end && !is_stored {
                self.body = Body::None;
                return Ok(0);
            }
            let read = self.read_origin(buf, deadline.as_mut()).await?;
            let end = start.saturating_add(read as u64);
            if read == 0 {
                return if end < window.end { Err(BodyError::CutOff) } else { Ok(0) };
            }
            let (from, to) = (window.start.max(start), window.end.min(end));
            if from < to {
                let skipped = usize::try_from(from - start).unwrap_or(usize::MAX);
                let length = usize::try_from(to - from).unwrap_or(0);
                buf.get_mut(..read).unwrap_or_default().rotate_left(skipped.min(read));
                return Ok(length);
            }
        }
    }
}
