//! What may be seen of a store after something went wrong, or after a reboot.

use super::{INDEX, Names, Op, SLACK, Seen, Store, View, rebooted, sample, view};
use larder::pair::PairId;
use larder::store::PairStore;
use larder_tests::block_on;

/// What is seen after something went wrong in `op` is what was there before, or after it, for each
/// pair; never both a pair and those it replaces. Of a body whose parts are kept it may be anything
/// between. Pairs of the oldest sector may be gone: where the sector that was written is given up, the
/// next one takes its place. `but`: others that may be.
pub fn compare(op: &Op, names: &Names, before: &View, after: &View, seen: &View, but: &[PairId], told: &str) {
    let mut kept = before.iter().filter(|(id, _)| after.contains_key(id) && !but.contains(id)).peekable();
    let oldest = kept.peek().map(|(id, _)| sector(id));
    for (id, pair) in kept {
        let Some(now) = seen.get(id) else {
            // See `unchanged`.
            if is_crowded(before, id) {
                continue;
            }
            // Sectors that a pin holds (of the head, of the body, of a newer head) are passed over, and
            // the next one goes: what is lost is older than all that stays.
            let stays = before.keys().filter(|id| !but.contains(id) && seen.contains_key(id)).min();
            let passed = !but.is_empty() && stays.is_none_or(|stays| id < stays);
            assert!(Some(sector(id)) == oldest || passed, "{} is lost: {told}", pair.uri);
            let others = seen.keys().filter(|id| !but.contains(id)).any(|other| sector(other) == sector(id));
            assert!(!others, "{} is lost: {told}", pair.uri);
            continue;
        };
        let after = &after[id];
        let between = op.grows(names) == Some(&pair.uri) && is_between(pair, now, Some(after));
        let right = now == pair || now == after || between;
        assert!(right, "{} was version {} and is {}: {told}", pair.uri, pair.version, now.version);
    }
    for (id, pair) in seen {
        // What a full index gave up may come back, as long as it was not removed.
        let given_up =
            before.len() + SLACK >= INDEX && before.keys().next().is_some_and(|oldest| id < oldest);
        let part = op.grows(names) == Some(&pair.uri)
            && before.get(id).map_or(pair.body.runs.len() <= 1 && !pair.body.committed, |before| {
                is_between(before, pair, after.get(id))
            })
            && after.get(id).is_none_or(|after| after.body.covers(&pair.body));
        let known = before.get(id) == Some(pair) || after.get(id) == Some(pair) || given_up || part;
        let version = before.get(id).map(|pair| pair.version);
        assert!(known, "{} {id:?} is version {}, was {version:?}: {told}", pair.uri, pair.version);
    }
    replaced(op, names, before, after, seen, told);
    merged(op, names, before, after, seen, told);
    second_chances(before, after, seen, told);
}

fn sector(id: &PairId) -> u64 {
    id.number() >> 16
}

/// Whether the ring has come round to where a pair was: nothing as old is there.
fn was_lapped(seen: &View, id: &PairId) -> bool {
    !seen.keys().any(|other| sector(other) <= sector(id))
}

/// Whether a pair may be gone since the index was too small while mounting.
fn is_crowded(before: &View, id: &PairId) -> bool {
    before.len() + SLACK >= INDEX && before.keys().take(SLACK).any(|old| old == id)
}

/// Whether a body grew from what it was, and no further than it was to.
fn is_between(before: &Seen, now: &Seen, after: Option<&Seen>) -> bool {
    !now.body.committed
        && now.version == before.version
        && now.body.complete == before.body.complete
        && now.body.covers(&before.body)
        && now.body.runs.len() <= before.body.runs.len() + 1
        && after.is_none_or(|after| after.body.covers(&now.body))
}

/// Never both a pair and those it replaces, nor neither.
fn replaced(op: &Op, names: &Names, before: &View, after: &View, seen: &View, told: &str) {
    let new = match op {
        Op::Finish(pair, ..) => Some(names.0[*pair].0),
        _ => after.keys().find(|id| !before.contains_key(id) && after[id].uri == uri_of(op)).copied(),
    };
    let new_is_there = new.and_then(|new| seen.get(&new)).is_some_and(|new| new.body.committed);
    for old in op.replaces() {
        let old = names.0[*old].0;
        let done = new.is_some_and(|new| after.get(&new).is_some_and(|new| new.body.committed));
        if !done || !before.contains_key(&old) {
            continue;
        }
        assert!(!(new_is_there && seen.contains_key(&old)), "both are there: {told}");
        let lost = was_lapped(seen, &old) || is_crowded(before, &old);
        assert!(new_is_there || seen.contains_key(&old) || lost, "neither is there: {told}");
    }
}

fn uri_of(op: &Op) -> &str {
    match op {
        Op::Put(sample, _) | Op::Whole(sample, _) => &sample.uri,
        _ => "",
    }
}

/// A part is where it was or a part of the other, not both.
fn merged(op: &Op, names: &Names, before: &View, after: &View, seen: &View, told: &str) {
    let Op::Merge(into, from) = op else {
        return;
    };
    let (into, from) = (names.0[*into].0, names.0[*from].0);
    let (Some(was), Some(is), true) = (before.get(&into), after.get(&into), before.contains_key(&from))
    else {
        return;
    };
    let Some(now) = seen.get(&into).filter(|_| was != is && !after.contains_key(&from)) else {
        return;
    };
    assert_eq!(seen.contains_key(&from), now == was, "the part is lost, or there twice: {told}");
}

