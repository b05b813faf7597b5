//! What becomes of a body once it is known whether it is the right one.
//!
//! Until then its pair is incomplete, though all octets may be there: if power fails, nobody takes an unverified
//! body for a whole one.

use crate::client::reply::Body;
use crate::client::{Origin, Reply, Storing, parts};
use crate::store::PairStore;

impl<S: PairStore, O: Origin> Reply<'_, S, O> {
    /// From here on the pair that is stored becomes whole only by [`accept`](Self::accept).
    pub(in crate::client) const fn hold(&mut self) {
        self.holds = true;
    }

    /// The body, which was read to its end, is the right one: its pair is committed, if it is not yet.
    pub(super) async fn accept(&mut self) {
        if !matches!(self.body, Body::Held(_)) {
            return;
        }
        let Body::Held(body) = core::mem::replace(&mut self.body, Body::None) else {
            return;
        };
        let length = body.length;
        self.commit(&body).await;
        if let (Storing::Stored(id), Some(length)) = (self.report.storing, length)
            && !parts::is_whole(self.parts.store, id, length).await
        {
            self.report.storing = Storing::Incomplete(id);
        }
    }

    /// The body is something else: what is stored of it is given up.
    pub(super) async fn refuse(&mut self) {
        self.body = Body::Failed;
        self.parts.pending.abandon(self.parts.store).await;
    }
}
