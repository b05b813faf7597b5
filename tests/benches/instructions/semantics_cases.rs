//! The side of http-cache-semantics: the same decisions, over the same heads.

use crate::cases::{DATE, NOT_MODIFIED, REQUEST, RESPONSE, URI, prepared};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_cache_semantics::{AfterResponse, BeforeRequest, CacheOptions, CachePolicy};
use std::hint::black_box;
use std::time::{Duration, SystemTime};

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(DATE as u64 + seconds)
}

fn options() -> CacheOptions {
    CacheOptions { shared: false, ..CacheOptions::default() }
}

fn request() -> Request<()> {
    let mut request = Request::get(URI);
    for (name, value) in REQUEST {
        request = request.header(name, value);
    }
    request.body(()).expect("a request")
}

fn response(octets: &str) -> Response<()> {
    let mut lines = [httparse::EMPTY_HEADER; 40];
    let mut parsed = httparse::Response::new(&mut lines);
    parsed.parse(octets.as_bytes()).expect("a head");
    let mut response = Response::builder().status(parsed.code.expect("a status"));
    for line in parsed.headers.iter() {
        response = response.header(line.name, line.value);
    }
    response.body(()).expect("a response")
}

fn policy() -> CachePolicy {
    CachePolicy::new_options(&request(), &response(RESPONSE), at(0), options())
}

fn emit(fields: &HeaderMap) -> usize {
    fields.iter().map(|(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len()).sum()
}

pub(crate) fn store() {
    let (request, response) = prepared(|| (request(), response(RESPONSE)));
    assert!(counted_store_semantics(&request, &response));
}

#[inline(never)]
#[unsafe(no_mangle)]
fn counted_store_semantics(request: &Request<()>, response: &Response<()>) -> bool {
    CachePolicy::new_options(black_box(request), black_box(response), at(0), options()).is_storable()
}

pub(crate) fn hit() {
    let (policy, request) = prepared(|| (policy(), request()));
    assert!(counted_hit_semantics(&policy, &request) > 500);
}

#[inline(never)]
#[unsafe(no_mangle)]
fn counted_hit_semantics(policy: &CachePolicy, request: &Request<()>) -> usize {
    match policy.before_request(black_box(request), at(60)) {
        BeforeRequest::Fresh(parts) => emit(&parts.headers),
        BeforeRequest::Stale { .. } => 0,
    }
}

pub(crate) fn stale() {
    let (policy, request) = prepared(|| (policy(), request()));
    assert!(counted_stale_semantics(&policy, &request) > 100);
}

#[inline(never)]
#[unsafe(no_mangle)]
fn counted_stale_semantics(policy: &CachePolicy, request: &Request<()>) -> usize {
    match policy.before_request(black_box(request), at(3_600)) {
        BeforeRequest::Stale { request, .. } => emit(&request.headers),
        BeforeRequest::Fresh(_) => 0,
    }
}

pub(crate) fn freshen() {
    let (policy, request, response) = prepared(|| (policy(), request(), response(NOT_MODIFIED)));
    assert!(counted_freshen_semantics(&policy, &request, &response) > 500);
}

#[inline(never)]
#[unsafe(no_mangle)]
fn counted_freshen_semantics(policy: &CachePolicy, request: &Request<()>, response: &Response<()>) -> usize {
    match policy.after_response(black_box(request), black_box(response), at(3_600)) {
        AfterResponse::NotModified(_, parts) => emit(&parts.headers),
        AfterResponse::Modified(..) => 0,
    }
}
