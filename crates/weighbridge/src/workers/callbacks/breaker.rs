//! What the results of tries do to their receiver (callbacks.md 3.6): the breaker, how many may be
//! in flight, and the pause of one that has been dead for days.

use store::environment::callback_targets::{IN_FLIGHT_MAX, TargetRow};

use super::outcome::Health;

/// Failures in a row that open the breaker.
const OPENS_AT: i64 = 5;
/// How long it is open at first, ms.
const OPEN_FIRST_MS: i64 = 10 * 1000;
/// How long it is open at most, ms.
const OPEN_MAX_MS: i64 = 5 * 60 * 1000;
/// The breaker's times vary by this part.
const OPEN_SPREAD: f64 = 0.2;
/// A receiver is paused after failing for this long, ms …
const PAUSE_AFTER_MS: i64 = 72 * 60 * 60 * 1000;
/// … in so many tries …
const PAUSE_TRIES: i64 = 50;
/// … with so many callbacks given up.
const PAUSE_CALLBACKS: i64 = 2;
/// The time of the last success is written this often, ms.
const SUCCESS_SAVED_EVERY_MS: i64 = 1000;

/// A try, as its receiver sees it.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// What it says of the receiver.
    pub health: Health,
    /// It was the one try that an open breaker lets through.
    pub probes_breaker: bool,
    /// Until when the receiver wants to be left alone, Unix ms.
    pub not_before: Option<i64>,
    /// Fewer at once would be better.
    pub slow_down: bool,
    /// Its callback was given up.
    pub has_failed_for_good: bool,
    /// Short name of the outcome.
    pub outcome: &'a str,
    /// Status of the answer.
    pub status: Option<i64>,
}

/// A change of a receiver that people are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A callback was given up, the first since the last success.
    FirstFailure,
    /// It was paused.
    Paused,
    /// It answered a probe, and its pause is over.
    Resumed,
}

/// Successes in a row since the number in flight was last raised, per receiver of this process.
pub type Raises = std::collections::HashMap<(domain::AccountId, String), i64>;