/// A pair that was moved is at one of its two places, unless the oldest sector went.
fn second_chances(before: &View, after: &View, seen: &View, told: &str) {
    for (new, pair) in after.iter().filter(|(id, _)| !before.contains_key(id)) {
        let mut same = before.iter().filter(|(id, was)| *was == pair && !after.contains_key(id));
        if let Some((old, _)) = same.next().filter(|_| same.next().is_none()) {
            let there = seen.contains_key(old) || seen.contains_key(new);
            assert!(
                there || was_lapped(seen, old) || is_crowded(before, old),
                "{} was moved and is lost: {told}",
                pair.uri
            );
        }
    }
}

/// Of what was written before power was lost, no more is missing than a writer gathers.
pub fn only_gathered_octets_are_lost(names: &Names, before: &View, seen: &View, told: &str) {
    let Some((uri, accepted)) = &names.1 else {
        return;
    };
    let held = |view: &View| -> Option<usize> {
        let held: Vec<_> =
            view.values().filter(|pair| pair.uri == *uri).map(|pair| pair.body.held()).collect();
        (!held.is_empty()).then(|| held.iter().sum())
    };
    let was = held(before);
    let Some(now) = held(seen).or(was.is_none().then_some(0)) else {
        // It was in the oldest sector.
        return;
    };
    let missing = (was.unwrap_or_default() + accepted).saturating_sub(now);
    assert!(missing <= GATHERED, "{missing} octets of {accepted} are lost: {told}");
}

/// Takes the slots of writers that nobody ends.
pub fn end_writers<const R: usize, const W: usize, const E: usize>(store: &mut Store<R, W, E>) {
    let writers = [0; 2].map(|_| block_on(sample("/nobody", 5).create(store)).expect("a slot"));
    for writing in writers {
        block_on(store.abandon(writing)).expect("the medium");
    }
}

/// Looks every pair up whose number in `names` is even, as one does that is used again.
pub fn look_up<const R: usize, const W: usize, const E: usize>(store: &mut Store<R, W, E>, names: &Names) {
    for (id, _) in names.0.iter().step_by(2) {
        let _ = block_on(store.head(*id, &mut [0; 4096])).expect("the medium");
    }
}

/// Octets that a writer gathers: its buffer less what is kept free for headers and lists.
const GATHERED: usize = 1152 - 92;

/// A reboot changed nothing, but that the oldest sector may have gone, all of it: where little is left
/// of the sector that was written, it is given up, and the next one takes the other's place.
pub fn unchanged(before: &View, seen: &View, told: &str) {
    unchanged_but_for(before, seen, 1, told);
}

/// As [`unchanged`], but `sectors` may have gone, the oldest ones.
fn unchanged_but_for(before: &View, seen: &View, sectors: usize, told: &str) {
    let mut of: Vec<_> = before.keys().map(sector).collect();
    of.dedup();
    let went = (0..=sectors).any(|count| {
        let kept = |id| of.iter().skip(count).any(|of| *of == sector(id));
        before.iter().filter(|(id, _)| kept(id)).eq(seen.iter())
    });
    let lost: Vec<_> = before.keys().filter(|id| !seen.contains_key(id)).collect();
    let new: Vec<_> = seen.keys().filter(|id| !before.contains_key(id)).collect();
    // An index that is nearly full may be too small for the pairs that were begun and never completed: a
    // mount sees these too.
    let crowded =
        before.len() + SLACK >= INDEX && new.is_empty() && before.keys().take(lost.len()).eq(lost.clone());
    let crowded = crowded && lost.len() < SLACK && seen.iter().all(|(id, pair)| before.get(id) == Some(pair));
    assert!(
        went || crowded,
        "{lost:?} of {} are lost (the oldest is {:?}), {new:?} are new: {told}",
        before.len(),
        before.keys().next()
    );
}

/// The store goes on as if nothing had been; another reboot changes nothing, but for what `but`
/// names.
pub fn works_on<const R: usize, const W: usize, const E: usize>(
    store: Store<R, W, E>,
    but: &[PairId],
    told: &str,
) {
    let mut store = store;
    let mut names = Names::default();
    for op in [
        Op::Put(sample("/later", 40), vec![]),
        Op::Put(sample("/latest", 900), vec![0]),
        Op::Update(1, 2),
        Op::Put(sample("/last", 1), vec![]),
        Op::Remove(2),
    ] {
        block_on(names.run(&mut store, &op)).expect("power");
    }
    assert_eq!(names.0.len(), 3, "{told}");
    let mut before = view(&mut store);
    assert_eq!(before.get(&names.0[1].0).map(|pair| pair.version), Some(2), "{told}");
    assert!(!before.contains_key(&names.0[0].0) && !before.contains_key(&names.0[2].0), "{told}");
    let mut store = rebooted(store);
    let mut seen = view(&mut store);
    for id in but {
        before.remove(id);
        seen.remove(id);
    }
    // Sectors that a pin holds are passed over: what else is there goes with the one behind them.
    unchanged_but_for(&before, &seen, if but.is_empty() { 1 } else { HELD }, told);
}

/// Sectors that go together at most where pins hold some of them.
const HELD: usize = 4;
