//! Pairs: a stored request and its response.

#[cfg(feature = "groups")]
mod group;
mod key;
#[cfg(feature = "query")]
pub(crate) mod query;
pub mod record;

#[cfg(feature = "groups")]
pub use group::Group;
pub use key::PairKey;

use crate::fields::list;
use crate::head::{Edited, Field, Fields, Method, ResponseHead};
use crate::secrets::{Hashes, Secret, Secrets, Told};
use crate::time::ReceivedAt;

/// Names a stored pair. Given by the store, meaningful to it alone, never used again for another
/// pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PairId(u64);

impl PairId {
    /// The name `number`.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// A stored request and its response, as the store found them. A view.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StoredPair<'a> {
    /// Its name.
    pub id: PairId,
    /// The request's method: GET, HEAD, POST or QUERY.
    pub method: Method<'a>,
    /// The request's target URI.
    pub uri: &'a str,
    /// The request's lines that the response's `Vary` nominates (§4.1). No others are kept.
    pub nominated: Fields<'a>,
    /// Whether the secrets among the nominated lines are hashed, so that their values are not those of
    /// the request ([`Secrets`]).
    pub secrets_hashed: bool,
    /// Whether the request carried `Authorization` (§3.5).
    pub authorized: bool,
    /// The response.
    pub response: ResponseHead<'a>,
    /// Whether the cache has made the response's `Date`, which came without one (RFC 9110 §6.6.1): it is not of the
    /// origin's clock, and says nothing of how strong a `Last-Modified` is (§8.8.2.2).
    pub date_made: bool,
    /// When it was received or last validated, and how old it was then.
    pub received: ReceivedAt,
    /// Its body.
    pub body: StoredBody,
    /// Whether it was invalidated since its head was written (§4.4, RFC 9875), so that it must be validated
    /// before use. Not of the record: set by who drives the states.
    #[cfg(feature = "groups")]
    pub invalidated: bool,
}

#[cfg(feature = "groups")]
impl<'a> StoredPair<'a> {
    /// The groups it belongs to (`Cache-Groups`, RFC 9875 §2).
    pub fn groups(&self) -> impl Iterator<Item = Group> + Clone + use<'a> {
        use crate::fields::groups::{CACHE_GROUPS, groups};
        groups(self.response.fields, CACHE_GROUPS, self.uri)
    }
}

/// What is stored of a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct StoredBody {
    /// Octets of the complete body; `None` while that is not known.
    pub complete: Option<u64>,
    /// Octets stored.
    pub held: u64,
    /// Whether the pair was committed. One that was not is *incomplete* (§3.3), though all octets
    /// may be there.
    pub committed: bool,
}

impl StoredBody {
    /// A body that is stored whole.
    pub const fn whole(octets: u64) -> Self {
        Self { complete: Some(octets), held: octets, committed: true }
    }

    /// Of an incomplete pair: `held` octets of a body of `complete` octets, if that is known.
    pub const fn part(complete: Option<u64>, held: u64) -> Self {
        Self { complete, held, committed: false }
    }

    /// Whether all of it is stored, and committed.
    #[inline(never)]
    pub fn is_whole(&self) -> bool {
        self.committed && self.complete == Some(self.held)
    }
}

/// A pair to be stored: what [`PairStore::create`](crate::store::PairStore::create) and
/// [`update`](crate::store::PairStore::update) are given. A view.
#[derive(Clone, Copy, Debug)]
pub struct NewPair<'a> {
    /// The request's method: GET, HEAD, POST or QUERY.
    pub method: Method<'a>,
    /// The request's target URI, as it was written.
    pub uri: &'a str,
    /// The request's lines that the response nominates: see [`nominated_lines`](Self::nominated_lines).
    pub nominated: Nominated<'a>,
    /// Whether the request carried `Authorization`.
    pub authorized: bool,
    /// The response's status.
    pub status: u16,
    /// The response's lines, those of the connection left out.
    pub fields: Edited<'a>,
    /// Whether the cache has made the response's `Date`, which came without one (RFC 9110 §6.6.1): it is not of the
    /// origin's clock, and says nothing of how strong a `Last-Modified` is (§8.8.2.2).
    pub date_made: bool,
    /// When it was received.
    pub received: ReceivedAt,
    /// Octets of the complete body, if the response says so. 0 for a response to HEAD.
    pub length: Option<u64>,
    /// Where in the body the octets begin that will be written first. 0 but for a 206.
    pub offset: u64,
    /// Whether a part of the body is worth keeping: it can be completed, or serve ranges (§3.3).
    pub resumable: bool,
    /// The store's [`generation`](crate::store::PairStore::generation) when the origin was asked: if another client
    /// has invalidated what is stored under the URI since, this may be what was there before (§4.4), and is not
    /// stored. `None` if that does not matter, as for a head that is written anew.
    pub generation: Option<u32>,
}

