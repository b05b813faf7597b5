//! `Reply`: the answer to a request, its body read piece by piece.

use super::deadline::{self, Passed};
use super::walk::Ending;
use super::{BodyRead, Origin, Pending, Report, Storing};
use crate::head::{Edited, Fields};
use crate::limits::CANDIDATES_MAX;
use crate::pair::PairId;
use crate::reason::Reason;
use crate::rules::stored_fields::{self, MadeDate};
use crate::state::FromCache;
use crate::store::{Found, PairStore, StoreError, Writing};
use core::fmt;
use core::future::{Future, pending};
use core::pin::pin;

/// The answer to a request. There always is one: if nobody could answer, its status is 504.
///
/// Read its body with [`read`](Self::read). What comes from the origin is stored on the way, and is
/// found by later requests once the body has been read to its end. A reply may be dropped
/// half-way: nothing is stored then, and the origin's connection is not used again.
pub struct Reply<'c, S: PairStore, O: Origin> {
    parts: Parts<'c, S, O>,
    status: u16,
    head: Head<'c>,
    body: Body,
    report: Report,
    failure: Option<Failure<O::Error>>,
}

/// What a reply needs of its client.
pub(super) struct Parts<'c, S, O> {
    pub(super) store: &'c mut S,
    pub(super) origin: &'c mut O,
    pub(super) pending: &'c mut Pending,
}

/// Whose head is handed over.
enum Head<'c> {
    /// The origin's.
    Origin(Fields<'c>, Option<MadeDate>),
    /// A stored one.
    Stored { state: FromCache<'c>, found: Found, record: &'c [u8] },
    /// One made here: it has no lines.
    None,
}

/// Where the body comes from.
enum Body {
    /// There is none, or no more of it.
    None,
    /// From the store: the next octet, and how many are left, if not all to the end.
    Stored { id: PairId, offset: u64, left: u64 },
    /// From the origin.
    Origin { received: u64, storing: Option<StoringBody> },
    /// An error was reported; there is nothing more to be had.
    Failed,
}

/// A body on its way into the store.
pub(super) struct StoringBody {
    pub(super) writing: Writing,
    /// `Content-Length`.
    pub(super) length: Option<u64>,
    pub(super) replaces: heapless::Vec<PairId, CANDIDATES_MAX>,
}

impl<'c, S: PairStore, O: Origin> Reply<'c, S, O> {
    /// The reply of a walk that ended so.
    pub(super) async fn new(
        parts: Parts<'c, S, O>,
        ending: Ending<'c>,
        report: Report,
        failure: Option<Failure<O::Error>>,
    ) -> Self {
        let (status, head, body) = match ending {
            Ending::Stored(state, found, record) => {
                let stored = found.view(record).map_or(0, |pair| pair.response.status);
                let body = match state.content() {
                    Some((offset, length)) => {
                        let left = length.unwrap_or(found.body.held.saturating_sub(offset));
                        Body::Stored { id: state.id(), offset, left }
                    }
                    None => Body::None,
                };
                (state.status(stored), Head::Stored { state, found, record }, body)
            }
            Ending::Origin { status, fields, date, storing } => {
                (status, Head::Origin(fields, date), Body::Origin { received: 0, storing })
            }
            Ending::Nobody => (504, Head::None, Body::None),
        };
        let mut reply = Self { parts, status, head, body, report, failure };
        if let Body::Origin { storing, .. } = &mut reply.body
            && storing.as_ref().is_some_and(|body| body.length == Some(0))
            && let Some(body) = storing.take()
        {
            // Nothing of it is left to be read.
            reply.commit(body).await;
        }
        if let Body::None = reply.body {
            reply.parts.pending.settle_forget(reply.parts.store).await;
        }
        reply
    }

