//! Redirections: a base and a `Location`, separated by a line feed. What is followed is an absolute http(s)
//! URI that resolves to itself, and never leaves https.
#![no_main]

use heapless::String;
use larder::head::{Fields, Method};
use larder::redirects::{Redirects, resolve};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Some((base, location)) = text.split_once('\n') else { return };
    let mut uri: String<512> = String::new();
    if resolve(base, location, &mut uri).is_ok() {
        let lower = uri.to_ascii_lowercase();
        assert!(lower.starts_with("http://") || lower.starts_with("https://"));
        let mut again: String<512> = String::new();
        if resolve(base, &uri, &mut again).is_ok() {
            let mut third: String<512> = String::new();
            assert_eq!(resolve(base, &again, &mut third), Ok(()));
            assert_eq!(again, third);
        }
    }
    let said = [("Location", location)];
    let mut redirects = Redirects::new(Method::Get, base);
    let hop = redirects.next(302, Fields::new(&said).into(), Method::Get, base, &mut uri);
    if let Ok(Some(hop)) = hop {
        assert!(
            !base.to_ascii_lowercase().starts_with("https:")
                || uri.to_ascii_lowercase().starts_with("https:")
        );
        assert!(hop.crossed || hop.may_carry("Authorization"));
        assert_eq!(redirects.hops(), 1);
    }
});
