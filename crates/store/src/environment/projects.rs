//! Projects and the versions of their params (api-v1.md 3).

use domain::{AccountId, ProjectId};

use super::counts::{self, StatusCounts};
use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO projects (account_id, project_id, name, task_type, created_at, rapid,
        studio, dataset_id, pipeline, param_version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0) ON CONFLICT DO NOTHING";
    INSERT_PARAMS = "INSERT INTO project_params (account_id, project_id, version, created_at,
        params) VALUES ($1, $2, $3, $4, $5)";
    FIND = "SELECT p.project_id, p.name, p.task_type, p.created_at, p.archived_at, p.rapid,
        p.studio, p.dataset_id, p.pipeline, p.param_version, v.params
        FROM projects p JOIN project_params v ON v.account_id = p.account_id
        AND v.project_id = p.project_id AND v.version = p.param_version
        WHERE p.account_id = $1 AND p.name = $2";
    FIND_BY_ID = "SELECT p.project_id, p.name, p.task_type, p.created_at, p.archived_at, p.rapid,
        p.studio, p.dataset_id, p.pipeline, p.param_version, v.params
        FROM projects p JOIN project_params v ON v.account_id = p.account_id
        AND v.project_id = p.project_id AND v.version = p.param_version
        WHERE p.account_id = $1 AND p.project_id = $2";
    LOCK = "SELECT p.project_id, p.name, p.task_type, p.created_at, p.archived_at, p.rapid,
        p.studio, p.dataset_id, p.pipeline, p.param_version, v.params
        FROM projects p JOIN project_params v ON v.account_id = p.account_id
        AND v.project_id = p.project_id AND v.version = p.param_version
        WHERE p.account_id = $1 AND p.name = $2" postgres_tail "FOR UPDATE OF p";
    LIST = "SELECT p.project_id, p.name, p.task_type, p.created_at, p.archived_at, p.rapid,
        p.studio, p.dataset_id, p.pipeline, p.param_version, v.params
        FROM projects p JOIN project_params v ON v.account_id = p.account_id
        AND v.project_id = p.project_id AND v.version = p.param_version
        WHERE p.account_id = $1 ORDER BY p.project_id";
    HISTORY = "SELECT version, created_at, params FROM project_params
        WHERE account_id = $1 AND project_id = $2 ORDER BY version";
    PARAMS_OF_VERSION = "SELECT version, created_at, params FROM project_params
        WHERE account_id = $1 AND project_id = $2 AND version = $3";
    SET_VERSION = "UPDATE projects SET param_version = $1 WHERE account_id = $2 AND project_id = $3";
    LAST_TASK = "SELECT task_id FROM tasks WHERE account_id = $1 AND project_id = $2
        ORDER BY task_id DESC LIMIT 1";
}

/// A project to be stored.
#[derive(Clone, Debug)]
pub struct NewProject {
    /// Id.
    pub project_id: ProjectId,
    /// Unique in the account and mode.
    pub name: String,
    /// Name of the task type.
    pub task_type: &'static str,
    /// Unix ms.
    pub created_at: i64,
    /// Self-serve labeling.
    pub rapid: bool,
    /// The account's own team.
    pub studio: bool,
    /// As sent.
    pub dataset_id: Option<String>,
    /// `standard_task` or `consensus_task`.
    pub pipeline: Option<String>,
    /// JSON object of version 0.
    pub params: String,
}

/// A stored project with its newest params.
#[derive(Clone, Debug)]
pub struct ProjectRow {
    /// Id.
    pub project_id: ProjectId,
    /// Name.
    pub name: String,
    /// Name of the task type.
    pub task_type: String,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms.
    pub archived_at: Option<i64>,
    /// Self-serve labeling.
    pub rapid: bool,
    /// The account's own team.
    pub studio: bool,
    /// As sent.
    pub dataset_id: Option<String>,
    /// `standard_task` or `consensus_task`.
    pub pipeline: Option<String>,
    /// Newest version, from 0.
    pub param_version: i64,
    /// JSON object of that version.
    pub params: String,
}

/// One version of a project's params.
#[derive(Clone, Debug)]
pub struct ParamsRow {
    /// From 0.
    pub version: i64,
    /// Unix ms.
    pub created_at: i64,
    /// JSON object.
    pub params: String,
}

