//! `FromCache`: a stored response answers (RFC 9111 §4).

use super::answered::Answered;
use super::candidate::{Candidate, Hole};
use super::{Arrived, CacheMiss, Context, Follows, GatewayTimeout, apart};
use crate::fields::ResponseFacts;
use crate::head::{Edited, Field, Fields, Known, KnownSet, Method, Text};
use crate::pair::PairId;
use crate::reason::Reason;
use crate::rules::preconditions::{self, Answer, Selected};
use crate::rules::stored_fields::{self, MadeDate};
use crate::rules::validation::Validators;
use crate::time::DeltaSeconds;

/// The end: a stored response is served.
#[derive(Clone, Copy, Debug)]
pub struct FromCache<'a> {
    context: Context<'a>,
    id: PairId,
    serving: Serving,
    answered: Answered,
    age: Option<DeltaSeconds>,
    age_text: Text<10>,
    hides_fields: bool,
    /// The response that has just validated it.
    validated_by: Option<(Fields<'a>, Option<MadeDate>)>,
    forget: bool,
}

/// How a stored response is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Serving {
    /// Fresh.
    Fresh,
    /// Just validated by the origin.
    Validated,
    /// A stored part, with what was missing just arriving from the origin.
    Completed,
    /// Stale, as the request, the response or the options allow.
    Stale,
    /// Stale, and it must be validated afterwards (RFC 5861 §3): see
    /// [`IdleClient::validating`](super::IdleClient::validating).
    StaleWhileRevalidate,
    /// Stale, since the origin failed (§4.2.4, RFC 5861 §4).
    StaleOnError,
}

super::context!(FromCache);

impl<'a> FromCache<'a> {
    pub(crate) fn new(context: Context<'a>, stored: &Candidate, serving: Serving) -> Self {
        let Candidate { id, answer, usability, hides_fields, .. } = *stored;
        Self::with(context, id, serving, answer, usability.age, hides_fields)
    }

    /// After a part was continued (§3.4): the whole, of this age.
    pub(crate) fn completed(context: Context<'a>, part: &Candidate, age: DeltaSeconds) -> Self {
        let answer = Answer::Whole;
        Self::with(context, part.id, Serving::Completed, answer, Some(age), part.hides_fields)
    }

