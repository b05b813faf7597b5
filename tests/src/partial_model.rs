//! A model of partial content: an origin that has one version after the other, sends them whole and in parts,
//! cut off and with every mistake, and a client over any store. Whatever happens, what is served is a slice
//! of one version.

use crate::origin::{Asked, OriginError};
use crate::{MockClock, Representation, Response, ScriptedOrigin, heads};
use larder::client::{BodyError, Client, Outcome, Reply};
use larder::head::{Fields, RequestHead};
use larder::store::PairStore;
use proptest::prelude::*;

const URI: &str = "http://example.com/image";

/// Octets of every version.
pub const LEN: usize = 700;

/// One thing that happens.
#[derive(Clone, Debug)]
pub enum Event {
    /// The client asks, for the whole or a range, while the origin behaves so, and reads at most so often.
    Ask(Option<String>, Behaviour, Option<usize>),
    /// The origin has another version.
    Change(Validator),
    /// Seconds pass. Everything is fresh for 60 s.
    Pass(u64),
}

/// What an origin does to a request.
#[derive(Clone, Copy, Debug)]
pub enum Behaviour {
    /// What RFC 9110 says.
    Right,
    /// The same, and the connection is lost after so many octets.
    CutOff(usize),
    /// It knows no ranges.
    Whole,
    /// It knows no `If-Range`.
    Unconditioned,
    /// It sends at most so many octets of a range.
    AtMost(usize),
    /// It sends another range than it was asked for, and says so.
    Shifted(usize),
    /// It sends more octets than it says.
    TooMany,
    /// It sends several ranges.
    Several,
    /// It answers with this status, and no content.
    Status(u16),
    /// It cannot be reached.
    Refused,
}

/// What a version is known by.
#[derive(Clone, Copy, Debug)]
pub enum Validator {
    /// A strong tag.
    Tag,
    /// A weak tag.
    WeakTag,
    /// A strong date.
    Date,
    /// Nothing.
    None,
}

/// The octets of a version.
pub fn content(version: u8) -> Vec<u8> {
    (0..LEN).map(|at| (at as u8).wrapping_mul(31).wrapping_add((at >> 8) as u8) ^ version).collect()
}

fn representation(version: u8, validator: Validator) -> Representation {
    let (number, tag, weak) = (version.to_string(), format!("\"{version}\""), format!("W/\"{version}\""));
    let (modified, date) = (heads::date(i64::from(version) - 10_000), heads::date(-1_000));
    let mut lines = vec![("Cache-Control", "max-age=60"), ("X-Version", &*number)];
    match validator {
        Validator::Tag => lines.push(("ETag", &tag)),
        Validator::WeakTag => lines.push(("ETag", &weak)),
        // An old `Date` makes it stale at once.
        Validator::Date => lines.extend([("Last-Modified", &*modified), ("Date", &*date)]),
        Validator::None => {}
    }
    Representation::new(&content(version), &lines)
}

fn respond(there: &Representation, behaviour: Behaviour, asked: &Asked) -> Response {
    let parsed = || {
        let value = asked.line("range")?;
        let (first, last) = value.strip_prefix("bytes=")?.split_once('-')?;
        let first: usize = first.parse().ok()?;
        let last = last.parse().unwrap_or(LEN - 1).min(LEN - 1);
        (first <= last).then_some((first, last))
    };
    match (behaviour, parsed()) {
        (Behaviour::CutOff(after), _) => there.answer(asked).cut_off_after(after),
        (Behaviour::Whole, _) => there.whole(),
        (Behaviour::Unconditioned, Some((first, last))) => there.part(first, last),
        (Behaviour::AtMost(most), Some((first, last))) => there.part(first, last.min(first + most)),
        (Behaviour::Shifted(by), Some((first, last))) => there.part((first + by).min(last), last),
        (Behaviour::TooMany, Some((first, last))) => there.part(first, last).chunk(b"too many"),
        (Behaviour::Several, Some(_)) => {
            let lines: Vec<_> = there.lines.iter().map(|(name, value)| (&**name, &**value)).collect();
            let several = [("Content-Type", "multipart/byteranges; boundary=x")];
            Response::new(206).with(&lines).with(&several).chunk(b"--x and so on")
        }
        (Behaviour::Status(status), _) => Response::new(status),
        (Behaviour::Refused, _) => Response::refused(),
        _ => there.answer(asked),
    }
}

/// Lives through events; whatever is served is checked on the way. A store that `may_forget` may lose what it
/// is just serving.
///
/// # Errors
/// What is wrong.
pub async fn live<S: PairStore>(store: S, events: &[Event], may_forget: bool) -> Result<(), TestCaseError> {
    let clock = MockClock::new();
    let mut client: Client<S, ScriptedOrigin, MockClock> =
        Client::new(store, ScriptedOrigin::new(), clock.clone());
    let mut version = 1;
    let mut there = representation(version, Validator::Tag);
    for event in events {
        match event {
            Event::Change(validator) => {
                version += 1;
                there = representation(version, *validator);
            }
            Event::Pass(seconds) => clock.advance(*seconds),
            Event::Ask(range, behaviour, reads) => {
                let (now, how) = (there.clone(), *behaviour);
                *client.origin() = ScriptedOrigin::answering(move |asked| respond(&now, how, asked));
                let lines: Vec<_> = range.iter().map(|range| ("Range", &**range)).collect();
                let request = RequestHead { fields: Fields::new(&lines), ..RequestHead::get(URI) };
                let reply = client.request(request).await;
                assert_served(reply, *reads, *behaviour, may_forget).await?;
            }
        }
    }
    // In the end everything is there again.
    *client.origin() = ScriptedOrigin::answering(move |asked| there.answer(asked));
    for _ in 0..4 {
        let reply = client.request(RequestHead::get(URI)).await;
        prop_assert_eq!(reply.status(), 200);
        if assert_served(reply, None, Behaviour::Right, may_forget).await? {
            return Ok(());
        }
    }
    prop_assert!(false, "no whole body in four requests");
    Ok(())
}

