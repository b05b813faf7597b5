//! Every fixed limit, with its reason.
//!
//! What exceeds a limit is refused whole, with a [`Reason`](crate::Reason) or an error that names
//! it; nothing is ever truncated.

/// Most field lines [`HeadMut::parse_response`](crate::head::HeadMut::parse_response) accepts.
///
/// The largest public API responses carry about 40 lines; the parser's table of this many takes
/// 1 KiB of stack on a 32-bit device. A [`HeadBuf`](crate::head::HeadBuf) may hold fewer.
pub const FIELDS_MAX: usize = 64;

/// Longest entity-tag kept for validation, in octets with its quotes.
///
/// Weak SHA-256 tags, as GitHub's, take 68.
pub const ETAG_MAX: usize = 80;

/// Most stored responses weighed for one request.
///
/// A device rarely keeps more than two variants of one resource. When more match, the most recent
/// ones are weighed and the others are left alone.
pub const CANDIDATES_MAX: usize = 4;

/// Octets for the tags of all candidates, joined to one `If-None-Match` value.
pub const TAGS_MAX: usize = 2 * ETAG_MAX + 2 * 16;

/// Most states walked for one request, as a [`Report`](crate::client::Report) lists them.
///
/// The longest walk is `IdleClient`, `NeedRevalidation`, `CacheMiss`, `InvalidateEntries`,
/// `StoreAndUse`, and a partial update may come before it.
pub const WALK_MAX: usize = 8;

/// Longest scheme and authority (`https://host:port`) an origin may have to be trusted as a
/// source of time, in octets. A DNS name has at most 253.
pub const ORIGIN_MAX: usize = 272;

/// Most redirections followed for one request.
///
/// Downloads of releases take one to three; clients for a desk stop at 20 or 50.
pub const REDIRECTS_MAX: usize = 8;

/// Invalidated groups of responses (RFC 9875) that a store remembers one by one.
///
/// One response may name 32 of them. They take 16 octets each.
#[cfg(feature = "groups")]
pub const GROUPS_MAX: usize = 32;

/// Most field lines that a download is asked to send.
///
/// A device sends few; each takes 16 octets of the future.
#[cfg(feature = "digest")]
pub const DOWNLOAD_LINES_MAX: usize = 8;

/// Longest URI that a download follows a redirection to, in octets.
///
/// Signed URIs of the large object stores take 400 to 900.
#[cfg(feature = "digest")]
pub const DOWNLOAD_URI_MAX: usize = 1024;

/// Most octets read of a redirection's body, so that it is stored and its connection used again.
#[cfg(feature = "digest")]
pub const REDIRECT_BODY_MAX: usize = 4096;
