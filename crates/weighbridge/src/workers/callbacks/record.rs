//! Recording of tries (callbacks.md 3.7): many in one transaction, each conditional on its lease.

use std::collections::{BTreeMap, BTreeSet};

use domain::{AccountId, BatchId, Environment};
use store::environment::callback_claims::{self, LeasedCallback};
use store::environment::callback_replays;
use store::environment::callback_results::{self, Finish, Finished, Next};
use store::environment::callback_targets::{self, TargetRow};
use store::{StoreError, Tx};

use super::breaker::{self, Raises, Told};
use super::flow::{Key, Standing};
use super::notices::Notice;
use super::outcome::{Ended, Health, Plan, Verdict};
use crate::operations::enqueue_callback::batch_quiet_ms;
use crate::workers::schedule::Schedule;

/// What the record of tries led to.
#[derive(Debug, Default)]
pub struct Recorded {
    /// How the receivers stand now.
    pub standings: Vec<(Key, Standing)>,
    /// What people are told.
    pub notices: Vec<Notice>,
    /// Something may be due at once.
    pub is_anything_due: bool,
    /// Successes in a row of receivers, as they are now.
    pub raises: Vec<(Key, i64)>,
}

/// Tries to be recorded together.
pub struct Record {
    /// The tries, ordered by account and task.
    ended: Vec<(Ended, Plan)>,
    environment: Environment,
    raises: Raises,
    now_ms: i64,
    chance: f64,
}

/// What is known of a receiver while tries are entered.
#[derive(Default)]
struct OfTarget<'a> {
    told: Vec<Told<'a>>,
    gone: Vec<&'a str>,
    answered_otherwise: Vec<&'a str>,
    due_at: Option<i64>,
}

impl OfTarget<'_> {
    fn due_by(&mut self, at_ms: i64) {
        self.due_at = Some(self.due_at.map_or(at_ms, |known| known.min(at_ms)));
    }
}

impl Record {
    /// Gets tries ready to be recorded.
    pub fn new(
        ended: Vec<Ended>,
        environment: Environment,
        schedule: &Schedule,
        raises: Raises,
        now_ms: i64,
        chance: f64,
    ) -> Self {
        let mut ended: Vec<(Ended, Plan)> = ended
            .into_iter()
            .map(|one| {
                let plan = one.plan(schedule);
                (one, plan)
            })
            .collect();
        // The order in which everybody takes locks.
        ended.sort_by_key(|(one, _)| {
            let callback = &one.callback;
            (callback.account, callback.task_id, callback.callback_id)
        });
        Self {
            ended,
            environment,
            raises,
            now_ms,
            chance,
        }
    }

    /// Records them.
    pub fn run(&self, tx: &mut Tx<'_>) -> Result<Recorded, StoreError> {
        let mut unsent = Vec::new();
        for (ended, plan) in &self.ended {
            if ended.result.verdict != Verdict::NotSent {
                let succeeded = task_result(ended, plan);
                callback_results::note_task_result(tx, &ended.callback, succeeded, self.now_ms)?;
            }
        }
        let mut targets: BTreeMap<(AccountId, &str), OfTarget<'_>> = BTreeMap::new();
        let mut batches: BTreeSet<(AccountId, BatchId)> = BTreeSet::new();
        let mut woken: Vec<(AccountId, String)> = Vec::new();
        for (ended, plan) in &self.ended {
            let callback = &ended.callback;
            let is_uncounted = matches!(ended.result.verdict, Verdict::Uncounted { .. });
            if is_uncounted && callback.resume_state.is_some() {
                // What was asked for is still to be done.
                let attempt = ended.attempt();
                let (account, id) = (callback.account, callback.callback_id);
                callback_results::add_attempt(tx, account, id, &attempt)?;
            }
            if ended.result.verdict == Verdict::NotSent
                || is_uncounted && callback.resume_state.is_some()
            {
                unsent.push(callback.clone());
                if callback.probes_breaker {
                    let target = targets.entry((callback.account, &callback.target));
                    target.or_default().told.push(tell(ended, plan, ""));
                }
                continue;
            }
            let finished = self.finish(tx, ended, plan)?;
            if !finished.is_ours {
                continue;
            }
            let account = callback.account;
            let target = targets.entry((account, &callback.target)).or_default();
            target.told.push(tell(ended, plan, finished.state));
            if callback.is_own_url {
                match ended.health() {
                    Health::Answers if ended.result.verdict == Verdict::Gone => {
                        target.gone.push(&callback.url);
                    }
                    Health::Well | Health::Answers => target.answered_otherwise.push(&callback.url),
                    Health::Sick | Health::Unknown => {}
                }
            }
            let own = targets.entry((account, &callback.own_target)).or_default();
            if let Some(next_try_at) = finished.next_try_at {
                own.due_by(next_try_at);
            }
            if callback.resume_state.as_deref() == Some("pending")
                && let Some(due_at) = callback.due_at
            {
                own.due_by(due_at);
            }
            woken.extend(finished.woken.map(|target| (account, target)));
            if let Some(batch) = callback.of_batch
                && callback.first_try_at.is_none()
            {
                batches.insert((account, batch));
            }
        }
        let mut later: Vec<(AccountId, String, i64)> = Vec::new();
        for (account, batch) in batches {
            let quiet_ms = batch_quiet_ms(self.environment);
            let released =
                callback_results::release_batch(tx, account, batch, quiet_ms, self.now_ms)?;
            later.extend(released.map(|(target, due_at)| (account, target, due_at)));
        }
        for (account, target, due_at) in &later {
            targets
                .entry((*account, target))
                .or_default()
                .due_by(*due_at);
        }
        for (account, target) in &woken {
            targets
                .entry((*account, target))
                .or_default()
                .due_by(self.now_ms);
        }
        callback_claims::hand_back(tx, &unsent)?;
        for callback in &unsent {
            let key = (callback.account, callback.target.as_str());
            targets.entry(key).or_default().due_by(self.now_ms);
        }
        self.enter(tx, targets)
    }

