//! Batches: named groups of tasks inside one project (api-v1.md 2).
//!
//! Whether a batch is completed is not stored: it is when it has tasks and none is pending.

use domain::{AccountId, BatchId, ProjectId};

use super::counts::{self, StatusCounts};
use crate::driver::statement::statements;
use crate::driver::value::{Row, ToValue, Value, params};
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO batches (account_id, batch_id, project_id, name, created_at, state,
        callback, calibration_batch, self_label_batch, metadata)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING";
    FIND = "SELECT b.batch_id, b.project_id, p.name, b.name, b.created_at, b.state, b.callback,
        b.calibration_batch, b.self_label_batch, b.metadata, b.completed_at
        FROM batches b JOIN projects p ON p.account_id = b.account_id
        AND p.project_id = b.project_id
        WHERE b.account_id = $1 AND b.name = $2";
    FIND_BY_ID = "SELECT b.batch_id, b.project_id, p.name, b.name, b.created_at, b.state,
        b.callback, b.calibration_batch, b.self_label_batch, b.metadata, b.completed_at
        FROM batches b JOIN projects p ON p.account_id = b.account_id
        AND p.project_id = b.project_id
        WHERE b.account_id = $1 AND b.batch_id = $2";
    SET_METADATA = "UPDATE batches SET metadata = $1 WHERE account_id = $2 AND batch_id = $3";
    FINALIZE = "UPDATE batches SET state = 'in_progress'
        WHERE account_id = $1 AND batch_id = $2 AND state = 'staging'";
    ENTER_QUEUE = "INSERT INTO queue_entries (account_id, priority, project_id, task_id)
        SELECT account_id, coalesce(priority, 0), project_id, task_id FROM tasks
        WHERE account_id = $1 AND batch_id = $2 AND status = 'pending'
        ON CONFLICT DO NOTHING";
    LOCK = "SELECT name FROM batches WHERE account_id = $1 AND batch_id = $2"
        postgres_tail "FOR UPDATE";
    SET_COMPLETED_AT = "UPDATE batches SET completed_at = $1
        WHERE account_id = $2 AND batch_id = $3";
}

/// State of a batch as the API names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchStatus {
    /// Accepts tasks, nobody works on them (Rapid and Studio).
    Staging,
    /// Work goes on, or can.
    InProgress,
    /// It has tasks, and none is pending.
    Completed,
}

impl BatchStatus {
    /// The API's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Staging => "staging",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
        }
    }

    /// Reads the API's spelling.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Staging, Self::InProgress, Self::Completed]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// A batch to be stored.
#[derive(Clone, Debug)]
pub struct NewBatch {
    /// Id; its time is the creation time.
    pub batch_id: BatchId,
    /// Project.
    pub project: ProjectId,
    /// Unique in the account and mode.
    pub name: String,
    /// Waits for `finalize` before anyone works on it.
    pub staging: bool,
    /// URL or e-mail address.
    pub callback: Option<String>,
    /// A small trial.
    pub calibration_batch: bool,
    /// Labeled by the customer's own people.
    pub self_label_batch: bool,
    /// JSON object.
    pub metadata: String,
}

/// A stored batch.
#[derive(Clone, Debug)]
pub struct BatchRow {
    /// Id.
    pub batch_id: BatchId,
    /// Project's id.
    pub project_id: ProjectId,
    /// Project's name.
    pub project: String,
    /// Name.
    pub name: String,
    /// Unix ms.
    pub created_at: i64,
    /// Status, by its tasks.
    pub status: BatchStatus,
    /// URL or e-mail address.
    pub callback: Option<String>,
    /// A small trial.
    pub calibration_batch: bool,
    /// Labeled by the customer's own people.
    pub self_label_batch: bool,
    /// JSON object.
    pub metadata: String,
    /// When its last pending task ended, Unix ms.
    pub completed_at: Option<i64>,
    /// Numbers of its tasks.
    pub counts: StatusCounts,
}

fn read_row(row: &Row<'_>) -> Result<BatchRow, StoreError> {
    let state: String = row.get(5)?;
    Ok(BatchRow {
        batch_id: row.get(0)?,
        project_id: row.get(1)?,
        project: row.get(2)?,
        name: row.get(3)?,
        created_at: row.get(4)?,
        status: BatchStatus::parse(&state).ok_or_else(|| StoreError::column(5, "a batch state"))?,
        callback: row.get(6)?,
        calibration_batch: row.get(7)?,
        self_label_batch: row.get(8)?,
        metadata: row.get(9)?,
        completed_at: row.get(10)?,
        counts: StatusCounts::default(),
    })
}

fn with_counts(
    tx: &mut Tx<'_>,
    account: AccountId,
    mut batch: BatchRow,
) -> Result<BatchRow, StoreError> {
    batch.counts = counts::of_batch(tx, account, batch.batch_id)?;
    if batch.status == BatchStatus::InProgress
        && batch.counts.total() > 0
        && batch.counts.pending == 0
    {
        batch.status = BatchStatus::Completed;
    } else {
        batch.completed_at = None;
    }
    Ok(batch)
}

