//! A response as the client gets it: whole, or what its preconditions and its range make of it (RFC 9110
//! §13, §14).

use crate::fields::Part;
use crate::head::{Edited, Field, Known, KnownSet, Text};
use crate::rules::preconditions::Answer;

/// What a response is to the client, with the texts of the lines that say so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    /// `bytes 0-1/2`
    range: Text<72>,
    length: Text<20>,
}

impl Answered {
    pub(crate) fn new(answer: Answer) -> Self {
        let (range, length) = match answer {
            Answer::Part(part) => (range_text(part), Text::EMPTY.number(part.len())),
            Answer::Unsatisfiable { complete } => {
                (Text::EMPTY.text("bytes */").number(complete), Text::EMPTY.number(0))
            }
            #[cfg(feature = "server")]
            Answer::PreconditionFailed => (Text::EMPTY, Text::EMPTY.number(0)),
            Answer::Whole | Answer::NotModified => (Text::EMPTY, Text::EMPTY),
        };
        Self { answer, range, length }
    }

    /// The status, given that of the whole response.
    pub(crate) const fn status(&self, whole: u16) -> u16 {
        match self.answer {
            Answer::Whole => whole,
            Answer::NotModified => 304,
            Answer::Part(_) => 206,
            Answer::Unsatisfiable { .. } => 416,
            #[cfg(feature = "server")]
            Answer::PreconditionFailed => 412,
        }
    }

    /// Whether it is 412 or 416, which are made here.
    pub(crate) const fn is_made_here(&self) -> bool {
        #[cfg(feature = "server")]
        if matches!(self.answer, Answer::PreconditionFailed) {
            return true;
        }
        matches!(self.answer, Answer::Unsatisfiable { .. })
    }

    /// Which octets of the whole body to serve: the position of the first, and how many, or `None` for all
    /// that follow. `None` if no content is served.
    pub(crate) const fn content(&self) -> Option<(u64, Option<u64>)> {
        match self.answer {
            Answer::Whole => Some((0, None)),
            Answer::Part(part) => Some((part.first, Some(part.len()))),
            Answer::NotModified | Answer::Unsatisfiable { .. } => None,
            #[cfg(feature = "server")]
            Answer::PreconditionFailed => None,
        }
    }

    /// Makes the lines of the whole response those of what is answered.
    pub(crate) fn edit<'f>(&'f self, fields: &mut Edited<'f>) {
        const OF_A_304: KnownSet = KnownSet::of(&[
            Known::CacheControl,
            Known::ContentLocation,
            Known::Date,
            Known::ETag,
            Known::Expires,
            Known::Vary,
        ]);
        const MADE_HERE: KnownSet = KnownSet::of(&[Known::Date]);
        let range = || Field::new("Content-Range", self.range.as_octets());
        let length = || Field::new("Content-Length", self.length.as_octets());
        match self.answer {
            Answer::Whole => fields,
            Answer::NotModified => fields.keep_only(OF_A_304),
            // The digest is that of another message (RFC 9530 §2).
            Answer::Part(_) => fields
                .drop_all(KnownSet::of(&[Known::ContentDigest]))
                .add(Known::ContentRange, range())
                .add(Known::ContentLength, length()),
            // Whoever stores it must not take it for the whole, nor for as fresh.
            Answer::Unsatisfiable { .. } => fields
                .keep_only(MADE_HERE)
                .add(Known::ContentRange, range())
                .add(Known::ContentLength, length()),
            #[cfg(feature = "server")]
            Answer::PreconditionFailed => fields.keep_only(MADE_HERE).add(Known::ContentLength, length()),
        };
    }
}

fn range_text(part: Part) -> Text<72> {
    let text = Text::EMPTY.text("bytes ").number(part.first).text("-").number(part.last).text("/");
    match part.complete {
        Some(complete) => text.number(complete),
        None => text.text("*"),
    }
}
