//! Callbacks that are kept back while their receiver is paused (callbacks.md 3.6), and those whose
//! window has ended while it was down. All in steps, since there may be a million.

use domain::{AccountId, CallbackId, TaskId};

use super::{callback_results, callback_targets, callbacks};
use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    HOLD = "UPDATE callbacks SET state = 'held', held_for = 'pause', held_at = $1
        WHERE account_id = $2 AND callback_id IN (SELECT callback_id FROM callbacks
            WHERE account_id = $2 AND target = $3 AND state = 'pending' LIMIT $4)";
    HELD = "SELECT callback_id, task_id, sequence, url, held_for, held_at, next_try_at
        FROM callbacks WHERE account_id = $1 AND target = $2 AND state = 'held'
        AND held_for <> $3 ORDER BY callback_id LIMIT $4"
        postgres_tail "FOR UPDATE";
    RELEASE = "UPDATE callbacks SET state = 'pending', held_for = NULL, held_at = NULL,
        next_try_at = $1, window_start = window_start + $2
        WHERE account_id = $3 AND callback_id = $4 AND state = 'held'";
    IS_ANY_HELD = "SELECT callback_id FROM callbacks WHERE account_id = $1 AND target = $2
        AND state = 'held' LIMIT 1";
    // Targets over plain http alone are looked at: '/' is followed by '0'.
    COUNT_PLAIN_HTTP = "SELECT count(*) FROM (SELECT 1 FROM callbacks WHERE account_id = $1
        AND state = 'held' AND target >= 'http://' AND target < 'http:/0'
        AND held_for = 'plain_http' LIMIT $2) AS held";
    HELD_TOO_LONG = "SELECT callback_id, task_id, sequence FROM callbacks
        WHERE account_id = $1 AND target = $2 AND state = 'held' AND callback_id < $3
        AND held_at < $4 ORDER BY callback_id LIMIT $5"
        postgres_tail "FOR UPDATE";
    WINDOW_ENDED = "SELECT callback_id, task_id, sequence FROM callbacks
        WHERE account_id = $1 AND target = $2 AND state = 'pending' AND next_try_at < $3
        ORDER BY next_try_at LIMIT $4"
        postgres_tail "FOR UPDATE";
    GIVE_UP = "UPDATE callbacks SET state = 'failed', done_at = $1, next_try_at = NULL,
        held_for = NULL, held_at = NULL, last_outcome = $2
        WHERE account_id = $3 AND callback_id = $4 AND state IN ('pending', 'held')";
    TASK_FAILED = "UPDATE tasks SET callback_succeeded = 0, callback_succeeded_at = NULL
        WHERE account_id = $1 AND task_id = $2 AND coalesce(callback_succeeded, 2) <> 0";
}

/// Rows that one step moves.
pub const STEP: i64 = 1000;
/// Rows that one step gives up.
pub const GIVE_UP_STEP: i64 = 500;

/// Most callbacks that [`count_plain_http`] counts.
pub const COUNT_MAX: i64 = 10_000;

/// How many callbacks of an account wait for its policy on plain http, up to [`COUNT_MAX`].
pub fn count_plain_http(tx: &mut Tx<'_>, account: AccountId) -> Result<i64, StoreError> {
    let counted = tx.query_optional(&COUNT_PLAIN_HTTP, params![account, COUNT_MAX], |row| {
        row.get(0)
    })?;
    Ok(counted.unwrap_or(0))
}

/// Holds up to [`STEP`] waiting callbacks of a paused receiver; gives their number.
pub fn hold(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
    now_ms: i64,
) -> Result<u64, StoreError> {
    tx.execute(&HOLD, params![now_ms, account, target, STEP])
}

