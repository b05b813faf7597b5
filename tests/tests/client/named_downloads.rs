//! Downloads under a name: the URI is another one each time, as a signed one is.

use crate::resumed_downloads::{Sum, content, cut, digest_of};
use crate::{FRESH, Of, Ram, TAG, client, rest};
use larder::Reason;
use larder::client::download::{Attempts, DownloadError, Wanted};
use larder::fields::Digest;
use larder::head::{Fields, RequestHead};
use larder::redirects::RedirectRefused;
use larder_tests::origin::{Asked, OriginError};
use larder_tests::{Representation, Response, ScriptedOrigin, block_on};

/// Where every attempt begins.
const LATEST: &str = "http://example.com/latest";

/// What the image is called here.
const NAME: &str = "firmware/board-7";

/// What a test asks of a download.
type Came = Result<(u64, Option<Digest>), DownloadError<OriginError>>;

/// An origin that sends [`LATEST`] to another signed URI each time, where `image` answers.
fn signed(origin: &ScriptedOrigin, mut image: impl FnMut(&Asked) -> Response + 'static) {
    let mut signature = 0;
    origin.answers(move |asked| {
        if asked.uri != LATEST {
            assert_eq!(asked.uri, format!("http://images.example/4?sig={signature}"), "an expired one");
            return image(asked);
        }
        signature += 1;
        let there = format!("http://images.example/4?sig={signature}");
        // Even where it may be stored.
        Response::new(302).with(&[FRESH, ("Location", &there), ("Content-Length", "0")])
    });
}

/// `first` says something to the first request for the image, and then `later` is there.
fn then(first: Response, later: &Representation) -> impl FnMut(&Asked) -> Response + 'static {
    let (mut first, later) = (Some(first), later.clone());
    move |asked| first.take().unwrap_or_else(|| later.answer(asked))
}

/// What `there` answers with the first 150 octets of its content, and no more.
fn begun(there: &Representation) -> Response {
    there.whole().cut_off_after(150)
}

fn download(client: &mut Of<Ram>, expected: Digest, attempts: u32) -> Came {
    let wanted = Wanted::new(LATEST).expecting(expected).named(NAME);
    let came = block_on(client.download(&wanted, &mut [0; 64], &mut Attempts(attempts)))?;
    Ok((came.len(), came.verified().copied()))
}

/// `Range` of what was asked of the image.
fn ranges(origin: &ScriptedOrigin) -> Vec<Option<String>> {
    let asked = origin.asked();
    asked.iter().filter(|asked| asked.uri != LATEST).map(|asked| asked.line("range")).collect()
}

fn from(first: usize) -> Option<String> {
    Some(format!("bytes={first}-"))
}

fn release(seed: u8, lines: &[(&str, &str)]) -> (Representation, Digest) {
    let content = content(seed);
    let digest = digest_of(&content);
    (Representation::new(&content, lines), digest)
}

#[test]
fn four_lost_connections_to_four_signed_uris_cost_no_octet_twice() {
    let (there, digest) = release(0, &[FRESH, TAG]);
    let (mut client, origin, _) = client(Ram::new());
    let (says, mut left) = (there.clone(), 4);
    signed(&origin, move |asked| {
        if left == 0 {
            return says.answer(asked);
        }
        left -= 1;
        cut(&says, asked, 150)
    });
    let mut sum = Sum { most: 9, ..Sum::default() };
    let wanted = Wanted::new(LATEST).expecting(digest).named(NAME);
    let mut image = block_on(client.download(&wanted, &mut [0; 64], &mut sum)).unwrap();
    assert_eq!((image.len(), image.verified()), (1000, Some(&digest)));
    assert_eq!(sum.network, 1000, "one image");
    let mut block = [0; 1000];
    assert_eq!(block_on(image.read_at(0, &mut block)), Ok(1000));
    assert_eq!(block, *there.content);
    block_on(image.close()).unwrap();
    assert_eq!(ranges(&origin), [None, from(150), from(300), from(450), from(600)]);
    let uris: std::collections::BTreeSet<_> = origin.asked().iter().map(|asked| asked.uri.clone()).collect();
    assert_eq!(uris.len(), 6, "no URI of the image was asked twice");
    // Which hop has the image is known only when it has answered.
    assert_eq!(origin.asked()[2].line("if-range").as_deref(), Some(TAG.1));
    assert_eq!(origin.last().line("if-range").as_deref(), Some(TAG.1));
    assert_eq!(block_on(client.health()).pairs, 1, "the image, and no redirection");
}

#[test]
fn what_was_downloaded_is_found_under_its_name_and_validated_where_it_is_now() {
    let (there, digest) = release(0, &[FRESH, TAG]);
    let (mut client, origin, clock) = client(Ram::new());
    signed(&origin, move |asked| there.answer(asked));
    let came = Ok((1000, Some(digest)));
    assert_eq!(download(&mut client, digest, 1), came);
    assert_eq!(download(&mut client, digest, 1), came);
    assert_eq!(origin.count(), 2, "fresh, it costs nothing");
    clock.advance(1000);
    assert_eq!(download(&mut client, digest, 1), came);
    assert_eq!((origin.count(), origin.last().line("if-none-match").as_deref()), (4, Some(TAG.1)));
    assert_eq!(block_on(client.health()).pairs, 1);
}

