//! larder's answers: the states, without client and store.

use crate::answers::{After, Answers, Head, Next, head};
use crate::case::{BODY, Case, Exchange, Lines};
use larder::head::{Fields, Method, RequestHead, ResponseHead};
use larder::pair::{NewPair, PairId, PairKey, StoredBody, StoredPair, record};
use larder::state::{
    Candidates, End, FromCache, IdleClient, IdleNext, MissNext, NeedRevalidation, RevalidationNext, Serving,
};
use larder::time::{self, HttpDate, Now, Uptime};
use larder::{Answer, CacheOptions};

/// larder's answers to a case.
pub fn answers(case: &Case) -> Answers {
    let options = if case.shared { CacheOptions::SHARED } else { CacheOptions::PRIVATE };
    let kept: Vec<Option<Kept>> = case.first.iter().map(|exchange| store(exchange, &options)).collect();
    let mut answers = Answers { stored: kept.iter().map(Option::is_some).collect(), ..Answers::default() };
    if !answers.stored.contains(&true) || case.first.iter().any(|exchange| exchange.response.status == 206) {
        return answers;
    }
    let pairs: Vec<StoredPair<'_>> =
        kept.iter().enumerate().filter_map(|(at, kept)| Some(kept.as_ref()?.pair(at as u64))).collect();
    if let Some(first) = kept[0].as_ref().map(|kept| kept.pair(0)) {
        answers.stored_head = Some(of(first.response.fields.iter().filter_map(line)));
        answers.fresh_for = Some(fresh_for(&case.first[0], &first, &options));
        let age = first.received.resident_time(now(case.then.sent));
        answers.age =
            age.map(|resident| first.received.initial_age.saturating_add(resident).as_secs().into());
    }
    second(case, &pairs, &options, &mut answers);
    answers
}

/// A stored pair's record.
struct Kept(Vec<u8>);

impl Kept {
    fn new(pair: &NewPair<'_>) -> Self {
        let mut octets = Vec::new();
        let done = record::encode(pair, |part| {
            octets.extend_from_slice(part);
            Ok::<(), ()>(())
        });
        assert_eq!(done, Some(Ok(())));
        Self(octets)
    }

    fn pair(&self, number: u64) -> StoredPair<'_> {
        record::decode(&self.0, PairId::new(number), StoredBody::whole(BODY)).expect("a record")
    }
}

fn now(seconds: u64) -> Now {
    // Booted in 2001: every time of a case is later.
    let utc = Some(HttpDate::from_unix(seconds as i64));
    Now { uptime: Uptime::from_secs(seconds - 1_000_000_000), utc }
}

fn at(exchange: &Exchange) -> time::Exchange {
    time::Exchange { requested: now(exchange.sent), received: now(exchange.received) }
}

fn views(lines: &Lines) -> Vec<(&str, &str)> {
    lines.iter().map(|(name, value)| (&**name, &**value)).collect()
}

fn line(field: larder::head::Field<'_>) -> Option<(&str, &str)> {
    Some((field.name(), field.text()?))
}

fn of<'a>(lines: impl IntoIterator<Item = (&'a str, &'a str)>) -> Head {
    head(lines)
}

fn store(exchange: &Exchange, options: &CacheOptions) -> Option<Kept> {
    let (asked, said) = (views(&exchange.request.lines), views(&exchange.response.lines));
    let request = RequestHead {
        method: Method::from_name(&exchange.request.method),
        uri: &exchange.request.uri,
        fields: Fields::new(&asked),
    };
    let mut scratch = Candidates::new();
    let next = IdleClient::new(options).next(request, [], now(exchange.sent), &mut scratch);
    let IdleNext::CacheMiss(miss) = next else {
        // `only-if-cached`: nothing is asked, and nothing stored.
        return None;
    };
    let response = ResponseHead { status: exchange.response.status, fields: Fields::new(&said) };
    let end = match miss.next(response, at(exchange)) {
        MissNext::StoreAndUse(state) => End::StoreAndUse(state),
        MissNext::CouldNotBeStored(state) => End::CouldNotBeStored(state),
        MissNext::InvalidateEntries(state) => state.next(),
        other => panic!("nothing was stored: {other:?}"),
    };
    match end {
        End::StoreAndUse(state) => Some(Kept::new(&state.pair())),
        End::CouldNotBeStored(_) => None,
    }
}

