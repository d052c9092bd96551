//! Leases on callbacks (callbacks.md 3.7): who sends one, until when, and what becomes of a lease
//! whose worker was lost. A row in the state `sending` is itself the record of the attempt that has
//! begun.

use domain::{AccountId, BatchId, CallbackId, ReplayId, TaskId};

use super::callback_bodies::StoredBody;
use super::callback_results::{self, NewAttempt};
use super::callback_targets;
use super::delivery_clock::DeliveryClock;
use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    FRESH = "SELECT c.callback_id, c.task_id, c.batch_id, c.of_batch, c.event, c.sequence, c.url,
        c.target, c.state, c.tries, c.created_at, c.next_try_at, c.window_start, c.away_base,
        c.first_try_at, c.lease_epoch, c.is_trial, c.resend_cause, c.resend_url, c.resend_job,
        b.body, b.encoding,
        CASE WHEN EXISTS (SELECT 1 FROM callbacks n WHERE n.account_id = c.account_id
            AND n.task_id = c.task_id AND n.sequence > c.sequence AND n.first_try_at IS NOT NULL)
            THEN CAST(1 AS BIGINT) ELSE 0 END
        FROM callbacks c LEFT JOIN callback_bodies b ON b.account_id = c.account_id
        AND b.callback_id = c.callback_id
        WHERE c.account_id = $1 AND c.target = $2 AND c.state = 'pending' AND c.next_try_at <= $3
        ORDER BY c.next_try_at LIMIT $4"
        postgres_tail "FOR UPDATE OF c SKIP LOCKED";
    RESENDS = "SELECT c.callback_id, c.task_id, c.batch_id, c.of_batch, c.event, c.sequence, c.url,
        c.target, c.state, c.tries, c.created_at, c.next_try_at, c.window_start, c.away_base,
        c.first_try_at, c.lease_epoch, c.is_trial, c.resend_cause, c.resend_url, c.resend_job,
        b.body, b.encoding,
        CASE WHEN EXISTS (SELECT 1 FROM callbacks n WHERE n.account_id = c.account_id
            AND n.task_id = c.task_id AND n.state = 'sending')
            THEN CAST(1 AS BIGINT) ELSE 0 END
        FROM callbacks c LEFT JOIN callback_bodies b ON b.account_id = c.account_id
        AND b.callback_id = c.callback_id
        WHERE c.account_id = $1 AND c.resend_target = $2 AND c.resend_at <= $3
        AND c.state <> 'sending' AND CASE WHEN c.resend_cause = 'replay' THEN 1 ELSE 0 END = $4
        ORDER BY c.resend_at LIMIT $5"
        postgres_tail "FOR UPDATE OF c SKIP LOCKED";
    OLDEST_HELD = "SELECT c.callback_id, c.task_id, c.batch_id, c.of_batch, c.event, c.sequence,
        c.url, c.target, c.state, c.tries, c.created_at, c.next_try_at, c.window_start,
        c.away_base, c.first_try_at, c.lease_epoch, c.is_trial, c.resend_cause, c.resend_url,
        c.resend_job, b.body, b.encoding,
        CASE WHEN EXISTS (SELECT 1 FROM callbacks n WHERE n.account_id = c.account_id
            AND n.task_id = c.task_id AND (n.sequence > c.sequence AND n.first_try_at IS NOT NULL
            OR n.state = 'sending')) THEN CAST(1 AS BIGINT) ELSE 0 END
        FROM callbacks c LEFT JOIN callback_bodies b ON b.account_id = c.account_id
        AND b.callback_id = c.callback_id
        WHERE c.account_id = $1 AND c.target = $2 AND c.state = 'held'
        ORDER BY c.callback_id LIMIT $3"
        postgres_tail "FOR UPDATE OF c SKIP LOCKED";
    LEASE = "UPDATE callbacks SET state = 'sending', lease_owner = $1, lease_epoch = $2,
        lease_until = $3, resume_state = $4 WHERE account_id = $5 AND callback_id = $6";
    SUPERSEDE = "UPDATE callbacks SET state = 'superseded', done_at = $1, next_try_at = NULL
        WHERE account_id = $2 AND callback_id = $3 AND state = 'pending'";
    DROP_RESEND = "UPDATE callbacks SET resend_at = NULL, resend_cause = NULL, resend_url = NULL,
        resend_target = NULL, resend_job = NULL WHERE account_id = $1 AND callback_id = $2";
    ANY_LAPSED = "SELECT lease_until FROM callbacks WHERE state = 'sending' AND lease_until <= $1
        LIMIT 1";
    LAPSED = "SELECT account_id, callback_id, target, resend_target, resume_state, lease_until
        FROM callbacks WHERE state = 'sending' AND lease_until <= $1
        ORDER BY lease_until LIMIT $2"
        postgres_tail "FOR UPDATE SKIP LOCKED";
    RETURN_LAPSED = "UPDATE callbacks SET state = coalesce(resume_state, 'pending'),
        resume_state = NULL, lease_owner = NULL, lease_until = NULL
        WHERE account_id = $1 AND callback_id = $2 AND state = 'sending'";
    HAND_BACK = "UPDATE callbacks SET state = coalesce(resume_state, 'pending'),
        resume_state = NULL, lease_owner = NULL, lease_until = NULL
        WHERE account_id = $1 AND callback_id = $2 AND lease_epoch = $3 AND state = 'sending'";
    NEXT_TRY = "SELECT next_try_at FROM callbacks WHERE account_id = $1 AND target = $2
        AND state = 'pending' AND next_try_at > 0 ORDER BY next_try_at LIMIT 1";
    NEXT_RESEND = "SELECT resend_at FROM callbacks WHERE account_id = $1 AND resend_target = $2
        AND resend_at IS NOT NULL ORDER BY resend_at LIMIT 1";
}

