//! Purge of old callbacks (callbacks.md 3.10), in steps: each is one short transaction that goes on
//! where the last one stopped, whichever process made it.
//!
//! What still waits (pending, sending, held, or to be sent again) is never purged, however old.

use domain::{AccountId, CallbackId};

use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

/// Callbacks purged in one step.
pub const STEP_ROWS_MAX: i64 = 1_000;
/// Accounts looked at in one step.
const STEP_ACCOUNTS_MAX: usize = 100;

statements! {
    BEGIN_PROGRESS = "INSERT INTO purge_progress (kind, purged, purged_total, next_at)
        VALUES ($1, 0, 0, 0) ON CONFLICT DO NOTHING";
    LOCK_PROGRESS = "SELECT started_at, made_before, after_account, after_callback, purged,
        purged_total, finished_at, next_at FROM purge_progress WHERE kind = $1"
        postgres_tail "FOR UPDATE";
    PROGRESS = "SELECT started_at, made_before, after_account, after_callback, purged,
        purged_total, finished_at, next_at FROM purge_progress WHERE kind = $1";
    SET_PROGRESS = "UPDATE purge_progress SET started_at = $1, made_before = $2,
        after_account = $3, after_callback = $4, purged = $5, purged_total = $6, finished_at = $7,
        next_at = $8 WHERE kind = $9";
    ACCOUNT_WITH_BODIES = "SELECT account_id FROM callback_bodies WHERE account_id > $1
        ORDER BY account_id LIMIT 1";
    ACCOUNT_WITH_ROWS = "SELECT account_id FROM callbacks WHERE account_id > $1
        ORDER BY account_id LIMIT 1";
    // The locks hold off a resend until the bodies are gone, and it then finds none.
    OLD_BODIES = "SELECT b.callback_id FROM callback_bodies b
        JOIN callbacks c ON c.account_id = b.account_id AND c.callback_id = b.callback_id
        WHERE b.account_id = $1 AND b.callback_id > $2 AND b.callback_id < $3
        AND c.state NOT IN ('pending', 'sending', 'held') AND c.resend_at IS NULL
        ORDER BY b.callback_id LIMIT $4" postgres_tail "FOR UPDATE OF c";
    OLD_ROWS = "SELECT callback_id FROM callbacks
        WHERE account_id = $1 AND callback_id > $2 AND callback_id < $3
        AND state NOT IN ('pending', 'sending', 'held') AND resend_at IS NULL
        ORDER BY callback_id LIMIT $4" postgres_tail "FOR UPDATE";
    EMPTY_ATTEMPTS = "UPDATE callback_attempts
        SET answer_headers = NULL, answer_body = NULL, answer_complete = NULL
        WHERE account_id = $1 AND callback_id > $2 AND callback_id <= $3
        AND (answer_headers IS NOT NULL OR answer_body IS NOT NULL)
        AND EXISTS (SELECT 1 FROM callbacks c WHERE c.account_id = callback_attempts.account_id
            AND c.callback_id = callback_attempts.callback_id
            AND c.state NOT IN ('pending', 'sending', 'held') AND c.resend_at IS NULL)";
    DELETE_BODIES = "DELETE FROM callback_bodies
        WHERE account_id = $1 AND callback_id > $2 AND callback_id <= $3
        AND EXISTS (SELECT 1 FROM callbacks c WHERE c.account_id = callback_bodies.account_id
            AND c.callback_id = callback_bodies.callback_id
            AND c.state NOT IN ('pending', 'sending', 'held') AND c.resend_at IS NULL)";
    DELETE_ATTEMPTS = "DELETE FROM callback_attempts
        WHERE account_id = $1 AND callback_id > $2 AND callback_id <= $3
        AND EXISTS (SELECT 1 FROM callbacks c WHERE c.account_id = callback_attempts.account_id
            AND c.callback_id = callback_attempts.callback_id
            AND c.state NOT IN ('pending', 'sending', 'held') AND c.resend_at IS NULL)";
    DELETE_ROWS = "DELETE FROM callbacks
        WHERE account_id = $1 AND callback_id > $2 AND callback_id <= $3
        AND state NOT IN ('pending', 'sending', 'held') AND resend_at IS NULL";
}

/// What a sweep takes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purge {
    /// Bodies and receivers' answers; the rows stay and tell what happened.
    Bodies,
    /// Everything of a callback.
    Rows,
}

impl Purge {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Bodies, Self::Rows];

    /// Its name in the database and in measures.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bodies => "bodies",
            Self::Rows => "rows",
        }
    }
}

/// How far a purge has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Begin of the sweep under way, Unix ms; `None`: none is.
    pub started_at: Option<i64>,
    /// The sweep takes callbacks made before this, Unix ms.
    pub made_before: Option<i64>,
    /// Callbacks purged by the sweep under way, else by the last one.
    pub purged: i64,
    /// Callbacks purged by all sweeps.
    pub purged_total: i64,
    /// End of the last sweep, Unix ms.
    pub finished_at: Option<i64>,
    /// Begin of the next sweep, Unix ms.
    pub next_at: i64,
    after: Option<(AccountId, Option<CallbackId>)>,
}

