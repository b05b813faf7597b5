//! Several clients that ask for the same thing at once: one asks the origin (`Flights`).

mod changes;

use crate::{FRESH, Of, Ram, TAG, get};
use embassy_sync::blocking_mutex::raw::NoopRawMutex;
use embassy_sync::mutex::Mutex;
use larder::CacheOptions;
use larder::client::{AwaitedReply, BodyError, Call, Client, Flights, Report, Storing};
use larder::head::{Fields, RequestHead};
use larder_tests::origin::{Asked, OriginError};
use larder_tests::{MockClock, Representation, Response, ScriptedOrigin, after_polls};
use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

type Shared = Mutex<NoopRawMutex, Ram>;
type Board = Flights<NoopRawMutex, 4, 16>;
type Task<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Whether a task was woken.
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Runs tasks in turn, polling those alone that were woken, until all are done. The first one is dropped after
/// so many polls.
///
/// # Panics
/// If nobody is woken any more and not all are done.
fn run(tasks: Vec<Task<'_>>, mut polls_of_first: usize) {
    let mut tasks: Vec<_> =
        tasks.into_iter().map(|task| Some((task, Arc::new(Woken(AtomicBool::new(true)))))).collect();
    while tasks.iter().any(Option::is_some) {
        let mut is_stuck = true;
        for (at, place) in tasks.iter_mut().enumerate() {
            if at == 0 && polls_of_first == 0 && place.take().is_some() {
                is_stuck = false;
            }
            let Some((task, woken)) = place else { continue };
            if !woken.0.swap(false, Ordering::SeqCst) {
                continue;
            }
            (is_stuck, polls_of_first) = (false, polls_of_first - usize::from(at == 0));
            let waker = Waker::from(Arc::clone(woken));
            if task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                *place = None;
            }
        }
        assert!(!is_stuck, "a deadlock");
    }
}

/// What one client got.
#[derive(Clone, Debug)]
struct Got {
    status: u16,
    body: Option<Vec<u8>>,
    report: Report,
}

impl Got {
    fn is(&self) -> (u16, Option<bool>) {
        (self.status, self.report.collapsed)
    }
}

/// What an origin says to a request.
type Says = Box<dyn FnMut(&Asked) -> Response>;

/// Clients over one store, each with a connection of its own to one origin.
struct World {
    store: Shared,
    flights: Board,
    options: CacheOptions,
    clock: MockClock,
    origin: Rc<RefCell<Says>>,
    /// How often the origin was asked.
    count: Rc<Cell<usize>>,
    got: RefCell<Vec<Got>>,
}

impl World {
    fn new(origin: impl FnMut(&Asked) -> Response + 'static) -> Self {
        Self {
            store: Shared::new(Ram::new()),
            flights: Board::new(),
            options: CacheOptions::SHARED,
            clock: MockClock::new(),
            origin: Rc::new(RefCell::new(Box::new(origin))),
            count: Rc::default(),
            got: RefCell::default(),
        }
    }

    fn client(&self) -> Of<&Shared> {
        let (origin, count) = (Rc::clone(&self.origin), Rc::clone(&self.count));
        let connection = ScriptedOrigin::answering(move |asked| {
            count.set(count.get() + 1);
            (origin.borrow_mut())(asked)
        });
        connection.yields();
        Client::with_options(&self.store, connection, self.clock.clone(), self.options)
    }

    /// A client that asks with these lines, and reads to the end.
    fn asks<'a>(&'a self, lines: &'a [(&'a str, &'a str)]) -> Task<'a> {
        Box::pin(async move {
            let mut client = self.client();
            let request = get().with_fields(Fields::new(lines));
            let mut reply = client.collapsed(Call::new(request), &self.flights).await;
            let body = rest(&mut reply).await.ok();
            self.got.borrow_mut().push(Got { status: reply.status(), body, report: reply.report().clone() });
        })
    }

