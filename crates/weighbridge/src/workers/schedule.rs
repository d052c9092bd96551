//! When a callback is tried again (callbacks.md 3.3).

/// Delays before retries 1 to 20, in seconds; together they stay under 24 hours.
const DELAYS_SECONDS: [i64; 20] = [
    5, 15, 30, 60, 120, 300, 600, 900, 1_800, 2_700, 3_600, 5_400, 7_200, 7_200, 7_200, 9_000,
    9_000, 9_000, 10_800, 10_800,
];

/// The first try and its retries, by the default schedule.
pub const TRIES_MAX: i64 = DELAYS_SECONDS.len() as i64 + 1;

/// A row claimed later than this, in ms, was late by our fault, and its window moves.
const OWN_LATENESS_MS: i64 = 60 * 1000;
/// A retry comes at least this long after the end of the last try, in ms, or its own delay.
const PAUSE_MS: i64 = 5_000;
/// The most that a receiver's `Retry-After` can stretch a shorter delay to, in ms.
const RETRY_AFTER_MAX_MS: i64 = 60 * 60 * 1000;

/// Delays before the retries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    delays_ms: Vec<i64>,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            delays_ms: DELAYS_SECONDS.iter().map(|delay| delay * 1000).collect(),
        }
    }
}

impl Schedule {
    /// One with these delays, in ms, before the retries.
    pub fn new(delays_ms: Vec<i64>) -> Self {
        Self { delays_ms }
    }

    /// The first try and its retries.
    pub fn tries_max(&self) -> i64 {
        self.delays_ms.len() as i64 + 1
    }

    /// From the first try to the last retry, ms.
    pub fn length_ms(&self) -> i64 {
        self.delays_ms.iter().sum()
    }

    /// When the retry after `tries` tries is due; `None`: there is none any more.
    ///
    /// Offsets count from `window_start_ms`. Those that are past when the last try ends are not
    /// made up for. `chance` in 0..1 pulls the retry forward by up to a fifth of its delay.
    pub fn next_try(
        &self,
        tries: i64,
        window_start_ms: i64,
        ended_ms: i64,
        chance: f64,
    ) -> Option<i64> {
        let first = usize::try_from(tries).ok()?.checked_sub(1)?;
        let mut offset_ms: i64 = self.delays_ms.get(..first)?.iter().sum();
        for delay_ms in &self.delays_ms[first..] {
            offset_ms += delay_ms;
            if window_start_ms + offset_ms <= ended_ms {
                continue;
            }
            let jitter_ms = (chance.clamp(0.0, 1.0) * 0.2 * *delay_ms as f64) as i64;
            let planned = window_start_ms + offset_ms - jitter_ms;
            return Some(planned.max(ended_ms + delay_ms.min(&PAUSE_MS)));
        }
        None
    }

    /// Like [`Schedule::next_try`], where the receiver asked to be left alone for
    /// `retry_after_ms`: at least the delay, at most twice the delay or an hour, never past the
    /// last offset.
    pub fn next_try_after(
        &self,
        tries: i64,
        window_start_ms: i64,
        ended_ms: i64,
        retry_after_ms: i64,
    ) -> Option<i64> {
        let planned = self.next_try(tries, window_start_ms, ended_ms, 0.0)?;
        let retry = usize::try_from(tries).ok()?.checked_sub(1)?;
        let delay_ms = *self.delays_ms.get(retry)?;
        let longest_ms = delay_ms.max((2 * delay_ms).min(RETRY_AFTER_MAX_MS));
        let asked = ended_ms + retry_after_ms.clamp(delay_ms, longest_ms);
        let last = window_start_ms + self.length_ms();
        Some(asked.min(last.max(planned)))
    }
}

/// Start of the window at a claim at `now_ms` of a row that could have been claimed since
/// `due_ms`: our lateness is not the receiver's.
pub fn window_at_claim(known: Option<i64>, due_ms: i64, now_ms: i64) -> Option<i64> {
    let late_ms = now_ms - due_ms;
    let moved_ms = if late_ms > OWN_LATENESS_MS {
        late_ms
    } else {
        0
    };
    known.map(|start| start + moved_ms)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn offset_ms(retry: usize) -> i64 {
        DELAYS_SECONDS[..retry].iter().sum::<i64>() * 1000
    }

    #[test]
    fn offsets_are_those_of_the_reference() {
        assert_eq!(offset_ms(1), 5_000);
        assert_eq!(offset_ms(4), 110_000);
        assert_eq!(offset_ms(10), (3600 + 48 * 60 + 50) * 1000);
        assert_eq!(offset_ms(20), (23 * 3600 + 48 * 60 + 50) * 1000);
        assert_eq!(TRIES_MAX, 21);
    }

    #[test]
    fn case_124_a_wish_of_the_receiver_is_clamped() {
        let schedule = Schedule::default();
        // Before the retry of 60 s: the fourth.
        for (asked_s, after_s) in [(30, 60), (90, 90), (9_999, 120)] {
            let next = schedule.next_try_after(4, 0, 50_000, asked_s * 1000);
            assert_eq!(next, Some(50_000 + after_s * 1000), "{asked_s}");
        }
        // Never past the last offset.
        let last = offset_ms(20);
        let ended = offset_ms(19);
        let next = schedule.next_try_after(20, 0, ended + 60_000, 10_800_000);
        assert_eq!(next, Some(last));
        assert_eq!(schedule.next_try_after(21, 0, last, 1_000), None);
    }

    #[test]
    fn case_136_missed_offsets_are_not_made_up_for() {
        let schedule = Schedule::default();
        // Retry 3 was due at 0:50 and is made at 1:00:00: the next is retry 9, at 1:03:50.
        assert_eq!(schedule.next_try(4, 0, 3_600_000, 0.0), Some(3_830_000));
    }

    proptest! {
        #[test]
        fn case_118_every_retry_falls_into_its_part_of_the_window(chances in prop::collection::vec(0.0..1.0, 20)) {
            let schedule = Schedule::default();
            let mut now = 0;
            for (index, chance) in chances.iter().enumerate() {
                let due = schedule.next_try(index as i64 + 1, 0, now, *chance).unwrap();
                let offset = offset_ms(index + 1);
                let delay = DELAYS_SECONDS[index] * 1000;
                prop_assert!(due <= offset && due >= offset - delay / 5, "retry {index}: {due}");
                now = due;
            }
            prop_assert!(schedule.next_try(21, 0, now, 0.0).is_none());
        }

        #[test]
        fn case_136_downtime_costs_no_tries(down_ms in 60_001_i64..200_000_000) {
            let start = window_at_claim(Some(0), 50_000, 50_000 + down_ms);
            prop_assert_eq!(start, Some(down_ms));
        }
    }
}
