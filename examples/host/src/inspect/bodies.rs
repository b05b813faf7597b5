//! Where the heads and bodies of pairs lie.

use super::report::{Extent, Pair, Place};
use larder::pair::PairId;
use larder_storage_flash::{RecordInfo, RecordKind, RecordState};
use std::collections::BTreeMap;

/// The records of each pair, in the order they were written in.
pub(super) fn by_pair(records: &[RecordInfo]) -> BTreeMap<PairId, Vec<&RecordInfo>> {
    let mut by_pair: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for record in records.iter().filter(|record| record.found) {
        if let Some(id) = record.pair {
            by_pair.entry(id).or_default().push(record);
        }
    }
    for own in by_pair.values_mut() {
        own.sort_by_key(|record| (record.seq, record.at));
    }
    by_pair
}

/// Notes where the head and the body of `pair` lie, whose records are `own`.
///
/// A body is what its records say, in order: each begins where the one before ended, and of two that
/// begin together the first that is whole counts.
pub(super) fn locate(pair: &mut Pair, own: &[&RecordInfo]) {
    let is_damaged = |record: &RecordInfo| matches!(record.state, RecordState::Damaged | RecordState::CutOff);
    if let Some(head) = own.iter().rfind(|record| record.head > 0) {
        pair.head = Some(Place { sector: head.position, at: head.at });
        pair.head_octets = head.head;
        pair.freshened = head.kind == RecordKind::Fresh;
        pair.damaged |= is_damaged(head);
    }
    let mut end = 0;
    loop {
        let mut here = own.iter().filter(|record| record.octets > 0 && record.body_offset == end);
        let Some(first) = here.next() else {
            return;
        };
        let best = here.find(|_| is_damaged(first)).filter(|other| !is_damaged(other)).unwrap_or(first);
        pair.extents.push(Extent {
            offset: end,
            octets: best.octets,
            sector: best.position,
            at: best.body_at,
            damaged: is_damaged(best),
        });
        end += best.octets;
    }
}
