//! Creates a project, and adds versions to its params (api-v1.md 3).

use domain::{AccountId, ParamErrors, ProjectId, project as merging};
use serde_json::{Map, Value};
use store::EnvironmentStore;
use store::environment::projects::{self, NewProject, ParamsRow, ProjectRow};

use super::create_task::{find_type, project_not_found};
use crate::app::App;
use crate::error::ApiError;

/// A project to be made, as read from the body.
pub struct CreateProject {
    /// Name.
    pub name: String,
    /// Task type.
    pub task_type: String,
    /// Params of version 0.
    pub params: Map<String, Value>,
    /// Self-serve labeling.
    pub rapid: bool,
    /// The account's own team.
    pub studio: bool,
    /// As sent.
    pub dataset_id: Option<String>,
    /// `standard_task` or `consensus_task`.
    pub pipeline: Option<String>,
}

/// Creates the project; gives it with its params' history.
pub async fn create_project(
    app: &App,
    account: AccountId,
    store: &EnvironmentStore,
    request: CreateProject,
) -> Result<(ProjectRow, Vec<ParamsRow>), ApiError> {
    domain::task::check_name("name", &request.name).map_err(ParamErrors::from)?;
    let task_type = find_type(&request.task_type)?;
    if request.rapid && request.studio {
        return Err(ApiError::param(
            "studio",
            "a project is either rapid or studio, not both",
        ));
    }
    if request.studio && store.environment().is_test() {
        return Err(ApiError::param(
            "studio",
            "Studio exists for live projects only",
        ));
    }
    if let Some(pipeline) = &request.pipeline
        && pipeline != "standard_task"
    {
        return Err(ApiError::param(
            "pipeline",
            "only \"standard_task\" is served yet",
        ));
    }
    let (time_ms, random) = app.id_parts();
    let project = NewProject {
        project_id: ProjectId::from_parts(time_ms, random),
        name: request.name,
        task_type: task_type.name(),
        created_at: time_ms as i64,
        rapid: request.rapid,
        studio: request.studio,
        dataset_id: request.dataset_id,
        pipeline: request.pipeline,
        params: Value::Object(request.params).to_string(),
    };
    let name = project.name.clone();
    let environment = store.environment();
    let inserted = store
        .write(move |tx| -> Result<_, ApiError> {
            if !projects::insert(tx, account, &project)? {
                return Err(ApiError::conflict(
                    "project_name_taken",
                    format!(
                        "A project named \"{}\" already exists in {environment} mode.",
                        project.name
                    ),
                )
                .at("name"));
            }
            let history = projects::history(tx, account, project.project_id)?;
            Ok(projects::find(tx, account, &project.name)?.map(|row| (row, history)))
        })
        .await?;
    inserted.ok_or_else(|| project_not_found(&name, environment))
}

/// Makes the next version of a project's params; gives the project with its whole history.
pub async fn set_project_params(
    app: &App,
    account: AccountId,
    store: &EnvironmentStore,
    name: String,
    patch: bool,
    sent: Map<String, Value>,
) -> Result<(ProjectRow, Vec<ParamsRow>), ApiError> {
    let now_ms = app.clock.now_ms();
    let environment = store.environment();
    store
        .write(move |tx| {
            let project = projects::add_params(tx, account, &name, now_ms, |project| {
                let previous: Map<String, Value> = serde_json::from_str(&project.params)
                    .map_err(|error| store::StoreError::Database(error.to_string()))?;
                let next = merging::next_params(&previous, sent.clone(), patch);
                Ok::<_, ApiError>(Value::Object(next).to_string())
            })?
            .ok_or_else(|| project_not_found(&name, environment))?;
            let history = projects::history(tx, account, project.project_id)?;
            Ok((project, history))
        })
        .await
}
