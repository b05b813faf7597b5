//! Differences that are understood: what differs, under which condition, and who is right by which clause.
//!
//! What larder answers is also held against a plain reading of the RFCs in every case (`tests/oracle.rs`), so
//! an entry here need only tell what the other cache does otherwise.

mod causes;
pub mod hishel;
pub mod semantics;

use crate::answers::{Difference, Question};
use crate::case::{Case, Exchange, Lines, says};

/// Who follows the RFCs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// larder does, the other one does not.
    Larder,
    /// Both do: the RFCs leave it open, or one is more careful.
    Both,
    /// The other one does; larder departs, as the README says.
    Peer,
}

/// A difference, where it was seen.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The case.
    pub case: &'a Case,
    /// What differs.
    pub difference: &'a Difference,
    /// All that differs in this case.
    pub all: &'a [Difference],
}

impl<'a> Seen<'a> {
    fn first(&self) -> &'a Exchange {
        &self.case.first[0]
    }

    /// The lines of the stored response.
    fn stored(&self) -> &'a Lines {
        &self.first().response.lines
    }

    /// The lines of the second request.
    fn asked(&self) -> &'a Lines {
        &self.case.then.request.lines
    }

    /// The lines of what the origin says to it.
    fn brought(&self) -> &'a Lines {
        &self.case.then.response.lines
    }

    fn is(&self, ours: &str, theirs: &str) -> bool {
        self.difference.ours == ours && self.difference.theirs == theirs
    }

    fn field(&self, name: &str) -> bool {
        self.difference.field == name
    }

    /// Another question of the case is answered differently, and is explained by itself.
    fn follows(&self, from: Question) -> bool {
        self.all.iter().any(|difference| difference.question == from)
    }

    /// Another of several stored responses answers: their numbers differ.
    fn is_of_another(&self) -> bool {
        let question = self.difference.question;
        self.all.iter().any(|difference| difference.question == question && difference.field == "x-number")
    }

    /// The exchange that is stored or not.
    fn storing(&self) -> &'a Exchange {
        let number = self.difference.field.parse().unwrap_or(usize::MAX);
        self.case.first.get(number).unwrap_or(&self.case.then)
    }

    fn stores(&self) -> bool {
        self.is("true", "false") || self.is("Stored", "Passed")
    }

    fn passes(&self) -> bool {
        self.is("false", "true") || self.is("Passed", "Stored")
    }

    /// Whether the response that is stored or not has a directive.
    fn says(&self, directive: &str) -> bool {
        says(&self.storing().response.lines, directive)
    }
}

/// One difference that is understood.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    /// Its name.
    pub name: &'static str,
    /// The clause that decides.
    pub clause: &'static str,
    /// Who is right by it.
    pub right: Right,
    /// What the other cache does, in a sentence.
    pub says: &'static str,
    /// The questions it is about.
    pub about: &'static [Question],
    /// Whether it explains this difference: the case has what it is about, and the answers differ in the
    /// direction it tells.
    pub explains: fn(&Seen<'_>) -> bool,
}

impl Explanation {
    /// The first of these that explains a difference.
    pub fn of(all: Explanations, seen: &Seen<'_>) -> Option<&'static Self> {
        all.iter().copied().flatten().find(|explanation| {
            explanation.about.contains(&seen.difference.question) && (explanation.explains)(seen)
        })
    }
}

/// All there is to explain about one cache.
pub type Explanations = &'static [&'static [Explanation]];
