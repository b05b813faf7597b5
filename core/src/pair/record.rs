//! Records: the octets a store keeps of a pair's heads.
//!
//! One encoding for every store: a postcard-encoded description of fixed shape, then the URI, the
//! nominated lines and the response's lines. Only octets are kept, no parsed field, so that a
//! better parser heals what is stored. The schema has a number; octets behind the parts a reader
//! knows are ignored. A flag says that the nominated secrets are hashed: one line each, 32
//! hexadecimal digits, which nothing else tells from a secret that looks like them.

use super::{NewPair, PairId, StoredBody, StoredPair};
use crate::head::{Fields, Method, ResponseHead, packed};
use crate::time::{DeltaSeconds, HttpDate, ReceivedAt, Uptime};
use serde::{Deserialize, Serialize};

/// The schema this version writes and reads.
pub const SCHEMA: u8 = 1;

/// Octets of the longest description.
const DESCRIPTION_MAX: usize = 48;

/// What stands before the URI.
#[derive(Serialize, Deserialize)]
struct Description {
    schema: u8,
    flags: u8,
    status: u16,
    /// Milliseconds since boot.
    uptime: u64,
    /// Seconds since 1970.
    utc: Option<i64>,
    initial_age: u32,
    uri: u16,
    nominated: u16,
    fields: u16,
}

const METHOD: u8 = 0b11;
const AUTHORIZED: u8 = 0b100;
/// Readers that do not know it take the date for the origin's, as those did that wrote records without it.
const DATE_MADE: u8 = 0b1_0000;
const SECRETS_HASHED: u8 = 0b1000_0000;
/// Set in the octets a store hands out, never in those it keeps: the uptime is another boot's.
const EARLIER_BOOT: u8 = 0b1000;
const FLAGS_AT: usize = 1;

/// Octets of the record of `pair`; `None` if one of its parts exceeds 65,535 octets.
pub fn encoded_len(pair: &NewPair<'_>) -> Option<usize> {
    let mut buf = [0; DESCRIPTION_MAX];
    let (description, parts) = describe(pair, &mut buf)?;
    Some(description.len() + parts)
}

/// Hands the record of `pair` to `sink`, piece by piece. `None` if one of its parts exceeds 65,535
/// octets; nothing was handed out then.
///
/// # Errors
/// Those of `sink`, at once.
pub fn encode<E>(pair: &NewPair<'_>, mut sink: impl FnMut(&[u8]) -> Result<(), E>) -> Option<Result<(), E>> {
    let mut buf = [0; DESCRIPTION_MAX];
    let (description, _) = describe(pair, &mut buf)?;
    let mut all = || {
        sink(description)?;
        sink(pair.uri.as_bytes())?;
        for line in pair.nominated_lines() {
            packed::pack(&line, &mut sink)?;
        }
        for line in pair.fields.iter() {
            packed::pack(&line, &mut sink)?;
        }
        Ok(())
    };
    Some(all())
}

/// The description and the length of all that follows it.
fn describe<'b>(pair: &NewPair<'_>, buf: &'b mut [u8; DESCRIPTION_MAX]) -> Option<(&'b [u8], usize)> {
    let nominated = packed::len_of(pair.nominated_lines())?;
    let fields = packed::len_of(pair.fields.iter())?;
    let method = match pair.method {
        Method::Head => 1,
        Method::Post => 2,
        #[cfg(feature = "query")]
        Method::Query => 3,
        _ => 0,
    };
    let description = Description {
        schema: SCHEMA,
        flags: method
            | if pair.authorized { AUTHORIZED } else { 0 }
            | if pair.date_made { DATE_MADE } else { 0 }
            | if pair.nominated.is_hashed() { SECRETS_HASHED } else { 0 },
        status: pair.status,
        uptime: pair.received.uptime.unwrap_or_default().as_millis(),
        utc: pair.received.utc.map(HttpDate::unix),
        initial_age: pair.received.initial_age.as_secs(),
        uri: u16::try_from(pair.uri.len()).ok()?,
        nominated: u16::try_from(nominated).ok()?,
        fields: u16::try_from(fields).ok()?,
    };
    let octets = postcard::to_slice(&description, buf).ok()?;
    Some((octets, pair.uri.len() + nominated + fields))
}

