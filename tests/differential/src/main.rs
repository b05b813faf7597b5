//! Runs cases through larder and through the other caches, and prints what they agree on.
//!
//! `--seed N` and `--count N` choose the cases; `--hishel PYTHON` names a Python for which hishel is
//! installed, without which only http-cache-semantics stands beside. `--show N`: so many unexplained differences
//! are printed. Fails if a difference is not explained, and
//! with `--all-explain` also if an entry of a table explains nothing.

use larder_differential::explained;
use larder_differential::hishel_side::Hishel;
use larder_differential::report::Report;
use larder_differential::{generate, larder_side, semantics_side};
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut arguments = pico_args::Arguments::from_env();
    let seed: u64 = arguments.opt_value_from_str("--seed")?.unwrap_or(1);
    let count: u64 = arguments.opt_value_from_str("--count")?.unwrap_or(20_000);
    let python: Option<PathBuf> = arguments.opt_value_from_str("--hishel")?;
    let all_explain = arguments.contains("--all-explain");
    let shown: usize = arguments.opt_value_from_str("--show")?.unwrap_or(3);
    let left = arguments.finish();
    if !left.is_empty() {
        return Err(format!("unknown: {left:?}").into());
    }
    let mut hishel = python.map(|python| Hishel::start(&python)).transpose()?;
    let mut beside_semantics = Report::new("http-cache-semantics", explained::semantics::ALL);
    let mut beside_hishel = Report::new("hishel", explained::hishel::ALL);
    for seed in seed..seed.saturating_add(count) {
        let case = generate::case(seed);
        let ours = larder_side::answers(&case);
        if let Some(theirs) = semantics_side::answers(&case) {
            beside_semantics.add(&case, &ours, &theirs);
        }
        if let Some(hishel) = &mut hishel {
            beside_hishel.add(&case, &ours, &hishel.answers(&case)?);
        }
    }
    let mut reports = vec![beside_semantics];
    reports.extend(hishel.is_some().then_some(beside_hishel));
    for report in &mut reports {
        report.shown = shown;
        println!("{report}");
    }
    let is_right =
        |report: &Report| report.unexplained().is_empty() && (!all_explain || report.unused().is_empty());
    Ok(if reports.iter().all(is_right) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
