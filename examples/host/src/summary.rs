//! What a report says, in words.

use larder::Reason;
use larder::client::{Report, Step, Storing};

/// The states that were walked, with arrows: `IdleClient → CacheMiss → StoreAndUse`.
pub fn walk(report: &Report) -> String {
    let steps: Vec<String> = report.walked.iter().map(Step::to_string).collect();
    steps.join(" → ")
}

/// What became of the response in the store.
pub fn storing(storing: Storing) -> String {
    match storing {
        Storing::Nothing => "nothing to store".to_owned(),
        Storing::No(reason) => format!("not stored: {reason}"),
        Storing::Underway => "not stored: the body was not read to its end".to_owned(),
        Storing::Incomplete(_) => "a part is stored".to_owned(),
        Storing::Stored(_) => "stored".to_owned(),
    }
}

/// Why the origin was asked; empty if it was not.
pub fn forwarded(reason: Option<Reason>) -> String {
    reason.map(|reason| reason.to_string()).unwrap_or_default()
}
