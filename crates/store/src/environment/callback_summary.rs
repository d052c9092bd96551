//! Numbers about an account's callbacks, and the state of its targets. Each number is read from an
//! index and bounded, so that they cost the same at any number of callbacks.

use domain::{AccountId, CallbackId};

use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

/// Counts stop here.
pub const COUNT_MAX: i64 = 10_000;
/// Counts of one target stop here.
pub const TARGET_COUNT_MAX: i64 = 1_000;
/// Callbacks that are looked at for the rates, the newest ones.
const RECENT: i64 = 3_000;
/// Targets among which those to be shown are chosen.
const TARGETS_MAX: i64 = 10_000;

statements! {
    RECENT_ONES = "SELECT state, created_at, first_try_at,
            CAST(CASE WHEN batch_id IS NOT NULL OR held_at IS NOT NULL THEN 1 ELSE 0 END AS BIGINT)
        FROM callbacks WHERE account_id = $1 AND is_trial = 0 ORDER BY callback_id DESC LIMIT $2";
    PENDING = "SELECT count(*) FROM (SELECT 1 FROM callbacks
        WHERE account_id = $1 AND state = 'pending' LIMIT $2) c";
    HELD = "SELECT count(*) FROM (SELECT 1 FROM callbacks
        WHERE account_id = $1 AND state = 'held' LIMIT $2) c";
    FAILED = "SELECT count(*) FROM (SELECT 1 FROM callbacks
        WHERE account_id = $1 AND state = 'failed' AND is_trial = 0 LIMIT $2) c";
    PENDING_AT = "SELECT count(*) FROM (SELECT 1 FROM callbacks
        WHERE account_id = $1 AND target = $2 AND state = 'pending' LIMIT $3) c";
    HELD_AT = "SELECT count(*) FROM (SELECT 1 FROM callbacks
        WHERE account_id = $1 AND target = $2 AND state = 'held' LIMIT $3) c";
    OLDEST_DUE_AT = "SELECT next_try_at FROM callbacks
        WHERE account_id = $1 AND target = $2 AND state = 'pending' AND next_try_at IS NOT NULL
        ORDER BY next_try_at LIMIT 1";
    TARGETS = "SELECT target, failures, open_until, not_before, paused_at, paused_by,
        last_success_at, last_failure_at, last_outcome, last_status, next_due_at
        FROM (SELECT * FROM callback_targets WHERE account_id = $1 LIMIT $2) t
        ORDER BY (CASE WHEN paused_at IS NOT NULL THEN 0 WHEN open_until IS NOT NULL THEN 1
            WHEN failures > 0 THEN 2 ELSE 3 END), failures DESC, served_at DESC, target LIMIT $3";
    TARGET = "SELECT target, failures, open_until, not_before, paused_at, paused_by,
        last_success_at, last_failure_at, last_outcome, last_status, next_due_at
        FROM callback_targets WHERE account_id = $1 AND target = $2";
    NEWEST = "SELECT callback_id FROM callbacks WHERE account_id = $1
        ORDER BY callback_id DESC LIMIT 1";
    STIR = "SELECT CAST(coalesce(sum(coalesce(last_success_at, 0) + coalesce(last_failure_at, 0)
            + coalesce(paused_at, 0) + releasing), 0) AS BIGINT)
        FROM (SELECT * FROM callback_targets WHERE account_id = $1 LIMIT $2) t";
    ASKED = "SELECT count(*) FROM (SELECT 1 FROM callbacks
        WHERE account_id = $1 AND resend_at IS NOT NULL LIMIT $2) c";
    REPLAYED = "SELECT CAST(coalesce(sum(sent + CASE WHEN state = 'running' THEN 1000000007
            WHEN state = 'paused' THEN 2000000011 ELSE 3000000019 END), 0) AS BIGINT)
        FROM (SELECT sent, state FROM callback_replays WHERE account_id = $1
            ORDER BY replay_id DESC LIMIT 50) r";
}

/// The state of deliveries to one target. Times are Unix ms.
#[derive(Clone, Debug)]
pub struct TargetState {
    /// Scheme, host and port.
    pub target: String,
    /// Failures in a row.
    pub failures: i64,
    /// Until when the breaker lets nothing through but a probe.
    pub open_until: Option<i64>,
    /// Until when the receiver asked for rest.
    pub not_before: Option<i64>,
    /// Since when it is paused.
    pub paused_at: Option<i64>,
    /// `auto`, `person`, `start`.
    pub paused_by: Option<String>,
    /// The last success.
    pub last_success_at: Option<i64>,
    /// The last failure.
    pub last_failure_at: Option<i64>,
    /// Short name of the last outcome.
    pub last_outcome: Option<String>,
    /// Status of the last answer.
    pub last_status: Option<i64>,
    /// When it is looked at again.
    pub next_due_at: Option<i64>,
    /// Callbacks that wait for it, up to [`TARGET_COUNT_MAX`].
    pub pending: i64,
    /// Callbacks that are held, up to [`TARGET_COUNT_MAX`].
    pub held: i64,
    /// When the callback that waits longest is or was due.
    pub oldest_due_at: Option<i64>,
}

