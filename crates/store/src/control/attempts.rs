//! Counters of attempts, by which log-in, sign-up and reset are throttled. A subject is a digest:
//! no address and no e-mail stands here. They survive a restart and hold across processes.

use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    FIND = "SELECT window_start, attempts FROM attempts WHERE subject = $1";
    COUNT = "INSERT INTO attempts (subject, window_start, attempts) VALUES ($1, $2, 1)
        ON CONFLICT (subject) DO UPDATE SET
        attempts = CASE WHEN attempts.window_start <= $3 THEN 1 ELSE attempts.attempts + 1 END,
        window_start = CASE WHEN attempts.window_start <= $3 THEN excluded.window_start
            ELSE attempts.window_start END
        RETURNING window_start, attempts";
    GIVE_BACK = "UPDATE attempts SET attempts = attempts - 1 WHERE subject = $1 AND attempts > 0";
    FORGET = "DELETE FROM attempts WHERE window_start < $1";
    FAILURES = "SELECT failures, last_at FROM log_in_failures WHERE subject = $1"
        postgres_tail "FOR UPDATE";
    ADD_FAILURE = "INSERT INTO log_in_failures (subject, failures, last_at) VALUES ($1, 1, $2)
        ON CONFLICT (subject) DO UPDATE
        SET failures = log_in_failures.failures + 1, last_at = excluded.last_at
        RETURNING failures";
    TAKE_FAILURE_BACK = "UPDATE log_in_failures SET failures = failures - 1
        WHERE subject = $1 AND failures > 0";
    CLEAR_FAILURES = "DELETE FROM log_in_failures WHERE subject = $1";
    FORGET_FAILURES = "DELETE FROM log_in_failures WHERE last_at < $1";
}

/// Attempts of a subject in a window of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// When the window began, Unix ms.
    pub window_start: i64,
    /// Attempts in it.
    pub attempts: i64,
}

/// Counts an attempt in the present window of `window_ms`, or in a new one; gives the count with it.
pub fn count(
    tx: &mut Tx<'_>,
    subject: &[u8; 32],
    window_ms: i64,
    now_ms: i64,
) -> Result<Attempts, StoreError> {
    let counted = tx.query_optional(
        &COUNT,
        params![subject, now_ms, now_ms - window_ms],
        read_attempts,
    )?;
    counted.ok_or_else(|| StoreError::Database("an attempt was not counted".to_owned()))
}

/// Attempts so far, in a window that may be over.
pub fn find(tx: &mut Tx<'_>, subject: &[u8; 32]) -> Result<Option<Attempts>, StoreError> {
    tx.query_optional(&FIND, params![subject], read_attempts)
}

fn read_attempts(row: &crate::driver::value::Row<'_>) -> Result<Attempts, StoreError> {
    Ok(Attempts {
        window_start: row.get(0)?,
        attempts: row.get(1)?,
    })
}

/// An attempt turned out to be none that counts.
pub fn give_back(tx: &mut Tx<'_>, subject: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(&GIVE_BACK, params![subject])?;
    Ok(())
}

/// Failures in a row of a subject: their number and the time of the last one, Unix ms. In a
/// transaction the row stays locked, so that parallel attempts are judged one after another.
pub fn failures(tx: &mut Tx<'_>, subject: &[u8; 32]) -> Result<Option<(i64, i64)>, StoreError> {
    tx.query_optional(&FAILURES, params![subject], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Counts a failure; gives how many there are in a row.
pub fn add_failure(tx: &mut Tx<'_>, subject: &[u8; 32], now_ms: i64) -> Result<i64, StoreError> {
    Ok(tx
        .query_optional(&ADD_FAILURE, params![subject, now_ms], |row| row.get(0))?
        .unwrap_or(0))
}

/// A failure turned out to be none that counts.
pub fn take_failure_back(tx: &mut Tx<'_>, subject: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(&TAKE_FAILURE_BACK, params![subject])?;
    Ok(())
}

/// Ends a row of failures.
pub fn clear_failures(tx: &mut Tx<'_>, subject: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(&CLEAR_FAILURES, params![subject])?;
    Ok(())
}

/// Forgets windows and rows of failures that ended before these times, Unix ms.
pub fn forget_old(
    tx: &mut Tx<'_>,
    windows_before_ms: i64,
    failures_before_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&FORGET, params![windows_before_ms])?;
    tx.execute(&FORGET_FAILURES, params![failures_before_ms])?;
    Ok(())
}