    /// Ends one try and adds its attempt.
    fn finish(&self, tx: &mut Tx<'_>, ended: &Ended, plan: &Plan) -> Result<Finished, StoreError> {
        let callback = &ended.callback;
        let result = &ended.result;
        let of = Finish {
            callback,
            next: plan.next,
            tries: plan.tries,
            window_start: plan.window_start,
            first_try_at: plan.first_try_at,
            status: result.status.map(i64::from),
            outcome: result.outcome,
            latency_ms: result.duration_ms,
            now_ms: self.now_ms,
        };
        let finished = if callback.resume_state.is_some() {
            callback_results::finish_outside(tx, &of)?
        } else {
            callback_results::finish(tx, &of)?
        };
        if let Some(job) = callback.resend_job.filter(|_| finished.is_ours) {
            let delivered = plan.next == Next::Delivered;
            callback_replays::note_sent(tx, callback.account, job, delivered)?;
        }
        let mut attempt = ended.attempt();
        if !finished.is_ours {
            let detail = format!(
                "late, after another worker had taken over: {}",
                result.detail
            );
            "late".clone_into(&mut attempt.outcome);
            attempt.detail = Some(detail);
        }
        callback_results::add_attempt(tx, callback.account, callback.callback_id, &attempt)?;
        Ok(finished)
    }

    /// Enters what was told of each receiver into its row.
    fn enter(
        &self,
        tx: &mut Tx<'_>,
        targets: BTreeMap<(AccountId, &str), OfTarget<'_>>,
    ) -> Result<Recorded, StoreError> {
        let mut recorded = Recorded::default();
        for ((account, name), of) in targets {
            if of.told.is_empty() && of.due_at.is_none() {
                continue;
            }
            let mut target = callback_targets::lock(tx, account, name)?;
            let mut is_changed = self.enter_gone(tx, &mut target, &of)?;
            let key: Key = (account, name.to_owned());
            let mut successes = self.raises.get(&key).copied().unwrap_or_default();
            let (is_entered, turns) = breaker::enter(
                &mut target,
                &of.told,
                &mut successes,
                self.now_ms,
                self.chance,
            );
            recorded.raises.push((key.clone(), successes));
            if let Some(due_at) = of.due_at
                && target.next_due_at.is_none_or(|known| known > due_at)
            {
                target.next_due_at = Some(due_at);
                is_changed = true;
            }
            if is_changed || is_entered {
                callback_targets::save(tx, &target)?;
            }
            recorded.is_anything_due |= target.next_due_at.is_some_and(|due| due <= self.now_ms);
            recorded
                .notices
                .extend(turns.into_iter().map(|turn| Notice {
                    account,
                    target: name.to_owned(),
                    turn,
                }));
            let standing = Standing::of(&target, self.now_ms);
            recorded.standings.push((key, standing));
        }
        Ok(recorded)
    }

    /// Notes which URLs answered 410, and which no longer do. A second 410 in a row pauses the
    /// URL: what comes after it is held.
    fn enter_gone(
        &self,
        tx: &mut Tx<'_>,
        target: &mut TargetRow,
        of: &OfTarget<'_>,
    ) -> Result<bool, StoreError> {
        let mut is_changed = false;
        if target.gone_urls > 0 {
            for url in &of.answered_otherwise {
                if callback_targets::forget_gone(tx, target.account, url)? {
                    target.gone_urls = (target.gone_urls - 1).max(0);
                    is_changed = true;
                }
            }
        }
        for url in &of.gone {
            if callback_targets::note_gone(tx, target.account, &target.target, url, self.now_ms)? {
                target.gone_urls += 1;
                is_changed = true;
            }
        }
        Ok(is_changed)
    }
}

/// What a try says of its task. One outside the schedule says something only if it succeeded at
/// the callback's own address.
fn task_result(ended: &Ended, plan: &Plan) -> Option<bool> {
    let callback = &ended.callback;
    let is_outside = callback.resume_state.is_some();
    let counts = !is_outside || callback.is_own_url && plan.next == Next::Delivered;
    plan.next.task_result().filter(|_| counts)
}

fn tell<'a>(ended: &'a Ended, plan: &Plan, state: &str) -> Told<'a> {
    let is_by_schedule = ended.callback.resume_state.is_none();
    let (retry_after_ms, slow_down) = match ended.result.verdict {
        Verdict::Failed {
            retry_after_ms,
            slow_down,
            ..
        } => (retry_after_ms, slow_down),
        _ => (None, false),
    };
    Told {
        health: ended.health(),
        probes_breaker: ended.callback.probes_breaker,
        not_before: retry_after_ms.map(|wish_ms| match plan.next {
            Next::TryAt(next) if is_by_schedule => next,
            _ => ended.finished_ms + wish_ms,
        }),
        slow_down,
        has_failed_for_good: is_by_schedule && matches!(state, "failed" | "blocked"),
        outcome: ended.result.outcome,
        status: ended.result.status.map(i64::from),
    }
}

/// The leases of what was claimed and will not be sent.
pub fn hand_back(
    tx: &mut Tx<'_>,
    callbacks: &[LeasedCallback],
    now_ms: i64,
) -> Result<(), StoreError> {
    callback_claims::hand_back(tx, callbacks)?;
    let targets: BTreeSet<(AccountId, &str)> = callbacks
        .iter()
        .map(|callback| (callback.account, callback.target.as_str()))
        .collect();
    for (account, target) in targets {
        callback_targets::make_due(tx, account, target, now_ms)?;
    }
    Ok(())
}