/// Puts up to [`STEP`] held callbacks of a receiver back into the queue, oldest first, each behind
/// the earlier states of its task; gives their number. The time that they were held does not
/// shorten their window. Those of paused URLs come along only `with_gone`.
pub fn release(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
    with_gone: bool,
    now_ms: i64,
) -> Result<usize, StoreError> {
    struct Held {
        callback_id: CallbackId,
        task_id: Option<TaskId>,
        sequence: i64,
        url: String,
        is_gone: bool,
        since: i64,
    }
    let excluded = if with_gone { "" } else { "gone" };
    let held = tx.query(&HELD, params![account, target, excluded, STEP], |row| {
        Ok(Held {
            callback_id: row.get(0)?,
            task_id: row.get(1)?,
            sequence: row.get(2)?,
            url: row.get(3)?,
            is_gone: row.get::<Option<String>>(4)?.as_deref() == Some("gone"),
            since: row.get::<Option<i64>>(5)?.unwrap_or(now_ms),
        })
    })?;
    let number = held.len();
    for row in held {
        let waits = match row.task_id {
            Some(task_id) => callbacks::has_earlier_open(tx, account, task_id, row.sequence)?,
            None => false,
        };
        let next_try_at = (!waits).then_some(now_ms);
        let held_ms = (now_ms - row.since).max(0);
        tx.execute(
            &RELEASE,
            params![next_try_at, held_ms, account, row.callback_id],
        )?;
        if row.is_gone {
            callback_targets::forget_gone(tx, account, &row.url)?;
        }
    }
    Ok(number)
}

/// Whether a receiver has held callbacks.
pub fn is_any_held(tx: &mut Tx<'_>, account: AccountId, target: &str) -> Result<bool, StoreError> {
    let held: Option<CallbackId> =
        tx.query_optional(&IS_ANY_HELD, params![account, target], |row| row.get(0))?;
    Ok(held.is_some())
}

/// A callback that is given up.
struct GivenUp {
    callback_id: CallbackId,
    task_id: Option<TaskId>,
    sequence: i64,
}

fn read_given_up(row: &Row<'_>) -> Result<GivenUp, StoreError> {
    Ok(GivenUp {
        callback_id: row.get(0)?,
        task_id: row.get(1)?,
        sequence: row.get(2)?,
    })
}

/// Gives up to [`GIVE_UP_STEP`] callbacks up that have been held since before `before_ms`; gives
/// their number.
pub fn give_up_held(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
    before_ms: i64,
    now_ms: i64,
) -> Result<usize, StoreError> {
    // Nothing is held longer than it exists, and ids begin with their time.
    let youngest = CallbackId::lowest_at(before_ms.max(0) as u64);
    let rows = tx.query(
        &HELD_TOO_LONG,
        params![account, target, youngest, before_ms, GIVE_UP_STEP],
        read_given_up,
    )?;
    give_up(tx, account, rows, "held_too_long", now_ms)
}

/// Gives up to [`GIVE_UP_STEP`] callbacks of a receiver that is down up, which have waited since
/// before `before_ms` for a try; gives their number.
pub fn give_up_waiting(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
    before_ms: i64,
    now_ms: i64,
) -> Result<usize, StoreError> {
    let rows = tx.query(
        &WINDOW_ENDED,
        params![account, target, before_ms, GIVE_UP_STEP],
        read_given_up,
    )?;
    give_up(tx, account, rows, "target_down", now_ms)
}

fn give_up(
    tx: &mut Tx<'_>,
    account: AccountId,
    mut rows: Vec<GivenUp>,
    outcome: &str,
    now_ms: i64,
) -> Result<usize, StoreError> {
    rows.sort_unstable_by_key(|row| (row.task_id, row.callback_id));
    for row in &rows {
        if let Some(task_id) = row.task_id {
            tx.execute(&TASK_FAILED, params![account, task_id])?;
        }
        tx.execute(&GIVE_UP, params![now_ms, outcome, account, row.callback_id])?;
    }
    for row in &rows {
        if let Some(task_id) = row.task_id {
            callback_results::release_successor(tx, account, task_id, row.sequence, now_ms)?;
        }
    }
    Ok(rows.len())
}
