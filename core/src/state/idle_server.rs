//! `IdleServer`: a request has come to a device that serves HTTP itself.

use super::{Candidates, IdleClient, IdleNext, Selecting};
use crate::head::RequestHead;
use crate::options::CacheOptions;
use crate::pair::StoredPair;
use crate::time::Now;

/// Waits for a request, in front of the handlers of a device: the cache is the origin's own.
///
/// The same states follow as for a client ([`IdleClient`]); what is *sent to the origin* is given to the
/// handler, and what the handler makes is *the response of the origin*. What differs, and why:
///
/// - **Preconditions and ranges** of GET and HEAD are answered here, of stored responses and of those that
///   the handler has just made (RFC 9110 §13.2.1 asks it of an origin), so the handler need know nothing of
///   them: 304, 206, 416, and 412 for `If-Match` and `If-Unmodified-Since`, which only an origin may evaluate
///   ([§4.3.2]). Those of other methods go to the handler, which alone knows the state of the resource:
///   [`server::may_change`](crate::server::may_change).
/// - **`Age`** is sent with what comes from the store (§4, §5.1), and not with what the handler has just made or
///   validated: §5.1 says that it tells the two apart.
/// - **Request directives** count if [`CacheOptions::heed_request_directives`] says so; in
///   [`CacheOptions::SERVER`] they do not.
/// - **Stored** is what a handler asks to be stored: by a lifetime, `no-cache`, or `public`. `private`,
///   `Authorization` and the rest are those of a shared cache (§3, §3.5). `Set-Cookie` is no bar (§7.3): a
///   handler that sends one says `private` or `no-store`.
/// - **A handler that fails** is 500, not 504.
///
/// [§4.3.2]: https://www.rfc-editor.org/rfc/rfc9111.html#section-4.3.2
///
/// ```
/// use larder::CacheOptions;
/// use larder::head::{Fields, RequestHead, ResponseHead};
/// use larder::state::{Candidates, IdleNext, IdleServer, MissNext};
/// use larder::time::{Exchange, Now, Uptime};
///
/// let options = CacheOptions::SERVER;
/// let mut scratch = Candidates::new();
/// let now = Now { uptime: Uptime::from_secs(10), utc: None };
/// let asked = [("If-None-Match", "\"7\"")];
/// let request = RequestHead::get("http://device/temperature").with_fields(Fields::new(&asked));
///
/// let IdleNext::CacheMiss(miss) = IdleServer::new(&options).next(request, [], now, &mut scratch) else {
///     panic!("nothing is stored");
/// };
/// assert_eq!(miss.outgoing().fields.get("If-None-Match"), None); // the handler makes the whole response
///
/// let made = [("Cache-Control", "max-age=5"), ("ETag", "\"7\"")];
/// let response = ResponseHead { status: 200, fields: Fields::new(&made) };
/// let MissNext::StoreAndUse(state) = miss.next(response, Exchange::at(now)) else {
///     panic!("it is storable");
/// };
/// assert_eq!(state.status(), 304); // stored whole, and not modified to this client
/// ```
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct IdleServer<'a>(IdleClient<'a>);

impl<'a> IdleServer<'a> {
    /// A cache with these options; [`CacheOptions::SERVER`] is made for it.
    pub const fn new(options: &'a CacheOptions) -> Self {
        Self(IdleClient::new(options).at_origin())
    }

    /// As [`IdleClient::validating`].
    pub const fn validating(self) -> Self {
        Self(self.0.validating())
    }

    /// As [`IdleClient::distrusting`].
    pub const fn distrusting(self) -> Self {
        Self(self.0.distrusting())
    }

    /// As [`IdleClient::with_content`].
    pub const fn with_content(self, has_content: bool) -> Self {
        Self(self.0.with_content(has_content))
    }

    /// The options it follows.
    pub const fn options(&self) -> &'a CacheOptions {
        self.0.options
    }

    /// Decides a request, given the pairs stored under its URI.
    pub fn next<'s>(
        self,
        request: RequestHead<'a>,
        stored: impl IntoIterator<Item = StoredPair<'s>>,
        now: Now,
        scratch: &'a mut Candidates,
    ) -> IdleNext<'a> {
        self.0.next(request, stored, now, scratch)
    }

    /// Decides a request in steps, as [`IdleClient::select`].
    pub fn select(self, request: RequestHead<'a>, now: Now, scratch: &'a mut Candidates) -> Selecting<'a> {
        self.0.select(request, now, scratch)
    }
}
