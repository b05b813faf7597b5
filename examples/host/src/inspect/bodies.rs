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
/// Of records that hold the same octets of a body, the first one that is whole counts. Octets that are
/// held nowhere are left out.
pub(super) fn locate(pair: &mut Pair, own: &[&RecordInfo]) {
    let is_damaged = |record: &RecordInfo| matches!(record.state, RecordState::Damaged | RecordState::CutOff);
    let counts = |record: &&&RecordInfo| record.head > 0 && record.state != RecordState::Superseded;
    if let Some(head) = own.iter().rfind(counts) {
        pair.head = Some(Place { sector: head.position, at: head.at });
        pair.head_octets = head.head;
        pair.freshened = matches!(head.kind, RecordKind::Fresh | RecordKind::Delta);
        pair.damaged |= is_damaged(head);
    }
    let mut parts: Vec<&RecordInfo> = own.iter().filter(|record| record.octets > 0).copied().collect();
    parts.sort_by_key(|record| (record.body_offset, is_damaged(record), record.seq, record.at));
    let mut end = 0;
    for record in parts {
        if record.body_offset + record.octets <= end {
            continue;
        }
        pair.extents.push(Extent {
            offset: record.body_offset,
            octets: record.octets,
            sector: record.position,
            at: record.body_at,
            damaged: is_damaged(record),
        });
        end = record.body_offset + record.octets;
    }
}
