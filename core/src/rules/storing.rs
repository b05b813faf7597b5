//! Whether a response may be stored (RFC 9111 §3, §3.5).
//!
//! Storability is judged by the head as it was received, before any field is dropped: a
//! `Connection: cache-control` cannot hide `no-store`.

use super::{freshness, keys};
use crate::fields::{RequestFacts, ResponseFacts, Vary, cache_control};
use crate::head::{Fields, Method, RequestHead, ResponseHead};
use crate::options::{CacheOptions, Methods, Secrets};
use crate::pair::PairKey;
use crate::reason::Reason;
use crate::secrets::Secret;

/// An exchange to be judged.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Received<'f, 'a> {
    pub(crate) request: &'f RequestHead<'a>,
    pub(crate) asked: &'f RequestFacts,
    pub(crate) response: &'f ResponseHead<'a>,
    pub(crate) facts: &'f ResponseFacts<'a>,
}

/// Whether the response may be stored: the bullets of §3, in the order in which a refusal tells
/// most.
///
/// # Errors
/// The first [`Reason`] against it.
pub(crate) fn may_store(received: Received<'_, '_>, options: &CacheOptions) -> Result<(), Reason> {
    let Received { request, asked, response, facts } = received;
    let directives = &facts.directives;
    method_is_supported(request.method, options)?;
    if !keys::is_absolute(request.uri) {
        return Err(Reason::NoAuthority);
    }
    status_is_understood(response.status, facts, options)?;
    if asked.directives.no_store() {
        return Err(Reason::RequestNoStore);
    }
    if directives.no_store() && !directives.must_understand() {
        return Err(Reason::ResponseNoStore);
    }
    if options.shared && (directives.private() || hides_its_terms(response.fields, facts)) {
        return Err(Reason::Private);
    }
    if options.shared && asked.has_authorization && !allows_authorized(facts) {
        return Err(Reason::Authorization);
    }
    if request.method != Method::Post && has_unknown_content(request.method, asked) {
        return Err(Reason::HasContent);
    }
    if request.method == Method::Post {
        post_answers_get(request.uri, response, facts, options)?;
    } else if !is_cacheable(response.status, facts, options) {
        return Err(Reason::NotCacheable);
    }
    if asked.at_origin() && !is_opted_in(facts, options) {
        return Err(Reason::NotCacheable);
    }
    selection_is_storable(facts, options)
}

fn method_is_supported(method: Method<'_>, options: &CacheOptions) -> Result<(), Reason> {
    let needed = match method {
        Method::Get => Methods::GET,
        Method::Head => Methods::HEAD,
        Method::Post => Methods::POST,
        #[cfg(feature = "query")]
        Method::Query => Methods::QUERY,
        _ => return Err(Reason::MethodNotCached),
    };
    if options.supported_methods.contains(needed) { Ok(()) } else { Err(Reason::MethodNotCached) }
}

/// Whether a request has content that its key does not tell apart. A QUERY without a digest has, in any case.
pub(crate) fn has_unknown_content(method: Method<'_>, asked: &RequestFacts) -> bool {
    #[cfg(feature = "query")]
    if method == Method::Query {
        return asked.content_digest.is_none();
    }
    let _ = method;
    asked.has_content
}

fn status_is_understood(
    status: u16,
    facts: &ResponseFacts<'_>,
    options: &CacheOptions,
) -> Result<(), Reason> {
    match status {
        ..200 => Err(Reason::NotFinal),
        206 if !options.store_partial => Err(Reason::PartialContent),
        304 => Err(Reason::NotModified),
        // RFC 6585 forbids some of them; all answer fields of the request that no key has.
        407 | 408 | 412 | 416 | 417 | 425 | 428 | 429 | 431 | 511 => Err(Reason::OfTheRequest),
        _ if facts.directives.must_understand() && !is_implemented(status) => Err(Reason::NotUnderstood),
        _ => Ok(()),
    }
}

/// Statuses whose caching behaviour this cache implements (§5.2.2.3).
const fn is_implemented(status: u16) -> bool {
    matches!(
        status,
        200 | 203 | 204 | 206 | 300..=303 | 307 | 308 | 400 | 401 | 403..=405 | 410 | 414 | 421 | 451 | 500..=504
    )
}

/// Whether a `private="…"` names a field by which the stored response is selected or judged: without
/// it, it would be used where it must not be.
pub(crate) fn hides_its_terms(fields: Fields<'_>, facts: &ResponseFacts<'_>) -> bool {
    const TERMS: [&[u8]; 5] = [b"age", b"cache-control", b"date", b"expires", b"vary"];
    facts.directives.private_fields()
        && TERMS.iter().any(|term| cache_control::names_field(fields, b"private", term))
}

