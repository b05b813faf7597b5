//! Several clients over one store, in any order, given up anywhere: who asks after a change gets what is there
//! since, whole, whoever asked before (RFC 9111 §4.4).

use crate::cases;
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use larder::client::{Call, Client, Flights};
use larder::head::{Fields, Method, RequestHead};
use larder::store::RamStore;
use larder_tests::origin::Asked;
use larder_tests::{MockClock, Representation, ScriptedOrigin, YieldingStore};
use proptest::prelude::*;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

const URIS: [&str; 2] = ["http://example.com/a", "http://example.com/b"];
const LEN: usize = 90;

type Store = Mutex<NoopRawMutex, YieldingStore<RamStore<24, 5>>>;

/// What one client does, one after the other.
#[derive(Clone, Debug)]
struct Step {
    uri: usize,
    does: Does,
    /// It is given up after so many polls.
    patience: usize,
}

#[derive(Clone, Debug)]
enum Does {
    /// Asks with these lines, alone or with others, and reads at most so often.
    Get { lines: &'static [(&'static str, &'static str)], collapsed: bool, reads: usize },
    /// Changes it.
    Put,
}

/// What there is, and what everybody knows of it.
struct World {
    /// What the origin has.
    versions: [Cell<u8>; 2],
    /// The newest whose change somebody was told of.
    told: [Cell<u8>; 2],
    store: Store,
    flights: Flights<NoopRawMutex, 2, 4>,
    wrong: RefCell<Vec<String>>,
}

fn content(uri: usize, version: u8) -> Vec<u8> {
    (0..LEN).map(|at| (at as u8).wrapping_mul(7) ^ version.wrapping_mul(31) ^ uri as u8).collect()
}

fn representation(uri: usize, version: u8) -> Representation {
    let (tag, number) = (format!("\"{version}\""), version.to_string());
    let lines = [("Cache-Control", "max-age=1000"), ("ETag", &*tag), ("X-Version", &*number)];
    Representation::new(&content(uri, version), &lines)
}

impl World {
    /// An origin, as one connection to it sees it; each answer to GET ends after so many octets.
    fn origin(self: &Rc<Self>, cuts: Vec<usize>) -> ScriptedOrigin {
        let (world, mut cuts) = (Rc::clone(self), cuts.into_iter());
        let origin = ScriptedOrigin::answering(move |asked: &Asked| {
            let uri = URIS.iter().position(|uri| *uri == asked.uri).expect("one of them");
            if asked.method == "PUT" {
                world.versions[uri].set(world.versions[uri].get() + 1);
                return larder_tests::Response::new(204);
            }
            let says = representation(uri, world.versions[uri].get()).answer(asked);
            match cuts.next() {
                Some(after) if after < LEN => says.cut_off_after(after),
                _ => says,
            }
        });
        origin.yields();
        origin
    }

    async fn live(self: Rc<Self>, steps: Vec<Step>, cuts: Vec<usize>) {
        let mut client: Client<_, _, _> = Client::new(&self.store, self.origin(cuts), MockClock::new());
        for step in steps {
            let mut done = pin!(self.step(&mut client, &step));
            let mut polls = 0;
            poll_fn(|context| {
                polls += 1;
                if polls > step.patience { Poll::Ready(()) } else { done.as_mut().poll(context) }
            })
            .await;
        }
    }

