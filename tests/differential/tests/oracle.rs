//! larder agrees with the plain reading of the RFCs in every case.

use larder_differential::answers::{After, Next};
use larder_differential::case::Exchange;
use larder_differential::oracle::{self, second};
use larder_differential::{generate, larder_side};

/// Some thousands; `LARDER_CASES` asks for more.
fn seeds() -> std::ops::Range<u64> {
    0..std::env::var("LARDER_CASES").ok().and_then(|count| count.parse().ok()).unwrap_or(10_000)
}

#[test]
fn what_is_stored_for_how_long_it_is_fresh_and_how_old_it_is_are_as_the_rfcs_say() {
    let mut asked = [0; 3];
    for seed in seeds() {
        let case = generate::case(seed);
        let ours = larder_side::answers(&case);
        for (exchange, stored) in case.first.iter().zip(&ours.stored) {
            assert_eq!(*stored, oracle::is_storable(exchange, case.shared), "{case}");
            asked[0] += 1;
        }
        let first = &case.first[0];
        if let Some(fresh_for) = ours.fresh_for {
            assert_eq!(fresh_for, oracle::fresh_for(first, case.shared), "{case}");
            asked[1] += 1;
        }
        if let Some(age) = ours.age {
            assert_eq!(age, oracle::age(first, case.then.sent), "{case}");
            asked[2] += 1;
        }
    }
    assert!(asked.iter().all(|asked| *asked > 3_000), "{asked:?}");
}

#[test]
fn what_becomes_of_the_second_request_is_as_the_rfcs_say() {
    let (mut nexts, mut afters) = ([0; 5], [0; 5]);
    for seed in seeds() {
        let case = generate::case(seed);
        let ours = larder_side::answers(&case);
        let Some(next) = ours.next.filter(|_| case.first.len() == 1) else { continue };
        assert_eq!(next, second::next(&case), "{case}");
        nexts[next as usize] += 1;
        if next != Next::Validate {
            continue;
        }
        assert_eq!(ours.none_match, Some(second::none_match(&case)), "{case}");
        let since = ours.modified_since.as_deref().and_then(oracle::date);
        assert_eq!(since, second::modified_since(&case), "{case}");
        let Some(after) = ours.after.filter(|_| case.then.request.method == "GET") else { continue };
        let may_store = oracle::is_storable(&Exchange { ..case.then.clone() }, case.shared);
        assert_eq!(after, second::after(&case, may_store), "{case}");
        afters[after as usize] += 1;
    }
    assert!(nexts.iter().all(|count| *count > 20), "{nexts:?}");
    assert!(afters[After::Freshened as usize] > 200 && afters.iter().all(|count| *count > 10), "{afters:?}");
}

#[test]
fn what_was_stored_is_invalid_after_a_success_or_a_redirection_of_an_unsafe_method() {
    let mut count = [0; 2];
    for seed in seeds() {
        let case = generate::case(seed);
        if let Some(invalidated) = larder_side::answers(&case).invalidated {
            assert_eq!(invalidated, (200..400).contains(&case.then.response.status), "{case}");
            count[usize::from(invalidated)] += 1;
        }
    }
    assert!(count.iter().all(|count| *count > 20), "{count:?}");
}
