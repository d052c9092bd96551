//! The queue: tasks that wait for a labeler (labeling.md 3.2).
//!
//! Order: priority (30, 20, 10, none), then the project that was served longest ago, then the
//! oldest task. It is deterministic for a given state.

use domain::{AccountId, ProjectId, TaskId, UserId};

use crate::driver::statement::statements;
use crate::driver::value::{Value, params};
use crate::{StoreError, Tx};

/// Priorities, highest first; 0 is a task without one.
const PRIORITIES: [i64; 4] = [30, 20, 10, 0];

statements! {
    ENTER = "INSERT INTO queue_entries (account_id, priority, project_id, task_id)
        VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    LEAVE = "DELETE FROM queue_entries
        WHERE account_id = $1 AND priority = $2 AND project_id = $3 AND task_id = $4";
    // Distinct projects by hopping along the index: its cost is the number of projects, not of
    // tasks.
    PROJECTS = "WITH RECURSIVE waiting (project_id) AS (
            SELECT project_id FROM (
                SELECT project_id FROM queue_entries
                WHERE account_id = $1 AND priority = $2 ORDER BY project_id LIMIT 1) AS first
            UNION ALL
            SELECT (SELECT q.project_id FROM queue_entries q
                WHERE q.account_id = $1 AND q.priority = $2 AND q.project_id > w.project_id
                ORDER BY q.project_id LIMIT 1)
            FROM waiting w WHERE w.project_id IS NOT NULL)
        SELECT w.project_id FROM waiting w
        LEFT JOIN project_turns t ON t.account_id = $1 AND t.project_id = w.project_id
        WHERE w.project_id IS NOT NULL ORDER BY coalesce(t.served, 0), w.project_id";
    NEXT = "SELECT q.task_id FROM queue_entries q
        WHERE q.account_id = $1 AND q.priority = $2 AND q.project_id = $3
        AND NOT EXISTS (SELECT 1 FROM skips s
            WHERE s.account_id = $1 AND s.user_id = $4 AND s.task_id = q.task_id)
        ORDER BY q.task_id LIMIT 1" postgres_tail "FOR UPDATE OF q SKIP LOCKED";
    NEXT_SKIPPED = "SELECT q.task_id FROM queue_entries q
        WHERE q.account_id = $1 AND q.priority = $2 AND q.project_id = $3
        ORDER BY q.task_id LIMIT 1" postgres_tail "FOR UPDATE OF q SKIP LOCKED";
    SERVED = "INSERT INTO project_turns (account_id, project_id, served)
        VALUES ($1, $2, 1 + (SELECT coalesce(max(served), 0) FROM project_turns
            WHERE account_id = $1))
        ON CONFLICT (account_id, project_id) DO UPDATE SET served = excluded.served";
    WAITING = "SELECT p.name, q.waiting FROM (
            SELECT project_id, count(*) AS waiting FROM queue_entries
            WHERE account_id = $1 GROUP BY project_id) AS q
        LEFT JOIN projects p ON p.account_id = $1 AND p.project_id = q.project_id
        ORDER BY p.name";
}

fn key(priority: Option<i64>, project: Option<&ProjectId>) -> (i64, &[u8]) {
    (
        priority.unwrap_or(0),
        project.map_or(&[][..], |id| id.as_bytes()),
    )
}

/// Puts a task at its place in the queue.
pub(super) fn enter(
    tx: &mut Tx<'_>,
    account: AccountId,
    priority: Option<i64>,
    project: Option<ProjectId>,
    task_id: TaskId,
) -> Result<(), StoreError> {
    let (priority, project) = key(priority, project.as_ref());
    tx.execute(
        &ENTER,
        params![account, priority, Value::Blob(project), task_id],
    )?;
    Ok(())
}

/// Takes a task out. `false`: it was not waiting.
pub(super) fn leave(
    tx: &mut Tx<'_>,
    account: AccountId,
    priority: Option<i64>,
    project: Option<ProjectId>,
    task_id: TaskId,
) -> Result<bool, StoreError> {
    let (priority, project) = key(priority, project.as_ref());
    Ok(tx.execute(
        &LEAVE,
        params![account, priority, Value::Blob(project), task_id],
    )? == 1)
}

/// Takes the next task for `user` out of the queue; one that this user skipped only when nothing
/// else is left.
pub(super) fn take_next(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
) -> Result<Option<TaskId>, StoreError> {
    for skipped_too in [false, true] {
        for priority in PRIORITIES {
            let projects: Vec<Vec<u8>> =
                tx.query(&PROJECTS, params![account, priority], |row| row.get(0))?;
            for project in projects {
                let next: Option<TaskId> = if skipped_too {
                    tx.query_optional(&NEXT_SKIPPED, params![account, priority, project], |row| {
                        row.get(0)
                    })?
                } else {
                    tx.query_optional(&NEXT, params![account, priority, project, user], |row| {
                        row.get(0)
                    })?
                };
                if let Some(task_id) = next {
                    tx.execute(&LEAVE, params![account, priority, project, task_id])?;
                    tx.execute(&SERVED, params![account, project])?;
                    return Ok(Some(task_id));
                }
            }
        }
    }
    Ok(None)
}

/// Tasks that wait, by name of the project (`None`: without one).
pub fn waiting(
    tx: &mut Tx<'_>,
    account: AccountId,
) -> Result<Vec<(Option<String>, i64)>, StoreError> {
    tx.query(&WAITING, params![account], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}
