//! `HeadBuf`: a head in one flat block of fixed capacity.

use super::field::Span;
use super::{Fields, Method, RequestHead, ResponseHead};
use crate::limits::FIELDS_MAX;
use core::fmt;
use core::mem::MaybeUninit;
use heapless::{Vec, VecView};

/// A request or response head: at most `BYTES` octets and `FIELDS` field lines.
///
/// Order and duplicate lines are kept as received, obs-text too. What does not fit is refused
/// whole ([`HeadError`]). `HeadBuf<2048, 40>` holds what public APIs send and takes 2.4 KB.
///
/// ```
/// use larder::head::HeadBuf;
///
/// let mut head: HeadBuf<512, 16> = HeadBuf::new();
/// let octets = b"HTTP/1.1 200 OK\r\nETag: \"1\"\r\n\r\nbody";
/// let length = head.as_mut().parse_response(octets)?.expect("a whole head");
/// assert_eq!(&octets[length..], b"body");
/// assert_eq!(head.response().fields.get("etag"), Some(&b"\"1\""[..]));
/// # Ok::<(), larder::head::HeadError>(())
/// ```
#[derive(Clone)]
pub struct HeadBuf<const BYTES: usize, const FIELDS: usize> {
    block: Vec<u8, BYTES>,
    spans: Vec<Span, FIELDS>,
    start: Start,
}

/// The start line: where method and URI lie in the block, or the status.
#[derive(Clone, Copy, Debug, Default)]
struct Start {
    status: u16,
    method: Span,
}

impl<const BYTES: usize, const FIELDS: usize> HeadBuf<BYTES, FIELDS> {
    /// An empty head.
    pub const fn new() -> Self {
        const { assert!(BYTES <= u16::MAX as usize, "a head has at most 65,535 octets") };
        let start = Start { status: 0, method: Span { name: 0, name_len: 0, value: 0, value_len: 0 } };
        Self { block: Vec::new(), spans: Vec::new(), start }
    }

    /// A view that can be written without naming the capacity.
    pub fn as_mut(&mut self) -> HeadMut<'_> {
        HeadMut { block: self.block.as_mut_view(), spans: self.spans.as_mut_view(), start: &mut self.start }
    }

    /// The lines.
    pub fn fields(&self) -> Fields<'_> {
        Fields::from_spans(&self.block, &self.spans)
    }

    /// The response held; status 0 if none is.
    pub fn response(&self) -> ResponseHead<'_> {
        ResponseHead { status: self.start.status, fields: self.fields() }
    }

    /// The request held; `None` if none is.
    pub fn request(&self) -> Option<RequestHead<'_>> {
        let start = Fields::from_spans(&self.block, core::slice::from_ref(&self.start.method));
        let start = start.iter().next()?;
        if start.name().is_empty() {
            return None;
        }
        let method = Method::from_name(start.name());
        Some(RequestHead { method, uri: start.text()?, fields: self.fields() })
    }
}

impl<const BYTES: usize, const FIELDS: usize> Default for HeadBuf<BYTES, FIELDS> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const BYTES: usize, const FIELDS: usize> fmt::Debug for HeadBuf<BYTES, FIELDS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeadBuf").field("status", &self.start.status).field("fields", &self.fields()).finish()
    }
}

/// A [`HeadBuf`] of any capacity, to be written.
///
/// Every method either does all it says or leaves an empty head and an error.
pub struct HeadMut<'a> {
    block: &'a mut VecView<u8>,
    spans: &'a mut VecView<Span>,
    start: &'a mut Start,
}

