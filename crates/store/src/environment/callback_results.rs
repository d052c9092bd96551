//! What becomes of a callback after a try (callbacks.md 3.5, 3.8): its own state, that of the next
//! state of its task, and of its batch.

use domain::{AccountId, BatchId, CallbackId, TaskId};

use super::callback_claims::{Cause, LeasedCallback};
use super::{callback_targets, callbacks};
use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    ADD_ATTEMPT = "INSERT INTO callback_attempts (account_id, callback_id, n, started_at,
        duration_ms, address, http_status, outcome, detail, cause, dns_ms, connect_ms, url,
        auth_hint, previous_hint, signature, answer_headers, answer_body, answer_complete)
        VALUES ($1, $2, 1 + (SELECT coalesce(max(n), 0) FROM callback_attempts
            WHERE account_id = $1 AND callback_id = $2), $3, $4, $5, $6, $7, $8, $9, $10, $11,
            $12, $13, $14, $15, $16, $17, $18)";
    FINISH = "UPDATE callbacks SET state = $1, tries = $2, next_try_at = $3, window_start = $4,
        away_base = $5, first_try_at = $6, done_at = $7, held_for = $8, held_at = $9,
        last_outcome = $10, last_status = $11, last_latency_ms = $12, lease_owner = NULL,
        lease_until = NULL, resume_state = NULL
        WHERE account_id = $13 AND callback_id = $14 AND lease_epoch = $15 AND state = 'sending'";
    FINISH_OUTSIDE = "UPDATE callbacks SET state = $1, first_try_at = $2, done_at = $3,
        last_outcome = $4, last_status = $5, last_latency_ms = $6, lease_owner = NULL,
        lease_until = NULL, resume_state = NULL, resend_at = NULL, resend_cause = NULL,
        resend_url = NULL, resend_target = NULL, resend_job = NULL
        WHERE account_id = $7 AND callback_id = $8 AND lease_epoch = $9 AND state = 'sending'";
    RETURN = "UPDATE callbacks SET state = $1, lease_owner = NULL, lease_until = NULL,
        resume_state = NULL, resend_at = NULL, resend_cause = NULL, resend_url = NULL,
        resend_target = NULL, resend_job = NULL
        WHERE account_id = $2 AND callback_id = $3 AND lease_epoch = $4 AND state = 'sending'";
    DONE_AT = "SELECT done_at FROM callbacks WHERE account_id = $1 AND callback_id = $2";
    SUCCESSOR = "SELECT callback_id, sequence, target, next_try_at FROM callbacks
        WHERE account_id = $1 AND task_id = $2 AND sequence > $3 AND state IN ('pending', 'held')
        ORDER BY sequence LIMIT 1";
    RELEASE = "UPDATE callbacks SET next_try_at = $1
        WHERE account_id = $2 AND callback_id = $3 AND state = 'pending' AND next_try_at IS NULL";
    BATCH_WAITING = "SELECT callback_id, target, created_at FROM callbacks
        WHERE account_id = $1 AND batch_id = $2 AND task_id IS NULL AND state = 'pending'
        AND first_try_at IS NULL AND next_try_at > $3 LIMIT 1";
    BATCH_DUE = "UPDATE callbacks SET next_try_at = $1 WHERE account_id = $2 AND callback_id = $3
        AND state = 'pending' AND next_try_at > $1";
    SET_RESULT = "UPDATE tasks SET callback_succeeded = $1, callback_succeeded_at = $2
        WHERE account_id = $3 AND task_id = $4 AND coalesce(callback_succeeded, 2) <> $5
        AND EXISTS (SELECT 1 FROM callbacks WHERE account_id = $3 AND callback_id = $6
            AND lease_epoch = $7 AND state = 'sending')";
    LOCK_TASK = "SELECT status FROM tasks WHERE account_id = $1 AND task_id = $2"
        postgres_tail "FOR UPDATE";
}

/// What an attempt leaves in the record. All of it is masked.
#[derive(Clone, Debug, Default)]
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
    /// Why it was made: see [`Cause::as_str`].
    pub cause: &'static str,
    /// Milliseconds of the look-up.
    pub dns_ms: Option<i64>,
    /// Milliseconds of connecting, with TLS.
    pub connect_ms: Option<i64>,
    /// Where it went, if not to the callback's own address.
    pub url: Option<String>,
    /// The last four signs of `scale-callback-auth`.
    pub auth_hint: Option<String>,
    /// The last four signs of `scale-callback-auth-previous`.
    pub previous_hint: Option<String>,
    /// `webhook-signature`.
    pub signature: Option<String>,
    /// Headers of the answer, a JSON list of pairs.
    pub answer_headers: Option<String>,
    /// The first 64 KiB of the answer's body.
    pub answer_body: Option<Vec<u8>>,
    /// Whether that is all of it.
    pub answer_complete: Option<bool>,
}

