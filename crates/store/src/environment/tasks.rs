//! Tasks: insertion, reading and the moves of their status.

use domain::{AccountId, BatchId, ProjectId, TaskId, TaskStatus, UserId};

use super::counts::{self, Place, StatusCounts};
use super::{claims, queue};
use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

/// The one who answered a task of test mode: nobody.
const MADE_UP_BY: [u8; 12] = [0; 12];

statements! {
    INSERT = "INSERT INTO tasks (account_id, task_id, task_type, status, project_id, batch_id,
        project_param_version, unique_id, clear_unique_id_on_error, priority, instruction,
        instruction_shown, callback_url, params, metadata, tags, response, completed_at,
        completed_by, price_micros, sequence)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
        $19, $20, $21)
        ON CONFLICT DO NOTHING";
    BY_UNIQUE_ID = "SELECT task_id FROM tasks WHERE account_id = $1 AND unique_id = $2";
    FIND = "SELECT t.task_id, t.task_type, t.status, t.project_id, t.batch_id,
        p.name, b.name, t.project_param_version, t.unique_id, t.priority, t.instruction,
        t.instruction_shown, t.callback_url, t.params, t.metadata, t.tags, t.response,
        t.updated_at, t.completed_at, t.completed_by, t.price_micros, t.callback_succeeded,
        t.callback_succeeded_at, t.sequence, t.clear_unique_id_on_error
        FROM tasks t
        LEFT JOIN projects p ON p.account_id = t.account_id AND p.project_id = t.project_id
        LEFT JOIN batches b ON b.account_id = t.account_id AND b.batch_id = t.batch_id
        WHERE t.account_id = $1 AND t.task_id = $2";
    LOCK = "SELECT status FROM tasks WHERE account_id = $1 AND task_id = $2"
        postgres_tail "FOR UPDATE";
    COMPLETE = "UPDATE tasks SET status = 'completed', response = $1, completed_at = $2,
        updated_at = $2, completed_by = $3, sequence = sequence + 1
        WHERE account_id = $4 AND task_id = $5 AND status = 'pending'";
    CANCEL = "UPDATE tasks SET status = 'canceled', updated_at = $1
        WHERE account_id = $2 AND task_id = $3 AND status = 'pending'";
    FAIL = "UPDATE tasks SET status = 'error', response = $1, updated_at = $2,
        sequence = sequence + 1,
        unique_id = CASE WHEN clear_unique_id_on_error = 1 THEN NULL ELSE unique_id END
        WHERE account_id = $3 AND task_id = $4 AND status = 'pending'";
    SET_METADATA = "UPDATE tasks SET metadata = $1, updated_at = $2
        WHERE account_id = $3 AND task_id = $4";
    SET_TAGS = "UPDATE tasks SET tags = $1, updated_at = $2
        WHERE account_id = $3 AND task_id = $4";
    SET_UNIQUE_ID = "UPDATE tasks SET unique_id = $1, updated_at = $2
        WHERE account_id = $3 AND task_id = $4";
    ADD_TAG = "INSERT INTO task_tags (account_id, tag, task_id) VALUES ($1, $2, $3)
        ON CONFLICT DO NOTHING";
    REMOVE_TAG = "DELETE FROM task_tags WHERE account_id = $1 AND tag = $2 AND task_id = $3";
    SET_CALLBACK_RESULT = "UPDATE tasks SET callback_succeeded = $1, callback_succeeded_at = $2
        WHERE account_id = $3 AND task_id = $4";
    REMEMBER_KEY = "INSERT INTO idempotency_keys (account_id, idempotency_key, task_id, created_at)
        VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    FORGET_OLD_KEY = "DELETE FROM idempotency_keys
        WHERE account_id = $1 AND idempotency_key = $2 AND created_at < $3";
    FORGET_OLD_KEYS = "DELETE FROM idempotency_keys WHERE created_at < $1";
}

