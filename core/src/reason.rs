//! Why the cache did not do what one might have hoped.

use core::fmt;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)*) => {
        /// Why a response was not stored, or a stored one not used. One variant per condition of
        /// the RFC.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[non_exhaustive]
        pub enum Reason {
            $($(#[$doc])* $name,)*
            /// What is stored of the body, all of it, is not what its digest says (RFC 9530). It is removed.
            #[cfg(feature = "digest")]
            WrongDigest,
        }

        impl fmt::Display for Reason {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)*
                    #[cfg(feature = "digest")]
                    Self::WrongDigest => "the stored body is not what its digest says",
                })
            }
        }
    };
}

reasons! {
    /// Nothing is stored under this URI.
    NothingStored => "nothing stored under this URI",
    /// Something is stored, but for other values of the fields that `Vary` names (§4.1).
    VariantMismatch => "no stored variant matches (Vary)",
    /// What is stored answers HEAD only (RFC 9110 §9.3.2).
    OnlyHeadStored => "only a response to HEAD is stored",
    /// Only a part of the response is stored (§3.3), and not what the request asks for. If the origin is
    /// asked for what is missing, the answer is made of both.
    Incomplete => "the stored response is incomplete",
    /// The origin did not continue the stored part: another validator, length, range or coding, several
    /// ranges, 304 or 416. The part goes, and the whole is asked for (§3.4).
    DoesNotContinue => "the response does not continue the stored part",
    /// It was stored for a request with `Authorization`, which a shared cache may not reuse
    /// without `public`, `must-revalidate` or `s-maxage` (§3.5).
    AuthorizedReuse => "stored for a request with Authorization",
    /// The request has a method that is written through (§4).
    MethodNotCached => "responses to this method are not cached",
    /// The request has `If-Match` or `If-Unmodified-Since`, which are the origin's to evaluate (§4.3.2).
    OriginPrecondition => "the precondition is for the origin",
    /// The request's URI has no authority: it names no resource of its own (RFC 9110 §4.2).
    NoAuthority => "the URI has no authority",
    /// The status (407, 408, 412, 416, 417, 425, 428, 429, 431, 511) answers the request, not the
    /// resource: another request would get another answer (RFC 6585).
    OfTheRequest => "the status answers this request alone",
    /// The request has content, which a key by URI does not tell apart (RFC 9110 §9.3.1).
    HasContent => "the request has content",
    /// The request asks for a validation: `no-cache` (§5.2.1.4) or `Pragma: no-cache` (§5.4).
    RequestNoCache => "the request says no-cache",
    /// The request's `max-age` is not above the response's age (§5.2.1.1).
    RequestMaxAge => "older than the request's max-age",
    /// The response does not stay fresh for the request's `min-fresh` (§5.2.1.3).
    RequestMinFresh => "not fresh for the request's min-fresh",
    /// The response has `no-cache` (§5.2.2.4).
    ResponseNoCache => "the response says no-cache",
    /// It was invalidated since it was stored, with a group it belongs to (§4.4, RFC 9875); or while the
    /// origin was asked for it, by another client of the store: it is not stored then.
    Invalidated => "invalidated",
    /// It is stale (§4.2).
    Stale => "stale",
    /// It is stale, and the response forbids to use it so: `must-revalidate`, or in a shared cache
    /// `proxy-revalidate` or `s-maxage` (§4.2.4).
    MustRevalidate => "stale, and must be revalidated",
    /// The device does not know the time (§4); see [`Clockless`](crate::options::Clockless).
    NoClock => "no clock",
    /// It was stored in an earlier boot, without UTC: its age cannot be known (§4.2.3).
    AgeUnknown => "its age is unknown",
    /// The request has `only-if-cached` and nothing stored may answer it (§5.2.1.7).
    OnlyIfCached => "only-if-cached, and nothing usable is stored",
    /// The origin could not be reached, and no stale response may be used (§4.2.4).
    Unreachable => "the origin cannot be reached",
    /// The store lost the response between two steps.
    Lost => "the store lost the response",
    /// A 304 names no stored response: the request is sent again, without conditions (§4.3.4).
    NoMatchFor304 => "the 304 matches nothing stored",

    /// Informational (1xx): not a final response (§3).
    NotFinal => "not a final response",
    /// 206, and parts are not stored: see
    /// [`CacheOptions::store_partial`](crate::CacheOptions::store_partial), or the request asked for no
    /// range.
    PartialContent => "partial content",
    /// 206 without a valid `Content-Range` in octets, as one with several ranges (RFC 9110 §14.4, §15.3.7.2),
    /// or with another number of octets than it says.
    InvalidContentRange => "partial content without one valid Content-Range",
    /// 206 to a request with `If-Range`: it need not have all the fields that later requests need
    /// (RFC 9110 §15.3.7).
    FieldsMissing => "partial content to If-Range may lack fields",
    /// 304 to the client's own precondition: there is nothing to store.
    NotModified => "a 304 for the client",
    /// A response to HEAD that freshened the stored response to GET, which answers both (§4.3.5).
    HeadFreshened => "freshened the stored response to GET instead",
    /// The request has `no-store` (§5.2.1.5).
    RequestNoStore => "the request says no-store",
    /// The response has `no-store` (§5.2.2.5).
    ResponseNoStore => "the response says no-store",
    /// `must-understand`, and the status is not one this cache implements (§5.2.2.3).
    NotUnderstood => "must-understand, and the status is unknown",
    /// `private`, and the cache is shared (§5.2.2.7).
    Private => "private, and the cache is shared",
    /// The request has `Authorization`, the cache is shared, and the response does not allow it
    /// by `public`, `must-revalidate` or `s-maxage` (§3.5).
    Authorization => "Authorization, and the cache is shared",
    /// Neither an explicit lifetime nor a status that is cacheable without one (§3).
    NotCacheable => "no lifetime, and the status is not cacheable by default",
    /// A response to POST needs explicit freshness and a `Content-Location` equal to the target
    /// URI (RFC 9110 §9.3.3).
    PostNotReusable => "a response to POST that answers no GET",
    /// `Vary: *`: it would match no request (§4.1).
    VariesByAnything => "Vary: *",
    /// `Vary` names `Authorization`, `Proxy-Authorization` or `Cookie`; see [`Secrets`](crate::options::Secrets).
    Secret => "Vary names a secret",
    /// The body ended before it was complete.
    CutOff => "the body was cut off",
    /// The body has another length than `Content-Length` says.
    LengthMismatch => "the body's length is not its Content-Length",
    /// The head is larger than the store takes.
    HeadTooLarge => "the head is too large for the store",
    /// The body is larger than the store takes.
    BodyTooLarge => "the body is too large for the store",
    /// The store has no room that it may free.
    NoRoom => "the store has no room",
    /// The store failed; its [`health`](crate::store::PairStore::health) says how often.
    StoreFailed => "the store failed",
}
