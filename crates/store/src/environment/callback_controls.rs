//! What people do to callbacks: send one again, try a receiver out, discard what waits. The sending
//! itself is the workers', and pauses are in `callback_targets`.

use domain::{AccountId, CallbackId, ReplayId, TaskId};

use super::{callback_bodies, callback_targets};
use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

/// Rows that one step of a discard takes.
pub const STEP: i64 = 1_000;

statements! {
    FIND = "SELECT c.task_id, c.sequence, c.url, c.target, c.resend_at, c.state, t.paused_at,
        b.callback_id
        FROM callbacks c
        LEFT JOIN callback_bodies b ON b.account_id = c.account_id
            AND b.callback_id = c.callback_id
        LEFT JOIN callback_targets t ON t.account_id = c.account_id AND t.target = c.target
        WHERE c.account_id = $1 AND c.callback_id = $2";
    NEWEST = "SELECT callback_id, sequence FROM callbacks
        WHERE account_id = $1 AND task_id = $2 ORDER BY sequence DESC LIMIT 1";
    SEEN = "SELECT sequence FROM callbacks
        WHERE account_id = $1 AND task_id = $2 AND first_try_at IS NOT NULL
        ORDER BY sequence DESC LIMIT 1";
    ASK = "UPDATE callbacks SET resend_at = $1, resend_cause = $2, resend_url = $3,
        resend_target = $4, resend_job = $5
        WHERE account_id = $6 AND callback_id = $7 AND resend_at IS NULL";
    INSERT_TRIAL = "INSERT INTO callbacks (account_id, callback_id, event, sequence, url, target,
        state, tries, created_at, lease_epoch, is_trial, resend_at, resend_cause, resend_target)
        VALUES ($1, $2, $3, 1, $4, $5, 'failed', 0, $6, 0, 1, $6, 'test', $5)";
    DISCARD_HELD = "UPDATE callbacks SET state = 'discarded', done_at = $1, next_try_at = NULL
        WHERE account_id = $2 AND callback_id IN (SELECT callback_id FROM callbacks
            WHERE account_id = $2 AND target = $3 AND state = 'held'
            ORDER BY callback_id LIMIT $4)
        AND state = 'held'";
    DISCARD_PENDING = "UPDATE callbacks SET state = 'discarded', done_at = $1, next_try_at = NULL
        WHERE account_id = $2 AND callback_id IN (SELECT callback_id FROM callbacks
            WHERE account_id = $2 AND target = $3 AND state = 'pending'
            ORDER BY next_try_at LIMIT $4)
        AND state = 'pending'";
}

/// What is known of a callback that is to be sent again.
#[derive(Clone, Debug)]
pub struct Resendable {
    /// Task that it tells of.
    pub task_id: Option<TaskId>,
    /// Number of the task's change.
    pub sequence: i64,
    /// Its own address.
    pub url: String,
    /// That address's scheme, host and port.
    pub target: String,
    /// State.
    pub state: String,
    /// One more try was asked for already.
    pub is_asked_for: bool,
    /// Deliveries to its target are paused.
    pub is_target_paused: bool,
    /// Its body is still there.
    pub has_body: bool,
}

/// A callback that is to be sent again; `None`: there is none of this id.
pub fn find_resendable(
    tx: &mut Tx<'_>,
    account: AccountId,
    callback_id: CallbackId,
) -> Result<Option<Resendable>, StoreError> {
    tx.query_optional(&FIND, params![account, callback_id], |row| {
        Ok(Resendable {
            task_id: row.get(0)?,
            sequence: row.get(1)?,
            url: row.get(2)?,
            target: row.get(3)?,
            is_asked_for: row.get::<Option<i64>>(4)?.is_some(),
            state: row.get(5)?,
            is_target_paused: row.get::<Option<i64>>(6)?.is_some(),
            has_body: row.get::<Option<CallbackId>>(7)?.is_some(),
        })
    })
}

/// The newest state of a task that was told, and the newest that its receiver may have seen.
#[derive(Clone, Copy, Debug)]
pub struct NewestState {
    /// The callback that tells the newest.
    pub callback_id: CallbackId,
    /// Its number.
    pub sequence: i64,
    /// The greatest number that was tried.
    pub seen: Option<i64>,
}

/// The newest state of a task.
pub fn newest_state(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
) -> Result<Option<NewestState>, StoreError> {
    let newest = tx.query_optional(&NEWEST, params![account, task_id], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let Some((callback_id, sequence)) = newest else {
        return Ok(None);
    };
    let seen = tx.query_optional(&SEEN, params![account, task_id], |row| row.get(0))?;
    Ok(Some(NewestState {
        callback_id,
        sequence,
        seen,
    }))
}

/// One more try outside the schedule.
#[derive(Clone, Copy, Debug)]
pub struct Resend<'a> {
    /// From when on, Unix ms.
    pub at: i64,
    /// `person`, `replay`, `test`.
    pub cause: &'static str,
    /// Another address; `None`: the callback's own.
    pub url: Option<&'a str>,
    /// Scheme, host and port of where it goes.
    pub target: &'a str,
    /// The job that asks for it.
    pub job: Option<ReplayId>,
}

/// Asks for one more try. `false`: one was asked for already, or there is no such callback.
pub fn ask_resend(
    tx: &mut Tx<'_>,
    account: AccountId,
    callback_id: CallbackId,
    resend: &Resend<'_>,
) -> Result<bool, StoreError> {
    let asked = tx.execute(
        &ASK,
        params![
            resend.at,
            resend.cause,
            resend.url,
            resend.target,
            resend.job,
            account,
            callback_id
        ],
    )?;
    if asked == 0 {
        return Ok(false);
    }
    callback_targets::make_due(tx, account, resend.target, resend.at)?;
    Ok(true)
}

/// A callback that tries a receiver out.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    /// Id; its time is the creation time.
    pub callback_id: CallbackId,
    /// Name of the event.
    pub event: &'a str,
    /// Where to.
    pub url: &'a str,
    /// Scheme, host and port of it.
    pub target: &'a str,
    /// The exact bytes.
    pub body: &'a [u8],
}

/// Puts a trial into the outbox. It is tried once: its state is what a failure leaves it in.
pub fn insert_trial(
    tx: &mut Tx<'_>,
    account: AccountId,
    trial: &Trial<'_>,
) -> Result<(), StoreError> {
    let now_ms = trial.callback_id.time_ms();
    tx.execute(
        &INSERT_TRIAL,
        params![
            account,
            trial.callback_id,
            trial.event,
            trial.url,
            trial.target,
            now_ms
        ],
    )?;
    callback_bodies::insert(tx, account, trial.callback_id, trial.body)?;
    callback_targets::make_due(tx, account, trial.target, now_ms)
}

/// Discards at most [`STEP`] callbacks that wait for a target; gives their number. 0: none is left.
pub fn discard_step(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
    now_ms: i64,
) -> Result<u64, StoreError> {
    let params = params![now_ms, account, target, STEP];
    let held = tx.execute(&DISCARD_HELD, params)?;
    if held > 0 {
        return Ok(held);
    }
    tx.execute(&DISCARD_PENDING, params)
}
