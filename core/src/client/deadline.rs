//! Waiting for something, or for the caller's patience to end.

use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::Poll;

/// The deadline passed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Passed;

/// The same deadline, which stays passed: it may be waited for again.
pub(crate) fn lasting(mut deadline: Pin<&mut impl Future<Output = ()>>) -> impl Future<Output = ()> {
    let mut passed = false;
    poll_fn(move |context| {
        passed = passed || deadline.as_mut().poll(context).is_ready();
        if passed { Poll::Ready(()) } else { Poll::Pending }
    })
}

/// Runs `work` until it is done or `deadline` is. The deadline may be waited for again afterwards,
/// unless it has passed.
pub(crate) async fn before<T>(
    mut deadline: Pin<&mut impl Future<Output = ()>>,
    work: impl Future<Output = T>,
) -> Result<T, Passed> {
    let mut work = pin!(work);
    poll_fn(|context| {
        if let Poll::Ready(done) = work.as_mut().poll(context) {
            return Poll::Ready(Ok(done));
        }
        deadline.as_mut().poll(context).map(|()| Err(Passed))
    })
    .await
}
