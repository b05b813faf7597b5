//! Tables in Markdown.

use crate::cuts::{CUTS, Cuts};
use crate::steps::Steps;
use crate::workload::{FRESHENED_MAX, Figures, Mean};

/// What was measured of a store.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// Its title.
    pub name: &'static str,
    /// The workload.
    pub figures: Figures,
    /// Power cuts one after the other, tidy ones and those of all kinds.
    pub cuts: [Cuts; 2],
    /// Power cuts throughout some operations, the same.
    pub steps: [Steps; 2],
}

/// A row: its title, and what stands in it.
type Row = (&'static str, fn(&Column) -> String);

const ROWS: &[Row] = &[
    ("RAM, octets", |c| number(c.figures.ram as f64)),
    ("pairs kept of 64", |c| c.figures.pairs.to_string()),
    ("hit: reads before the body", |c| number(c.figures.before_body.of(|work| work.reads))),
    ("hit with its body: reads; octets; ms", |c| reads(&c.figures.hit)),
    ("miss: reads; octets; ms", |c| reads(&c.figures.miss)),
    ("304: octets programmed; ms, longest", |c| {
        let mean = &c.figures.freshening;
        format!(
            "{}; {}, {}",
            number(mean.of(|work| work.octets_programmed)),
            ms(mean.ms()),
            ms(mean.worst_ms)
        )
    }),
    ("hit of a freshened pair: reads before the body; with its body: reads; octets; ms", |c| {
        let before = c.figures.freshened_before_body.of(|work| work.reads);
        format!("{}; {}", number(before), reads(&c.figures.freshened_hit))
    }),
    ("304s a pair takes before it must be fetched anew", |c| match c.figures.freshenings {
        FRESHENED_MAX => format!("> {}", number(FRESHENED_MAX as f64)),
        times => number(times as f64),
    }),
    ("the same pairs stored anew: write amplification; erases per MB", |c| {
        let figures = &c.figures;
        format!("{:.2}; {}", figures.polled_amplification, number(figures.polled_erases_per_mb))
    }),
    ("over-fill by ten: write amplification", |c| format!("{:.3}", c.figures.amplification)),
    ("over-fill: erases per MB", |c| number(c.figures.erases_per_mb)),
    ("over-fill: live when full", |c| format!("{:.1} %", c.figures.live * 100.0)),
    ("over-fill: wear, max/mean (most, fewest erases)", |c| {
        let (most, least) = c.figures.most_and_least;
        format!("{:.3} ({most}, {least})", c.figures.wear)
    }),
    ("over-fill: reads for a put; ms, longest", |c| {
        let mean = &c.figures.overfill;
        format!("{}; {}, {}", number(mean.of(|work| work.reads)), ms(mean.ms()), ms(mean.worst_ms))
    }),
    ("hit with its body, when full: reads; octets; ms", |c| reads(&c.figures.full_hit)),
    ("128 KiB body: write amplification; seconds; octets read per octet", |c| {
        let figures = &c.figures;
        format!("{:.3}; {:.2}; {:.2}", figures.large_amplification, figures.large_write_s, figures.large_read)
    }),
    ("boot to the first hit, used: reads; octets; ms", |c| reads(&c.figures.boot)),
    ("boot to the first hit, full: reads; octets; ms", |c| reads(&c.figures.full_boot)),
    ("boot after a power cut: reads; octets; ms", |c| reads(&c.cuts[1].boot)),
    ("200 tidy power cuts: pairs lost; older; torn; stores broken", |c| cost(&c.cuts[0])),
    ("200 power cuts of all kinds: the same", |c| cost(&c.cuts[1])),
    ("tidy cuts throughout twelve operations: harmful, of all", |c| harm(&c.steps[0])),
    ("the same, cuts of all kinds", |c| harm(&c.steps[1])),
];

const _: () = assert!(CUTS == 200);

fn harm(steps: &Steps) -> String {
    format!("{} of {}", number(steps.harmful as f64), number(steps.cuts as f64))
}

fn cost(cuts: &Cuts) -> String {
    let Cuts { lost, older, torn, broken, .. } = cuts;
    format!("{lost}; {older}; {torn}; {broken}")
}

/// Prints a table of stores.
pub fn columns(columns: &[Column]) {
    header("", columns.iter().map(|column| column.name.to_owned()));
    for (title, cell) in ROWS {
        row(title, columns.iter().map(cell));
    }
    println!();
}

/// Prints the head of a table.
pub fn header(title: &str, cells: impl Iterator<Item = String> + Clone) {
    let count = cells.clone().count();
    row(title, cells);
    println!("|---|{}", "---|".repeat(count));
}

/// Prints a row.
pub fn row(title: &str, cells: impl Iterator<Item = String>) {
    let cells: Vec<_> = cells.collect();
    println!("| {title} | {} |", cells.join(" | "));
}

/// Reads, octets read, and milliseconds of the whole work.
pub fn reads(mean: &Mean) -> String {
    if mean.times == 0 {
        return "-".to_owned();
    }
    let octets = number(mean.of(|work| work.octets_read));
    format!("{}; {octets}; {}", number(mean.of(|work| work.reads)), ms(mean.ms()))
}

/// Milliseconds, or anything that is worth so many digits.
pub fn ms(value: f64) -> String {
    match value {
        ..0.0005 => "0".to_owned(),
        ..1.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => number(value),
    }
}

/// A number, in groups of three; with a decimal if it is small and has one.
pub fn number(value: f64) -> String {
    let tenths = (value * 10.0).round();
    if value < 1000.0 && tenths % 10.0 != 0.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_for_people() {
        let cases =
            [(0.0, "0"), (2.57, "2.6"), (507.97, "508"), (1000.0, "1,000"), (1_234_567.4, "1,234,567")];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        assert_eq!(
            (ms(0.0), ms(0.126), ms(4.68), ms(3417.7)),
            ("0".into(), "0.13".into(), "4.7".into(), "3,418".into())
        );
    }
}
