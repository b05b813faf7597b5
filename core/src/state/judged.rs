//! What is to be done about a response that is handed over: whether it is stored, and what becomes of what was
//! stored before (RFC 9111 §3, §4.3.5).

use super::candidate::{Candidate, Chosen};
use super::invalidate_entries::{ByUri, Invalid};
use super::store_and_use::{Body, Verdict};
use super::{Answered, Arrived, Context, HandOver, InvalidateEntries, NeedToBeUpdated};
use crate::fields::{Part, ResponseFacts};
use crate::head::{Method, ResponseHead};
use crate::reason::Reason;
use crate::rules::{head_update, partial, storing};

/// What is to be done about a response that is handed over.
pub(crate) struct Judged {
    pub(crate) verdict: Verdict,
    /// What it invalidates; `None`: nothing.
    pub(crate) invalid: Option<Invalid>,
    /// Those that it freshens, or that are to be forgotten for it. `None` if it is about none.
    pub(crate) freshened: Option<(Chosen, bool)>,
}

impl Judged {
    /// It is not stored, and nothing else is to be done.
    pub(crate) const fn pass(reason: Reason) -> Self {
        Self { verdict: Verdict::Pass(reason), invalid: None, freshened: None }
    }
}

impl<'a> Context<'a> {
    /// Whether a response that freshens a stored one forbids to keep it any longer (§3.2).
    pub(crate) fn may_not_keep(&self, response: &ResponseHead<'_>, facts: &ResponseFacts<'_>) -> bool {
        let said = &facts.directives;
        (said.no_store() && !said.must_understand())
            || (self.options.shared && (said.private() || storing::hides_its_terms(response.fields, facts)))
            || storing::selection_is_storable(facts, self.options).is_err()
    }

    /// Those of the chosen whose heads may be written anew: none if the request has `no-store`,
    /// which leaves alone what was stored before (§5.2.1.5).
    pub(crate) fn may_write(&self, chosen: Chosen) -> Chosen {
        if self.asked().directives.no_store() { Chosen::NONE } else { chosen }
    }

    /// Whether a response is stored, and in place of what.
    #[inline(never)]
    pub(crate) fn judge(&self, arrived: &Arrived<'_>, facts: &ResponseFacts<'_>) -> Verdict {
        if self.is_beside(&arrived.response) {
            return Verdict::Pass(Reason::OfTheRequest);
        }
        if let Err(reason) = self.may_store(arrived, facts) {
            return Verdict::Pass(reason);
        }
        let part = match self.part(arrived, facts) {
            Ok(part) => part,
            Err(reason) => return Verdict::Pass(reason),
        };
        // An error is kept beside what it stands in for (§4.3.3), in place of earlier errors.
        let is_error = arrived.response.status >= 500;
        let of_head = self.request.method == Method::Head;
        // A part stands for one that could have answered, had it been validated (§4.3.1: a tag was asked about, a
        // date was not). It may be more of the same representation otherwise.
        let is_part = part.is_some_and(|part| Some(part.len()) != part.complete);
        let stood_for = |candidate: &Candidate| match is_part {
            true => candidate.is_superseded(),
            false => (!is_error || candidate.is_error()) && (!of_head || candidate.only_head),
        };
        let has_content = !of_head && arrived.response.status != 204;
        let said = facts.content_length.filter(|_| !facts.has_transfer_encoding);
        let length = if has_content { said } else { Some(0) };
        let replaces = self.candidates.choose(stood_for);
        if let Some(part) = part {
            return Verdict::Store(
                Body { length: Some(part.len()), part: Some(part), resumable: true },
                replaces,
            );
        }
        let resumable = partial::is_resumable(&self.request, &arrived.response, facts, self.options);
        Verdict::Store(Body { length, part: None, resumable }, replaces)
    }

    /// The part that a 206 brings; `None` of any other response.
    fn part(&self, arrived: &Arrived<'_>, facts: &ResponseFacts<'_>) -> Result<Option<Part>, Reason> {
        if arrived.response.status != 206 {
            return Ok(None);
        }
        partial::received(&self.request, self.asked(), &arrived.response, facts).map(Some)
    }

    /// Whether a stored response to GET is the one that a 200 to HEAD describes; `None` if that says nothing
    /// of it.
    #[inline(never)]
    fn head_agrees(&self, candidate: &Candidate, facts: &ResponseFacts<'_>) -> Option<bool> {
        let known = candidate.content_length.or(candidate.body.complete);
        let names_validator = facts.etag.is_some() || facts.last_modified().is_some();
        let compares_nothing = known.is_none() && facts.content_length.is_some() && !names_validator;
        if candidate.only_head || compares_nothing {
            return None;
        }
        // What is not known of an incomplete one cannot differ.
        let length = known.or(facts.content_length);
        head_update::agrees(&self.candidates.validators(candidate), length, facts)
    }

    /// A 200 to HEAD: stored responses to GET are freshened or go (§4.3.5).
    #[inline(never)]
    pub(crate) fn after_head(&self, arrived: &Arrived<'_>, facts: &ResponseFacts<'_>) -> Judged {
        let freshened = self.candidates.choose(|candidate| self.head_agrees(candidate, facts) == Some(true));
        let stale = self.candidates.choose(|candidate| self.head_agrees(candidate, facts) == Some(false));
        // Those there was no room to compare cannot be trusted any more.
        let by_uri = if self.candidates.overflowed() { ByUri::Target } else { ByUri::None };
        let invalid = Some(Invalid { ids: stale, by_uri }).filter(|invalid| !invalid.is_empty());
        if freshened.is_empty() {
            return Judged { verdict: self.judge(arrived, facts), invalid, freshened: None };
        }
        let forget = self.may_not_keep(&arrived.response, facts);
        let ids = if forget { freshened } else { self.may_write(freshened) };
        Judged { verdict: Verdict::Pass(Reason::HeadFreshened), invalid, freshened: Some((ids, forget)) }
    }

    /// What follows a response that is handed over.
    #[inline(never)]
    pub(crate) fn follow<'c, N: Answered<'c, 'a>>(&self, arrived: &Arrived<'a>, judged: &Judged) -> N {
        let Judged { verdict, invalid, freshened } = *judged;
        if let Some((ids, forget)) = freshened {
            let then = HandOver(invalid.unwrap_or(Invalid::NOTHING), verdict);
            return N::with(NeedToBeUpdated::new(*self, *arrived, ids, forget, then));
        }
        match invalid {
            Some(invalid) => N::with(InvalidateEntries::new(*self, *arrived, invalid, verdict)),
            None => self.end(arrived, verdict),
        }
    }
}