/// Whether the body came whole.
async fn assert_served<S: PairStore>(
    mut reply: Reply<'_, S, ScriptedOrigin>,
    reads: Option<usize>,
    behaviour: Behaviour,
    may_forget: bool,
) -> Result<bool, TestCaseError> {
    let lines = heads::owned(reply.fields());
    let status = reply.status();
    let (body, end) = read(&mut reply, reads).await;
    let report = reply.report();
    prop_assert_eq!(body.len() as u64, report.from_store + report.from_network);
    let by_origin = matches!(report.outcome, Outcome::Miss | Outcome::Changed);
    if by_origin && matches!(behaviour, Behaviour::TooMany | Behaviour::Several) {
        // The origin's mistake goes to who asked for it, and no further.
        return Ok(false);
    }
    let version = heads::value(&lines, "x-version").and_then(|value| value.parse().ok());
    let Some(version) = version.filter(|_| matches!(status, 200 | 206)) else {
        prop_assert!(body.is_empty(), "status {}", status);
        return Ok(false);
    };
    let all = content(version);
    let expected = match heads::value(&lines, "content-range").filter(|_| status == 206) {
        None => &all[..],
        Some(range) => {
            let (first, rest) = range["bytes ".len()..].split_once('-').expect("a range");
            let (last, _) = rest.split_once('/').expect("a length");
            let (first, last): (usize, usize) = (first.parse().expect("first"), last.parse().expect("last"));
            &all[first..=last]
        }
    };
    prop_assert_eq!(heads::value(&lines, "content-length"), Some(expected.len().to_string()));
    prop_assert!(expected.starts_with(&body), "{} octets of version {}", body.len(), version);
    match end {
        Some(Ok(())) => prop_assert_eq!(body.len(), expected.len(), "it ended in order"),
        Some(Err(BodyError::CutOff | BodyError::Changed)) | None => {}
        Some(Err(BodyError::Lost)) => prop_assert!(may_forget, "it was there"),
        Some(Err(error)) => {
            let refused = matches!(error, BodyError::Origin(OriginError::Refused));
            prop_assert!(refused && matches!(behaviour, Behaviour::Refused), "{:?}", error);
        }
    }
    Ok(end == Some(Ok(())) && status == 200)
}

type End = Result<(), BodyError<OriginError>>;

/// Reads the body; how it ended, unless it was not read to its end.
async fn read<S: PairStore>(
    reply: &mut Reply<'_, S, ScriptedOrigin>,
    reads: Option<usize>,
) -> (Vec<u8>, Option<End>) {
    let mut body = Vec::new();
    let mut buf = [0; 64];
    for _ in 0..reads.unwrap_or(usize::MAX) {
        match reply.read(&mut buf).await {
            Ok(0) => return (body, Some(Ok(()))),
            Ok(read) => body.extend_from_slice(&buf[..read]),
            Err(error) => return (body, Some(Err(error))),
        }
    }
    (body, None)
}

/// Events in any order.
pub fn events(most: usize) -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec(event(), 1..most)
}

fn event() -> impl Strategy<Value = Event> {
    let validator = prop_oneof![
        6 => Just(Validator::Tag), 1 => Just(Validator::WeakTag),
        2 => Just(Validator::Date), 1 => Just(Validator::None),
    ];
    let reads = proptest::option::weighted(0.3, 0..12_usize);
    prop_oneof![
        12 => (range(), behaviour(), reads).prop_map(|(range, how, reads)| Event::Ask(range, how, reads)),
        2 => validator.prop_map(Event::Change),
        2 => (0..100_u64).prop_map(Event::Pass),
    ]
}

fn range() -> impl Strategy<Value = Option<String>> {
    let position = 0..LEN + 20;
    prop_oneof![
        4 => Just(None),
        3 => (position.clone(), 0..300_usize).prop_map(|(first, more)| Some(format!("bytes={first}-{}", first + more))),
        1 => position.clone().prop_map(|first| Some(format!("bytes={first}-"))),
        1 => position.prop_map(|last| Some(format!("bytes=-{last}"))),
    ]
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    prop_oneof![
        6 => Just(Behaviour::Right),
        6 => (0..LEN).prop_map(Behaviour::CutOff),
        1 => Just(Behaviour::Whole),
        1 => Just(Behaviour::Unconditioned),
        1 => (0..200_usize).prop_map(Behaviour::AtMost),
        1 => (1..50_usize).prop_map(Behaviour::Shifted),
        1 => Just(Behaviour::TooMany),
        1 => Just(Behaviour::Several),
        1 => prop::sample::select(vec![416, 304, 404, 500, 503]).prop_map(Behaviour::Status),
        1 => Just(Behaviour::Refused),
    ]
}
