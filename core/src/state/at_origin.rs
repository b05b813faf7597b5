//! Where the cache is the origin's own: what goes to the handler, and what its response is to the client.

use super::Context;
use crate::fields::{RequestFacts, ResponseFacts};
use crate::head::{Edited, Known, KnownSet, Method, ResponseHead};
use crate::pair::StoredBody;
use crate::rules::preconditions::{self, Answer, Selected};
use crate::rules::validation::Validators;
use crate::time::Exchange;

impl Context<'_> {
    /// Whether larder evaluates the preconditions and the range of this request, so that the handler need
    /// know nothing of them.
    fn answers_conditions(&self) -> bool {
        self.asked().at_origin() && matches!(self.request.method, Method::Get | Method::Head)
    }

    /// The client's lines, as the handler gets them.
    pub(super) fn for_handler(&self, fields: &mut Edited<'_>) {
        match (self.answers_conditions(), self.options.store_partial) {
            (false, _) => fields,
            (true, true) => fields.drop_all(PRECONDITIONS),
            (true, false) => fields.drop_all(PRECONDITIONS).drop_all(RANGE),
        };
    }

    /// What the handler's response is to the client.
    pub(super) fn answer_at_origin(
        &self,
        response: &ResponseHead<'_>,
        facts: &ResponseFacts<'_>,
        at: Exchange,
    ) -> Answer {
        if !self.answers_conditions() {
            return Answer::Whole;
        }
        let length = facts.content_length.filter(|_| !facts.has_transfer_encoding);
        // A part of a body whose end is not known yet cannot be promised.
        let asked = RequestFacts { has_range: self.asked().has_range && length.is_some(), ..*self.asked() };
        let selected = Selected {
            status: response.status,
            validators: Validators::of(facts),
            date: facts.date.date().or(at.received.utc),
            body: StoredBody::part(length, 0),
            now: at.received.utc,
        };
        preconditions::answer(&self.request, &asked, &selected)
    }
}

const PRECONDITIONS: KnownSet =
    KnownSet::of(&[Known::IfMatch, Known::IfModifiedSince, Known::IfNoneMatch, Known::IfUnmodifiedSince]);
const RANGE: KnownSet = KnownSet::of(&[Known::IfRange, Known::Range]);
