//! The device of the demo: it asks through the cache, and once more without, to compare.

use super::ledger::{Cost, Entry, Ledger};
use super::world::World;
use crate::{MockClock, TcpOrigin, Wire};
use larder::client::{Client, Outcome, Report, Storing};
use larder::head::{Fields, Method, RequestHead};
use larder::store::{PairStore, RamStore};
use std::collections::HashMap;
use std::rc::Rc;

/// A request, and what RFC 9111 makes of it.
#[derive(Clone, Copy, Debug)]
pub struct Visit {
    /// The method.
    pub method: Method<'static>,
    /// The path.
    pub path: &'static str,
    /// The field lines.
    pub fields: &'static [(&'static str, &'static str)],
    /// The status that must come back.
    pub status: u16,
    /// Where the answer must come from.
    pub outcome: Outcome,
    /// Whether the response from the origin must be in the store then; `None` if there is none.
    pub stored: Option<bool>,
}

impl Visit {
    /// A GET whose answer is 200 and has this outcome; what comes from the origin is stored.
    pub const fn get(path: &'static str, outcome: Outcome) -> Self {
        let stored = if matches!(outcome, Outcome::Miss | Outcome::Changed) { Some(true) } else { None };
        Self { method: Method::Get, path, fields: &[], status: 200, outcome, stored }
    }

    /// The same with these field lines.
    pub const fn with(self, fields: &'static [(&'static str, &'static str)]) -> Self {
        Self { fields, ..self }
    }

    /// The same with another method.
    pub const fn method(self, method: Method<'static>) -> Self {
        Self { method, ..self }
    }

    /// The same with another status.
    pub const fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The same, the answer from the origin not being stored.
    pub const fn not_stored(self) -> Self {
        Self { stored: Some(false), ..self }
    }

    /// Whether the answer has the whole body of the resource.
    fn has_body(&self) -> bool {
        self.method == Method::Get && self.status == 200
    }

    fn key(&self) -> String {
        let language = self.fields.iter().find(|(name, _)| *name == "Accept-Language");
        format!("{} {}", self.path, language.map_or("", |(_, value)| value))
    }
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    age: Option<u64>,
    body: Vec<u8>,
    report: Report,
}

/// A store that holds nothing.
type Nothing = RamStore<0, 0>;

/// A simulated device, its origin, and what was seen so far.
#[derive(Debug)]
pub struct Device<S> {
    /// The origin.
    pub world: Rc<World>,
    base: String,
    cached: Box<Client<S, TcpOrigin, MockClock>>,
    uncached: Box<Client<Nothing, TcpOrigin, MockClock>>,
    /// By what was asked for: the body seen last, and when it was made or validated.
    seen: HashMap<String, (Vec<u8>, u64)>,
    /// What is printed and added up.
    pub ledger: Ledger,
}

impl<S: PairStore> Device<S> {
    /// A device that boots now, with an empty cache in `store`, and whose origin is at `base`.
    pub fn new(world: Rc<World>, base: String, store: S) -> Self {
        let clock = &world.clock;
        let cached = Box::new(Client::new(store, TcpOrigin::new().keep_alive(), clock.clone()));
        let uncached = Box::new(Client::new(Nothing::new(), TcpOrigin::new().keep_alive(), clock.clone()));
        Self { world, base, cached, uncached, seen: HashMap::new(), ledger: Ledger::default() }
    }

    /// Makes a request at `time`, seconds after boot, prints what happened, and holds it against
    /// what is expected.
    pub async fn visit(&mut self, time: u64, visit: Visit) {
        self.poll(time, visit).await;
        self.ledger.print();
    }

    /// As [`visit`](Self::visit), but prints nothing yet: equal ones come together on one line.
    pub async fn poll(&mut self, time: u64, visit: Visit) {
        self.world.clock.at(time);
        let uri = format!("{}{}", self.base, visit.path);
        let request = RequestHead { method: visit.method, uri: &uri, fields: Fields::new(visit.fields) };
        let before = self.meter();
        let answer = ask(&mut self.cached, request).await;
        let mut cost = self.meter().since(before);
        cost.body = answer.report.from_network;
        let mut wrong = self.judge(time, &visit, &answer);
        if answer.report.validation_due {
            let before = self.meter();
            let report = self.cached.validate(request, &mut [0; 512]).await;
            let mut later = self.meter().since(before);
            later.body = report.from_network;
            cost = cost.plus(later);
            if !matches!(report.outcome, Outcome::Revalidated | Outcome::Changed) {
                wrong.push(format!("the validation afterwards came out as {}", report.outcome));
            }
        }
        let without = self.ask_without_cache(time, &visit, request, &answer, cost, &mut wrong).await;
        self.ledger.add(Entry {
            time,
            visit,
            status: answer.status,
            report: answer.report,
            cost,
            without,
            wrong,
        });
    }

