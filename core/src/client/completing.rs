//! The part of a reply that completes a stored part: stored octets and new ones as one body (§3.4).
//!
//! The part is not pinned meanwhile. A store does not evict it for its own rest; where that leaves no room
//! (a part that lies right before the octets a ring writes next), the rest is handed over and not stored, and
//! the part goes, so that the next request stores the whole anew. If another client's pairs take its place,
//! the body ends with [`BodyError::Lost`]. Neither can mix octets of two bodies.

use super::asking::Next;
use super::deadline::{self, Passed};
use super::parts;
use super::reply::{Body, Head, Reply};
#[cfg(feature = "digest")]
use super::storing::StoringBody;
use super::storing::{Replaces, gathered};
use super::{BodyError, BodyRead, Origin, Sending, Storing};
use crate::head::HeadMut;
use crate::pair::PairId;
use crate::reason::Reason;
use crate::state::{Combining, Hole};
use crate::store::{PairStore, StoreError, Writing};
use crate::time::Exchange;
use core::future::Future;
use core::ops::Range;
use core::pin::{Pin, pin};

/// A body that comes from the store, and where the stored one has holes from the origin.
pub(super) struct Completing<'c> {
    id: PairId,
    /// The next octet to hand over.
    offset: u64,
    /// Octets of the body.
    complete: u64,
    /// What the response under way brings.
    arriving: Option<Range<u64>>,
    /// `None`: what arrives is not stored any more.
    writing: Option<Writing>,
    /// A future was dropped while octets arrived: some may be lost.
    torn: bool,
    at: Exchange,
    /// For the heads of further responses.
    pub(super) head: Option<HeadMut<'c>>,
    replaces: Replaces,
}

impl Completing<'_> {
    /// A body of which the first hole is about to be filled.
    pub(super) fn new(state: &Combining<'_, '_>, id: PairId, writing: Writing, at: Exchange) -> Self {
        let part = state.part();
        Self {
            id,
            offset: 0,
            complete: part.complete.unwrap_or(0),
            arriving: Some(part.first..part.last.saturating_add(1)),
            writing: Some(writing),
            torn: false,
            at,
            head: None,
            replaces: gathered(state.replaces()),
        }
    }

    /// Octets of the whole body.
    #[cfg(feature = "collapsing")]
    pub(super) const fn length(&self) -> u64 {
        self.complete
    }

    /// Up to where the store has to have what follows.
    fn held_until(&self) -> u64 {
        self.arriving.as_ref().map_or(self.complete, |arriving| arriving.start)
    }
}

/// What comes next of a body.
enum Piece {
    Octets(usize),
    Hole(Hole),
}

