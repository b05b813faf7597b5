//! Secrets among the nominated request fields (RFC 9111 §4.1, §7.1): whether they are stored, and how.
//!
//! Before changing this file, read [`crate::rules::vary`]: what matches in the clear must match hashed,
//! and the other way round.

#[cfg(feature = "secrets")]
mod hash;
/// Without the feature there is no key, and so no hash either.
#[cfg(not(feature = "secrets"))]
#[path = "no_hash.rs"]
mod hash;

use crate::fields::list::Members;
use crate::head::{Field, Fields};

use hash::Hash;
#[cfg(feature = "secrets")]
pub use hash::SecretKey;
#[cfg(not(feature = "secrets"))]
use hash::SecretKey;

/// What to do with a response whose `Vary` names `Authorization`, `Proxy-Authorization` or `Cookie`.
///
/// This is about the request. Bodies, URIs and the response's fields, `Set-Cookie` among them, are
/// stored in the clear in any case.
///
/// A change of it removes nothing from the store: what was stored under another choice or another key
/// is not found any more where the request has such a field, but lies there until its room is needed:
/// to be rid of it, erase the store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[non_exhaustive]
pub enum Secrets {
    /// Do not store it, since the secret would lie beside it.
    #[default]
    Refuse,
    /// Store it with the secret in the clear. For stores in RAM only.
    InTheClear,
    /// Store it with a hash in place of the secret: HMAC-SHA-256 under this key, of which 16 octets are
    /// kept. A request selects the response if its own secret has the same hash.
    ///
    /// Whoever reads the store without the key learns which of the stored requests had the same secret,
    /// and nothing else of it. Whoever has the key as well can try out guesses: do not keep it on the
    /// same flash.
    ///
    /// Each field is hashed at most once for one request: when such a response is looked at or stored, and
    /// the request has the field. All its lines are hashed together, joined as for selection in the
    /// clear. A hash of 40 octets takes five blocks of SHA-256, some 18,000 instructions; the code is
    /// 10 KB on a Cortex-M4, or 3.5 KB with `sha2` compiled to be small (`--cfg sha2_backend="soft"
    /// --cfg sha2_backend_soft="compact"`).
    #[cfg(feature = "secrets")]
    Hashed(SecretKey),
}

impl Secrets {
    /// The key, if secrets are hashed.
    pub(crate) const fn key(&self) -> Option<&SecretKey> {
        match self {
            Self::Refuse | Self::InTheClear => None,
            #[cfg(feature = "secrets")]
            Self::Hashed(key) => Some(key),
        }
    }
}

/// A field whose values are secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secret {
    Authorization,
    ProxyAuthorization,
    Cookie,
}

impl Secret {
    pub(crate) const ALL: [Self; 3] = [Self::Authorization, Self::ProxyAuthorization, Self::Cookie];

    /// Its name, in lower case.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::ProxyAuthorization => "proxy-authorization",
            Self::Cookie => "cookie",
        }
    }

    /// The one that is called `name`; `None` if that field is no secret.
    pub(crate) fn called(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|secret| name.eq_ignore_ascii_case(secret.name().as_bytes()))
    }
}

/// The hashes of one request's secrets, as far as they are known.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hashes {
    authorization: Option<Hash>,
    proxy_authorization: Option<Hash>,
    cookie: Option<Hash>,
}

impl Hashes {
    /// None is known.
    pub(crate) const NONE: Self = Self { authorization: None, proxy_authorization: None, cookie: None };

    /// Whether none is known.
    pub(crate) const fn is_empty(&self) -> bool {
        self.authorization.is_none() && self.proxy_authorization.is_none() && self.cookie.is_none()
    }

    /// Whether `kept` is the hash of what `request` says under `secret`. Takes as long for one that
    /// differs early as for one that differs late.
    pub(crate) fn matches(
        &mut self,
        secret: Secret,
        request: Fields<'_>,
        key: &SecretKey,
        kept: &[u8],
    ) -> bool {
        self.learn(secret, request, key).is(kept)
    }

    /// Hashes what `request` says under `secret`, unless that is known.
    pub(crate) fn learn(&mut self, secret: Secret, request: Fields<'_>, key: &SecretKey) -> &Hash {
        let slot = match secret {
            Secret::Authorization => &mut self.authorization,
            Secret::ProxyAuthorization => &mut self.proxy_authorization,
            Secret::Cookie => &mut self.cookie,
        };
        let name = secret.name().as_bytes();
        slot.get_or_insert_with(|| Hash::of(key, name, Members::of(request, name)))
    }

    /// Only those that `are` wanted.
    pub(crate) fn only(self, are: impl Fn(Secret) -> bool) -> Self {
        let kept = |secret, hash: Option<Hash>| hash.filter(|_| are(secret));
        Self {
            authorization: kept(Secret::Authorization, self.authorization),
            proxy_authorization: kept(Secret::ProxyAuthorization, self.proxy_authorization),
            cookie: kept(Secret::Cookie, self.cookie),
        }
    }

    /// `line` as it is stored: with its hash if that is known; `None` if an earlier line has `told` it.
    pub(crate) fn hide<'h>(&'h self, line: Field<'h>, told: &mut Told) -> Option<Field<'h>> {
        let (hash, bit) = match Secret::called(line.name_octets()) {
            Some(Secret::Authorization) => (&self.authorization, 1),
            Some(Secret::ProxyAuthorization) => (&self.proxy_authorization, 2),
            Some(Secret::Cookie) => (&self.cookie, 4),
            None => (&None, 0),
        };
        match hash {
            None => Some(line),
            Some(_) if told.0 & bit != 0 => None,
            Some(hash) => {
                told.0 |= bit;
                Some(Field::from_octets(line.name_octets(), hash.as_octets()))
            }
        }
    }
}

/// Which secrets' hashes have been told.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told(u8);