    /// What all of them got that ask with these lines at once.
    fn all(&self, lines: &[&[(&str, &str)]]) -> Vec<Got> {
        run(lines.iter().map(|lines| self.asks(lines)).collect(), usize::MAX);
        self.got.take()
    }

    /// That nobody is waited for any more.
    fn is_settled(&self) {
        let before = self.count.get();
        let [got] = &self.all(&[&[("Cache-Control", "min-fresh=100000")]])[..] else {
            panic!("one answer");
        };
        assert_eq!((got.report.collapsed, self.count.get()), (None, before + 1));
    }
}

/// A reply's body.
async fn rest(
    reply: &mut AwaitedReply<'_, &Shared, ScriptedOrigin>,
) -> Result<Vec<u8>, BodyError<OriginError>> {
    let mut body = Vec::new();
    let mut buf = [0; 5];
    loop {
        match reply.read(&mut buf).await? {
            0 => return Ok(body),
            read => body.extend_from_slice(&buf[..read]),
        }
    }
}

const PLAIN: &[(&str, &str)] = &[];

#[test]
fn s4_ten_at_once_for_what_is_missing_ask_once() {
    let world = World::new(|_| Response::ok(&[FRESH], "the body"));
    let got = world.all(&[PLAIN; 10]);
    assert_eq!((world.count.get(), got.len()), (1, 10));
    assert!(got.iter().all(|got| got.body.as_deref() == Some(b"the body")));
    let collapsed: Vec<_> = got.iter().map(|got| got.report.collapsed).collect();
    assert_eq!(collapsed.iter().filter(|it| it.is_none()).count(), 1, "the one that asked");
    assert_eq!(collapsed.iter().filter(|it| **it == Some(true)).count(), 9);
    world.is_settled();
}

#[test]
fn s4_ten_at_once_for_what_is_stale_validate_once() {
    let world = World::new(|asked| match asked.is_conditional() {
        true => Response::not_modified(&[FRESH, TAG]),
        false => Response::ok(&[FRESH, TAG], "the body"),
    });
    world.all(&[PLAIN]);
    world.clock.advance(100);
    let got = world.all(&[PLAIN; 10]);
    assert_eq!(world.count.get(), 2);
    assert!(got.iter().all(|got| got.body.as_deref() == Some(b"the body")));
}

#[test]
fn s4_1_other_variants_go_by_themselves() {
    let world = World::new(|asked| {
        let language = asked.line("accept-language").unwrap_or_default();
        Response::ok(&[FRESH, ("Vary", "Accept-Language")], &language)
    });
    let (de, en) = ([("Accept-Language", "de")], [("Accept-Language", "en")]);
    let got = world.all(&[&de, &en, &de, &en, &de, &en]);
    assert_eq!(world.count.get(), 4, "one for the first, and each of the others");
    for language in ["de", "en"] {
        assert_eq!(got.iter().filter(|got| got.body.as_deref() == Some(language.as_bytes())).count(), 3);
    }
    assert_eq!(got.iter().filter(|got| got.report.collapsed == Some(false)).count(), 3);
    world.is_settled();
}

#[test]
fn s4_an_answer_for_one_is_for_one() {
    for line in ["private, max-age=60", "no-store", "max-age=60, no-cache"] {
        let mut serial = 0;
        let world = World::new(move |_| {
            serial += 1;
            Response::ok(&[("Cache-Control", line)], &serial.to_string())
        });
        let got = world.all(&[PLAIN; 10]);
        assert_eq!(world.count.get(), 10, "{line}");
        let mut bodies: Vec<_> = got.iter().filter_map(|got| got.body.clone()).collect();
        bodies.sort();
        bodies.dedup();
        assert_eq!(bodies.len(), 10, "{line}: each its own");
    }
}

