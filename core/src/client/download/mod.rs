//! Downloads: a large resource, fetched through the cache until it is there, whole and verified.
//!
//! [`Client::download`] asks, follows redirections, reads, and asks again when the link breaks: as often
//! as the caller's [`Persistence`] says, who also does the waiting. What it answers is a [`Download`]: the body
//! in the store, pinned, to be read in any order, as a bootloader does.
//!
//! **Going on.** To try again is to ask again. What a broken attempt left in the store is found by the next
//! request, which asks for what is missing only (§3.4); the stored octets are read, and hashed, first. No
//! state of a download is kept anywhere else, so that a restart of the device is an attempt like any other.
//!
//! **Redirections** are followed anew in every attempt, from the first URI on, since where they lead to may
//! expire; those that are stored and fresh cost nothing. They are followed by the rules of
//! [`crate::redirects`].
//!
//! **Verification.** The whole body is hashed in every attempt, what comes from the store too. What it must
//! hash to is what the caller [expects](Wanted::expecting), else what the response says ([`crate::digest`]).
//! A body that is something else is removed from the store. Its pair becomes whole after that: if power fails
//! in between, it is a part of which nothing is missing, and is verified before it is used. If nobody says what it must hash to, the download
//! succeeds, and [`Download::verified`] is `None`.
//!
//! **Before the body.** The caller may [refuse](Persistence::accept) what is too large, or known already,
//! when the head is there: no octet of the body is read then. The origin has sent some by that time, up to what
//! fits the connection's buffers; where those are dear, a download [looks first](Wanted::head_first), by HEAD.
//! `Want-Repr-Digest` (RFC 9530) asks for a digest if none is expected.
//!
//! # URIs that change
//!
//! Releases are often served from signed URIs, each good for some minutes. What is stored of a body is
//! stored under the URI that it came from, so an attempt that is redirected to another one begins anew,
//! unless the caller [names](Wanted::named) it: the body is then stored and found under that name, wherever it
//! comes from, and an attempt goes on with it.
//!
//! Entity tags mean something for one URI only, and under another one the same tag may be by chance, or by
//! intent. So a name needs an expected digest, and what is stored under it is completed only by a response
//! with the same strong validator and the same complete length: a part of something else costs a download but
//! is never handed over. Stored validators go along on every hop (`If-Range`, `If-None-Match`), since none is
//! known beforehand to be the last. Whatever is not the body or a part of it (redirections, errors) is not
//! stored; redirections are asked for in every attempt.
//!
//! A name is no URI, so no request finds what is stored under it but a download with the same name.

mod attempt;
mod error;
mod held;
mod verdict;

pub use error::DownloadError;
pub use held::Download;

use super::{Client, Origin};
use crate::fields::Digest;
use crate::head::Fields;
use crate::limits::REDIRECTS_MAX;
use crate::store::PairStore;
use crate::time::Clock;
use core::future::pending;

/// What is to be downloaded.
///
/// ```
/// use larder::client::download::Wanted;
/// use larder::fields::Digest;
///
/// let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// let wanted = Wanted::new("https://releases.example/latest").expecting(Digest::from_hex(digest).unwrap());
/// # let _ = wanted;
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'d> {
    uri: &'d str,
    fields: Fields<'d>,
    expected: Option<Digest>,
    name: Option<&'d str>,
    most_hops: usize,
    head_first: bool,
}

impl<'d> Wanted<'d> {
    /// What GET answers for an absolute URI.
    pub const fn new(uri: &'d str) -> Self {
        let (fields, most_hops) = (Fields::EMPTY, REDIRECTS_MAX);
        Self { uri, fields, expected: None, name: None, most_hops, head_first: false }
    }

    /// The same, with these lines in every request, but for those that another origin may not see
    /// ([`Hop::may_carry`](crate::redirects::Hop::may_carry)). They must be text, and at most
    /// [`DOWNLOAD_LINES_MAX`](crate::limits::DOWNLOAD_LINES_MAX). `Range` and preconditions are left out,
    /// and `Want-Repr-Digest` is added if no digest is expected.
    pub const fn with_fields(self, fields: Fields<'d>) -> Self {
        Self { fields, ..self }
    }

    /// The same, and its body must hash to this: known from elsewhere, it proves what the body is, and not
    /// only that it arrived as it was sent.
    pub const fn expecting(self, digest: Digest) -> Self {
        Self { expected: Some(digest), ..self }
    }

