//! Where a reader of the stream stands in the outbox.

use std::fmt;
use std::str::FromStr;

/// A place between callbacks, by time: ids begin with their creation time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StreamCursor {
    /// Callbacks made before it are not asked for, Unix ms.
    pub since_ms: i64,
    /// What was visible of the callbacks made up to it was sent, Unix ms.
    pub position_ms: i64,
}

impl StreamCursor {
    /// The start of a stream of the callbacks made since a time, Unix ms.
    pub(super) fn starting_at(since_ms: i64) -> Self {
        Self {
            since_ms,
            position_ms: since_ms,
        }
    }
}

impl fmt::Display for StreamCursor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:x}-{:x}", self.since_ms, self.position_ms)
    }
}

impl FromStr for StreamCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        /// Ids hold 48 bits of milliseconds.
        const DIGITS_MAX: usize = 12;
        let (since, position) = text.split_once('-').ok_or(())?;
        let read = |digits: &str| {
            let is_time = digits.len() <= DIGITS_MAX
                && digits
                    .bytes()
                    .all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
            i64::from_str_radix(digits, 16)
                .ok()
                .filter(|_| is_time)
                .ok_or(())
        };
        let (since_ms, position_ms) = (read(since)?, read(position)?);
        Ok(Self {
            since_ms,
            position_ms,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let cursor = StreamCursor {
            since_ms: 1_800_000_000_000,
            position_ms: 1_800_000_000_417,
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for bad in [
            "",
            "-",
            "1",
            "1-",
            "x-1",
            "+1-1",
            "1-1-1",
            "1000000000000-1",
        ] {
            assert_eq!(bad.parse::<StreamCursor>(), Err(()), "{bad}");
        }
    }
}
