//! The cache over the adapter: what it is for.

use crate::{Adapter, Http1Adapter, Message, TestOrigin, Then, body, client, get, response, run};
use larder::client::download::{Attempts, Wanted};
use larder::client::{Outcome, Storing};
use larder::digest::{Verdict, Verifier};
use larder::fields::Digest;
use larder::head::RequestHead;
use std::io::Write;

/// A response that is not stored yet, one that is fresh, and one that the origin validates.
///
/// # Panics
/// If anything of it is not so.
pub fn miss_hit_and_304<A: Http1Adapter>() {
    assert_eq!(live::<A>().connections(), 1);
}

/// The same, over as many connections as it takes. The origin that was asked.
pub(crate) fn live<A: Adapter>() -> TestOrigin {
    let origin = TestOrigin::new(|request: &Message, stream| {
        let fresh = if request.path() == "/fresh" { 3600 } else { 0 };
        let lines = format!("ETag: \"1\"\r\nCache-Control: max-age={fresh}\r\n");
        if request.values("if-none-match") == ["\"1\""] {
            stream.write_all(format!("HTTP/1.1 304 X\r\n{lines}\r\n").as_bytes()).expect("open");
        } else {
            stream.write_all(&response(200, &lines, "hello")).expect("open");
        }
        Then::KeepAlive
    });
    run(async {
        let mut client = client::<A>();
        for (path, again) in [("/fresh", Outcome::Hit), ("/stale", Outcome::Revalidated)] {
            let uri = origin.uri(path);
            let mut reply = client.request(RequestHead::get(&uri)).await;
            assert_eq!(reply.report().outcome, Outcome::Miss);
            assert_eq!(reply.read_to_end(&mut [0; 16]).await.expect("a whole body"), 5);
            assert!(matches!(reply.report().storing, Storing::Stored(_)));
            drop(reply);
            let reply = client.request(RequestHead::get(&uri)).await;
            assert_eq!((reply.status(), reply.report().outcome), (200, again));
            assert_eq!(body(reply).await, "hello");
        }
        assert_eq!(origin.count(), 3);
        assert_eq!(get::<A>(&mut client, &origin.uri("/fresh")).await, "hello");
        assert_eq!(origin.count(), 3);
    });
    origin
}

/// An origin that closes after so many octets of a body, and goes on where it is asked to.
fn breaking(image: Vec<u8>, octets: usize) -> TestOrigin {
    TestOrigin::new(move |request: &Message, stream| {
        let range = request.values("range").first().map(|range| {
            let first = range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-'));
            first.and_then(|first| first.parse::<usize>().ok()).expect("an open range")
        });
        let (first, last) = (range.unwrap_or(0), image.len() - 1);
        let status = match range {
            Some(first) => format!("206 X\r\nContent-Range: bytes {first}-{last}/{}", image.len()),
            None => "200 X".to_owned(),
        };
        let rest = &image[first..];
        let head = format!(
            "HTTP/1.1 {status}\r\nETag: \"1\"\r\nCache-Control: max-age=3600\r\nContent-Length: {}\r\n\r\n",
            rest.len()
        );
        stream.write_all(head.as_bytes()).expect("open");
        stream.write_all(&rest[..rest.len().min(octets)]).expect("open");
        if rest.len() > octets { Then::Close } else { Then::KeepAlive }
    })
}

/// A download whose connection breaks twice fetches every octet once.
///
/// # Panics
/// If it does not.
pub fn s3_4_a_download_over_a_broken_link_goes_on_where_it_stopped<A: Adapter>() {
    let image: Vec<u8> =
        (0..20_000_u32).map(|number| number.to_be_bytes()[2] ^ number.to_be_bytes()[3]).collect();
    let mut verifier = Verifier::new(Digest::Sha256([0; 32]));
    verifier.update(&image);
    let (Verdict::Mismatch { found, .. } | Verdict::Verified(found)) = verifier.finish();
    let origin = breaking(image.clone(), 8_000);
    run(async {
        let (uri, mut client) = (origin.uri("/image"), client::<A>());
        let wanted = Wanted::new(&uri).expecting(found);
        let downloaded = client.download(&wanted, &mut [0; 512], &mut Attempts(3)).await;
        let mut downloaded = downloaded.expect("the third attempt brings the rest");
        assert_eq!(downloaded.verified(), Some(&found));
        let mut came = vec![0; 20_001];
        let read = downloaded.read_at(0, &mut came).await.expect("it is in the store");
        assert!(came[..read] == image[..]);
        downloaded.close().await;
    });
    let requests = origin.requests();
    let ranges: Vec<_> = requests.iter().map(|request| request.values("range")).collect();
    assert_eq!(ranges, [vec![], vec!["bytes=8000-"], vec!["bytes=16000-"]]);
    assert!(requests[1..].iter().all(|request| request.values("if-range") == ["\"1\""]));
}