    async fn step(&self, client: &mut Client<&Store, ScriptedOrigin, MockClock>, step: &Step) {
        let request = RequestHead::get(URIS[step.uri]);
        let told = self.told[step.uri].get();
        match &step.does {
            Does::Put => {
                let before = self.versions[step.uri].get();
                let put = request.with_method(Method::Put);
                if client.request(put).await.status() == 204 {
                    self.told[step.uri].set(self.told[step.uri].get().max(before + 1));
                }
            }
            Does::Get { lines, collapsed, reads } => {
                let request = request.with_fields(Fields::new(lines));
                // The two kinds of replies have no trait in common.
                macro_rules! taken {
                    ($reply:expr) => {{
                        let (mut reply, mut body, mut buf) = ($reply, Vec::new(), [0; 23]);
                        let mut is_whole = false;
                        for _ in 0..*reads {
                            match reply.read(&mut buf).await {
                                Ok(0) => is_whole = true,
                                Ok(read) => body.extend_from_slice(&buf[..read]),
                                Err(_) => break,
                            }
                        }
                        ((reply.status(), version(reply.fields().get("x-version"))), body, is_whole)
                    }};
                }
                let (head, body, is_whole) = match collapsed {
                    true => taken!(client.collapsed(Call::new(request), &self.flights).await),
                    false => taken!(client.request(request).await),
                };
                self.check(step, told, head, &body, is_whole);
            }
        }
    }

    fn check(&self, step: &Step, told: u8, head: (u16, Option<u8>), body: &[u8], is_whole: bool) {
        let (status, version) = head;
        let all = version.map(|version| content(step.uri, version)).unwrap_or_default();
        let expected = if status == 206 { all.get(20..60).unwrap_or_default() } else { &all[..] };
        let is_right = version.is_some_and(|version| version >= told)
            && matches!(status, 200 | 206)
            && expected.starts_with(body)
            && (!is_whole || expected.len() == body.len());
        if !is_right {
            self.wrong
                .borrow_mut()
                .push(format!("{step:?}: {head:?}, told of {told}, {} octets", body.len()));
        }
    }
}

fn version(value: Option<&[u8]>) -> Option<u8> {
    std::str::from_utf8(value?).ok()?.parse().ok()
}

/// Polls one after the other, in this order and then in turn, until all are done.
fn run(mut tasks: Vec<Pin<Box<dyn Future<Output = ()>>>>, order: &[u8]) {
    let mut context = Context::from_waker(Waker::noop());
    let turns = order.iter().map(|at| usize::from(*at)).chain(0..100_000);
    for turn in turns {
        if tasks.is_empty() {
            return;
        }
        let at = turn % tasks.len();
        if tasks[at].as_mut().poll(&mut context).is_ready() {
            drop(tasks.swap_remove(at));
        }
    }
    panic!("they wait for each other");
}

fn step() -> impl Strategy<Value = Step> {
    let lines = prop_oneof![
        4 => Just(&[][..]),
        1 => Just(&[("Cache-Control", "no-cache")][..]),
        1 => Just(&[("Range", "bytes=20-59")][..]),
    ];
    let get = (lines, any::<bool>(), prop_oneof![3 => Just(9_usize), 1 => 0..5_usize])
        .prop_map(|(lines, collapsed, reads)| Does::Get { lines, collapsed, reads });
    let does = prop_oneof![4 => get, 1 => Just(Does::Put)];
    let patience = prop_oneof![5 => Just(usize::MAX), 1 => 1..60_usize];
    (0..URIS.len(), does, patience).prop_map(|(uri, does, patience)| Step { uri, does, patience })
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn who_asks_after_a_change_gets_what_is_there_since(
        steps in prop::collection::vec(prop::collection::vec(step(), 0..8), 3),
        cuts in prop::collection::vec(prop::collection::vec(10..400_usize, 0..6), 3),
        order in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let world = Rc::new(World {
            versions: Default::default(),
            told: Default::default(),
            store: Store::new(YieldingStore::new(RamStore::new())),
            flights: Flights::new(),
            wrong: RefCell::default(),
        });
        let mut tasks: Vec<Pin<Box<dyn Future<Output = ()>>>> = Vec::new();
        for (steps, cuts) in steps.into_iter().zip(cuts) {
            tasks.push(Box::pin(Rc::clone(&world).live(steps, cuts)));
        }
        run(tasks, &order);
        let wrong = world.wrong.take();
        prop_assert!(wrong.is_empty(), "{wrong:?}");
    }
}
