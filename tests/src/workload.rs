//! The workload that stores are measured with: pairs of a 400-octet head and a 600-octet body.

use crate::MockClock;
use crate::store_suite::octets;
use larder::CacheOptions;
use larder::head::{Fields, RequestHead, ResponseHead};
use larder::pair::{NewPair, PairId, StoredPair};
use larder::state::{Candidates, IdleClient, IdleNext, MissNext};
use larder::store::{PairStore, StoreError};
use larder::time::Exchange;

/// Octets of a head: URI and field lines, as on the wire.
pub const HEAD: usize = 400;

/// Octets of a body.
pub const BODY: usize = 600;

/// Seconds of a day.
const DAY: u32 = 86_400;

/// A pair of the workload. Its head takes [`HEAD`] octets and tells all of this; its body is
/// [`octets`] that follow from its number and version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Load {
    /// Which resource, below 1,000,000.
    pub number: usize,
    /// Which of the resource's bodies; the entity tag.
    pub version: u32,
    /// How often it was freshened. A 304 changes `Date` and `X-Request-Id` and no other field. Heads tell
    /// it modulo a day's seconds.
    pub freshened: u32,
    /// Octets of the body.
    pub len: usize,
}

impl Load {
    /// The first version of resource `number`, with a body of [`BODY`] octets.
    pub const fn new(number: usize) -> Self {
        Self { number, version: 0, freshened: 0, len: BODY }
    }

    /// The target URI.
    pub fn uri(&self) -> String {
        format!("https://api.example.com/v1/devices/{:06}", self.number)
    }

    /// The body.
    pub fn body(&self) -> Vec<u8> {
        octets(((self.number as u64) << 32) + u64::from(self.version), self.len)
    }

    /// The field lines of the response.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let second = self.freshened % DAY;
        let (hour, minute) = (second / 3600, second / 60 % 60);
        // Like no other.
        let request = u64::from(second + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut lines = vec![
            ("Date", format!("Sun, 22 Nov 2026 {hour:02}:{minute:02}:{:02} GMT", second % 60)),
            ("Content-Type", "application/json".to_owned()),
            ("Content-Length", self.len.to_string()),
            ("Cache-Control", "public, max-age=60".to_owned()),
            ("ETag", format!("W/\"{:032x}\"", self.version)),
            ("Last-Modified", "Sat, 21 Nov 2026 10:11:12 GMT".to_owned()),
            ("Server", "nginx".to_owned()),
            ("Strict-Transport-Security", "max-age=31536000".to_owned()),
            ("X-Request-Id", format!("{request:016x}")),
        ];
        let told: usize = lines.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
        lines.push(("Via", "v".repeat(HEAD - self.uri().len() - told - "Via: \r\n".len())));
        lines
    }

    /// The URI and the field lines, [`HEAD`] octets: for stores that do not know what a head is.
    pub fn head(&self) -> Vec<u8> {
        let mut head = self.uri();
        for (name, value) in self.lines() {
            head += &format!("{name}: {value}\r\n");
        }
        assert_eq!(head.len(), HEAD);
        head.into_bytes()
    }

    /// What a [`head`](Self::head) is about; `None` if it is none.
    pub fn of_head(head: &[u8]) -> Option<Self> {
        let text = str::from_utf8(head).ok()?;
        let at = text.find("Date: ")?;
        let (uri, lines) = text.split_at(at);
        let line = |name: &str| lines.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let load = Self::told(uri, line)?;
        (load.head() == head).then_some(load)
    }

    /// What a stored pair is about; `None` if it is none of the workload's.
    pub fn of_pair(pair: &StoredPair<'_>) -> Option<Self> {
        let line = |name: &str| pair.response.fields.get(name).and_then(|value| str::from_utf8(value).ok());
        let load = Self::told(pair.uri, line)?;
        load.lines().iter().all(|(name, value)| line(name) == Some(value)).then_some(load)
    }

    fn told<'a>(uri: &str, line: impl Fn(&str) -> Option<&'a str>) -> Option<Self> {
        let tag = line("ETag")?.strip_prefix("W/\"")?.strip_suffix('"')?;
        let time: Vec<u32> =
            line("Date")?.get(17..25)?.split(':').filter_map(|two| two.parse().ok()).collect();
        let &[hour, minute, second] = &*time else { return None };
        let load = Self {
            number: uri.get(uri.len().checked_sub(6)?..)?.parse().ok()?,
            version: u32::from_str_radix(tag, 16).ok()?,
            freshened: hour * 3600 + minute * 60 + second,
            len: line("Content-Length")?.parse().ok()?,
        };
        (load.uri() == uri).then_some(load)
    }

    /// Hands the pair to `work`, made by the states as a client would make it.
    ///
    /// # Panics
    /// If the states refuse to store it.
    pub async fn with_pair<R>(&self, work: impl AsyncFnOnce(&NewPair<'_>) -> R) -> R {
        let (uri, lines) = (self.uri(), self.lines());
        let lines: Vec<_> = lines.iter().map(|(name, value)| (*name, &**value)).collect();
        let options = CacheOptions::PRIVATE;
        let mut scratch = Candidates::new();
        let now = MockClock::new().now();
        let IdleNext::CacheMiss(miss) =
            IdleClient::new(&options).next(RequestHead::get(&uri), [], now, &mut scratch)
        else {
            panic!("nothing is stored");
        };
        let response = ResponseHead { status: 200, fields: Fields::new(&lines) };
        let MissNext::StoreAndUse(state) = miss.next(response, Exchange::at(now)) else {
            panic!("it can be stored");
        };
        work(&state.pair()).await
    }

    /// Stores the pair, its body in chunks of 1 KiB, in place of `replaces`.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn put<S: PairStore>(
        &self,
        store: &mut S,
        replaces: &[PairId],
    ) -> Result<PairId, StoreError<S::Error>> {
        let writing = self.with_pair(async |pair| store.create(pair).await).await?;
        for chunk in self.body().chunks(1024) {
            store.write(writing, chunk).await?;
        }
        store.commit(writing, replaces).await
    }

    /// Writes the head of the stored pair `id` anew.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn freshen<S: PairStore>(&self, store: &mut S, id: PairId) -> Result<(), StoreError<S::Error>> {
        self.with_pair(async |pair| store.update(id, pair).await).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_tells_what_it_is_about() {
        let load = Load { number: 7, version: 3, freshened: 4000, len: 70_000 };
        assert_eq!(Load::of_head(&load.head()), Some(load));
        let mut torn = load.head();
        torn[HEAD - 3] ^= 1;
        assert_eq!(Load::of_head(&torn), None);
    }
}