/// How long a row is leased, ms; a whole try fits three times.
pub const LEASE_MS: i64 = 60 * 1000;
/// Held rows that are looked at for one that may be tried.
const HELD_LOOKED_AT: i64 = 16;

/// Why a callback is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Its schedule.
    Schedule,
    /// To see whether a receiver that was paused for failing is back.
    Probe,
    /// A person asked for it.
    Person,
    /// A replay of many.
    Replay,
    /// A person tries what a receiver makes of it.
    Test,
}

impl Cause {
    /// Its name in the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Probe => "probe",
            Self::Person => "person",
            Self::Replay => "replay",
            Self::Test => "test",
        }
    }

    fn of_resend(name: Option<&str>) -> Self {
        match name {
            Some("replay") => Self::Replay,
            Some("test") => Self::Test,
            _ => Self::Person,
        }
    }

    /// One try that was asked for, outside the schedule.
    pub fn is_resend(self) -> bool {
        matches!(self, Self::Person | Self::Replay | Self::Test)
    }
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
    /// The batch that the task belongs to.
    pub of_batch: Option<BatchId>,
    /// Name of the event.
    pub event: String,
    /// Number of the task's change.
    pub sequence: i64,
    /// Where this try goes.
    pub url: String,
    /// The receiver that this try goes to.
    pub target: String,
    /// Whether that is the callback's own address.
    pub is_own_url: bool,
    /// The receiver of the callback's own address.
    pub own_target: String,
    /// Tries so far that count.
    pub tries: i64,
    /// Unix ms.
    pub created_at: i64,
    /// When its next try by the schedule is or was due, Unix ms.
    pub due_at: Option<i64>,
    /// Start of the schedule's window, Unix ms, the time that no worker was there taken out.
    pub window_start: Option<i64>,
    /// How long no worker was there, in all, when it was claimed, ms.
    pub away_ms: i64,
    /// When its first try began, Unix ms.
    pub first_try_at: Option<i64>,
    /// Condition of every later write: a worker that slept through its lease must not overwrite
    /// its successor.
    pub lease_epoch: i64,
    /// Until when nobody else sends it, Unix ms.
    pub lease_until: i64,
    /// A test callback that a person sent.
    pub is_trial: bool,
    /// Why it is sent.
    pub cause: Cause,
    /// State to which it goes back after a try outside the schedule that failed.
    pub resume_state: Option<String>,
    /// The replay that asks for it.
    pub resend_job: Option<ReplayId>,
    /// The one try that tells whether an open breaker may close.
    pub probes_breaker: bool,
    /// What is sent.
    pub body: StoredBody,
}

