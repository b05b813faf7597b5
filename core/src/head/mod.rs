//! Heads: start line and field lines, lossless, in fixed memory.
//!
//! A [`HeadBuf`] owns the octets of one head; [`Fields`], [`RequestHead`] and [`ResponseHead`] are
//! views that are cheap to copy, whatever the octets lie in. A head that differs in a few lines
//! (another `Age`, preconditions added, freshened by a 304) is an [`Edited`] iterator over
//! the old one, not a second buffer.

mod buf;
mod edited;
mod field;
mod folded;
mod method;
mod names;
pub(crate) mod packed;
mod text;

pub(crate) use buf::is_token;
pub use buf::{HeadBuf, HeadError, HeadMut, Malformed};
pub use edited::{Edited, EditedIter};

pub use field::{Field, Fields, FieldsIter};
pub(crate) use folded::Names;
pub use method::Method;
pub(crate) use names::{Known, KnownSet};
pub(crate) use text::Text;

/// A request: its method, its target URI and its field lines.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct RequestHead<'a> {
    /// The method.
    pub method: Method<'a>,
    /// The target URI, absolute (`http://host/path?query`). A fragment does not count.
    pub uri: &'a str,
    /// The field lines.
    pub fields: Fields<'a>,
}

impl<'a> RequestHead<'a> {
    /// A GET for `uri` without any field.
    pub const fn get(uri: &'a str) -> Self {
        Self { method: Method::Get, uri, fields: Fields::EMPTY }
    }

    /// The same request with these field lines.
    pub const fn with_fields(self, fields: Fields<'a>) -> Self {
        Self { fields, ..self }
    }

    /// The same request with another method.
    pub const fn with_method(self, method: Method<'a>) -> Self {
        Self { method, ..self }
    }
}

/// A response: its status and its field lines.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct ResponseHead<'a> {
    /// The status code; 100 to 999 by the grammar.
    pub status: u16,
    /// The field lines.
    pub fields: Fields<'a>,
}

/// A request to send: another request's head, with some lines left out or added.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Outgoing<'a> {
    /// The method.
    pub method: Method<'a>,
    /// The target URI, as the caller wrote it: a fragment is not to be sent.
    pub uri: &'a str,
    /// The lines, those of the connection (`Host`, `Connection`, …) and of the content's framing
    /// (`Content-Length`, `Transfer-Encoding`) not among them unless the caller's request has
    /// them.
    pub fields: Edited<'a>,
}

/// The lines as they are.
impl<'a> From<Fields<'a>> for Edited<'a> {
    fn from(fields: Fields<'a>) -> Self {
        Self::new(fields)
    }
}

impl<'a> From<RequestHead<'a>> for Outgoing<'a> {
    fn from(request: RequestHead<'a>) -> Self {
        Self { method: request.method, uri: request.uri, fields: request.fields.into() }
    }
}
