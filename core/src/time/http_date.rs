//! HTTP dates (RFC 9110 §5.6.7).
//!
//! Before changing this file, read §5.6.7: three forms are accepted, one is generated.

use super::DeltaSeconds;
use core::fmt;

/// The months, then the days as [`civil`] counts them.
const NAMES: &[u8; 76] = b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Wed Thu Fri Sat Sun Mon Tue ";
const MONTHS: usize = 12;
const LONG_DAYS: [&str; 7] = ["Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday"];
const DAY: u32 = 86_400;

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
        let parts = match octets.len() {
            29 => Parts::of_imf(octets.first_chunk()?),
            24 => Parts::of_asctime(octets.first_chunk()?),
            30..=33 => Parts::of_rfc850(octets),
            _ => None,
        }?;
        let (day, month, year) = (number(parts.day)?, month(parts.month)?, number(parts.year)?);
        let of_century = |century| assemble(century * 100 + year, month, day, parts.time);
        if let Some(century) = parts.century {
            return of_century(number(century)?);
        }
        let Some(now) = now else {
            return of_century(if year < 70 { 20 } else { 19 });
        };
        // The latest century whose date is not more than 50 years ahead.
        let (days, seconds) = split(now);
        let (this_year, month, day) = civil(days);
        let limit = join(days_from_civil(this_year + 50, month, day), seconds);
        let centuries = (0..3).map_while(|back| (this_year / 100 + 1).checked_sub(back));
        centuries.filter_map(of_century).find(|date| *date <= limit)
    }

    /// The date as IMF-fixdate: `Sun, 06 Nov 1994 08:49:37 GMT`.
    pub fn to_octets(self) -> [u8; Self::LEN] {
        let (days, seconds) = split(self);
        let (year, month, day) = civil(days);
        let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
        let mut octets = *b"Thu, 01 Jan 1970 00:00:00 GMT";
        for (at, index) in [(0, MONTHS + (days % 7) as usize), (8, month as usize - 1)] {
            let (names, _) = NAMES.as_chunks();
            let [a, b, c, _] = names.get(index).copied().unwrap_or_default();
            put(&mut octets, at, [a, b, c]);
        }
        for (at, number) in
            [(5, day), (12, year / 100), (14, year % 100), (17, hour), (20, minute), (23, seconds % 60)]
        {
            put(&mut octets, at, [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8]);
        }
        octets
    }
}

fn put<const N: usize>(octets: &mut [u8], at: usize, part: [u8; N]) {
    if let Some(place) = octets.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = part;
    }
}

impl fmt::Display for HttpDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(core::str::from_utf8(&self.to_octets()).unwrap_or_default())
    }
}

/// What a date is made of, in any of its forms.
struct Parts<'a> {
    day: [u8; 2],
    month: [u8; 3],
    century: Option<[u8; 2]>,
    year: [u8; 2],
    /// `08:49:37`
    time: &'a [u8; 8],
}

impl<'a> Parts<'a> {
    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    fn of_imf(octets: &'a [u8; 29]) -> Option<Self> {
        let [w0, w1, w2, b',', b' ', d0, d1, b' ', m0, m1, m2, b' ', year @ .., b' ', g, m, t] = octets
        else {
            return None;
        };
        let [y0, y1, y2, y3, b' ', time @ ..] = year else {
            return None;
        };
        day_name([*w0, *w1, *w2])?;
        gmt([*g, *m, *t])?;
        let (day, month) = ([*d0, *d1], [*m0, *m1, *m2]);
        Some(Self { day, month, century: Some([*y0, *y1]), year: [*y2, *y3], time })
    }

    /// `Sun Nov  6 08:49:37 1994`
    fn of_asctime(octets: &'a [u8; 24]) -> Option<Self> {
        let [w0, w1, w2, b' ', m0, m1, m2, b' ', d0, d1, b' ', time @ .., b' ', y0, y1, y2, y3] = octets
        else {
            return None;
        };
        day_name([*w0, *w1, *w2])?;
        let tens = if *d0 == b' ' { b'0' } else { *d0 };
        let (day, month) = ([tens, *d1], [*m0, *m1, *m2]);
        Some(Self { day, month, century: Some([*y0, *y1]), year: [*y2, *y3], time })
    }

    /// `Sunday, 06-Nov-94 08:49:37 GMT`
    fn of_rfc850(octets: &'a [u8]) -> Option<Self> {
        let (rest, date): (_, &[u8; 24]) = octets.split_last_chunk()?;
        LONG_DAYS.iter().find(|day| rest.eq_ignore_ascii_case(day.as_bytes()))?;
        let [b',', b' ', d0, d1, b'-', m0, m1, m2, b'-', y0, y1, b' ', time @ .., b' ', g, m, t] = date
        else {
            return None;
        };
        gmt([*g, *m, *t])?;
        let (day, month) = ([*d0, *d1], [*m0, *m1, *m2]);
        Some(Self { day, month, century: None, year: [*y0, *y1], time })
    }
}

/// The date, if it is a possible one. `time` is `08:49:37`.
#[inline(never)]
fn assemble(year: u32, month: u32, day: u32, time: &[u8; 8]) -> Option<HttpDate> {
    let (hour, minute, second) = time_of_day(time)?;
    if day == 0 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let seconds = hour * 3600 + minute * 60 + second.min(59);
    Some(join(days_from_civil(year, month, day), seconds))
}