/// A row as it is found, before it is leased.
struct Found {
    callback: LeasedCallback,
    state: String,
    resend_cause: Option<String>,
    resend_url: Option<String>,
    is_barred: bool,
    has_body: bool,
}

/// Who leases, when, and by which clock.
#[derive(Clone, Debug)]
pub struct Claimer<'a> {
    /// Names the process.
    pub owner: &'a str,
    /// Unix ms.
    pub now_ms: i64,
    /// How long no worker was there.
    pub clock: DeliveryClock,
}

impl Claimer<'_> {
    fn read(&self, account: AccountId, row: &Row<'_>) -> Result<Found, StoreError> {
        let away_base: i64 = row.get(13)?;
        let body = StoredBody::read(row, 20)?;
        let has_body = body.is_some();
        Ok(Found {
            state: row.get(8)?,
            resend_cause: row.get(17)?,
            resend_url: row.get(18)?,
            is_barred: row.get(22)?,
            has_body,
            callback: LeasedCallback {
                account,
                callback_id: row.get(0)?,
                task_id: row.get(1)?,
                batch_id: row.get(2)?,
                of_batch: row.get(3)?,
                event: row.get(4)?,
                sequence: row.get(5)?,
                url: row.get(6)?,
                target: row.get(7)?,
                own_target: row.get(7)?,
                is_own_url: true,
                tries: row.get(9)?,
                created_at: row.get(10)?,
                due_at: row.get(11)?,
                window_start: row
                    .get::<Option<i64>>(12)?
                    .map(|start| start + self.clock.away_ms - away_base),
                away_ms: self.clock.away_ms,
                first_try_at: row.get(14)?,
                lease_epoch: row.get::<i64>(15)? + 1,
                lease_until: self.now_ms + LEASE_MS,
                is_trial: row.get(16)?,
                cause: Cause::Schedule,
                resume_state: None,
                resend_job: row.get(19)?,
                probes_breaker: false,
                body: body.unwrap_or_default(),
            },
        })
    }

    fn lease(&self, tx: &mut Tx<'_>, callback: &LeasedCallback) -> Result<(), StoreError> {
        tx.execute(
            &LEASE,
            params![
                self.owner,
                callback.lease_epoch,
                callback.lease_until,
                callback.resume_state,
                callback.account,
                callback.callback_id
            ],
        )?;
        Ok(())
    }

    /// Leases up to `limit` callbacks of a receiver that are due by their schedule, the longest
    /// due first. A row whose task has a newer state that was tried is superseded instead.
    pub fn lease_due(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        target: &str,
        limit: i64,
    ) -> Result<Vec<LeasedCallback>, StoreError> {
        let found = tx.query(
            &FRESH,
            params![account, target, self.now_ms, limit],
            |row| self.read(account, row),
        )?;
        let mut leased = Vec::with_capacity(found.len());
        for Found {
            mut callback,
            is_barred,
            ..
        } in found
        {
            if is_barred {
                let id = callback.callback_id;
                tx.execute(&SUPERSEDE, params![self.now_ms, account, id])?;
                if let Some(task_id) = callback.task_id {
                    let (sequence, now_ms) = (callback.sequence, self.now_ms);
                    callback_results::release_successor(tx, account, task_id, sequence, now_ms)?;
                }
                continue;
            }
            callback.resend_job = None;
            self.lease(tx, &callback)?;
            leased.push(callback);
        }
        Ok(leased)
    }

    /// Leases up to `limit` callbacks that a person wants sent to a receiver, or (`of_replays`) a
    /// replay does. One whose task has another callback under way waits for its end; one without a
    /// body is dropped.
    pub fn lease_resends(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        target: &str,
        of_replays: bool,
        limit: i64,
    ) -> Result<Vec<LeasedCallback>, StoreError> {
        let found = tx.query(
            &RESENDS,
            params![account, target, self.now_ms, of_replays, limit],
            |row| self.read(account, row),
        )?;
        let mut leased: Vec<LeasedCallback> = Vec::with_capacity(found.len());
        for mut found in found {
            let id = found.callback.callback_id;
            if !found.has_body {
                tx.execute(&DROP_RESEND, params![account, id])?;
                continue;
            }
            let task = found.callback.task_id;
            let has_sibling =
                task.is_some() && leased.iter().any(|callback| callback.task_id == task);
            if found.is_barred || has_sibling {
                continue;
            }
            found.callback.cause = Cause::of_resend(found.resend_cause.as_deref());
            found.callback.resume_state = Some(found.state);
            if let Some(url) = found.resend_url {
                found.callback.url = url;
                found.callback.is_own_url = false;
                target.clone_into(&mut found.callback.target);
            }
            self.lease(tx, &found.callback)?;
            leased.push(found.callback);
        }
        Ok(leased)
    }

    /// Leases the oldest held callback of a paused receiver, to see whether it is back.
    pub fn lease_held(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        target: &str,
    ) -> Result<Option<LeasedCallback>, StoreError> {
        let found = tx.query(
            &OLDEST_HELD,
            params![account, target, HELD_LOOKED_AT],
            |row| self.read(account, row),
        )?;
        let Some(found) = found
            .into_iter()
            .find(|found| !found.is_barred && found.has_body)
        else {
            return Ok(None);
        };
        let mut callback = found.callback;
        callback.cause = Cause::Probe;
        callback.resume_state = Some(found.state);
        self.lease(tx, &callback)?;
        Ok(Some(callback))
    }
}