#[test]
fn a_name_answers_no_request_and_no_request_answers_a_name() {
    let (there, digest) = release(0, &[FRESH, TAG]);
    let (mut client, origin, _) = client(Ram::new());
    let says = there.clone();
    signed(&origin, move |asked| says.answer(asked));
    assert_eq!(download(&mut client, digest, 1), Ok((1000, Some(digest))));
    // Whatever is asked for by that text is asked of the origin.
    origin.then(Response::ok(&[FRESH], "something else"));
    block_on(async {
        let mut reply = client.request(RequestHead::get(NAME)).await;
        assert_eq!(reply.report().forwarded, Some(Reason::NoAuthority));
        assert_eq!(rest(&mut reply).await.as_deref(), Ok(&b"something else"[..]));
    });
    // What is stored under the URI it comes from is another pair.
    let plain = Wanted::new("http://images.example/4?sig=1").expecting(digest);
    let image = block_on(client.download(&plain, &mut [0; 64], &mut Attempts(1))).unwrap();
    assert_eq!(image.len(), 1000);
    block_on(image.close()).unwrap();
    assert_eq!(origin.count(), 4);
    assert_eq!(block_on(client.health()).pairs, 2);
    let other = Wanted::new(LATEST).expecting(digest).named("firmware/board-8");
    assert!(block_on(client.download(&other, &mut [0; 64], &mut Attempts(1))).is_ok());
    assert_eq!(origin.count(), 6, "another name is another pair");
}

#[test]
fn a_name_needs_a_digest_and_is_no_uri() {
    let (mut client, origin, _) = client(Ram::new());
    let wanted = Wanted::new(LATEST).named(NAME);
    let came = block_on(client.download(&wanted, &mut [0; 64], &mut Attempts(5))).err();
    assert_eq!(came, Some(DownloadError::Name), "nobody says what it must be");
    for name in ["", "two words", "a#b", "na\u{ef}ve", "http://example.com/a", "x://y", "ht%74p://h/", "://"]
    {
        let wanted = Wanted::new(LATEST).expecting(digest_of(b"")).named(name);
        let came = block_on(client.download(&wanted, &mut [0; 64], &mut Attempts(5))).err();
        assert_eq!(came, Some(DownloadError::Name), "{name:?}");
    }
    assert!(!DownloadError::<()>::Name.is_transient());
    assert_eq!(origin.count(), 0);
}

#[test]
fn only_what_has_the_same_validator_and_length_completes_it() {
    let (old, _) = release(0, &[FRESH, TAG]);
    let (new, digest) = release(7, &[FRESH, ("ETag", "\"2\"")]);
    let shorter = Representation { content: content(7)[..900].to_vec(), ..old.clone() };
    let same_tag = Representation { lines: old.lines.clone(), ..new.clone() };
    for (what, says, there, digest) in [
        ("a 200", None, &new, digest),
        ("another tag", Some(new.part(150, 999)), &new, digest),
        ("another length", Some(shorter.part(150, 899)), &shorter, digest_of(&shorter.content)),
        ("no tag", Some(Representation::new(&new.content, &[FRESH]).part(150, 999)), &same_tag, digest),
        (
            "no length",
            Some(Response::new(206).with(&[FRESH, TAG, ("Content-Range", "bytes 150-999/*")])),
            &new,
            digest,
        ),
    ] {
        let (mut client, origin, _) = client(Ram::new());
        signed(&origin, then(begun(&old), &old));
        assert!(download(&mut client, digest, 1).is_err());
        match says {
            Some(says) => signed(&origin, then(says, there)),
            None => signed(&origin, then(there.whole(), there)),
        }
        let length = there.content.len() as u64;
        assert_eq!(download(&mut client, digest, 1), Ok((length, Some(digest))), "{what}");
        let whole = ranges(&origin).iter().filter(|range| range.is_none()).count();
        let anew = usize::from(what != "a 200");
        assert_eq!((ranges(&origin)[1].clone(), whole), (from(150), 1 + anew), "{what}");
        assert_eq!(block_on(client.health()).pairs, 1, "{what}");
    }
}

#[test]
fn a_part_whose_length_is_not_known_is_not_completed() {
    let (there, digest) = release(0, &[FRESH, TAG]);
    let (mut client, origin, _) = client(Ram::new());
    let chunked = Response::new(200).with(&[FRESH, TAG]).chunk(&there.content[..150]).cut_off();
    signed(&origin, then(chunked, &there));
    assert_eq!(download(&mut client, digest, 2), Ok((1000, Some(digest))));
    assert_eq!(ranges(&origin), [None, None]);
    assert_eq!(block_on(client.health()).pairs, 1);
}