    /// What the cached client has cost so far, but for bodies.
    fn meter(&mut self) -> Cost {
        let wire: Wire = self.cached.origin().wire();
        Cost { requests: self.world.requests.get(), body: 0, wire: wire.total() }
    }

    /// Holds an answer against what is expected, and against what was seen before.
    fn judge(&self, time: u64, visit: &Visit, answer: &Answer) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut check = |right: bool, text: String| {
            if !right {
                wrong.push(text);
            }
        };
        let report = &answer.report;
        check(answer.status == visit.status, format!("status {}, not {}", answer.status, visit.status));
        check(report.outcome == visit.outcome, format!("{}, not {}", report.outcome, visit.outcome));
        let stored = match report.storing {
            Storing::Nothing => None,
            Storing::Stored(_) => Some(true),
            Storing::No(_) | Storing::Underway | Storing::Incomplete(_) => Some(false),
        };
        check(stored == visit.stored, format!("stored: {stored:?}, not {:?}", visit.stored));
        check(!report.store_failed, "the store failed".to_owned());
        if is_from_store(report.outcome)
            && let Some((body, made)) = self.seen.get(&visit.key())
        {
            // Both sides have the same clock, and an exchange takes no time (§4.2.3).
            check(answer.age == Some(time - made), format!("Age {:?}, not {}", answer.age, time - made));
            let is_same = answer.body == *body || !visit.has_body();
            check(is_same, "another body than the one that was stored".to_owned());
        }
        wrong
    }

    /// Asks for the same without a cache. What it costs; compares the bodies.
    async fn ask_without_cache(
        &mut self,
        time: u64,
        visit: &Visit,
        request: RequestHead<'_>,
        answer: &Answer,
        cost: Cost,
        wrong: &mut Vec<String>,
    ) -> Cost {
        if !visit.method.is_safe() {
            // Once is enough.
            self.seen.remove(&visit.key());
            return cost;
        }
        let directive = |(name, _): &&(&str, &str)| name.eq_ignore_ascii_case("cache-control");
        let lines: Vec<_> = visit.fields.iter().filter(|line| !directive(line)).copied().collect();
        let before = self.world.requests.get();
        let wire = self.uncached.origin().wire();
        let plain = ask(&mut self.uncached, request.with_fields(Fields::new(&lines))).await;
        let wire = self.uncached.origin().wire().since(wire).total();
        let requests = self.world.requests.get() - before;
        let is_from_origin = matches!(visit.outcome, Outcome::Miss | Outcome::Changed | Outcome::Revalidated);
        if is_from_origin && visit.has_body() && plain.body != answer.body {
            wrong.push("another body than the origin's".to_owned());
        }
        if (is_from_origin || answer.report.validation_due) && plain.status == 200 && visit.has_body() {
            self.seen.insert(visit.key(), (plain.body, time));
        }
        Cost { requests, body: plain.report.from_network, wire }
    }
}

const fn is_from_store(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Hit | Outcome::Stale | Outcome::StaleOnError)
}

/// Makes a request and reads all of its answer.
async fn ask<S: PairStore>(client: &mut Client<S, TcpOrigin, MockClock>, request: RequestHead<'_>) -> Answer {
    let mut reply = client.request(request).await;
    let age = reply.fields().get("age").and_then(|age| str::from_utf8(age).ok()?.parse().ok());
    let (mut body, mut buf) = (Vec::new(), [0; 2048]);
    while let Ok(read @ 1..) = reply.read(&mut buf).await {
        body.extend_from_slice(buf.get(..read).unwrap_or_default());
    }
    Answer { status: reply.status(), age, body, report: reply.report().clone() }
}