/// The pair whose record `octets` begins with.
///
/// `None` if they are no record of a schema this version reads.
pub fn decode(octets: &[u8], id: PairId, body: StoredBody) -> Option<StoredPair<'_>> {
    let (description, rest) = split_description(octets)?;
    let (uri, rest) = rest.split_at_checked(usize::from(description.uri))?;
    let (nominated, rest) = rest.split_at_checked(usize::from(description.nominated))?;
    let fields = rest.get(..usize::from(description.fields))?;
    Some(StoredPair {
        id,
        method: match description.flags & METHOD {
            0 => Method::Get,
            1 => Method::Head,
            2 => Method::Post,
            #[cfg(feature = "query")]
            _ => Method::Query,
            // One that this build can tell from no other.
            #[cfg(not(feature = "query"))]
            _ => return None,
        },
        uri: core::str::from_utf8(uri).ok()?,
        nominated: Fields::from_packed(nominated),
        secrets_hashed: description.flags & SECRETS_HASHED != 0,
        authorized: description.flags & AUTHORIZED != 0,
        response: ResponseHead { status: description.status, fields: Fields::from_packed(fields) },
        date_made: description.flags & DATE_MADE != 0,
        received: description.received(),
        body,
        #[cfg(feature = "groups")]
        invalidated: false,
    })
}

/// The URI in a record of which only the beginning may be there; `None` if it is not all there.
pub fn decode_uri(octets: &[u8]) -> Option<&str> {
    let (description, rest) = split_description(octets)?;
    core::str::from_utf8(rest.get(..usize::from(description.uri))?).ok()
}

/// When the response of a record was received; only its beginning need be there.
pub fn decode_received(octets: &[u8]) -> Option<ReceivedAt> {
    split_description(octets).map(|(description, _)| description.received())
}

fn split_description(octets: &[u8]) -> Option<(Description, &[u8])> {
    if octets.first() != Some(&SCHEMA) {
        return None;
    }
    postcard::take_from_bytes(octets).ok()
}

impl Description {
    fn received(&self) -> ReceivedAt {
        let this_boot = self.flags & EARLIER_BOOT == 0;
        ReceivedAt {
            uptime: this_boot.then_some(Uptime::from_millis(self.uptime)),
            utc: self.utc.map(HttpDate::from_unix),
            initial_age: DeltaSeconds::new(u64::from(self.initial_age)),
        }
    }
}

/// Marks a record, in the octets handed out, as one of an earlier boot: its uptime means nothing.
pub fn mark_earlier_boot(octets: &mut [u8]) {
    if let Some(flags) = octets.get_mut(FLAGS_AT) {
        *flags |= EARLIER_BOOT;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::{Edited, Field};
    use crate::pair::Nominated;

    fn octets(pair: &NewPair<'_>) -> Vec<u8> {
        let mut octets = Vec::new();
        let done: Result<(), ()> = encode(pair, |part| {
            octets.extend_from_slice(part);
            Ok(())
        })
        .unwrap();
        done.unwrap();
        assert_eq!(Some(octets.len()), encoded_len(pair));
        octets
    }

    fn pair<'a>(request: &'a [(&str, &str)], response: &'a [(&str, &str)]) -> NewPair<'a> {
        let fields = Edited::new(Fields::new(response));
        NewPair {
            method: Method::Get,
            uri: "http://h/a",
            nominated: Nominated::new(Fields::new(request), &fields),
            authorized: true,
            status: 200,
            fields,
            date_made: false,
            received: ReceivedAt {
                uptime: Some(Uptime::from_millis(12_345)),
                utc: Some(HttpDate::from_unix(-1)),
                initial_age: DeltaSeconds::MAX,
            },
            length: None,
            offset: 0,
            resumable: false,
            generation: None,
        }
    }

    const REQUEST: [(&str, &str); 2] = [("Accept", "x"), ("Cookie", "secret")];
    const RESPONSE: [(&str, &str); 3] = [("Vary", "accept"), ("X", ""), ("x", "2")];

    #[test]
    fn a_record_is_the_pair_again_and_keeps_only_nominated_lines() {
        let new = pair(&REQUEST, &RESPONSE);
        let mut octets = octets(&new);
        octets.extend_from_slice(b"later");
        let body = StoredBody::whole(3);
        let stored = decode(&octets, PairId::new(9), body).unwrap();
        assert_eq!((stored.id, stored.method, stored.uri), (PairId::new(9), Method::Get, "http://h/a"));
        assert_eq!((stored.received, stored.authorized, stored.body), (new.received, true, body));
        assert!(stored.nominated.iter().eq([Field::new("Accept", b"x")]));
        assert!(stored.response.fields.iter().eq(new.fields.iter()));
    }

    #[test]
    fn an_earlier_boot_takes_the_uptime_away() {
        let mut octets = octets(&pair(&[], &[]));
        mark_earlier_boot(&mut octets);
        let stored = decode(&octets, PairId::new(0), StoredBody::default()).unwrap();
        assert_eq!(stored.received.uptime, None);
    }

    #[test]
    fn octets_that_end_early_or_are_of_another_schema_are_no_record() {
        let octets = octets(&pair(&REQUEST, &RESPONSE));
        for end in 0..octets.len() {
            assert!(decode(&octets[..end], PairId::new(0), StoredBody::default()).is_none());
        }
        let mut other = octets;
        other[0] = SCHEMA + 1;
        assert!(decode(&other, PairId::new(0), StoredBody::default()).is_none());
    }
}
