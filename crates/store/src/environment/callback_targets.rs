//! Receivers as delivery sees them (callbacks.md 3.6): one row each, so that a dead one with a
//! million callbacks waiting costs one look.
//!
//! Locks are taken in one order by everybody: tasks, batches, callbacks, then targets by account and
//! name.

use domain::AccountId;

use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    FIND_FOR_INSERT = "SELECT next_due_at, paused_at, gone_urls FROM callback_targets
        WHERE account_id = $1 AND target = $2";
    INSERT = "INSERT INTO callback_targets (account_id, target, next_due_at, served_at, failures,
        in_flight_max, failing_tries, failing_callbacks, releasing, gone_urls)
        VALUES ($1, $2, $3, 0, 0, 8, 0, 0, 0, 0) ON CONFLICT DO NOTHING";
    MAKE_DUE = "UPDATE callback_targets SET next_due_at = $1 WHERE account_id = $2 AND target = $3
        AND (next_due_at IS NULL OR next_due_at > $1)";
    ANY_DUE = "SELECT next_due_at FROM callback_targets WHERE next_due_at <= $1 LIMIT 1";
    NEXT_DUE = "SELECT next_due_at FROM callback_targets WHERE next_due_at IS NOT NULL
        ORDER BY next_due_at LIMIT 1";
    DUE = "SELECT account_id, target, next_due_at, served_at, failures, open_until, open_ms,
        not_before, receiver_late_until, in_flight_max, failing_since, failing_tries,
        failing_callbacks, last_success_at, last_failure_at, last_outcome, last_status, paused_by,
        paused_at, releasing, gone_urls
        FROM callback_targets WHERE next_due_at <= $1
        AND CASE WHEN failures > 0 OR open_ms IS NOT NULL THEN 2
            WHEN last_success_at IS NULL THEN 1 ELSE 0 END = $2
        ORDER BY served_at, next_due_at DESC LIMIT $3"
        postgres_tail "FOR UPDATE SKIP LOCKED";
    LOCK = "SELECT account_id, target, next_due_at, served_at, failures, open_until, open_ms,
        not_before, receiver_late_until, in_flight_max, failing_since, failing_tries,
        failing_callbacks, last_success_at, last_failure_at, last_outcome, last_status, paused_by,
        paused_at, releasing, gone_urls
        FROM callback_targets WHERE account_id = $1 AND target = $2"
        postgres_tail "FOR UPDATE";
    SAVE = "UPDATE callback_targets SET next_due_at = $1, served_at = $2, failures = $3,
        open_until = $4, open_ms = $5, not_before = $6, receiver_late_until = $7,
        in_flight_max = $8, failing_since = $9, failing_tries = $10, failing_callbacks = $11,
        last_success_at = $12, last_failure_at = $13, last_outcome = $14, last_status = $15,
        paused_by = $16, paused_at = $17, releasing = $18, gone_urls = $19
        WHERE account_id = $20 AND target = $21";
    PAUSE = "UPDATE callback_targets SET paused_by = $1, paused_at = $2, releasing = 0,
        next_due_at = $2 WHERE account_id = $3 AND target = $4 AND paused_at IS NULL";
    PAUSE_ALL = "UPDATE callback_targets SET paused_by = 'start', paused_at = $1, releasing = 0,
        next_due_at = $1 WHERE paused_at IS NULL";
    RESUME = "UPDATE callback_targets SET paused_by = NULL, paused_at = NULL, releasing = 1,
        next_due_at = $1, served_at = $1, open_until = NULL, open_ms = NULL, not_before = NULL,
        failures = 0, failing_since = NULL, failing_tries = 0, failing_callbacks = 0,
        gone_urls = 0 WHERE account_id = $2 AND target = $3";
    RELEASE_ALL = "UPDATE callback_targets SET releasing = 1, next_due_at = $1
        WHERE account_id = $2 AND paused_at IS NULL";
    FIRST_GONE = "INSERT INTO callback_urls (account_id, url, gone) VALUES ($1, $2, 1)
        ON CONFLICT DO NOTHING";
    FURTHER_GONE = "UPDATE callback_urls SET gone = gone + 1 WHERE account_id = $1 AND url = $2";
    HOLD_URL = "UPDATE callbacks SET state = 'held', held_for = 'gone', held_at = $1
        WHERE account_id = $2 AND target = $3 AND url = $4 AND state = 'pending'";
    PAUSE_URL = "UPDATE callback_urls SET paused_at = $1
        WHERE account_id = $2 AND url = $3 AND gone >= $4 AND paused_at IS NULL";
    FORGET_GONE = "DELETE FROM callback_urls WHERE account_id = $1 AND url = $2";
}