impl HeadMut<'_> {
    /// A shorter loan of the same head.
    pub fn reborrow(&mut self) -> HeadMut<'_> {
        HeadMut { block: self.block, spans: self.spans, start: self.start }
    }

    /// Empties the head.
    pub fn clear(&mut self) {
        self.block.clear();
        self.spans.clear();
        *self.start = Start::default();
    }

    /// The response held; status 0 if none is.
    pub fn response(&self) -> ResponseHead<'_> {
        ResponseHead { status: self.start.status, fields: Fields::from_spans(self.block, self.spans) }
    }

    /// Starts a response head, dropping what was held.
    pub fn start_response(&mut self, status: u16) {
        self.clear();
        self.start.status = status;
    }

    /// Starts a request head, dropping what was held.
    ///
    /// # Errors
    /// [`HeadError::TooLong`] if method and URI do not fit; [`HeadError::Malformed`] if the method
    /// is not a token or the URI has a blank or a control character.
    pub fn start_request(&mut self, method: Method<'_>, uri: &str) -> Result<(), HeadError> {
        self.clear();
        let name = method.name().as_bytes();
        if !is_token(name) || uri.is_empty() || uri.bytes().any(|octet| octet <= b' ' || octet == 0x7f) {
            return Err(HeadError::Malformed(Malformed::StartLine));
        }
        let span = self.append(name, uri.as_bytes());
        self.start.method = self.or_clear(span)?;
        Ok(())
    }

    /// Appends a field line. White space around `value` is dropped.
    ///
    /// # Errors
    /// [`HeadError::TooLong`], [`HeadError::TooManyFields`], or [`HeadError::Malformed`] if `name`
    /// is not a token or `value` has a control character (RFC 9110 §5.5).
    pub fn push(&mut self, name: &str, value: &[u8]) -> Result<(), HeadError> {
        let pushed = self.try_push(name.as_bytes(), value);
        self.or_clear(pushed)
    }

    fn try_push(&mut self, name: &[u8], value: &[u8]) -> Result<(), HeadError> {
        if !is_token(name) {
            return Err(HeadError::Malformed(Malformed::FieldName));
        }
        if value.iter().any(|octet| matches!(octet, 0..=8 | 10..=31 | 127)) {
            return Err(HeadError::Malformed(Malformed::FieldValue));
        }
        let span = self.append(name, trim(value))?;
        self.spans.push(span).map_err(|_| HeadError::TooManyFields)
    }

    fn append(&mut self, name: &[u8], value: &[u8]) -> Result<Span, HeadError> {
        let name_at = self.block.len();
        self.block.extend_from_slice(name).map_err(|_| HeadError::TooLong)?;
        let value_at = self.block.len();
        self.block.extend_from_slice(value).map_err(|_| HeadError::TooLong)?;
        span(name_at, name.len(), value_at, value.len())
    }

    fn or_clear<T>(&mut self, result: Result<T, HeadError>) -> Result<T, HeadError> {
        if result.is_err() {
            self.clear();
        }
        result
    }

    /// Parses a response head at the beginning of `octets` and keeps it.
    ///
    /// Answers how many octets the head took, with its empty line; what follows is the body's.
    /// `None`: the head is not whole yet, call again with more. Costs about 1 KiB of stack.
    ///
    /// # Errors
    /// [`HeadError::Malformed`], [`HeadError::TooManyFields`] (the capacity, or
    /// [`FIELDS_MAX`]), [`HeadError::TooLong`].
    pub fn parse_response(&mut self, octets: &[u8]) -> Result<Option<usize>, HeadError> {
        self.clear();
        let mut lines = [const { MaybeUninit::uninit() }; FIELDS_MAX];
        let mut parsed = httparse::Response::new(&mut []);
        let status = httparse::ParserConfig::default().parse_response_with_uninit_headers(
            &mut parsed,
            octets,
            &mut lines,
        )?;
        let httparse::Status::Complete(length) = status else {
            return Ok(None);
        };
        let kept = self.keep(octets, length, parsed.headers);
        self.or_clear(kept)?;
        self.start.status = parsed.code.unwrap_or_default();
        Ok(Some(length))
    }

    /// Parses a request head at the beginning of `octets` and keeps it, its target as it stands
    /// on the request line. Answers and errors are those of
    /// [`parse_response`](Self::parse_response).
    ///
    /// # Errors
    /// As [`parse_response`](Self::parse_response).
    pub fn parse_request(&mut self, octets: &[u8]) -> Result<Option<usize>, HeadError> {
        self.clear();
        let mut lines = [const { MaybeUninit::uninit() }; FIELDS_MAX];
        let mut parsed = httparse::Request::new(&mut []);
        let status = parsed.parse_with_uninit_headers(octets, &mut lines)?;
        let httparse::Status::Complete(length) = status else {
            return Ok(None);
        };
        let kept = self.keep(octets, length, parsed.headers);
        self.or_clear(kept)?;
        let method = parsed.method.unwrap_or_default().as_bytes();
        let target = parsed.path.unwrap_or_default().as_bytes();
        self.start.method = locate(octets, method, target);
        Ok(Some(length))
    }

    /// Copies the head's octets whole and notes where the parser found its lines.
    fn keep(
        &mut self,
        octets: &[u8],
        length: usize,
        lines: &[httparse::Header<'_>],
    ) -> Result<(), HeadError> {
        let head = octets.get(..length).unwrap_or(octets);
        self.block.extend_from_slice(head).map_err(|_| HeadError::TooLong)?;
        for line in lines {
            let span = locate(octets, line.name.as_bytes(), line.value);
            self.spans.push(span).map_err(|_| HeadError::TooManyFields)?;
        }
        Ok(())
    }
}

