//! HTTP dates (RFC 9110 §5.6.7).
//!
//! Before changing this file, read §5.6.7: three forms are accepted, one is generated.

use super::DeltaSeconds;
use core::fmt;

const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
const DAYS: &[u8; 21] = b"ThuFriSatSunMonTueWed";
const LONG_DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
const DAY: i64 = 86_400;

/// A time in UTC, in whole seconds: what a `Date`, `Expires` or `Last-Modified` field says.
///
/// Years 0 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct HttpDate(i64);

impl HttpDate {
    /// How many octets [`to_octets`](Self::to_octets) makes.
    pub const LEN: usize = 29;

    /// Midnight at the beginning of year 0.
    const FIRST: i64 = -62_167_219_200;
    /// The last second of year 9999.
    const LAST: i64 = 253_402_300_799;

    /// The time `seconds` after 1970-01-01T00:00:00Z, clamped to the years 0 to 9999.
    pub const fn from_unix(seconds: i64) -> Self {
        if seconds < Self::FIRST {
            Self(Self::FIRST)
        } else if seconds > Self::LAST {
            Self(Self::LAST)
        } else {
            Self(seconds)
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z; negative before.
    pub const fn unix(self) -> i64 {
        self.0
    }

    /// `self` − `earlier`, at least zero.
    pub const fn since(self, earlier: Self) -> DeltaSeconds {
        DeltaSeconds::from_difference(self.0.saturating_sub(earlier.0))
    }

    /// The time `delta` later.
    pub const fn after(self, delta: DeltaSeconds) -> Self {
        Self::from_unix(self.0.saturating_add(delta.as_secs() as i64))
    }

    /// Parses an HTTP date in any of its three forms, without regard to case.
    ///
    /// `now` decides the century of a two-digit year (RFC 850 form): the date is the latest one
    /// that is not more than 50 years ahead. Without `now` the years 70 to 99 are the last
    /// century's. `None` if `octets` is no date of these forms, or an impossible one (31 April,
    /// 25 o'clock). Leap seconds are read as the second before. The day's name must be one, but
    /// need not be that date's.
    pub fn parse(octets: &[u8], now: Option<HttpDate>) -> Option<Self> {
        match octets.len() {
            29 => parse_imf(octets.first_chunk()?),
            24 => parse_asctime(octets.first_chunk()?),
            30..=33 => parse_rfc850(octets, now),
            _ => None,
        }
    }

    /// The date as IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
    pub fn to_octets(self) -> [u8; Self::LEN] {
        let days = self.0.div_euclid(DAY);
        let seconds = self.0.rem_euclid(DAY) as u32;
        let (year, month, day) = civil(days);
        let mut octets = *b"Thu, 01 Jan 1970 00:00:00 GMT";
        let name = |table: &[u8], index: u32| -> [u8; 3] {
            let at = index as usize * 3;
            table.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default()
        };
        let [w0, w1, w2, _, _, d0, d1, _, m0, m1, m2, _, y0, y1, y2, y3, _, rest @ ..] = &mut octets;
        [*w0, *w1, *w2] = name(DAYS, days.rem_euclid(7) as u32);
        [*d0, *d1] = two_digits(day);
        [*m0, *m1, *m2] = name(MONTHS, month - 1);
        [*y0, *y1] = two_digits(year / 100);
        [*y2, *y3] = two_digits(year % 100);
        let [h0, h1, _, n0, n1, _, s0, s1, ..] = rest;
        [*h0, *h1] = two_digits(seconds / 3600);
        [*n0, *n1] = two_digits(seconds / 60 % 60);
        [*s0, *s1] = two_digits(seconds % 60);
        octets
    }
}

impl fmt::Display for HttpDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(&self.to_octets()).unwrap_or_default())
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`
fn parse_imf(octets: &[u8; 29]) -> Option<HttpDate> {
    let [
        w0,
        w1,
        w2,
        b',',
        b' ',
        d0,
        d1,
        b' ',
        m0,
        m1,
        m2,
        b' ',
        y0,
        y1,
        y2,
        y3,
        b' ',
        time @ ..,
        b' ',
        g,
        m,
        t,
    ] = octets
    else {
        return None;
    };
    day_name(&[*w0, *w1, *w2])?;
    gmt(&[*g, *m, *t])?;
    let year = number(*y0, *y1)? * 100 + number(*y2, *y3)?;
    assemble(year, month(&[*m0, *m1, *m2])?, number(*d0, *d1)?, time.first_chunk()?)
}

/// `Sun Nov  6 08:49:37 1994`
fn parse_asctime(octets: &[u8; 24]) -> Option<HttpDate> {
    let [w0, w1, w2, b' ', m0, m1, m2, b' ', d0, d1, b' ', time @ .., b' ', y0, y1, y2, y3] = octets else {
        return None;
    };
    day_name(&[*w0, *w1, *w2])?;
    let tens = if *d0 == b' ' { b'0' } else { *d0 };
    let year = number(*y0, *y1)? * 100 + number(*y2, *y3)?;
    assemble(year, month(&[*m0, *m1, *m2])?, number(tens, *d1)?, time.first_chunk()?)
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`
fn parse_rfc850(octets: &[u8], now: Option<HttpDate>) -> Option<HttpDate> {
    let (rest, date): (_, &[u8; 24]) = octets.split_last_chunk()?;
    LONG_DAYS.iter().find(|day| rest.eq_ignore_ascii_case(day.as_bytes()))?;
    let [b',', b' ', d0, d1, b'-', m0, m1, m2, b'-', y0, y1, b' ', time @ .., b' ', g, m, t] = date else {
        return None;
    };
    gmt(&[*g, *m, *t])?;
    let two = number(*y0, *y1)?;
    let month = month(&[*m0, *m1, *m2])?;
    let day = number(*d0, *d1)?;
    let time = time.first_chunk()?;
    let Some(now) = now else {
        return assemble(two + if two < 70 { 2000 } else { 1900 }, month, day, time);
    };
    let (this_year, ..) = civil(now.0.div_euclid(DAY));
    let limit = civil_plus_years(now, 50);
    // The latest century whose date is not more than 50 years ahead.
    let centuries = [this_year / 100 + 1, this_year / 100, (this_year / 100).saturating_sub(1)];
    centuries
        .iter()
        .filter_map(|century| assemble(century * 100 + two, month, day, time))
        .find(|date| *date <= limit)
}

fn civil_plus_years(date: HttpDate, years: u32) -> HttpDate {
    let (year, month, day) = civil(date.0.div_euclid(DAY));
    let days = days_from_civil(year + years, month, day);
    HttpDate::from_unix(days * DAY + date.0.rem_euclid(DAY))
}

/// The date, if it is a possible one. `time` is `08:49:37`.
fn assemble(year: u32, month: u32, day: u32, time: &[u8; 8]) -> Option<HttpDate> {
    let [h0, h1, b':', m0, m1, b':', s0, s1] = time else {
        return None;
    };
    let (hour, minute, second) = (number(*h0, *h1)?, number(*m0, *m1)?, number(*s0, *s1)?);
    if day == 0 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second.min(59);
    Some(HttpDate::from_unix(days_from_civil(year, month, day) * DAY + i64::from(seconds)))
}

fn number(tens: u8, ones: u8) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

fn two_digits(number: u32) -> [u8; 2] {
    [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
}

/// 1 to 12. Packs the letters, lower-cased, into one word, so that a match is one comparison.
fn month(name: &[u8; 3]) -> Option<u32> {
    Some(match word(name) {
        0x6a_616e => 1,
        0x66_6562 => 2,
        0x6d_6172 => 3,
        0x61_7072 => 4,
        0x6d_6179 => 5,
        0x6a_756e => 6,
        0x6a_756c => 7,
        0x61_7567 => 8,
        0x73_6570 => 9,
        0x6f_6374 => 10,
        0x6e_6f76 => 11,
        0x64_6563 => 12,
        _ => return None,
    })
}

fn day_name(name: &[u8; 3]) -> Option<()> {
    let known = matches!(
        word(name),
        0x6d_6f6e | 0x74_7565 | 0x77_6564 | 0x74_6875 | 0x66_7269 | 0x73_6174 | 0x73_756e
    );
    known.then_some(())
}

fn gmt(zone: &[u8; 3]) -> Option<()> {
    zone.eq_ignore_ascii_case(b"GMT").then_some(())
}

fn word(name: &[u8; 3]) -> u32 {
    let [a, b, c] = name.map(|octet| u32::from(octet.to_ascii_lowercase()));
    a << 16 | b << 8 | c
}

const fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

const fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar.
const fn days_from_civil(year: u32, month: u32, day: u32) -> i64 {
    // Years begin in March, so that the leap day is the last one.
    let year = year as i64 - (month <= 2) as i64;
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = (month as i64 + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day as i64 - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Year, month and day of the date `days` after 1970-01-01.
const fn civil(days: i64) -> (u32, u32, u32) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + (month <= 2) as i64;
    (year as u32, month as u32, day as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<i64> {
        HttpDate::parse(text.as_bytes(), Some(HttpDate::from_unix(1_792_000_000))).map(HttpDate::unix)
    }

    #[test]
    fn s5_6_7_the_three_forms_name_the_same_second() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "sUN, 06 nOV 1994 08:49:37 gmt",
        ] {
            assert_eq!(parse(text), Some(784_111_777), "{text}");
        }
    }

    #[test]
    fn s5_6_7_other_forms_are_no_dates() {
        for text in [
            "",
            "0",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun 06 Nov 1994 08:49:37 GMT",
            "Sun, 06-Nov-1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08.49.37 GMT",
            "Sun, 06 Nov 1994 8:49:37 GMT",
            "Sun, 31 Apr 1994 08:49:37 GMT",
            "Sun, 29 Feb 1995 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Xxx, 06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT ",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn s5_6_7_two_digit_years_more_than_50_years_ahead_are_past() {
        // Seen from October 2026.
        assert_eq!(parse("Thursday, 18-Aug-50 02:01:18 GMT"), parse("Thu, 18 Aug 2050 02:01:18 GMT"));
        assert_eq!(parse("Tuesday, 18-Aug-76 02:01:18 GMT"), parse("Tue, 18 Aug 2076 02:01:18 GMT"));
        assert_eq!(parse("Friday, 18-Dec-76 02:01:18 GMT"), parse("Sat, 18 Dec 1976 02:01:18 GMT"));
        assert_eq!(parse("Friday, 18-Aug-95 02:01:18 GMT"), parse("Fri, 18 Aug 1995 02:01:18 GMT"));
    }

    #[test]
    fn parse_emit_parse_is_the_identity() {
        let mut unix = HttpDate::FIRST;
        while unix <= HttpDate::LAST {
            let date = HttpDate::from_unix(unix);
            assert_eq!(HttpDate::parse(&date.to_octets(), None), Some(date));
            unix += 86_399 * 7 + 1_234_567;
        }
        for unix in [HttpDate::FIRST, -1, 0, 951_782_400, 4_102_444_800, HttpDate::LAST] {
            let date = HttpDate::from_unix(unix);
            assert_eq!(HttpDate::parse(&date.to_octets(), None), Some(date));
        }
        assert_eq!(&HttpDate::from_unix(784_111_777).to_octets(), b"Sun, 06 Nov 1994 08:49:37 GMT");
    }

    #[test]
    fn times_outside_the_grammar_are_clamped() {
        assert_eq!(HttpDate::from_unix(i64::MAX).unix(), HttpDate::LAST);
        assert_eq!(HttpDate::from_unix(i64::MIN).unix(), HttpDate::FIRST);
        assert_eq!(HttpDate::from_unix(HttpDate::LAST).after(DeltaSeconds::MAX).unix(), HttpDate::LAST);
    }
}