/// In flight at one receiver, per process (callbacks.md 3.6).
pub const IN_FLIGHT_MAX: i64 = 8;
/// A receiver for which callbacks are held is looked at this often, ms.
pub const HELD_LOOK_EVERY_MS: i64 = 60 * 60 * 1000;
/// Answers 410 in a row from one URL that pause the URL.
const GONE_PAUSES_FROM: i64 = 2;

/// A receiver, identified by account and `scheme://host:port` (or `mailto:address`).
#[derive(Clone, Debug)]
pub struct TargetRow {
    /// Account.
    pub account: AccountId,
    /// Which receiver.
    pub target: String,
    /// When it is worth looking at, Unix ms; `None`: nothing waits.
    pub next_due_at: Option<i64>,
    /// When something was last claimed for it, Unix ms: least recently served first.
    pub served_at: i64,
    /// Failures in a row that count for the breaker.
    pub failures: i64,
    /// Until when the breaker is open, Unix ms.
    pub open_until: Option<i64>,
    /// For how long the breaker opened last, ms; `None`: it is closed.
    pub open_ms: Option<i64>,
    /// The receiver's own wish: nothing before this, Unix ms.
    pub not_before: Option<i64>,
    /// Until when its callbacks waited by its own fault, Unix ms.
    pub receiver_late_until: Option<i64>,
    /// In flight at once, at most.
    pub in_flight_max: i64,
    /// When failing began, Unix ms; `None`: the last try succeeded.
    pub failing_since: Option<i64>,
    /// Tries since then.
    pub failing_tries: i64,
    /// Callbacks that ended as failed since then.
    pub failing_callbacks: i64,
    /// Unix ms.
    pub last_success_at: Option<i64>,
    /// Unix ms.
    pub last_failure_at: Option<i64>,
    /// Short name of the last outcome.
    pub last_outcome: Option<String>,
    /// Status of the last answer.
    pub last_status: Option<i64>,
    /// `auto`, `person` or `start`, while it is paused.
    pub paused_by: Option<String>,
    /// Since when it is paused, Unix ms.
    pub paused_at: Option<i64>,
    /// Held callbacks are on their way back into the queue.
    pub releasing: bool,
    /// URLs of it whose last answer was 410.
    pub gone_urls: i64,
}

/// How far a receiver has proven itself, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
    /// It takes callbacks.
    Proven,
    /// It has taken none yet.
    New,
    /// It fails.
    Failing,
}

impl Trust {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Proven, Self::New, Self::Failing];
}

impl TargetRow {
    /// How far it has proven itself.
    pub fn trust(&self) -> Trust {
        if self.failures > 0 || self.open_ms.is_some() {
            Trust::Failing
        } else if self.last_success_at.is_none() {
            Trust::New
        } else {
            Trust::Proven
        }
    }

    /// Makes it due at `at_ms` at the latest.
    pub fn due_by(&mut self, at_ms: i64) {
        self.next_due_at = Some(self.next_due_at.map_or(at_ms, |known| known.min(at_ms)));
    }
}

fn read_row(row: &Row<'_>) -> Result<TargetRow, StoreError> {
    Ok(TargetRow {
        account: row.get(0)?,
        target: row.get(1)?,
        next_due_at: row.get(2)?,
        served_at: row.get(3)?,
        failures: row.get(4)?,
        open_until: row.get(5)?,
        open_ms: row.get(6)?,
        not_before: row.get(7)?,
        receiver_late_until: row.get(8)?,
        in_flight_max: row.get(9)?,
        failing_since: row.get(10)?,
        failing_tries: row.get(11)?,
        failing_callbacks: row.get(12)?,
        last_success_at: row.get(13)?,
        last_failure_at: row.get(14)?,
        last_outcome: row.get(15)?,
        last_status: row.get(16)?,
        paused_by: row.get(17)?,
        paused_at: row.get(18)?,
        releasing: row.get(19)?,
        gone_urls: row.get(20)?,
    })
}

/// What an insert must know of the receiver.
pub(super) struct KnownTarget {
    next_due_at: Option<i64>,
    pub(super) is_paused: bool,
    pub(super) gone_urls: i64,
}

/// The receiver as it is before an insert. Locks nothing: writers must not queue up at it.
pub(super) fn find_for_insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
) -> Result<Option<KnownTarget>, StoreError> {
    tx.query_optional(&FIND_FOR_INSERT, params![account, target], |row| {
        Ok(KnownTarget {
            next_due_at: row.get(0)?,
            is_paused: row.get::<Option<i64>>(1)?.is_some(),
            gone_urls: row.get(2)?,
        })
    })
}

/// A callback was inserted: the receiver must be looked at by `look_at` (`None`: something else
/// will make it due). Writes only where that is not so yet.
pub(super) fn note_inserted(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
    known: Option<&KnownTarget>,
    look_at: Option<i64>,
) -> Result<(), StoreError> {
    let Some(known) = known else {
        if tx.execute(&INSERT, params![account, target, look_at])? == 0
            && let Some(look_at) = look_at
        {
            tx.execute(&MAKE_DUE, params![look_at, account, target])?;
        }
        return Ok(());
    };
    if let Some(look_at) = look_at
        && known.next_due_at.is_none_or(|known| known > look_at)
    {
        tx.execute(&MAKE_DUE, params![look_at, account, target])?;
    }
    Ok(())
}