#[test]
fn another_body_with_the_same_validator_and_length_is_discarded() {
    let (right, digest) = release(0, &[FRESH, TAG]);
    let (other, _) = release(7, &[FRESH, TAG]);
    let (mut client, origin, _) = client(Ram::new());
    signed(&origin, then(begun(&right), &other));
    let torn = [&right.content[..150], &other.content[150..]].concat();
    assert_eq!(download(&mut client, digest, 2), Err(DownloadError::Mismatch(digest_of(&torn))));
    assert_eq!(ranges(&origin), [None, from(150)]);
    assert_eq!(block_on(client.health()).pairs, 0, "nothing of it is left");
    signed(&origin, move |asked| right.answer(asked));
    assert_eq!(download(&mut client, digest, 1), Ok((1000, Some(digest))));
    assert_eq!(ranges(&origin)[2..], [None], "from its first octet");
}

#[test]
fn what_is_no_part_of_the_body_leaves_it_alone_and_is_not_stored() {
    let (there, digest) = release(0, &[FRESH, TAG]);
    for status in [403, 404, 410, 500, 503] {
        let (mut client, origin, _) = client(Ram::new());
        signed(&origin, then(begun(&there), &there));
        assert!(download(&mut client, digest, 1).is_err());
        let refused = Response::new(status).with(&[FRESH, ("Content-Length", "7")]).chunk(b"expired");
        signed(&origin, then(refused, &there));
        assert_eq!(download(&mut client, digest, 1), Err(DownloadError::Status(status)));
        assert_eq!(download(&mut client, digest, 1), Ok((1000, Some(digest))), "{status}");
        assert_eq!(ranges(&origin), [None, from(150), from(150)], "{status}");
        assert_eq!(block_on(client.health()).pairs, 1);
    }
    // A whole one that has to be validated stays too.
    let (mut client, origin, clock) = client(Ram::new());
    signed(&origin, then(there.whole(), &there));
    assert!(download(&mut client, digest, 1).is_ok());
    clock.advance(1000);
    signed(&origin, then(Response::new(404).with(&[FRESH]), &there));
    assert_eq!(download(&mut client, digest, 1), Err(DownloadError::Status(404)));
    assert_eq!(download(&mut client, digest, 1), Ok((1000, Some(digest))));
    assert_eq!(origin.last().line("if-none-match").as_deref(), Some(TAG.1));
}

#[test]
fn another_release_takes_the_place_of_the_one_before() {
    let (old, before) = release(0, &[FRESH, TAG]);
    let (new, after) = release(7, &[FRESH, ("ETag", "\"2\"")]);
    let (mut client, origin, _) = client(Ram::new());
    signed(&origin, move |asked| old.answer(asked));
    assert_eq!(download(&mut client, before, 1), Ok((1000, Some(before))));
    signed(&origin, move |asked| new.answer(asked));
    // The old one is fresh, and is not what is wanted.
    assert_eq!(download(&mut client, after, 2), Ok((1000, Some(after))));
    assert_eq!(block_on(client.health()).pairs, 1);
}

#[test]
fn redirections_are_followed_as_those_of_any_download() {
    let (there, digest) = release(0, &[FRESH, TAG]);
    let lines = [("Authorization", "secret"), ("Accept", "x/y")];
    let (mut client, origin, _) = client(Ram::new());
    signed(&origin, move |asked| there.answer(asked));
    let wanted = Wanted::new(LATEST).expecting(digest).named(NAME).with_fields(Fields::new(&lines));
    assert!(block_on(client.download(&wanted, &mut [0; 64], &mut Attempts(1))).is_ok());
    let known: Vec<_> =
        origin.asked().iter().map(|asked| (asked.line("authorization"), asked.line("accept"))).collect();
    let accept = Some("x/y".to_owned());
    assert_eq!(known, [(Some("secret".to_owned()), accept.clone()), (None, accept)]);

    origin.then(Response::new(302).with(&[("Location", "http://example.com/4")]));
    let secure = Wanted::new("https://example.com/latest").expecting(digest).named("other");
    let came = block_on(client.download(&secure, &mut [0; 64], &mut Attempts(5))).err();
    assert_eq!(came, Some(DownloadError::Redirect(RedirectRefused::Downgrade)));
}

#[test]
fn what_is_stored_under_a_name_is_removed_by_it() {
    let (there, digest) = release(0, &[FRESH, TAG]);
    let (mut client, origin, _) = client(Ram::new());
    signed(&origin, then(begun(&there), &there));
    assert!(matches!(download(&mut client, digest, 1), Err(DownloadError::Body(_))));
    block_on(client.invalidate(NAME)).unwrap();
    assert_eq!(block_on(client.health()).pairs, 0);
    assert_eq!(download(&mut client, digest, 1), Ok((1000, Some(digest))));
    assert_eq!(ranges(&origin), [None, None], "it began anew");
}