/// A task to be stored. Texts named JSON are serialised already.
#[derive(Clone, Debug)]
pub struct NewTask {
    /// Id; its time is the creation time.
    pub task_id: TaskId,
    /// Name of the type.
    pub task_type: &'static str,
    /// Project, if any.
    pub project: Option<ProjectId>,
    /// Batch, if any.
    pub batch: Option<BatchId>,
    /// Version of the project's params that was used.
    pub project_param_version: Option<i64>,
    /// The customer's own id.
    pub unique_id: Option<String>,
    /// Drop the unique id when the task turns to `error`.
    pub clear_unique_id_on_error: bool,
    /// 10, 20 or 30.
    pub priority: Option<i64>,
    /// What the API echoes.
    pub instruction: Option<String>,
    /// What the labeler sees, where it differs from `instruction`.
    pub instruction_shown: Option<String>,
    /// As sent.
    pub callback_url: Option<String>,
    /// JSON object.
    pub params: String,
    /// JSON object.
    pub metadata: String,
    /// In order of insertion, without duplicates; `None` if never set.
    pub tags: Option<Vec<String>>,
    /// Micro-units to be charged at completion (live mode).
    pub price_micros: Option<i64>,
    /// JSON of the made-up answer: the task is stored completed (test mode).
    pub made_up: Option<String>,
    /// The batch is in staging: the task joins the queue when it is finalized.
    pub held: bool,
}

impl NewTask {
    /// A task with nothing but what each must have.
    pub fn bare(task_id: TaskId, task_type: &'static str) -> Self {
        Self {
            task_id,
            task_type,
            project: None,
            batch: None,
            project_param_version: None,
            unique_id: None,
            clear_unique_id_on_error: false,
            priority: None,
            instruction: None,
            instruction_shown: None,
            callback_url: None,
            params: "{}".to_owned(),
            metadata: "{}".to_owned(),
            tags: None,
            price_micros: None,
            made_up: None,
            held: false,
        }
    }
}

/// How an insertion ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// Stored.
    Stored,
    /// Another task of the account has the unique id.
    UniqueIdTaken(TaskId),
}

/// Stores a task; a pending one joins the queue.
pub fn insert(tx: &mut Tx<'_>, account: AccountId, task: &NewTask) -> Result<Inserted, StoreError> {
    let status = if task.made_up.is_some() {
        TaskStatus::Completed
    } else {
        TaskStatus::Pending
    };
    let tags_json = task.tags.as_deref().map(tags_to_json);
    let completed_at = task.made_up.as_ref().map(|_| task.task_id.time_ms());
    let completed_by = task.made_up.as_ref().map(|_| MADE_UP_BY);
    let inserted = tx.execute(
        &INSERT,
        params![
            account,
            task.task_id,
            task.task_type,
            status.as_str(),
            task.project,
            task.batch,
            task.project_param_version,
            task.unique_id,
            task.clear_unique_id_on_error,
            task.priority,
            task.instruction,
            task.instruction_shown,
            task.callback_url,
            task.params,
            task.metadata,
            tags_json,
            task.made_up,
            completed_at,
            completed_by,
            task.price_micros,
            i64::from(task.made_up.is_some()),
        ],
    )?;
    if inserted == 0 {
        let unique_id = task.unique_id.as_deref().unwrap_or_default();
        return match find_by_unique_id(tx, account, unique_id)? {
            Some(other) => Ok(Inserted::UniqueIdTaken(other)),
            None => Err(StoreError::Database(format!(
                "task id {} is taken",
                task.task_id
            ))),
        };
    }
    let place = Place {
        account,
        project: task.project,
        batch: task.batch,
        task_type: task.task_type,
    };
    counts::add(tx, place, status, 1)?;
    for tag in task.tags.iter().flatten() {
        tx.execute(&ADD_TAG, params![account, tag, task.task_id])?;
    }
    if status == TaskStatus::Pending && !task.held {
        queue::enter(tx, account, task.priority, task.project, task.task_id)?;
    }
    Ok(Inserted::Stored)
}

/// The task with this unique id.
pub fn find_by_unique_id(
    tx: &mut Tx<'_>,
    account: AccountId,
    unique_id: &str,
) -> Result<Option<TaskId>, StoreError> {
    tx.query_optional(&BY_UNIQUE_ID, params![account, unique_id], |row| row.get(0))
}

/// Remembers an idempotency key in the transaction that makes its task.
///
/// `false`: it was used at or after `not_before_ms` already, and no task must be made.
pub fn remember_idempotency_key(
    tx: &mut Tx<'_>,
    account: AccountId,
    key: &str,
    task_id: TaskId,
    not_before_ms: i64,
) -> Result<bool, StoreError> {
    tx.execute(&FORGET_OLD_KEY, params![account, key, not_before_ms])?;
    let created_at = task_id.time_ms();
    Ok(tx.execute(&REMEMBER_KEY, params![account, key, task_id, created_at])? == 1)
}