/// Whether a response to a request with `Authorization` may be stored and reused by a shared cache
/// (§3.5).
pub(crate) const fn allows_authorized(facts: &ResponseFacts<'_>) -> bool {
    let directives = &facts.directives;
    directives.public() || directives.must_revalidate() || directives.s_maxage.seconds().is_some()
}

/// The last bullet of §3.
fn is_cacheable(status: u16, facts: &ResponseFacts<'_>, options: &CacheOptions) -> bool {
    let directives = &facts.directives;
    directives.public()
        || (!options.shared && (directives.private() || directives.private_fields()))
        || freshness::is_explicit(facts, options)
        || freshness::is_heuristically_cacheable(status)
}

/// Whether a handler asks for its response to be stored: nothing is written to a device's flash because
/// nobody has said anything.
fn is_opted_in(facts: &ResponseFacts<'_>, options: &CacheOptions) -> bool {
    let said = &facts.directives;
    options.heuristic.is_some()
        || said.public()
        || said.no_cache()
        || said.no_cache_fields()
        || freshness::is_explicit(facts, options)
}

/// RFC 9110 §9.3.3: explicit freshness, and a `Content-Location` equal to the target URI.
fn post_answers_get(
    uri: &str,
    response: &ResponseHead<'_>,
    facts: &ResponseFacts<'_>,
    options: &CacheOptions,
) -> Result<(), Reason> {
    let location = response.fields.get("content-location").and_then(|value| core::str::from_utf8(value).ok());
    let is_target = location.is_some_and(|location| {
        PairKey::resolve(uri, location).is_some_and(|key| key.matches(uri)) || keys::same(uri, location)
    });
    if is_target && freshness::is_explicit(facts, options) { Ok(()) } else { Err(Reason::PostNotReusable) }
}

