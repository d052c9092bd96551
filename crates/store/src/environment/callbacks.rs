//! The outbox of callbacks (callbacks.md 3.1): a row is inserted in the transaction that changes the
//! task, and is the queue. Here it is filled and read; `callback_claims` and `callback_results`
//! empty it.

use domain::{AccountId, BatchId, CallbackId, ProjectId, TaskId};

use super::{callback_bodies, callback_targets};
use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO callbacks (account_id, callback_id, task_id, batch_id, of_batch,
        project_id, event, sequence, url, target, state, held_for, held_at, tries, created_at,
        next_try_at, lease_epoch, is_trial)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14, $15, 0, $16)";
    SUPERSEDE_BATCH = "UPDATE callbacks SET state = 'superseded', done_at = $1, next_try_at = NULL
        WHERE account_id = $2 AND batch_id = $3 AND task_id IS NULL
        AND state IN ('pending', 'held') AND tries = 0";
    SUPERSEDE_TRIED = "UPDATE callbacks SET state = 'superseded', done_at = $1, next_try_at = NULL
        WHERE account_id = $2 AND task_id = $3 AND sequence < $4
        AND state IN ('pending', 'held') AND first_try_at IS NOT NULL";
    EARLIER_OPEN = "SELECT sequence FROM callbacks WHERE account_id = $1 AND task_id = $2
        AND sequence < $3 AND state IN ('pending', 'sending', 'held') LIMIT 1";
    UNTRIED_OF_BATCH = "SELECT callback_id FROM callbacks WHERE account_id = $1 AND of_batch = $2
        AND first_try_at IS NULL AND state IN ('pending', 'sending') LIMIT 1";
    URL_IS_PAUSED = "SELECT gone FROM callback_urls WHERE account_id = $1 AND url = $2
        AND paused_at IS NOT NULL";
    OF_TASK = "SELECT callback_id, event, url, state, tries, created_at, next_try_at, done_at,
        last_outcome FROM callbacks WHERE account_id = $1 AND task_id = $2 ORDER BY sequence";
    ATTEMPTS = "SELECT n, started_at, duration_ms, address, http_status, outcome, detail
        FROM callback_attempts WHERE account_id = $1 AND callback_id = $2 ORDER BY n";
}

/// A batch's callback waits at most this long for the first tries of its tasks' callbacks
/// (callbacks.md 3.8).
const BATCH_WAIT_MS: i64 = 60 * 1000;

/// A callback to be sent.
#[derive(Clone, Debug)]
pub struct NewCallback<'a> {
    /// Id; its time is the creation time.
    pub callback_id: CallbackId,
    /// The task whose change it tells.
    pub task_id: Option<TaskId>,
    /// The batch whose change it tells: for a batch's own events alone.
    pub batch_id: Option<BatchId>,
    /// The batch that the task belongs to.
    pub of_batch: Option<BatchId>,
    /// The project that the task or batch belongs to.
    pub project_id: Option<ProjectId>,
    /// `task.completed`, `batch.completed` …
    pub event: &'a str,
    /// Number of the task's change, from 1.
    pub sequence: i64,
    /// Where to.
    pub url: &'a str,
    /// The receiver that the URL names, `scheme://host:port`, or `mailto:address`.
    pub target: &'a str,
    /// The exact bytes that each try sends.
    pub body: &'a [u8],
    /// Milliseconds until the first try.
    pub delay_ms: i64,
    /// A test callback that a person sends.
    pub is_trial: bool,
}

/// Puts a callback into the outbox, at its place in the order of its task or batch.
pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    callback: &NewCallback<'_>,
) -> Result<(), StoreError> {
    let created_at = callback.callback_id.time_ms();
    let target = callback_targets::find_for_insert(tx, account, callback.target)?;
    let held_for = match &target {
        Some(target) if target.is_paused => Some("pause"),
        Some(target) if target.gone_urls > 0 && is_paused_url(tx, account, callback.url)? => {
            Some("gone")
        }
        _ => None,
    };
    let due_at = due_at(tx, account, callback)?;
    tx.execute(
        &INSERT,
        params![
            account,
            callback.callback_id,
            callback.task_id,
            callback.batch_id,
            callback.of_batch,
            callback.project_id,
            callback.event,
            callback.sequence,
            callback.url,
            callback.target,
            if held_for.is_some() {
                "held"
            } else {
                "pending"
            },
            held_for,
            held_for.map(|_| created_at),
            created_at,
            due_at,
            callback.is_trial
        ],
    )?;
    callback_bodies::insert(tx, account, callback.callback_id, callback.body)?;
    let look_at = match (held_for, due_at) {
        // Whether it is held too long is looked at when the target is.
        (Some(_), _) => Some(created_at + callback_targets::HELD_LOOK_EVERY_MS),
        (None, due_at) => due_at,
    };
    callback_targets::note_inserted(tx, account, callback.target, target.as_ref(), look_at)
}

