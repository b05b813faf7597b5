//! The state machine alone: every arrow of the diagram, from parsed heads and records.

#![no_std]
#![no_main]

use core::hint::black_box;
use larder::CacheOptions;
use larder::head::{Edited, HeadBuf, RequestHead};
use larder::pair::{PairId, StoredBody, record};
use larder::state::{
    Candidates, End, FromCache, IdleClient, IdleNext, InvalidateEntries, MissNext, NeedToBeUpdated,
    RevalidationNext, StoreAndUse, Unreachable,
};
use larder::time::{Clock, Exchange};

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    let options = black_box(CacheOptions::PRIVATE);
    let mut scratch = Candidates::new();
    let mut head: HeadBuf<2048, 40> = HeadBuf::new();
    let _ = black_box(head.as_mut().parse_response(black_box(b"")));
    let request = black_box(RequestHead::get("http://a/b"));
    let now = larder_sizes::Still.now();
    let stored = record::decode(black_box(&[]), PairId::new(1), StoredBody::whole(1));
    let at = Exchange::at(now);
    match IdleClient::new(&options).next(request, stored, now, &mut scratch) {
        IdleNext::FromCache(state) => serve(&state, &head),
        IdleNext::GatewayTimeout(state) => drop(black_box(state.status())),
        IdleNext::CacheMiss(miss) => {
            show(miss.outgoing().fields);
            match miss.next(head.response(), at) {
                MissNext::StoreAndUse(state) => store(&state),
                MissNext::CouldNotBeStored(state) => show(state.fields()),
                MissNext::InvalidateEntries(state) => invalidate(state),
                MissNext::NeedToBeUpdated(state) => {
                    update(&state);
                    invalidate(state.next());
                }
            }
        }
        IdleNext::NeedRevalidation(need) => {
            show(need.outgoing().fields);
            if let Unreachable::FromCache(state) = need.unreachable() {
                serve(&state, &head);
            }
            match need.next(head.response(), at) {
                RevalidationNext::NeedToBeUpdated(state) => {
                    update(&state);
                    serve(&state.next(), &head);
                }
                RevalidationNext::HeadUpdate(state) => invalidate(state.next()),
                RevalidationNext::StoreAndUse(state) => store(&state),
                RevalidationNext::CouldNotBeStored(state) => show(state.fields()),
                RevalidationNext::InvalidateEntries(state) => invalidate(state),
                RevalidationNext::FromCache(state) => serve(&state, &head),
                RevalidationNext::CacheMiss(miss) => show(miss.outgoing().fields),
            }
        }
    }
    larder_sizes::stop()
}

fn show(fields: Edited<'_>) {
    for field in fields {
        black_box(field);
    }
}

fn serve(state: &FromCache<'_>, head: &HeadBuf<2048, 40>) {
    black_box((state.status(200), state.content()));
    show(state.fields(head.fields()));
}

fn store(state: &StoreAndUse<'_>) {
    let encoded = record::encode(&state.pair(), |part| {
        black_box(part);
        Ok::<(), ()>(())
    });
    black_box((encoded, record::encoded_len(&state.pair()), state.pair().key().fingerprint(1)));
    for id in state.replaces() {
        black_box(id);
    }
}

fn update<Then>(state: &NeedToBeUpdated<'_, Then>) {
    if let Some(pair) = record::decode(black_box(&[]), PairId::new(1), StoredBody::whole(1)) {
        show(state.freshened(&pair).fields);
    }
    for id in state.ids() {
        black_box(id);
    }
}

fn invalidate(state: InvalidateEntries<'_>) {
    for key in state.keys() {
        black_box(key.fingerprint(1));
    }
    for id in state.ids() {
        black_box(id);
    }
    match state.next() {
        End::StoreAndUse(state) => store(&state),
        End::CouldNotBeStored(state) => show(state.fields()),
    }
}
