//! When a callback is tried again (callbacks.md 3.3).

/// Delays before retries 1 to 20, in seconds; together they stay under 24 hours.
const DELAYS_SECONDS: [i64; 20] = [
    5, 15, 30, 60, 120, 300, 600, 900, 1_800, 2_700, 3_600, 5_400, 7_200, 7_200, 7_200, 9_000,
    9_000, 9_000, 10_800, 10_800,
];

/// The first try and its retries.
pub const TRIES_MAX: i64 = DELAYS_SECONDS.len() as i64 + 1;

/// A row claimed later than this was late by our fault, and its window moves.
const OWN_LATENESS_MS: i64 = 60 * 1000;

/// Start of the 24-hour window after a claim at `now_ms` of a row that was due at `due_ms`: our
/// lateness is not the receiver's.
pub fn window_start(known: Option<i64>, due_ms: i64, now_ms: i64) -> i64 {
    match known {
        None => now_ms,
        Some(start) if now_ms - due_ms > OWN_LATENESS_MS => start + (now_ms - due_ms),
        Some(start) => start,
    }
}

/// When the retry after `tries` tries is due; `None`: there is none any more.
///
/// `chance` in 0..1 pulls it forward by up to a fifth of its delay; it is never earlier than a
/// little after the end of the last try.
pub fn next_try(tries: i64, window_start_ms: i64, ended_ms: i64, chance: f64) -> Option<i64> {
    let retry = usize::try_from(tries).ok()?.checked_sub(1)?;
    let delay_ms = 1000 * DELAYS_SECONDS.get(retry)?;
    let offset_ms: i64 = DELAYS_SECONDS[..=retry].iter().sum::<i64>() * 1000;
    let jitter_ms = (chance.clamp(0.0, 1.0) * 0.2 * delay_ms as f64) as i64;
    let planned = window_start_ms + offset_ms - jitter_ms;
    Some(planned.max(ended_ms + delay_ms.min(5_000)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn offsets_are_those_of_the_reference() {
        let offset = |retry: usize| DELAYS_SECONDS[..retry].iter().sum::<i64>();
        assert_eq!(offset(1), 5);
        assert_eq!(offset(4), 110);
        assert_eq!(offset(10), 3600 + 48 * 60 + 50);
        assert_eq!(offset(20), 23 * 3600 + 48 * 60 + 50);
        assert_eq!(TRIES_MAX, 21);
    }

    proptest! {
        #[test]
        fn case_118_every_retry_falls_into_its_part_of_the_window(chances in prop::collection::vec(0.0..1.0, 20)) {
            let mut now = 0;
            for (index, chance) in chances.iter().enumerate() {
                let due = next_try(index as i64 + 1, 0, now, *chance).unwrap();
                let offset: i64 = DELAYS_SECONDS[..=index].iter().sum::<i64>() * 1000;
                let delay = DELAYS_SECONDS[index] * 1000;
                prop_assert!(due <= offset && due >= offset - delay / 5, "retry {index}: {due}");
                now = due;
            }
            prop_assert!(next_try(21, 0, now, 0.0).is_none());
        }

        #[test]
        fn case_136_downtime_costs_no_tries(down_ms in 60_001_i64..200_000_000) {
            let start = window_start(Some(0), 50_000, 50_000 + down_ms);
            prop_assert_eq!(start, down_ms);
        }
    }
}