/// For how long a plain request is answered by the pair, from when it was received on.
fn fresh_for(exchange: &Exchange, pair: &StoredPair<'_>, options: &CacheOptions) -> u64 {
    let lines: Vec<_> =
        views(&exchange.request.lines).into_iter().filter(|(name, _)| !is_asking(name)).collect();
    let request = RequestHead {
        method: Method::from_name(&exchange.request.method),
        uri: &exchange.request.uri,
        fields: Fields::new(&lines),
    };
    let is_fresh = |waited| {
        let mut scratch = Candidates::new();
        let next =
            IdleClient::new(options).next(request, [*pair], now(exchange.received + waited), &mut scratch);
        matches!(next, IdleNext::FromCache(state) if state.serving() == Serving::Fresh)
    };
    let (mut fresh, mut stale) = (0, 1 << 32);
    if !is_fresh(0) {
        return 0;
    }
    while stale - fresh > 1 {
        let middle = fresh + (stale - fresh) / 2;
        if is_fresh(middle) { fresh = middle } else { stale = middle }
    }
    stale
}

fn is_asking(name: &str) -> bool {
    ["cache-control", "pragma", "range"].iter().any(|other| name.eq_ignore_ascii_case(other))
}

fn second(case: &Case, pairs: &[StoredPair<'_>], options: &CacheOptions, answers: &mut Answers) {
    let then = &case.then;
    let (asked, said) = (views(&then.request.lines), views(&then.response.lines));
    let request = RequestHead {
        method: Method::from_name(&then.request.method),
        uri: &then.request.uri,
        fields: Fields::new(&asked),
    };
    let response = ResponseHead { status: then.response.status, fields: Fields::new(&said) };
    let mut scratch = Candidates::new();
    let next = IdleClient::new(options).next(request, pairs.iter().copied(), now(then.sent), &mut scratch);
    match next {
        IdleNext::FromCache(state) => hit(&state, pairs, answers),
        IdleNext::GatewayTimeout(_) => answers.next = Some(Next::Timeout),
        IdleNext::PartialUpdate(_) => panic!("nothing incomplete is stored"),
        IdleNext::NeedRevalidation(need) => {
            answers.next = Some(Next::Validate);
            let sent = need.outgoing().fields;
            let line =
                |name| sent.get(name).map_or(String::new(), |value| String::from_utf8_lossy(value).into());
            answers.none_match = Some(line("if-none-match"));
            answers.modified_since = Some(line("if-modified-since"));
            validated(need, response, at(then), pairs, answers);
        }
        IdleNext::CacheMiss(miss) => {
            answers.next = Some(Next::Forward);
            if !request.method.is_safe() {
                let key = PairKey::new(&case.first[0].request.uri);
                let gone = match miss.next(response, at(then)) {
                    MissNext::InvalidateEntries(state) => {
                        state.keys().any(|other| other.normalized().eq(key.normalized()))
                    }
                    _ => false,
                };
                answers.invalidated = Some(gone);
            }
        }
    }
}

fn hit(state: &FromCache<'_>, pairs: &[StoredPair<'_>], answers: &mut Answers) {
    if state.answer() != Answer::Whole {
        answers.next = Some(Next::HitInPart);
        return;
    }
    answers.next = Some(Next::Hit);
    let pair = pairs.iter().find(|pair| pair.id == state.id()).expect("it was offered");
    answers.served = Some(of(state.fields(pair.response.fields).iter().filter_map(line)));
}

fn validated(
    need: NeedRevalidation<'_>,
    response: ResponseHead<'_>,
    at: time::Exchange,
    pairs: &[StoredPair<'_>],
    answers: &mut Answers,
) {
    let end = match need.next(response, at) {
        RevalidationNext::NeedToBeUpdated(state) => {
            answers.after = Some(After::Freshened);
            let id = state.answers();
            let pair = pairs.iter().find(|pair| Some(pair.id) == id).expect("it was offered");
            let served = state.next();
            // Of several it is not told by the head which one.
            if served.answer() == Answer::Whole && pairs.len() == 1 {
                answers.merged = Some(of(served.fields(pair.response.fields).iter().filter_map(line)));
            }
            return;
        }
        // A response to HEAD that freshens what is stored is another question than a 304 that does.
        RevalidationNext::HeadUpdate(_) => return,
        RevalidationNext::FromCache(_) => {
            answers.after = Some(After::Stale);
            return;
        }
        RevalidationNext::CacheMiss(_) => {
            answers.after = Some(After::NoMatch);
            return;
        }
        RevalidationNext::StoreAndUse(_) => After::Stored,
        RevalidationNext::CouldNotBeStored(_) => After::Passed,
        RevalidationNext::InvalidateEntries(state) => match state.next() {
            End::StoreAndUse(_) => After::Stored,
            End::CouldNotBeStored(_) => After::Passed,
        },
    };
    answers.after = Some(end);
}
