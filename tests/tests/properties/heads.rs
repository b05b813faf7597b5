//! Heads: parse → emit → parse is the identity.

use crate::{almost_a_head, cases, lines};
use larder::head::{HeadBuf, HeadError, Method, RequestHead, ResponseHead};
use larder_tests::heads::owned;
use proptest::prelude::*;

type Buf = HeadBuf<1024, 24>;

fn emit(start: &str, head: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut octets = start.as_bytes().to_vec();
    for (name, value) in head {
        octets.extend_from_slice(name.as_bytes());
        octets.extend_from_slice(b": ");
        octets.extend_from_slice(value);
        octets.extend_from_slice(b"\r\n");
    }
    octets.extend_from_slice(b"\r\n");
    octets
}

fn response_octets(head: &ResponseHead<'_>) -> Vec<u8> {
    emit(&format!("HTTP/1.1 {:03} \r\n", head.status), &owned(head.fields))
}

fn request_octets(head: &RequestHead<'_>) -> Vec<u8> {
    emit(&format!("{} {} HTTP/1.1\r\n", head.method, head.uri), &owned(head.fields))
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn what_is_built_and_emitted_is_parsed_again(lines in lines(20), status in 100..1000_u16) {
        let mut built = Buf::new();
        let mut head = built.as_mut();
        head.start_response(status);
        for (name, value) in &lines {
            head.push(name, value).unwrap();
        }
        prop_assert_eq!(&owned(built.fields()), &lines);
        let mut octets = response_octets(&built.response());
        let length = octets.len();
        octets.extend_from_slice(b"body");
        let mut parsed = Buf::new();
        prop_assert_eq!(parsed.as_mut().parse_response(&octets), Ok(Some(length)));
        prop_assert_eq!(parsed.response().status, status);
        prop_assert_eq!(&owned(parsed.fields()), &lines);
        // Of a part of it there is nothing, and no error.
        let cut = length / 2;
        prop_assert_eq!(parsed.as_mut().parse_response(&octets[..cut]), Ok(None));
        prop_assert!(parsed.fields().is_empty());
    }

    #[test]
    fn a_request_is_parsed_again(lines in lines(20), method in "[A-Z-]{1,9}", path in "/[!-~&&[^\"<>\\^`{|}]]{0,30}") {
        let mut built = Buf::new();
        let mut head = built.as_mut();
        head.start_request(Method::from_name(&method), &path).unwrap();
        for (name, value) in &lines {
            head.push(name, value).unwrap();
        }
        let octets = request_octets(&built.request().unwrap());
        let mut parsed = Buf::new();
        prop_assert_eq!(parsed.as_mut().parse_request(&octets), Ok(Some(octets.len())));
        let request = parsed.request().unwrap();
        prop_assert_eq!((request.method.name(), request.uri), (&*method, &*path));
        prop_assert_eq!(owned(request.fields), lines);
    }

    #[test]
    fn any_octets_are_parsed_emitted_and_parsed_to_the_same(octets in almost_a_head()) {
        let mut first = Buf::new();
        match first.as_mut().parse_response(&octets) {
            Ok(Some(length)) => {
                prop_assert!(length <= octets.len());
                let mut second = Buf::new();
                let emitted = response_octets(&first.response());
                prop_assert_eq!(second.as_mut().parse_response(&emitted), Ok(Some(emitted.len())));
                prop_assert_eq!(second.response().status, first.response().status);
                prop_assert_eq!(owned(second.fields()), owned(first.fields()));
            }
            Ok(None) | Err(_) => prop_assert!(first.fields().is_empty(), "never a part of a head"),
        }
        let mut first = Buf::new();
        match first.as_mut().parse_request(&octets) {
            Ok(Some(_)) => {
                let mut second = Buf::new();
                let Some(request) = first.request() else { return Ok(()) };
                let emitted = request_octets(&request);
                prop_assert_eq!(second.as_mut().parse_request(&emitted), Ok(Some(emitted.len())));
                prop_assert_eq!(second.request().map(|request| request.uri.to_owned()), Some(request.uri.to_owned()));
                prop_assert_eq!(owned(second.fields()), owned(first.fields()));
            }
            Ok(None) | Err(_) => prop_assert!(first.request().is_none()),
        }
    }

    #[test]
    fn any_octets_at_all_do_no_harm(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut head = Buf::new();
        let _ = head.as_mut().parse_response(&octets);
        let _ = head.response();
        let _ = head.as_mut().parse_request(&octets);
        let _ = head.request();
    }

    #[test]
    fn what_does_not_fit_is_refused_whole(lines in lines(20)) {
        let octets = emit("HTTP/1.1 200 OK\r\n", &lines);
        let mut small: HeadBuf<128, 4> = HeadBuf::new();
        match small.as_mut().parse_response(&octets) {
            Ok(length) => {
                prop_assert_eq!(length, Some(octets.len()));
                prop_assert_eq!(&owned(small.fields()), &lines);
            }
            Err(HeadError::TooLong) => prop_assert!(octets.len() > 128),
            Err(HeadError::TooManyFields) => prop_assert!(lines.len() > 4),
            Err(error) => prop_assert!(false, "{error}"),
        }
        let mut built: HeadBuf<128, 4> = HeadBuf::new();
        let mut head = built.as_mut();
        head.start_response(200);
        let fits = lines.iter().all(|(name, value)| head.push(name, value).is_ok());
        if fits {
            prop_assert_eq!(owned(built.fields()), lines);
        }
    }

    #[test]
    fn nothing_that_would_break_a_head_gets_into_one(
        name in proptest::collection::vec(any::<char>(), 0..4),
        value in proptest::collection::vec(any::<u8>(), 0..8),
    ) {
        let name: String = name.into_iter().collect();
        let mut built = Buf::new();
        let mut head = built.as_mut();
        head.start_response(200);
        if head.push(&name, &value).is_ok() {
            prop_assert!(!value.iter().any(|octet| matches!(octet, b'\r' | b'\n' | 0)));
            prop_assert!(!name.is_empty() && name.bytes().all(|octet| octet.is_ascii_graphic() && octet != b':'));
        } else {
            prop_assert_eq!(built.response().status, 0, "and the head is empty");
        }
    }
}
