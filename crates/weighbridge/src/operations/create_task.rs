//! Creates a task: common parameters, project and batch, the type's parameters, one transaction.
//! In test mode the made-up answer and its callback are part of that transaction.

use axum::http::StatusCode;
use domain::task_types::{self, Lookup, TaskType};
use domain::{AccountId, TaskId, TaskRequest, project as merging};
use serde_json::{Map, Value};
use store::environment::tasks::{self, Inserted, NewTask, TaskRow};
use store::environment::{batches, callbacks, projects};
use store::{Environment, EnvironmentStore, StoreError, Tx};

use super::check_callback_address::check_callback_address;
use super::enqueue_callback::Ending;
use crate::app::App;
use crate::error::ApiError;
use crate::prices::price_of;
use crate::task_object::{Options, render};

/// How long an Idempotency-Key is remembered (api-v1.md 0.7).
pub const IDEMPOTENCY_KEY_LIFE_MS: i64 = 24 * 60 * 60 * 1000;
/// Longest Idempotency-Key, in characters.
pub const IDEMPOTENCY_KEY_LENGTH_MAX: usize = 256;

/// What a client asks for.
pub struct CreateTask {
    /// Name of the type, from the path.
    pub task_type: String,
    /// The body.
    pub body: Map<String, Value>,
    /// Header of that name.
    pub idempotency_key: Option<String>,
}

/// Where the task belongs.
#[derive(Default)]
struct Place {
    project: Option<projects::ProjectRow>,
    project_params: Map<String, Value>,
    param_version: Option<i64>,
    batch: Option<batches::BatchRow>,
}

/// Creates the task and gives the task object as the answer shows it (pending in either mode,
/// api-v1.md 1.2.6), with `warnings`.
pub async fn create_task(
    app: &App,
    account: AccountId,
    store: &EnvironmentStore,
    request: CreateTask,
) -> Result<String, ApiError> {
    let task_type = find_type(&request.task_type)?;
    let common = TaskRequest::parse(request.body)?;
    if let Some(url) = &common.callback_url {
        check_callback_address(app, account, "callback_url", url).await?;
    }
    let environment = store.environment();
    let place = find_place(account, store, &common).await?;
    if let Some(project) = &place.project
        && project.task_type != task_type.name()
    {
        return Err(ApiError::param(
            "project",
            format!(
                "\"{}\" holds tasks of the type {}, not {}",
                project.name,
                project.task_type,
                task_type.name()
            ),
        ));
    }
    let project_params = place.project.is_some().then_some(&place.project_params);
    let merged = merging::effective_params(project_params, common.rest);
    let parsed = task_type.parse(merged)?;
    let instruction = merging::effective_instruction(common.instruction.as_deref(), project_params);

    let settings = app.directory.account(account);
    let (time_ms, random) = app.id_parts();
    let task_id = TaskId::from_parts(time_ms, random);
    let made_up = environment.is_test().then(|| {
        let seed = u64::from_be_bytes([
            random[0], random[1], random[2], random[3], random[4], random[5], 0, 0,
        ]);
        task_type
            .made_up(&parsed.params, seed ^ time_ms)
            .to_string()
    });
    let held = place
        .batch
        .as_ref()
        .is_some_and(|batch| batch.status == batches::BatchStatus::Staging);
    let task = NewTask {
        task_id,
        task_type: task_type.name(),
        project: place.project.as_ref().map(|project| project.project_id),
        batch: place.batch.as_ref().map(|batch| batch.batch_id),
        project_param_version: place.param_version,
        unique_id: common.unique_id,
        clear_unique_id_on_error: common.clear_unique_id_on_error,
        priority: common.priority.map(i64::from),
        instruction_shown: instruction.shown_if_other(),
        instruction: instruction.echoed,
        callback_url: common.callback_url,
        params: Value::Object(parsed.params).to_string(),
        metadata: Value::Object(common.metadata).to_string(),
        tags: common.tags,
        price_micros: (environment == Environment::Live)
            .then(|| price_of(task_type.name(), settings.as_deref())),
        made_up,
        held,
    };
    let write = CreateTransaction {
        account,
        task,
        ending: Ending::prepare(app, account, environment),
        idempotency_key: request.idempotency_key,
    };
    let row = row_of(&write.task, &place);
    let queued = write.ending.has_address(write.task.callback_url.as_deref());
    store.write(move |tx| write.run(tx)).await?;
    if environment.is_test() && queued {
        app.callbacks_due(environment).notify_one();
    }
    let options = Options {
        warnings: &parsed.warnings,
        as_pending: true,
        ..Options::default()
    };
    Ok(render(&row, environment, options))
}

/// Everything that the transaction needs, made before it.
struct CreateTransaction {
    account: AccountId,
    task: NewTask,
    ending: Ending,
    idempotency_key: Option<String>,
}

impl CreateTransaction {
    fn run(&self, tx: &mut Tx<'_>) -> Result<(), ApiError> {
        let task_id = self.task.task_id;
        if let Some(key) = &self.idempotency_key {
            let not_before_ms = task_id.time_ms() - IDEMPOTENCY_KEY_LIFE_MS;
            if !tasks::remember_idempotency_key(tx, self.account, key, task_id, not_before_ms)? {
                return Err(ApiError::conflict(
                    "idempotency_key_used",
                    format!(
                        "The Idempotency-Key (\"{key}\") was already used for a task in the \
                         last 24 hours. No second task was made."
                    ),
                ));
            }
        }
        if let Inserted::UniqueIdTaken(other) = tasks::insert(tx, self.account, &self.task)? {
            let unique_id = self.task.unique_id.as_deref().unwrap_or_default();
            return Err(unique_id_taken(unique_id, other));
        }
        if self.task.made_up.is_none()
            && let Some(batch) = self.task.batch
        {
            // The batch is in progress again.
            callbacks::supersede_of_batch(tx, self.account, batch, task_id.time_ms())?;
        }
        if self.task.made_up.is_some() {
            self.ending
                .tell(tx, self.account, task_id, self.task.batch)?;
        }
        Ok(())
    }
}

