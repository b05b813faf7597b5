//! Writing and reading bodies.

use super::{Kept, Sample, check, octets, read_body, store, try_store};
use larder::store::{PairStore, StoreError};

/// Any offset, any buffer; 0 at the end and only there.
pub async fn a_body_is_read_at_any_offset_with_any_buffer<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let stored = store(&mut s, &Sample::new("/a", 1, 700)).await;
    let body = stored.sample.body();
    for size in [1, 2, 63, 64, 127, 128, 129, 256, 700, 1000] {
        assert_eq!(read_body(&mut s, stored.id, size).await.expect("there"), body, "buffer of {size}");
        let mut buf = vec![0; size];
        // Backwards and forwards, so that nothing may lean on where the last read ended.
        for offset in [699, 0, 512, 127, 128, 130, 640, 3, 700] {
            let read = s.read(stored.id, offset as u64, &mut buf).await.expect("there");
            assert_eq!(read == 0, offset == 700, "0 at the end and only there: offset {offset}");
            assert_eq!(buf[..read], body[offset..offset + read], "offset {offset}, buffer of {size}");
        }
    }
    for beyond in [701, 10_000, u64::MAX] {
        assert_eq!(s.read(stored.id, beyond, &mut [0; 8]).await.expect("there"), 0);
    }
}

/// Lengths at which a block, page or word ends are no different.
pub async fn bodies_of_every_length_around_a_block_are_whole<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    for len in [1, 2, 3, 4, 63, 64, 65, 127, 128, 129, 255, 256, 257, 511, 512, 513] {
        let stored = store(&mut s, &Sample::new("/a", len as u64, len)).await;
        assert_eq!(check(&mut s, &stored).await, Kept::Whole, "{len} octets");
        s.remove(stored.id).await.expect("the medium");
    }
}

/// No octets are a body too.
pub async fn an_empty_body_is_whole<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    for length_known in [true, false] {
        let stored = store(&mut s, &Sample { length_known, ..Sample::new("/a", 1, 0) }).await;
        assert_eq!(check(&mut s, &stored).await, Kept::Whole);
        assert_eq!(s.read(stored.id, 0, &mut [0; 8]).await.expect("there"), 0);
        s.remove(stored.id).await.expect("the medium");
    }
    let sample = Sample::new("/b", 2, 5);
    let writing = sample.create(&mut s).await.expect("room");
    for chunk in [&[][..], &sample.body(), &[]] {
        s.write(writing, chunk).await.expect("an empty chunk is one too");
    }
    let id = s.commit(writing, &[]).await.expect("a commit");
    assert_eq!(read_body(&mut s, id, 3).await.expect("there"), sample.body());
}

/// The length is what was written.
pub async fn a_body_of_unknown_length_is_whole_after_commit<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    for len in [0, 1, 128, 400] {
        let sample = Sample { length_known: false, ..Sample::new("/a", 9 + len as u64, len) };
        let stored = store(&mut s, &sample).await;
        assert_eq!(check(&mut s, &stored).await, Kept::Whole, "{len} octets");
        s.remove(stored.id).await.expect("the medium");
    }
}

/// Chunks of one octet, of odd sizes, larger than a block, all at once.
pub async fn chunks_of_any_size_make_the_same_body<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let sample = Sample::new("/a", 1, 600);
    for size in [1, 3, 7, 64, 100, 128, 129, 300, 600] {
        let writing = sample.create(&mut s).await.expect("room");
        for chunk in sample.body().chunks(size) {
            s.write(writing, chunk).await.expect("room");
        }
        let id = s.commit(writing, &[]).await.expect("a commit");
        assert_eq!(read_body(&mut s, id, 50).await.expect("there"), sample.body(), "chunks of {size}");
        s.remove(id).await.expect("the medium");
    }
}

/// `Gone`, and never the octets of the pair that took its place.
pub async fn reading_a_pair_that_is_gone_is_gone<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let old = store(&mut s, &Sample::new("/a", 1, 300)).await;
    let mut buf = [0; 10];
    assert_eq!(s.read(old.id, 0, &mut buf).await.expect("there"), 10);
    s.remove(old.id).await.expect("the medium");
    let new = store(&mut s, &Sample::new("/a", 2, 300)).await;
    assert!(matches!(s.read(old.id, 10, &mut buf).await, Err(StoreError::Gone)));
    assert!(matches!(s.pin(old.id).await, Err(StoreError::Gone)));
    assert_eq!(check(&mut s, &new).await, Kept::Whole);
}

/// Two bodies, and the same body twice, read turn by turn while others are written.
pub async fn two_readers_take_turns<S: PairStore>(make: &mut impl FnMut() -> S) {
    let mut s = make();
    let a = store(&mut s, &Sample::new("/a", 1, 500)).await;
    let b = store(&mut s, &Sample::new("/b", 2, 400)).await;
    let pins = [s.pin(a.id).await.expect("a pin"), s.pin(b.id).await.expect("a pin")];
    let mut buf = [0; 32];
    for step in 0..12_usize {
        for (stored, offset) in [(&a, step * 30), (&b, step * 30), (&a, 450 - step * 30)] {
            let read = s.read(stored.id, offset as u64, &mut buf).await.expect("there");
            assert!(read > 0);
            assert_eq!(buf[..read], octets(stored.sample.seed, 500)[offset..offset + read]);
        }
        // Whether there is room for it is all one here.
        let _ = try_store(&mut s, &Sample::new("/c", 10 + step as u64, 60)).await;
    }
    for pin in pins {
        s.unpin(pin).await.expect("the medium");
    }
}