/// Forgets idempotency keys made before `before_ms`; gives their number.
pub fn forget_idempotency_keys(tx: &mut Tx<'_>, before_ms: i64) -> Result<u64, StoreError> {
    tx.execute(&FORGET_OLD_KEYS, params![before_ms])
}

/// A stored task with the names of its project and batch.
#[derive(Clone, Debug)]
pub struct TaskRow {
    /// Id; its time is the creation time.
    pub task_id: TaskId,
    /// Name of the type.
    pub task_type: String,
    /// Status.
    pub status: TaskStatus,
    /// Project's id.
    pub project_id: Option<ProjectId>,
    /// Batch's id.
    pub batch_id: Option<BatchId>,
    /// Project's name.
    pub project: Option<String>,
    /// Batch's name.
    pub batch: Option<String>,
    /// Version of the project's params that was used.
    pub project_param_version: Option<i64>,
    /// The customer's own id.
    pub unique_id: Option<String>,
    /// 10, 20 or 30.
    pub priority: Option<i64>,
    /// What the API echoes.
    pub instruction: Option<String>,
    /// What the labeler sees, where it differs.
    pub instruction_shown: Option<String>,
    /// As sent.
    pub callback_url: Option<String>,
    /// JSON object.
    pub params: String,
    /// JSON object.
    pub metadata: String,
    /// JSON array; `None` if never set.
    pub tags: Option<String>,
    /// JSON object, once there is one.
    pub response: Option<String>,
    /// Last change, Unix ms; `None` if unchanged since creation.
    pub updated_at: Option<i64>,
    /// Unix ms.
    pub completed_at: Option<i64>,
    /// Who answered; `None` if nobody did, or the answer is made up.
    pub completed_by: Option<UserId>,
    /// Micro-units to be charged.
    pub price_micros: Option<i64>,
    /// How delivery ended, once it ended.
    pub callback_succeeded: Option<bool>,
    /// Unix ms.
    pub callback_succeeded_at: Option<i64>,
    /// Changes told by callback so far.
    pub sequence: i64,
    /// Drop the unique id when the task turns to `error`.
    pub clear_unique_id_on_error: bool,
}

pub(super) fn read_row(row: &Row<'_>) -> Result<TaskRow, StoreError> {
    let status: String = row.get(2)?;
    let completed_by: Option<Vec<u8>> = row.get(19)?;
    Ok(TaskRow {
        task_id: row.get(0)?,
        task_type: row.get(1)?,
        status: status
            .parse()
            .map_err(|_| StoreError::column(2, "a task status"))?,
        project_id: row.get(3)?,
        batch_id: row.get(4)?,
        project: row.get(5)?,
        batch: row.get(6)?,
        project_param_version: row.get(7)?,
        unique_id: row.get(8)?,
        priority: row.get(9)?,
        instruction: row.get(10)?,
        instruction_shown: row.get(11)?,
        callback_url: row.get(12)?,
        params: row.get(13)?,
        metadata: row.get(14)?,
        tags: row.get(15)?,
        response: row.get(16)?,
        updated_at: row.get(17)?,
        completed_at: row.get(18)?,
        completed_by: completed_by
            .filter(|bytes| *bytes != MADE_UP_BY)
            .and_then(|bytes| UserId::from_bytes(&bytes)),
        price_micros: row.get(20)?,
        callback_succeeded: row.get::<Option<i64>>(21)?.map(|flag| flag != 0),
        callback_succeeded_at: row.get(22)?,
        sequence: row.get(23)?,
        clear_unique_id_on_error: row.get(24)?,
    })
}

/// One task.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
) -> Result<Option<TaskRow>, StoreError> {
    tx.query_optional(&FIND, params![account, task_id], read_row)
}

/// Takes the row's lock (PostgreSQL; SQLite has one writer) so that what is read next stays true
/// until the transaction ends.
pub fn lock(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
) -> Result<Option<TaskRow>, StoreError> {
    let status: Option<String> =
        tx.query_optional(&LOCK, params![account, task_id], |row| row.get(0))?;
    if status.is_none() {
        return Ok(None);
    }
    find(tx, account, task_id)
}

