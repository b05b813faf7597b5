//! `AwaitedReply`: a reply that others may wait for.

use super::{Boarding, Ticket};
use crate::client::reply::Body;
use crate::client::{BodyError, Origin, Reply, Storing};
use crate::store::PairStore;
use core::fmt;
use core::future::{Future, pending};
use core::ops::Deref;

/// A [`Reply`] that others may wait for: until its body has been read to the end and is stored, or it is known that
/// it will not be. Read it through this type; status, fields and report are those of the reply.
///
/// Dropped half-way, it leaves its place to one of those that wait.
pub struct AwaitedReply<'c, S: PairStore, O: Origin> {
    reply: Reply<'c, S, O>,
    ticket: Option<Ticket<'c>>,
}

impl<'c, S: PairStore, O: Origin> AwaitedReply<'c, S, O> {
    pub(super) fn new(mut reply: Reply<'c, S, O>, boarding: Boarding<'c>) -> Self {
        if let Some(reason) = boarding.waited {
            reply.report.collapsed = Some(reply.report.forwarded.is_none());
            reply.report.forwarded.get_or_insert(reason);
        }
        let mut reply = Self { reply, ticket: boarding.ticket };
        reply.settle();
        reply
    }

    /// As [`Reply::read`].
    ///
    /// # Errors
    /// As [`Reply::read`].
    ///
    /// # Cancel safety
    /// As [`Reply::read`].
    pub async fn read(&mut self, buf: &mut [u8]) -> Result<usize, BodyError<O::Error>> {
        self.read_until(buf, pending()).await
    }

    /// As [`Reply::read_until`].
    ///
    /// # Errors
    /// As [`Reply::read_until`].
    pub async fn read_until(
        &mut self,
        buf: &mut [u8],
        deadline: impl Future<Output = ()>,
    ) -> Result<usize, BodyError<O::Error>> {
        let read = self.reply.read_until(buf, deadline).await;
        self.settle();
        read
    }

    /// As [`Reply::read_to_end`].
    ///
    /// # Errors
    /// As [`Reply::read_to_end`].
    pub async fn read_to_end(&mut self, buf: &mut [u8]) -> Result<usize, BodyError<O::Error>> {
        let read = self.reply.read_to_end(buf).await;
        self.settle();
        read
    }

    /// Lets those go that wait, as soon as it is known what they wait for.
    fn settle(&mut self) {
        let Some(ticket) = self.ticket.take() else {
            return;
        };
        let report = &self.reply.report;
        let length = match &self.reply.body {
            Body::Origin { storing: Some(body), .. } => body.length.unwrap_or(report.from_network),
            Body::Completing(body) => body.length(),
            _ => u64::MAX,
        };
        match report.storing {
            Storing::Underway if length.max(report.from_network) <= ticket.board.body_max() => {
                self.ticket = Some(ticket);
            }
            // One that waits may go on with it.
            Storing::Incomplete(_) => drop(ticket),
            _ => ticket.done(),
        }
    }
}

/// A reply that nobody waits for.
impl<'c, S: PairStore, O: Origin> From<Reply<'c, S, O>> for AwaitedReply<'c, S, O> {
    fn from(reply: Reply<'c, S, O>) -> Self {
        Self { reply, ticket: None }
    }
}

impl<'c, S: PairStore, O: Origin> Deref for AwaitedReply<'c, S, O> {
    type Target = Reply<'c, S, O>;

    fn deref(&self) -> &Self::Target {
        &self.reply
    }
}

impl<S: PairStore, O: Origin> fmt::Debug for AwaitedReply<'_, S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reply.fmt(f)
    }
}

impl<S: PairStore, O: Origin> embedded_io_async::ErrorType for AwaitedReply<'_, S, O> {
    type Error = BodyError<O::Error>;
}

impl<S: PairStore, O: Origin> embedded_io_async::Read for AwaitedReply<'_, S, O> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, BodyError<O::Error>> {
        AwaitedReply::read(self, buf).await
    }
}
