//! Charges: one per completed live task, written in the completing transaction.

use domain::{AccountId, ProjectId, TaskId, UserId};

use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO charges (account_id, task_id, task_type, project_id, user_id,
        amount_micros, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    FIND = "SELECT amount_micros, created_at, user_id FROM charges
        WHERE account_id = $1 AND task_id = $2";
    // 86,400,000 ms a day; days are those of UTC.
    BY_DAY = "SELECT c.created_at / 86400000, p.name, c.task_type, count(*),
        CAST(sum(c.amount_micros) AS BIGINT)
        FROM charges c
        LEFT JOIN projects p ON p.account_id = c.account_id AND p.project_id = c.project_id
        WHERE c.account_id = $1 AND c.created_at >= $2 AND c.created_at < $3
        GROUP BY c.created_at / 86400000, p.name, c.task_type
        ORDER BY 1, 2, 3";
}

/// A charge to be written.
#[derive(Clone, Debug)]
pub struct NewCharge<'a> {
    /// Task; a second charge for it fails.
    pub task_id: TaskId,
    /// Name of the task's type.
    pub task_type: &'a str,
    /// Project, if any.
    pub project: Option<ProjectId>,
    /// The person who answered.
    pub user: UserId,
    /// Amount.
    pub amount_micros: i64,
    /// Unix ms.
    pub created_at: i64,
}

/// Writes the charge of a task that is being completed.
pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    charge: &NewCharge<'_>,
) -> Result<(), StoreError> {
    tx.execute(
        &INSERT,
        params![
            account,
            charge.task_id,
            charge.task_type,
            charge.project,
            charge.user,
            charge.amount_micros,
            charge.created_at
        ],
    )?;
    Ok(())
}

/// A task's charge.
#[derive(Clone, Copy, Debug)]
pub struct ChargeRow {
    /// Amount.
    pub amount_micros: i64,
    /// Unix ms.
    pub created_at: i64,
    /// The person who answered.
    pub user: UserId,
}

/// The charge of a task, if there is one.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
) -> Result<Option<ChargeRow>, StoreError> {
    tx.query_optional(&FIND, params![account, task_id], |row| {
        Ok(ChargeRow {
            amount_micros: row.get(0)?,
            created_at: row.get(1)?,
            user: row.get(2)?,
        })
    })
}

/// Charges of one day, project and type.
#[derive(Clone, Debug)]
pub struct DayRow {
    /// Days since 1970-01-01, UTC.
    pub day: i64,
    /// Name of the project, if any.
    pub project: Option<String>,
    /// Name of the type.
    pub task_type: String,
    /// Number of charges.
    pub tasks: i64,
    /// Their sum.
    pub amount_micros: i64,
}

/// Sums of charges with `from_ms` ≤ time < `to_ms`.
pub fn by_day(
    tx: &mut Tx<'_>,
    account: AccountId,
    from_ms: i64,
    to_ms: i64,
) -> Result<Vec<DayRow>, StoreError> {
    tx.query(&BY_DAY, params![account, from_ms, to_ms], |row| {
        Ok(DayRow {
            day: row.get(0)?,
            project: row.get(1)?,
            task_type: row.get(2)?,
            tasks: row.get(3)?,
            amount_micros: row.get(4)?,
        })
    })
}