    /// The request for more of what is missing, while the rest is served; `None` if this response is no
    /// stored part.
    pub(crate) fn ask_for(&self, hole: Hole) -> Option<CacheMiss<'a>> {
        let at = self.context.candidates.position(self.id)?;
        Some(CacheMiss::asking(self.context, Reason::Incomplete, Some((at, hole))))
    }

    /// After a validation: the stored response's validators and dates are those of the 304 where it
    /// has them. The pair is removed after this use if the 304 says `forget`.
    #[inline(never)]
    pub(crate) fn validated<N: Follows<Self>>(
        context: &Context<'a>,
        at: usize,
        arrived: &Arrived<'a>,
        forget: bool,
    ) -> N {
        let (id, answer, hides_fields) = selected(context, at, arrived);
        let age = Some(arrived.received.initial_age);
        apart(|| {
            let validated_by = Some((arrived.response.fields, arrived.date));
            let state = Self::with(*context, id, Serving::Validated, answer, age, hides_fields);
            N::with(Self { validated_by, forget, ..state })
        })
    }

    #[inline(never)]
    fn with(
        context: Context<'a>,
        id: PairId,
        serving: Serving,
        answer: Answer,
        age: Option<DeltaSeconds>,
        hides_fields: bool,
    ) -> Self {
        let age_text = age.map_or(Text::EMPTY, |age| Text::EMPTY.number(u64::from(age.as_secs())));
        Self {
            context,
            id,
            serving,
            answered: Answered::new(answer),
            age,
            age_text,
            hides_fields,
            validated_by: None,
            forget: false,
        }
    }

    /// The pair that answers.
    pub const fn id(&self) -> PairId {
        self.id
    }

    /// How it is served.
    pub const fn serving(&self) -> Serving {
        self.serving
    }

    /// Its `current_age` (§4.2.3); `None` if it cannot be known.
    pub const fn age(&self) -> Option<DeltaSeconds> {
        self.age
    }

    /// What it is to the client: whole, 304, a part, or an unsatisfiable range.
    pub const fn answer(&self) -> Answer {
        self.answered.answer
    }

    /// Whether the pair must be removed after this use (§3.2: a 304 said `no-store`).
    pub const fn forget(&self) -> bool {
        self.forget
    }

    /// Goes on if the store has lost the pair meanwhile: as if it had not been there.
    pub const fn lost(self) -> CacheMiss<'a> {
        CacheMiss::new(self.context, Reason::Lost)
    }

    /// Goes on if the store has lost the pair, and the origin cannot be asked any more.
    pub const fn nobody(self) -> GatewayTimeout<'a> {
        GatewayTimeout::new(self.context, Reason::Lost)
    }

    /// The status to serve, given the stored one.
    pub const fn status(&self, stored: u16) -> u16 {
        self.answered.status(stored)
    }

    /// Which octets of the stored body to serve: the position of the first, and how many, or `None`
    /// for all that follow. `None` if no content is served.
    pub fn content(&self) -> Option<(u64, Option<u64>)> {
        if self.context.request.method == Method::Head { None } else { self.answered.content() }
    }

    /// The stored lines, freshened if the response was just validated.
    pub(crate) fn freshened<'f>(&'f self, stored: Fields<'f>) -> Edited<'f> {
        match &self.validated_by {
            Some((new, date)) => stored_fields::freshened(stored, *new, date.as_ref(), self.context.options),
            None => Edited::new(stored),
        }
    }

    /// The lines to serve, given the stored ones: freshened if it was just validated, with one
    /// `Age`, without those that `no-cache="…"` keeps back.
    pub fn fields<'f>(&'f self, stored: Fields<'f>) -> Edited<'f> {
        let mut fields = self.freshened(stored);
        if self.hides_fields {
            fields.hide_no_cache();
        }
        self.answered.edit(&mut fields);
        match self.age {
            Some(_) if self.sends_age() => {
                fields.add(Known::Age, Field::new("Age", self.age_text.as_octets()))
            }
            _ => fields.drop_all(KnownSet::of(&[Known::Age])),
        };
        fields
    }

    /// Whether `Age` is sent where it is known. At the origin itself it is not of a response that its
    /// handler has just validated, nor of one made here: `Age` says that the origin did neither (§5.1).
    fn sends_age(&self) -> bool {
        !self.context.asked().at_origin()
            || (self.serving != Serving::Validated && !self.answered.is_made_here())
    }
}

/// The candidate at `at` that a 304 has validated: its name, what it is to the client, and whether some of
/// its fields are kept back.
#[inline(never)]
fn selected(context: &Context<'_>, at: usize, arrived: &Arrived<'_>) -> (PairId, Answer, bool) {
    let now = arrived.received.utc;
    let candidates = context.candidates;
    let Some(stored) = candidates.get(at) else {
        // Only a candidate is ever named.
        return (PairId::new(0), Answer::Whole, false);
    };
    let facts = ResponseFacts::of(arrived.response.fields, now);
    let old = candidates.validators(stored);
    let selected = Selected {
        status: stored.status,
        validators: Validators {
            etag: facts.etag.or(old.etag),
            last_modified: facts.last_modified().or(old.last_modified),
        },
        date: facts.date.date().or(now).or(stored.date),
        body: stored.body,
        now,
    };
    // Of an incomplete one only what was looked up is there.
    let answer = match stored.body.is_whole() {
        true => preconditions::answer(&context.request, context.asked(), &selected),
        false => stored.answer,
    };
    (stored.id, answer, stored.hides_fields || facts.directives.no_cache_fields())
}
