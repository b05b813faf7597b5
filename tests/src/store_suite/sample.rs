//! Pairs for the suite, and what is expected of them.

use crate::MockClock;
use larder::CacheOptions;
use larder::head::{Fields, RequestHead, ResponseHead};
use larder::pair::{NewPair, PairId, PairKey, StoredPair};
use larder::state::{Candidates, IdleClient, IdleNext, MissNext};
use larder::store::{Cursor, Found, PairStore, StoreError, Writing};
use larder::time::Exchange;

/// Octets of the buffer the suite takes records into.
pub(super) const RECORD: usize = 2048;

/// A pair to be stored. Its body is [`octets`] of its seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The target URI.
    pub uri: String,
    /// The value of `X-Variant`, which the response nominates; `None`: no `Vary`.
    pub variant: Option<String>,
    /// The value of `X-Version` in the response.
    pub version: u32,
    /// Whether the request has `Authorization`.
    pub authorized: bool,
    /// What its body is made of.
    pub seed: u64,
    /// Octets of the body.
    pub len: usize,
    /// Whether the response has a `Content-Length`.
    pub length_known: bool,
    /// More octets in the head.
    pub padding: usize,
    /// The value of `Cache-Groups`.
    pub groups: Option<String>,
}

impl Sample {
    /// A pair for `path` with a body of `len` octets.
    pub fn new(path: &str, seed: u64, len: usize) -> Self {
        Self {
            uri: format!("http://example.com{path}"),
            variant: None,
            version: 1,
            authorized: false,
            seed,
            len,
            length_known: true,
            padding: 0,
            groups: None,
        }
    }

    /// The same in groups: a list of strings, quoted.
    pub fn in_groups(self, groups: &str) -> Self {
        Self { groups: Some(groups.to_owned()), ..self }
    }

    /// The same as one of several variants.
    pub fn variant(self, variant: &str) -> Self {
        Self { variant: Some(variant.to_owned()), ..self }
    }

    /// Its body.
    pub fn body(&self) -> Vec<u8> {
        octets(self.seed, self.len)
    }

    /// Its key.
    pub fn key(&self) -> PairKey<'_> {
        PairKey::new(&self.uri)
    }

    /// Hands the pair to `work`, made by the states as a client would make it.
    ///
    /// # Panics
    /// If the states refuse to store it.
    pub async fn with_pair<R>(&self, work: impl AsyncFnOnce(&NewPair<'_>) -> R) -> R {
        let mut asked = vec![("Accept", "*/*")];
        asked.extend(self.variant.as_deref().map(|variant| ("X-Variant", variant)));
        asked.extend(self.authorized.then_some(("Authorization", "secret")));
        let version = self.version.to_string();
        let length = self.len.to_string();
        let padding = "p".repeat(self.padding);
        // As a date is: it changes with every answer, but not its length.
        let date = format!("Sun, 22 Nov 2026 15:{:02}:{:02} GMT", self.version / 60 % 60, self.version % 60);
        let mut said =
            vec![("Cache-Control", "max-age=60"), ("X-Version", &*version), ("X-Version", "again")];
        said.push(("X-Date", &*date));
        said.extend(self.variant.is_some().then_some(("Vary", "X-Variant")));
        said.extend(self.length_known.then_some(("Content-Length", &*length)));
        said.extend((self.padding > 0).then_some(("X-Padding", &*padding)));
        said.extend(self.groups.as_deref().map(|groups| ("Cache-Groups", groups)));
        let options = CacheOptions::PRIVATE;
        let mut scratch = Candidates::new();
        let now = MockClock::new().now();
        let request = RequestHead::get(&self.uri).with_fields(Fields::new(&asked));
        let IdleNext::CacheMiss(miss) = IdleClient::new(&options).next(request, [], now, &mut scratch) else {
            panic!("nothing is stored, so nothing is found");
        };
        let response = ResponseHead { status: 200, fields: Fields::new(&said) };
        let MissNext::StoreAndUse(state) = miss.next(response, Exchange::at(now)) else {
            panic!("the pair can be stored");
        };
        work(&state.pair()).await
    }

    /// Begins the pair in `store`.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn create<S: PairStore>(&self, store: &mut S) -> Result<Writing, StoreError<S::Error>> {
        self.with_pair(async |pair| store.create(pair).await).await
    }

    /// Whether `pair` is this one.
    ///
    /// # Panics
    /// If it is not.
    pub fn assert_is(&self, pair: &StoredPair<'_>) {
        assert_eq!(pair.uri, self.uri);
        assert_eq!(pair.authorized, self.authorized);
        assert_eq!(pair.response.status, 200);
        let nominated: Vec<_> = pair.nominated.iter().map(|line| (line.name(), line.text())).collect();
        let expected: Vec<_> = self.variant.iter().map(|variant| ("X-Variant", Some(&**variant))).collect();
        assert_eq!(nominated, expected, "only nominated lines are kept");
        let versions: Vec<_> = pair.response.fields.lines("x-version").collect();
        assert_eq!(versions, [self.version.to_string().as_bytes(), b"again"], "of {}", self.uri);
        let padding = pair.response.fields.get("x-padding").map_or(0, <[u8]>::len);
        assert_eq!(padding, self.padding, "of {}", self.uri);
        let now = MockClock::new().now();
        assert_eq!(pair.received.utc, now.utc);
        assert!(pair.received.uptime.is_none_or(|uptime| uptime == now.uptime));
    }
}

