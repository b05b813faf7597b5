//! Downloads that are looked at before their body: by the head of the response, and by HEAD.

use crate::resumed_downloads::{content, digest_of};
use crate::{FRESH, Of, Ram, TAG, URI, client};
use larder::client::download::{DownloadError, Offer, Persistence, Progress, Wanted};
use larder::fields::Digest;
use larder_tests::origin::OriginError;
use larder_tests::{Representation, Response, ScriptedOrigin, block_on};

/// Takes what has at most so many octets.
struct Room {
    most: u64,
    offers: Vec<Offer>,
    /// How often something of a body was told.
    told: usize,
    attempts: u32,
}

impl Room {
    fn of(most: u64) -> Self {
        Self { most, offers: Vec::new(), told: 0, attempts: 1 }
    }
}

impl Persistence for Room {
    fn accept(&mut self, offer: Offer) -> bool {
        self.offers.push(offer);
        offer.complete.is_none_or(|complete| complete <= self.most)
    }

    fn progress(&mut self, _: Progress) {
        self.told += 1;
    }

    async fn again<E>(&mut self, _: &DownloadError<E>, reached: Progress) -> bool {
        reached.attempt < self.attempts
    }
}

fn download(
    client: &mut Of<Ram>,
    wanted: &Wanted<'_>,
    room: &mut Room,
) -> Result<u64, DownloadError<OriginError>> {
    block_on(client.download(wanted, &mut [0; 64], room)).map(|image| image.len())
}

/// An origin that has an image of 1,000 octets, and says its digest to who wants it.
fn has(origin: &ScriptedOrigin) -> Digest {
    let content = content(0);
    let digest = digest_of(&content);
    let says = digest.to_string();
    let there = Representation::new(&content, &[FRESH, TAG]);
    origin.answers(move |asked| match asked.line("want-repr-digest") {
        Some(_) => there.answer(asked).with(&[("Repr-Digest", &says)]),
        None => there.answer(asked),
    });
    digest
}

/// The methods of what was asked.
fn methods(origin: &ScriptedOrigin) -> Vec<String> {
    origin.asked().into_iter().map(|asked| asked.method).collect()
}

#[test]
fn what_is_too_large_is_refused_before_an_octet_is_read() {
    let (mut client, origin, _) = client(Ram::new());
    let digest = has(&origin);
    let mut room = Room::of(999);
    room.attempts = 5;
    assert_eq!(download(&mut client, &Wanted::new(URI), &mut room), Err(DownloadError::Refused));
    assert_eq!(room.offers[0], Offer { complete: Some(1000), digest: Some(digest) });
    assert_eq!(room.told, 0);
    assert!(!origin.is_reusable(), "its body was not read");
    assert_eq!(block_on(client.health()).pairs, 0);
    assert!(!DownloadError::<()>::Refused.is_transient());
    assert_eq!(download(&mut client, &Wanted::new(URI), &mut Room::of(1000)), Ok(1000));
}

#[test]
fn with_a_head_first_nothing_of_it_is_sent() {
    let (mut client, origin, _) = client(Ram::new());
    let digest = has(&origin);
    let mut room = Room::of(999);
    let wanted = Wanted::new(URI).head_first();
    assert_eq!(download(&mut client, &wanted, &mut room), Err(DownloadError::Refused));
    assert_eq!(room.offers, [Offer { complete: Some(1000), digest: Some(digest) }]);
    assert_eq!(methods(&origin), ["HEAD"]);
    assert!(origin.is_reusable());
    // Who expects a digest does not ask for one.
    let (mut client, origin, _) = crate::client(Ram::new());
    has(&origin);
    let mut room = Room::of(1000);
    assert_eq!(download(&mut client, &wanted.expecting(digest), &mut room), Ok(1000));
    let asked = [None, Some(digest)].map(|digest| Offer { complete: Some(1000), digest });
    assert_eq!(room.offers, asked);
    assert_eq!((methods(&origin), origin.connections()), (vec!["HEAD".to_owned(), "GET".to_owned()], 1));
}

#[test]
fn a_head_is_redirected_too_and_get_begins_anew() {
    let (mut client, origin, _) = client(Ram::new());
    let there = Representation::new(&content(0), &[FRESH, TAG]);
    let mut signature = 0;
    origin.answers(move |asked| {
        if asked.uri == URI {
            signature += 1;
            return Response::new(302).with(&[("Location", &format!("/image?{}={signature}", asked.method))]);
        }
        assert_eq!(asked.uri, format!("http://example.com/image?{}={signature}", asked.method));
        there.answer(asked)
    });
    let wanted = Wanted::new(URI).expecting(digest_of(&content(0))).head_first().named("image");
    let mut room = Room::of(1000);
    assert_eq!(download(&mut client, &wanted, &mut room), Ok(1000));
    assert_eq!(methods(&origin), ["HEAD", "HEAD", "GET", "GET"]);
    assert_eq!(room.offers.len(), 2);
    // What is stored and fresh answers both.
    assert_eq!(download(&mut client, &wanted, &mut room), Ok(1000));
    assert_eq!((origin.count(), room.offers.len()), (4, 4));
}

#[test]
fn a_head_that_tells_nothing_leaves_it_to_get() {
    for status in [403, 405, 501] {
        let (mut client, origin, _) = client(Ram::new());
        has(&origin);
        origin.then(Response::new(status));
        let mut room = Room::of(1000);
        assert_eq!(download(&mut client, &Wanted::new(URI).head_first(), &mut room), Ok(1000), "{status}");
        assert_eq!((methods(&origin).len(), room.offers.len()), (2, 1));
    }
}

#[test]
fn only_the_first_attempt_looks() {
    let (mut client, origin, _) = client(Ram::new());
    origin.then(Response::refused());
    origin.then(Response::new(503));
    has(&origin);
    let mut room = Room::of(1000);
    room.attempts = 3;
    assert_eq!(download(&mut client, &Wanted::new(URI).head_first(), &mut room), Ok(1000));
    assert_eq!(methods(&origin), ["HEAD", "GET", "GET"]);
}

#[test]
fn a_part_that_is_held_is_looked_at_without_the_origin_and_goes_on() {
    let (mut client, origin, _) = client(Ram::new());
    let there = Representation::new(&content(0), &[FRESH, TAG]);
    origin.then(there.whole().cut_off_after(150));
    assert!(download(&mut client, &Wanted::new(URI), &mut Room::of(1000)).is_err());
    origin.answers(move |asked| there.answer(asked));
    assert_eq!(download(&mut client, &Wanted::new(URI).head_first(), &mut Room::of(1000)), Ok(1000));
    assert_eq!(methods(&origin), ["GET", "GET"]);
    assert_eq!(origin.last().line("range").as_deref(), Some("bytes=150-"));
}
