//! When callbacks are tried again, and whether any are sent at all.

use domain::time::DAY_MS;

use super::{ConfigError, Values};
use crate::workers::purge::ROWS_KEPT_MS;
use crate::workers::schedule::Schedule;

/// Most retries that a schedule may have.
const RETRIES_MAX: usize = 100;
/// The longest that a schedule may be, ms.
const LENGTH_MAX_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// Reads the schedule of retries.
pub(super) fn read_schedule(values: &Values) -> Result<Schedule, ConfigError> {
    let delays = &values.entry("callbacks_schedule").values;
    if delays.is_empty() {
        return Ok(Schedule::default());
    }
    let error = |message: String| values.error("callbacks_schedule", message);
    let mut read = Vec::with_capacity(delays.len());
    for text in delays.iter().flat_map(|text| text.split(',')) {
        let delay_ms = read_delay(text.trim()).ok_or_else(|| {
            error(format!(
                "must be delays such as 5s,15s,1m,2h before the retries, got \"{text}\""
            ))
        })?;
        read.push(delay_ms);
    }
    let schedule = Schedule::new(read);
    if schedule.tries_max() > RETRIES_MAX as i64 + 1 || schedule.length_ms() > LENGTH_MAX_MS {
        return Err(error(format!(
            "may have at most {RETRIES_MAX} retries within 30 days"
        )));
    }
    Ok(schedule)
}

/// A whole number of seconds, minutes or hours, at least one second, in ms.
fn read_delay(text: &str) -> Option<i64> {
    let (number, unit_ms) = [("s", 1_000), ("m", 60_000), ("h", 3_600_000)]
        .iter()
        .find_map(|(unit, unit_ms)| Some((text.strip_suffix(unit)?, *unit_ms)))?;
    let number: u32 = number.parse().ok()?;
    (number > 0).then(|| i64::from(number) * unit_ms)
}

/// Reads how long bodies and answers are kept, in ms: not longer than the rows that they belong to.
pub(super) fn read_retention(values: &Values) -> Result<i64, ConfigError> {
    let days_max = ROWS_KEPT_MS / DAY_MS;
    values
        .text("callbacks_retention_days")
        .and_then(|text| text.parse::<i64>().ok())
        .filter(|days| (1..=days_max).contains(days))
        .map(|days| days * DAY_MS)
        .ok_or_else(|| {
            let message = format!("must be a whole number from 1 to {days_max}");
            values.error("callbacks_retention_days", message)
        })
}

/// Reads whether the server starts with all receivers paused.
pub(super) fn read_hold(values: &Values) -> Result<bool, ConfigError> {
    match values.text("hold_callbacks") {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(values.error("hold_callbacks", "must be true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::gather;
    use super::*;

    #[test]
    fn a_schedule_is_a_list_of_delays() {
        let read = |text: &str| {
            let options = [("callbacks_schedule", vec![text.to_owned()])];
            read_schedule(&gather(&options, &[]))
        };
        let schedule = read("5s, 1m,2h").unwrap();
        assert_eq!(schedule, Schedule::new(vec![5_000, 60_000, 7_200_000]));
        for text in ["5", "0s", "-1s", "5s,,6s", "1.5h", "soon"] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("must be delays such as"), "{error}");
        }
        let error = read("721h").unwrap_err().to_string();
        assert!(error.contains("within 30 days"), "{error}");
        let default = read_schedule(&gather(&[], &[])).unwrap();
        assert_eq!(default, Schedule::default());
    }

    #[test]
    fn retention_is_1_to_400_days() {
        let read = |text: &str| {
            let options = [("callbacks_retention_days", vec![text.to_owned()])];
            read_retention(&gather(&options, &[]))
        };
        assert_eq!(read("30").unwrap(), 30 * DAY_MS);
        for text in ["0", "401", "-1", "1.5", "long"] {
            let error = read(text).unwrap_err().to_string();
            assert!(
                error.ends_with("must be a whole number from 1 to 400"),
                "{error}"
            );
        }
        assert_eq!(read_retention(&gather(&[], &[])).unwrap(), 90 * DAY_MS);
    }
}
