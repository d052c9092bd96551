//! The outbox of callbacks (callbacks.md 3.1, 3.7): a row is inserted in the transaction that
//! changes the task, and is the queue.

use domain::{AccountId, BatchId, CallbackId, TaskId};

use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO callbacks (account_id, callback_id, task_id, batch_id, event, sequence,
        url, state, tries, created_at, next_try_at, lease_epoch)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'pending', 0, $8, $9, 0)";
    SUPERSEDE_BATCH = "UPDATE callbacks SET state = 'superseded', done_at = $1, next_try_at = NULL
        WHERE account_id = $2 AND batch_id = $3 AND state = 'pending' AND tries = 0";
    INSERT_BODY = "INSERT INTO callback_bodies (account_id, callback_id, body)
        VALUES ($1, $2, $3)";
    DUE = "SELECT account_id, callback_id FROM callbacks
        WHERE state = 'pending' AND next_try_at <= $1 ORDER BY next_try_at LIMIT $2"
        postgres_tail "FOR UPDATE SKIP LOCKED";
    LAPSED = "SELECT account_id, callback_id FROM callbacks
        WHERE state = 'sending' AND lease_until <= $1 ORDER BY lease_until LIMIT $2"
        postgres_tail "FOR UPDATE SKIP LOCKED";
    LEASE = "UPDATE callbacks SET state = 'sending', lease_owner = $1,
        lease_epoch = lease_epoch + 1, lease_until = $2
        WHERE account_id = $3 AND callback_id = $4";
    LEASED = "SELECT c.account_id, c.callback_id, c.task_id, c.batch_id, c.event, c.sequence,
        c.url, c.tries, c.created_at, c.next_try_at, c.window_start, c.lease_epoch, b.body
        FROM callbacks c JOIN callback_bodies b ON b.account_id = c.account_id
        AND b.callback_id = c.callback_id
        WHERE c.account_id = $1 AND c.callback_id = $2";
    FINISH = "UPDATE callbacks SET state = $1, tries = $2, next_try_at = $3, window_start = $4,
        done_at = $5, last_outcome = $6, lease_owner = NULL, lease_until = NULL
        WHERE account_id = $7 AND callback_id = $8 AND lease_epoch = $9 AND state = 'sending'";
    HAND_BACK = "UPDATE callbacks SET state = 'pending', lease_owner = NULL, lease_until = NULL
        WHERE account_id = $1 AND callback_id = $2 AND lease_epoch = $3 AND state = 'sending'";
    ADD_ATTEMPT = "INSERT INTO callback_attempts (account_id, callback_id, n, started_at,
        duration_ms, address, http_status, outcome, detail)
        VALUES ($1, $2, 1 + (SELECT coalesce(max(n), 0) FROM callback_attempts
            WHERE account_id = $1 AND callback_id = $2), $3, $4, $5, $6, $7, $8)";
    NEXT_DUE = "SELECT next_try_at FROM callbacks WHERE state = 'pending'
        ORDER BY next_try_at LIMIT 1";
    OF_TASK = "SELECT callback_id, event, url, state, tries, created_at, next_try_at, done_at,
        last_outcome FROM callbacks WHERE account_id = $1 AND task_id = $2 ORDER BY sequence";
    ATTEMPTS = "SELECT n, started_at, duration_ms, address, http_status, outcome, detail
        FROM callback_attempts WHERE account_id = $1 AND callback_id = $2 ORDER BY n";
}

/// A callback to be sent.
#[derive(Clone, Debug)]
pub struct NewCallback<'a> {
    /// Id; its time is the creation time and the time of the first try.
    pub callback_id: CallbackId,
    /// The task whose change it tells.
    pub task_id: Option<TaskId>,
    /// The batch whose change it tells.
    pub batch_id: Option<BatchId>,
    /// `task.completed`, `batch.completed` …
    pub event: &'a str,
    /// Number of the task's change, from 1.
    pub sequence: i64,
    /// Where to.
    pub url: &'a str,
    /// The exact bytes that each try sends.
    pub body: &'a [u8],
    /// Milliseconds until the first try.
    pub delay_ms: i64,
}

