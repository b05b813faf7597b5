//! The state machine alone: every arrow of the diagram, from parsed heads and records.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::ops::ControlFlow;
use larder::CacheOptions;
use larder::head::{Edited, HeadBuf, RequestHead};
use larder::pair::{PairId, StoredBody, record};
use larder::state::{
    Candidates, Combined, Combining, End, Extents, FromCache, IdleClient, InvalidateEntries, MissNext,
    NeedToBeUpdated, PartialUpdate, RevalidationNext, StoreAndUse, Unreachable, UpdateNext,
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
    let mut selecting = IdleClient::new(&options).select(request, now, &mut scratch);
    if let Some(pair) = stored
        && let Some(from) = black_box(&selecting).wants_extents(&pair)
    {
        selecting.offer_part(&pair, &black_box(Extents { from, first: Some(0..1), second: None }));
    }
    let next = match selecting.finish().decided() {
        ControlFlow::Break(next) => next,
        ControlFlow::Continue(state) => combine(state),
    };
    match next {
        UpdateNext::FromCache(state) => serve(&state, &head),
        UpdateNext::GatewayTimeout(state) => drop(black_box(state.status())),
        UpdateNext::CacheMiss(miss) => {
            show(miss.outgoing().fields);
            match miss.next(head.response(), at) {
                MissNext::StoreAndUse(state) => store(&state),
                MissNext::CouldNotBeStored(state) => show(state.fields()),
                MissNext::InvalidateEntries(state) => invalidate(state),
                MissNext::NeedToBeUpdated(state) => {
                    update(&state);
                    invalidate(state.next());
                }
                MissNext::Combining(state) => complete(state, &head),
                MissNext::FromCache(state) => serve(&state, &head),
                MissNext::CacheMiss(miss) => show(miss.outgoing().fields),
            }
        }
        UpdateNext::NeedRevalidation(need) => {
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

fn combine(state: PartialUpdate<'_>) -> UpdateNext<'_> {
    if let Some(pair) = record::decode(black_box(&[]), PairId::new(1), StoredBody::part(Some(2), 1)) {
        show(state.combined(&pair).fields);
    }
    black_box((state.oldest(), state.newest(), state.complete(), state.wants_extents()));
    for id in state.others().chain(state.replaces()) {
        black_box(id);
    }
    state.next(black_box(Combined::Whole))
}

fn complete(state: Combining<'_, '_>, head: &HeadBuf<2048, 40>) {
    if let Some(pair) = record::decode(black_box(&[]), PairId::new(1), StoredBody::part(Some(2), 1)) {
        show(state.freshened(&pair).fields);
    }
    black_box((state.id(), state.part()));
    for id in state.replaces() {
        black_box(id);
    }
    if let Some(state) = state.next() {
        serve(&state, head);
    }
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
