//! larder's side. What is counted stands in functions of their own, which callgrind finds by name.

use crate::cases::{DATE, NOT_MODIFIED, REQUEST, RESPONSE, URI, prepared};
use larder::CacheOptions;
use larder::head::{Edited, Fields, HeadBuf, RequestHead};
use larder::pair::{PairId, StoredBody, record};
use larder::state::{Candidates, IdleClient, IdleNext, MissNext, NeedRevalidation, RevalidationNext};
use larder::time::{Exchange, HttpDate, Now, Uptime};
use std::hint::black_box;

type Head = HeadBuf<2048, 40>;

const OPTIONS: CacheOptions = CacheOptions::PRIVATE;

fn at(seconds: u64) -> Now {
    Now { uptime: Uptime::from_secs(1_000 + seconds), utc: Some(HttpDate::from_unix(DATE + seconds as i64)) }
}

fn request() -> RequestHead<'static> {
    RequestHead::get(URI).with_fields(Fields::new(&REQUEST))
}

fn parsed(octets: &str) -> Head {
    let mut head = Head::new();
    head.as_mut().parse_response(octets.as_bytes()).expect("a head").expect("a whole head");
    head
}

/// Every octet of a head is looked at, as if it were sent.
fn emit(fields: Edited<'_>) -> usize {
    fields.iter().map(|field| field.name_octets().len() + field.value().len()).sum()
}

/// The record of the response, as a store keeps it.
fn stored() -> Vec<u8> {
    let head = parsed(RESPONSE);
    let mut scratch = Candidates::new();
    let IdleNext::CacheMiss(miss) = IdleClient::new(&OPTIONS).next(request(), [], at(0), &mut scratch) else {
        panic!("nothing is stored");
    };
    let MissNext::StoreAndUse(state) = miss.next(head.response(), Exchange::at(at(0))) else {
        panic!("it is storable");
    };
    let mut octets = Vec::new();
    let encoded: Option<Result<(), ()>> = record::encode(&state.pair(), |part| {
        octets.extend_from_slice(part);
        Ok(())
    });
    encoded.expect("it fits").expect("a vector takes all");
    octets
}

pub(crate) fn store() {
    let (head, mut scratch) = prepared(|| (parsed(RESPONSE), Candidates::new()));
    black_box(counted_store_larder(&head, &mut scratch));
}

#[inline(never)]
#[unsafe(no_mangle)]
fn counted_store_larder(head: &Head, scratch: &mut Candidates) -> bool {
    match IdleClient::new(&OPTIONS).next(black_box(request()), [], at(0), scratch) {
        IdleNext::CacheMiss(miss) => {
            matches!(miss.next(black_box(head.response()), Exchange::at(at(0))), MissNext::StoreAndUse(_))
        }
        _ => false,
    }
}

pub(crate) fn hit() {
    let (record, mut scratch) = prepared(|| (stored(), Candidates::new()));
    assert!(counted_hit_larder(&record, &mut scratch) > 500);
}

/// From the record to the last octet of the head to serve.
#[inline(never)]
#[unsafe(no_mangle)]
fn counted_hit_larder(record: &[u8], scratch: &mut Candidates) -> usize {
    let Some(pair) = record::decode(black_box(record), PairId::new(1), StoredBody::whole(1842)) else {
        return 0;
    };
    match IdleClient::new(&OPTIONS).next(black_box(request()), [pair], at(60), scratch) {
        IdleNext::FromCache(state) => emit(state.fields(pair.response.fields)),
        _ => 0,
    }
}

pub(crate) fn stale() {
    let (record, mut scratch) = prepared(|| (stored(), Candidates::new()));
    assert!(counted_stale_larder(&record, &mut scratch) > 100);
}

/// From the record to the last octet of the conditional request.
#[inline(never)]
#[unsafe(no_mangle)]
fn counted_stale_larder(record: &[u8], scratch: &mut Candidates) -> usize {
    need(record, scratch).map_or(0, |need| emit(need.outgoing().fields))
}

#[inline(always)]
fn need<'a>(record: &[u8], scratch: &'a mut Candidates) -> Option<NeedRevalidation<'a>> {
    let pair = record::decode(black_box(record), PairId::new(1), StoredBody::whole(1842))?;
    match IdleClient::new(&OPTIONS).next(black_box(request()), [pair], at(3_600), scratch) {
        IdleNext::NeedRevalidation(need) => Some(need),
        _ => None,
    }
}

pub(crate) fn freshen() {
    let (record, new, mut scratch) = prepared(|| (stored(), parsed(NOT_MODIFIED), Candidates::new()));
    let need = need(&record, &mut scratch).expect("it is stale");
    assert!(counted_freshen_larder(need, &record, &new) > 500);
}

/// From the 304 to the last octet of the head to store.
#[inline(never)]
#[unsafe(no_mangle)]
fn counted_freshen_larder(need: NeedRevalidation<'_>, record: &[u8], new: &Head) -> usize {
    let Some(pair) = record::decode(black_box(record), PairId::new(1), StoredBody::whole(1842)) else {
        return 0;
    };
    match need.next(black_box(new.response()), Exchange::at(at(3_600))) {
        RevalidationNext::NeedToBeUpdated(state) => emit(state.freshened(&pair).fields),
        _ => 0,
    }
}

pub(crate) fn octets() {
    let (mut head, mut scratch) = prepared(|| (Head::new(), Candidates::new()));
    assert!(counted_octets_larder(&mut head, &mut scratch));
}

/// From the octets on the wire to the decision to store.
#[inline(never)]
#[unsafe(no_mangle)]
fn counted_octets_larder(head: &mut Head, scratch: &mut Candidates) -> bool {
    let parsed = head.as_mut().parse_response(black_box(RESPONSE.as_bytes()));
    matches!(parsed, Ok(Some(_))) && counted_store_larder(head, scratch)
}

pub(crate) fn httparse_alone() {
    assert!(counted_octets_httparse() > 10);
}

#[inline(never)]
#[unsafe(no_mangle)]
fn counted_octets_httparse() -> usize {
    let mut lines = [httparse::EMPTY_HEADER; 40];
    let mut response = httparse::Response::new(&mut lines);
    match response.parse(black_box(RESPONSE.as_bytes())) {
        Ok(httparse::Status::Complete(_)) => response.headers.len(),
        _ => 0,
    }
}