impl NewAttempt {
    /// An attempt of which there is nothing to tell but why.
    pub fn without_exchange(started_at: i64, outcome: &str, detail: &str) -> Self {
        Self {
            started_at,
            outcome: outcome.to_owned(),
            detail: Some(detail.to_owned()),
            cause: Cause::Schedule.as_str(),
            ..Self::default()
        }
    }
}

/// Records an attempt alone.
pub fn add_attempt(
    tx: &mut Tx<'_>,
    account: AccountId,
    callback_id: CallbackId,
    attempt: &NewAttempt,
) -> Result<(), StoreError> {
    tx.execute(
        &ADD_ATTEMPT,
        params![
            account,
            callback_id,
            attempt.started_at,
            attempt.duration_ms,
            attempt.address,
            attempt.http_status,
            attempt.outcome,
            attempt.detail,
            attempt.cause,
            attempt.dns_ms,
            attempt.connect_ms,
            attempt.url,
            attempt.auth_hint,
            attempt.previous_hint,
            attempt.signature,
            attempt.answer_headers,
            attempt.answer_body,
            attempt.answer_complete
        ],
    )?;
    Ok(())
}

/// How a callback goes on after a try by its schedule.
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
    /// Kept back for this reason (`callbacks.held_for`).
    Held(&'static str),
}

impl Next {
    fn state(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::TryAt(_) => "pending",
            Self::Held(_) => "held",
        }
    }

    /// What it says of the task's `callback_succeeded`; `None`: nothing yet.
    pub fn task_result(self) -> Option<bool> {
        match self {
            Self::Delivered => Some(true),
            Self::Failed | Self::Blocked => Some(false),
            Self::TryAt(_) | Self::Held(_) => None,
        }
    }
}

/// A try by the schedule and what follows from it.
#[derive(Clone, Debug)]
pub struct Finish<'a> {
    /// What was tried.
    pub callback: &'a LeasedCallback,
    /// How it goes on.
    pub next: Next,
    /// Tries that count, this one included if it does.
    pub tries: i64,
    /// Start of the schedule's window, Unix ms.
    pub window_start: Option<i64>,
    /// When its first try began, Unix ms; set once the request may have gone out.
    pub first_try_at: Option<i64>,
    /// Status of the answer.
    pub status: Option<i64>,
    /// Short name of the outcome.
    pub outcome: &'a str,
    /// Milliseconds that the try took.
    pub latency_ms: Option<i64>,
    /// Unix ms.
    pub now_ms: i64,
}

/// What came of recording a try.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// The lease was still ours: the try counts. Otherwise nothing was changed.
    pub is_ours: bool,
    /// The state that the callback is in now.
    pub state: &'static str,
    /// When it is tried again, Unix ms.
    pub next_try_at: Option<i64>,
    /// Another receiver for which something has become due.
    pub woken: Option<String>,
}

/// Takes the lock of the callback's task, so that what is inserted for it meanwhile is seen, and
/// notes there whether delivery `succeeded`, if it has ended. Called for all callbacks of a
/// transaction, ordered by task, before anything else is written in it.
pub fn note_task_result(
    tx: &mut Tx<'_>,
    callback: &LeasedCallback,
    succeeded: Option<bool>,
    now_ms: i64,
) -> Result<(), StoreError> {
    let Some(task_id) = callback.task_id else {
        return Ok(());
    };
    let account = callback.account;
    if let Some(succeeded) = succeeded {
        let at = succeeded.then_some(now_ms);
        let changed = tx.execute(
            &SET_RESULT,
            params![
                succeeded,
                at,
                account,
                task_id,
                succeeded,
                callback.callback_id,
                callback.lease_epoch
            ],
        )?;
        if changed == 1 {
            return Ok(());
        }
    }
    tx.query_optional(&LOCK_TASK, params![account, task_id], |row| {
        row.get::<String>(0)
    })?;
    Ok(())
}

/// Ends a try by the schedule. A state that failed its first try gives way to a newer one that
/// waits behind it.
pub fn finish(tx: &mut Tx<'_>, of: &Finish<'_>) -> Result<Finished, StoreError> {
    let callback = of.callback;
    let account = callback.account;
    let successor = match callback.task_id {
        Some(task_id) => successor(tx, account, task_id, callback.sequence)?,
        None => None,
    };
    let was_tried = of.first_try_at.is_some();
    let gives_way = was_tried && successor.is_some() && matches!(of.next, Next::TryAt(_));
    let state = if gives_way {
        "superseded"
    } else {
        of.next.state()
    };
    let next_try_at = match of.next {
        Next::TryAt(time) if !gives_way => Some(time),
        // A held one keeps its place.
        Next::Held(_) => callback.due_at,
        _ => None,
    };
    let held_for = match of.next {
        Next::Held(reason) => Some(reason),
        _ => None,
    };
    let is_done = gives_way || of.next.task_result().is_some();
    let changed = tx.execute(
        &FINISH,
        params![
            state,
            of.tries,
            next_try_at,
            of.window_start,
            callback.away_ms,
            of.first_try_at,
            is_done.then_some(of.now_ms),
            held_for,
            held_for.map(|_| of.now_ms),
            of.outcome,
            of.status,
            of.latency_ms,
            account,
            callback.callback_id,
            callback.lease_epoch
        ],
    )?;
    if changed == 0 {
        return Ok(Finished::default());
    }
    let woken = match successor {
        Some(successor) if is_done || was_tried && held_for.is_none() => {
            release(tx, account, callback.task_id, &successor, of.now_ms)?
        }
        _ => None,
    };
    Ok(Finished {
        is_ours: true,
        state,
        next_try_at: next_try_at.filter(|_| held_for.is_none()),
        woken,
    })
}

