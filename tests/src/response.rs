//! What a scripted origin says.

use crate::heads::Lines;

/// One response, or the lack of one.
#[derive(Clone, Debug)]
pub struct Response {
    pub(crate) act: Act,
    pub(crate) interim: Vec<(u16, Lines)>,
    pub(crate) status: u16,
    pub(crate) lines: Lines,
    pub(crate) chunks: Vec<Vec<u8>>,
    pub(crate) end: End,
    pub(crate) takes: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Respond,
    Refuse,
    Hang,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Complete,
    CutOff,
    Break,
    Hang,
}

impl Response {
    /// A response without lines and content.
    pub fn new(status: u16) -> Self {
        Self {
            act: Act::Respond,
            interim: Vec::new(),
            status,
            lines: Lines::new(),
            chunks: Vec::new(),
            end: End::Complete,
            takes: 0,
        }
    }

    /// A 200 with these lines and this content, and a `Content-Length` that is right.
    pub fn ok(lines: &[(&str, &str)], content: &str) -> Self {
        let length = content.len().to_string();
        Self::new(200).with(&[("Content-Length", &length)]).with(lines).chunk(content.as_bytes())
    }

    /// A 304 with these lines.
    pub fn not_modified(lines: &[(&str, &str)]) -> Self {
        Self::new(304).with(lines)
    }

    /// No response: the origin cannot be reached.
    pub fn refused() -> Self {
        Self { act: Act::Refuse, ..Self::new(0) }
    }

    /// No response, ever: the origin accepts the request and says nothing.
    pub fn hangs() -> Self {
        Self { act: Act::Hang, ..Self::new(0) }
    }

    /// The same with more lines.
    pub fn with(mut self, lines: &[(&str, &str)]) -> Self {
        self.lines.extend(lines.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())));
        self
    }

    /// The same with a line whose value is any octets.
    pub fn with_octets(mut self, name: &str, value: &[u8]) -> Self {
        self.lines.push((name.to_owned(), value.to_vec()));
        self
    }

    /// The same with one more piece of content: what one `read` may answer at most.
    pub fn chunk(mut self, octets: &[u8]) -> Self {
        if !octets.is_empty() {
            self.chunks.push(octets.to_vec());
        }
        self
    }

    /// The same with an interim response (1xx) before it.
    pub fn after_interim(mut self, status: u16, lines: &[(&str, &str)]) -> Self {
        let lines = lines.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()));
        self.interim.push((status, lines.collect()));
        self
    }

    /// Octets of its content that come.
    pub fn content_len(&self) -> usize {
        self.chunks.iter().map(Vec::len).sum()
    }

    /// The same, but the connection ends before the content does.
    pub fn cut_off(self) -> Self {
        Self { end: End::CutOff, ..self }
    }

    /// The same, but the connection ends after so many octets of content, if there are more.
    pub fn cut_off_after(mut self, octets: usize) -> Self {
        let mut left = octets;
        if self.content_len() <= octets {
            return self;
        }
        for chunk in &mut self.chunks {
            chunk.truncate(left);
            left -= chunk.len();
        }
        self.chunks.retain(|chunk| !chunk.is_empty());
        self.cut_off()
    }

    /// The same, but the connection breaks after the content that is there.
    pub fn breaks(self) -> Self {
        Self { end: End::Break, ..self }
    }

    /// The same, but nothing comes after the content that is there.
    pub fn stalls(self) -> Self {
        Self { end: End::Hang, ..self }
    }

    /// The same, taking `seconds` of the clock from the request to the end of the head.
    pub fn taking(self, seconds: u64) -> Self {
        Self { takes: seconds, ..self }
    }
}