/// Stores a batch. `false`: the name is in use.
pub fn insert(tx: &mut Tx<'_>, account: AccountId, batch: &NewBatch) -> Result<bool, StoreError> {
    let state = if batch.staging {
        BatchStatus::Staging
    } else {
        BatchStatus::InProgress
    };
    let inserted = tx.execute(
        &INSERT,
        params![
            account,
            batch.batch_id,
            batch.project,
            batch.name,
            batch.batch_id.time_ms(),
            state.as_str(),
            batch.callback,
            batch.calibration_batch,
            batch.self_label_batch,
            batch.metadata
        ],
    )?;
    Ok(inserted == 1)
}

/// One batch by name.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    name: &str,
) -> Result<Option<BatchRow>, StoreError> {
    match tx.query_optional(&FIND, params![account, name], read_row)? {
        Some(batch) => with_counts(tx, account, batch).map(Some),
        None => Ok(None),
    }
}

/// What a list of batches is restricted to.
#[derive(Clone, Debug, Default)]
pub struct BatchFilter {
    /// Lower bound of the creation time, Unix ms, inclusive.
    pub created_from: Option<i64>,
    /// Upper bound, inclusive.
    pub created_to: Option<i64>,
    /// Project.
    pub project: Option<ProjectId>,
    /// Status.
    pub status: Option<BatchStatus>,
}

/// A page of batches, newest first, and the number of all that match.
pub fn list(
    tx: &mut Tx<'_>,
    account: AccountId,
    filter: &BatchFilter,
    limit: usize,
    offset: usize,
) -> Result<(Vec<BatchRow>, usize), StoreError> {
    let mut text = String::from(
        "SELECT b.batch_id, b.project_id, p.name, b.name, b.created_at, b.state, b.callback,
        b.calibration_batch, b.self_label_batch, b.metadata, b.completed_at
        FROM batches b JOIN projects p ON p.account_id = b.account_id
        AND p.project_id = b.project_id WHERE b.account_id = $1",
    );
    let mut values: Vec<Value<'_>> = vec![account.to_value()];
    let bounds = [
        (
            " AND b.created_at >= ",
            filter.created_from.as_ref().map(ToValue::to_value),
        ),
        (
            " AND b.created_at <= ",
            filter.created_to.as_ref().map(ToValue::to_value),
        ),
        (
            " AND b.project_id = ",
            filter.project.as_ref().map(ToValue::to_value),
        ),
    ];
    for (before, value) in bounds {
        if let Some(value) = value {
            values.push(value);
            text.push_str(before);
            text.push('$');
            text.push_str(&values.len().to_string());
        }
    }
    text.push_str(" ORDER BY b.batch_id DESC");
    let all = tx.query_text(&text, &values, read_row)?;
    // Status follows from the counts, so a filter by it is applied here; without one only the
    // page's batches are counted.
    if let Some(status) = filter.status {
        let mut matching = Vec::new();
        for batch in all {
            let batch = with_counts(tx, account, batch)?;
            if batch.status == status {
                matching.push(batch);
            }
        }
        let total = matching.len();
        return Ok((
            matching.into_iter().skip(offset).take(limit).collect(),
            total,
        ));
    }
    let total = all.len();
    let page: Result<Vec<_>, _> = all
        .into_iter()
        .skip(offset)
        .take(limit)
        .map(|batch| with_counts(tx, account, batch))
        .collect();
    Ok((page?, total))
}

/// Replaces the metadata (a JSON object).
pub fn set_metadata(
    tx: &mut Tx<'_>,
    account: AccountId,
    batch: BatchId,
    metadata_json: &str,
) -> Result<(), StoreError> {
    tx.execute(&SET_METADATA, params![metadata_json, account, batch])?;
    Ok(())
}

/// Lets work on a staging batch begin; on any other it changes nothing.
pub fn finalize(tx: &mut Tx<'_>, account: AccountId, batch: BatchId) -> Result<(), StoreError> {
    if tx.execute(&FINALIZE, params![account, batch])? == 1 {
        tx.execute(&ENTER_QUEUE, params![account, batch])?;
    }
    Ok(())
}

/// Notes a batch as completed if its last pending task has just ended, and gives it then.
///
/// Takes the batch's lock, so that of two tasks that end at once exactly one is the last.
pub fn note_task_ended(
    tx: &mut Tx<'_>,
    account: AccountId,
    batch: BatchId,
    now_ms: i64,
) -> Result<Option<BatchRow>, StoreError> {
    tx.query_optional(&LOCK, params![account, batch], |row| row.get::<String>(0))?;
    if counts::of_batch(tx, account, batch)?.pending > 0 {
        return Ok(None);
    }
    tx.execute(&SET_COMPLETED_AT, params![now_ms, account, batch])?;
    match tx.query_optional(&FIND_BY_ID, params![account, batch], read_row)? {
        Some(batch) => with_counts(tx, account, batch).map(Some),
        None => Ok(None),
    }
}
