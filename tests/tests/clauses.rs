//! `CLAUSES.md` says which tests hold larder to which clause: it is made of `clauses.txt` and of the names of
//! the tests, and is current. `LARDER_WRITE=1 cargo test -p larder-tests --test clauses` makes it anew.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

const HERE: &str = env!("CARGO_MANIFEST_DIR");
/// Where tests of clauses stand.
const SOURCES: [&str; 4] = ["../core/src", "../examples/host/tests", "tests", "differential/tests"];

/// The rules, one after the other.
enum Line {
    Group(String),
    Rule { says: String, tests: Vec<String>, departs: Vec<String> },
}

fn clauses() -> Vec<Line> {
    let text = fs::read_to_string(Path::new(HERE).join("clauses.txt")).expect("clauses.txt");
    let mut lines = Vec::new();
    for line in text.lines() {
        let last = lines.last_mut();
        if let Some(group) = line.strip_prefix("# ") {
            lines.push(Line::Group(group.to_owned()));
        } else if let Some(says) = line.strip_prefix("- ") {
            lines.push(Line::Rule { says: says.to_owned(), tests: Vec::new(), departs: Vec::new() });
        } else if let Some((Line::Rule { tests, departs, .. }, rest)) = last.zip(line.strip_prefix("  ")) {
            match rest.strip_prefix("departs: ") {
                Some(reason) => departs.push(reason.to_owned()),
                None => tests.extend(rest.split_whitespace().map(str::to_owned)),
            }
        }
    }
    lines
}

/// The name of every test, and the files it is in.
fn tests() -> BTreeMap<String, Vec<String>> {
    let mut files = Vec::new();
    for source in SOURCES {
        find_files(&Path::new(HERE).join(source), &mut files);
    }
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file");
        // As the page links to it.
        let shown = file.strip_prefix(HERE).unwrap_or(&file).display().to_string().replace('\\', "/");
        for (_, rest) in text.match_indices("#[test]").map(|(at, _)| text.split_at(at)) {
            let name = rest.split_once("fn ").and_then(|(_, rest)| rest.split(['(', '<']).next());
            found.entry(name.expect("a test's name").trim().to_owned()).or_default().push(shown.clone());
        }
    }
    found
}

fn find_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        // This file speaks of tests and has none of a clause.
        if path.is_dir() {
            find_files(&path, files);
        } else if path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("tests/clauses.rs") {
            files.push(path);
        }
    }
}

/// The tests whose names begin so.
fn named<'t>(
    tests: &'t BTreeMap<String, Vec<String>>,
    start: &'t str,
) -> impl Iterator<Item = (&'t String, &'t Vec<String>)> {
    tests.range(start.to_owned()..).take_while(move |(name, _)| name.starts_with(start))
}

#[test]
fn every_clause_has_a_test() {
    let tests = tests();
    let mut rules = 0;
    for line in clauses() {
        let Line::Rule { says, tests: starts, .. } = line else { continue };
        rules += 1;
        assert!(!starts.is_empty(), "no test: {says}");
        for start in starts {
            assert!(named(&tests, &start).next().is_some(), "no test is called {start}…: {says}");
        }
    }
    assert!(rules > 80, "{rules}");
}

fn page() -> String {
    let tests = tests();
    let link = |name: &str, file: &str| format!("[`{name}`]({file})");
    let (mut text, mut departures) = (String::new(), String::new());
    let mut group = String::new();
    for line in clauses() {
        match line {
            Line::Group(title) => {
                let _ = write!(text, "\n## {title}\n\n| rule | tests |\n|---|---|\n");
                group = title;
            }
            Line::Rule { says, tests: starts, departs } => {
                let found = starts.iter().flat_map(|start| named(&tests, start));
                let links: Vec<_> = found.map(|(name, files)| link(name, &files[0])).collect();
                let star = if departs.is_empty() { "" } else { " *" };
                let _ = writeln!(text, "| {says}{star} | {} |", links.join("<br>"));
                for reason in departs {
                    let clause = group.split(':').next().unwrap_or(&group);
                    let _ = writeln!(departures, "- {clause}: {reason}.");
                }
            }
        }
    }
    format!(
        "# Clauses and tests\n\nMade of [`clauses.txt`](clauses.txt) and of the tests' names by \
         [`tests/clauses.rs`](tests/clauses.rs); not to be edited.\n\n\
         ## What is different on purpose\n\nMarked * below.\n\n{departures}{text}"
    )
}

#[test]
fn the_page_is_current() {
    let path = Path::new(HERE).join("CLAUSES.md");
    let page = page();
    if env::var_os("LARDER_WRITE").is_some() {
        fs::write(&path, &page).expect("CLAUSES.md is written");
    }
    let stands = fs::read_to_string(&path).unwrap_or_default();
    assert!(stands == page, "LARDER_WRITE=1 cargo test -p larder-tests --test clauses makes it anew");
}
