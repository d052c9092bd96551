//! Times as the API reads and writes them (api-v1.md 0.9). Inside, a time is Unix milliseconds.

/// Milliseconds of a minute.
pub const MINUTE_MS: i64 = 60 * 1000;
/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;
/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// 0001-01-01T00:00:00.000Z.
const FIRST_MS: i64 = -62_135_596_800_000;
/// 9999-12-31T23:59:59.999Z.
const LAST_MS: i64 = 253_402_300_799_999;
/// Most digits of a fraction of a second.
const FRACTION_DIGITS_MAX: usize = 9;

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not written as a time.
    #[error("must be a time such as 2026-11-24 or 2026-11-24T10:00:00Z")]
    Form,
    /// A month, day, hour, minute, second or offset that does not exist.
    #[error("has a day or a time of day that does not exist")]
    Calendar,
    /// Outside the years 0001 to 9999.
    #[error("must be in the years 0001 to 9999 UTC")]
    Range,
}

/// Reads a date (its first moment) or a time, with `T` or a space, a fraction of up to nine digits
/// (cut to milliseconds) and `Z`, an offset or none, which is UTC. Gives Unix milliseconds.
///
/// A raw `+` in a query arrives as a space, so ` 02:00` at the end is read as `+02:00`.
pub fn parse_time(text: &str) -> Result<i64, TimeError> {
    let mut rest = Scanner(text.trim().as_bytes());
    let year = rest.digits(4)?;
    rest.expect(b'-')?;
    let month = rest.digits(2)?;
    rest.expect(b'-')?;
    let day = rest.digits(2)?;
    if !(1..=12).contains(&month) || day < 1 || day > days_of_month(year, month) {
        return Err(TimeError::Calendar);
    }
    if year < 1 {
        return Err(TimeError::Range);
    }
    let mut unix_ms = days_from_date(year, month, day) * DAY_MS;
    if !rest.is_at_end() {
        if !(rest.take(b'T') || rest.take(b't') || rest.take(b' ')) {
            return Err(TimeError::Form);
        }
        unix_ms += rest.time_of_day_ms()? - rest.offset_ms()?;
    }
    if (FIRST_MS..=LAST_MS).contains(&unix_ms) {
        Ok(unix_ms)
    } else {
        Err(TimeError::Range)
    }
}

/// First moment of the month (UTC) that a time lies in, Unix milliseconds.
pub fn month_start(unix_ms: i64) -> i64 {
    let (year, month, _) = date_from_days(unix_ms.div_euclid(DAY_MS));
    days_from_date(year, month, 1) * DAY_MS
}

/// Writes Unix milliseconds as `2021-06-17T21:46:36.359Z`. A time outside the years 0001 to 9999,
/// which [`parse_time`] never gives, is written as the nearest one inside.
pub fn format_time(unix_ms: i64) -> String {
    let unix_ms = unix_ms.clamp(FIRST_MS, LAST_MS);
    let (year, month, day) = date_from_days(unix_ms.div_euclid(DAY_MS));
    let of_day = unix_ms.rem_euclid(DAY_MS);
    let mut text = *b"0000-00-00T00:00:00.000Z";
    write_digits(&mut text[0..4], year);
    write_digits(&mut text[5..7], month);
    write_digits(&mut text[8..10], day);
    write_digits(&mut text[11..13], of_day / 3_600_000);
    write_digits(&mut text[14..16], of_day / 60_000 % 60);
    write_digits(&mut text[17..19], of_day / 1000 % 60);
    write_digits(&mut text[20..23], of_day % 1000);
    std::str::from_utf8(&text)
        .expect("digits and signs are ASCII")
        .to_owned()
}

