//! Every difference to http-cache-semantics is explained.

use larder_differential::report::Report;
use larder_differential::{explained, generate, larder_side, semantics_side};

#[test]
fn every_difference_to_http_cache_semantics_is_explained() {
    let mut report = Report::new("http-cache-semantics", explained::semantics::ALL);
    for seed in 0..12_000 {
        let case = generate::case(seed);
        if let Some(theirs) = semantics_side::answers(&case) {
            report.add(&case, &larder_side::answers(&case), &theirs);
        }
    }
    assert!(report.unexplained().is_empty(), "{report}");
    let (asked, agreed) = report.totals();
    assert!(asked > 40_000 && agreed * 10 > asked * 6, "{agreed} of {asked}");
    // The table does not explain anything and everything.
    assert!(report.unused().len() < 12, "{:?}", report.unused());
}
