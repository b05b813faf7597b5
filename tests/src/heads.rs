//! Heads and dates.

use crate::MockClock;
use larder::head::{Edited, Field, Fields, RequestHead, ResponseHead};
use larder::time::HttpDate;

/// Field lines that own their octets: what a fixture saw or will say.
pub type Lines = Vec<(String, Vec<u8>)>;

/// An HTTP date, `seconds` after the mock clock's start (before it, if negative).
pub fn date(seconds: i64) -> String {
    HttpDate::from_unix(MockClock::START + seconds).to_string()
}

/// A GET for `uri` with these lines.
pub const fn get<'a>(uri: &'a str, lines: &'a [(&'a str, &'a str)]) -> RequestHead<'a> {
    RequestHead::get(uri).with_fields(Fields::new(lines))
}

/// A response with these lines.
pub const fn response<'a>(status: u16, lines: &'a [(&'a str, &'a str)]) -> ResponseHead<'a> {
    ResponseHead { status, fields: Fields::new(lines) }
}

/// Copies of lines.
pub fn owned<'a>(lines: impl IntoIterator<Item = Field<'a>>) -> Lines {
    lines.into_iter().map(|line| (line.name().to_owned(), line.value().to_vec())).collect()
}

/// Lines as text, for comparison. What is no UTF-8 is escaped.
pub fn text(head: Edited<'_>) -> Vec<(String, String)> {
    owned(head)
        .into_iter()
        .map(|(name, value)| (name, String::from_utf8_lossy(&value).into_owned()))
        .collect()
}

/// The values of every line called `name`, in order, as text.
pub fn values(lines: &Lines, name: &str) -> Vec<String> {
    let named = lines.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
    named.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
}

/// The value of the first line called `name`, as text; `None` if there is none.
pub fn value(lines: &Lines, name: &str) -> Option<String> {
    values(lines, name).into_iter().next()
}