impl<S: PairStore, O: Origin> Reply<'_, S, O> {
    pub(super) async fn read_completing(
        &mut self,
        buf: &mut [u8],
        deadline: impl Future<Output = ()>,
    ) -> Result<usize, BodyError<O::Error>> {
        let deadline = pin!(deadline);
        // What passes while one waits for the end of a part has passed for the next one, too.
        let mut deadline = pin!(deadline::lasting(deadline));
        loop {
            let Body::Completing(body) = &mut self.body else {
                return Ok(0);
            };
            match &body.arriving {
                Some(arriving) if arriving.contains(&body.offset) => {
                    return self.read_arriving(buf, deadline).await;
                }
                Some(arriving) if arriving.end <= body.offset => {
                    self.end_of_part(deadline.as_mut()).await?;
                }
                None if body.offset >= body.complete => {
                    self.end_of_whole().await;
                    return Ok(0);
                }
                _ => match self.read_held(buf).await? {
                    Piece::Octets(read) => return Ok(read),
                    Piece::Hole(hole) => self.ask_for_more(hole, deadline.as_mut()).await?,
                },
            }
        }
    }

    /// Reads what the store has.
    async fn read_held(&mut self, buf: &mut [u8]) -> Result<Piece, BodyError<O::Error>> {
        let Body::Completing(body) = &mut self.body else {
            return Ok(Piece::Octets(0));
        };
        let left = body.held_until().saturating_sub(body.offset);
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        let read = self.parts.store.read(body.id, body.offset, buf.get_mut(..want).unwrap_or_default()).await;
        match read {
            Ok(read @ 1..) => {
                body.offset += read as u64;
                self.report.from_store += read as u64;
                return Ok(Piece::Octets(read));
            }
            Ok(0) if body.arriving.is_none() => {
                let next = self.parts.store.extent(body.id, body.offset).await;
                match next {
                    Ok(Some(next)) if next.start > body.offset => {
                        return Ok(Piece::Hole(Hole { first: body.offset, end: Some(next.start) }));
                    }
                    Ok(None) => return Ok(Piece::Hole(Hole { first: body.offset, end: None })),
                    _ => {}
                }
            }
            _ => {}
        }
        self.report.store_failed |= matches!(read, Err(StoreError::Medium(_)));
        self.drop_part().await;
        Err(BodyError::Lost)
    }

    /// Reads what the origin sends, and stores it.
    async fn read_arriving(
        &mut self,
        buf: &mut [u8],
        deadline: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<usize, BodyError<O::Error>> {
        let Body::Completing(body) = &mut self.body else {
            return Ok(0);
        };
        let left = body.arriving.as_ref().map_or(0, |arriving| arriving.end.saturating_sub(body.offset));
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        let room = buf.get_mut(..want).unwrap_or_default();
        // Unless the future is dropped while one waits.
        let torn = core::mem::replace(&mut body.torn, true);
        let found = deadline::before(deadline, self.parts.origin.read(room)).await;
        let error = match found {
            _ if torn => BodyError::CutOff,
            Ok(Ok(BodyRead::Octets(read))) if read > 0 && read <= want => {
                self.store_arriving(buf.get(..read).unwrap_or_default()).await;
                return Ok(read);
            }
            // A part that ends early is cut off, whatever its framing says.
            Ok(Ok(_)) => BodyError::CutOff,
            Ok(Err(error)) => BodyError::Origin(error),
            Err(Passed) => BodyError::DeadlinePassed,
        };
        self.suspend(Reason::CutOff).await;
        Err(error)
    }

    async fn store_arriving(&mut self, octets: &[u8]) {
        let Body::Completing(body) = &mut self.body else {
            return;
        };
        body.offset += octets.len() as u64;
        self.report.from_network += octets.len() as u64;
        let stored = match body.writing {
            Some(writing) => self.parts.store.write(writing, octets).await,
            None => Ok(()),
        };
        body.torn = false;
        if let Err(error) = stored {
            body.writing = None;
            if matches!(error, StoreError::BodyTooLarge) {
                // What is stored stands in the way of the rest. It is still read, and then it goes.
                self.parts.pending.forget = Some(body.id);
            }
            self.report.store_failed |= matches!(error, StoreError::Medium(_));
            self.suspend(error.reason()).await;
        }
    }

    /// What was asked for has arrived: it is committed, with what may still be missing behind it.
    async fn end_of_part(
        &mut self,
        deadline: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<(), BodyError<O::Error>> {
        let end = deadline::before(deadline, self.parts.origin.read(&mut [0; 1])).await;
        let Body::Completing(body) = &mut self.body else {
            return Ok(());
        };
        if let Ok(Ok(BodyRead::Octets(_))) = end {
            // More than it said: nothing of it can be trusted.
            self.give_up(Reason::LengthMismatch).await;
            return Err(BodyError::CutOff);
        }
        body.arriving = None;
        #[cfg(feature = "digest")]
        if self.holds {
            self.hold_part().await;
            return Ok(());
        }
        let Some(writing) = body.writing.take() else {
            return Ok(());
        };
        #[cfg(feature = "digest")]
        if self.head.says_digest() {
            // It stays a part, and is verified before it answers.
            self.suspend(Reason::PartialContent).await;
            return Ok(());
        }
        match self.parts.store.commit(writing, &body.replaces).await {
            Ok(id) => {
                self.parts.pending.writing = None;
                let is_whole = parts::is_whole(self.parts.store, id, body.complete).await;
                self.report.storing = if is_whole { Storing::Stored(id) } else { Storing::Incomplete(id) };
            }
            Err(error) => {
                self.report.store_failed |= matches!(error, StoreError::Medium(_));
                self.give_up(error.reason()).await;
            }
        }
        Ok(())
    }

    /// All of it was handed over.
    async fn end_of_whole(&mut self) {
        #[cfg(feature = "digest")]
        if self.holds {
            return self.hold_whole().await;
        }
        self.body = Body::None;
    }

    /// Asks for one more hole.
    async fn ask_for_more(
        &mut self,
        hole: Hole,
        deadline: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<(), BodyError<O::Error>> {
        let (Body::Completing(body), Head::Stored { state, found, record }) = (&mut self.body, &self.head)
        else {
            return Ok(());
        };
        let Some((miss, head)) = state.ask_for(hole).zip(body.head.as_mut()) else {
            return Err(BodyError::Lost);
        };
        let exchange = Sending { content: None::<&mut &[u8]>, interim: &mut |_| {} };
        let outgoing = miss.outgoing();
        let sending = self.parts.origin.send(&outgoing, exchange, head.reborrow());
        match deadline::before(deadline, sending).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return Err(BodyError::Origin(error)),
            Err(Passed) => return Err(BodyError::DeadlinePassed),
        }
        let next = {
            let heard = miss.heard(head.response(), &body.at, &|_, _| {});
            miss.context().answered(head.response(), &heard)
        };
        let error = match next {
            Next::Combining(part) if part.part().complete == Some(body.complete) => {
                let resumed = parts::resume(self.parts.store, &part, found, record).await;
                if let Ok(writing) = resumed {
                    self.parts.pending.writing = Some(writing);
                    self.report.storing = Storing::Underway;
                    body.writing = Some(writing);
                    body.arriving = Some(part.part().first..part.part().last.saturating_add(1));
                    return Ok(());
                }
                BodyError::Lost
            }
            Next::FromCache(_) | Next::CouldNotBeStored(_) | Next::StoreAndUse(_)
                if head.response().status >= 400 =>
            {
                return Err(BodyError::CutOff);
            }
            _ => BodyError::Changed,
        };
        self.drop_part().await;
        Err(error)
    }

    /// What was asked for has arrived. The pair stays incomplete, whatever is missing: it becomes whole when
    /// it is accepted.
    #[cfg(feature = "digest")]
    async fn hold_part(&mut self) {
        if let Body::Completing(body) = &mut self.body
            && body.offset < body.complete
            && body.writing.take().is_some()
        {
            self.suspend(Reason::PartialContent).await;
        }
    }

    /// All of it was handed over: the pair waits for being accepted.
    #[cfg(feature = "digest")]
    async fn hold_whole(&mut self) {
        let Body::Completing(body) = core::mem::replace(&mut self.body, Body::None) else {
            return;
        };
        let Completing { id, complete, writing, replaces, .. } = body;
        let writing = match (writing, self.report.storing) {
            // The last hole was not at the end.
            (None, Storing::Incomplete(_)) => self.parts.store.resume(id, complete).await.ok(),
            (writing, _) => writing,
        };
        if let Some(writing) = writing {
            self.parts.pending.writing = Some(writing);
            self.report.storing = Storing::Underway;
            self.body = Body::Held(StoringBody { writing, length: Some(complete), is_whole: true, replaces });
        }
    }

    /// The stored part is lost, or of no use any more.
    async fn drop_part(&mut self) {
        if let Body::Completing(body) = &self.body {
            self.parts.pending.forget = Some(body.id);
        }
        self.give_up(Reason::Lost).await;
        self.parts.pending.settle_forget(self.parts.store).await;
    }
}