/// When something of a receiver is due next, Unix ms.
pub fn next_due(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
) -> Result<Option<i64>, StoreError> {
    let next_try: Option<i64> =
        tx.query_optional(&NEXT_TRY, params![account, target], |row| row.get(0))?;
    let next_resend = next_resend(tx, account, target)?;
    Ok(next_try.into_iter().chain(next_resend).min())
}

/// When the next callback that somebody wants sent to a receiver is due, Unix ms.
pub fn next_resend(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
) -> Result<Option<i64>, StoreError> {
    tx.query_optional(&NEXT_RESEND, params![account, target], |row| row.get(0))
}

/// Whether a lease has lapsed.
pub fn any_lapsed(tx: &mut Tx<'_>, now_ms: i64) -> Result<bool, StoreError> {
    let lapsed: Option<i64> = tx.query_optional(&ANY_LAPSED, params![now_ms], |row| row.get(0))?;
    Ok(lapsed.is_some())
}

/// Returns callbacks whose worker was lost into the queue, with an attempt of which nobody knows
/// how it ended. Gives their number, at most `limit`.
pub fn return_lapsed(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<usize, StoreError> {
    let lapsed = tx.query(&LAPSED, params![now_ms, limit], |row| {
        let resumes: Option<String> = row.get(4)?;
        let target: Option<String> = if resumes.is_some() { row.get(3)? } else { None };
        Ok((
            row.get::<AccountId>(0)?,
            row.get::<CallbackId>(1)?,
            target.map_or_else(|| row.get(2), Ok)?,
            row.get::<i64>(5)?,
        ))
    })?;
    let number = lapsed.len();
    let mut targets: Vec<(AccountId, String)> = Vec::new();
    for (account, callback_id, target, lease_until) in lapsed {
        let attempt = NewAttempt::without_exchange(
            lease_until - LEASE_MS,
            "worker_lost",
            "unknown: worker lost",
        );
        callback_results::add_attempt(tx, account, callback_id, &attempt)?;
        tx.execute(&RETURN_LAPSED, params![account, callback_id])?;
        targets.push((account, target));
    }
    targets.sort_unstable();
    targets.dedup();
    for (account, target) in targets {
        callback_targets::make_due(tx, account, &target, now_ms)?;
    }
    Ok(number)
}

/// Gives leased callbacks back unsent. Their receivers must be made due.
pub fn hand_back(tx: &mut Tx<'_>, callbacks: &[LeasedCallback]) -> Result<(), StoreError> {
    for callback in callbacks {
        tx.execute(
            &HAND_BACK,
            params![callback.account, callback.callback_id, callback.lease_epoch],
        )?;
    }
    Ok(())
}