/// Ends a try outside the schedule, which was asked for or was a probe. Only success at the
/// callback's own address changes its state.
pub fn finish_outside(tx: &mut Tx<'_>, of: &Finish<'_>) -> Result<Finished, StoreError> {
    let callback = of.callback;
    let account = callback.account;
    let resume_state = callback.resume_state.as_deref().unwrap_or("pending");
    if !callback.is_own_url {
        let id = callback.callback_id;
        let changed = tx.execute(
            &RETURN,
            params![resume_state, account, id, callback.lease_epoch],
        )?;
        return Ok(Finished {
            is_ours: changed == 1,
            ..Finished::default()
        });
    }
    let is_delivered = of.next == Next::Delivered;
    let done_at = if is_delivered {
        Some(of.now_ms)
    } else {
        tx.query_optional(&DONE_AT, params![account, callback.callback_id], |row| {
            row.get(0)
        })?
        .flatten()
    };
    let changed = tx.execute(
        &FINISH_OUTSIDE,
        params![
            if is_delivered {
                "delivered"
            } else {
                resume_state
            },
            of.first_try_at,
            done_at,
            of.outcome,
            of.status,
            of.latency_ms,
            account,
            callback.callback_id,
            callback.lease_epoch
        ],
    )?;
    if changed == 0 {
        return Ok(Finished::default());
    }
    let successor = match callback.task_id {
        Some(task_id) if is_delivered => successor(tx, account, task_id, callback.sequence)?,
        _ => None,
    };
    let woken = match successor {
        Some(successor) => release(tx, account, callback.task_id, &successor, of.now_ms)?,
        None => None,
    };
    Ok(Finished {
        is_ours: true,
        state: if is_delivered { "delivered" } else { "" },
        next_try_at: None,
        woken,
    })
}

/// The next state of a task that has not gone out.
struct Successor {
    callback_id: CallbackId,
    sequence: i64,
    target: String,
}

fn successor(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
    sequence: i64,
) -> Result<Option<Successor>, StoreError> {
    tx.query_optional(&SUCCESSOR, params![account, task_id, sequence], |row| {
        Ok(Successor {
            callback_id: row.get(0)?,
            sequence: row.get(1)?,
            target: row.get(2)?,
        })
    })
}

/// Makes a waiting state of a task due, unless a still earlier one may go out; gives its receiver.
fn release(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: Option<TaskId>,
    successor: &Successor,
    now_ms: i64,
) -> Result<Option<String>, StoreError> {
    if let Some(task_id) = task_id
        && callbacks::has_earlier_open(tx, account, task_id, successor.sequence)?
    {
        return Ok(None);
    }
    let released = tx.execute(&RELEASE, params![now_ms, account, successor.callback_id])?;
    Ok((released == 1).then(|| successor.target.clone()))
}

/// Releases the state of a task that waits behind one which has ended without a try: it was given
/// up, discarded or the like. The receiver is made due.
pub fn release_successor(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
    sequence: i64,
    now_ms: i64,
) -> Result<(), StoreError> {
    let Some(successor) = successor(tx, account, task_id, sequence)? else {
        return Ok(());
    };
    if let Some(target) = release(tx, account, Some(task_id), &successor, now_ms)? {
        callback_targets::make_due(tx, account, &target, now_ms)?;
    }
    Ok(())
}

/// Makes a batch's callback due once each of its tasks' callbacks had its first try; `quiet_ms`
/// after the batch was completed at the earliest. Gives its receiver and when.
pub fn release_batch(
    tx: &mut Tx<'_>,
    account: AccountId,
    batch: BatchId,
    quiet_ms: i64,
    now_ms: i64,
) -> Result<Option<(String, i64)>, StoreError> {
    let waiting = tx.query_optional(&BATCH_WAITING, params![account, batch, now_ms], |row| {
        Ok((
            row.get::<CallbackId>(0)?,
            row.get::<String>(1)?,
            row.get::<i64>(2)?,
        ))
    })?;
    let Some((callback_id, target, created_at)) = waiting else {
        return Ok(None);
    };
    if callbacks::has_untried_of_batch(tx, account, batch)? {
        return Ok(None);
    }
    let due_at = now_ms.max(created_at + quiet_ms);
    tx.execute(&BATCH_DUE, params![due_at, account, callback_id])?;
    Ok(Some((target, due_at)))
}