/// Where two parts of `octets` lie in it. They lie in its first 65,535 octets: the block has taken
/// them.
fn locate(octets: &[u8], name: &[u8], value: &[u8]) -> Span {
    let base = octets.as_ptr().addr();
    let offset = |part: &[u8]| part.as_ptr().addr().wrapping_sub(base);
    // An empty part may lie anywhere.
    let at = |part: &[u8]| if part.is_empty() { 0 } else { offset(part) as u16 };
    Span { name: at(name), name_len: name.len() as u16, value: at(value), value_len: value.len() as u16 }
}

fn span(name: usize, name_len: usize, value: usize, value_len: usize) -> Result<Span, HeadError> {
    let short = |number: usize| u16::try_from(number).map_err(|_| HeadError::TooLong);
    Ok(Span {
        name: short(name)?,
        name_len: short(name_len)?,
        value: short(value)?,
        value_len: short(value_len)?,
    })
}

fn trim(value: &[u8]) -> &[u8] {
    crate::fields::trim(value)
}

/// Whether `octets` is a token (RFC 9110 §5.6.2), as names of fields and methods are.
pub(crate) fn is_token(octets: &[u8]) -> bool {
    let is_tchar = |octet: &u8| {
        matches!(octet, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
            || octet.is_ascii_alphanumeric()
    };
    !octets.is_empty() && octets.iter().all(is_tchar)
}

/// Why a head could not be taken. The head is then empty: never a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum HeadError {
    /// More octets than the head's capacity.
    TooLong,
    /// More field lines than the head's capacity.
    TooManyFields,
    /// Not a head by RFC 9112.
    Malformed(Malformed),
}

/// What is wrong with a malformed head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Malformed {
    /// The request line or the status line.
    StartLine,
    /// A field's name is not a token.
    FieldName,
    /// A field's value has a control character.
    FieldValue,
    /// The protocol version is not HTTP/1.0 or HTTP/1.1.
    Version,
    /// A line end that is none.
    NewLine,
}

impl From<httparse::Error> for HeadError {
    fn from(error: httparse::Error) -> Self {
        Self::Malformed(match error {
            httparse::Error::TooManyHeaders => return Self::TooManyFields,
            httparse::Error::HeaderName => Malformed::FieldName,
            httparse::Error::HeaderValue => Malformed::FieldValue,
            httparse::Error::NewLine => Malformed::NewLine,
            httparse::Error::Version => Malformed::Version,
            httparse::Error::Status | httparse::Error::Token => Malformed::StartLine,
        })
    }
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the head has more octets than there is room for",
            Self::TooManyFields => "the head has more field lines than there is room for",
            Self::Malformed(Malformed::StartLine) => "the start line is malformed",
            Self::Malformed(Malformed::FieldName) => "a field name is malformed",
            Self::Malformed(Malformed::FieldValue) => "a field value is malformed",
            Self::Malformed(Malformed::Version) => "the protocol version is not HTTP/1.x",
            Self::Malformed(Malformed::NewLine) => "a line end is malformed",
        })
    }
}

impl core::error::Error for HeadError {}
