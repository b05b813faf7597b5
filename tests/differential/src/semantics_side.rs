//! The answers of http-cache-semantics. It knows of one stored response at a time, and of GET, HEAD and
//! POST with all that `Cache-Control` says; it has no rules for partial content and invalidation.

use crate::answers::{After, Answers, Head, Next, head};
use crate::case::{Case, Lines};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_cache_semantics::{AfterResponse, BeforeRequest, CacheOptions, CachePolicy};
use std::time::{Duration, SystemTime};

/// Its answers to a case; `None` if several responses are stored.
pub fn answers(case: &Case) -> Option<Answers> {
    let [first] = &*case.first else { return None };
    let options = CacheOptions { shared: case.shared, ..CacheOptions::default() };
    let policy = CachePolicy::new_options(
        &request(&first.request),
        &response(&first.response),
        at(first.received),
        options,
    );
    // It puts the present in place of `Date`, and makes and drops `Warning`s, which RFC 9111 does not know.
    let untold = vec!["date".to_owned(), "warning".to_owned()];
    let mut answers = Answers { stored: vec![policy.is_storable()], untold, ..Answers::default() };
    if !policy.is_storable() {
        return Some(answers);
    }
    answers.fresh_for = Some(policy.time_to_live(at(first.received)).as_secs());
    answers.age = Some(policy.age(at(case.then.sent)).as_secs());
    second(case, &policy, &mut answers);
    Some(answers)
}

fn second(case: &Case, policy: &CachePolicy, answers: &mut Answers) {
    let then = request(&case.then.request);
    match policy.before_request(&then, at(case.then.sent)) {
        BeforeRequest::Fresh(parts) => {
            answers.next = Some(Next::Hit);
            answers.served = Some(of(&parts.headers));
        }
        BeforeRequest::Stale { matches: false, .. } => answers.next = Some(Next::Forward),
        BeforeRequest::Stale { matches: true, request: sent } => {
            answers.next = Some(Next::Validate);
            let line = |name| {
                let value = sent.headers.get(name).and_then(|value| value.to_str().ok());
                value.unwrap_or_default().to_owned()
            };
            answers.none_match = Some(line("if-none-match"));
            answers.modified_since = Some(line("if-modified-since"));
            let said = response(&case.then.response);
            match policy.after_response(&then, &said, at(case.then.received)) {
                AfterResponse::NotModified(_, parts) => {
                    answers.after = Some(After::Freshened);
                    answers.merged = Some(of(&parts.headers));
                }
                AfterResponse::Modified(..) if said.status() == 304 => answers.after = Some(After::NoMatch),
                AfterResponse::Modified(new, _) if new.is_storable() => answers.after = Some(After::Stored),
                AfterResponse::Modified(..) => answers.after = Some(After::Passed),
            }
        }
    }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn of(lines: &HeaderMap) -> Head {
    head(lines.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))))
}

fn lines(lines: &Lines) -> HeaderMap {
    let line = |(name, value): &(String, String)| {
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a field name");
        (name, HeaderValue::from_str(value).expect("a field value"))
    };
    let mut map = HeaderMap::new();
    for (name, value) in lines.iter().map(line) {
        map.append(name, value);
    }
    map
}

fn request(request: &crate::case::Request) -> http::Request<()> {
    let builder = http::Request::builder().method(&*request.method).uri(&request.uri);
    let mut made = builder.body(()).expect("a request");
    *made.headers_mut() = lines(&request.lines);
    made
}

fn response(response: &crate::case::Response) -> http::Response<()> {
    let mut made = http::Response::builder().status(response.status).body(()).expect("a response");
    *made.headers_mut() = lines(&response.lines);
    made
}
