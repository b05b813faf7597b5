//! Waiting in a stack frame of its own.

use core::future::{Future, poll_fn};
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::task::{Context, Poll};

/// Waits for `work`, which is polled by a function of its own. An `async fn` that is called once becomes part
/// of its caller's, and the largest frame of all that it can do lies on the stack whatever it does; this one
/// lies there only while it is needed.
pub(super) fn apart<F: Future>(mut work: Pin<&mut F>) -> impl Future<Output = F::Output> {
    poll_fn(move |context| poll(work.as_mut(), context))
}

#[inline(never)]
fn poll<F: Future>(work: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
    work.poll(context)
}

/// Makes of what is `found`, if anything is, what is too large to pass over the caller's stack, where it is to
/// stay. What is there afterwards.
#[inline(never)]
pub(super) fn put<F, T>(
    place: &mut MaybeUninit<T>,
    found: impl FnOnce() -> Option<F>,
    make: impl FnOnce(&F) -> T,
) -> Option<&T> {
    let found = found();
    Some(place.write(make(found.as_ref()?)))
}
