//! One attempt at a download: hop by hop to the response that counts, and its body.

use super::held::Held;
use super::{DownloadError, Offer, Persistence, Progress, Terms, Wanted};
use crate::client::{BodyError, Call, Client, Origin, Outcome, Reply, Storing};
use crate::digest::{self, Verdict, Verifier};
use crate::fields::{Digest, Digests, WANT_REPR_DIGEST};
use crate::head::{Edited, Fields, Method, RequestHead};
use crate::limits::{DOWNLOAD_LINES_MAX, DOWNLOAD_URI_MAX, REDIRECT_BODY_MAX};
use crate::redirects::{self, Hop, RedirectRefused, Redirects};
use crate::rules::keys;
use crate::store::PairStore;
use crate::time::Clock;
use heapless::{String, Vec};

/// The lines of a request.
type Lines<'d> = Vec<(&'d str, &'d str), { DOWNLOAD_LINES_MAX + 1 }>;

impl<S: PairStore, O: Origin, C: Clock, const BYTES: usize, const FIELDS: usize>
    Client<S, O, C, BYTES, FIELDS>
{
    pub(super) async fn attempt(
        &mut self,
        wanted: &Wanted<'_>,
        buf: &mut [u8],
        persistence: &mut impl Persistence,
        reached: &mut Progress,
    ) -> Result<Held, DownloadError<O::Error>> {
        if buf.is_empty() {
            return Err(DownloadError::Body(BodyError::TooLong));
        }
        if wanted.name.is_some_and(|name| wanted.expected.is_none() || !is_name(name)) {
            return Err(DownloadError::Name);
        }
        let mut is_look = wanted.head_first && reached.attempt == 1;
        let (mut uri, mut redirects) = begin(wanted)?;
        let mut crossed = false;
        loop {
            let lines = lines(wanted, redirects.hops() > 0, crossed).ok_or(DownloadError::Fields)?;
            let method = if is_look { Method::Head } else { Method::Get };
            let request = RequestHead::get(wanted.name.unwrap_or(&uri)).with_method(method);
            let request = request.with_fields(Fields::new(&lines));
            let terms = Terms { sent_to: wanted.name.map(|_| &*uri), expected: wanted.expected.as_ref() };
            let mut reply = self.call(Call::new(request).until(persistence.silence()).on(terms)).await;
            if redirects::is_redirection(reply.status()) {
                drain(&mut reply, buf, persistence).await;
                // Beside `uri` only as long as nobody waits.
                let mut next = String::new();
                let hop = redirects.next(reply.status(), reply.fields(), Method::Get, &uri, &mut next);
                drop(reply);
                match hop {
                    Ok(hop) => (uri, crossed) = (next, hop.is_some_and(|hop| hop.crossed)),
                    Err(refused) => return Err(DownloadError::Redirect(refused)),
                }
                continue;
            }
            if is_look {
                look(&mut reply, buf, persistence).await?;
                drop(reply);
                // Where it led to may be good for one method only.
                (is_look, crossed) = (false, false);
                (uri, redirects) = begin(wanted)?;
                continue;
            }
            let held = take(&mut reply, wanted, buf, persistence, reached).await;
            let pair = reply.pair();
            if let Err(DownloadError::Mismatch(_)) = held {
                reply.refuse().await;
            }
            drop(reply);
            match (&held, pair) {
                // If that fails, it is not found again before a reboot, and verified then.
                (Err(DownloadError::Mismatch(_)), Some(id)) => drop(self.store.remove(id).await),
                // A part is kept for the next attempt.
                (Err(_), Some(id)) => self.pending.pinned = self.store.pin(id).await.ok(),
                (Err(_), None) | (Ok(_), _) => {}
            }
            return held;
        }
    }
}

/// Before the first hop.
fn begin<E>(wanted: &Wanted<'_>) -> Result<(String<DOWNLOAD_URI_MAX>, Redirects), DownloadError<E>> {
    let mut uri = String::new();
    uri.push_str(wanted.uri).map_err(|_| DownloadError::Redirect(RedirectRefused::TooLong))?;
    Ok((uri, Redirects::new(Method::Get, wanted.uri).at_most(wanted.most_hops)))
}

/// Asks whether to go on, after a HEAD. What it is answered but 200 says nothing of what GET will be.
async fn look<S: PairStore, O: Origin>(
    reply: &mut Reply<'_, S, O>,
    buf: &mut [u8],
    persistence: &mut impl Persistence,
) -> Result<(), DownloadError<O::Error>> {
    is_reached(reply)?;
    let lines = reply.fields();
    let offer = Offer { complete: length(lines), digest: digest::of_stored(reply.status(), lines) };
    if reply.status() == 200 && !persistence.accept(offer) {
        return Err(DownloadError::Refused);
    }
    drain(reply, buf, persistence).await;
    Ok(())
}

/// Fails if nobody answered.
fn is_reached<S: PairStore, O: Origin>(reply: &mut Reply<'_, S, O>) -> Result<(), DownloadError<O::Error>> {
    if reply.status() == 504
        && let Some(failure) = reply.failure.take()
    {
        return Err(DownloadError::Unreachable(failure));
    }
    Ok(())
}

/// Whether something can be stored under `name` that no request for a URI finds.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|octet| octet.is_ascii_graphic() && octet != b'#')
        && !keys::is_absolute(name)
}