impl<'a> NewPair<'a> {
    /// The key it is found under.
    pub const fn key(&self) -> PairKey<'a> {
        PairKey::new(self.uri)
    }
}

/// The lines of a request that its response nominates by `Vary`, secrets as they are to be stored.
#[derive(Clone, Copy, Debug)]
pub struct Nominated<'a> {
    request: Fields<'a>,
    /// Whether the response has `Vary` at all.
    any: bool,
    /// Of the secrets that are nominated, if they are to be hashed.
    hashes: Hashes,
    /// Its lines are those a stored pair kept, with the secrets hashed.
    hashed: bool,
    /// Of a QUERY: the digest of its content, which is kept with the lines that are about the content.
    #[cfg(feature = "query")]
    content: Option<&'a [u8]>,
}

impl<'a> Nominated<'a> {
    pub(crate) fn new(request: Fields<'a>, response: &Edited<'_>) -> Self {
        Self {
            request,
            any: response.contains("vary"),
            hashes: Hashes::NONE,
            hashed: false,
            #[cfg(feature = "query")]
            content: None,
        }
    }

    /// The same with what a QUERY is found by beside its URI.
    #[cfg(feature = "query")]
    pub(crate) fn with_content(self, digest: Option<&'a [u8]>) -> Self {
        Self { content: digest, ..self }
    }

    /// The lines that a stored pair kept, of a response with the same `Vary`.
    pub(crate) fn kept(stored: &StoredPair<'a>, response: &Edited<'_>) -> Self {
        Self { hashed: stored.secrets_hashed, ..Self::new(stored.nominated, response) }
    }

    /// The same with the secrets hashed, if that is what becomes of `secrets`. `known`: hashes of the
    /// same request, which need not be made again.
    #[inline(never)]
    pub(crate) fn hiding(self, response: &Edited<'_>, secrets: &Secrets, known: &Hashes) -> Self {
        let Some(key) = secrets.key().filter(|_| self.any) else {
            return self;
        };
        let is_wanted = |secret: Secret| {
            names(response, secret.name().as_bytes()) && self.request.contains(secret.name())
        };
        let mut hashes = known.only(is_wanted);
        for secret in Secret::ALL.into_iter().filter(|secret| is_wanted(*secret)) {
            hashes.learn(secret, self.request, key);
        }
        Self { hashes, ..self }
    }

    /// Whether there are secrets among the lines, and they are hashed.
    pub(crate) const fn is_hashed(&self) -> bool {
        self.hashed || !self.hashes.is_empty()
    }
}

impl NewPair<'_> {
    /// The request's lines that the response nominates, in the request's order. A secret that is hashed is one
    /// line, in the place of its first.
    pub fn nominated_lines(&self) -> impl Iterator<Item = Field<'_>> {
        let Nominated { request, any, hashes, .. } = &self.nominated;
        let request = if *any { *request } else { Fields::EMPTY };
        let nominated = request.iter().filter(|line| names(&self.fields, line.name_octets()));
        let mut told = Told::default();
        let nominated = nominated.filter_map(move |line| hashes.hide(line, &mut told));
        #[cfg(feature = "query")]
        let nominated = nominated.chain(query::lines(self.nominated.request, self.nominated.content));
        nominated
    }
}

/// Whether `response` nominates the field `name`.
fn names(response: &Edited<'_>, name: &[u8]) -> bool {
    response.any_line("vary", &mut |value| list::contains(value, name))
}