/// What `Vary` names must be kept beside the response; that is of no use for `*`, and not done
/// lightly for secrets.
pub(crate) fn selection_is_storable(facts: &ResponseFacts<'_>, options: &CacheOptions) -> Result<(), Reason> {
    match facts.vary {
        Vary::Anything => Err(Reason::VariesByAnything),
        vary if options.secrets == Secrets::Refuse
            && !vary.all_names(|name| Secret::called(name).is_none()) =>
        {
            Err(Reason::Secret)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Case<'a> {
        method: Method<'a>,
        request: &'a [(&'a str, &'a str)],
        status: u16,
        response: &'a [(&'a str, &'a str)],
        options: CacheOptions,
    }

    const PLAIN: Case<'_> = Case {
        method: Method::Get,
        request: &[],
        status: 200,
        response: &[],
        options: CacheOptions::PRIVATE,
    };

    fn judge(case: &Case<'_>) -> Result<(), Reason> {
        let request =
            RequestHead::get("http://h/a").with_method(case.method).with_fields(Fields::new(case.request));
        let response = ResponseHead { status: case.status, fields: Fields::new(case.response) };
        let asked = RequestFacts::of(request.fields);
        let facts = ResponseFacts::of(response.fields, None);
        let received = Received { request: &request, asked: &asked, response: &response, facts: &facts };
        may_store(received, &case.options)
    }

    #[test]
    fn s3_only_methods_that_are_implemented() {
        assert_eq!(judge(&PLAIN), Ok(()));
        assert_eq!(judge(&Case { method: Method::Head, ..PLAIN }), Ok(()));
        for method in
            [Method::Put, Method::Delete, Method::Patch, Method::Options, Method::Trace, Method::Connect]
        {
            assert_eq!(judge(&Case { method, ..PLAIN }), Err(Reason::MethodNotCached));
        }
        assert_eq!(judge(&Case { method: Method::Other("get"), ..PLAIN }), Err(Reason::MethodNotCached));
        let no_head = CacheOptions { supported_methods: Methods::GET, ..CacheOptions::PRIVATE };
        let head = Case { method: Method::Head, options: no_head, ..PLAIN };
        assert_eq!(judge(&head), Err(Reason::MethodNotCached));
    }

    #[test]
    fn s3_only_final_and_understood_statuses() {
        for (status, reason) in [(103, Reason::NotFinal), (304, Reason::NotModified)] {
            assert_eq!(judge(&Case { status, ..PLAIN }), Err(reason));
        }
        let part = Case { status: 206, ..PLAIN };
        assert_eq!(judge(&part), Ok(()));
        let options = CacheOptions { store_partial: false, ..CacheOptions::PRIVATE };
        assert_eq!(judge(&Case { options, ..part }), Err(Reason::PartialContent));
    }

    #[test]
    fn s3_no_store_in_request_or_response() {
        let request = &[("Cache-Control", "no-store")];
        assert_eq!(judge(&Case { request, ..PLAIN }), Err(Reason::RequestNoStore));
        let response = &[("Cache-Control", "max-age=60, no-store")];
        assert_eq!(judge(&Case { response, ..PLAIN }), Err(Reason::ResponseNoStore));
        let response = &[("Connection", "cache-control"), ("Cache-Control", "no-store")];
        assert_eq!(
            judge(&Case { response, ..PLAIN }),
            Err(Reason::ResponseNoStore),
            "not hidden by Connection"
        );
    }

    #[test]
    fn s5_2_2_3_must_understand_wins_over_no_store_if_the_status_is_understood() {
        let response = &[("Cache-Control", "max-age=60, no-store, must-understand")];
        assert_eq!(judge(&Case { response, ..PLAIN }), Ok(()));
        assert_eq!(judge(&Case { response, status: 599, ..PLAIN }), Err(Reason::NotUnderstood));
        let response = &[("Cache-Control", "max-age=60, must-understand")];
        assert_eq!(judge(&Case { response, status: 599, ..PLAIN }), Err(Reason::NotUnderstood));
    }

    #[test]
    fn s3_private_is_for_private_caches() {
        let response = &[("Cache-Control", "max-age=60, private, public")];
        assert_eq!(judge(&Case { response, ..PLAIN }), Ok(()));
        let shared = Case { response, options: CacheOptions::SHARED, ..PLAIN };
        assert_eq!(judge(&shared), Err(Reason::Private));
        let response = &[("Cache-Control", "max-age=60, private=\"X\"")];
        assert_eq!(judge(&Case { response, ..shared }), Ok(()), "qualified: only the field is dropped");
    }

    #[test]
    fn s3_5_authorization_in_a_shared_cache() {
        let request = &[("Authorization", "")];
        let shared = Case { request, options: CacheOptions::SHARED, ..PLAIN };
        for (response, verdict) in [
            ("max-age=60", Err(Reason::Authorization)),
            ("max-age=60, s-maxage=x", Err(Reason::Authorization)),
            ("max-age=60, public", Ok(())),
            ("max-age=60, must-revalidate", Ok(())),
            ("s-maxage=60", Ok(())),
        ] {
            let response = &[("Cache-Control", response)];
            assert_eq!(judge(&Case { response, ..shared }), verdict);
        }
        assert_eq!(judge(&Case { request, ..PLAIN }), Ok(()), "private");
    }

    #[test]
    fn s3_a_lifetime_or_a_status_cacheable_by_default() {
        for status in [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501] {
            assert_eq!(judge(&Case { status, ..PLAIN }), Ok(()), "{status}");
        }
        for status in [201, 302, 307, 400, 500, 503, 599] {
            let bare = Case { status, ..PLAIN };
            assert_eq!(judge(&bare), Err(Reason::NotCacheable), "{status}");
            for line in ["max-age=60", "public", "private"] {
                let response = &[("Cache-Control", line)];
                assert_eq!(judge(&Case { response, ..bare }), Ok(()), "{status} {line}");
            }
            let response = &[("Cache-Control", "s-maxage=60")];
            let only_shared = Case { response, ..bare };
            assert_eq!(judge(&only_shared), Err(Reason::NotCacheable));
            assert_eq!(judge(&Case { options: CacheOptions::SHARED, ..only_shared }), Ok(()));
        }
    }

    #[test]
    fn s9_3_3_of_9110_post_needs_freshness_and_its_own_location() {
        let post = Methods::GET.and(Methods::POST);
        let options = CacheOptions { supported_methods: post, ..CacheOptions::PRIVATE };
        let fresh = ("Cache-Control", "max-age=60");
        let here = ("Content-Location", "/a");
        let case =
            |response: &[(&str, &str)]| judge(&Case { method: Method::Post, response, options, ..PLAIN });
        assert_eq!(case(&[fresh, here]), Ok(()));
        assert_eq!(case(&[fresh, ("Content-Location", "http://h:80/a")]), Ok(()));
        assert_eq!(case(&[fresh]), Err(Reason::PostNotReusable));
        assert_eq!(case(&[fresh, ("Content-Location", "/b")]), Err(Reason::PostNotReusable));
        assert_eq!(case(&[("Cache-Control", "public"), here]), Err(Reason::PostNotReusable));
        assert_eq!(
            judge(&Case { method: Method::Post, response: &[fresh, here], ..PLAIN }),
            Err(Reason::MethodNotCached)
        );
    }

    #[test]
    fn s4_1_vary_by_anything_or_by_secrets_is_not_stored() {
        let fresh = ("Cache-Control", "max-age=60");
        let response = &[fresh, ("Vary", "Accept, *")];
        assert_eq!(judge(&Case { response, ..PLAIN }), Err(Reason::VariesByAnything));
        let response = &[fresh, ("Vary", "Accept, Cookie")];
        assert_eq!(judge(&Case { response, ..PLAIN }), Err(Reason::Secret));
        let options = CacheOptions { secrets: Secrets::InTheClear, ..CacheOptions::PRIVATE };
        assert_eq!(judge(&Case { response, options, ..PLAIN }), Ok(()));
    }
}
