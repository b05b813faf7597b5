//! Which fields are stored, and how a stored response is freshened (RFC 9111 §3.1, §3.2).

use crate::fields::{Dated, ResponseFacts};
use crate::head::{Edited, Field, Fields, Known, KnownSet, Text};
use crate::options::CacheOptions;
use crate::time::{Exchange, HttpDate};

/// A `Date` for a response that came without a valid one.
pub(crate) type MadeDate = [u8; HttpDate::LEN];

/// The time received, if the response has no valid `Date` and the time is known (RFC 9110 §6.6.1).
pub(crate) fn missing_date(facts: &ResponseFacts<'_>, at: Exchange) -> Option<MadeDate> {
    match facts.date {
        Dated::At(_) => None,
        Dated::Absent | Dated::Invalid => at.received.utc.map(HttpDate::to_octets),
    }
}

/// The lines of a new response that are stored: none of the connection's own, in a shared cache
/// none that `private="…"` names.
pub(crate) fn storable<'a>(
    response: Fields<'a>,
    date: Option<&'a MadeDate>,
    options: &CacheOptions,
) -> Edited<'a> {
    // `Transfer-Encoding` overrides `Content-Length` (RFC 9112 §6.3).
    let overridden = match response.contains("transfer-encoding") {
        true => KnownSet::of(&[Known::ContentLength]),
        false => KnownSet::EMPTY,
    };
    let mut fields = Edited::new(Fields::EMPTY);
    fields.take(response, overridden, options.shared);
    add_date(&mut fields, date);
    fields
}

/// The lines of a stored response freshened by a 304 (or a 200 to HEAD): each line of `new`
/// replaces all stored ones of its name, except `Content-Length`, `Content-Range` and
/// `Content-Digest`, which are about another message. The stored `Age` goes.
pub(crate) fn freshened<'a>(
    stored: Fields<'a>,
    new: Fields<'a>,
    date: Option<&'a MadeDate>,
    options: &CacheOptions,
) -> Edited<'a> {
    // Without a clock, a new `Expires` must not be counted from the old `Date`.
    let outdated = match (date, new.contains("expires")) {
        (None, true) => KnownSet::of(&[Known::Age, Known::Date]),
        _ => KnownSet::of(&[Known::Age]),
    };
    let mut fields = Edited::new(stored);
    fields.outdate(outdated).take(new, OF_THE_MESSAGE, options.shared);
    add_date(&mut fields, date);
    fields
}

/// The lines of a 206 that are stored as those of the 200 it is a part of: as [`storable`], with the
/// `length` of the whole if that is known.
pub(crate) fn storable_of_part<'a>(
    response: Fields<'a>,
    date: Option<&'a MadeDate>,
    length: Option<&'a Text<20>>,
    options: &CacheOptions,
) -> Edited<'a> {
    let mut fields = Edited::new(Fields::EMPTY);
    fields.take(response, OF_THE_MESSAGE, options.shared);
    add_date(&mut fields, date);
    add_length(&mut fields, length);
    fields
}

/// Adds this `Content-Length`, in place of any other.
pub(crate) fn add_length<'a>(fields: &mut Edited<'a>, length: Option<&'a Text<20>>) {
    if let Some(length) = length {
        fields.add(Known::ContentLength, Field::new("Content-Length", length.as_octets()));
    }
}

/// What describes the content of one message, not the representation.
const OF_THE_MESSAGE: KnownSet =
    KnownSet::of(&[Known::ContentLength, Known::ContentRange, Known::ContentDigest]);

/// Adds `date`, in place of a missing or invalid one.
pub(crate) fn add_date<'a>(fields: &mut Edited<'a>, date: Option<&'a MadeDate>) {
    if let Some(date) = date {
        fields.add(Known::Date, Field::new("Date", date));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(fields: Edited<'_>) -> Vec<(&str, &str)> {
        fields.iter().map(|field| (field.name(), field.text().unwrap())).collect()
    }

    #[test]
    fn s3_1_private_fields_are_dropped_in_a_shared_cache_only() {
        let response =
            [("Cache-Control", "private=\"Set-Cookie\""), ("Set-Cookie", "a"), ("Set-Cookie", "b")];
        let response = Fields::new(&response);
        assert_eq!(lines(storable(response, None, &CacheOptions::SHARED)).len(), 1);
        assert_eq!(lines(storable(response, None, &CacheOptions::PRIVATE)).len(), 3);
    }

    #[test]
    fn s6_6_1_of_9110_an_invalid_date_is_replaced() {
        let date = HttpDate::from_unix(0).to_octets();
        let response = [("Date", "yesterday"), ("X", "1")];
        let stored = storable(Fields::new(&response), Some(&date), &CacheOptions::PRIVATE);
        assert_eq!(lines(stored), [("X", "1"), ("Date", "Thu, 01 Jan 1970 00:00:00 GMT")]);
    }

    const STORED: [(&str, &str); 4] =
        [("Age", "50"), ("Content-Length", "36"), ("X", "1"), ("Content-Type", "text/plain")];

    #[test]
    fn s3_2_a_304_replaces_fields_but_not_the_length() {
        let new = [
            ("Content-Length", "10"),
            ("Content-Range", "bytes 0-1/2"),
            ("Connection", "Y"),
            ("Y", "1"),
            ("content-type", "text/html"),
            ("Keep-Alive", "1"),
        ];
        let merged = freshened(Fields::new(&STORED), Fields::new(&new), None, &CacheOptions::PRIVATE);
        assert_eq!(lines(merged), [("Content-Length", "36"), ("X", "1"), ("content-type", "text/html")]);
    }

    #[test]
    fn s3_2_freshening_twice_is_freshening_once() {
        let new = [("Age", "3"), ("X", "2"), ("Z", "1")];
        let once = freshened(Fields::new(&STORED), Fields::new(&new), None, &CacheOptions::PRIVATE);
        let once = lines(once);
        let twice = freshened(Fields::new(&once), Fields::new(&new), None, &CacheOptions::PRIVATE);
        assert_eq!(lines(twice), once);
    }
}
