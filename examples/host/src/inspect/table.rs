//! A report as text for a person.

use super::detect::Geometry;
use super::report::{Found, Freshness, Pair, Report};
use super::{counted, described, grouped};
use std::fmt::Write as _;

/// The report as text, ending with a line feed.
pub fn table(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = summary(report, &mut text);
    let _ = map(report, &mut text);
    let _ = pairs(report, &mut text);
    let _ = damage(report, &mut text);
    text
}

/// What a report says of the whole, in a few words: for the first line, and the picture's.
pub(super) fn headline(report: &Report) -> String {
    let image = &report.image;
    let geometry = Geometry { sector: image.sector, write_size: image.write_size };
    let what = match (report.mounted, report.version) {
        ("ready", Some(version)) => format!("a store of version {version}"),
        ("blank", _) => "blank".to_owned(),
        (_, Some(version)) => format!("a store of version {version}, which this program does not read"),
        _ => "no store".to_owned(),
    };
    format!("{}, {what}", described(geometry, image.length))
}

fn summary(report: &Report, text: &mut String) -> std::fmt::Result {
    let (image, partition) = (&report.image, &report.partition);
    writeln!(text, "{}", image.file)?;
    writeln!(text, "  {}", headline(report))?;
    let told = |found| match found {
        Found::Given => "as told",
        Found::Seen => "as seen",
        Found::Assumed => "assumed",
    };
    writeln!(
        text,
        "  sectors of {} octets ({}), writes of {}{} ({}), at offset {}",
        grouped(image.sector.into()),
        told(image.sector_is),
        if image.write_size <= 4 { "up to " } else { "" },
        image.write_size.max(4),
        told(image.write_size_is),
        image.offset
    )?;
    let sectors = &partition.sectors;
    writeln!(
        text,
        "\nsectors  {} used, {} free, {} dead, {} held, {} foreign",
        sectors.used, sectors.free, sectors.dead, sectors.held, sectors.foreign
    )?;
    let octets = &partition.octets;
    let share = |part: u64| format!("{} ({:.1} %)", grouped(part), percent(part, octets.total));
    writeln!(
        text,
        "octets   {} live, {} dead, {} free, {} overhead{}",
        share(octets.live),
        share(octets.dead),
        share(octets.free),
        share(octets.overhead),
        if octets.foreign > 0 { format!(", {} foreign", share(octets.foreign)) } else { String::new() }
    )?;
    if let Some(place) = partition.next_write {
        let newest = partition.newest_sector.map_or("none".to_owned(), |seq| seq.to_string());
        writeln!(
            text,
            "log      newest sector number {newest}; the next record goes to sector {}, octet {}",
            place.sector, place.at
        )?;
    }
    writeln!(
        text,
        "wear     {}; {} of the sector erased most, {:.3} % of {}",
        counted(partition.laps.into(), "lap"),
        counted(partition.erases.into(), "erase"),
        partition.used_life * 100.0,
        grouped(partition.cycles.into())
    )?;
    let mut kinds = Vec::new();
    for (kind, states) in &partition.records {
        let states: Vec<String> = states.iter().map(|(state, count)| format!("{count} {state}")).collect();
        kinds.push(format!("{kind}: {}", states.join(" + ")));
    }
    let kinds = if kinds.is_empty() { "none".to_owned() } else { kinds.join("; ") };
    writeln!(text, "records  {kinds}")?;
    writeln!(
        text,
        "         {} damaged, {} cut off, {} with a mended bit",
        partition.damaged, partition.cut_off, partition.mended
    )
}

fn percent(part: u64, whole: u64) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}

/// Characters of a line of the map.
const MAP_WIDTH: usize = 64;

/// Most lines of the map.
const MAP_LINES: usize = 8;

/// The sectors in the order they lie, one character for one or several.
fn map(report: &Report, text: &mut String) -> std::fmt::Result {
    let each = report.sectors.len().div_ceil(MAP_WIDTH * MAP_LINES).max(1);
    let next = report.partition.next_write.map(|place| place.sector as usize / each);
    let marks: Vec<char> = report
        .sectors
        .chunks(each)
        .map(|sectors| {
            let class = |class| sectors.iter().any(|sector| sector.class == class);
            let is_damaged = |record: &super::Record| record.state == "damaged";
            if sectors.iter().any(|sector| sector.records.iter().any(is_damaged)) {
                '!'
            } else if class("foreign") {
                '?'
            } else if class("used") {
                let live: u64 = sectors.iter().map(|sector| sector.octets.live).sum();
                let total: u64 = sectors.iter().map(|sector| sector.octets.total).sum();
                if live * 2 >= total { '#' } else { '+' }
            } else if class("held") {
                'h'
            } else if class("dead") {
                '-'
            } else {
                '.'
            }
        })
        .collect();
    let per = if each == 1 { "a sector each".to_owned() } else { format!("{each} sectors each") };
    writeln!(
        text,
        "\nmap      {per}: # mostly live, + partly, - dead, h held, . free, ! damaged, ? foreign; > next write"
    )?;
    for (line, marks) in marks.chunks(MAP_WIDTH).enumerate() {
        let mut shown = String::new();
        for (at, mark) in marks.iter().enumerate() {
            if next == Some(line * MAP_WIDTH + at) {
                shown.push('>');
            }
            shown.push(*mark);
        }
        writeln!(text, "{:>8} {shown}", line * MAP_WIDTH * each)?;
    }
    Ok(())
}

