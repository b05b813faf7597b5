//! The rules of RFC 9111, one file per section. Questions and products: nothing here waits,
//! stores or sends.
//!
//! | file | section |
//! |---|---|
//! | [`storing`] | §3, §3.5 |
//! | [`stored_fields`] | §3.1, §3.2 |
//! | [`keys`], [`vary`], `negotiation` | §2, §4.1 |
//! | [`reuse`] | §4, §5.2.1 |
//! | [`freshness`] | §4.2.1, §4.2.2 |
//! | [`age`] | §4.2.3 |
//! | [`stale`] | §4.2.4, RFC 5861 |
//! | [`validation`] | §4.3.1, §4.3.3, §4.3.4 |
//! | [`partial`] | §3.3, §3.4 |
//! | [`preconditions`] | §4.3.2, RFC 9110 §13 and §14 |
//! | `at_origin` (feature `server`) | RFC 9110 §13.1.1, §13.1.4 |
//! | [`head_update`] | §4.3.5 |
//! | [`invalidation`] | §4.4 |
//! | [`redirects`] | RFC 9110 §15.4 |

pub(crate) mod age;
#[cfg(feature = "server")]
pub(crate) mod at_origin;
pub(crate) mod freshness;
pub(crate) mod head_update;
pub(crate) mod invalidation;
pub(crate) mod keys;
#[cfg(feature = "negotiation")]
pub(crate) mod negotiation;
pub(crate) mod partial;
pub(crate) mod preconditions;
pub mod redirects;
pub(crate) mod reuse;
pub(crate) mod stale;
pub(crate) mod stored_fields;
pub(crate) mod storing;
pub(crate) mod validation;
pub(crate) mod vary;
