//! Invalidation of stored responses (RFC 9111 §4.4).

#[cfg(feature = "groups")]
use crate::fields::groups;
#[cfg(feature = "groups")]
use crate::head::Fields;
use crate::head::{RequestHead, ResponseHead};
#[cfg(feature = "groups")]
use crate::pair::Group;
use crate::pair::PairKey;

/// Whether the response to this request invalidates what is stored: a success or a redirection,
/// to an unsafe or unknown method.
pub(crate) const fn invalidates(request: &RequestHead<'_>, response: &ResponseHead<'_>) -> bool {
    !request.method.is_safe() && matches!(response.status, 200..=399)
}

/// What is invalidated: the target URI, and the URIs in `Location` and `Content-Location` if they
/// are on the same origin.
pub(crate) fn targets<'a>(
    request: &RequestHead<'a>,
    response: &ResponseHead<'a>,
) -> impl Iterator<Item = PairKey<'a>> + use<'a> {
    let uri = request.uri;
    let [location, content_location] =
        ["location", "content-location"].map(|name| on_origin(uri, response.fields.get(name)?));
    [Some(PairKey::new(uri)), location, content_location].into_iter().flatten()
}

/// The key of a reference in the response for `uri`, if it is on the same origin.
#[inline(never)]
fn on_origin<'a>(uri: &'a str, reference: &'a [u8]) -> Option<PairKey<'a>> {
    let reference = core::str::from_utf8(reference).ok()?;
    PairKey::resolve(uri, reference).filter(|key| key.is_on_origin_of(uri))
}

/// The groups that the response to an unsafe method invalidates, whatever its status (RFC 9875 §3).
#[cfg(feature = "groups")]
pub(crate) fn groups<'a>(
    request: &RequestHead<'a>,
    response: &ResponseHead<'a>,
) -> impl Iterator<Item = Group> + Clone + use<'a> {
    let fields = if request.method.is_safe() { Fields::EMPTY } else { response.fields };
    groups::groups(fields, groups::CACHE_GROUP_INVALIDATION, request.uri)
}

/// Whether there are any.
#[cfg(feature = "groups")]
pub(crate) fn names_groups(request: &RequestHead<'_>, response: &ResponseHead<'_>) -> bool {
    groups(request, response).next().is_some()
}

/// None is known.
#[cfg(not(feature = "groups"))]
pub(crate) const fn names_groups(_: &RequestHead<'_>, _: &ResponseHead<'_>) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::{Fields, Method};

    fn invalidated(method: Method<'_>, status: u16, fields: &[(&str, &str)]) -> Vec<String> {
        let request = RequestHead::get("http://h/a").with_method(method);
        let response = ResponseHead { status, fields: Fields::new(fields) };
        if !invalidates(&request, &response) {
            return Vec::new();
        }
        targets(&request, &response).map(|key| key.normalized().map(char::from).collect()).collect()
    }

    #[test]
    fn s4_4_success_of_an_unsafe_or_unknown_method_invalidates_the_target() {
        for method in [Method::Put, Method::Post, Method::Delete, Method::Patch, Method::Other("M-SEARCH")] {
            assert_eq!(invalidated(method, 204, &[]), ["http://h/a"]);
            assert_eq!(invalidated(method, 303, &[]), ["http://h/a"]);
            assert!(invalidated(method, 404, &[]).is_empty());
            assert!(invalidated(method, 500, &[]).is_empty());
        }
        for method in [Method::Get, Method::Head, Method::Options, Method::Trace] {
            assert!(invalidated(method, 200, &[]).is_empty());
        }
    }

    #[test]
    fn s4_4_locations_only_on_the_same_origin() {
        let fields = [("Location", "/b"), ("Content-Location", "http://h:80/c")];
        assert_eq!(invalidated(Method::Post, 201, &fields), ["http://h/a", "http://h/b", "http://h/c"]);
        let fields = [("Location", "http://other/b"), ("Content-Location", "//other/c")];
        assert_eq!(invalidated(Method::Post, 201, &fields), ["http://h/a"]);
    }
}
