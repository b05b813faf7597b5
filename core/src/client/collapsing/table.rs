//! Who is asking the origin for what, and who waits for it.

use core::task::{Poll, Waker};

/// A request that asks the origin, by its place.
pub(in crate::client) type FlightId = usize;
/// A request that waits for another one's answer, by its place.
pub(in crate::client) type WaiterId = usize;

/// What a request finds that wants to ask the origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::client) enum Joined {
    /// Nobody asks for it: this request leads.
    Leads(FlightId),
    /// Somebody asks for it already: this request has a place to wait.
    Waits(WaiterId),
    /// There is no room: it goes by itself.
    Alone,
}

/// What a waiting request is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::client) enum Told {
    /// The one that led is done: look whether its answer may be used.
    Look,
    /// The one that led has gone: this request leads.
    Lead(FlightId),
}

/// Flights and waiters, in fixed memory. Nothing is woken here: see [`next_woken`](Self::next_woken).
#[derive(Debug)]
pub(super) struct Table<const FLIGHTS: usize, const WAITERS: usize> {
    /// The keys that are asked for.
    flights: [Option<u32>; FLIGHTS],
    waiters: [Option<Waiter>; WAITERS],
}

#[derive(Clone, Debug)]
struct Waiter {
    flight: FlightId,
    told: Option<Told>,
    waker: Option<Waker>,
}

impl<const FLIGHTS: usize, const WAITERS: usize> Table<FLIGHTS, WAITERS> {
    pub(super) const fn new() -> Self {
        Self { flights: [None; FLIGHTS], waiters: [const { None }; WAITERS] }
    }

    pub(super) fn join(&mut self, key: u32) -> Joined {
        if let Some(flight) = self.flights.iter().position(|flight| *flight == Some(key)) {
            let free = self.waiters.iter_mut().enumerate().find(|(_, waiter)| waiter.is_none());
            return free.map_or(Joined::Alone, |(at, place)| {
                *place = Some(Waiter { flight, told: None, waker: None });
                Joined::Waits(at)
            });
        }
        let free = self.flights.iter_mut().enumerate().find(|(_, flight)| flight.is_none());
        free.map_or(Joined::Alone, |(at, place)| {
            *place = Some(key);
            Joined::Leads(at)
        })
    }

    /// What a waiter is told. Its place is free again then. What is handed back is to be dropped with the table
    /// unlocked.
    pub(super) fn poll(&mut self, at: WaiterId, waker: Waker) -> (Poll<Told>, Option<Waker>) {
        let Some(place) = self.waiters.get_mut(at) else {
            return (Poll::Ready(Told::Look), Some(waker));
        };
        match place {
            Some(Waiter { told: None, waker: kept, .. }) => (Poll::Pending, kept.replace(waker)),
            Some(Waiter { told: Some(told), .. }) => {
                let told = *told;
                *place = None;
                (Poll::Ready(told), Some(waker))
            }
            None => (Poll::Ready(Told::Look), Some(waker)),
        }
    }

    /// A waiter goes without having been told, or without having heard it. What is handed back is to be dropped
    /// with the table unlocked.
    pub(super) fn leave(&mut self, at: WaiterId) -> Option<Waker> {
        let Waiter { told, waker, .. } = self.waiters.get_mut(at)?.take()?;
        if let Some(Told::Lead(flight)) = told {
            self.hand_over(flight);
        }
        waker
    }

    /// The one that led is done: all that wait for it look.
    pub(super) fn done(&mut self, flight: FlightId) {
        for waiter in self.waiting_for(flight) {
            waiter.told = Some(Told::Look);
        }
        self.free(flight);
    }

    /// The one that led has gone without an answer: one that waits leads.
    pub(super) fn hand_over(&mut self, flight: FlightId) {
        let next = self.waiting_for(flight).next().map(|waiter| waiter.told = Some(Told::Lead(flight)));
        if next.is_none() {
            self.free(flight);
        }
    }

    /// One that was told something and does not know it yet.
    pub(super) fn next_woken(&mut self) -> Option<Waker> {
        self.waiters
            .iter_mut()
            .flatten()
            .filter(|waiter| waiter.told.is_some())
            .find_map(|it| it.waker.take())
    }

    fn waiting_for(&mut self, flight: FlightId) -> impl Iterator<Item = &mut Waiter> {
        let waiting = self.waiters.iter_mut().flatten();
        waiting.filter(move |waiter| waiter.flight == flight && waiter.told.is_none())
    }

    fn free(&mut self, flight: FlightId) {
        if let Some(place) = self.flights.get_mut(flight) {
            *place = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll<const F: usize, const W: usize>(table: &mut Table<F, W>, at: WaiterId) -> Poll<Told> {
        table.poll(at, Waker::noop().clone()).0
    }

    #[test]
    fn the_first_leads_and_the_others_wait_for_it() {
        let mut table = Table::<2, 2>::new();
        assert_eq!(table.join(7), Joined::Leads(0));
        assert_eq!(table.join(7), Joined::Waits(0));
        assert_eq!(table.join(8), Joined::Leads(1));
        assert_eq!(table.join(7), Joined::Waits(1));
        assert_eq!((poll(&mut table, 0), poll(&mut table, 1)), (Poll::Pending, Poll::Pending));
        table.done(1);
        assert_eq!(poll(&mut table, 0), Poll::Pending, "that was the other");
        table.done(0);
        assert!(table.next_woken().is_some() && table.next_woken().is_some() && table.next_woken().is_none());
        assert_eq!(
            (poll(&mut table, 0), poll(&mut table, 1)),
            (Poll::Ready(Told::Look), Poll::Ready(Told::Look))
        );
        assert_eq!(table.join(7), Joined::Leads(0), "nobody asks for it any more");
    }

    #[test]
    fn without_room_a_request_goes_alone() {
        let mut table = Table::<1, 1>::new();
        assert_eq!(table.join(7), Joined::Leads(0));
        assert_eq!(table.join(8), Joined::Alone);
        assert_eq!(table.join(7), Joined::Waits(0));
        assert_eq!(table.join(7), Joined::Alone);
        assert_eq!(Table::<0, 0>::new().join(7), Joined::Alone);
    }

    #[test]
    fn one_takes_the_lead_of_a_leader_that_has_gone() {
        let mut table = Table::<1, 3>::new();
        table.join(7);
        for at in 0..3 {
            assert_eq!(table.join(7), Joined::Waits(at));
        }
        table.hand_over(0);
        assert_eq!(poll(&mut table, 0), Poll::Ready(Told::Lead(0)));
        assert_eq!(poll(&mut table, 1), Poll::Pending);
        // The next one was told, and goes before it hears it.
        table.hand_over(0);
        table.leave(1);
        assert_eq!(poll(&mut table, 2), Poll::Ready(Told::Lead(0)));
        table.hand_over(0);
        assert_eq!(table.join(7), Joined::Leads(0), "nobody was left");
    }

    #[test]
    fn one_that_has_left_gets_nothing() {
        let mut table = Table::<1, 2>::new();
        table.join(7);
        table.join(7);
        table.leave(0);
        table.hand_over(0);
        assert_eq!(table.join(7), Joined::Leads(0));
    }
}
