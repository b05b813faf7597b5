//! `Reply`: the answer to a request, its body read piece by piece.

use super::apart::apart;
use super::completing::Completing;
use super::storing::StoringBody;
use super::walk::Walk;
use super::{BodyError, Failure, Origin, Pending, Report, Storing};
#[cfg(feature = "digest")]
use crate::digest;
use crate::head::{Edited, Fields, HeadMut};
use crate::options::CacheOptions;
use crate::pair::PairId;
use crate::state::{Arrived, FromCache};
use crate::store::{Found, PairStore, StoreError};
use core::fmt;
use core::future::{Future, pending};
use core::pin::pin;

/// The answer to a request. There always is one: if nobody could answer, its status is 504 (500 of a
/// `Server`, feature `server`).
///
/// Read its body with [`read`](Self::read). What comes from the origin is stored on the way, and is
/// found by later requests once the body has been read to its end. A reply may be dropped half-way: what
/// arrived is then kept if the rest can be asked for later (a strong validator, §3.3), else nothing is
/// stored, and the origin's connection is not used again.
pub struct Reply<'c, S: PairStore, O: Origin> {
    pub(super) parts: Parts<'c, S, O>,
    status: u16,
    pub(super) head: Head<'c>,
    pub(super) body: Body<'c>,
    pub(super) report: Report,
    pub(super) failure: Option<Failure<O::Error>>,
    /// Whether the pair becomes whole only when it is told to.
    #[cfg(feature = "digest")]
    pub(super) holds: bool,
}

/// What a reply needs of its client.
pub(super) struct Parts<'c, S, O> {
    pub(super) store: &'c mut S,
    pub(super) origin: &'c mut O,
    pub(super) pending: &'c mut Pending,
}

/// Whose head is handed over.
pub(super) enum Head<'c> {
    /// The origin's.
    Origin(Arrived<'c>, &'c CacheOptions),
    /// A stored one.
    Stored { state: FromCache<'c>, found: Found, record: &'c [u8] },
    /// One made here: it has no lines.
    None,
}

#[cfg(feature = "digest")]
impl Head<'_> {
    /// Whether a stored head says what the whole body hashes to (RFC 9530).
    pub(super) fn says_digest(&self) -> bool {
        match self {
            Head::Stored { found, record, .. } => {
                let stored = found.view(record);
                stored.is_some_and(|pair| digest::of_stored(200, pair.response.fields).is_some())
            }
            Head::Origin(..) | Head::None => false,
        }
    }
}

/// Where the body comes from.
pub(super) enum Body<'c> {
    /// There is none, or no more of it.
    None,
    /// From the store: the next octet, and how many are left, if not all to the end.
    Stored { id: PairId, offset: u64, left: u64 },
    /// From the origin.
    Origin { received: u64, storing: Option<StoringBody> },
    /// From both.
    Completing(Completing<'c>),
    /// All of it was handed over, and its pair waits for being accepted.
    #[cfg(feature = "digest")]
    Held(StoringBody),
    /// An error was reported; there is nothing more to be had.
    Failed,
}

/// Where a walk puts its end: the reply itself, for the end is too large to be moved about.
pub(super) struct Place<'w, 'c> {
    pub(super) status: &'w mut u16,
    head: &'w mut Head<'c>,
    pub(super) body: &'w mut Body<'c>,
}

impl<'c> Place<'_, 'c> {
    /// A stored response answers; `record` holds its record.
    pub(super) fn serve(&mut self, state: &FromCache<'c>, found: Found, record: &'c [u8]) {
        *self.body = match state.content() {
            Some((offset, length)) => {
                let left = length.unwrap_or(found.body.held.saturating_sub(offset));
                Body::Stored { id: state.id(), offset, left }
            }
            None => Body::None,
        };
        self.stored(state, found, record);
    }

    /// A stored response answers, and the origin has what is missing, as the body that is in its place says;
    /// `record` holds its record. Further heads go to `head`.
    pub(super) fn complete(
        &mut self,
        state: &FromCache<'c>,
        found: Found,
        record: &'c [u8],
        head: HeadMut<'c>,
    ) {
        if let Body::Completing(body) = self.body {
            body.head = Some(head);
        }
        self.stored(state, found, record);
    }

    fn stored(&mut self, state: &FromCache<'c>, found: Found, record: &'c [u8]) {
        let stored = found.view(record).map_or(0, |pair| pair.response.status);
        *self.status = state.status(stored);
        *self.head = Head::Stored { state: *state, found, record };
    }

    /// The origin answers.
    pub(super) fn hand_over(
        &mut self,
        arrived: Arrived<'c>,
        options: &'c CacheOptions,
        storing: Option<StoringBody>,
    ) {
        *self.status = arrived.status();
        *self.head = Head::Origin(arrived, options);
        *self.body = Body::Origin { received: 0, storing };
    }
}

impl<'c, S: PairStore, O: Origin> Reply<'c, S, O> {
    /// Before anybody has answered: 504.
    pub(super) fn new(parts: Parts<'c, S, O>) -> Self {
        Self {
            parts,
            status: 504,
            head: Head::None,
            body: Body::None,
            report: Report::default(),
            failure: None,
            #[cfg(feature = "digest")]
            holds: false,
        }
    }

    /// The walk that answers, and the place for its end.
    pub(super) fn walk<'w, C>(&'w mut self, clock: &'w C) -> (Walk<'w, S, O, C>, Place<'w, 'c>) {
        let Self { parts, status, head, body, report, failure, .. } = self;
        let walk = Walk {
            store: parts.store,
            origin: parts.origin,
            clock,
            pending: parts.pending,
            report,
            failure,
            #[cfg(feature = "digest")]
            expected: None,
        };
        (walk, Place { status, head, body })
    }

    /// Does what the end of the body brings with it, if nothing of it is left to be read.
    pub(super) async fn begin(&mut self) {
        if !self.holds()
            && let Body::Origin { storing, .. } = &mut self.body
            && storing.as_ref().is_some_and(|body| body.length == Some(0))
            && let Some(body) = storing.take()
        {
            self.commit(&body).await;
        }
        if let Body::None = self.body {
            self.parts.pending.settle_forget(self.parts.store).await;
        }
    }

    /// Whether the pair becomes whole only when it is told to.
    pub(super) const fn holds(&self) -> bool {
        #[cfg(feature = "digest")]
        return self.holds;
        #[cfg(not(feature = "digest"))]
        false
    }

    /// The status code.
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The field lines.
    pub fn fields(&self) -> Edited<'_> {
        match &self.head {
            Head::Origin(arrived, _) => arrived.fields(),
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
            (_, Storing::Stored(id) | Storing::Incomplete(id)) => Some(id),
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
    /// Not cancel-safe: octets may be lost with a dropped future, and nothing more is stored then. Drop
    /// the reply too.
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
            #[cfg(feature = "digest")]
            Body::Held(_) => Ok(0),
            Body::Failed => Err(BodyError::CutOff),
            Body::Stored { .. } => self.read_stored(buf).await,
            #[cfg(feature = "server")]
            Body::Origin { .. } if self.is_answered() => self.read_answered(buf, deadline).await,
            Body::Origin { .. } => self.read_origin(buf, deadline).await,
            Body::Completing(_) => apart(pin!(self.read_completing(buf, deadline))).await,
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
