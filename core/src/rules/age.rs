//! Age of a response (RFC 9111 §4.2.3).
//!
//! Before changing this file, read §4.2.3 and RFC 9110 §5.6.7 (what counts as a clock).

use crate::fields::ResponseFacts;
use crate::time::{DeltaSeconds, Exchange, Now, ReceivedAt};

/// When the response was received and how old it was then: `corrected_initial_age`.
///
/// The larger of `apparent_age` (known only with UTC and a `Date`) and the received `Age` plus
/// the time the exchange took.
pub(crate) fn received_at(facts: &ResponseFacts<'_>, at: Exchange) -> ReceivedAt {
    let response_time = at.received.utc;
    let apparent_age = match (response_time, facts.date.date()) {
        (Some(response_time), Some(date)) => response_time.since(date),
        _ => DeltaSeconds::ZERO,
    };
    let corrected_age_value = facts.age.saturating_add(at.delay());
    ReceivedAt {
        uptime: Some(at.received.uptime),
        utc: response_time,
        initial_age: apparent_age.max(corrected_age_value),
    }
}

/// Time since the response was generated or validated at the origin: `current_age`.
///
/// Whole seconds, saturating at 2^31. `None`: the age cannot be known, since the response was
/// stored in an earlier boot and there is no UTC now, or was none then. Callers validate in
/// that case (§4).
pub(crate) fn current_age(received: &ReceivedAt, now: Now) -> Option<DeltaSeconds> {
    Some(received.initial_age.saturating_add(received.resident_time(now)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Fields;
    use crate::time::{HttpDate, Uptime};

    const DATE: &str = "Thu, 01 Jan 1970 01:00:00 GMT";

    fn initial_age(age: &str, delay: u64, utc: Option<i64>) -> u32 {
        let facts_of = [("Date", DATE), ("Age", age)];
        let facts = ResponseFacts::of(Fields::new(&facts_of), None);
        let now = |secs| Now { uptime: Uptime::from_secs(secs), utc: utc.map(HttpDate::from_unix) };
        let exchange = Exchange { requested: now(100), received: now(100 + delay) };
        received_at(&facts, exchange).initial_age.as_secs()
    }

    #[test]
    fn s4_2_3_the_larger_of_apparent_and_corrected_age() {
        assert_eq!(initial_age("30", 5, Some(3_600)), 35);
        assert_eq!(initial_age("30", 5, Some(3_700)), 100);
        assert_eq!(initial_age("0", 0, Some(3_500)), 0, "a clock behind the origin's");
        assert_eq!(initial_age("30", 5, None), 35, "without UTC");
    }

    #[test]
    fn s4_2_3_age_saturates() {
        assert_eq!(initial_age("99999999999", 5, None), 1 << 31);
    }

    #[test]
    fn s4_2_3_current_age_adds_the_resident_time() {
        let received =
            ReceivedAt { uptime: Some(Uptime::from_secs(10)), utc: None, initial_age: DeltaSeconds::new(7) };
        let now = Now { uptime: Uptime::from_secs(15), utc: None };
        assert_eq!(current_age(&received, now), Some(DeltaSeconds::new(12)));
        assert_eq!(current_age(&ReceivedAt { uptime: None, ..received }, now), None);
    }
}