/// Writes Unix milliseconds as HTTP's fields do: `Thu, 17 Jun 2021 21:46:36 GMT` (RFC 9110 part
/// 5.6.7, IMF-fixdate). Cut to seconds; within the same years as [`format_time`].
pub fn format_http_date(unix_ms: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let unix_ms = unix_ms.clamp(FIRST_MS, LAST_MS);
    let days = unix_ms.div_euclid(DAY_MS);
    let (year, month, day) = date_from_days(days);
    let second = unix_ms.rem_euclid(DAY_MS) / 1000;
    // 1970-01-01 was a Thursday.
    let weekday = DAYS[days.rem_euclid(7) as usize];
    let month = MONTHS[month as usize - 1];
    format!(
        "{weekday}, {day:02} {month} {year:04} {:02}:{:02}:{:02} GMT",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

fn write_digits(place: &mut [u8], mut number: i64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

struct Scanner<'a>(&'a [u8]);

impl Scanner<'_> {
    fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, wanted: u8) -> bool {
        let found = self.0.first() == Some(&wanted);
        if found {
            self.0 = &self.0[1..];
        }
        found
    }

    fn expect(&mut self, wanted: u8) -> Result<(), TimeError> {
        if self.take(wanted) {
            Ok(())
        } else {
            Err(TimeError::Form)
        }
    }

    fn digits(&mut self, count: usize) -> Result<i64, TimeError> {
        let digits = self
            .0
            .get(..count)
            .filter(|digits| digits.iter().all(u8::is_ascii_digit));
        let digits = digits.ok_or(TimeError::Form)?;
        self.0 = &self.0[count..];
        Ok(digits
            .iter()
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0')))
    }

    fn time_of_day_ms(&mut self) -> Result<i64, TimeError> {
        let hour = self.digits(2)?;
        self.expect(b':')?;
        let minute = self.digits(2)?;
        let mut second = 0;
        let mut fraction_ms = 0;
        if self.take(b':') {
            second = self.digits(2)?;
            if self.take(b'.') || self.take(b',') {
                fraction_ms = self.fraction_ms()?;
            }
        }
        if hour > 23 || minute > 59 || second > 59 {
            return Err(TimeError::Calendar);
        }
        Ok((hour * 3600 + minute * 60 + second) * 1000 + fraction_ms)
    }

    fn fraction_ms(&mut self) -> Result<i64, TimeError> {
        let length = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if length == 0 || length > FRACTION_DIGITS_MAX {
            return Err(TimeError::Form);
        }
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        let digit = |index: usize| digits.get(index).map_or(0, |digit| i64::from(digit - b'0'));
        Ok(digit(0) * 100 + digit(1) * 10 + digit(2))
    }

    fn offset_ms(&mut self) -> Result<i64, TimeError> {
        if self.is_at_end() {
            return Ok(0);
        }
        if self.take(b'Z') || self.take(b'z') {
            return if self.is_at_end() {
                Ok(0)
            } else {
                Err(TimeError::Form)
            };
        }
        let sign = if self.take(b'-') {
            -1
        } else if self.take(b'+') || self.take(b' ') {
            1
        } else {
            return Err(TimeError::Form);
        };
        let hours = self.digits(2)?;
        let minutes = if self.is_at_end() {
            0
        } else {
            self.take(b':');
            self.digits(2)?
        };
        if !self.is_at_end() {
            return Err(TimeError::Form);
        }
        if hours > 23 || minutes > 59 {
            return Err(TimeError::Calendar);
        }
        Ok(sign * (hours * 60 + minutes) * 60_000)
    }
}

fn days_of_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar. Counting years from March
/// puts the leap day at their end, which makes both ways plain arithmetic.
fn days_from_date(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date of a number of days since 1970-01-01: year, month, day.
fn date_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_of_the_reference_is_read() {
        let moment = 1_612_087_200_123; // 2021-01-31T10:00:00.123Z
        for text in [
            "2021-01-31 10:00:00.123456",
            "2021-01-31T10:00:00.123",
            "2021-01-31T10:00:00.123Z",
            "2021-01-31t10:00:00.123z",
            "2021-01-31T12:00:00.123+02:00",
            "2021-01-31T12:00:00.123+0200",
            "2021-01-31T12:00:00.123+02",
            "2021-01-31T07:30:00.123-02:30",
            "2021-01-31T12:00:00.123 02:00",
            "2021-01-31 10:00:00.123 00:00",
            "2021-01-31T10:00:00.123999999Z",
        ] {
            assert_eq!(parse_time(text), Ok(moment), "{text}");
        }
        assert_eq!(parse_time("2021-01-31"), Ok(1_612_051_200_000));
        assert_eq!(parse_time("2021-01-31T10:00"), Ok(1_612_087_200_000));
        assert_eq!(
            parse_time("2024-01-01T00:00:00.000000"),
            Ok(1_704_067_200_000)
        );
    }

    #[test]
    fn what_is_no_time_is_refused_by_name() {
        for (text, error) in [
            ("", TimeError::Form),
            ("yesterday", TimeError::Form),
            ("1612087200", TimeError::Form),
            ("2021-1-31", TimeError::Form),
            ("2021-01-31T", TimeError::Form),
            ("2021-01-31T10:00:00.Z", TimeError::Form),
            ("2021-01-31T10:00:00.1234567891Z", TimeError::Form),
            ("2021-01-31T10:00:00Zulu", TimeError::Form),
            ("2021-01-31T10:00:00+2:00", TimeError::Form),
            ("2021-13-01", TimeError::Calendar),
            ("2021-02-29", TimeError::Calendar),
            ("1900-02-29", TimeError::Calendar),
            ("2021-00-10", TimeError::Calendar),
            ("2021-01-00", TimeError::Calendar),
            ("2021-01-31T24:00:00Z", TimeError::Calendar),
            ("2021-01-31T10:00:60Z", TimeError::Calendar),
            ("2021-01-31T10:00:00+24:00", TimeError::Calendar),
            ("0000-01-01", TimeError::Range),
            ("0001-01-01T00:00:00+01:00", TimeError::Range),
            ("9999-12-31T23:59:59-00:01", TimeError::Range),
        ] {
            assert_eq!(parse_time(text), Err(error), "{text}");
        }
        assert_eq!(parse_time("2024-02-29"), Ok(1_709_164_800_000));
        assert_eq!(parse_time("0001-01-01"), Ok(FIRST_MS));
        assert_eq!(parse_time("9999-12-31T23:59:59.999999"), Ok(LAST_MS));
    }

    #[test]
    fn times_are_written_with_milliseconds() {
        assert_eq!(format_time(1_623_966_396_359), "2021-06-17T21:46:36.359Z");
        assert_eq!(format_time(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(format_time(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(format_time(i64::MIN), "0001-01-01T00:00:00.000Z");
        assert_eq!(format_time(i64::MAX), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn a_month_starts_at_its_first_moment() {
        for (time, start) in [
            ("2026-11-25T00:55:00Z", "2026-11-01T00:00:00.000Z"),
            ("2024-03-01T00:00:00Z", "2024-03-01T00:00:00.000Z"),
            ("2024-02-29T23:59:59.999Z", "2024-02-01T00:00:00.000Z"),
        ] {
            assert_eq!(format_time(month_start(parse_time(time).unwrap())), start);
        }
    }

    #[test]
    fn http_dates_are_those_of_rfc_9110() {
        for (unix_ms, date) in [
            (784_111_777_999, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (1_709_164_800_000, "Thu, 29 Feb 2024 00:00:00 GMT"),
        ] {
            assert_eq!(format_http_date(unix_ms), date);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(unix_ms in FIRST_MS..=LAST_MS) {
            prop_assert_eq!(parse_time(&format_time(unix_ms)), Ok(unix_ms));
        }

        #[test]
        fn the_calendar_is_that_of_a_known_library(unix_ms in FIRST_MS..=LAST_MS - 2 * DAY_MS) {
            let known = jiff::Timestamp::from_millisecond(unix_ms).unwrap();
            prop_assert_eq!(format_time(unix_ms), format!("{known:.3}"));
        }

        #[test]
        fn no_text_panics(text in "[0-9:TZ +.-]{0,40}", any in ".{0,40}") {
            let _ = parse_time(&text);
            let _ = parse_time(&any);
        }
    }
}