/// Octets that are like no others: those of another seed differ at nearly every place.
pub fn octets(seed: u64, len: usize) -> Vec<u8> {
    let octet = |at: usize| {
        let mixed = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(at as u64);
        (mixed.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 56) as u8
    };
    (0..len).map(octet).collect()
}

/// A stored pair: its name and what it should be.
#[derive(Clone, Debug)]
pub struct Stored {
    /// Its name.
    pub id: PairId,
    /// What was stored.
    pub sample: Sample,
}

/// What became of a stored pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is there, whole.
    Whole,
    /// It is gone.
    Gone,
}

/// Stores a pair; an error if the store refuses.
///
/// # Errors
/// Those of the store.
pub async fn try_store<S: PairStore>(store: &mut S, sample: &Sample) -> Result<Stored, StoreError<S::Error>> {
    let writing = sample.create(store).await?;
    for chunk in sample.body().chunks(100) {
        store.write(writing, chunk).await?;
    }
    let id = store.commit(writing, &[]).await?;
    Ok(Stored { id, sample: sample.clone() })
}

/// Stores a pair.
///
/// # Panics
/// If the store refuses.
pub async fn store<S: PairStore>(store: &mut S, sample: &Sample) -> Stored {
    try_store(store, sample).await.expect("the pair fits")
}

/// Writes a pair's head anew, with another version.
///
/// # Errors
/// Those of the store.
pub async fn update<S: PairStore>(
    store: &mut S,
    stored: &mut Stored,
    version: u32,
) -> Result<(), StoreError<S::Error>> {
    let new = Sample { version, ..stored.sample.clone() };
    new.with_pair(async |pair| store.update(stored.id, pair).await).await?;
    stored.sample = new;
    Ok(())
}

/// Every pair found under a key, seen by `see`.
///
/// # Panics
/// If the medium fails, a pair is found twice, or what is found is no record.
pub async fn find_all<S: PairStore>(
    store: &mut S,
    key: PairKey<'_>,
    mut see: impl FnMut(&StoredPair<'_>),
) -> Vec<PairId> {
    let mut cursor = Cursor::new();
    let mut record = [0; RECORD];
    let mut found = Vec::new();
    while let Some(next) = store.find(key, &mut cursor, &mut record).await.expect("the medium works") {
        assert!(!found.contains(&next.id), "{:?} was found twice", next.id);
        found.push(next.id);
        let pair = next.view(&record).expect("a record");
        assert!(key.matches(pair.uri), "{} lies under another key", pair.uri);
        see(&pair);
        assert!(found.len() <= 1000, "the search does not end");
    }
    found
}

/// The whole body of a pair, read with a buffer of `buffer` octets.
///
/// # Errors
/// Those of the store.
pub async fn read_body<S: PairStore>(
    store: &mut S,
    id: PairId,
    buffer: usize,
) -> Result<Vec<u8>, StoreError<S::Error>> {
    let mut body = Vec::new();
    let mut buf = vec![0; buffer];
    loop {
        let read = store.read(id, body.len() as u64, &mut buf).await?;
        if read == 0 {
            return Ok(body);
        }
        body.extend_from_slice(&buf[..read]);
    }
}

/// Checks a pair that was stored: it is there, whole, as it was stored, or it is gone in every way.
///
/// # Panics
/// If it is neither.
pub async fn check<S: PairStore>(store: &mut S, stored: &Stored) -> Kept {
    let mut record = [0; RECORD];
    let head: Option<Found> = store.head(stored.id, &mut record).await.expect("the medium works");
    let under_key = find_all(store, stored.sample.key(), |_| ()).await.contains(&stored.id);
    let body = read_body(store, stored.id, 64).await;
    let Some(found) = head else {
        assert!(!under_key, "{stored:?} has no head but is found");
        assert!(matches!(body, Err(StoreError::Gone)), "{stored:?} has no head but a body");
        return Kept::Gone;
    };
    assert!(under_key, "{stored:?} has a head but is not found");
    assert_eq!(found.id, stored.id);
    assert!(found.body.is_whole());
    assert_eq!(found.body.held, stored.sample.len as u64);
    stored.sample.assert_is(&found.view(&record).expect("a record"));
    assert_eq!(body.expect("a body"), stored.sample.body(), "the body of {stored:?}");
    Kept::Whole
}
