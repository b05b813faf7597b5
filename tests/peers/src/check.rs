//! What larder must not exceed: exact counts, so that any change shows.

use crate::cuts::Cuts;
use crate::print::Column;
use crate::workload::SECTORS;
use larder_tests::workload::HEAD;
use std::cmp::Ordering;

/// Names each limit that is exceeded.
pub fn exceeded(larder: &Column) -> Vec<String> {
    let figures = &larder.figures;
    let cost = |cuts: &Cuts| (cuts.lost + cuts.older + cuts.torn + cuts.broken) as f64;
    let sectors = SECTORS as f64;
    let at_most = [
        ("reads of a hit before its body", figures.before_body.of(|work| work.reads), 2.0),
        ("the same of a freshened pair", figures.freshened_before_body.of(|work| work.reads), 2.0),
        ("reads of a miss", figures.miss.of(|work| work.reads), 0.0),
        ("write amplification of the over-fill", figures.amplification, 1.05),
        ("write amplification of a large body", figures.large_amplification, 1.05),
        ("erases per MB", figures.erases_per_mb, 260.0),
        ("wear, max/mean", figures.wear, 1.05),
        ("what is not live when full", 1.0 - figures.live, 0.08),
        ("reads at boot for each 4 KiB", figures.full_boot_mount.reads as f64 / sectors, 1.1),
        ("octets of a freshening", figures.freshening.of(|work| work.octets_programmed), (HEAD + 40) as f64),
        ("pairs that power cuts cost", larder.cuts.iter().map(cost).sum(), 0.0),
        ("cuts that do harm", larder.steps.iter().map(|steps| steps.harmful as f64).sum(), 0.0),
    ];
    let over =
        at_most.iter().filter(|(_, value, limit)| value.partial_cmp(limit).is_none_or(Ordering::is_gt));
    over.map(|(what, value, limit)| format!("{what}: {value:.4}, at most {limit}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::Work;

    #[test]
    fn what_exceeds_a_limit_is_named_and_so_is_what_was_not_measured() {
        let mut column = Column::default();
        assert!(exceeded(&column).len() >= 4, "no means, and nothing is live");
        let figures = &mut column.figures;
        figures.live = 0.93;
        let means = [
            &mut figures.before_body,
            &mut figures.freshened_before_body,
            &mut figures.miss,
            &mut figures.freshening,
        ];
        for mean in means {
            mean.add(Work::default());
        }
        assert_eq!(exceeded(&column), [""; 0]);
        column.figures.miss.add(Work { reads: 1, ..Work::default() });
        assert_eq!(exceeded(&column), ["reads of a miss: 0.5000, at most 0"]);
    }
}
