//! A few values.

use core::ops::Deref;
use heapless::Vec;

/// At most `N` values, in order, without a destructor: a future that holds them has none for their sake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Few<T, const N: usize> {
    values: [T; N],
    len: usize,
}

impl<T: Copy, const N: usize> Few<T, N> {
    /// None. `blank` stands where there is none.
    pub(crate) const fn new(blank: T) -> Self {
        Self { values: [blank; N], len: 0 }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len >= N
    }

    /// Whether there was room.
    pub(crate) fn push(&mut self, value: T) -> bool {
        self.insert(self.len, value)
    }

    /// Puts a value before the one at `at`. Whether there was room.
    pub(crate) fn insert(&mut self, at: usize, value: T) -> bool {
        let room = self.values.get_mut(at..=self.len).filter(|room| !room.is_empty());
        let Some(room) = room else {
            return false;
        };
        room.rotate_right(1);
        if let Some(first) = room.first_mut() {
            *first = value;
        }
        self.len += 1;
        true
    }

    /// Takes the first value out.
    pub(crate) fn take_first(&mut self) -> Option<T> {
        let first = self.first().copied()?;
        self.values.rotate_left(1);
        self.len -= 1;
        Some(first)
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        let all = *self;
        self.len = 0;
        for value in all.iter().filter(|value| keep(value)) {
            self.push(*value);
        }
    }
}

impl<T, const N: usize> Deref for Few<T, N> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.values.get(..self.len).unwrap_or_default()
    }
}

/// Takes the value at `at` out, if there is one; the last one comes in its place. What `Vec` has for that
/// panics.
pub(crate) fn take_out<T: Copy, const N: usize>(values: &mut Vec<T, N>, at: usize) -> Option<T> {
    let last = *values.last()?;
    let taken = core::mem::replace(values.get_mut(at)?, last);
    values.pop();
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_kept_in_order_as_far_as_there_is_room() {
        let mut few = Few::<u8, 3>::new(0);
        assert!(few.push(2) && few.insert(0, 1) && few.insert(2, 4) && few.is_full());
        assert!(!few.push(5) && !few.insert(0, 5));
        few.retain(|value| *value != 2);
        assert_eq!(*few, [1, 4]);
        assert_eq!((few.take_first(), few.take_first(), few.take_first()), (Some(1), Some(4), None));
        assert!(few.is_empty());
    }

    #[test]
    fn what_is_taken_out_is_replaced_by_the_last() {
        let mut values = Vec::<u8, 3>::from_slice(&[1, 2, 3]).unwrap();
        assert_eq!((take_out(&mut values, 0), take_out(&mut values, 2)), (Some(1), None));
        assert_eq!((take_out(&mut values, 1), &values[..]), (Some(2), &[3][..]));
    }
}