/// Puts a callback into the outbox.
pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    callback: &NewCallback<'_>,
) -> Result<(), StoreError> {
    tx.execute(
        &INSERT,
        params![
            account,
            callback.callback_id,
            callback.task_id,
            callback.batch_id,
            callback.event,
            callback.sequence,
            callback.url,
            callback.callback_id.time_ms(),
            callback.callback_id.time_ms() + callback.delay_ms
        ],
    )?;
    tx.execute(
        &INSERT_BODY,
        params![account, callback.callback_id, callback.body],
    )?;
    Ok(())
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

/// A callback that this process has leased.
#[derive(Clone, Debug)]
pub struct LeasedCallback {
    /// Account.
    pub account: AccountId,
    /// Id; `webhook-id` is `cb_` and this.
    pub callback_id: CallbackId,
    /// Task, for a task's event.
    pub task_id: Option<TaskId>,
    /// Batch, for a batch's event.
    pub batch_id: Option<BatchId>,
    /// Name of the event.
    pub event: String,
    /// Number of the task's change.
    pub sequence: i64,
    /// Where to.
    pub url: String,
    /// Tries so far that count.
    pub tries: i64,
    /// Unix ms.
    pub created_at: i64,
    /// When it was due, Unix ms.
    pub due_at: i64,
    /// Start of the schedule's window, once there was a try.
    pub window_start: Option<i64>,
    /// Condition of every later write: a worker that slept through its lease must not overwrite
    /// its successor.
    pub lease_epoch: i64,
    /// The body.
    pub body: Vec<u8>,
    /// An earlier worker took it and never reported: its attempt's outcome is unknown.
    pub worker_lost: bool,
}

fn read_leased(row: &Row<'_>) -> Result<LeasedCallback, StoreError> {
    Ok(LeasedCallback {
        account: row.get(0)?,
        callback_id: row.get(1)?,
        task_id: row.get(2)?,
        batch_id: row.get(3)?,
        event: row.get(4)?,
        sequence: row.get(5)?,
        url: row.get(6)?,
        tries: row.get(7)?,
        created_at: row.get(8)?,
        due_at: row.get::<Option<i64>>(9)?.unwrap_or_default(),
        window_start: row.get(10)?,
        lease_epoch: row.get(11)?,
        body: row.get(12)?,
        worker_lost: false,
    })
}

/// Leases up to `limit` due callbacks for `owner`, those of lost workers first.
pub fn lease_due(
    tx: &mut Tx<'_>,
    owner: &str,
    now_ms: i64,
    lease_until_ms: i64,
    limit: i64,
) -> Result<Vec<LeasedCallback>, StoreError> {
    let read_id = |row: &Row<'_>| Ok((row.get::<AccountId>(0)?, row.get::<CallbackId>(1)?));
    let lapsed = tx.query(&LAPSED, params![now_ms, limit], read_id)?;
    let due = tx.query(&DUE, params![now_ms, limit - lapsed.len() as i64], read_id)?;
    let lost = lapsed.len();
    let mut leased = Vec::with_capacity(lapsed.len() + due.len());
    for (index, (account, callback_id)) in lapsed.into_iter().chain(due).enumerate() {
        tx.execute(&LEASE, params![owner, lease_until_ms, account, callback_id])?;
        if let Some(mut callback) =
            tx.query_optional(&LEASED, params![account, callback_id], read_leased)?
        {
            callback.worker_lost = index < lost;
            leased.push(callback);
        }
    }
    Ok(leased)
}

/// What an attempt leaves in the record.
#[derive(Clone, Debug)]
pub struct NewAttempt {
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

impl NewAttempt {
    /// An attempt of which there is nothing to tell but why.
    pub fn without_exchange(started_at: i64, outcome: &str, detail: &str) -> Self {
        Self {
            started_at,
            duration_ms: None,
            address: None,
            http_status: None,
            outcome: outcome.to_owned(),
            detail: Some(detail.to_owned()),
        }
    }
}

/// How a callback goes on after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Acknowledged.
    Delivered,
    /// Given up.
    Failed,
    /// The address filter refuses the address for good.
    Blocked,
    /// Tried again at this time, Unix ms.
    TryAt(i64),
}

impl Next {
    fn state(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::TryAt(_) => "pending",
        }
    }
}

/// Records an attempt and what follows from it. `false`: the lease had gone to another worker, and
/// only the attempt was recorded.
pub fn record_attempt(
    tx: &mut Tx<'_>,
    callback: &LeasedCallback,
    attempt: &NewAttempt,
    tries: i64,
    window_start_ms: i64,
    next: Next,
    now_ms: i64,
) -> Result<bool, StoreError> {
    add_attempt(tx, callback, attempt)?;
    let (next_try_at, done_at) = match next {
        Next::TryAt(time) => (Some(time), None),
        Next::Delivered | Next::Failed | Next::Blocked => (None, Some(now_ms)),
    };
    let changed = tx.execute(
        &FINISH,
        params![
            next.state(),
            tries,
            next_try_at,
            window_start_ms,
            done_at,
            attempt.outcome,
            callback.account,
            callback.callback_id,
            callback.lease_epoch
        ],
    )?;
    Ok(changed == 1)
}

/// Records an attempt alone (a lost worker's, a late one).
pub fn add_attempt(
    tx: &mut Tx<'_>,
    callback: &LeasedCallback,
    attempt: &NewAttempt,
) -> Result<(), StoreError> {
    tx.execute(
        &ADD_ATTEMPT,
        params![
            callback.account,
            callback.callback_id,
            attempt.started_at,
            attempt.duration_ms,
            attempt.address,
            attempt.http_status,
            attempt.outcome,
            attempt.detail
        ],
    )?;
    Ok(())
}

/// Gives a leased callback back unsent.
pub fn hand_back(tx: &mut Tx<'_>, callback: &LeasedCallback) -> Result<(), StoreError> {
    tx.execute(
        &HAND_BACK,
        params![callback.account, callback.callback_id, callback.lease_epoch],
    )?;
    Ok(())
}

/// When the next waiting callback is due, Unix ms.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<i64>, StoreError> {
    tx.query_optional(&NEXT_DUE, &[], |row| row.get(0))
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
