//! Exact numbers of tasks by project, batch, type and status (`task_counts`).

use domain::{AccountId, BatchId, ProjectId, TaskStatus};

use crate::driver::statement::statements;
use crate::driver::value::{Value, params};
use crate::{StoreError, Tx};

statements! {
    ADD = "INSERT INTO task_counts (account_id, project_id, batch_id, task_type, status, slot, tasks)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (account_id, project_id, batch_id, task_type, status, slot)
        DO UPDATE SET tasks = task_counts.tasks + excluded.tasks";
    OF_PROJECT = "SELECT status, CAST(sum(tasks) AS BIGINT) FROM task_counts
        WHERE account_id = $1 AND project_id = $2 GROUP BY status";
    OF_BATCH = "SELECT status, CAST(sum(tasks) AS BIGINT) FROM task_counts
        WHERE account_id = $1 AND batch_id = $2 GROUP BY status";
    OF_ACCOUNT = "SELECT status, CAST(sum(tasks) AS BIGINT) FROM task_counts
        WHERE account_id = $1 GROUP BY status";
}

/// Numbers of tasks by status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusCounts {
    /// Waiting or being worked on.
    pub pending: i64,
    /// Answered.
    pub completed: i64,
    /// Canceled by the customer.
    pub canceled: i64,
    /// Impossible.
    pub error: i64,
}

impl StatusCounts {
    /// All of them.
    pub fn total(&self) -> i64 {
        self.pending + self.completed + self.canceled + self.error
    }

    fn from_rows(rows: Vec<(String, i64)>) -> Self {
        let mut counts = Self::default();
        for (status, number) in rows {
            match status.parse() {
                Ok(TaskStatus::Pending) => counts.pending = number,
                Ok(TaskStatus::Completed) => counts.completed = number,
                Ok(TaskStatus::Canceled) => counts.canceled = number,
                Ok(TaskStatus::Error) => counts.error = number,
                Err(_) => {}
            }
        }
        counts
    }
}

/// Where a task is counted.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) account: AccountId,
    pub(super) project: Option<ProjectId>,
    pub(super) batch: Option<BatchId>,
    pub(super) task_type: &'a str,
}

/// Adds `tasks` (may be negative) to the number of one status.
pub(super) fn add(
    tx: &mut Tx<'_>,
    place: Place<'_>,
    status: TaskStatus,
    tasks: i64,
) -> Result<(), StoreError> {
    let project = place.project.as_ref().map_or(&[][..], |id| id.as_bytes());
    let batch = place.batch.as_ref().map_or(&[][..], |id| id.as_bytes());
    let slot = tx.slot();
    tx.execute(
        &ADD,
        params![
            place.account,
            Value::Blob(project),
            Value::Blob(batch),
            place.task_type,
            status.as_str(),
            slot,
            tasks
        ],
    )?;
    Ok(())
}

/// A task went from one status to another.
pub(super) fn shift(
    tx: &mut Tx<'_>,
    place: Place<'_>,
    from: TaskStatus,
    to: TaskStatus,
) -> Result<(), StoreError> {
    add(tx, place, from, -1)?;
    add(tx, place, to, 1)
}

pub(super) fn of_project(
    tx: &mut Tx<'_>,
    account: AccountId,
    project: ProjectId,
) -> Result<StatusCounts, StoreError> {
    let rows = tx.query(&OF_PROJECT, params![account, project], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(StatusCounts::from_rows(rows))
}

pub(super) fn of_batch(
    tx: &mut Tx<'_>,
    account: AccountId,
    batch: BatchId,
) -> Result<StatusCounts, StoreError> {
    let rows = tx.query(&OF_BATCH, params![account, batch], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(StatusCounts::from_rows(rows))
}

/// All tasks of an account.
pub(super) fn of_account(tx: &mut Tx<'_>, account: AccountId) -> Result<StatusCounts, StoreError> {
    let rows = tx.query(&OF_ACCOUNT, params![account], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(StatusCounts::from_rows(rows))
}
