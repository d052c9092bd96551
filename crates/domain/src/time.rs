//! Times: in, all forms of api-v1.md 0.9; out, UTC with milliseconds.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::Timestamp;

/// A text that is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a time such as 2026-11-24, 2026-11-24T10:00:00.000Z or 2026-11-24 10:00:00+01:00")]
pub struct TimeError;

/// Reads a time as Unix milliseconds: a day, or a day and time with `T` or a space; a zone or none
/// (UTC). A raw `+` in a query has become a space: ` 00:00` at the end counts as `+00:00`.
pub fn parse_time(text: &str) -> Result<i64, TimeError> {
    let text = text.trim();
    if let Ok(date) = text.parse::<Date>()
        && text.len() == 10
    {
        return in_utc(date.to_datetime(jiff::civil::Time::midnight()));
    }
    if !text.is_ascii() || text.len() < 16 {
        return Err(TimeError);
    }
    let (day, rest) = text.split_at(10);
    let rest = rest.strip_prefix(['T', 't', ' ']).ok_or(TimeError)?;
    let (time, zone) = split_zone(rest);
    let offset_seconds = zone_seconds(zone)?;
    let civil: DateTime = format!("{day}T{time}").parse().map_err(|_| TimeError)?;
    let local = in_utc(civil)?;
    local.checked_sub(offset_seconds * 1000).ok_or(TimeError)
}

fn in_utc(civil: DateTime) -> Result<i64, TimeError> {
    let time = TimeZone::UTC.to_timestamp(civil).map_err(|_| TimeError)?;
    Ok(time.as_millisecond())
}

/// Parts a time of day from what follows it.
fn split_zone(text: &str) -> (&str, &str) {
    let end = text
        .find(|character: char| !(character.is_ascii_digit() || character == ':' || character == '.'))
        .unwrap_or(text.len());
    text.split_at(end)
}

fn zone_seconds(zone: &str) -> Result<i64, TimeError> {
    let (sign, digits) = match zone.as_bytes().first() {
        None => return Ok(0),
        Some(b'Z' | b'z') if zone.len() == 1 => return Ok(0),
        Some(b'+' | b' ') => (1, &zone[1..]),
        Some(b'-') => (-1, &zone[1..]),
        Some(_) => return Err(TimeError),
    };
    let (hours, minutes) = match digits.len() {
        5 if digits.as_bytes()[2] == b':' => (&digits[..2], &digits[3..]),
        4 => (&digits[..2], &digits[2..]),
        2 => (digits, "0"),
        _ => return Err(TimeError),
    };
    let read = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| text.parse::<i64>().ok())
            .flatten()
            .ok_or(TimeError)
    };
    let (hours, minutes) = (read(hours)?, read(minutes)?);
    if hours > 23 || minutes > 59 {
        return Err(TimeError);
    }
    Ok(sign * (hours * 3600 + minutes * 60))
}

/// Writes Unix milliseconds as `2021-06-17T21:46:36.359Z`. Times out of range show its end.
pub fn format_time(unix_ms: i64) -> String {
    let clamped = Timestamp::from_millisecond(unix_ms)
        .unwrap_or(if unix_ms < 0 { Timestamp::MIN } else { Timestamp::MAX });
    let civil = TimeZone::UTC.to_datetime(clamped);
    let mut text = *b"0000-00-00T00:00:00.000Z";
    put(&mut text[0..4], civil.year().unsigned_abs().into());
    put(&mut text[5..7], civil.month().unsigned_abs().into());
    put(&mut text[8..10], civil.day().unsigned_abs().into());
    put(&mut text[11..13], civil.hour().unsigned_abs().into());
    put(&mut text[14..16], civil.minute().unsigned_abs().into());
    put(&mut text[17..19], civil.second().unsigned_abs().into());
    put(&mut text[20..23], civil.millisecond().unsigned_abs().into());
    String::from_utf8_lossy(&text).into_owned()
}

fn put(digits: &mut [u8], mut number: u32) {
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_form_of_the_reference_is_read() {
        let same = [
            "2021-01-31T10:00:00.123Z",
            "2021-01-31 10:00:00.123456",
            "2021-01-31T10:00:00.123456",
            "2021-01-31T11:00:00.123+01:00",
            "2021-01-31T10:00:00.123 00:00",
            "2021-01-31T05:00:00.123-0500",
        ];
        for text in same {
            assert_eq!(parse_time(text), Ok(1_612_087_200_123), "{text}");
        }
        assert_eq!(parse_time("2021-01-31"), Ok(1_612_051_200_000));
        assert_eq!(parse_time("2021-01-31T10:00"), Ok(1_612_087_200_000));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "now", "2021-13-01", "2021-02-30", "2021-01-31T25:00:00", "20210131",
            "2021-01-31T10:00:00+25:00", "2021-01-31T10:00:00Zx", "1612087200", "2021-01-31Ü10:00:00"]
        {
            assert_eq!(parse_time(text), Err(TimeError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(time in 0_i64..253_402_300_799_999) {
            prop_assert_eq!(parse_time(&format_time(time)), Ok(time));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse_time(&text);
        }

        #[test]
        fn no_number_panics(time in any::<i64>()) {
            let _ = format_time(time);
        }
    }
}
