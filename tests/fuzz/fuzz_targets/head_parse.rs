//! Heads: parse → emit → parse is the identity, and what is no head leaves none.
#![no_main]

use larder::head::{Fields, HeadBuf};
use larder_tests::heads::owned;
use libfuzzer_sys::fuzz_target;

type Buf = HeadBuf<2048, 40>;

fn emit(start: String, fields: Fields<'_>) -> Vec<u8> {
    let mut octets = start.into_bytes();
    for line in fields {
        octets.extend_from_slice(line.name().as_bytes());
        octets.extend_from_slice(b": ");
        octets.extend_from_slice(line.value());
        octets.extend_from_slice(b"\r\n");
    }
    octets.extend_from_slice(b"\r\n");
    octets
}

fuzz_target!(|octets: &[u8]| {
    let (mut first, mut second) = (Buf::new(), Buf::new());
    match first.as_mut().parse_response(octets) {
        Ok(Some(length)) => {
            assert!(length <= octets.len());
            let head = first.response();
            let emitted = emit(format!("HTTP/1.1 {:03} \r\n", head.status), head.fields);
            if let Ok(again) = second.as_mut().parse_response(&emitted) {
                assert_eq!(again, Some(emitted.len()));
                assert_eq!(second.response().status, head.status);
                assert_eq!(owned(second.fields()), owned(first.fields()));
            } else {
                // What is emitted may be longer than what was received: `a:b` becomes `a: b`.
                assert!(emitted.len() > 2048);
            }
        }
        Ok(None) | Err(_) => assert!(first.fields().is_empty() && first.response().status == 0),
    }
    match first.as_mut().parse_request(octets) {
        Ok(Some(_)) => {
            let Some(head) = first.request() else { return };
            let emitted = emit(format!("{} {} HTTP/1.1\r\n", head.method, head.uri), head.fields);
            if let Ok(again) = second.as_mut().parse_request(&emitted) {
                assert_eq!(again, Some(emitted.len()));
                let same = second.request().expect("a request");
                assert_eq!((same.method, same.uri), (head.method, head.uri));
                assert_eq!(owned(second.fields()), owned(first.fields()));
            } else {
                assert!(emitted.len() > 2048);
            }
        }
        Ok(None) | Err(_) => assert!(first.fields().is_empty() && first.request().is_none()),
    }
});