/// Enters results into a receiver's row, in the order in which they ended; gives whether the row is
/// to be stored, and what people are told. `chance` in 0..1 spreads the breaker's times.
pub fn enter(
    target: &mut TargetRow,
    told: &[Told<'_>],
    successes: &mut i64,
    now_ms: i64,
    chance: f64,
) -> (bool, Vec<Turn>) {
    let mut turns = Vec::new();
    let mut is_changed = false;
    for one in told {
        match one.health {
            Health::Well => {
                is_changed |= succeed(target, successes, now_ms, &mut turns);
            }
            Health::Answers => {
                target.failures = 0;
                close(target, now_ms);
                fail(target, one, now_ms);
                is_changed = true;
            }
            Health::Sick => {
                *successes = 0;
                target.failures += 1;
                trip(target, one.probes_breaker, now_ms, chance);
                fail(target, one, now_ms);
                is_changed = true;
            }
            Health::Unknown => {
                if one.probes_breaker {
                    // The probe told nothing: the next one may go.
                    target.open_until = Some(now_ms);
                    target.due_by(now_ms);
                    is_changed = true;
                }
            }
        }
        if one.has_failed_for_good {
            target.failing_callbacks += 1;
            if target.failing_callbacks == 1 {
                turns.push(Turn::FirstFailure);
            }
            is_changed = true;
        }
        if one.slow_down {
            target.in_flight_max = (target.in_flight_max / 2).max(1);
            *successes = 0;
        }
        if let Some(not_before) = one.not_before {
            target.not_before = Some(target.not_before.map_or(not_before, |t| t.max(not_before)));
        }
    }
    if is_paused_by_failing(target, now_ms) {
        target.paused_by = Some("auto".to_owned());
        target.paused_at = Some(now_ms);
        target.releasing = false;
        target.due_by(now_ms);
        turns.push(Turn::Paused);
    }
    (is_changed, turns)
}

fn succeed(
    target: &mut TargetRow,
    successes: &mut i64,
    now_ms: i64,
    turns: &mut Vec<Turn>,
) -> bool {
    let was_well = target.failures == 0 && target.failing_since.is_none();
    let is_due = target
        .last_success_at
        .is_none_or(|last| now_ms - last >= SUCCESS_SAVED_EVERY_MS);
    target.failures = 0;
    target.failing_since = None;
    target.failing_tries = 0;
    target.failing_callbacks = 0;
    target.last_success_at = Some(now_ms);
    target.last_outcome = Some("delivered".to_owned());
    target.last_status = None;
    let was_open = close(target, now_ms);
    let is_raised = !was_open && raise(target, successes);
    if target.paused_by.as_deref() == Some("auto") {
        target.paused_by = None;
        target.paused_at = None;
        target.releasing = true;
        target.due_by(now_ms);
        turns.push(Turn::Resumed);
    }
    !was_well || is_due || was_open || is_raised || !turns.is_empty()
}

/// Closes the breaker: what waits is drained with one in flight, then two, four, eight.
fn close(target: &mut TargetRow, now_ms: i64) -> bool {
    if target.open_ms.is_none() {
        return false;
    }
    target.open_ms = None;
    target.open_until = None;
    target.in_flight_max = 1;
    target.receiver_late_until = Some(now_ms);
    target.due_by(now_ms);
    true
}

/// Doubles the number in flight after as many successes.
fn raise(target: &mut TargetRow, successes: &mut i64) -> bool {
    if target.in_flight_max >= IN_FLIGHT_MAX {
        return false;
    }
    *successes += 1;
    if *successes < target.in_flight_max {
        return false;
    }
    *successes = 0;
    target.in_flight_max = (2 * target.in_flight_max).min(IN_FLIGHT_MAX);
    true
}

fn fail(target: &mut TargetRow, told: &Told<'_>, now_ms: i64) {
    target.failing_since.get_or_insert(now_ms);
    target.failing_tries += 1;
    target.last_failure_at = Some(now_ms);
    target.last_outcome = Some(told.outcome.to_owned());
    target.last_status = told.status;
}

/// Opens the breaker, or keeps it open for twice as long after a probe that failed. Tries that had
/// begun before it opened change nothing.
fn trip(target: &mut TargetRow, is_probe: bool, now_ms: i64, chance: f64) {
    let open_ms = match target.open_ms {
        None if target.failures >= OPENS_AT => OPEN_FIRST_MS,
        Some(last_ms) if is_probe => (2 * last_ms).min(OPEN_MAX_MS),
        _ => return,
    };
    let spread = 1.0 + OPEN_SPREAD * (2.0 * chance.clamp(0.0, 1.0) - 1.0);
    let open_until = now_ms + (open_ms as f64 * spread) as i64;
    target.open_ms = Some(open_ms);
    target.open_until = Some(open_until);
    target.receiver_late_until = Some(now_ms);
    target.due_by(open_until);
}

fn is_paused_by_failing(target: &TargetRow, now_ms: i64) -> bool {
    target.paused_at.is_none()
        && target
            .failing_since
            .is_some_and(|since| now_ms - since >= PAUSE_AFTER_MS)
        && target.failing_tries >= PAUSE_TRIES
        && target.failing_callbacks >= PAUSE_CALLBACKS
}

#[cfg(test)]
mod tests {
    use domain::AccountId;
    use proptest::prelude::*;

    use super::*;
    use crate::workers::schedule::Schedule;

    fn target() -> TargetRow {
        TargetRow {
            account: AccountId::from_parts(1, [0; 6]),
            target: "http://127.0.0.1:1".to_owned(),
            next_due_at: None,
            served_at: 0,
            failures: 0,
            open_until: None,
            open_ms: None,
            not_before: None,
            receiver_late_until: None,
            in_flight_max: 8,
            failing_since: None,
            failing_tries: 0,
            failing_callbacks: 0,
            last_success_at: None,
            last_failure_at: None,
            last_outcome: None,
            last_status: None,
            paused_by: None,
            paused_at: None,
            releasing: false,
            gone_urls: 0,
        }
    }

    fn told(health: Health, probes_breaker: bool) -> Told<'static> {
        Told {
            health,
            probes_breaker,
            not_before: None,
            slow_down: false,
            has_failed_for_good: false,
            outcome: "http_status",
            status: Some(500),
        }
    }

    #[test]
    fn case_128_the_breaker_opens_doubles_and_closes() {
        let (mut target, mut successes, mut now) = (target(), 0, 1_000_000);
        let sick = |probes| [told(Health::Sick, probes)];
        for _ in 0..4 {
            enter(&mut target, &sick(false), &mut successes, now, 0.5);
            assert_eq!(target.open_until, None);
        }
        enter(&mut target, &sick(false), &mut successes, now, 0.5);
        assert_eq!(target.open_until, Some(now + 10_000));
        // What was in flight when it opened does not count as a probe.
        enter(&mut target, &sick(false), &mut successes, now + 5, 0.5);
        assert_eq!(target.open_until, Some(now + 10_000));
        for open_ms in [20_000, 40_000, 80_000, 160_000, 300_000, 300_000] {
            now = target.open_until.unwrap();
            enter(&mut target, &sick(true), &mut successes, now, 0.5);
            assert_eq!(target.open_until, Some(now + open_ms));
        }
        let well = [told(Health::Well, true)];
        enter(&mut target, &well, &mut successes, now, 0.5);
        assert_eq!((target.open_until, target.in_flight_max), (None, 1));
        let mut seen = Vec::new();
        for _ in 0..7 {
            enter(
                &mut target,
                &[told(Health::Well, false)],
                &mut successes,
                now,
                0.5,
            );
            seen.push(target.in_flight_max);
        }
        assert_eq!(seen, [2, 2, 4, 4, 4, 4, 8]);
    }

    #[test]
    fn case_129_a_receiver_dead_for_days_is_paused_and_resumed() {
        let (mut target, mut successes) = (target(), 0);
        let mut sick = told(Health::Sick, false);
        sick.has_failed_for_good = true;
        let (_, turns) = enter(&mut target, &[sick.clone()], &mut successes, 0, 0.5);
        assert_eq!(turns, [Turn::FirstFailure]);
        for _ in 0..60 {
            let (_, turns) = enter(&mut target, &[sick.clone()], &mut successes, 1, 0.5);
            assert_eq!(turns, []);
        }
        let (_, turns) = enter(&mut target, &[sick], &mut successes, PAUSE_AFTER_MS, 0.5);
        assert_eq!(turns, [Turn::Paused]);
        assert_eq!(target.paused_by.as_deref(), Some("auto"));
        let well = [told(Health::Well, false)];
        let (_, turns) = enter(&mut target, &well, &mut successes, PAUSE_AFTER_MS + 1, 0.5);
        assert_eq!(turns, [Turn::Resumed]);
        assert!(target.releasing && target.paused_at.is_none());
    }

    proptest! {
        #[test]
        fn case_128_a_lone_callback_keeps_its_schedule(
            jitter in prop::collection::vec(0.0..1.0, 20),
            spread in prop::collection::vec(0.0..1.0, 21),
            took_ms in 0_i64..1_000,
        ) {
            let schedule = Schedule::default();
            let (mut target, mut successes, mut now) = (target(), 0, 0);
            for tries in 1..=21_usize {
                prop_assert!(target.open_until.is_none_or(|until| until <= now), "try {tries}");
                let probes = target.open_ms.is_some();
                let ended = now + took_ms;
                enter(&mut target, &[told(Health::Sick, probes)], &mut successes, ended, spread[tries - 1]);
                let chance = *jitter.get(tries - 1).unwrap_or(&0.0);
                let next = schedule.next_try(tries as i64, 0, ended, chance);
                prop_assert_eq!(next.is_none(), tries == 21);
                now = next.unwrap_or(now);
            }
        }
    }
}
