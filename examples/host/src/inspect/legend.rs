//! What stands above and below the sectors of a picture: the sums, what the colours mean, and the
//! names of the largest pairs.

use super::picture::{DEAD, FAINT, FRAME, FREE, INK, LOST, Look, MARGIN, OTHER, OVERHEAD, WIDTH};
use super::report::{Pair, Report};
use super::svg::{Anchor, Pen, colour, shortened};
use super::table::told;
use super::{counted, grouped, short};
use std::collections::HashMap;

/// A bar of what the octets are, and what it says in words. Answers where it ends.
pub(super) fn totals(pen: &mut Pen, report: &Report, y: f64) -> f64 {
    let octets = &report.partition.octets;
    let parts = [
        ("live", octets.live, "#5d7389".to_owned()),
        ("dead", octets.dead, DEAD.to_owned()),
        ("free", octets.free, FREE.to_owned()),
        ("headers and footers", octets.overhead, OVERHEAD.to_owned()),
        ("foreign", octets.foreign, "url(#foreign)".to_owned()),
    ];
    let width = WIDTH - 2.0 * MARGIN;
    let mut x = MARGIN;
    for (_, part, fill) in &parts {
        let wide = width * *part as f64 / octets.total.max(1) as f64;
        pen.rect([x, y, wide, 12.0], fill);
        x += wide;
    }
    pen.frame([MARGIN, y, width, 12.0], FRAME, 0.8, "");
    let mut x = MARGIN;
    for (name, part, fill) in parts.iter().filter(|(_, part, _)| *part > 0) {
        pen.rect([x, y + 20.0, 10.0, 10.0], fill);
        pen.frame([x, y + 20.0, 10.0, 10.0], FRAME, 0.8, "");
        let share = *part as f64 * 100.0 / octets.total.max(1) as f64;
        let text = format!("{name}: {} ({share:.1} %)", short(*part));
        pen.text([x + 16.0, y + 29.5], 12.0, INK, Anchor::Start, &text);
        x += 40.0 + text.chars().count() as f64 * 6.3;
    }
    let partition = &report.partition;
    let wear = format!(
        "{} · {} · {} of {} at most",
        counted(report.pairs.len() as u64, "pair"),
        counted(partition.laps.into(), "lap"),
        counted(partition.erases.into(), "erase"),
        grouped(partition.cycles.into())
    );
    pen.text([WIDTH - MARGIN, y + 29.5], 12.0, FAINT, Anchor::End, &wear);
    y + 32.0
}

/// The legend and the largest pairs, side by side. Answers where they end.
pub(super) fn legend(
    pen: &mut Pen,
    report: &Report,
    largest: &[&Pair],
    looks: &HashMap<u64, Look>,
    y: f64,
) -> f64 {
    pen.text([MARGIN, y], 15.0, INK, Anchor::Start, "What the colours mean");
    let mut left = y + 14.0;
    for (draw, text) in entries(report) {
        draw(pen, [MARGIN, left, 44.0, 16.0]);
        pen.text([MARGIN + 56.0, left + 12.0], 12.0, INK, Anchor::Start, &text);
        left += 24.0;
    }
    let x = 560.0;
    let title = if largest.is_empty() { "No pairs" } else { "The largest pairs" };
    pen.text([x, y], 15.0, INK, Anchor::Start, title);
    let mut right = y + 14.0;
    for pair in largest {
        named(pen, pair, looks.get(&pair.id), [x, right]);
        right += 34.0;
    }
    if report.pairs.len() > largest.len() {
        let more = format!("and {} more", grouped((report.pairs.len() - largest.len()) as u64));
        pen.text([x + 40.0, right + 10.0], 12.0, FAINT, Anchor::Start, &more);
        right += 20.0;
    }
    left.max(right)
}

type Draw = Box<dyn Fn(&mut Pen, [f64; 4])>;

