use super::*;
use crate::pair::StoredBody;
use crate::rules::preconditions::Answer;
use crate::rules::reuse::{Usability, Verdict};
use crate::time::{DeltaSeconds, HttpDate, ReceivedAt};

fn add(candidates: &mut Candidates, id: u64, date: i64, tag: &str) {
    add_as(candidates, Role::Answers, id, date, tag);
}

fn add_as(candidates: &mut Candidates, role: Role, id: u64, date: i64, tag: &str) {
    let candidate = Candidate {
        id: PairId::new(id),
        status: 200,
        only_head: false,
        has_vary: false,
        #[cfg(feature = "negotiation")]
        preference: 1000,
        hides_fields: false,
        tag: TagSpan::default(),
        has_tag: !tag.is_empty(),
        last_modified: None,
        date: Some(HttpDate::from_unix(date)),
        received: ReceivedAt { uptime: None, utc: None, initial_age: DeltaSeconds::ZERO },
        content_length: None,
        body: StoredBody::default(),
        coding: 0,
        is_strong: false,
        hole: None,
        role,
        usability: Usability { verdict: Verdict::Fresh, age: None, on_error: false },
        answer: Answer::Whole,
    };
    candidates.add(candidate, EntityTag::parse(tag.as_bytes()));
}

fn tags(candidates: &Candidates) -> &str {
    core::str::from_utf8(candidates.tags().unwrap_or_default()).unwrap()
}

#[test]
fn s4_1_the_most_recent_is_the_best() {
    let mut candidates = Candidates::new();
    for (id, date) in [(1, 10), (2, 30), (3, 20)] {
        add(&mut candidates, id, date, "");
    }
    assert_eq!(candidates.best().unwrap().1.id, PairId::new(2));
    assert_eq!(tags(&candidates), "");
}

#[test]
fn when_full_the_oldest_goes_with_its_tag() {
    for oldest in 0..CANDIDATES_MAX {
        let mut candidates = Candidates::new();
        for at in 0..CANDIDATES_MAX {
            let date = if at == oldest { 1 } else { 10 + at as i64 };
            add(&mut candidates, at as u64, date, &format!("W/\"{at}\""));
        }
        add(&mut candidates, 9, 100, "\"9\"");
        add(&mut candidates, 10, 0, "\"too old\"");
        assert_eq!(candidates.list.len(), CANDIDATES_MAX);
        let kept = (0..CANDIDATES_MAX).filter(|at| *at != oldest).map(|at| format!("W/\"{at}\""));
        let expected: std::vec::Vec<_> = kept.chain(["\"9\"".to_owned()]).collect();
        assert_eq!(tags(&candidates), expected.join(", "));
        for candidate in &candidates.list {
            let etag = candidates.validators(candidate).etag.unwrap();
            assert_eq!(etag.opaque(), format!("\"{}\"", candidate.id.number()).as_bytes());
        }
    }
}

#[test]
fn a_tag_that_is_too_long_is_not_kept() {
    let mut candidates = Candidates::new();
    add(&mut candidates, 1, 1, &format!("\"{}\"", "x".repeat(ETAG_MAX)));
    assert_eq!(candidates.tags(), None);
    assert!(candidates.tagged().is_empty());
}

#[test]
fn s4_3_1_tags_of_parts_are_kept_beside_those_to_be_sent() {
    let mut candidates = Candidates::new();
    for (id, role) in [(0, Role::Part), (1, Role::Answers), (2, Role::Part), (3, Role::Answers)] {
        add_as(&mut candidates, role, id, 10, &format!("\"{id}\""));
    }
    let assert_tags = |candidates: &Candidates, joined: &str| {
        assert_eq!(tags(candidates), joined);
        for candidate in &candidates.list {
            assert_eq!(candidates.tag(candidate), format!("\"{}\"", candidate.id.number()).as_bytes());
        }
    };
    assert_tags(&candidates, "\"1\", \"3\"");
    candidates.remove(candidates.position(PairId::new(3)).unwrap());
    assert_tags(&candidates, "\"1\"");
    candidates.remove(candidates.position(PairId::new(0)).unwrap());
    assert_tags(&candidates, "\"1\"");
    add(&mut candidates, 4, 10, "\"4\"");
    assert_tags(&candidates, "\"1\", \"4\"");
    candidates.remove(candidates.position(PairId::new(1)).unwrap());
    candidates.remove(candidates.position(PairId::new(4)).unwrap());
    assert_tags(&candidates, "");
    assert_eq!(candidates.list.len(), 1);
}