fn read_progress(row: &Row<'_>) -> Result<Progress, StoreError> {
    let account: Option<AccountId> = row.get(2)?;
    let callback = row.get(3)?;
    Ok(Progress {
        started_at: row.get(0)?,
        made_before: row.get(1)?,
        after: account.map(|account| (account, callback)),
        purged: row.get(4)?,
        purged_total: row.get(5)?,
        finished_at: row.get(6)?,
        next_at: row.get(7)?,
    })
}

/// How far `purge` has come; `None`: no sweep of it has begun yet.
pub fn progress(tx: &mut Tx<'_>, purge: Purge) -> Result<Option<Progress>, StoreError> {
    tx.query_optional(&PROGRESS, params![purge.as_str()], read_progress)
}

/// Makes one step of `purge`; begins a sweep over what was made before `now_ms - kept_ms` where none
/// is under way and one is due, `every_ms` after the begin of the last. Gives the progress after it:
/// without a `started_at` there is nothing to do until `next_at`.
pub fn step(
    tx: &mut Tx<'_>,
    purge: Purge,
    kept_ms: i64,
    every_ms: i64,
    now_ms: i64,
) -> Result<Progress, StoreError> {
    let kind = purge.as_str();
    tx.execute(&BEGIN_PROGRESS, params![kind])?;
    let mut progress = tx
        .query_optional(&LOCK_PROGRESS, params![kind], read_progress)?
        .unwrap_or_default();
    if progress.started_at.is_none() {
        if now_ms < progress.next_at {
            return Ok(progress);
        }
        progress.started_at = Some(now_ms);
        progress.made_before = Some(now_ms - kept_ms);
        progress.next_at = now_ms + every_ms;
        progress.purged = 0;
        progress.after = None;
    }
    let made_before = progress.made_before.unwrap_or_default().max(0);
    let purged = go_on(tx, purge, made_before, &mut progress.after)?;
    progress.purged += purged;
    progress.purged_total += purged;
    if progress.after.is_none() {
        progress.started_at = None;
        progress.made_before = None;
        progress.finished_at = Some(now_ms);
    }
    let (account, callback) = match progress.after {
        Some((account, callback)) => (Some(account), callback),
        None => (None, None),
    };
    tx.execute(
        &SET_PROGRESS,
        params![
            progress.started_at,
            progress.made_before,
            account,
            callback,
            progress.purged,
            progress.purged_total,
            progress.finished_at,
            progress.next_at,
            kind
        ],
    )?;
    Ok(progress)
}

/// Purges up to [`STEP_ROWS_MAX`] callbacks from `after` on, and moves it; `None`: all are done.
fn go_on(
    tx: &mut Tx<'_>,
    purge: Purge,
    made_before_ms: i64,
    after: &mut Option<(AccountId, Option<CallbackId>)>,
) -> Result<i64, StoreError> {
    let (next_account, old) = match purge {
        Purge::Bodies => (&ACCOUNT_WITH_BODIES, &OLD_BODIES),
        Purge::Rows => (&ACCOUNT_WITH_ROWS, &OLD_ROWS),
    };
    // Ids begin with the time of their making.
    let end = CallbackId::from_parts(made_before_ms.unsigned_abs(), [0; 6]);
    let mut purged = 0;
    for _ in 0..STEP_ACCOUNTS_MAX {
        let (account, from) = if let Some((account, Some(callback))) = *after {
            // In the midst of an account.
            (account, callback)
        } else {
            // Past an account, or at the beginning.
            let past = after.map(|(account, _)| account.as_bytes().to_vec());
            let past = past.unwrap_or_default();
            let Some(account) = tx.query_optional(next_account, params![past], |row| row.get(0))?
            else {
                *after = None;
                return Ok(purged);
            };
            (account, CallbackId::from_parts(0, [0; 6]))
        };
        let found: Vec<CallbackId> = tx.query(
            old,
            params![account, from, end, STEP_ROWS_MAX - purged],
            |row| row.get(0),
        )?;
        if let Some(last) = found.last() {
            let range = params![account, from, *last];
            match purge {
                Purge::Bodies => {
                    tx.execute(&EMPTY_ATTEMPTS, range)?;
                    tx.execute(&DELETE_BODIES, range)?;
                }
                Purge::Rows => {
                    tx.execute(&DELETE_ATTEMPTS, range)?;
                    tx.execute(&DELETE_BODIES, range)?;
                    tx.execute(&DELETE_ROWS, range)?;
                }
            }
        }
        purged += found.len() as i64;
        if purged == STEP_ROWS_MAX {
            *after = Some((account, found.last().copied()));
            return Ok(purged);
        }
        *after = Some((account, None));
    }
    Ok(purged)
}
