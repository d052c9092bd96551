//! Lists of tasks and their exact totals.
//!
//! A list's order is that of the ids, which begin with the creation time. Its text is put together
//! of fixed parts, one for each filter that is given.

use domain::{AccountId, BatchId, ProjectId, TaskId, TaskStatus};

use super::tasks::{TaskRow, read_row};
use crate::driver::value::{ToValue, Value};
use crate::{StoreError, Tx};

/// Columns of [`TaskRow`], in its order.
const COLUMNS: &str = "t.task_id, t.task_type, t.status, t.project_id, t.batch_id,
    p.name, b.name, t.project_param_version, t.unique_id, t.priority, t.instruction,
    t.instruction_shown, t.callback_url, t.params, t.metadata, t.tags, t.response, t.updated_at,
    t.completed_at, t.completed_by, t.price_micros, t.callback_succeeded,
    t.callback_succeeded_at, t.sequence, t.clear_unique_id_on_error
    FROM tasks t
    LEFT JOIN projects p ON p.account_id = t.account_id AND p.project_id = t.project_id
    LEFT JOIN batches b ON b.account_id = t.account_id AND b.batch_id = t.batch_id";

/// What a list of tasks is restricted to (api-v1.md 1.4). Times are Unix ms, bounds inclusive.
#[derive(Clone, Debug, Default)]
pub struct TaskFilter {
    /// Lower bound of the creation time.
    pub created_from: Option<i64>,
    /// Upper bound of the creation time.
    pub created_to: Option<i64>,
    /// Lower bound of the completion time.
    pub completed_from: Option<i64>,
    /// Upper bound of the completion time.
    pub completed_to: Option<i64>,
    /// Lower bound of the time of the last change.
    pub updated_from: Option<i64>,
    /// Upper bound of the time of the last change.
    pub updated_to: Option<i64>,
    /// Status.
    pub status: Option<TaskStatus>,
    /// Name of the type.
    pub task_type: Option<String>,
    /// Project.
    pub project: Option<ProjectId>,
    /// Batch.
    pub batch: Option<BatchId>,
    /// Any of these.
    pub unique_ids: Vec<String>,
    /// All of these.
    pub tags: Vec<String>,
}

impl TaskFilter {
    fn is_counted(&self) -> bool {
        self.created_from.is_none()
            && self.created_to.is_none()
            && self.completed_from.is_none()
            && self.completed_to.is_none()
            && self.updated_from.is_none()
            && self.updated_to.is_none()
            && self.unique_ids.is_empty()
            && self.tags.is_empty()
    }
}

/// Conditions and their parameters, numbered in order of appearance (SQLite demands it).
struct Conditions<'a> {
    text: String,
    params: Vec<Value<'a>>,
}

impl<'a> Conditions<'a> {
    fn add(&mut self, before: &str, value: &'a dyn ToValue, after: &str) {
        self.params.push(value.to_value());
        self.text.push_str(before);
        self.text.push('$');
        self.text.push_str(&self.params.len().to_string());
        self.text.push_str(after);
    }

    fn add_optional<T: ToValue>(&mut self, before: &str, value: Option<&'a T>) {
        if let Some(value) = value {
            self.add(before, value, "");
        }
    }
}

/// Bounds of ids that follow from bounds on times.
struct IdBounds {
    lowest: Option<TaskId>,
    highest: Option<TaskId>,
    updated_lowest: Option<TaskId>,
    updated_highest: Option<TaskId>,
    after: Option<TaskId>,
}

impl IdBounds {
    fn of(filter: &TaskFilter, after: Option<TaskId>) -> Self {
        let lowest = |time: i64| TaskId::lowest_at(time.max(0) as u64);
        let highest = |time: i64| TaskId::highest_at(time.max(0) as u64);
        Self {
            lowest: filter.created_from.map(lowest),
            highest: filter.created_to.map(highest),
            updated_lowest: filter.updated_from.map(lowest),
            updated_highest: filter.updated_to.map(highest),
            after,
        }
    }
}

