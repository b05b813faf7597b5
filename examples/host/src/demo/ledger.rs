//! What the demo prints: a line for every request or every kind of request, and a table.

use super::device::Visit;
use crate::say;
use crate::summary::walk;
use larder::client::{Outcome, Report, Storing};
use std::fmt::Write;
use std::io::IsTerminal;

/// What a request took.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cost {
    /// Requests to the origin.
    pub requests: u32,
    /// Octets of body from the origin.
    pub body: u64,
    /// Octets over TCP, both ways: heads, bodies and framing.
    pub wire: u64,
}

impl Cost {
    /// Both together.
    pub const fn plus(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            body: self.body + other.body,
            wire: self.wire + other.wire,
        }
    }

    /// What was added since `earlier`.
    pub const fn since(self, earlier: Self) -> Self {
        Self {
            requests: self.requests - earlier.requests,
            body: self.body - earlier.body,
            wire: self.wire - earlier.wire,
        }
    }
}

/// One request and what came of it.
#[derive(Debug)]
pub struct Entry {
    /// Seconds since boot.
    pub time: u64,
    /// What was asked, and expected.
    pub visit: Visit,
    /// The status that came back.
    pub status: u16,
    /// What happened.
    pub report: Report,
    /// What it took.
    pub cost: Cost,
    /// What it takes without a cache.
    pub without: Cost,
    /// What is not as expected.
    pub wrong: Vec<String>,
}

/// A line not yet printed: one request, or several that went the same way.
#[derive(Debug)]
struct Line {
    first: Entry,
    last_time: u64,
    count: u64,
    cost: Cost,
    from_store: u64,
}

/// What one resource took in all.
#[derive(Debug)]
struct Row {
    path: &'static str,
    asked: u32,
    cost: Cost,
    without: Cost,
}

/// Prints and adds up.
#[derive(Debug, Default)]
pub struct Ledger {
    lines: Vec<Line>,
    rows: Vec<Row>,
    steps: u32,
    wrong: u32,
}

impl Ledger {
    /// Prints the title of a part of the day, and of the columns before the first.
    pub fn title(&self, text: &str) {
        if self.steps == 0 {
            say!("{HEADING}");
        }
        say!("{}", paint("1", &format!("— {text}")));
    }

    /// Takes a request down.
    pub fn add(&mut self, entry: Entry) {
        self.steps += 1;
        let at = self.rows.iter().position(|row| row.path == entry.visit.path).unwrap_or_else(|| {
            let none = Cost::default();
            self.rows.push(Row { path: entry.visit.path, asked: 0, cost: none, without: none });
            self.rows.len() - 1
        });
        if let Some(row) = self.rows.get_mut(at) {
            row.asked += 1;
            row.cost = row.cost.plus(entry.cost);
            row.without = row.without.plus(entry.without);
        }
        for text in &entry.wrong {
            self.wrong += 1;
            say!("{}", paint("31", &format!("NOT AS EXPECTED at {}: {text}", clock(entry.time))));
        }
        let (cost, from_store) = (entry.cost, entry.report.from_store);
        match self.lines.iter_mut().find(|line| line.is_like(&entry)) {
            Some(line) => {
                line.last_time = entry.time;
                line.count += 1;
                line.cost = line.cost.plus(cost);
                line.from_store += from_store;
            }
            None => self.lines.push(Line { last_time: entry.time, count: 1, cost, from_store, first: entry }),
        }
    }

    /// Prints what was taken down since the last time.
    pub fn print(&mut self) {
        for line in self.lines.drain(..) {
            line.print();
        }
    }

    /// Prints the table. Whether everything was as expected.
    pub fn finish(&mut self) -> bool {
        self.print();
        let total = |of: fn(&Row) -> Cost| self.rows.iter().map(of).fold(Cost::default(), Cost::plus);
        let asked = self.rows.iter().map(|row| row.asked).sum();
        let (cost, without) = (total(|row| row.cost), total(|row| row.without));
        say!(
            "\n{:16} {:>5}   {:^23}   {:^27}   {:^27}",
            "",
            "",
            "requests to the origin",
            "octets of body",
            "octets on the wire"
        );
        say!(
            "{:16} {:>5}   {:>7} {:>7} {:>7}   {:>9} {:>9} {:>7}   {:>9} {:>9} {:>7}",
            "",
            "asked",
            "without",
            "with",
            "saved",
            "without",
            "with",
            "saved",
            "without",
            "with",
            "saved"
        );
        for row in self.rows.iter().chain([&Row { path: "total", asked, cost, without }]) {
            let (cost, without) = (row.cost, row.without);
            say!(
                "{:16} {:>5}   {:>7} {:>7} {:>7}   {:>9} {:>9} {:>7}   {:>9} {:>9} {:>7}",
                row.path,
                row.asked,
                without.requests,
                cost.requests,
                saved(without.requests.into(), cost.requests.into()),
                without.body,
                cost.body,
                saved(without.body, cost.body),
                without.wire,
                cost.wire,
                saved(without.wire, cost.wire),
            );
        }
        match self.wrong {
            0 => say!("\n{} requests, each as RFC 9111 says.", self.steps),
            wrong => say!("\n{} requests, and {wrong} × not as RFC 9111 says: see above.", self.steps),
        }
        self.wrong == 0
    }
}

impl Line {
    fn is_like(&self, entry: &Entry) -> bool {
        let first = &self.first;
        (first.visit.path, first.visit.method, first.visit.fields)
            == (entry.visit.path, entry.visit.method, entry.visit.fields)
            && first.status == entry.status
            && first.report.walked == entry.report.walked
            && first.report.outcome == entry.report.outcome
    }

    fn print(&self) {
        let Entry { time, visit, status, report, .. } = &self.first;
        let mut when = clock(*time);
        if self.count > 1 {
            let _ = write!(when, "–{} {}×", clock(self.last_time), self.count);
        }
        let mut asked = format!("{} {}", visit.method, visit.path);
        for (name, value) in visit.fields {
            let _ = write!(asked, " [{}]", if *name == "If-None-Match" { name } else { value });
        }
        let outcome = format!("{:15}", report.outcome.to_string());
        say!(
            "{when:16} {asked:37} {status} {} {:>7} {:>7} {:>7}  {}{}",
            paint(colour(report.outcome), &outcome),
            self.cost.body,
            self.from_store,
            self.cost.wire,
            walk(report),
            remark(report),
        );
    }
}

/// What the walk alone does not say.
fn remark(report: &Report) -> String {
    match report.storing {
        Storing::No(reason) => format!(" ({reason})"),
        _ if report.validation_due => " (then validated)".to_owned(),
        _ => String::new(),
    }
}

/// `13:05`.
fn clock(seconds: u64) -> String {
    format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60)
}

fn saved(without: u64, with: u64) -> String {
    match (without.saturating_sub(with) * 100).checked_div(without) {
        Some(percent) => format!("{percent} %"),
        None => "–".to_owned(),
    }
}

const fn colour(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Hit => "32",
        Outcome::Revalidated | Outcome::Completed => "36",
        Outcome::Miss | Outcome::Changed => "33",
        Outcome::Stale | Outcome::StaleOnError => "35",
        Outcome::GatewayTimeout => "31",
    }
}

/// Colours `text`, on a terminal.
pub(super) fn paint(code: &str, text: &str) -> String {
    if std::io::stdout().is_terminal() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

const HEADING: &str =
    "when             what                                  status           network   store    wire  states";
