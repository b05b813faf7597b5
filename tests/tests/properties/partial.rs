//! Partial content against plain octets: RFC 9111 §3.3, §3.4.

use crate::cases;
use larder::client::{Client, Storing};
use larder::head::RequestHead;
use larder::store::RamStore;
use larder_tests::origin::Asked;
use larder_tests::partial_model::{LEN, content, events, live};
use larder_tests::{MockClock, Representation, ScriptedOrigin, block_on};
use proptest::prelude::*;

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn what_is_served_is_a_slice_of_one_version(events in events(20)) {
        block_on(live(RamStore::<128, 12>::new(), &events, false))?;
    }

    #[test]
    fn what_is_served_is_a_slice_of_one_version_though_the_store_is_too_small(events in events(20)) {
        block_on(live(RamStore::<16, 3>::new(), &events, true))?;
    }

    #[test]
    fn every_octet_comes_over_the_network_once_however_often_the_connection_is_lost(
        cuts in proptest::collection::vec(1..200_usize, 0..20),
    ) {
        let lines = [("ETag", "\"1\""), ("Cache-Control", "max-age=60")];
        let there = Representation::new(&content(1), &lines);
        let mut left = cuts.into_iter();
        let origin = ScriptedOrigin::answering(move |asked: &Asked| match left.next() {
            Some(after) => there.answer(asked).cut_off_after(after),
            None => there.answer(asked),
        });
        let mut client: Client<_, _, _> = Client::new(RamStore::<64, 4>::new(), origin, MockClock::new());
        let mut network = 0;
        for _ in 0..30 {
            let mut body = [0; LEN];
            let mut reply = block_on(client.request(RequestHead::get("http://example.com/image")));
            let read = block_on(reply.read_to_end(&mut body));
            network += reply.report().from_network;
            if read.is_ok() {
                prop_assert_eq!(&body[..], content(1));
                prop_assert!(matches!(reply.report().storing, Storing::Stored(_)));
                break;
            }
        }
        prop_assert_eq!(network, LEN as u64);
    }
}