/// When a new callback may be tried first; `None`: after an earlier state of its task.
fn due_at(
    tx: &mut Tx<'_>,
    account: AccountId,
    callback: &NewCallback<'_>,
) -> Result<Option<i64>, StoreError> {
    let created_at = callback.callback_id.time_ms();
    let due_at = created_at + callback.delay_ms;
    if let Some(task_id) = callback.task_id
        && callback.sequence > 1
    {
        tx.execute(
            &SUPERSEDE_TRIED,
            params![created_at, account, task_id, callback.sequence],
        )?;
        if has_earlier_open(tx, account, task_id, callback.sequence)? {
            return Ok(None);
        }
    }
    if let Some(batch_id) = callback.batch_id
        && callback.task_id.is_none()
        && has_untried_of_batch(tx, account, batch_id)?
    {
        return Ok(Some(due_at.max(created_at + BATCH_WAIT_MS)));
    }
    Ok(Some(due_at))
}

/// Whether an earlier state of the task may still go out.
pub(super) fn has_earlier_open(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
    sequence: i64,
) -> Result<bool, StoreError> {
    let earlier: Option<i64> =
        tx.query_optional(&EARLIER_OPEN, params![account, task_id, sequence], |row| {
            row.get(0)
        })?;
    Ok(earlier.is_some())
}

/// Whether callbacks of the batch's tasks wait for their first try.
pub(super) fn has_untried_of_batch(
    tx: &mut Tx<'_>,
    account: AccountId,
    batch: BatchId,
) -> Result<bool, StoreError> {
    let untried: Option<CallbackId> =
        tx.query_optional(&UNTRIED_OF_BATCH, params![account, batch], |row| row.get(0))?;
    Ok(untried.is_some())
}

fn is_paused_url(tx: &mut Tx<'_>, account: AccountId, url: &str) -> Result<bool, StoreError> {
    let gone: Option<i64> =
        tx.query_optional(&URL_IS_PAUSED, params![account, url], |row| row.get(0))?;
    Ok(gone.is_some())
}

/// Withdraws a batch's callback that was not tried yet: the batch has changed since.
pub fn supersede_of_batch(
    tx: &mut Tx<'_>,
    account: AccountId,
    batch: BatchId,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&SUPERSEDE_BATCH, params![now_ms, account, batch])?;
    Ok(())
}

/// A callback as the task page shows it.
#[derive(Clone, Debug)]
pub struct CallbackRow {
    /// Id.
    pub callback_id: CallbackId,
    /// Name of the event.
    pub event: String,
    /// Where to.
    pub url: String,
    /// State.
    pub state: String,
    /// Tries so far.
    pub tries: i64,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub next_try_at: Option<i64>,
    /// Unix ms.
    pub done_at: Option<i64>,
    /// Short name of the last outcome.
    pub last_outcome: Option<String>,
}

/// Callbacks of a task, in order.
pub fn of_task(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
) -> Result<Vec<CallbackRow>, StoreError> {
    tx.query(&OF_TASK, params![account, task_id], |row| {
        Ok(CallbackRow {
            callback_id: row.get(0)?,
            event: row.get(1)?,
            url: row.get(2)?,
            state: row.get(3)?,
            tries: row.get(4)?,
            created_at: row.get(5)?,
            next_try_at: row.get(6)?,
            done_at: row.get(7)?,
            last_outcome: row.get(8)?,
        })
    })
}

/// One attempt as the task page shows it.
#[derive(Clone, Debug)]
pub struct AttemptRow {
    /// From 1.
    pub n: i64,
    /// Unix ms.
    pub started_at: i64,
    /// Milliseconds.
    pub duration_ms: Option<i64>,
    /// Address that was connected to.
    pub address: Option<String>,
    /// Status of the answer.
    pub http_status: Option<i64>,
    /// Short name of the outcome.
    pub outcome: String,
    /// In words.
    pub detail: Option<String>,
}

/// Attempts of a callback, in order.
pub fn attempts(
    tx: &mut Tx<'_>,
    account: AccountId,
    callback_id: CallbackId,
) -> Result<Vec<AttemptRow>, StoreError> {
    tx.query(&ATTEMPTS, params![account, callback_id], |row| {
        Ok(AttemptRow {
            n: row.get(0)?,
            started_at: row.get(1)?,
            duration_ms: row.get(2)?,
            address: row.get(3)?,
            http_status: row.get(4)?,
            outcome: row.get(5)?,
            detail: row.get(6)?,
        })
    })
}