#[test]
fn s4_requests_that_ask_for_their_own_answer_neither_wait_nor_lead() {
    for line in [
        ("Cache-Control", "no-cache"),
        ("Cache-Control", "no-store"),
        ("Cache-Control", "max-age=0"),
        ("Pragma", "no-cache"),
        ("Authorization", "x"),
        ("If-Match", "\"1\""),
        ("Range", "bytes=0-1"),
    ] {
        let world = World::new(|_| Response::ok(&[FRESH], "the body"));
        let lines: &[(&str, &str)] = &[line];
        let got = world.all(&[lines, lines, PLAIN, lines, PLAIN]);
        assert_eq!(world.count.get(), 4, "{line:?}: three, and one for the two others");
        assert_eq!(got.iter().filter(|got| got.report.collapsed.is_some()).count(), 1, "{line:?}");
    }
}

#[test]
fn wherever_the_leader_is_dropped_another_one_takes_its_place() {
    for polls in 1.. {
        let world = World::new(|_| Response::ok(&[FRESH], "the body").chunk(b"").with(&[TAG]));
        run((0..5).map(|_| world.asks(PLAIN)).collect(), polls);
        let got = world.got.take();
        assert!(got.iter().all(|got| got.body.as_deref() == Some(b"the body")), "after {polls} polls");
        assert!(world.count.get() <= 2, "after {polls} polls: {}", world.count.get());
        world.is_settled();
        if got.len() == 5 {
            assert!(polls > 5, "it was done before it was dropped");
            return;
        }
    }
}

#[test]
fn an_origin_that_fails_fails_for_each_and_nobody_waits_for_ever() {
    let world = World::new(|_| Response::refused());
    let got = world.all(&[PLAIN; 6]);
    assert!(got.iter().all(|got| got.status == 504));
    assert_eq!(world.count.get(), 6);
    assert_eq!(got.iter().filter(|got| got.report.collapsed == Some(false)).count(), 5);
    world.is_settled();
}

#[test]
fn s3_4_what_is_cut_off_is_completed_by_one_of_those_that_wait() {
    let there = Representation::new(&[b'f'; 500], &[FRESH, TAG]);
    let mut is_first = true;
    let content = there.content.clone();
    let world = World::new(move |asked| match core::mem::take(&mut is_first) {
        true => {
            let says = Response::new(200).with(&[FRESH, TAG, ("Content-Length", "500")]);
            says.chunk(&[b'f'; 200]).cut_off()
        }
        false => there.answer(asked),
    });
    let got = world.all(&[PLAIN; 5]);
    assert_eq!(world.count.get(), 2);
    assert_eq!(got.iter().filter(|got| got.body.is_none()).count(), 1, "the one that was cut off");
    assert_eq!(got.iter().filter(|got| got.body.as_ref() == Some(&content)).count(), 4);
    assert_eq!(got.iter().filter(|got| matches!(got.report.storing, Storing::Stored(_))).count(), 1);
    world.is_settled();
}

#[test]
fn a_deadline_ends_the_waiting_too() {
    let world = World::new(|_| Response::hangs());
    let task: Task<'_> = Box::pin(async {
        let mut client = world.client();
        let call = Call::new(get()).until(after_polls(20));
        let reply = client.collapsed(call, &world.flights).await;
        let got = Got { status: reply.status(), body: None, report: reply.report().clone() };
        world.got.borrow_mut().push(got);
    });
    let leader: Task<'_> = Box::pin(async {
        let mut client = world.client();
        let call = Call::new(get()).until(after_polls(200));
        assert_eq!(client.collapsed(call, &world.flights).await.status(), 504);
    });
    run(vec![leader, task], usize::MAX);
    let got = world.got.take();
    assert_eq!(got[0].is(), (504, Some(false)));
    assert_eq!(world.count.get(), 1, "it is too late to ask for oneself");
}

#[test]
fn a_fresh_answer_is_not_kept_waiting() {
    let world = World::new(|_| Response::hangs());
    *world.origin.borrow_mut() = Box::new(|_| Response::ok(&[FRESH], "the body"));
    world.all(&[PLAIN]);
    *world.origin.borrow_mut() = Box::new(|_| Response::hangs());
    let leads: Task<'_> = Box::pin(async {
        let mut client = world.client();
        let lines = [("Cache-Control", "min-fresh=100000")];
        let request = get().with_fields(Fields::new(&lines));
        let call = Call::new(request).until(after_polls(100));
        client.collapsed(call, &world.flights).await;
        assert_eq!(world.got.borrow().len(), 1, "the other one is done");
    });
    run(vec![leads, world.asks(PLAIN)], usize::MAX);
    assert_eq!(world.got.take()[0].is(), (200, None));
}

