//! `Call`: a request with what goes along with it.

use super::Content;
#[cfg(feature = "digest")]
use super::download::Terms;
use crate::head::{RequestHead, ResponseHead};
use core::fmt;
use core::future::{Future, Pending, pending};

/// A request, and if need be its content, a deadline, and a listener for interim responses.
///
/// ```
/// use larder::client::Call;
/// use larder::head::{Method, RequestHead};
///
/// let head = RequestHead::get("http://api.example/report").with_method(Method::Post);
/// let call = Call::new(head).content(&b"21.5"[..]);
/// # let _ = call;
/// ```
pub struct Call<'c, T = &'c [u8], D = Pending<()>> {
    pub(super) request: RequestHead<'c>,
    pub(super) content: Option<T>,
    pub(super) deadline: D,
    pub(super) interim: Option<&'c mut dyn FnMut(&ResponseHead<'_>)>,
    #[cfg(feature = "query")]
    pub(super) content_digest: Option<[u8; 32]>,
    #[cfg(feature = "digest")]
    pub(super) terms: Option<Terms<'c>>,
}

impl<'c> Call<'c> {
    /// A request without content, for which one waits as long as it takes.
    pub fn new(request: RequestHead<'c>) -> Self {
        Self {
            request,
            content: None,
            deadline: pending(),
            interim: None,
            #[cfg(feature = "query")]
            content_digest: None,
            #[cfg(feature = "digest")]
            terms: None,
        }
    }
}

impl<'c, T, D> Call<'c, T, D> {
    /// The same with this content.
    pub fn content<U: Content>(self, content: U) -> Call<'c, U, D> {
        Call {
            request: self.request,
            content: Some(content),
            deadline: self.deadline,
            interim: self.interim,
            #[cfg(feature = "query")]
            content_digest: self.content_digest,
            #[cfg(feature = "digest")]
            terms: self.terms,
        }
    }

    /// The same with a digest of the content: SHA-256. The response to a QUERY is stored under it, and answers
    /// the next one with the same digest and the same `Content-Type`, `Content-Encoding` and `Content-Language`.
    /// Nobody compares it with the content: one that a stranger has sent is not to be given here.
    #[cfg(feature = "query")]
    pub fn content_digest(self, digest: [u8; 32]) -> Self {
        Self { content_digest: Some(digest), ..self }
    }

    /// The same, waiting for the head of the origin's answer only until `deadline` is ready: a
    /// timer, a button. It then counts as unreachable, and a stale response answers where one may,
    /// else 504.
    pub fn until<E: Future<Output = ()>>(self, deadline: E) -> Call<'c, T, E> {
        Call {
            request: self.request,
            content: self.content,
            deadline,
            interim: self.interim,
            #[cfg(feature = "query")]
            content_digest: self.content_digest,
            #[cfg(feature = "digest")]
            terms: self.terms,
        }
    }

    /// The deadline, and the same call without one.
    #[cfg(feature = "collapsing")]
    pub(super) fn apart(self) -> (D, Call<'c, T>) {
        let call = Call {
            request: self.request,
            content: self.content,
            deadline: pending(),
            interim: self.interim,
            #[cfg(feature = "query")]
            content_digest: self.content_digest,
            #[cfg(feature = "digest")]
            terms: self.terms,
        };
        (self.deadline, call)
    }

    /// The same, telling `listener` of every interim response (1xx).
    pub fn interim(self, listener: &'c mut dyn FnMut(&ResponseHead<'_>)) -> Self {
        Self { interim: Some(listener), ..self }
    }

    /// The same, as a part of a download.
    #[cfg(feature = "digest")]
    pub(super) fn on(self, terms: Terms<'c>) -> Self {
        Self { terms: Some(terms), ..self }
    }
}

impl<T, D> fmt::Debug for Call<'_, T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("request", &self.request).finish_non_exhaustive()
    }
}
