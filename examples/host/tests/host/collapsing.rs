//! Ten clients at once ask the proxy for the same thing.

use crate::fixture::{Message, Proxy, TestOrigin, Then, response};
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex};

const CLIENTS: usize = 10;

/// An origin that holds its answers back until it is told to send them.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn open(&self) {
        *self.0.0.lock().expect("no thread panics with it") = true;
        self.0.1.notify_all();
    }

    fn close(&self) {
        *self.0.0.lock().expect("no thread panics with it") = false;
    }

    fn pass(&self) {
        let guard = self.0.0.lock().expect("no thread panics with it");
        drop(self.0.1.wait_while(guard, |open| !*open).expect("no thread panics with it"));
    }
}

/// A proxy before an origin that answers while the gate is open.
fn gated(answer: impl Fn(usize, &Message) -> Vec<u8> + Send + Sync + 'static) -> (TestOrigin, Proxy, Gate) {
    let gate = Gate::default();
    let (passed, count) = (gate.clone(), AtomicUsize::new(0));
    let origin = TestOrigin::new(move |request: &Message, stream| {
        let count = count.fetch_add(1, Ordering::SeqCst);
        passed.pass();
        // A client that has gone takes its connection with it.
        let _ = stream.write_all(&answer(count, request));
        Then::KeepAlive
    });
    let proxy = Proxy::new(origin.address, &[]);
    (origin, proxy, gate)
}

/// Ten requests at once; the gate opens once all are sent, and `ready` holds.
fn ten(
    proxy: &Proxy,
    gate: &Gate,
    lines: impl Fn(usize) -> String + Sync,
    ready: impl FnOnce(),
) -> Vec<Message> {
    let sent = Barrier::new(CLIENTS + 1);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (sent, lines) = (&sent, &lines);
                scope.spawn(move || {
                    let request =
                        format!("GET /a HTTP/1.1\r\nHost: p\r\nConnection: close\r\n{}\r\n", lines(client));
                    let mut connection = proxy.connect(request.as_bytes());
                    sent.wait();
                    crate::fixture::receive(&mut connection, false).expect("an answer")
                })
            })
            .collect();
        sent.wait();
        ready();
        gate.open();
        clients.into_iter().map(|client| client.join().expect("an answer")).collect()
    })
}

fn wait_for(what: impl Fn() -> bool) {
    let end = std::time::Instant::now() + crate::fixture::PATIENCE;
    while !what() {
        assert!(std::time::Instant::now() < end, "it never happens");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

fn nothing(_: usize) -> String {
    String::new()
}

#[test]
fn s4_ten_requests_at_once_for_what_is_missing_or_stale_cause_one_each() {
    let (origin, proxy, gate) = gated(|_, request| match request.has("if-none-match") {
        true => b"HTTP/1.1 304 X\r\nCache-Control: max-age=60\r\nETag: \"1\"\r\n\r\n".to_vec(),
        false => response(200, "Cache-Control: max-age=1\r\nAge: 1\r\nETag: \"1\"\r\n", "hello"),
    });
    // A first answer that is stale at once, so that the others are about what is stale.
    gate.open();
    assert_eq!(proxy.get("/a", "").text(), "hello");
    gate.close();
    let answers = ten(&proxy, &gate, nothing, || wait_for(|| origin.count() == 2));
    assert!(answers.iter().all(|answer| (answer.status(), answer.text()) == (200, "hello")));
    assert_eq!(origin.count(), 2);

    let (origin, proxy, gate) = gated(|_, _| response(200, "Cache-Control: max-age=60\r\n", "hello"));
    let answers = ten(&proxy, &gate, nothing, || wait_for(|| origin.count() == 1));
    assert!(answers.iter().all(|answer| (answer.status(), answer.text()) == (200, "hello")));
    assert_eq!(origin.count(), 1);
    let collapsed =
        |answer: &&Message| answer.values("cache-status").iter().any(|it| it.contains("; collapsed"));
    // A client that was not there yet when the gate opened was a plain hit.
    assert!(answers.iter().filter(collapsed).count() < CLIENTS);
}

#[test]
fn s4_each_goes_by_itself_where_the_answer_is_for_one() {
    for lines in ["Cache-Control: private, max-age=60\r\n", "Cache-Control: no-store\r\n"] {
        let (origin, proxy, gate) = gated(move |count, _| response(200, lines, &count.to_string()));
        let answers = ten(&proxy, &gate, nothing, || wait_for(|| origin.count() == 1));
        let mut bodies: Vec<_> = answers.iter().map(Message::text).collect();
        bodies.sort_unstable();
        bodies.dedup();
        assert_eq!((bodies.len(), origin.count()), (CLIENTS, CLIENTS), "{lines}");
    }
}

#[test]
fn s4_1_each_variant_is_its_own() {
    let (origin, proxy, gate) = gated(|_, request| {
        let language = request.values("accept-language").join("");
        response(200, "Cache-Control: max-age=60\r\nVary: Accept-Language\r\n", &language)
    });
    let language = |client: usize| format!("l{client}");
    let lines = |client: usize| format!("Accept-Language: {}\r\n", language(client));
    let answers = ten(&proxy, &gate, lines, || wait_for(|| origin.count() == 1));
    for (client, answer) in answers.iter().enumerate() {
        assert_eq!(answer.text(), language(client));
    }
    assert_eq!(origin.count(), CLIENTS);
}

#[test]
fn a_client_that_goes_leaves_its_place_to_another() {
    let (origin, proxy, gate) = gated(|_, _| response(200, "Cache-Control: max-age=60\r\n", "hello"));
    let leader = proxy.connect(b"GET /a HTTP/1.1\r\nHost: p\r\n\r\n");
    wait_for(|| origin.count() == 1);
    let answers = ten(&proxy, &gate, nothing, || {
        drop(leader);
        wait_for(|| origin.count() == 2);
    });
    assert!(answers.iter().all(|answer| (answer.status(), answer.text()) == (200, "hello")));
    assert_eq!(origin.count(), 2);
}
