//! What the home page shows of a mode: numbers of an account, each read from an index.

use domain::{AccountId, TaskId};

use super::callback_summary;
use super::counts::{self, StatusCounts};
use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    OLDEST_PENDING = "SELECT task_id FROM tasks
        WHERE account_id = $1 AND status = 'pending' ORDER BY task_id LIMIT 1";
    CHARGED_SINCE = "SELECT CAST(coalesce(sum(amount_micros), 0) AS BIGINT) FROM charges
        WHERE account_id = $1 AND created_at >= $2";
    IN_WORK = "SELECT count(*) FROM claims WHERE account_id = $1 AND state = 'active'";
}

/// Numbers of an account.
#[derive(Clone, Copy, Debug, Default)]
pub struct Summary {
    /// Tasks by status.
    pub counts: StatusCounts,
    /// When the oldest task that waits was created, Unix ms.
    pub oldest_pending_at: Option<i64>,
    /// Callbacks that were given up, up to [`callback_summary::COUNT_MAX`].
    pub callbacks_failed: i64,
    /// Charges since the given time, micro-units.
    pub charged_micros: i64,
    /// People who have a task open.
    pub labelers_at_work: i64,
}

/// Numbers of an account; charges since `charged_since_ms`.
pub fn of_account(
    tx: &mut Tx<'_>,
    account: AccountId,
    charged_since_ms: i64,
) -> Result<Summary, StoreError> {
    let oldest = tx.query_optional(&OLDEST_PENDING, params![account], |row| {
        row.get::<TaskId>(0)
    })?;
    let number = |found: Option<i64>| found.unwrap_or(0);
    let counts = counts::of_account(tx, account)?;
    let failed = callback_summary::failed(tx, account)?;
    let charged = tx.query_optional(&CHARGED_SINCE, params![account, charged_since_ms], |row| {
        row.get(0)
    })?;
    // A person has one task open at most, so claims are people.
    let in_work = tx.query_optional(&IN_WORK, params![account], |row| row.get(0))?;
    Ok(Summary {
        counts,
        oldest_pending_at: oldest.map(|id| id.time_ms()),
        callbacks_failed: failed,
        charged_micros: number(charged),
        labelers_at_work: number(in_work),
    })
}

/// Tasks of an account by status.
pub fn task_counts(tx: &mut Tx<'_>, account: AccountId) -> Result<StatusCounts, StoreError> {
    counts::of_account(tx, account)
}
