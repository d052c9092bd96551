//! Times as people give them on a command line: how long ago.

/// Reads a length of time such as `90s`, `10m`, `2h` or `7d`; gives milliseconds.
pub(super) fn read_ago(text: &str) -> Result<i64, String> {
    const WRONG: &str = "must be a number and s, m, h or d, such as 10m or 2h";
    /// Ten years.
    const MS_MAX: i64 = 3650 * 24 * 60 * 60 * 1000;
    let unit = text.chars().last().ok_or(WRONG)?;
    let unit_ms = match unit {
        's' => 1000,
        'm' => 60 * 1000,
        'h' => 60 * 60 * 1000,
        'd' => 24 * 60 * 60 * 1000,
        _ => return Err(WRONG.to_owned()),
    };
    let digits = &text[..text.len() - 1];
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(WRONG.to_owned());
    }
    let number: Option<i64> = digits.parse().ok();
    number
        .and_then(|number| number.checked_mul(unit_ms))
        .filter(|ms| *ms <= MS_MAX)
        .ok_or_else(|| "must be at most ten years".to_owned())
}

#[cfg(test)]
mod tests {
    use super::read_ago;

    #[test]
    fn lengths_of_time_are_read() {
        assert_eq!(read_ago("90s"), Ok(90_000));
        assert_eq!(read_ago("10m"), Ok(600_000));
        assert_eq!(read_ago("2h"), Ok(7_200_000));
        assert_eq!(read_ago("7d"), Ok(604_800_000));
        for wrong in [
            "",
            "m",
            "10",
            "-1m",
            "1.5h",
            "10 m",
            "1ü",
            "99999999999999999999d",
        ] {
            assert!(read_ago(wrong).is_err(), "{wrong}");
        }
    }
}
