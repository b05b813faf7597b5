//! Decisions compared with a naive oracle, which knows what was chosen and reads no field.

use crate::cases;
use larder::{CacheOptions, client::Outcome};
use larder_tests::{Device, Response};
use proptest::prelude::*;

/// What a response says.
#[derive(Clone, Debug)]
struct Said {
    max_age: Option<u64>,
    s_maxage: Option<u64>,
    age: u64,
    flags: [bool; 7],
    stale_while_revalidate: Option<u64>,
    vary: bool,
    order: bool,
}

const FLAGS: [&str; 7] =
    ["no-store", "no-cache", "must-revalidate", "proxy-revalidate", "private", "public", "immutable"];

impl Said {
    fn has(&self, flag: &str) -> bool {
        FLAGS.iter().zip(self.flags).any(|(name, there)| *name == flag && there)
    }

    fn line(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.max_age.map(|seconds| format!("max-age={seconds}")));
        parts.extend(self.s_maxage.map(|seconds| format!("S-MaxAge=\"{seconds}\"")));
        parts.extend(self.stale_while_revalidate.map(|seconds| format!("stale-while-revalidate={seconds}")));
        parts.extend(
            FLAGS.iter().zip(self.flags).filter(|(_, there)| *there).map(|(name, _)| (*name).to_owned()),
        );
        if self.order {
            parts.reverse();
        }
        parts.join(", ")
    }
}

/// What a request says.
#[derive(Clone, Debug)]
struct Asked {
    no_cache: bool,
    max_age: Option<u64>,
    max_stale: Option<Option<u64>>,
    min_fresh: Option<u64>,
    variant: u8,
}

impl Asked {
    fn line(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.no_cache.then(|| "no-cache".to_owned()));
        parts.extend(self.max_age.map(|seconds| format!("max-age={seconds}")));
        parts.extend(
            self.max_stale
                .map(|limit| limit.map_or("max-stale".to_owned(), |limit| format!("max-stale={limit}"))),
        );
        parts.extend(self.min_fresh.map(|seconds| format!("min-fresh={seconds}")));
        parts.join(",")
    }
}

fn said() -> impl Strategy<Value = Said> {
    let rarely = prop::bool::weighted(0.12);
    (
        proptest::option::weighted(0.8, 0..100_u64),
        proptest::option::weighted(0.2, 0..100_u64),
        0..40_u64,
        [rarely; 7],
        proptest::option::weighted(0.2, 0..100_u64),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(max_age, s_maxage, age, flags, stale_while_revalidate, vary, order)| Said {
            max_age,
            s_maxage,
            age,
            flags,
            stale_while_revalidate,
            vary,
            order,
        })
}

fn asked() -> impl Strategy<Value = Asked> {
    (
        prop::bool::weighted(0.1),
        proptest::option::weighted(0.2, 0..100_u64),
        proptest::option::weighted(0.2, proptest::option::of(0..100_u64)),
        proptest::option::weighted(0.2, 0..60_u64),
        0..3_u8,
    )
        .prop_map(|(no_cache, max_age, max_stale, min_fresh, variant)| Asked {
            no_cache,
            max_age,
            max_stale,
            min_fresh,
            variant,
        })
}

/// What the RFCs say of answering without the origin.
#[derive(Debug, PartialEq, Eq)]
enum Oracle {
    Forbidden,
    /// Allowed, but a cache may be more careful.
    Allowed,
    /// Fresh, and nothing speaks against it.
    Plain,
}

fn oracle(said: &Said, stored_for: u8, authorized: bool, asked: &Asked, waited: u64, shared: bool) -> Oracle {
    if said.has("no-store") || said.has("no-cache") || asked.no_cache {
        return Oracle::Forbidden;
    }
    if shared && said.has("private") {
        return Oracle::Forbidden;
    }
    let allows = said.has("public") || said.has("must-revalidate") || said.s_maxage.is_some();
    if shared && authorized && !allows {
        return Oracle::Forbidden;
    }
    if said.vary && stored_for != asked.variant {
        return Oracle::Forbidden;
    }
    let lifetime = said.s_maxage.filter(|_| shared).or(said.max_age).unwrap_or(0);
    let age = said.age + waited;
    let fresh = lifetime > age;
    let reload = asked.max_age == Some(0) && said.has("immutable") && fresh;
    if asked.max_age.is_some_and(|limit| age > limit) && !reload {
        return Oracle::Forbidden;
    }
    if asked.min_fresh.is_some_and(|wanted| lifetime < age + wanted) && wanted_more_than_none(asked) {
        return Oracle::Forbidden;
    }
    if fresh {
        let plain = asked.max_age.is_none() && asked.min_fresh.is_none();
        return if plain { Oracle::Plain } else { Oracle::Allowed };
    }
    let never =
        said.has("must-revalidate") || (shared && (said.has("proxy-revalidate") || said.s_maxage.is_some()));
    let staleness = age - lifetime;
    let by_request = asked.max_stale.is_some_and(|limit| limit.is_none_or(|limit| staleness <= limit));
    let by_response = said.stale_while_revalidate.is_some_and(|window| staleness <= window);
    if !never && (by_request || by_response) { Oracle::Allowed } else { Oracle::Forbidden }
}

fn wanted_more_than_none(asked: &Asked) -> bool {
    asked.min_fresh.is_some_and(|wanted| wanted > 0)
}

proptest! {
    #![proptest_config(cases(1500))]

    #[test]
    fn nothing_is_served_that_the_oracle_forbids_and_what_is_plainly_fresh_is(
        said in said(),
        stored_for in 0..3_u8,
        authorized in prop::bool::weighted(0.2),
        asked in asked(),
        waited in 0..120_u64,
        shared in any::<bool>(),
    ) {
        let mut device = Device::new(if shared { CacheOptions::SHARED } else { CacheOptions::PRIVATE });
        let (line, age, variant) = (said.line(), said.age.to_string(), stored_for.to_string());
        let mut lines = vec![("Cache-Control", &*line), ("Age", &*age)];
        lines.extend(said.vary.then_some(("Vary", "X-Variant")));
        let mut first = vec![("X-Variant", &*variant)];
        first.extend(authorized.then_some(("Authorization", "Basic x")));
        device.fetch("/a", &first, Response::ok(&lines, "stored"));
        device.pass(waited);
        let (line, variant) = (asked.line(), asked.variant.to_string());
        let mut again = vec![("X-Variant", &*variant)];
        again.extend((!line.is_empty()).then_some(("Cache-Control", &*line)));
        device.origin.then(Response::new(404));
        let answer = device.get("/a", &again);
        let from_store = matches!(answer.outcome(), Outcome::Hit | Outcome::Stale);
        prop_assert_eq!(from_store, answer.status == 200);
        match oracle(&said, stored_for, authorized, &asked, waited, shared) {
            Oracle::Forbidden => prop_assert!(!from_store, "{:?}", answer.report),
            Oracle::Plain => prop_assert!(from_store, "{:?}", answer.report),
            Oracle::Allowed => {}
        }
        if from_store {
            prop_assert_eq!(answer.line("age"), Some((said.age + waited).to_string()));
        }
    }
}
