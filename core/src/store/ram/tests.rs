//! The inner workings of [`RamStore`]: blocks, chains, eviction, generations. What every store must do
//! is the conformance suite's business (`tests/src/store_suite`).

use super::blocks::NONE;
use super::*;
use crate::head::{Edited, Fields, Method};
use crate::pair::Nominated;
use crate::store::PairStore;
use crate::time::{DeltaSeconds, ReceivedAt};
use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

/// Runs a future of the store, which never waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("a store in RAM never waits"),
    }
}

fn pair(uri: &str) -> NewPair<'_> {
    let fields = Edited::new(Fields::EMPTY);
    NewPair {
        method: Method::Get,
        uri,
        nominated: Nominated::new(Fields::EMPTY, &fields),
        authorized: false,
        status: 200,
        fields,
        date_made: false,
        received: ReceivedAt { uptime: None, utc: None, initial_age: DeltaSeconds::ZERO },
        length: None,
        offset: 0,
        resumable: false,
        generation: None,
    }
}

fn store<const B: usize, const P: usize>(s: &mut RamStore<B, P>, uri: &str, octets: usize) -> PairId {
    let writing = now(s.create(&pair(uri))).unwrap();
    now(s.write(writing, &vec![7; octets])).unwrap();
    now(s.commit(writing, &[])).unwrap()
}

fn is_there<const B: usize, const P: usize>(s: &mut RamStore<B, P>, id: PairId) -> bool {
    s.entries.iter().any(|entry| entry.state == State::Stored && entry.id == id)
}

/// Blocks that a chain holds, by walking it.
fn blocks_of<const B: usize>(blocks: &Blocks<B>, chain: &Chain) -> usize {
    let mut count = 0;
    let mut at = chain.first;
    while at != NONE && count < chain.len.div_ceil(BLOCK) {
        count += 1;
        if at == chain.last {
            break;
        }
        at = blocks.next[usize::from(at)];
    }
    count
}

/// Blocks that can be had: those given back and those never used.
fn blocks_free<const B: usize>(blocks: &Blocks<B>) -> usize {
    let mut count = B - usize::from(blocks.fresh);
    let mut at = blocks.free;
    while at != NONE {
        count += 1;
        at = blocks.next[usize::from(at)];
    }
    count
}

/// Every block belongs to one chain or is free.
fn assert_no_block_is_lost<const B: usize, const P: usize>(s: &RamStore<B, P>) {
    let held: usize = s
        .entries
        .iter()
        .map(|entry| blocks_of(&s.blocks, &entry.record))
        .chain((0..P).flat_map(|at| s.extents(at)).map(|extent| blocks_of(&s.blocks, &extent.chain)))
        .sum();
    assert_eq!(held + blocks_free(&s.blocks), B);
}

#[test]
fn a_chain_ends_where_its_last_block_does() {
    for len in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
        let mut blocks = Blocks::<4>::new();
        let mut chain = Chain::EMPTY;
        let octets: Vec<u8> = (0..len).map(|at| at as u8).collect();
        let mut rest = &octets[..];
        while !rest.is_empty() {
            let taken = blocks.append(&mut chain, rest);
            rest = &rest[taken..];
        }
        assert_eq!(chain.len, len);
        assert_eq!(blocks_of(&blocks, &chain), len.div_ceil(BLOCK));
        assert_eq!(blocks_free(&blocks), 4 - len.div_ceil(BLOCK));
        let mut read = vec![0; len + 1];
        assert_eq!(blocks.read(chain, Place::START, 0, &mut read).1, len);
        assert_eq!(read[..len], octets);
        blocks.free(chain);
        assert_eq!(blocks_free(&blocks), 4);
    }
}

#[test]
fn an_append_without_room_takes_nothing() {
    let mut blocks = Blocks::<1>::new();
    let mut chain = Chain::EMPTY;
    assert_eq!(blocks.append(&mut chain, &[1; BLOCK + 1]), BLOCK);
    assert_eq!(blocks.append(&mut chain, &[1]), 0);
    assert_eq!(chain.len, BLOCK);
}

#[test]
fn a_read_goes_on_where_the_last_one_ended() {
    let mut blocks = Blocks::<8>::new();
    let mut chain = Chain::EMPTY;
    for number in 0..8_u8 {
        assert_eq!(blocks.append(&mut chain, &[number; BLOCK]), BLOCK);
    }
    let mut buf = [0; 1];
    let (place, _) = blocks.read(chain, Place::START, 5 * BLOCK, &mut buf);
    assert_eq!((place.number, buf), (5, [5]));
    let (place, _) = blocks.read(chain, place, 7 * BLOCK - 1, &mut buf);
    assert_eq!((place.number, buf), (6, [6]));
    let (place, _) = blocks.read(chain, place, 0, &mut buf);
    assert_eq!((place.number, buf), (0, [0]), "backwards it begins again");
}

