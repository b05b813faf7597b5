//! What a response is to the request that it answers, for both states that send one: what is to be done before it
//! is gone on with, and what follows then.

use super::candidate::{Candidate, Chosen};
use super::judged::Judged;
use super::{
    Answered, Arrived, CacheMiss, Came, Combining, Context, Freshening, NeedToBeUpdated, Serve, apart,
};
use crate::fields::{Part, ResponseFacts};
use crate::head::ResponseHead;
use crate::pair::PairId;
use crate::reason::Reason;

/// What a response is to the request that it answers, without the response itself: the buffer of one that is not
/// gone on with can be used again.
pub(crate) struct Heard<'a> {
    came: Came,
    judgement: Judgement<'a>,
}

/// What a response is.
pub(crate) enum Judgement<'a> {
    /// It is handed over.
    HandOver(Judged),
    /// 304: the candidate at that place answers; these are freshened, or forgotten.
    Validates(usize, Chosen, bool),
    /// 206: it continues the stored part at that place, by this part.
    Continues(usize, Part),
    /// The origin failed, and this one is served instead.
    Instead(&'a Candidate),
    /// It is of no use: the request is sent again, for this reason. That pair is outdated.
    Again(Reason, Option<PairId>),
}

/// Hears what a response from this URI says.
pub(crate) type Hear<'h> = &'h dyn Fn(&str, &ResponseFacts<'_>);

/// What is to be done with a response before a walk goes on.
pub(crate) enum Look<'a, 'r> {
    /// The request is sent again, as this one.
    Again(CacheMiss<'a>),
    /// It is to continue a stored part.
    Continues(Combining<'a, 'r>),
    /// It freshens stored responses, and this one answers if one does.
    Freshens(Freshening<'r>, Option<PairId>),
    /// Nothing.
    Ends,
}

impl<'a> Heard<'a> {
    pub(crate) const fn new(arrived: &Arrived<'_>, judgement: Judgement<'a>) -> Self {
        Self { came: arrived.came, judgement }
    }
}

/// In frames of their own: what is made is large.
impl<'a> Context<'a> {
    /// What is to be done before it goes on with the response that was heard.
    #[inline(never)]
    pub(crate) fn look<'r>(&self, response: ResponseHead<'r>, heard: &Heard<'a>) -> Look<'a, 'r>
    where
        'a: 'r,
    {
        let arrived = Arrived { response, came: heard.came };
        let freshening = |ids, forget| Freshening::new(*self, arrived, ids, forget);
        match heard.judgement {
            Judgement::HandOver(Judged { freshened: Some((ids, forget)), .. }) => {
                Look::Freshens(freshening(ids, forget), None)
            }
            Judgement::Validates(at, ids, forget) => {
                let answer = self.candidates.get(at).map(|candidate| candidate.id);
                Look::Freshens(freshening(ids, forget), answer)
            }
            Judgement::Continues(at, part) => Look::Continues(Combining::new(*self, arrived, at, part)),
            Judgement::Again(reason, outdated) => Look::Again(CacheMiss::again(*self, reason, outdated)),
            Judgement::HandOver(_) | Judgement::Instead(_) => Look::Ends,
        }
    }

    /// What follows the response that was heard.
    #[inline(never)]
    pub(crate) fn answered<'r, N: Answered<'a, 'r>>(&self, response: ResponseHead<'r>, heard: &Heard<'a>) -> N
    where
        'a: 'r,
    {
        let context: &Context<'r> = self;
        let arrived = &Arrived { response, came: heard.came };
        match &heard.judgement {
            Judgement::HandOver(judged) => context.follow(arrived, judged),
            Judgement::Validates(at, ids, forget) => {
                apart(|| N::with(NeedToBeUpdated::new(*context, *arrived, *ids, *forget, Serve(*at))))
            }
            Judgement::Continues(at, part) => apart(|| N::with(Combining::new(*self, *arrived, *at, *part))),
            Judgement::Instead(stored) => self.serve_on_error(stored),
            Judgement::Again(reason, outdated) => {
                apart(|| N::with(CacheMiss::again(*self, *reason, *outdated)))
            }
        }
    }
}
