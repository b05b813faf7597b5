//! RFC 9111 §3.4, RFC 9110 §15.3.7.3: parts whose 206 did not know the complete length (`bytes 0-4/*`) are
//! combined with those that do.

use crate::cc;
use larder::client::{Outcome, Step};
use larder_tests::{Device, Representation, Response};

const TAG: (&str, &str) = ("ETag", "\"1\"");

fn there() -> Representation {
    let content: Vec<u8> = (0..=255).collect();
    Representation::new(&content, &[cc("max-age=60"), TAG])
}

/// A device that holds these parts; `*` in place of a complete length: not known.
fn holding(parts: &[(usize, usize, &str, &str)]) -> Device {
    let (mut device, there) = (Device::private(), there());
    for (first, last, complete, tag) in parts {
        let lines = [
            cc("max-age=60"),
            ("ETag", *tag),
            ("Content-Range", &*format!("bytes {first}-{last}/{complete}")),
        ];
        let says = Response::new(206).with(&lines).chunk(&vec![7; last - first + 1]);
        let says = match there.content.get(*first..=*last) {
            Some(octets) => Response::new(206).with(&lines).chunk(octets),
            None => says,
        };
        let answer = device.fetch("/a", &[("Range", &format!("bytes={first}-{last}"))], says);
        assert_eq!(answer.status, 206);
        device.pass(1);
    }
    device.origin.answers(move |asked| there.answer(asked));
    device
}

/// What was asked for since so many requests.
fn asked(device: &Device, before: usize) -> Vec<Option<String>> {
    device.origin.asked()[before..].iter().map(|asked| asked.line("range")).collect()
}

#[test]
fn s3_4_a_part_learns_the_complete_length_from_another() {
    for parts in [
        [(0, 99, "*", "\"1\""), (100, 199, "256", "\"1\"")],
        [(0, 99, "256", "\"1\""), (100, 199, "*", "\"1\"")],
    ] {
        let mut device = holding(&parts);
        let answer = device.hit("/a", &[("Range", "bytes=50-150")]);
        assert_eq!((answer.status, &*answer.body), (206, &there().content[50..=150]), "{parts:?}");
        assert_eq!(answer.line("content-range").as_deref(), Some("bytes 50-150/256"));
        assert_eq!(device.hit("/a", &[("Range", "bytes=150-199")]).body, there().content[150..200]);
        assert_eq!(answer.report.walked, [Step::IdleClient, Step::PartialUpdate, Step::FromCache]);
        assert_eq!(device.health().pairs, 1);
        let answer = device.get("/a", &[]);
        assert_eq!((answer.outcome(), answer.body), (Outcome::Completed, there().content));
        assert_eq!(asked(&device, 2), [Some("bytes=200-".to_owned())]);
    }
}

#[test]
fn s3_4_parts_that_leave_nothing_missing_are_a_whole_with_its_length() {
    for (first, second) in [("*", "256"), ("256", "*")] {
        let parts = [(0, 99, first, "\"1\""), (90, 255, second, "\"1\"")];
        let answer = holding(&parts).hit("/a", &[("Range", "bytes=-200")]);
        assert_eq!((answer.status, &*answer.body), (206, &there().content[56..]), "its end is known now");
        let mut device = holding(&parts);
        for _ in 0..2 {
            let answer = device.hit("/a", &[]);
            assert_eq!((answer.status, &answer.body), (200, &there().content));
            assert_eq!(answer.line("content-length").as_deref(), Some("256"));
            assert_eq!(answer.line("content-range"), None);
        }
        assert_eq!(device.health().pairs, 1);
    }
}

#[test]
fn s3_4_three_parts_of_which_one_knows() {
    let tag = "\"1\"";
    let mut device = holding(&[(0, 49, "*", tag), (100, 149, "*", tag), (50, 99, "256", tag)]);
    assert_eq!(device.hit("/a", &[("Range", "bytes=0-149")]).body, there().content[..150]);
    assert_eq!(device.health().pairs, 1);
}

#[test]
fn s3_4_what_cannot_be_told_to_agree_is_not_combined() {
    for (what, parts) in [
        ("nobody knows the length", [(0, 99, "*", "\"1\""), (100, 199, "*", "\"1\"")]),
        ("another validator", [(0, 99, "*", "\"2\""), (100, 199, "256", "\"1\"")]),
        ("a weak one", [(0, 99, "*", "W/\"1\""), (100, 199, "256", "W/\"1\"")]),
        ("octets behind the end", [(250, 259, "*", "\"1\""), (100, 199, "256", "\"1\"")]),
    ] {
        let mut device = holding(&parts);
        let (_, asked) = device.forwarded("/a", &[("Range", "bytes=50-255")]);
        assert_eq!(asked.line("range").as_deref(), Some("bytes=50-255"), "{what}");
        let range = ("Range", &*format!("bytes={}-{}", parts[0].0, parts[0].1));
        assert_eq!(device.hit("/a", &[range]).status, 206, "{what}: it is there as before");
        let answer = device.get("/a", &[]);
        assert_eq!(answer.body, there().content, "{what}");
    }
}