/// The columns of the pairs.
const COLUMNS: [&str; 7] = ["STATUS", "FRESHNESS", "RECEIVED", "HEAD", "BODY", "SECTORS", "REQUEST"];

fn pairs(report: &Report, text: &mut String) -> std::fmt::Result {
    let count = |state: fn(&Freshness) -> bool| {
        report.pairs.iter().filter(|pair| pair.freshness.as_ref().is_some_and(state)).count()
    };
    writeln!(
        text,
        "\npairs    {}: {} fresh, {} stale, {} never used without the origin, at {}",
        report.pairs.len(),
        count(|state| matches!(state, Freshness::Fresh { .. })),
        count(|state| matches!(state, Freshness::Stale { .. })),
        count(|state| matches!(state, Freshness::Unusable { .. })),
        report.at.0
    )?;
    if report.pairs.is_empty() {
        return Ok(());
    }
    let rows: Vec<[String; 7]> = report.pairs.iter().map(row).collect();
    let mut widths = COLUMNS.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    writeln!(text)?;
    for row in std::iter::once(&COLUMNS.map(str::to_owned)).chain(&rows) {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(widths).enumerate() {
            // Numbers are read from their ends.
            if matches!(column, 3 | 4) {
                write!(line, "{cell:>width$}  ")?;
            } else {
                write!(line, "{cell:<width$}  ")?;
            }
        }
        writeln!(text, "  {}", line.trim_end())?;
    }
    Ok(())
}

fn row(pair: &Pair) -> [String; 7] {
    let body = match pair.complete_octets {
        Some(whole) if whole != pair.body_octets => {
            format!("{} of {}", grouped(pair.body_octets), grouped(whole))
        }
        None if !pair.damaged => format!("{} of ?", grouped(pair.body_octets)),
        _ => grouped(pair.body_octets),
    };
    let mut request = match (&pair.method, &pair.uri) {
        (Some(method), Some(uri)) => format!("{method} {uri}"),
        _ => format!("(pair {}, its head is damaged)", pair.name),
    };
    for (name, value) in &pair.nominated {
        let _ = write!(request, " [{name}: {value}]");
    }
    if pair.freshened {
        request.push_str(" (freshened)");
    }
    if pair.damaged && pair.uri.is_some() {
        request.push_str(" (its body is damaged)");
    } else if !pair.complete && !pair.damaged {
        request.push_str(" (incomplete)");
    }
    [
        pair.status.map_or("-".to_owned(), |status| status.to_string()),
        pair.freshness.as_ref().map_or("-".to_owned(), told),
        pair.received.map_or("unknown".to_owned(), |when| when.0.to_string()),
        grouped(pair.head_octets.into()),
        body,
        sectors(pair),
        request,
    ]
}

/// Freshness in a few words: `fresh for 9 min`.
pub(super) fn told(freshness: &Freshness) -> String {
    match freshness {
        Freshness::Fresh { seconds, .. } => format!("fresh for {}", span(*seconds)),
        Freshness::Stale { seconds, .. } => format!("stale for {}", span(*seconds)),
        Freshness::Unusable { reason } => reason.clone(),
    }
}

/// Seconds in the largest unit of which there are two: `119 s`, `2 min`, `47 h`, `12 days`.
fn span(seconds: i64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        172_800..63_072_000 => format!("{} days", seconds / 86_400),
        _ => format!("{} years", seconds / 31_536_000),
    }
}

/// The sectors a pair lies in: `3`, `3-17`, `63, 0-4`.
fn sectors(pair: &Pair) -> String {
    let places = pair.extents.iter().map(|extent| extent.sector).chain(pair.head.map(|head| head.sector));
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for sector in places {
        let known = runs.iter_mut().find(|(first, last)| (*first..=*last + 1).contains(&sector));
        match known {
            Some((_, last)) => *last = (*last).max(sector),
            None => runs.push((sector, sector)),
        }
    }
    let run = |(first, last): &(u32, u32)| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}

/// Most places of damage that are listed.
const DAMAGE_MAX: usize = 20;

fn damage(report: &Report, text: &mut String) -> std::fmt::Result {
    let mut lines = Vec::new();
    for sector in &report.sectors {
        for record in &sector.records {
            let what = match record.state {
                "damaged" => "damaged",
                "cut off" => "cut off while it was written",
                _ if record.mended => "a flipped bit of its header is mended",
                _ => continue,
            };
            let of = record.pair.map_or(String::new(), |id| format!(" of pair {}.{}", id >> 16, id & 0xffff));
            let kind = if record.kind == "unknown" { "what is no record" } else { record.kind };
            lines.push(format!(
                "sector {}, octet {}: {kind}{of}, {} octets: {what}",
                sector.position,
                record.at,
                grouped(record.octets.into())
            ));
        }
    }
    for (number, line) in lines.iter().take(DAMAGE_MAX).enumerate() {
        writeln!(text, "{}{line}", if number == 0 { "\ndamage   " } else { "         " })?;
    }
    if lines.len() > DAMAGE_MAX {
        writeln!(text, "         and {} more", lines.len() - DAMAGE_MAX)?;
    }
    Ok(())
}