/// 409 for a unique id that another task has; the text is the one that clients look for
/// (api-v1.md 0.5).
pub(super) fn unique_id_taken(unique_id: &str, other: TaskId) -> ApiError {
    ApiError::conflict(
        "unique_id_taken",
        format!("The unique_id (\"{unique_id}\") is already used for a different task ({other})."),
    )
    .at("unique_id")
}

/// The served type of this name, or an error that says what is wrong with the name.
pub(super) fn find_type(name: &str) -> Result<&'static dyn TaskType, ApiError> {
    match task_types::find(name) {
        Lookup::Served(task_type) => Ok(task_type),
        Lookup::NotServedYet(name) => Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "task_type_not_served",
            format!(
                "The task type \"{name}\" is not served yet. Served types: {}.",
                served_names()
            ),
        )),
        Lookup::Unknown => Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "unknown_task_type",
            format!(
                "There is no task type of that name. Served types: {}.",
                served_names()
            ),
        )),
    }
}

fn served_names() -> String {
    let names: Vec<_> = task_types::served()
        .iter()
        .map(|served| served.name())
        .collect();
    names.join(", ")
}

async fn find_place(
    account: AccountId,
    store: &EnvironmentStore,
    request: &TaskRequest,
) -> Result<Place, ApiError> {
    if request.project.is_none() && request.batch.is_none() {
        if request.project_param_version.is_some() {
            return Err(ApiError::param(
                "project_param_version",
                "is a version of a project's params; name the project too",
            ));
        }
        return Ok(Place::default());
    }
    let environment = store.environment();
    let (project, batch) = (request.project.clone(), request.batch.clone());
    let version = request.project_param_version;
    store
        .read(move |tx| -> Result<Place, ApiError> {
            let batch = match &batch {
                None => None,
                Some(name) => Some(
                    batches::find(tx, account, name)?
                        .ok_or_else(|| batch_not_found(name, environment))?,
                ),
            };
            let project = match (&project, &batch) {
                (Some(name), _) => projects::find(tx, account, name)?
                    .ok_or_else(|| project_not_found(name, environment))?,
                (None, Some(batch)) => projects::find_by_id(tx, account, batch.project_id)?
                    .ok_or_else(|| project_not_found(&batch.project, environment))?,
                (None, None) => return Ok(Place::default()),
            };
            if let Some(batch) = &batch
                && batch.project_id != project.project_id
            {
                return Err(ApiError::param(
                    "batch",
                    format!(
                        "\"{}\" belongs to the project \"{}\", not to \"{}\"",
                        batch.name, batch.project, project.name
                    ),
                ));
            }
            let (param_version, params) = match version {
                None => (project.param_version, project.params.clone()),
                Some(version) => {
                    let row =
                        projects::params_of_version(tx, account, project.project_id, version)?
                            .ok_or_else(|| {
                                ApiError::param(
                                    "project_param_version",
                                    format!(
                                        "\"{}\" has versions 0 to {}",
                                        project.name, project.param_version
                                    ),
                                )
                            })?;
                    (row.version, row.params)
                }
            };
            let project_params = serde_json::from_str(&params).map_err(|error| {
                StoreError::Database(format!("params of project {}: {error}", project.project_id))
            })?;
            Ok(Place {
                project: Some(project),
                project_params,
                param_version: Some(param_version),
                batch,
            })
        })
        .await
}

/// 404 for a project's name. The same for one of the other mode: its database is not opened, and
/// the hint is constant (authentication.md 2.8).
pub fn project_not_found(name: &str, environment: Environment) -> ApiError {
    let other = environment.other();
    ApiError::not_found(
        "project_not_found",
        format!(
            "Project \"{name}\" does not exist in {environment} mode. Test and live mode are \
             separate: a project made in {other} mode must be made again in {environment} mode, \
             or use a {other} key."
        ),
    )
    .at("project")
}

/// 404 for a batch's name, in the manner of [`project_not_found`].
pub fn batch_not_found(name: &str, environment: Environment) -> ApiError {
    let other = environment.other();
    ApiError::not_found(
        "batch_not_found",
        format!(
            "Batch \"{name}\" does not exist in {environment} mode. Test and live mode are \
             separate: a batch made in {other} mode must be made again in {environment} mode, \
             or use a {other} key."
        ),
    )
    .at("batch")
}

/// The row as it is stored, before its answer: what the POST shows.
fn row_of(task: &NewTask, place: &Place) -> TaskRow {
    TaskRow {
        task_id: task.task_id,
        task_type: task.task_type.to_owned(),
        status: domain::TaskStatus::Pending,
        project_id: task.project,
        batch_id: task.batch,
        project: place.project.as_ref().map(|project| project.name.clone()),
        batch: place.batch.as_ref().map(|batch| batch.name.clone()),
        project_param_version: task.project_param_version,
        unique_id: task.unique_id.clone(),
        priority: task.priority,
        instruction: task.instruction.clone(),
        instruction_shown: None,
        callback_url: task.callback_url.clone(),
        params: task.params.clone(),
        metadata: task.metadata.clone(),
        tags: task
            .tags
            .as_ref()
            .map(|tags| Value::from(tags.clone()).to_string()),
        response: None,
        updated_at: None,
        completed_at: None,
        completed_by: None,
        price_micros: None,
        callback_succeeded: None,
        callback_succeeded_at: None,
        sequence: 0,
        clear_unique_id_on_error: task.clear_unique_id_on_error,
    }
}