    /// The same, stored and found under `name` instead of the URI it comes from, so that it can be gone on
    /// with when that changes (see above): a text of one's own, as `firmware/board-7`, without blanks and
    /// `#`, not empty, and not a URI with an authority. It is for what is one representation after the
    /// other, the newest in place of the older ones. Compared as a path is: `%7E` equals `~`.
    ///
    /// An expected digest must be given too, else the download fails with [`DownloadError::Name`].
    pub const fn named(self, name: &'d str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// The same, with a HEAD before the first GET, which asks [`Persistence::accept`] before the origin sends
    /// any of the body. It goes through the cache as any HEAD: what is stored and fresh answers it, and what it
    /// shows to be another version by now goes (§4.3.5). It costs a round trip on each hop; if it is answered
    /// other than 200, GET decides.
    pub const fn head_first(self) -> Self {
        Self { head_first: true, ..self }
    }

    /// The same, following at most so many redirections, and never more than [`REDIRECTS_MAX`].
    pub const fn following(self, hops: usize) -> Self {
        Self { most_hops: hops, ..self }
    }
}

/// What a download asks of a request's walk, beside that its pair becomes whole only when it is verified.
#[derive(Clone, Copy)]
pub(super) struct Terms<'c> {
    /// Where the request goes, if its URI is a name.
    pub(super) sent_to: Option<&'c str>,
    /// What the caller expects.
    pub(super) expected: Option<&'c Digest>,
}

/// What is about to be downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Offer {
    /// Octets of the body, if the response says so.
    pub complete: Option<u64>,
    /// What the body must hash to: as expected by the caller, else as the response says. After a HEAD, as the
    /// response says.
    pub digest: Option<Digest>,
}

/// How far an attempt is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Progress {
    /// Octets of the body that were read, and hashed, in this attempt: from the store first.
    pub received: u64,
    /// Octets of the body, if the response says so.
    pub complete: Option<u64>,
    /// Octets of those received that came over the network in this attempt.
    pub from_network: u64,
    /// Which attempt; the first is 1.
    pub attempt: u32,
}

/// How long a download goes on, and who is told. Waiting is done here, and nowhere else.
#[expect(async_fn_in_trait, reason = "as Origin")]
pub trait Persistence {
    /// A response is there, of whose body nothing was read. Whether to go on: if not, the download fails with
    /// [`DownloadError::Refused`]. Asked in every attempt, and after a [HEAD](Wanted::head_first).
    fn accept(&mut self, offer: Offer) -> bool {
        let _ = offer;
        true
    }

    /// Octets arrived. To be done quickly.
    fn progress(&mut self, progress: Progress) {
        let _ = progress;
    }

    /// Is ready when the origin has been silent for too long. Begun anew whenever one waits for it:
    /// for the head of a response, and for each piece of its body.
    async fn silence(&mut self) {
        pending().await
    }

    /// An attempt failed. Waits as long as is wise, and answers whether to make another one.
    ///
    /// An error that is not [transient](DownloadError::is_transient) is likely to come again.
    async fn again<E>(&mut self, error: &DownloadError<E>, reached: Progress) -> bool;
}

/// So many attempts, one right after the other, as long as errors are transient. For tests, and where
/// the origin does the waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Attempts(pub u32);

impl Persistence for Attempts {
    async fn again<E>(&mut self, error: &DownloadError<E>, reached: Progress) -> bool {
        error.is_transient() && reached.attempt < self.0
    }
}

impl<S: PairStore, O: Origin, C: Clock, const BYTES: usize, const FIELDS: usize>
    Client<S, O, C, BYTES, FIELDS>
{
    /// Downloads what is wanted into the store, through `buf`, which need not be large; verifies it, and
    /// pins it until the answer is [closed](Download::close) or the client is used again.
    ///
    /// # Errors
    /// [`DownloadError`], that of the last attempt.
    ///
    /// # Cancel safety
    /// May be dropped at any point, as [`request`](Self::request). What arrived stays in the store as the
    /// next attempt's beginning.
    pub async fn download<'c>(
        &'c mut self,
        wanted: &Wanted<'_>,
        buf: &mut [u8],
        persistence: &mut impl Persistence,
    ) -> Result<Download<'c, S>, DownloadError<O::Error>> {
        let mut reached = Progress::default();
        loop {
            reached = Progress { attempt: reached.attempt.saturating_add(1), ..Progress::default() };
            let stood = self.pending.forget;
            let error = match self.attempt(wanted, buf, persistence, &mut reached).await {
                Ok(held) => match self.store.pin(held.id).await {
                    Ok(pin) => {
                        self.pending.pinned = Some(pin);
                        return Ok(Download::new(&mut self.store, &mut self.pending, held));
                    }
                    Err(_) => DownloadError::NotKept,
                },
                Err(error) => error,
            };
            let stands = self.pending.forget;
            if matches!(error, DownloadError::NotStored(_)) && stands.is_some() && stands != stood {
                // What was stored stood in the way of the rest, and goes. What the store failed to remove before
                // stands in nobody's way.
                continue;
            }
            // What there is of it stays pinned meanwhile.
            if !persistence.again(&error, reached).await {
                self.pending.settle(&mut self.store).await;
                return Err(error);
            }
        }
    }
}