/// Has a receiver looked at by `at_ms`, Unix ms; makes its row where it is missing.
pub fn make_due(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
    at_ms: i64,
) -> Result<(), StoreError> {
    if tx.execute(&MAKE_DUE, params![at_ms, account, target])? == 0 {
        tx.execute(&INSERT, params![account, target, at_ms])?;
    }
    Ok(())
}

/// Whether any receiver is due.
pub fn any_due(tx: &mut Tx<'_>, now_ms: i64) -> Result<bool, StoreError> {
    let due: Option<i64> = tx.query_optional(&ANY_DUE, params![now_ms], |row| row.get(0))?;
    Ok(due.is_some())
}

/// When the next receiver is due, Unix ms.
pub fn next_due(tx: &mut Tx<'_>) -> Result<Option<i64>, StoreError> {
    tx.query_optional(&NEXT_DUE, &[], |row| row.get(0))
}

/// Receivers that are due and of this trust, least recently served first; of those that never were
/// the newest first, since the others have had their chance. Those that another process has locked
/// are passed over.
pub fn due(
    tx: &mut Tx<'_>,
    now_ms: i64,
    trust: Trust,
    limit: i64,
) -> Result<Vec<TargetRow>, StoreError> {
    tx.query(&DUE, params![now_ms, trust as i64, limit], read_row)
}

/// Takes a receiver's lock and gives it; makes its row where it is missing.
pub fn lock(tx: &mut Tx<'_>, account: AccountId, target: &str) -> Result<TargetRow, StoreError> {
    if let Some(row) = tx.query_optional(&LOCK, params![account, target], read_row)? {
        return Ok(row);
    }
    tx.execute(&INSERT, params![account, target, None::<i64>])?;
    tx.query_optional(&LOCK, params![account, target], read_row)?
        .ok_or_else(|| StoreError::Database(format!("the target {target} is not there")))
}

/// Stores a receiver whose lock is held.
pub fn save(tx: &mut Tx<'_>, row: &TargetRow) -> Result<(), StoreError> {
    tx.execute(
        &SAVE,
        params![
            row.next_due_at,
            row.served_at,
            row.failures,
            row.open_until,
            row.open_ms,
            row.not_before,
            row.receiver_late_until,
            row.in_flight_max,
            row.failing_since,
            row.failing_tries,
            row.failing_callbacks,
            row.last_success_at,
            row.last_failure_at,
            row.last_outcome,
            row.last_status,
            row.paused_by,
            row.paused_at,
            row.releasing,
            row.gone_urls,
            row.account,
            row.target
        ],
    )?;
    Ok(())
}

/// Pauses a receiver; `by` is `auto`, `person` or `start`. What waits is held in steps, and the
/// worker's bell should be rung. `false`: it is paused already, or unknown.
pub fn pause(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
    by: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&PAUSE, params![by, now_ms, account, target])? == 1)
}

/// Pauses every receiver: the server was started to call nobody.
pub fn pause_all(tx: &mut Tx<'_>, now_ms: i64) -> Result<u64, StoreError> {
    tx.execute(&PAUSE_ALL, params![now_ms])
}

/// Ends the pause of a receiver and of its URLs, closes its breaker, and begins to release what is
/// held. The worker's bell should be rung. `false`: it is unknown.
pub fn resume(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&RESUME, params![now_ms, account, target])? == 1)
}

/// Begins to release what is held at all of an account's receivers that are not paused: its policy
/// on plain http has changed.
pub fn release_all(tx: &mut Tx<'_>, account: AccountId, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(&RELEASE_ALL, params![now_ms, account])?;
    Ok(())
}

/// A URL answered 410; from the second in a row on it is paused, and what waits for it is held.
/// `true`: its last answer was another one.
pub fn note_gone(
    tx: &mut Tx<'_>,
    account: AccountId,
    target: &str,
    url: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    if tx.execute(&FIRST_GONE, params![account, url])? == 1 {
        return Ok(true);
    }
    tx.execute(&FURTHER_GONE, params![account, url])?;
    if tx.execute(&PAUSE_URL, params![now_ms, account, url, GONE_PAUSES_FROM])? == 1 {
        tx.execute(&HOLD_URL, params![now_ms, account, target, url])?;
    }
    Ok(false)
}

/// A URL answered otherwise, or a person resumed its receiver: its 410s are forgotten. `false`:
/// there were none.
pub fn forget_gone(tx: &mut Tx<'_>, account: AccountId, url: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(&FORGET_GONE, params![account, url])? == 1)
}