#[test]
fn a_long_body_is_not_waited_for() {
    for (length, count) in [(100, 1), (101, 3)] {
        let mut world = World::new(move |_| Response::ok(&[FRESH], &"x".repeat(length)));
        world.flights = Board::new().waiting_for_up_to(100);
        assert!(world.all(&[PLAIN; 3]).iter().all(|got| got.body.as_ref().map(Vec::len) == Some(length)));
        assert_eq!(world.count.get(), count, "{length} octets");
        // Of unknown length: until more than that has come.
        let mut world = World::new(move |_| {
            let pieces = vec![b'x'; length];
            pieces.chunks(50).fold(Response::new(200).with(&[FRESH]), Response::chunk)
        });
        world.flights = Board::new().waiting_for_up_to(100);
        assert!(world.all(&[PLAIN; 3]).iter().all(|got| got.body.as_ref().map(Vec::len) == Some(length)));
        assert_eq!(world.count.get(), count, "{length} octets, unknown");
        world.is_settled();
    }
}

#[test]
fn without_room_requests_go_by_themselves() {
    let world = World::new(|_| Response::ok(&[FRESH], "the body"));
    let small = Flights::<NoopRawMutex, 1, 2>::new();
    let asks = |uri: &'static str| -> Task<'_> {
        let (world, small) = (&world, &small);
        Box::pin(async move {
            let mut client = world.client();
            let mut reply = client.collapsed(Call::new(RequestHead::get(uri)), small).await;
            assert_eq!(rest(&mut reply).await.as_deref(), Ok(&b"the body"[..]));
        })
    };
    run(
        (0..5).map(|_| asks("http://example.com/a")).chain([asks("http://example.com/b")]).collect(),
        usize::MAX,
    );
    assert_eq!(world.count.get(), 4, "the leader, two without a place to wait, and the other flight");
}

#[test]
fn rfc5861_s3_ten_stale_answers_are_validated_once() {
    let line = ("Cache-Control", "max-age=60, stale-while-revalidate=600");
    let world = World::new(move |asked| match asked.is_conditional() {
        true => Response::not_modified(&[line, TAG]),
        false => Response::ok(&[line, TAG], "the body"),
    });
    world.all(&[PLAIN]);
    world.clock.advance(100);
    let validates = || -> Task<'_> {
        Box::pin(async {
            let mut client = world.client();
            let reply = client.collapsed(Call::new(get()), &world.flights).await;
            assert!(reply.report().validation_due);
            drop(reply);
            client.validate_collapsed(get(), &world.flights, &mut [0; 64]).await;
        })
    };
    run((0..10).map(|_| validates()).collect(), usize::MAX);
    assert_eq!(world.count.get(), 2);
}

#[test]
fn what_takes_no_part_is_as_before() {
    let world = World::new(|_| Response::ok(&[FRESH], "the body"));
    let alone = || -> Task<'_> {
        Box::pin(async {
            let mut client = world.client();
            let mut reply = AwaitedReply::from(client.request(get()).await);
            rest(&mut reply).await.expect("a body");
            assert_eq!(reply.report().collapsed, None);
        })
    };
    run(vec![alone(), alone(), alone()], usize::MAX);
    assert_eq!(world.count.get(), 3);
}

/// Polls are counted: a future that is ready at once is polled once.
#[test]
fn the_executor_of_these_tests_sees_a_deadlock() {
    let stuck: Task<'_> = Box::pin(std::future::poll_fn(|_| Poll::<()>::Pending));
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(vec![stuck], usize::MAX)));
    assert!(result.is_err());
}