/// Numbers of an account in one mode.
#[derive(Clone, Debug, Default)]
pub struct CallbackSummary {
    /// Callbacks among the newest that have ended, by delivery or not; at most 1000.
    pub ended: i64,
    /// Those of them that were delivered.
    pub delivered: i64,
    /// Milliseconds from the commit to the first try, of at most 1000 among the newest; sorted.
    pub lags_ms: Vec<i64>,
    /// Callbacks that wait, up to [`COUNT_MAX`].
    pub pending: i64,
    /// Callbacks that are held, up to [`COUNT_MAX`].
    pub held: i64,
    /// Callbacks that were given up, up to [`COUNT_MAX`].
    pub failed: i64,
    /// Targets, those in trouble first.
    pub targets: Vec<TargetState>,
}

/// Rates are over this many callbacks at most.
const RATED_MAX: usize = 1_000;

/// Numbers of an account, with at most `targets_max` targets.
pub fn of_account(
    tx: &mut Tx<'_>,
    account: AccountId,
    targets_max: i64,
) -> Result<CallbackSummary, StoreError> {
    let mut summary = CallbackSummary::default();
    let recent = tx.query(&RECENT_ONES, params![account, RECENT], |row| {
        let (created_at, first_try_at): (i64, Option<i64>) = (row.get(1)?, row.get(2)?);
        let waited_on_purpose: bool = row.get(3)?;
        let lag = first_try_at.filter(|_| !waited_on_purpose);
        Ok((row.get::<String>(0)?, lag.map(|at| at - created_at)))
    })?;
    for (state, lag_ms) in recent {
        if (summary.ended as usize) < RATED_MAX {
            let is_delivered = state == "delivered";
            let has_ended = is_delivered || state == "failed" || state == "blocked";
            summary.ended += i64::from(has_ended);
            summary.delivered += i64::from(is_delivered);
        }
        if summary.lags_ms.len() < RATED_MAX {
            summary.lags_ms.extend(lag_ms);
        }
    }
    summary.lags_ms.sort_unstable();
    let mut count = |statement| -> Result<i64, StoreError> {
        let counted =
            tx.query_optional(statement, params![account, COUNT_MAX], |row| row.get(0))?;
        Ok(counted.unwrap_or(0))
    };
    summary.pending = count(&PENDING)?;
    summary.held = count(&HELD)?;
    summary.failed = count(&FAILED)?;
    summary.targets = tx.query(
        &TARGETS,
        params![account, TARGETS_MAX, targets_max],
        read_target,
    )?;
    for target in &mut summary.targets {
        count_waiting(tx, account, target)?;
    }
    Ok(summary)
}

/// Callbacks that were given up, up to [`COUNT_MAX`].
pub fn failed(tx: &mut Tx<'_>, account: AccountId) -> Result<i64, StoreError> {
    let counted = tx.query_optional(&FAILED, params![account, COUNT_MAX], |row| row.get(0))?;
    Ok(counted.unwrap_or(0))
}

/// The state of one target; `None`: nothing was ever sent there.
pub fn target(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
) -> Result<Option<TargetState>, StoreError> {
    let Some(mut state) = tx.query_optional(&TARGET, params![account, target], read_target)? else {
        return Ok(None);
    };
    count_waiting(tx, account, &mut state)?;
    Ok(Some(state))
}

fn read_target(row: &crate::driver::value::Row<'_>) -> Result<TargetState, StoreError> {
    Ok(TargetState {
        target: row.get(0)?,
        failures: row.get(1)?,
        open_until: row.get(2)?,
        not_before: row.get(3)?,
        paused_at: row.get(4)?,
        paused_by: row.get(5)?,
        last_success_at: row.get(6)?,
        last_failure_at: row.get(7)?,
        last_outcome: row.get(8)?,
        last_status: row.get(9)?,
        next_due_at: row.get(10)?,
        pending: 0,
        held: 0,
        oldest_due_at: None,
    })
}

fn count_waiting(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &mut TargetState,
) -> Result<(), StoreError> {
    let name = target.target.as_str();
    let bounded = params![account, name, TARGET_COUNT_MAX];
    let pending = tx.query_optional(&PENDING_AT, bounded, |row| row.get(0))?;
    let held = tx.query_optional(&HELD_AT, bounded, |row| row.get(0))?;
    let oldest = tx.query_optional(&OLDEST_DUE_AT, params![account, name], |row| row.get(0))?;
    target.pending = pending.unwrap_or(0);
    target.held = held.unwrap_or(0);
    target.oldest_due_at = oldest;
    Ok(())
}

/// What changes whenever a callback of the account is made, tried, asked for again, or a target is
/// paused or resumed. Cheap: open pages ask for it all the time.
pub fn fingerprint(tx: &mut Tx<'_>, account: AccountId) -> Result<String, StoreError> {
    let newest: Option<CallbackId> =
        tx.query_optional(&NEWEST, params![account], |row| row.get(0))?;
    let number = |found: Option<i64>| found.unwrap_or(0);
    let stir = tx.query_optional(&STIR, params![account, TARGETS_MAX], |row| row.get(0))?;
    let asked = tx.query_optional(&ASKED, params![account, COUNT_MAX], |row| row.get(0))?;
    let replayed = tx.query_optional(&REPLAYED, params![account], |row| row.get(0))?;
    Ok(format!(
        "{}.{}.{}.{}",
        newest.map_or_else(String::new, |id| id.to_string()),
        number(stir),
        number(asked),
        number(replayed)
    ))
}