    /// The status code.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The field lines.
    pub fn fields(&self) -> Edited<'_> {
        match &self.head {
            Head::Origin(fields, date) => stored_fields::dated(Edited::new(*fields), date.as_ref()),
            Head::Stored { state, found, record } => {
                let stored = found.view(record).map_or(Fields::EMPTY, |pair| pair.response.fields);
                state.fields(stored)
            }
            Head::None => Edited::new(Fields::EMPTY),
        }
    }

    /// What happened so far. Complete once the body is.
    pub const fn report(&self) -> &Report {
        &self.report
    }

    /// Why the origin could not be reached, if it was asked and could not.
    pub const fn failure(&self) -> Option<&Failure<O::Error>> {
        self.failure.as_ref()
    }

    /// The stored pair that answers, or that the answer has become; `None` if there is none, or not yet.
    pub const fn pair(&self) -> Option<PairId> {
        match (&self.head, self.report.storing) {
            (_, Storing::Stored(id)) => Some(id),
            (Head::Stored { state, .. }, _) => Some(state.id()),
            (Head::Origin(..) | Head::None, _) => None,
        }
    }

    /// Reads more of the body; 0 at its end, and for an empty `buf`.
    ///
    /// # Errors
    /// [`BodyError`]: what was read before is then not all of the body. Of a body from the store
    /// that was lost meanwhile, the pair is removed: ask again.
    ///
    /// # Cancel safety
    /// Not cancel-safe: octets may be lost with a dropped future, and nothing is stored then. Drop the
    /// reply too.
    pub async fn read(&mut self, buf: &mut [u8]) -> Result<usize, BodyError<O::Error>> {
        self.read_until(buf, pending()).await
    }

    /// As [`read`](Self::read), but waits for the origin only until `deadline` is ready.
    ///
    /// # Errors
    /// As [`read`](Self::read), and [`BodyError::DeadlinePassed`].
    pub async fn read_until(
        &mut self,
        buf: &mut [u8],
        deadline: impl Future<Output = ()>,
    ) -> Result<usize, BodyError<O::Error>> {
        if buf.is_empty() {
            return Ok(0);
        }
        let read = match &self.body {
            Body::None => Ok(0),
            Body::Failed => Err(BodyError::CutOff),
            Body::Stored { .. } => self.read_stored(buf).await,
            Body::Origin { .. } => self.read_origin(buf, deadline).await,
        };
        if read.is_err() {
            self.body = Body::Failed;
        }
        read
    }

    /// Reads the rest of the body into `buf` and answers how many octets it had.
    ///
    /// # Errors
    /// As [`read`](Self::read); [`BodyError::TooLong`] if it does not fit, the rest is then
    /// unread, and not stored.
    pub async fn read_to_end(&mut self, buf: &mut [u8]) -> Result<usize, BodyError<O::Error>> {
        let mut filled = 0;
        loop {
            let room = buf.get_mut(filled..).unwrap_or_default();
            if room.is_empty() {
                // One octet more tells a body that fits exactly from one that does not.
                let more = self.read(&mut [0; 1]).await?;
                return if more == 0 { Ok(filled) } else { Err(BodyError::TooLong) };
            }
            match self.read(room).await? {
                0 => return Ok(filled),
                read => filled += read,
            }
        }
    }

    async fn read_stored(&mut self, buf: &mut [u8]) -> Result<usize, BodyError<O::Error>> {
        let Body::Stored { id, offset, left } = &mut self.body else {
            return Ok(0);
        };
        let id = *id;
        let want = usize::try_from(*left).unwrap_or(usize::MAX).min(buf.len());
        let read = if want == 0 {
            Ok(0)
        } else {
            self.parts.store.read(id, *offset, buf.get_mut(..want).unwrap_or_default()).await
        };
        match read {
            Ok(0) if *left == 0 => {
                self.body = Body::None;
                self.parts.pending.settle_forget(self.parts.store).await;
                Ok(0)
            }
            Ok(read) if read > 0 => {
                *offset += read as u64;
                *left = left.saturating_sub(read as u64);
                self.report.from_store += read as u64;
                if *left == 0 {
                    self.parts.pending.settle_forget(self.parts.store).await;
                }
                Ok(read)
            }
            // A body that ends early is as lost as one that is gone.
            Ok(_) | Err(_) => {
                self.report.store_failed |= !matches!(read, Err(StoreError::Gone));
                self.parts.pending.forget = Some(id);
                self.parts.pending.settle_forget(self.parts.store).await;
                Err(BodyError::Lost)
            }
        }
    }

    async fn read_origin(
        &mut self,
        buf: &mut [u8],
        deadline: impl Future<Output = ()>,
    ) -> Result<usize, BodyError<O::Error>> {
        // Taken out while one waits: a future that is dropped here leaves nothing that could be
        // committed with a hole in it.
        let storing = match &mut self.body {
            Body::Origin { storing, .. } => storing.take(),
            _ => None,
        };
        let found = deadline::before(pin!(deadline), self.parts.origin.read(buf)).await;
        let error = match found {
            Ok(Ok(BodyRead::Octets(read))) if read > 0 && read <= buf.len() => {
                self.store_octets(buf.get(..read).unwrap_or_default(), storing).await;
                return Ok(read);
            }
            Ok(Ok(BodyRead::End)) => {
                self.end_of_body(storing).await;
                return Ok(0);
            }
            // An origin that reads nothing, or more than there is room for, breaks its contract.
            Ok(Ok(BodyRead::CutOff | BodyRead::Octets(_))) => BodyError::CutOff,
            Ok(Err(error)) => BodyError::Origin(error),
            Err(Passed) => BodyError::DeadlinePassed,
        };
        self.give_up(Reason::CutOff).await;
        Err(error)
    }

    /// Octets came from the origin: they go to the store too.
    async fn store_octets(&mut self, octets: &[u8], storing: Option<StoringBody>) {
        let Body::Origin { received, .. } = &mut self.body else {
            return;
        };
        *received += octets.len() as u64;
        let received = *received;
        self.report.from_network = received;
        let Some(body) = storing else {
            return;
        };
        if body.length.is_some_and(|length| received > length) {
            self.give_up(Reason::LengthMismatch).await;
        } else if let Err(error) = self.parts.store.write(body.writing, octets).await {
            self.report.store_failed |= matches!(error, StoreError::Medium(_));
            self.give_up(error.reason()).await;
        } else if let Body::Origin { storing, .. } = &mut self.body {
            *storing = Some(body);
        }
    }

    async fn end_of_body(&mut self, storing: Option<StoringBody>) {
        if let (Body::Origin { received, .. }, Some(body)) = (&self.body, storing) {
            if body.length.is_some_and(|length| length != *received) {
                self.give_up(Reason::LengthMismatch).await;
            } else {
                self.commit(body).await;
            }
        }
        self.body = Body::None;
    }

    /// The body is complete: the pair becomes visible.
    async fn commit(&mut self, body: StoringBody) {
        match self.parts.store.commit(body.writing, &body.replaces).await {
            Ok(id) => {
                self.parts.pending.writing = None;
                self.report.storing = Storing::Stored(id);
            }
            Err(error) => {
                self.report.store_failed |= matches!(error, StoreError::Medium(_));
                self.give_up(error.reason()).await;
            }
        }
    }

    /// The pair is not stored after all.
    async fn give_up(&mut self, reason: Reason) {
        if self.report.storing == Storing::Underway {
            self.report.storing = Storing::No(reason);
        }
        self.parts.pending.settle_writing(self.parts.store).await;
    }
}