/// What the legend explains: that which is there.
fn entries(report: &Report) -> Vec<(Draw, String)> {
    let fill = |fill: &'static str| -> Draw {
        Box::new(move |pen: &mut Pen, area| {
            pen.rect(area, fill);
            pen.frame(area, FRAME, 0.8, "");
        })
    };
    let has = |state: &str| report.sectors.iter().any(|sector| sector.state == state);
    let has_class = |class: &str| report.sectors.iter().any(|sector| sector.class == class);
    let octets = &report.partition.octets;
    let mut entries: Vec<(Draw, String)> = Vec::new();
    if !report.pairs.is_empty() {
        let text = "a pair: its head (dark) and its body; each pair has its own hue";
        entries.push((Box::new(two_tones), text.to_owned()));
        let text = "the paler, the older: from the newest to what is erased next";
        entries.push((Box::new(ages), text.to_owned()));
    }
    entries.push((fill(FREE), "free".to_owned()));
    if octets.dead > 0 {
        let text = "dead: pairs that were removed, replaced or never completed";
        entries.push((fill(DEAD), text.to_owned()));
        entries.push((fill(LOST), "left blank until the next erase".to_owned()));
    }
    if octets.overhead > 0 {
        let text = "headers and footers, and what says that pairs are removed";
        entries.push((fill(OVERHEAD), text.to_owned()));
    }
    let is_other = |record: &super::Record| {
        record.found
            && record.state == "live"
            && !report.pairs.iter().any(|pair| Some(pair.id) == record.pair)
    };
    if report.pairs.len() < 200 && report.sectors.iter().any(|sector| sector.records.iter().any(is_other)) {
        entries.push((fill(OTHER), "other pairs than those that were asked for".to_owned()));
    }
    if report.partition.damaged > 0 {
        entries.push((fill("url(#damaged)"), format!("damaged: {} records", report.partition.damaged)));
    }
    if report.partition.cut_off > 0 {
        entries.push((fill("url(#cut)"), "cut off while it was written (harmless)".to_owned()));
    }
    if has_class("held") {
        let held: Draw = Box::new(|pen: &mut Pen, area| {
            pen.rect(area, DEAD);
            pen.rect(area, "url(#held)");
            pen.frame(area, FRAME, 0.8, "");
        });
        entries.push((held, "passed over by the ring: nothing in it counts".to_owned()));
    }
    if has_class("foreign") {
        entries.push((fill("url(#foreign)"), "not of this store".to_owned()));
    }
    if has("given up") {
        let dashed: Draw = Box::new(|pen: &mut Pen, area| {
            pen.rect(area, DEAD);
            pen.frame(area, INK, 1.2, "3 2");
        });
        entries.push((dashed, "given up: it is erased next".to_owned()));
    }
    if report.partition.next_write.is_some() {
        let text = "where the next record is written".to_owned();
        entries.push((Box::new(marker), text));
    }
    entries
}

fn two_tones(pen: &mut Pen, [x, y, width, height]: [f64; 4]) {
    pen.rect([x, y, width * 0.35, height], &colour(0.48, 0.15, 255.0));
    pen.rect([x + width * 0.35, y, width * 0.65, height], &colour(0.68, 0.14, 255.0));
    pen.frame([x, y, width, height], FRAME, 0.8, "");
}

fn ages(pen: &mut Pen, [x, y, width, height]: [f64; 4]) {
    let steps = 6;
    for step in 0..steps {
        let age = f64::from(step) / f64::from(steps - 1);
        let wide = width / f64::from(steps);
        let fill = colour(0.68 + 0.19 * age, 0.14 - 0.075 * age, 255.0);
        pen.rect([x + f64::from(step) * wide, y, wide, height], &fill);
    }
    pen.frame([x, y, width, height], FRAME, 0.8, "");
}

fn marker(pen: &mut Pen, [x, y, width, height]: [f64; 4]) {
    let middle = x + width / 2.0;
    pen.rect([x, y + 4.0, width, height - 6.0], FREE);
    pen.frame([x, y + 4.0, width, height - 6.0], FRAME, 0.8, "");
    pen.rect([middle - 1.0, y + 1.0, 2.0, height], "#000000");
    pen.path(&format!("M{:.2} {:.2}h10l-5 6z", middle - 5.0, y - 3.0), "#000000");
}

/// One of the largest pairs, in two lines.
fn named(pen: &mut Pen, pair: &Pair, look: Option<&Look>, [x, y]: [f64; 2]) {
    if let Some(look) = look {
        pen.rect([x, y, 9.0, 26.0], &look.head);
        pen.rect([x + 9.0, y, 19.0, 26.0], &look.body);
        let rank = look.rank.map_or(String::new(), |rank| rank.to_string());
        pen.text([x + 18.5, y + 17.5], 12.0, &look.ink, Anchor::Middle, &rank);
    }
    let name = match (&pair.method, &pair.uri) {
        (Some(method), Some(uri)) => format!("{method} {uri}"),
        _ => format!("pair {}, whose head is damaged", pair.name),
    };
    pen.text([x + 40.0, y + 10.5], 13.0, INK, Anchor::Start, &shortened(&name, 100));
    let mut about = Vec::new();
    about.extend(pair.status.map(|status| status.to_string()));
    about.push(format!(
        "head {} and body {} octets",
        grouped(pair.head_octets.into()),
        grouped(pair.body_octets)
    ));
    about.extend(pair.freshness.as_ref().map(told));
    if pair.freshened {
        about.push("freshened".to_owned());
    }
    if pair.damaged {
        about.push("damaged".to_owned());
    } else if !pair.complete {
        about.push("incomplete".to_owned());
    }
    pen.text([x + 40.0, y + 25.0], 11.5, FAINT, Anchor::Start, &about.join(" · "));
}