/// Hour, minute and second of `08:49:37`, whatever the numbers.
fn time_of_day(time: &[u8; 8]) -> Option<(u32, u32, u32)> {
    const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);
    // What overflows into the highest bit is more than 9, or than 0 where a colon stands.
    const LIMIT: u64 = u64::from_le_bytes([0x76, 0x76, 0x7f, 0x76, 0x76, 0x7f, 0x76, 0x76]);
    let digits = u64::from_le_bytes(*time) ^ u64::from_le_bytes(*b"00:00:00");
    if (((digits & !HIGHEST) + LIMIT) | digits) & HIGHEST != 0 {
        return None;
    }
    // In the place of the tens stands then tens × 10 + ones.
    let [hour, _, _, minute, _, _, second, _] = (digits * 10 + (digits >> 8)).to_le_bytes();
    Some((u32::from(hour), u32::from(minute), u32::from(second)))
}

fn number([tens, ones]: [u8; 2]) -> Option<u32> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens <= 9 && ones <= 9).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// 1 to 12.
fn month(name: [u8; 3]) -> Option<u32> {
    name_index(name).filter(|index| *index < MONTHS).map(|index| index as u32 + 1)
}

fn day_name(name: [u8; 3]) -> Option<()> {
    name_index(name).filter(|index| *index >= MONTHS).map(|_| ())
}

/// Which of [`NAMES`] it is.
fn name_index([a, b, c]: [u8; 3]) -> Option<usize> {
    let name = [a, b, c, b' '];
    let index = usize::from(*SLOTS.get(slot(name))?);
    let (names, _) = NAMES.as_chunks();
    (word(*names.get(index)?) == word(name)).then_some(index)
}

/// By [`slot`]: the index of the only name that belongs there.
#[expect(clippy::indexing_slicing, reason = "done by the compiler")]
static SLOTS: [u8; 32] = {
    let (names, _) = NAMES.as_chunks();
    let mut slots = [u8::MAX; 32];
    let mut index = 0;
    while index < names.len() {
        assert!(slots[slot(names[index])] == u8::MAX, "two names belong in one place");
        slots[slot(names[index])] = index as u8;
        index += 1;
    }
    slots
};

/// The place of a name, whatever the case of its letters.
const fn slot([a, b, c, _]: [u8; 4]) -> usize {
    (3 * a as usize + b as usize + 4 * c as usize) % 32
}

fn gmt([g, m, t]: [u8; 3]) -> Option<()> {
    (word([g, m, t, b' ']) == word(*b"gmt ")).then_some(())
}

/// Three letters and a blank in one word, so that a comparison is one. Folds their case; no other octet becomes
/// a letter.
const fn word(octets: [u8; 4]) -> u32 {
    u32::from_le_bytes(octets) | u32::from_le_bytes([0x20; 4])
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

/// Days of 400 years.
const ERA: u32 = 146_097;

/// From the day that all days are counted from, 400 years before 0000-03-01, to 1970-01-01: years begin in March,
/// so that the leap day is their last.
const TO_1970: u32 = ERA + 719_468;

/// Days to a date of the proleptic Gregorian calendar.
const fn days_from_civil(year: u32, month: u32, day: u32) -> u32 {
    let (year, month) = if month > 2 { (year + 400, month - 3) } else { (year + 399, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    year * 365 + leap_days + (153 * month + 2) / 5 + day - 1
}

/// Year, month and day, not before year 0.
#[inline(never)]
const fn civil(days: u32) -> (u32, u32, u32) {
    let era = days / ERA;
    let day_of_era = days % ERA;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (year_of_era + era * 400 + next_year - 400, month, day)
}

/// Days, and seconds of the day. Divides 32 bits, of which a day has seven without its odd part.
const fn split(date: HttpDate) -> (u32, u32) {
    let seconds = (date.0 + TO_1970 as i64 * DAY as i64) as u64;
    let days = (seconds >> 7) as u32 / (DAY >> 7);
    (days, (seconds as u32).wrapping_sub(days.wrapping_mul(DAY)))
}

/// The inverse of [`split`].
fn join(days: u32, seconds: u32) -> HttpDate {
    HttpDate::from_unix((i64::from(days) - i64::from(TO_1970)) * i64::from(DAY) + i64::from(seconds))
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
    fn a_time_of_day_is_digits_and_colons_alone() {
        for hour in 0..100 {
            let (minute, second) = ((hour * 7) % 100, (hour * 13) % 100);
            let text = format!("{hour:02}:{minute:02}:{second:02}");
            let mut octets: [u8; 8] = text.as_bytes().try_into().unwrap();
            assert_eq!(time_of_day(&octets), Some((hour, minute, second)));
            for at in 0..8 {
                let right = octets[at];
                for wrong in 0..=u8::MAX {
                    let fits = if at % 3 == 2 { wrong == b':' } else { wrong.is_ascii_digit() };
                    octets[at] = wrong;
                    assert_eq!(time_of_day(&octets).is_some(), fits, "{octets:?}");
                }
                octets[at] = right;
            }
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
