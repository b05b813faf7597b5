//! Downloads whose connection is lost on the way: what is fetched twice, and what becomes of the digest.

use crate::{FRESH, Of, Ram, TAG, URI, client, rest};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use larder::client::download::{Attempts, DownloadError, Persistence, Progress, Wanted};
use larder::digest::{Verdict, Verifier};
use larder::fields::Digest;
use larder::head::RequestHead;
use larder_tests::origin::Asked;
use larder_tests::{Representation, Response, ScriptedOrigin, block_on};

type Shared = Mutex<NoopRawMutex, Ram>;

pub(crate) fn content(seed: u8) -> Vec<u8> {
    (0..1000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8 ^ seed).collect()
}

pub(crate) fn digest_of(octets: &[u8]) -> Digest {
    let mut verifier = Verifier::new(Digest::Sha256([0; 32]));
    verifier.update(octets);
    let (Verdict::Mismatch { found, .. } | Verdict::Verified(found)) = verifier.finish();
    found
}

/// What `there` says to a request, but the connection is lost after `octets`.
pub(crate) fn cut(there: &Representation, asked: &Asked, octets: usize) -> Response {
    let lines: Vec<_> = there.lines.iter().map(|(name, value)| (&**name, &**value)).collect();
    let first: Option<usize> =
        asked.line("range").map(|range| range["bytes=".len()..].trim_end_matches('-').parse().unwrap());
    let from = first.unwrap_or(0);
    let end = there.content.len();
    let length = (end - from).to_string();
    let says = Response::new(if first.is_some() { 206 } else { 200 })
        .with(&lines)
        .with(&[("Content-Length", &length)]);
    let range = format!("bytes {from}-{}/{end}", end - 1);
    let says = if first.is_some() { says.with(&[("Content-Range", &range)]) } else { says };
    says.chunk(&there.content[from..(from + octets).min(end)]).cut_off()
}

#[derive(Default)]
pub(crate) struct Sum {
    pub(crate) network: u64,
    pub(crate) last: Progress,
    pub(crate) most: u32,
}

impl Persistence for Sum {
    fn progress(&mut self, progress: Progress) {
        if progress.attempt != self.last.attempt {
            self.last = Progress::default();
        }
        self.network += progress.from_network - self.last.from_network;
        self.last = progress;
    }

    async fn again<E>(&mut self, _: &DownloadError<E>, reached: Progress) -> bool {
        reached.attempt < self.most
    }
}

#[test]
fn four_lost_connections_cost_no_octet_twice() {
    let there = Representation::new(&content(0), &[FRESH, TAG]);
    let digest = digest_of(&there.content);
    let mut left = 4;
    let says = there.clone();
    let (mut client, origin, _) = client(Ram::new());
    origin.answers(move |asked| {
        if left == 0 {
            return says.answer(asked);
        }
        left -= 1;
        cut(&says, asked, 150)
    });
    let mut sum = Sum { most: 9, ..Sum::default() };
    let wanted = Wanted::new(URI).expecting(digest);
    let mut image = block_on(client.download(&wanted, &mut [0; 64], &mut sum)).unwrap();
    assert_eq!((image.len(), image.verified()), (1000, Some(&digest)));
    assert_eq!(sum.network, 1000);
    let ranges: Vec<_> = origin.asked().iter().map(|asked| asked.line("range")).collect();
    let from = |first: usize| Some(format!("bytes={first}-"));
    assert_eq!(ranges, [None, from(150), from(300), from(450), from(600)]);
    let mut block = [0; 1000];
    assert_eq!(block_on(image.read_at(0, &mut block)), Ok(1000));
    assert_eq!(block, *there.content);
}

