//! Lists whose members have weights: `Accept` and its kin (RFC 9110 §12.4.2, §12.5).

use super::list::quoted_len;
use super::trim;

/// The weight of what a client prefers most (`q=1`), in thousandths.
pub(crate) const MOST: u16 = 1000;

/// A member of such a list: `text/html;level=1;q=0.5`.
#[derive(Clone, Debug)]
pub(crate) struct Weighted<'a> {
    /// What is weighed, without parameters.
    pub(crate) range: &'a [u8],
    /// Thousandths; `None` if it is malformed.
    pub(crate) weight: Option<u16>,
    parameters: Parts<'a>,
}

impl<'a> Weighted<'a> {
    pub(crate) fn of(member: &'a [u8]) -> Self {
        let mut parameters = Parts(Some(member));
        let range = parameters.next().unwrap_or_default();
        let weight = parameters.clone().filter_map(weight_in).last();
        Self { range, weight: weight.unwrap_or(Some(MOST)), parameters }
    }

    /// The parameters but the weight, which may stand anywhere among them.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &'a [u8]> + Clone + use<'a> {
        self.parameters.clone().filter(|part| weight_in(part).is_none())
    }

    /// Whether it means the same: ranges and names have no case, a weight may be written in several ways, blanks
    /// around parameters do not count. The values of parameters may have case.
    pub(crate) fn is_same(&self, other: &Weighted<'_>) -> bool {
        self.weight.is_some()
            && self.weight == other.weight
            && self.range.eq_ignore_ascii_case(other.range)
            && self.parameters().count() == other.parameters().count()
            && self.parameters().zip(other.parameters()).all(|(a, b)| {
                let ((name, value), (other_name, other_value)) = (named(a), named(b));
                name.eq_ignore_ascii_case(other_name) && value == other_value
            })
    }
}

/// What stands between semicolons, trimmed; one in a quoted string is none.
#[derive(Clone, Debug)]
struct Parts<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.0?;
        let mut end = 0;
        while let Some(octet) = rest.get(end).filter(|octet| **octet != b';') {
            let quoted = if *octet == b'"' { rest.get(end..).and_then(quoted_len) } else { None };
            end += quoted.unwrap_or(1);
        }
        self.0 = rest.get(end + 1..);
        rest.get(..end).map(trim)
    }
}

/// A parameter's name and value; without `=`, all of it is the name.
fn named(part: &[u8]) -> (&[u8], Option<&[u8]>) {
    match part.iter().position(|octet| *octet == b'=') {
        Some(at) => (part.get(..at).unwrap_or_default(), part.get(at + 1..)),
        None => (part, None),
    }
}

/// The weight, or `Some(None)` if it is malformed; `None` if the parameter is another.
fn weight_in(part: &[u8]) -> Option<Option<u16>> {
    let (name, value) = named(part);
    name.eq_ignore_ascii_case(b"q").then(|| value.and_then(qvalue))
}

/// `0.5`, with at most three digits behind the point.
fn qvalue(value: &[u8]) -> Option<u16> {
    let (whole, rest) = value.split_first()?;
    let digits = match rest {
        [] => rest,
        [b'.', digits @ ..] if digits.len() <= 3 => digits,
        _ => return None,
    };
    let mut thousandths = match whole {
        b'0' => 0,
        b'1' => MOST,
        _ => return None,
    };
    for (digit, unit) in digits.iter().zip([100, 10, 1]) {
        let digit = digit.wrapping_sub(b'0');
        thousandths += if digit > 9 { return None } else { u16::from(digit) * unit };
    }
    (thousandths <= MOST).then_some(thousandths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s12_4_2_of_9110_weights_are_thousandths() {
        for (value, weight) in [
            ("0", Some(0)),
            ("0.", Some(0)),
            ("0.5", Some(500)),
            ("0.50", Some(500)),
            ("0.001", Some(1)),
            ("1", Some(1000)),
            ("1.000", Some(1000)),
            ("1.001", None),
            ("0.5000", None),
            ("2", None),
            (".5", None),
            ("0,5", None),
            ("-0", None),
            ("", None),
            ("0.x", None),
        ] {
            let member = format!("de;q={value}");
            assert_eq!(Weighted::of(member.as_bytes()).weight, weight, "{value}");
        }
        assert_eq!(Weighted::of(b"de").weight, Some(MOST));
        assert_eq!(Weighted::of(b"de; q").weight, None);
        assert_eq!(Weighted::of(b"text/html;x=\";q=0.1\"").weight, Some(MOST), "quoted");
    }

    #[test]
    fn s12_5_of_9110_members_that_mean_the_same() {
        let is_same = |a: &str, b: &str| Weighted::of(a.as_bytes()).is_same(&Weighted::of(b.as_bytes()));
        for (a, b) in [
            ("de", "DE;q=1.0"),
            ("de;q=0.5", "de ; Q=0.50"),
            ("text/html;Level=1;q=0.5", "TEXT/html; q=0.5; level=1"),
            ("*;q=0", "*; q=0.000"),
        ] {
            assert!(is_same(a, b) && is_same(b, a), "{a} {b}");
        }
        for (a, b) in [
            ("de", "de;q=0.9"),
            ("de", "de-CH"),
            ("text/html;level=1", "text/html;level=2"),
            ("text/html;profile=\"A\"", "text/html;profile=\"a\""),
            ("text/html;level=1", "text/html"),
            ("de;q=x", "de;q=x"),
        ] {
            assert!(!is_same(a, b) && !is_same(b, a), "{a} {b}");
        }
    }
}
