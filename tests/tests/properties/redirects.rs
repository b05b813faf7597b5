//! Redirections: whatever a server says, the next request has an http(s) URI, or there is none.

use crate::cases;
use heapless::String;
use larder::head::{Fields, HeadBuf, Method};
use larder::redirects::{RedirectRefused, Redirects, resolve};
use proptest::collection::vec;
use proptest::prelude::*;

/// A URI reference, or nearly one.
fn reference() -> impl Strategy<Value = std::string::String> {
    let part = prop_oneof![
        4 => prop::sample::select(vec!["/", "..", ".", "a", "b", "/../", "/./", "?", "#", ":", "//"]),
        1 => prop::sample::select(vec!["http:", "https://", "HTTP://h", "h:80", "@", "[::1]", "%2e", "\\", " ", "é", "x:"]),
    ];
    vec(part, 0..9).prop_map(|parts| parts.concat())
}

fn base() -> impl Strategy<Value = std::string::String> {
    let start = prop::sample::select(vec!["http://h", "https://h:444", "HTTP://h.example"]);
    let path = prop_oneof![3 => "(/(a|b|\\.|\\.\\.|))*", 1 => Just(std::string::String::new())];
    let query = prop::sample::select(vec!["", "?q", "?q=/../x"]);
    (start, path, query).prop_map(|(start, path, query)| format!("{start}{path}{query}"))
}

fn resolved(base: &str, reference: &str) -> Result<std::string::String, RedirectRefused> {
    let mut uri: String<256> = String::new();
    resolve(base, reference, &mut uri).map(|()| uri.as_str().to_owned())
}

/// RFC 3986 §5.2.4, step by step, with its two buffers.
fn without_dot_segments(path: &str) -> std::string::String {
    let (mut input, mut output) = (path.to_owned(), std::string::String::new());
    while !input.is_empty() {
        if let Some(rest) = input.strip_prefix("../").or(input.strip_prefix("./")) {
            input = rest.to_owned();
        } else if let Some(rest) = input.strip_prefix("/./") {
            input = format!("/{rest}");
        } else if input == "/." {
            input = "/".to_owned();
        } else if input.starts_with("/../") || input == "/.." {
            input = format!("/{}", input.get(4..).unwrap_or_default());
            output.truncate(output.rfind('/').unwrap_or(0));
        } else if input == "." || input == ".." {
            input.clear();
        } else {
            let end = input[1..].find('/').map_or(input.len(), |at| at + 1);
            output.push_str(&input[..end]);
            input = input[end..].to_owned();
        }
    }
    output
}

/// RFC 3986 §5.2.2 for references that are a path alone.
fn merged(base: &str, path: &str) -> std::string::String {
    let after = base.find("://").unwrap() + 3;
    let end = base[after..].find(['/', '?']).map_or(base.len(), |at| after + at);
    let (root, rest) = base.split_at(end);
    let folder =
        rest.split('?').next().unwrap().rsplit_once('/').map_or("/".to_owned(), |(to, _)| format!("{to}/"));
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{folder}{path}") };
    format!("{root}{}", without_dot_segments(&whole))
}

proptest! {
    #![proptest_config(cases(2048))]

    #[test]
    fn what_is_resolved_is_an_http_uri_without_dot_segments(base in base(), reference in reference()) {
        let Ok(uri) = resolved(&base, &reference) else { return Ok(()) };
        let (scheme, rest) = uri.split_once("://").unwrap();
        prop_assert!(scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https"));
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at(end);
        prop_assert!(!authority.is_empty() && !authority.contains('@') && !authority.starts_with(':'));
        prop_assert!(uri.bytes().all(|octet| octet.is_ascii_graphic()));
        // An empty path leaves that of the base as it is (§5.2.2).
        if !matches!(reference.as_bytes(), [] | [b'?' | b'#', ..]) {
            let path = rest.split(['?', '#']).next().unwrap();
            prop_assert!(path.split('/').all(|segment| segment != "." && segment != ".."), "{}", uri);
        }
    }

    #[test]
    fn what_is_resolved_resolves_to_itself(base in base(), other in base(), reference in reference()) {
        let Ok(uri) = resolved(&base, &reference) else { return Ok(()) };
        let is_path_kept = matches!(reference.as_bytes(), [] | [b'?' | b'#', ..]);
        let again = resolved(&other, &uri);
        prop_assert_eq!(resolved(&base, again.as_ref().unwrap()), again.clone());
        prop_assert!(is_path_kept || again == Ok(uri));
    }

    #[test]
    fn paths_are_merged_as_the_rfc_says(base in base(), path in "(/|a|b|\\.|\\.\\.|\\./|/\\.\\./|g;x=1/)+") {
        prop_assume!(!path.starts_with("//"));
        prop_assert_eq!(resolved(&base, &path), Ok(merged(&base, &path)));
    }

    #[test]
    fn any_octets_are_followed_or_refused(location in vec(any::<u8>(), 0..40), status in 300..310_u16) {
        let mut head: HeadBuf<256, 4> = HeadBuf::new();
        head.as_mut().start_response(status);
        let _ = head.as_mut().push("Location", &location);
        let mut next: String<64> = String::new();
        let (get, from) = (Method::Get, "https://h/a/b");
        let hop = Redirects::new(get, from).next(status, head.fields().into(), get, from, &mut next);
        if hop.is_ok_and(|hop| hop.is_some()) {
            prop_assert!(next.to_ascii_lowercase().starts_with("https://"));
        }
    }

    #[test]
    fn no_chain_is_endless_and_none_leaves_https(locations in vec(reference(), 0..30)) {
        let mut from = "https://h/start".to_owned();
        let mut redirects = Redirects::new(Method::Get, &from);
        let mut seen = vec![from.clone()];
        for location in &locations {
            let mut next: String<128> = String::new();
            let said = [("Location", &**location)];
            if redirects.next(302, Fields::new(&said).into(), Method::Get, &from, &mut next).is_err() {
                continue;
            }
            from = next.as_str().to_owned();
            prop_assert!(!seen.contains(&from));
            prop_assert!(from.to_ascii_lowercase().starts_with("https:"));
            seen.push(from.clone());
        }
        prop_assert!(redirects.hops() <= larder::limits::REDIRECTS_MAX);
        prop_assert_eq!(redirects.hops(), seen.len() - 1);
    }
}