#[test]
fn blocks_come_back_whatever_becomes_of_a_pair() {
    let mut s = RamStore::<16, 4>::new();
    for round in 0..50 {
        let kept = store(&mut s, "http://h/kept", 100 * (round % 5));
        let writing = now(s.create(&pair("http://h/abandoned"))).unwrap();
        now(s.write(writing, &[1; 300])).unwrap();
        if round % 2 == 0 {
            now(s.abandon(writing)).unwrap();
        }
        let updated = now(s.update(kept, &pair("http://h/kept")));
        assert_eq!(updated.is_ok(), is_there(&mut s, kept), "gone only if it was evicted");
        assert_no_block_is_lost(&s);
        if round % 3 == 0 {
            now(s.remove(kept)).unwrap();
        }
        assert_no_block_is_lost(&s);
    }
    let writing = now(s.create(&pair("http://h/large"))).unwrap();
    assert!(now(s.write(writing, &[1; 17 * BLOCK])).is_err());
    assert_no_block_is_lost(&s);
}

#[test]
fn the_least_recently_used_pair_goes_first() {
    let mut s = RamStore::<64, 3>::new();
    let ids = ["http://h/a", "http://h/b", "http://h/c"].map(|uri| store(&mut s, uri, 10));
    let mut record = [0; 256];
    assert!(now(s.head(ids[0], &mut record)).unwrap().is_some());
    let fourth = store(&mut s, "http://h/d", 10);
    assert!(!is_there(&mut s, ids[1]), "the one not used for longest");
    assert!(is_there(&mut s, ids[0]) && is_there(&mut s, ids[2]) && is_there(&mut s, fourth));
    assert_eq!(s.evictions, 1);
}

#[test]
fn a_forgotten_writer_goes_like_a_pair_and_pinned_ones_never() {
    let mut s = RamStore::<64, 3>::new();
    let pinned = store(&mut s, "http://h/a", 10);
    now(s.pin(pinned)).unwrap();
    let writing = now(s.create(&pair("http://h/b"))).unwrap();
    let stored = store(&mut s, "http://h/c", 10);
    assert!(now(s.write(writing, b"x")).is_ok());
    let fourth = store(&mut s, "http://h/d", 10);
    assert!(!is_there(&mut s, stored), "the writer was used since");
    assert!(is_there(&mut s, fourth));
    let fifth = store(&mut s, "http://h/e", 10);
    assert_eq!(now(s.write(writing, b"x")), Err(StoreError::Gone), "a forgotten writer goes");
    assert!(is_there(&mut s, pinned) && is_there(&mut s, fourth) && is_there(&mut s, fifth));
    for id in [fourth, fifth] {
        now(s.pin(id)).unwrap();
    }
    assert_eq!(now(s.create(&pair("http://h/f"))), Err(StoreError::NoRoom));
    assert_no_block_is_lost(&s);
}

#[test]
fn a_slot_used_again_has_another_generation() {
    let mut s = RamStore::<16, 1>::new();
    let first = now(s.create(&pair("http://h/a"))).unwrap();
    now(s.abandon(first)).unwrap();
    let second = now(s.create(&pair("http://h/a"))).unwrap();
    assert_eq!(first.slot, second.slot);
    assert_ne!(first.generation, second.generation);
    assert_eq!(now(s.write(first, b"x")), Err(StoreError::Gone));
    assert_eq!(now(s.commit(first, &[])), Err(StoreError::Gone));
    let id = now(s.commit(second, &[])).unwrap();
    now(s.abandon(second)).unwrap();
    assert!(is_there(&mut s, id), "a writer that has committed abandons nothing");
    let beyond = Writing { slot: 9, generation: 0 };
    assert_eq!(now(s.write(beyond, b"x")), Err(StoreError::Gone));
}

#[test]
fn the_count_of_uses_may_wrap() {
    let mut s = RamStore::<64, 2>::new();
    s.uses = u32::MAX - 3;
    let old = store(&mut s, "http://h/a", 10);
    let new = store(&mut s, "http://h/b", 10);
    assert!(s.uses < 100, "it has wrapped");
    store(&mut s, "http://h/c", 10);
    assert!(!is_there(&mut s, old) && is_there(&mut s, new));
}

#[test]
fn a_uri_too_long_to_be_looked_at_whole_is_invalidated_all_the_same() {
    let mut s = RamStore::<64, 4>::new();
    let uri = format!("http://h/{}", "x".repeat(2 * URI_PEEK));
    let id = store(&mut s, &uri, 10);
    now(s.invalidate(PairKey::new(&uri))).unwrap();
    assert!(!is_there(&mut s, id));
    assert_no_block_is_lost(&s);
}

#[test]
fn an_update_under_pressure_evicts_others_and_not_its_own_body() {
    let mut s = RamStore::<8, 4>::new();
    let other = store(&mut s, "http://h/other", 2 * BLOCK);
    let kept = store(&mut s, "http://h/kept", 3 * BLOCK);
    let long = "y".repeat(2 * BLOCK);
    let line = [("X", &*long)];
    let fields = Edited::new(Fields::new(&line));
    now(s.update(kept, &NewPair { fields, ..pair("http://h/kept") })).unwrap();
    assert!(is_there(&mut s, kept) && !is_there(&mut s, other));
    let mut body = [0; 3 * BLOCK];
    assert_eq!(now(s.read(kept, 0, &mut body)), Ok(3 * BLOCK));
    assert_eq!(body, [7; 3 * BLOCK]);
    assert_no_block_is_lost(&s);
}
