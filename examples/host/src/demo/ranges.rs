//! What the origin of the demo makes of `Range` (RFC 9110 §14).

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_range_header::parse_range_header;
use std::ops::RangeInclusive;

/// Makes a 206 of a 200 if a single range of it is asked for, and `If-Range` has its entity-tag; a 416 if
/// there is no such range.
pub fn cut_out(request: &HeaderMap, response: &mut Response<Bytes>) {
    let same = |condition| response.headers().get(header::ETAG) == Some(condition);
    let conditioned = request.get(header::IF_RANGE).is_none_or(same);
    let range = request.get(header::RANGE).and_then(|value| value.to_str().ok());
    let (StatusCode::OK, true, Some(range)) = (response.status(), conditioned, range) else {
        return;
    };
    // What is no range at all is ignored (§14.2).
    let Ok(ranges) = parse_range_header(range) else {
        return;
    };
    let complete = response.body().len() as u64;
    let (status, content_range, body) = match ranges.validate(complete).as_deref() {
        Ok([range]) => (
            StatusCode::PARTIAL_CONTENT,
            format!("bytes {}-{}/{complete}", range.start(), range.end()),
            slice(response.body(), range),
        ),
        Ok(_) => return,
        Err(_) => (StatusCode::RANGE_NOT_SATISFIABLE, format!("bytes */{complete}"), Bytes::new()),
    };
    *response.status_mut() = status;
    *response.body_mut() = body;
    if let Ok(value) = HeaderValue::from_str(&content_range) {
        response.headers_mut().insert(header::CONTENT_RANGE, value);
    }
}

/// The octets of a range that was found to lie in `body`.
fn slice(body: &Bytes, range: &RangeInclusive<u64>) -> Bytes {
    let at = |position: u64| usize::try_from(position).map_or(body.len(), |at| at.min(body.len()));
    body.slice(at(*range.start())..at(range.end().saturating_add(1)))
}