/// The lines of the next request. `None` if they are not text, or too many.
fn lines<'d>(wanted: &Wanted<'d>, is_hop: bool, crossed: bool) -> Option<Lines<'d>> {
    let hop = Hop { method: Method::Get, crossed };
    let mut lines = Lines::new();
    for line in wanted.fields {
        let may_carry = !is_hop || hop.may_carry(line.name());
        if may_carry && !NOT_OF_A_DOWNLOAD.iter().any(|name| line.is(name)) {
            if lines.len() >= DOWNLOAD_LINES_MAX {
                return None;
            }
            lines.push((line.name(), line.text()?)).ok()?;
        }
    }
    if wanted.expected.is_none() && !wanted.fields.contains(WANT_REPR_DIGEST.0) {
        lines.push(WANT_REPR_DIGEST).ok()?;
    }
    Some(lines)
}

/// Reads the response that counts, to its end.
async fn take<S: PairStore, O: Origin>(
    reply: &mut Reply<'_, S, O>,
    wanted: &Wanted<'_>,
    buf: &mut [u8],
    persistence: &mut impl Persistence,
    reached: &mut Progress,
) -> Result<Held, DownloadError<O::Error>> {
    is_reached(reply)?;
    if reply.status() != 200 {
        return Err(DownloadError::Status(reply.status()));
    }
    check_stored(reply)?;
    let expected = expected(reply, wanted)?;
    let offer = Offer { complete: length(reply.fields()), digest: expected };
    if !persistence.accept(offer) {
        return Err(DownloadError::Refused);
    }
    read(reply, expected, buf, persistence, reached).await
}

/// Reads the body of a redirection (that of a response to HEAD has no octets), so that it is stored and the connection can be used again. Not at
/// any price.
async fn drain<S: PairStore, O: Origin>(
    reply: &mut Reply<'_, S, O>,
    buf: &mut [u8],
    persistence: &mut impl Persistence,
) {
    let mut left = REDIRECT_BODY_MAX;
    while let Ok(read @ 1..) = reply.read_until(buf, persistence.silence()).await {
        left = left.saturating_sub(read);
        if left == 0 {
            return;
        }
    }
}

/// What the body must hash to.
fn expected<S: PairStore, O: Origin>(
    reply: &Reply<'_, S, O>,
    wanted: &Wanted<'_>,
) -> Result<Option<Digest>, DownloadError<O::Error>> {
    let lines = reply.fields();
    let Some(expected) = wanted.expected else {
        // Of what is stored, the content may have come with other messages.
        return Ok(match reply.report().outcome {
            Outcome::Miss | Outcome::Changed => digest::of_message(reply.status(), lines),
            _ => digest::of_stored(reply.status(), lines),
        });
    };
    // What the response says is not believed, unless it says that it is something else.
    match Digests::of_representation(lines).by(expected.algorithm()) {
        Some(found) if found != expected => Err(DownloadError::Mismatch(found)),
        _ => Ok(Some(expected)),
    }
}

/// Reads a body to its end, hashing it.
async fn read<S: PairStore, O: Origin>(
    reply: &mut Reply<'_, S, O>,
    expected: Option<Digest>,
    buf: &mut [u8],
    persistence: &mut impl Persistence,
    reached: &mut Progress,
) -> Result<Held, DownloadError<O::Error>> {
    let mut verifier = expected.map(Verifier::new);
    reached.complete = length(reply.fields());
    loop {
        persistence.progress(*reached);
        let read = reply.read_until(buf, persistence.silence()).await.map_err(DownloadError::Body)?;
        let Some(octets @ [_, ..]) = buf.get(..read) else { break };
        if let Some(verifier) = &mut verifier {
            verifier.update(octets);
        }
        reached.received = reached.received.saturating_add(read as u64);
        reached.from_network = reply.report().from_network;
        check_stored(reply)?;
    }
    let verified = match verifier.map(Verifier::finish) {
        None => None,
        Some(Verdict::Verified(digest)) => Some(digest),
        Some(Verdict::Mismatch { found, .. }) => {
            return Err(DownloadError::Mismatch(found));
        }
    };
    reply.accept().await;
    check_stored(reply)?;
    let id = match reply.report().storing {
        Storing::Stored(id) => Some(id),
        // It came from the store.
        Storing::Nothing | Storing::No(_) => reply.pair(),
        _ => None,
    };
    let id = id.ok_or(DownloadError::NotKept)?;
    Ok(Held { id, len: reached.received, verified })
}

/// Fails if the body is not, or not any more, being stored. Of one that is stored already, only a new head is
/// not.
fn check_stored<S: PairStore, O: Origin>(reply: &Reply<'_, S, O>) -> Result<(), DownloadError<O::Error>> {
    match (reply.report().storing, reply.report().outcome) {
        (Storing::No(_), Outcome::Revalidated) => Ok(()),
        (Storing::No(reason), _) => Err(DownloadError::NotStored(reason)),
        _ => Ok(()),
    }
}

/// `Content-Length`, if there is one.
fn length(lines: Edited<'_>) -> Option<u64> {
    core::str::from_utf8(lines.get("content-length")?).ok()?.parse().ok()
}

/// What would ask for something else than the whole.
const NOT_OF_A_DOWNLOAD: [&str; 6] =
    ["range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];
