//! Running futures: to their end, or only for a while.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, Waker};

pub use embassy_futures::{block_on, join::join, yield_now};

/// Polls `future` at most `polls` times and drops it: what a caller that loses patience does.
/// `None`: it was not done by then.
pub fn poll_times<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..polls {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return Some(done);
        }
    }
    None
}

/// A deadline: ready when it is polled for the `polls`th time.
pub async fn after_polls(polls: usize) {
    let mut left = polls;
    poll_fn(|context| {
        left = left.saturating_sub(1);
        if left == 0 {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
