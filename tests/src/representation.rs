//! An origin's representation of a resource, of which it sends the parts it is asked for.

use crate::Response;
use crate::origin::Asked;

/// What an origin that knows ranges has under a URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Representation {
    /// Its octets.
    pub content: Vec<u8>,
    /// Its lines: validators, freshness, whatever every response has.
    pub lines: Vec<(String, String)>,
}

impl Representation {
    /// `content` with these lines.
    pub fn new(content: &[u8], lines: &[(&str, &str)]) -> Self {
        let lines = lines.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { content: content.to_vec(), lines: lines.collect() }
    }

    /// The value of one of its lines.
    pub fn line(&self, name: &str) -> Option<&str> {
        let line = self.lines.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        line.map(|(_, value)| &**value)
    }

    /// The response to a request: 200, 206, 304 or 416, as RFC 9110 has it.
    pub fn answer(&self, asked: &Asked) -> Response {
        if self.matches_none(asked) {
            return self.headed(Response::new(304));
        }
        let conditioned = asked.line("if-range").is_none_or(|condition| {
            !condition.starts_with("W/")
                && [self.line("etag"), self.line("last-modified")].contains(&Some(&*condition))
        });
        match asked.line("range").filter(|_| conditioned).and_then(|range| self.range(&range)) {
            None => self.whole(),
            Some(Some((first, last))) => self.part(first, last),
            Some(None) => {
                let says = format!("bytes */{}", self.content.len());
                Response::new(416).with(&[("Content-Range", &says), ("Content-Length", "0")])
            }
        }
    }

    /// All of it.
    pub fn whole(&self) -> Response {
        let length = self.content.len().to_string();
        let says = self.headed(Response::new(200)).with(&[("Content-Length", &length)]);
        chunked(says, &self.content)
    }

    /// A part of it, by its first and last position.
    ///
    /// # Panics
    /// If there is no such part.
    pub fn part(&self, first: usize, last: usize) -> Response {
        let content = &self.content[first..=last];
        let (range, length) =
            (format!("bytes {first}-{last}/{}", self.content.len()), content.len().to_string());
        let lines = [("Content-Range", &*range), ("Content-Length", &*length)];
        chunked(self.headed(Response::new(206)).with(&lines), content)
    }

    fn headed(&self, says: Response) -> Response {
        let lines: Vec<_> = self.lines.iter().map(|(name, value)| (&**name, &**value)).collect();
        says.with(&lines)
    }

    fn matches_none(&self, asked: &Asked) -> bool {
        let same = |tag: &str, own: &str| tag.trim_start_matches("W/") == own.trim_start_matches("W/");
        match (asked.line("if-none-match"), self.line("etag")) {
            (Some(tags), Some(own)) => tags.split(", ").any(|tag| same(tag, own)),
            (Some(_), None) => false,
            (None, _) => asked
                .line("if-modified-since")
                .is_some_and(|since| Some(&*since) == self.line("last-modified")),
        }
    }

    /// `None`: no single range of octets; `Some(None)`: an unsatisfiable one.
    #[expect(clippy::option_option, reason = "ignored, unsatisfiable, or a range")]
    fn range(&self, value: &str) -> Option<Option<(usize, usize)>> {
        let (first, last) = value.strip_prefix("bytes=")?.split_once('-')?;
        let end = self.content.len().checked_sub(1);
        let range = if first.is_empty() {
            let suffix: usize = last.parse().ok()?;
            end.filter(|_| suffix > 0).map(|end| (self.content.len().saturating_sub(suffix), end))
        } else {
            let first: usize = first.parse().ok()?;
            let last: usize = if last.is_empty() { usize::MAX } else { last.parse().ok()? };
            end.filter(|end| first <= *end).map(|end| (first, last.min(end)))
        };
        Some(range)
    }
}

fn chunked(says: Response, content: &[u8]) -> Response {
    content.chunks(50).fold(says, |says, chunk| says.chunk(chunk))
}
