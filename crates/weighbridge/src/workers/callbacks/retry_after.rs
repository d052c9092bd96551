//! The header `Retry-After` (RFC 9110, 10.2.3): seconds, or any of the three HTTP dates.

use axum::http::HeaderMap;
use axum::http::header::RETRY_AFTER;
use jiff::civil;
use jiff::fmt::rfc2822;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

/// A wish beyond a year is no wish.
const LONGEST_MS: i64 = 366 * 24 * 60 * 60 * 1000;

/// For how long from `now_ms` the receiver wants to be left alone, in ms. What is negative, past,
/// unreadable or over a year is no wish (callbacks.md 3.5).
pub fn retry_after_ms(headers: &HeaderMap, now_ms: i64) -> Option<i64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wish_ms = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse::<i64>().ok()?.checked_mul(1000)?
    } else {
        date_ms(text)? - now_ms
    };
    (wish_ms > 0 && wish_ms <= LONGEST_MS).then_some(wish_ms)
}

/// An HTTP date in Unix ms.
fn date_ms(text: &str) -> Option<i64> {
    if let Ok(zoned) = rfc2822::parse(text) {
        return Some(zoned.timestamp().as_millisecond());
    }
    // RFC 850 with its two digits of a year, and the form of C's asctime.
    ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
        .iter()
        .find_map(|format| {
            let civil: civil::DateTime = strtime::parse(format, text).ok()?.to_datetime().ok()?;
            let time = TimeZone::UTC.to_timestamp(civil).ok()?;
            Some(time.as_millisecond())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_124_every_spelling_of_retry_after() {
        // Sun, 06 Nov 1994 08:49:37 GMT, the example of the RFC.
        let now_ms = 784_111_777_000 - 90_000;
        for (text, wish) in [
            ("90", Some(90_000)),
            (" 30 ", Some(30_000)),
            ("0", None),
            ("-5", None),
            ("1e30", None),
            ("99999999999999999999", None),
            ("40000000", None),
            ("soon", None),
            ("", None),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(90_000)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(90_000)),
            ("Sun Nov  6 08:49:37 1994", Some(90_000)),
            ("Sat, 05 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 2044 08:49:37 GMT", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            assert_eq!(retry_after_ms(&headers, now_ms), wish, "{text:?}");
        }
    }
}
