//! Dates: whatever is one is emitted and parsed to the same second.
#![no_main]

use larder::time::{DeltaSeconds, HttpDate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|octets: &[u8]| {
    let (now, text) = match octets.split_first_chunk() {
        Some((unix, text)) => (Some(HttpDate::from_unix(i64::from_le_bytes(*unix))), text),
        None => (None, octets),
    };
    for (text, now) in [(text, now), (octets, None)] {
        if let Some(date) = HttpDate::parse(text, now) {
            assert_eq!(HttpDate::parse(&date.to_octets(), now), Some(date));
            assert_eq!(HttpDate::parse(&date.to_octets().to_ascii_lowercase(), None), Some(date));
            assert_eq!(date.since(date), DeltaSeconds::ZERO);
            assert_eq!(date.to_string().len(), HttpDate::LEN);
        }
    }
    if let Some(now) = now {
        assert_eq!(HttpDate::parse(&now.to_octets(), None), Some(now));
    }
});