fn read_row(row: &Row<'_>) -> Result<ProjectRow, StoreError> {
    Ok(ProjectRow {
        project_id: row.get(0)?,
        name: row.get(1)?,
        task_type: row.get(2)?,
        created_at: row.get(3)?,
        archived_at: row.get(4)?,
        rapid: row.get(5)?,
        studio: row.get(6)?,
        dataset_id: row.get(7)?,
        pipeline: row.get(8)?,
        param_version: row.get(9)?,
        params: row.get(10)?,
    })
}

fn read_params(row: &Row<'_>) -> Result<ParamsRow, StoreError> {
    Ok(ParamsRow {
        version: row.get(0)?,
        created_at: row.get(1)?,
        params: row.get(2)?,
    })
}

/// Stores a project and version 0 of its params. `false`: the name is in use.
pub fn insert(
    tx: &mut Tx<'_>,
    account: AccountId,
    project: &NewProject,
) -> Result<bool, StoreError> {
    let inserted = tx.execute(
        &INSERT,
        params![
            account,
            project.project_id,
            project.name,
            project.task_type,
            project.created_at,
            project.rapid,
            project.studio,
            project.dataset_id,
            project.pipeline
        ],
    )?;
    if inserted == 0 {
        return Ok(false);
    }
    tx.execute(
        &INSERT_PARAMS,
        params![
            account,
            project.project_id,
            0_i64,
            project.created_at,
            project.params
        ],
    )?;
    Ok(true)
}

/// One project by name.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    name: &str,
) -> Result<Option<ProjectRow>, StoreError> {
    tx.query_optional(&FIND, params![account, name], read_row)
}

/// One project by id.
pub fn find_by_id(
    tx: &mut Tx<'_>,
    account: AccountId,
    project: ProjectId,
) -> Result<Option<ProjectRow>, StoreError> {
    tx.query_optional(&FIND_BY_ID, params![account, project], read_row)
}

/// All projects, oldest first.
pub fn list(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<ProjectRow>, StoreError> {
    tx.query(&LIST, params![account], read_row)
}

/// Versions of a project's params, oldest first.
pub fn history(
    tx: &mut Tx<'_>,
    account: AccountId,
    project: ProjectId,
) -> Result<Vec<ParamsRow>, StoreError> {
    tx.query(&HISTORY, params![account, project], read_params)
}

/// One version of a project's params.
pub fn params_of_version(
    tx: &mut Tx<'_>,
    account: AccountId,
    project: ProjectId,
    version: i64,
) -> Result<Option<ParamsRow>, StoreError> {
    tx.query_optional(
        &PARAMS_OF_VERSION,
        params![account, project, version],
        read_params,
    )
}

/// Adds a version of the params, made by `next` from the newest ones. `None`: no such project.
pub fn add_params<E: From<StoreError>>(
    tx: &mut Tx<'_>,
    account: AccountId,
    name: &str,
    now_ms: i64,
    next: impl FnOnce(&ProjectRow) -> Result<String, E>,
) -> Result<Option<ProjectRow>, E> {
    let Some(mut project) = tx.query_optional(&LOCK, params![account, name], read_row)? else {
        return Ok(None);
    };
    let params_json = next(&project)?;
    project.param_version += 1;
    let version = project.param_version;
    tx.execute(
        &INSERT_PARAMS,
        params![account, project.project_id, version, now_ms, params_json],
    )?;
    tx.execute(&SET_VERSION, params![version, account, project.project_id])?;
    project.params = params_json;
    Ok(Some(project))
}

/// Numbers of a project's tasks by status.
pub fn status_counts(
    tx: &mut Tx<'_>,
    account: AccountId,
    project: ProjectId,
) -> Result<StatusCounts, StoreError> {
    counts::of_project(tx, account, project)
}

/// Creation time of the project's newest task, Unix ms.
pub fn last_task_at(
    tx: &mut Tx<'_>,
    account: AccountId,
    project: ProjectId,
) -> Result<Option<i64>, StoreError> {
    let newest: Option<domain::TaskId> =
        tx.query_optional(&LAST_TASK, params![account, project], |row| row.get(0))?;
    Ok(newest.map(|id| id.time_ms()))
}
