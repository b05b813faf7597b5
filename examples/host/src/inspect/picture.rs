//! A report as a picture: the sectors in the order they lie, each drawn to scale with its records.
//!
//! A pair has its own hue; the older it is in the ring, the paler it is.

use super::legend::{legend, totals};
use super::report::{Pair, Record, Report, Sector};
use super::svg::{Anchor, Pen, colour, shortened};
use super::table::headline;
use super::{grouped, short};
use std::collections::HashMap;

pub(super) const WIDTH: f64 = 1400.0;
pub(super) const MARGIN: f64 = 36.0;
pub(super) const INK: &str = "#1b1f24";
pub(super) const FAINT: &str = "#6a737d";
pub(super) const FREE: &str = "#fbfbf7";
pub(super) const DEAD: &str = "#c3c6ca";
pub(super) const LOST: &str = "#e6e7e9";
pub(super) const FRAME: &str = "#b5bac0";
pub(super) const OVERHEAD: &str = "#2b3440";
pub(super) const OTHER: &str = "#aebccb";

/// Room to the left of the sectors, for where they begin.
const GUTTER: f64 = 76.0;

/// How a pair is drawn.
pub(super) struct Look {
    pub(super) head: String,
    pub(super) body: String,
    /// Of what is written on it.
    pub(super) ink: String,
    /// Its number among the largest, from 1.
    pub(super) rank: Option<usize>,
}

/// How many of the largest pairs are named.
pub(super) const NAMED: usize = 10;

/// Draws a report as SVG.
pub fn svg(report: &Report) -> String {
    let mut pen = Pen::default();
    let mut largest: Vec<&Pair> = report.pairs.iter().collect();
    largest.sort_by_key(|pair| std::cmp::Reverse(pair.body_octets + u64::from(pair.head_octets)));
    let looks = looks(report, &largest);
    let file = report.image.file.rsplit(['/', '\\']).next().unwrap_or_default();
    pen.text([MARGIN, 48.0], 26.0, INK, Anchor::Start, &shortened(file, 80));
    pen.text([MARGIN, 72.0], 14.0, FAINT, Anchor::Start, &headline(report));
    let at = format!("freshness at {}", report.at.0);
    pen.text([WIDTH - MARGIN, 72.0], 12.0, FAINT, Anchor::End, &at);
    let y = totals(&mut pen, report, 88.0);
    let y = grid(&mut pen, report, &looks, y + 26.0);
    largest.truncate(NAMED);
    let y = legend(&mut pen, report, &largest, &looks, y + 34.0);
    pen.finish(WIDTH, y + 24.0)
}

fn looks(report: &Report, largest: &[&Pair]) -> HashMap<u64, Look> {
    let newest = u64::from(report.partition.newest_sector.unwrap_or_default());
    let laps = f64::from(report.partition.sectors.total.max(1));
    let look = |(rank, pair): (usize, &&Pair)| {
        let age = (newest.saturating_sub(pair.id >> 16) as f64 / laps).min(1.0);
        // The golden angle: neighbours in rank are far apart in hue.
        let hue = 255.0 + rank as f64 * 137.508;
        let look = Look {
            head: colour(0.48 + 0.22 * age, 0.15 - 0.06 * age, hue),
            body: colour(0.68 + 0.19 * age, 0.14 - 0.075 * age, hue),
            ink: colour(0.27, 0.06, hue),
            rank: (rank < NAMED).then_some(rank + 1),
        };
        (pair.id, look)
    };
    largest.iter().enumerate().map(look).collect()
}

/// How many sectors stand in a row, and how high a row is.
fn rows_of(sectors: usize) -> (usize, f64) {
    match sectors {
        0..=8 => (1, 46.0),
        9..=20 => (2, 42.0),
        21..=80 => (4, 38.0),
        81..=200 => (8, 34.0),
        201..=640 => (16, 24.0),
        641..=2600 => (32, 16.0),
        _ => (64, 11.0),
    }
}

