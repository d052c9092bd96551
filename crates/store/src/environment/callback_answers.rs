//! An answer to a callback that somebody else than a worker got: `weighbridge listen --deliver`
//! brought it to a program that no callback can reach (callbacks.md part 6).

use domain::{AccountId, BatchId, CallbackId, TaskId};

use super::callback_results::{self, NewAttempt};
use super::{callback_targets, tasks};
use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    TASK_OF = "SELECT task_id FROM callbacks WHERE account_id = $1 AND callback_id = $2";
    LOCK = "SELECT state, sequence, of_batch, first_try_at FROM callbacks
        WHERE account_id = $1 AND callback_id = $2" postgres_tail "FOR UPDATE";
    DELIVER = "UPDATE callbacks SET state = 'delivered', done_at = $1, next_try_at = NULL,
        held_for = NULL, held_at = NULL, first_try_at = coalesce(first_try_at, $1),
        last_outcome = $2, last_status = $3, last_latency_ms = $4
        WHERE account_id = $5 AND callback_id = $6";
    NOTE = "UPDATE callbacks SET last_outcome = $1, last_status = $2, last_latency_ms = $3
        WHERE account_id = $4 AND callback_id = $5";
}

/// States in which an answer counts.
const OPEN: [&str; 4] = ["pending", "held", "failed", "blocked"];

/// What came of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It is recorded; the state after it.
    Recorded(String),
    /// A worker is sending the callback, or there is nothing more to be answered; the state.
    NotOpen(String),
}

/// A callback that was found open.
struct Open {
    state: String,
    sequence: i64,
    of_batch: Option<BatchId>,
    was_tried: bool,
}

/// Records an answer that came past the schedule: one that acknowledges ends the callback as
/// delivered, any other leaves it as it is. `quiet_ms` is how long a batch's callback waits after
/// the batch was completed. `None`: the account has no such callback.
pub fn record(
    tx: &mut Tx<'_>,
    account: AccountId,
    callback_id: CallbackId,
    attempt: &NewAttempt,
    is_acknowledged: bool,
    quiet_ms: i64,
    now_ms: i64,
) -> Result<Option<Answered>, StoreError> {
    let found = tx.query_optional(&TASK_OF, params![account, callback_id], |row| row.get(0))?;
    let Some(task_id): Option<Option<TaskId>> = found else {
        return Ok(None);
    };
    // Locks are taken in this order everywhere: the task, then its callbacks.
    if let Some(task_id) = task_id {
        tasks::lock(tx, account, task_id)?;
    }
    let open = tx.query_optional(&LOCK, params![account, callback_id], |row| {
        Ok(Open {
            state: row.get(0)?,
            sequence: row.get(1)?,
            of_batch: row.get(2)?,
            was_tried: row.get::<Option<i64>>(3)?.is_some(),
        })
    })?;
    let Some(open) = open else {
        return Ok(None);
    };
    if !OPEN.contains(&open.state.as_str()) {
        return Ok(Some(Answered::NotOpen(open.state)));
    }
    callback_results::add_attempt(tx, account, callback_id, attempt)?;
    let (outcome, status, took_ms) = (&attempt.outcome, attempt.http_status, attempt.duration_ms);
    if !is_acknowledged {
        let params = params![outcome, status, took_ms, account, callback_id];
        tx.execute(&NOTE, params)?;
        return Ok(Some(Answered::Recorded(open.state)));
    }
    let params = params![now_ms, outcome, status, took_ms, account, callback_id];
    tx.execute(&DELIVER, params)?;
    if let Some(task_id) = task_id {
        tasks::set_callback_result(tx, account, task_id, true, now_ms)?;
        callback_results::release_successor(tx, account, task_id, open.sequence, now_ms)?;
    }
    if let Some(batch) = open.of_batch.filter(|_| !open.was_tried) {
        let released = callback_results::release_batch(tx, account, batch, quiet_ms, now_ms)?;
        if let Some((target, due_at)) = released {
            callback_targets::make_due(tx, account, &target, due_at)?;
        }
    }
    Ok(Some(Answered::Recorded("delivered".to_owned())))
}