impl<S: PairStore, O: Origin> fmt::Debug for Reply<'_, S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply").field("status", &self.status).field("report", &self.report).finish()
    }
}

impl<S: PairStore, O: Origin> embedded_io_async::ErrorType for Reply<'_, S, O> {
    type Error = BodyError<O::Error>;
}

impl<S: PairStore, O: Origin> embedded_io_async::Read for Reply<'_, S, O> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, BodyError<O::Error>> {
        Reply::read(self, buf).await
    }
}

/// Why the origin did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Failure<E> {
    /// It could not be reached, or its answer could not be received.
    Origin(E),
    /// It took longer than the caller's deadline.
    DeadlinePassed,
}

impl<E: fmt::Debug> fmt::Display for Failure<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(error) => write!(f, "the origin cannot be reached: {error:?}"),
            Self::DeadlinePassed => f.write_str("the deadline passed"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for Failure<E> {}

/// Why a body could not be read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum BodyError<E> {
    /// The connection ended too early.
    CutOff,
    /// The connection broke.
    Origin(E),
    /// The origin took longer than the caller's deadline.
    DeadlinePassed,
    /// The store lost the body meanwhile (evicted, damaged, or the medium failed). The pair is
    /// removed; ask again.
    Lost,
    /// The body does not fit the caller's buffer.
    TooLong,
}

impl<E: fmt::Debug> fmt::Display for BodyError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutOff => f.write_str("the connection ended before the body was complete"),
            Self::Origin(error) => write!(f, "the connection broke: {error:?}"),
            Self::DeadlinePassed => f.write_str("the deadline passed"),
            Self::Lost => f.write_str("the store lost the body"),
            Self::TooLong => f.write_str("the body is longer than the buffer"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for BodyError<E> {}

impl<E: fmt::Debug> embedded_io_async::Error for BodyError<E> {
    fn kind(&self) -> embedded_io_async::ErrorKind {
        match self {
            Self::CutOff => embedded_io_async::ErrorKind::ConnectionAborted,
            Self::DeadlinePassed => embedded_io_async::ErrorKind::TimedOut,
            Self::TooLong => embedded_io_async::ErrorKind::OutOfMemory,
            Self::Origin(_) | Self::Lost => embedded_io_async::ErrorKind::Other,
        }
    }
}