/// Draws the sectors. Answers where they end.
fn grid(pen: &mut Pen, report: &Report, looks: &HashMap<u64, Look>, top: f64) -> f64 {
    let sectors = &report.sectors;
    let blank = |sector: &Sector| sector.state == "blank";
    // Long runs of blank sectors are drawn as one.
    let longest = sectors.chunk_by(|a, b| blank(a) && blank(b)).map(<[Sector]>::len).max().unwrap_or(0);
    let (columns, height) = rows_of(sectors.len() - longest + longest.min(8));
    let each = (WIDTH - 2.0 * MARGIN - GUTTER) / columns as f64;
    let mut y = top;
    let rows: Vec<&[Sector]> = sectors.chunks(columns).collect();
    for run in rows.chunk_by(|a, b| a.iter().chain(*b).all(blank)) {
        let all_blank = run.iter().all(|row| row.iter().all(blank));
        if all_blank && run.len() > 3 {
            let count: usize = run.iter().map(|row| row.len()).sum();
            y = band(pen, report, run, count, y);
            continue;
        }
        for row in run {
            address(pen, report, row, y + height * 0.66);
            for (column, sector) in row.iter().enumerate() {
                let x = MARGIN + GUTTER + column as f64 * each;
                cell(pen, report, sector, looks, [x, y, each - gap(columns), height]);
            }
            y += height + 4.0;
        }
    }
    y
}

fn gap(columns: usize) -> f64 {
    if columns > 16 { 3.0 } else { 8.0 }
}

fn address(pen: &mut Pen, report: &Report, row: &[Sector], y: f64) {
    let first = row.first().map_or(0, |sector| sector.position);
    let at = report.image.offset + u64::from(first) * u64::from(report.image.sector);
    pen.text([MARGIN + GUTTER - 12.0, y], 11.0, FAINT, Anchor::End, &format!("{at:#08x}"));
}

/// Rows of blank sectors, as one.
fn band(pen: &mut Pen, report: &Report, run: &[&[Sector]], count: usize, y: f64) -> f64 {
    if let Some(row) = run.first() {
        address(pen, report, row, y + 20.0);
    }
    let width = WIDTH - 2.0 * MARGIN - GUTTER - 8.0;
    let area = [MARGIN + GUTTER, y, width, 30.0];
    pen.rect(area, FREE);
    pen.frame(area, FRAME, 1.0, "4 4");
    let octets = count as u64 * u64::from(report.image.sector);
    let text = format!("{} blank sectors, {}", grouped(count as u64), short(octets));
    pen.text([MARGIN + GUTTER + width / 2.0, y + 19.5], 12.0, FAINT, Anchor::Middle, &text);
    y + 38.0
}

/// Draws one sector.
fn cell(
    pen: &mut Pen,
    report: &Report,
    sector: &Sector,
    looks: &HashMap<u64, Look>,
    [x, y, width, height]: [f64; 4],
) {
    let labelled = height > 30.0;
    let (bar_y, bar_height) = if labelled { (y + 13.0, height - 15.0) } else { (y, height - 1.0) };
    let bar = [x, bar_y, width, bar_height];
    let number = sector.seq.map_or(String::new(), |seq| format!("number {seq}, "));
    pen.begin(&format!("sector {}: {number}{}", sector.position, sector.state));
    let next = report.partition.next_write.filter(|place| place.sector == sector.position);
    if labelled {
        let mut label = sector.seq.map_or_else(|| sector.state.clone(), |seq| format!("#{seq}"));
        if sector.seq.is_some() && !matches!(&*sector.state, "written" | "blank") {
            label = format!("{label} {}", sector.state);
        }
        // Out of the way of the mark of the next write.
        let early = next.is_some_and(|place| place.at < report.image.sector / 2);
        let (at, anchor) = if early { (x + width, Anchor::End) } else { (x, Anchor::Start) };
        pen.text([at, y + 9.5], 9.5, FAINT, anchor, &shortened(&label, (width / 5.2) as usize));
    }
    pen.rect(bar, if sector.class == "free" { FREE } else { LOST });
    let scale = width / f64::from(report.image.sector);
    let part =
        |from: u32, octets: u32| [x + f64::from(from) * scale, bar_y, f64::from(octets) * scale, bar_height];
    match sector.class {
        "foreign" => pen.rect(bar, "url(#foreign)"),
        _ => {
            let free = u32::try_from(sector.octets.free).unwrap_or(0);
            pen.rect(part(report.image.sector - free, free), FREE);
            if sector.seq.is_some() {
                pen.rect([x, bar_y, (16.0 * scale).max(1.2), bar_height], OVERHEAD);
            }
            for span in spans(&sector.records, looks) {
                let [from, y, wide, high] = part(span.at, span.octets);
                pen.rect([from, y, wide.max(span.least), high], &span.fill);
            }
            numbers(pen, sector, looks, &part);
        }
    }
    if sector.class == "held" {
        pen.rect(bar, "url(#held)");
    }
    let dashed = sector.state == "given up";
    pen.frame(
        bar,
        if dashed { INK } else { FRAME },
        if dashed { 1.2 } else { 0.8 },
        if dashed { "3 2" } else { "" },
    );
    if let Some(place) = next {
        let here = x + f64::from(place.at) * scale;
        pen.rect([here - 1.0, bar_y - 3.0, 2.0, bar_height + 6.0], "#000000");
        let top = bar_y - 2.0;
        pen.path(&format!("M{:.2} {:.2}h10l-5 6z", here - 5.0, top - 6.0), "#000000");
        if labelled && width > 150.0 {
            let late = here > x + width / 2.0;
            let (at, anchor) = if late { (here - 9.0, Anchor::End) } else { (here + 9.0, Anchor::Start) };
            pen.text([at, bar_y - 3.5], 9.5, "#000000", anchor, "next write");
        }
    }
    pen.end();
}

