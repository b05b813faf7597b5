//! What every cache answers to a [`Case`](crate::case::Case), question by question.

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The lines of a head that all caches keep: by name in lower case, the lines of one name in order.
pub type Head = BTreeMap<String, Vec<String>>;

/// The questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// May it be stored?
    Stored,
    /// With which lines?
    StoredHead,
    /// For how many seconds is it fresh when it arrives?
    FreshFor,
    /// How old is it when the second request comes?
    Age,
    /// What becomes of the second request?
    Next,
    /// Which lines answer it, if a stored response does?
    Served,
    /// Which `If-None-Match` is sent?
    NoneMatch,
    /// Which `If-Modified-Since` is sent?
    ModifiedSince,
    /// What becomes of the origin's response to it?
    After,
    /// Which lines answer it, if it freshens what is stored?
    Merged,
    /// Is what was stored for the URI gone after the origin has answered?
    Invalidated,
}

impl Question {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Stored,
        Self::StoredHead,
        Self::FreshFor,
        Self::Age,
        Self::Next,
        Self::Served,
        Self::NoneMatch,
        Self::ModifiedSince,
        Self::After,
        Self::Merged,
        Self::Invalidated,
    ];
}

/// What becomes of the second request.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum Next {
    /// A stored response answers, fresh or stale.
    Hit,
    /// A stored response answers with 304, 206 or 416, as the request's own conditions want it.
    HitInPart,
    /// The origin is asked whether a stored response may answer.
    Validate,
    /// The request goes to the origin.
    Forward,
    /// Nobody is asked: 504.
    Timeout,
}

/// What becomes of the origin's response to a validation.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum After {
    /// What is stored is freshened, and answers.
    Freshened,
    /// It is a 304, and nothing is freshened.
    NoMatch,
    /// It takes the place of what is stored.
    Stored,
    /// It is handed over and not stored.
    Passed,
    /// What is stored answers, though stale.
    Stale,
}

/// The answers. `None`: the question does not arise, or this cache does not tell.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct Answers {
    /// [`Question::Stored`], for each of the first exchanges.
    pub stored: Vec<bool>,
    /// [`Question::StoredHead`], of the first exchange.
    pub stored_head: Option<Head>,
    /// [`Question::FreshFor`], of the first exchange.
    pub fresh_for: Option<u64>,
    /// [`Question::Age`], of the first exchange.
    pub age: Option<u64>,
    /// [`Question::Next`].
    pub next: Option<Next>,
    /// [`Question::Served`].
    pub served: Option<Head>,
    /// [`Question::NoneMatch`]; empty for none.
    pub none_match: Option<String>,
    /// [`Question::ModifiedSince`]; empty for none.
    pub modified_since: Option<String>,
    /// [`Question::After`].
    pub after: Option<After>,
    /// [`Question::Merged`].
    pub merged: Option<Head>,
    /// [`Question::Invalidated`].
    pub invalidated: Option<bool>,
    /// Fields, in lower case, of which this cache does not tell what is stored.
    pub untold: Vec<String>,
}

/// What two caches answer differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The question.
    pub question: Question,
    /// The field, in lower case, where the question is about a head; the number of the exchange where it is
    /// about storing; else empty.
    pub field: String,
    /// What larder says.
    pub ours: String,
    /// What the other one says.
    pub theirs: String,
}

impl Answers {
    /// The questions that both answer, each with what differs.
    pub fn compare(&self, other: &Self) -> Vec<(Question, Vec<Difference>)> {
        let mut asked = Vec::new();
        for (number, (ours, theirs)) in self.stored.iter().zip(&other.stored).enumerate() {
            let mut stored = both(Question::Stored, &Some(ours), &Some(theirs));
            for difference in stored.iter_mut().flat_map(|(_, differences)| differences) {
                difference.field = number.to_string();
            }
            asked.extend(stored);
        }
        if self.stored != other.stored {
            // What follows is about other things then.
            return asked;
        }
        let heads = |question, ours, theirs| heads(question, ours, theirs, &other.untold);
        asked.extend(heads(Question::StoredHead, &self.stored_head, &other.stored_head));
        asked.extend(both(Question::FreshFor, &self.fresh_for, &other.fresh_for));
        asked.extend(both(Question::Age, &self.age, &other.age));
        asked.extend(both(Question::Next, &self.next, &other.next));
        asked.extend(heads(Question::Served, &self.served, &other.served));
        asked.extend(both(Question::NoneMatch, &self.none_match, &other.none_match));
        asked.extend(both(Question::ModifiedSince, &self.modified_since, &other.modified_since));
        asked.extend(both(Question::After, &self.after, &other.after));
        asked.extend(heads(Question::Merged, &self.merged, &other.merged));
        asked.extend(both(Question::Invalidated, &self.invalidated, &other.invalidated));
        asked
    }
}

type Asked = (Question, Vec<Difference>);

fn both<T: PartialEq + fmt::Debug>(
    question: Question,
    ours: &Option<T>,
    theirs: &Option<T>,
) -> Option<Asked> {
    let (ours, theirs) = (ours.as_ref()?, theirs.as_ref()?);
    let differs = || Difference {
        question,
        field: String::new(),
        ours: format!("{ours:?}"),
        theirs: format!("{theirs:?}"),
    };
    Some((question, if ours == theirs { Vec::new() } else { vec![differs()] }))
}

fn heads(question: Question, ours: &Option<Head>, theirs: &Option<Head>, untold: &[String]) -> Option<Asked> {
    let (ours, theirs) = (ours.as_ref()?, theirs.as_ref()?);
    let names: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    let text = |head: &Head, name: &str| head.get(name).map_or(String::new(), |values| values.join(" | "));
    let told = names.into_iter().filter(|name| !untold.contains(name));
    let differing = told.filter(|name| ours.get(*name) != theirs.get(*name));
    let differs = differing.map(|name| Difference {
        question,
        field: name.clone(),
        ours: text(ours, name),
        theirs: text(theirs, name),
    });
    Some((question, differs.collect()))
}

/// A head for comparison.
pub fn head<'a>(lines: impl IntoIterator<Item = (&'a str, &'a str)>) -> Head {
    let mut head = Head::new();
    for (name, value) in lines {
        head.entry(name.to_ascii_lowercase()).or_default().push(value.to_owned());
    }
    head
}