/// Numbers of an account's tasks by status.
pub fn status_counts(tx: &mut Tx<'_>, account: AccountId) -> Result<StatusCounts, StoreError> {
    counts::of_account(tx, account)
}

fn place(account: AccountId, task: &TaskRow) -> Place<'_> {
    Place {
        account,
        project: task.project_id,
        batch: task.batch_id,
        task_type: &task.task_type,
    }
}

/// Stores a person's answer and moves the task to `completed`. `false`: it was not pending.
///
/// The row's lock must be held ([`lock`]).
pub fn complete(
    tx: &mut Tx<'_>,
    account: AccountId,
    task: &TaskRow,
    response_json: &str,
    by: UserId,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let changed = tx.execute(
        &COMPLETE,
        params![response_json, now_ms, by, account, task.task_id],
    )?;
    if changed == 1 {
        counts::shift(
            tx,
            place(account, task),
            TaskStatus::Pending,
            TaskStatus::Completed,
        )?;
    }
    Ok(changed == 1)
}

/// Cancels a task that nobody has begun. `false`: it is not pending, or a labeler works on it.
pub fn cancel(
    tx: &mut Tx<'_>,
    account: AccountId,
    task: &TaskRow,
    now_ms: i64,
) -> Result<bool, StoreError> {
    if claims::is_claimed(tx, account, task.task_id)? {
        return Ok(false);
    }
    queue::leave(tx, account, task.priority, task.project_id, task.task_id)?;
    let changed = tx.execute(&CANCEL, params![now_ms, account, task.task_id])?;
    if changed == 1 {
        counts::shift(
            tx,
            place(account, task),
            TaskStatus::Pending,
            TaskStatus::Canceled,
        )?;
    }
    Ok(changed == 1)
}

/// Moves a task that cannot be done to `error`, takes it out of the queue, and frees its unique id
/// if it asked for that (api-v1.md 0.7). `response_json` tells why. `false`: it was not pending.
///
/// The row's lock must be held ([`lock`]).
pub fn fail(
    tx: &mut Tx<'_>,
    account: AccountId,
    task: &TaskRow,
    response_json: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    queue::leave(tx, account, task.priority, task.project_id, task.task_id)?;
    let changed = tx.execute(&FAIL, params![response_json, now_ms, account, task.task_id])?;
    if changed == 1 {
        counts::shift(
            tx,
            place(account, task),
            TaskStatus::Pending,
            TaskStatus::Error,
        )?;
    }
    Ok(changed == 1)
}

/// Replaces the metadata (a JSON object). `false`: no such task.
pub fn set_metadata(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
    metadata_json: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(
        &SET_METADATA,
        params![metadata_json, now_ms, account, task_id],
    )? == 1)
}

/// Replaces the tags `before` by `after`.
pub fn set_tags(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
    before: &[String],
    after: &[String],
    now_ms: i64,
) -> Result<(), StoreError> {
    for tag in before.iter().filter(|tag| !after.contains(tag)) {
        tx.execute(&REMOVE_TAG, params![account, tag, task_id])?;
    }
    for tag in after.iter().filter(|tag| !before.contains(tag)) {
        tx.execute(&ADD_TAG, params![account, tag, task_id])?;
    }
    tx.execute(
        &SET_TAGS,
        params![tags_to_json(after), now_ms, account, task_id],
    )?;
    Ok(())
}

/// Sets or clears the unique id. The caller has looked whether another task has it, and the unique
/// index decides between two that looked at once.
pub fn set_unique_id(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
    unique_id: Option<&str>,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&SET_UNIQUE_ID, params![unique_id, now_ms, account, task_id])?;
    Ok(())
}

/// Records how delivery of the task's callback ended. Not a change of `updated_at`.
pub fn set_callback_result(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
    succeeded: bool,
    now_ms: i64,
) -> Result<(), StoreError> {
    let at = succeeded.then_some(now_ms);
    tx.execute(
        &SET_CALLBACK_RESULT,
        params![succeeded, at, account, task_id],
    )?;
    Ok(())
}

fn tags_to_json(tags: &[String]) -> String {
    serde_json::to_string(tags).expect("a list of strings is always valid JSON")
}
