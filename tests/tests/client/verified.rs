//! Nothing is whole before it is verified: neither what was just downloaded nor what parts come to.

use crate::resumed_downloads::{content, digest_of};
use crate::{FRESH, Of, Ram, TAG, URI, client, get, rest};
use larder::Reason;
use larder::client::download::{Attempts, DownloadError, Wanted};
use larder::client::{Outcome, Step};
use larder::head::{Fields, RequestHead};
use larder::pair::PairKey;
use larder::store::{Cursor, PairStore};
use larder_tests::{Representation, Response, ScriptedOrigin, YieldingStore, block_on, poll_times};

/// The octets that are wanted, with these lines.
fn right(lines: &[(&str, &str)]) -> Representation {
    Representation::new(&content(0), &[&[FRESH, TAG], lines].concat())
}

/// Other octets with the same lines.
fn wrong(lines: &[(&str, &str)]) -> Representation {
    Representation { content: content(7), ..right(lines) }
}

fn has(origin: &ScriptedOrigin, there: &Representation) {
    let there = there.clone();
    origin.answers(move |asked| there.answer(asked));
}

/// Gets these ranges from `there`.
async fn hold<S: PairStore>(
    client: &mut Of<S>,
    origin: &ScriptedOrigin,
    there: &Representation,
    held: &[&str],
) {
    has(origin, there);
    for range in held {
        let lines = [("Range", *range)];
        let mut reply = client.request(RequestHead { fields: Fields::new(&lines), ..get() }).await;
        assert_eq!(reply.status(), 206);
        rest(&mut reply).await.expect("a part");
    }
}

/// Whether a pair is stored whole.
async fn any_whole<S: PairStore>(store: &mut S) -> bool {
    let (mut cursor, mut record) = (Cursor::new(), [0; 2048]);
    while let Ok(Some(found)) = store.find(PairKey::new(URI), &mut cursor, &mut record).await {
        if found.body.is_whole() {
            return true;
        }
    }
    false
}

/// What is stored answers, if anything does.
async fn from_store<S: PairStore>(client: &mut Of<S>) -> Option<Vec<u8>> {
    let only = [("Cache-Control", "only-if-cached")];
    let mut reply = client.request(RequestHead { fields: Fields::new(&only), ..get() }).await;
    if reply.status() == 200 { rest(&mut reply).await.ok() } else { None }
}

/// Ranges that are held before the download, none among them.
const HELD: [&[&str]; 4] =
    [&[], &["bytes=0-399"], &["bytes=100-299", "bytes=500-"], &["bytes=0-499", "bytes=500-"]];

#[test]
fn a_wrong_body_is_never_whole_wherever_the_download_is_dropped() {
    let digest = digest_of(&content(0));
    let says = digest.to_string();
    for held in HELD {
        for lines in [&[("Repr-Digest", &*says)][..], &[]] {
            let mut done = false;
            let mut polls = 0;
            while !done {
                let (mut client, origin, _) = client(YieldingStore::new(Ram::new()));
                block_on(hold(&mut client, &origin, &wrong(lines), held));
                has(&origin, &wrong(lines));
                let wanted = Wanted::new(URI).expecting(digest);
                let came = poll_times(
                    async { client.download(&wanted, &mut [0; 64], &mut Attempts(1)).await.err() },
                    polls,
                );
                done = came.is_some();
                if let Some(error) = came {
                    assert_eq!(error, Some(DownloadError::Mismatch(digest_of(&content(7)))), "{held:?}");
                }
                block_on(async {
                    assert!(!any_whole(client.store()).await, "{held:?}, after {polls} polls");
                    if !lines.is_empty() {
                        assert_eq!(from_store(&mut client).await, None, "{held:?}, after {polls} polls");
                    }
                    // Whatever is left, the right one is what the next attempt comes to.
                    has(&origin, &right(lines));
                    let came = client.download(&wanted, &mut [0; 64], &mut Attempts(2)).await;
                    assert_eq!(came.map(|image| image.verified().copied()), Ok(Some(digest)));
                    assert_eq!(from_store(&mut client).await, Some(content(0)));
                    assert_eq!(client.health().await.pairs, 1);
                });
                polls += 1;
                assert!(polls < 2000, "it never ends");
            }
            assert!(polls > 15, "there were awaits");
        }
    }
}

#[test]
fn a_right_body_is_whole_when_the_download_says_so() {
    let digest = digest_of(&content(0));
    for held in HELD {
        block_on(async {
            let (mut client, origin, _) = client(Ram::new());
            hold(&mut client, &origin, &right(&[]), held).await;
            let wanted = Wanted::new(URI).expecting(digest);
            let mut image = client.download(&wanted, &mut [0; 64], &mut Attempts(1)).await.unwrap();
            assert_eq!((image.len(), image.verified()), (1000, Some(&digest)));
            let mut there = [0; 1000];
            assert_eq!(image.read_at(0, &mut there).await, Ok(1000));
            assert_eq!(there, *content(0));
            image.close().await.unwrap();
            let mut reply = client.request(get()).await;
            assert_eq!((reply.report().outcome, rest(&mut reply).await), (Outcome::Hit, Ok(content(0))));
            drop(reply);
            assert_eq!(client.health().await.pairs, 1, "{held:?}");
        });
    }
}

#[test]
fn an_empty_body_waits_for_its_verdict_too() {
    let (mut client, origin, _) = client(Ram::new());
    origin.then(Response::ok(&[FRESH], ""));
    let wanted = Wanted::new(URI).expecting(digest_of(b"something"));
    let came = block_on(client.download(&wanted, &mut [0; 64], &mut Attempts(1))).err();
    assert_eq!(came, Some(DownloadError::Mismatch(digest_of(b""))));
    assert_eq!(block_on(client.health()).pairs, 0);
    origin.then(Response::ok(&[FRESH], ""));
    let wanted = Wanted::new(URI).expecting(digest_of(b""));
    assert!(block_on(client.download(&wanted, &mut [0; 64], &mut Attempts(1))).is_ok());
    assert_eq!(block_on(from_store(&mut client)), Some(Vec::new()));
}

#[test]
fn s2_of_9530_parts_that_together_are_not_what_their_head_says_are_removed() {
    let says = digest_of(&content(0)).to_string();
    let lines = [("Repr-Digest", &*says)];
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        hold(&mut client, &origin, &right(&lines), &["bytes=0-599"]).await;
        hold(&mut client, &origin, &wrong(&lines), &["bytes=600-"]).await;
        has(&origin, &right(&lines));
        let mut reply = client.request(get()).await;
        assert_eq!(reply.report().forwarded, Some(Reason::WrongDigest));
        let walked = [Step::IdleClient, Step::PartialUpdate, Step::CacheMiss, Step::StoreAndUse];
        assert_eq!(reply.report().walked, walked);
        assert_eq!(rest(&mut reply).await, Ok(content(0)));
        drop(reply);
        assert_eq!(origin.last().line("range"), None);
        assert_eq!(client.health().await.pairs, 1);
        // What is right is whole, and costs nothing.
        let (mut client, origin, _) = crate::client(Ram::new());
        hold(&mut client, &origin, &right(&lines), &["bytes=0-599", "bytes=600-"]).await;
        assert_eq!(from_store(&mut client).await, Some(content(0)));
        assert_eq!(origin.count(), 2);
    });
}