fn conditions<'a>(
    account: &'a AccountId,
    filter: &'a TaskFilter,
    bounds: &'a IdBounds,
    status: Option<&'a &'static str>,
) -> Conditions<'a> {
    let mut conditions = Conditions {
        text: String::new(),
        params: Vec::new(),
    };
    conditions.add(" WHERE t.account_id = ", account, "");
    conditions.add_optional(" AND t.task_id >= ", bounds.lowest.as_ref());
    conditions.add_optional(" AND t.task_id <= ", bounds.highest.as_ref());
    conditions.add_optional(" AND t.task_id < ", bounds.after.as_ref());
    conditions.add_optional(" AND t.status = ", status);
    conditions.add_optional(" AND t.task_type = ", filter.task_type.as_ref());
    conditions.add_optional(" AND t.project_id = ", filter.project.as_ref());
    conditions.add_optional(" AND t.batch_id = ", filter.batch.as_ref());
    conditions.add_optional(" AND t.completed_at >= ", filter.completed_from.as_ref());
    conditions.add_optional(" AND t.completed_at <= ", filter.completed_to.as_ref());
    let updated = [
        (&filter.updated_from, &bounds.updated_lowest, ">="),
        (&filter.updated_to, &bounds.updated_highest, "<="),
    ];
    for (time, id, sign) in updated {
        // Without a change the creation time counts, which only the id holds.
        if let (Some(time), Some(id)) = (time, id) {
            conditions.add(&format!(" AND (t.updated_at {sign} "), time, "");
            conditions.add(
                &format!(" OR (t.updated_at IS NULL AND t.task_id {sign} "),
                id,
                "))",
            );
        }
    }
    for (index, unique_id) in filter.unique_ids.iter().enumerate() {
        let before = if index == 0 {
            " AND t.unique_id IN ("
        } else {
            ", "
        };
        let after = if index + 1 == filter.unique_ids.len() {
            ")"
        } else {
            ""
        };
        conditions.add(before, unique_id, after);
    }
    for tag in &filter.tags {
        conditions.add(
            " AND EXISTS (SELECT 1 FROM task_tags g WHERE g.account_id = t.account_id AND g.tag = ",
            tag,
            " AND g.task_id = t.task_id)",
        );
    }
    conditions
}

/// A page of tasks, newest first: those older than `after`, `offset` of them left out.
pub fn list(
    tx: &mut Tx<'_>,
    account: AccountId,
    filter: &TaskFilter,
    after: Option<TaskId>,
    limit: i64,
    offset: i64,
) -> Result<Vec<TaskRow>, StoreError> {
    let bounds = IdBounds::of(filter, after);
    let status = filter.status.map(TaskStatus::as_str);
    let mut conditions = conditions(&account, filter, &bounds, status.as_ref());
    conditions.add(" ORDER BY t.task_id DESC LIMIT ", &limit, "");
    conditions.add(" OFFSET ", &offset, "");
    let text = format!("SELECT {COLUMNS}{}", conditions.text);
    tx.query_text(&text, &conditions.params, read_row)
}

/// Exact number of tasks that `filter` matches.
pub fn count(tx: &mut Tx<'_>, account: AccountId, filter: &TaskFilter) -> Result<i64, StoreError> {
    let status = filter.status.map(TaskStatus::as_str);
    let bounds = IdBounds::of(filter, None);
    let (source, conditions) = if filter.is_counted() {
        let mut conditions = Conditions {
            text: String::new(),
            params: Vec::new(),
        };
        conditions.add(" WHERE account_id = ", &account, "");
        conditions.add_optional(" AND project_id = ", filter.project.as_ref());
        conditions.add_optional(" AND batch_id = ", filter.batch.as_ref());
        conditions.add_optional(" AND task_type = ", filter.task_type.as_ref());
        conditions.add_optional(" AND status = ", status.as_ref());
        (
            "SELECT CAST(coalesce(sum(tasks), 0) AS BIGINT) FROM task_counts",
            conditions,
        )
    } else {
        (
            "SELECT count(*) FROM tasks t",
            conditions(&account, filter, &bounds, status.as_ref()),
        )
    };
    let text = format!("{source}{}", conditions.text);
    let counted = tx.query_text(&text, &conditions.params, |row| row.get(0))?;
    Ok(counted.into_iter().next().unwrap_or(0))
}