#[test]
fn another_version_begins_at_its_first_octet_and_is_what_is_verified() {
    let old = Representation::new(&content(0), &[FRESH, TAG]);
    let new = content(7);
    let says = digest_of(&new).to_string();
    let new = Representation::new(&new, &[FRESH, ("ETag", "\"2\""), ("Repr-Digest", &says)]);
    let (mut client, origin, _) = client(Ram::new());
    let first = old.clone();
    let mut asked_before = 0;
    let second = new.clone();
    origin.answers(move |asked| {
        asked_before += 1;
        if asked_before == 1 { cut(&first, asked, 150) } else { second.answer(asked) }
    });
    let image = block_on(client.download(&Wanted::new(URI), &mut [0; 64], &mut Attempts(2))).unwrap();
    assert_eq!(image.verified(), Some(&digest_of(&new.content)));
    assert_eq!(origin.count(), 2);
}

#[test]
fn a_liar_with_the_same_validator_is_found_out_and_nothing_of_both_is_left() {
    let (old, new) = (content(0), content(7));
    let says = digest_of(&old).to_string();
    let old = Representation::new(&old, &[FRESH, TAG, ("Repr-Digest", &says)]);
    let new = Representation::new(&new, &[FRESH, TAG]);
    let (mut client, origin, _) = client(Ram::new());
    let mut asked_before = 0;
    let first = old.clone();
    origin.answers(move |asked| {
        asked_before += 1;
        if asked_before == 1 { cut(&first, asked, 150) } else { new.answer(asked) }
    });
    let mut torn = old.content[..150].to_vec();
    torn.extend(&content(7)[150..]);
    let came = block_on(client.download(&Wanted::new(URI), &mut [0; 64], &mut Attempts(2)));
    assert_eq!(came.err(), Some(DownloadError::Mismatch(digest_of(&torn))));
    // Discarded, the next attempt begins at the first octet.
    let right = old.clone();
    origin.answers(move |asked| right.answer(asked));
    let image = block_on(client.download(&Wanted::new(URI), &mut [0; 64], &mut Attempts(1))).unwrap();
    assert_eq!(image.verified(), Some(&digest_of(&old.content)));
    assert_eq!(origin.last().line("range"), None);
}

/// Waits so long that another client has filled the store meanwhile.
struct Crowd<'s> {
    other: Of<&'s Shared>,
    origin: ScriptedOrigin,
    most: u32,
}

impl Persistence for Crowd<'_> {
    async fn again<E>(&mut self, _: &DownloadError<E>, reached: Progress) -> bool {
        crowd(&mut self.other, &self.origin).await;
        reached.attempt < self.most
    }
}

async fn crowd(client: &mut Of<&Shared>, origin: &ScriptedOrigin) {
    for number in 0..20 {
        let uri = format!("http://example.com/{number}");
        origin.then(Response::ok(&[FRESH], "another body"));
        rest(&mut client.request(RequestHead::get(&uri)).await).await.unwrap();
    }
}

#[test]
fn a_part_is_pinned_between_two_attempts_and_not_after_the_last() {
    let store = Shared::new(Ram::new());
    let (mut client, origin, _) = client(&store);
    let (other, quick, _) = crate::client(&store);
    let there = Representation::new(&content(0), &[FRESH, TAG]);
    let says = there.clone();
    origin.answers(move |asked| cut(&says, asked, 150));
    let mut crowded = Crowd { other, origin: quick, most: 3 };
    let came = block_on(client.download(&Wanted::new(URI), &mut [0; 64], &mut crowded));
    assert!(came.is_err());
    let ranges: Vec<_> = origin.asked().iter().map(|asked| asked.line("range")).collect();
    assert_eq!(ranges, [None, Some("bytes=150-".to_owned()), Some("bytes=300-".to_owned())]);
    block_on(crowd(&mut crowded.other, &crowded.origin));
    let came = block_on(client.download(&Wanted::new(URI), &mut [0; 64], &mut Attempts(1)));
    assert!(came.is_err());
    assert_eq!(origin.last().line("range"), None, "evicted, it begins anew");
}
