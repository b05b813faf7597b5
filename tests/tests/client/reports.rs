//! What a report says.

use crate::{FRESH, Ram, TAG, client, get, rest};
use larder::Reason;
use larder::client::{Failure, Outcome, Step, Storing};
use larder::head::{Fields, Method};
use larder_tests::origin::OriginError;
use larder_tests::{Device, Response, block_on};

#[test]
fn a_miss_that_is_stored() {
    let mut device = Device::private();
    let report = device.fetch("/a", &[], Response::ok(&[FRESH], "octets")).report;
    assert_eq!(report.walked, [Step::IdleClient, Step::CacheMiss, Step::StoreAndUse]);
    assert_eq!((report.outcome, report.forwarded), (Outcome::Miss, Some(Reason::NothingStored)));
    assert_eq!((report.from_network, report.from_store), (6, 0));
    assert!(matches!(report.storing, Storing::Stored(_)));
    assert!(!report.validation_due && !report.store_failed);
}

#[test]
fn a_miss_that_is_not_stored() {
    let mut device = Device::private();
    let report = device.fetch("/a", &[], Response::ok(&[("Cache-Control", "no-store")], "octets")).report;
    assert_eq!(report.walked, [Step::IdleClient, Step::CacheMiss, Step::CouldNotBeStored]);
    assert_eq!(report.storing, Storing::No(Reason::ResponseNoStore));
    assert_eq!(report.from_network, 6);
}

#[test]
fn a_hit() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[FRESH], "octets"));
    let report = device.hit("/a", &[]).report;
    assert_eq!(report.walked, [Step::IdleClient, Step::FromCache]);
    assert_eq!((report.outcome, report.forwarded, report.storing), (Outcome::Hit, None, Storing::Nothing));
    assert_eq!((report.from_network, report.from_store), (0, 6));
}

#[test]
fn a_validation() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[FRESH, TAG], "octets"));
    device.pass(100);
    let report = device.fetch("/a", &[], Response::not_modified(&[TAG])).report;
    let walked = [Step::IdleClient, Step::NeedRevalidation, Step::NeedToBeUpdated, Step::FromCache];
    assert_eq!(report.walked, walked);
    assert_eq!((report.outcome, report.forwarded), (Outcome::Revalidated, Some(Reason::Stale)));
    assert_eq!((report.from_network, report.from_store), (0, 6));
}

#[test]
fn a_change() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[FRESH, TAG], "octets"));
    device.pass(100);
    let report = device.fetch("/a", &[], Response::ok(&[FRESH], "other")).report;
    assert_eq!(report.walked, [Step::IdleClient, Step::NeedRevalidation, Step::StoreAndUse]);
    assert_eq!(report.outcome, Outcome::Changed);
}

#[test]
fn an_invalidation() {
    let mut device = Device::private();
    device.origin.then(Response::new(204));
    let report = device.ask(Method::Delete, "/a", &[]).report;
    let walked = [Step::IdleClient, Step::CacheMiss, Step::InvalidateEntries, Step::CouldNotBeStored];
    assert_eq!(report.walked, walked);
    assert_eq!(report.forwarded, Some(Reason::MethodNotCached));
}

#[test]
fn a_failure_of_the_origin() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        origin.then(Response::refused());
        let mut reply = client.request(get()).await;
        assert_eq!(reply.failure(), Some(&Failure::Origin(OriginError::Refused)));
        assert_eq!((reply.status(), reply.report().outcome), (504, Outcome::GatewayTimeout));
        assert_eq!(reply.fields().iter().count(), 0);
        assert_eq!(rest(&mut reply).await.as_deref(), Ok(&b""[..]));
    });
}

#[test]
fn only_if_cached_asks_nobody() {
    block_on(async {
        let (mut client, origin, _) = client(Ram::new());
        let lines = [("Cache-Control", "only-if-cached")];
        let reply = client.request(get().with_fields(Fields::new(&lines))).await;
        assert_eq!((reply.status(), reply.failure()), (504, None));
        assert_eq!(reply.report().walked, [Step::IdleClient, Step::GatewayTimeout]);
        assert_eq!(reply.report().forwarded, Some(Reason::OnlyIfCached));
        drop(reply);
        assert_eq!(origin.count(), 0);
    });
}

#[test]
fn the_longest_walk_fits() {
    let mut device = Device::private();
    device.fetch("/a", &[], Response::ok(&[FRESH, TAG], "octets"));
    device.pass(100);
    device.origin.then(Response::not_modified(&[("ETag", "\"other\"")]));
    device.origin.then(Response::new(200).with(&[FRESH, ("ETag", "\"2\"")]));
    let report = device.head("/a", &[]).report;
    assert_eq!(report.walked[..3], [Step::IdleClient, Step::NeedRevalidation, Step::CacheMiss]);
    assert_eq!(report.walked.last(), Some(&Step::StoreAndUse));
}