/// A part of a sector that is drawn as one.
struct Span {
    at: u32,
    octets: u32,
    fill: String,
    /// Pixels it has at least.
    least: f64,
}

fn spans(records: &[Record], looks: &HashMap<u64, Look>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut add = |at: u32, octets: u32, fill: &str, least: f64| {
        if octets == 0 {
            return;
        }
        match spans.last_mut() {
            Some(last) if last.fill == fill && last.at + last.octets == at => last.octets += octets,
            _ => spans.push(Span { at, octets, fill: fill.to_owned(), least }),
        }
    };
    for record in records {
        let look = record.pair.and_then(|id| looks.get(&id));
        let (head, body) = look.map_or((OTHER, OTHER), |look| (&look.head, &look.body));
        // A head record is its header and the head, then the beginning of the body.
        let split = if record.head_octets > 0 && record.body_octets > 0 {
            record.body_at - record.at
        } else if record.head_octets > 0 {
            record.octets
        } else {
            0
        };
        let rest = record.octets - split.min(record.octets);
        match (record.kind, record.state) {
            (_, "damaged") => add(record.at, record.octets, "url(#damaged)", 4.0),
            (_, "cut off") => add(record.at, record.octets, "url(#cut)", 3.0),
            ("footer", _) | ("remove" | "clear" | "join" | "pins", "live") => {
                add(record.at, record.octets, OVERHEAD, 1.0)
            }
            (_, "live") => {
                add(record.at, split, head, 0.0);
                add(record.at + split, rest, body, 0.0);
            }
            (_, "superseded") if record.found => {
                add(record.at, split, DEAD, 0.0);
                add(record.at + split, rest, body, 0.0);
            }
            _ => add(record.at, record.octets, DEAD, 0.0),
        }
    }
    spans
}

/// Writes the numbers of the largest pairs into what is drawn of them.
fn numbers(pen: &mut Pen, sector: &Sector, looks: &HashMap<u64, Look>, part: &impl Fn(u32, u32) -> [f64; 4]) {
    let of = |record: &Record| record.pair.filter(|_| record.found && record.state == "live");
    let together = |a: &Record, b: &Record| of(a).is_some() && of(a) == of(b) && a.at + a.octets == b.at;
    for run in sector.records.chunk_by(together) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        let look = of(first).and_then(|id| looks.get(&id));
        // Behind the head, which is dark.
        let begin = if first.head_octets > 0 { first.body_at.max(first.at) } else { first.at };
        let [x, y, width, height] = part(begin, (last.at + last.octets).saturating_sub(begin));
        if let Some(look) = look.filter(|_| width >= 13.0 && height >= 13.0)
            && let Some(rank) = look.rank
        {
            let size = (height - 4.0).min(12.0);
            let at = [x + width / 2.0, y + height / 2.0 + size * 0.36];
            pen.text(at, size, &look.ink, Anchor::Middle, &rank.to_string());
        }
    }
}
