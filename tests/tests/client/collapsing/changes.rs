//! What is changed while others ask for it.

use super::{PLAIN, Task, World, run};
use crate::{FRESH, get};
use larder::client::Call;
use larder::head::Method;
use larder_tests::Response;
use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

/// The same task over a slow link: when it has asked, it goes on each tenth time that it is polled.
fn slowly(mut task: Task<'_>) -> Task<'_> {
    let mut polls = 0;
    Box::pin(poll_fn(move |context| {
        polls += 1;
        if polls <= 2 || polls % 10 == 0 {
            return task.as_mut().poll(context);
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }))
}

#[test]
fn s4_4_what_was_asked_for_before_a_change_answers_nobody_who_asks_after_it() {
    let value = Rc::new(Cell::new("old"));
    let says = Rc::clone(&value);
    let world = World::new(move |asked| match &*asked.method {
        "PUT" => {
            says.set("new");
            Response::new(204)
        }
        _ => Response::ok(&[FRESH], says.get()),
    });
    let writes = Box::pin(async {
        let mut client = world.client();
        let put = get().with_method(Method::Put);
        assert_eq!(client.collapsed(Call::new(put), &world.flights).await.status(), 204);
        world.asks(PLAIN).await;
    });
    run(vec![slowly(world.asks(PLAIN)), writes], usize::MAX);
    let mut bodies: Vec<_> = world.got.take().into_iter().map(|got| got.body.unwrap_or_default()).collect();
    bodies.sort();
    assert_eq!(bodies, [b"new", b"old"], "the first was answered before the change");
    world.is_settled();
}
