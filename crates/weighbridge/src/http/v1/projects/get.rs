//! `GET /v1/projects/{name}`.

use store::StoreError;
use store::environment::projects;

use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Segment};
use crate::http::v1::documents::Project;
use crate::operations::create_task::project_not_found;

/// Retrieve a project
#[utoipa::path(
    get, path = "/v1/projects/{name}", tag = "Projects",
    params(("name" = String, Path, description = "The project's name, percent-encoded")),
    responses(
        (status = 200, description = "The project", body = Project),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 404, description = "No such project in this mode", body = ErrorBody),
    ),
)]
pub(super) async fn get_project(
    caller: ApiCaller,
    Segment(name): Segment,
) -> Result<JsonText, ApiError> {
    let account = caller.account;
    let wanted = name.clone();
    let found = caller
        .store
        .read(move |tx| -> Result<_, StoreError> {
            let Some(project) = projects::find(tx, account, &wanted)? else {
                return Ok(None);
            };
            let history = projects::history(tx, account, project.project_id)?;
            Ok(Some((project, history)))
        })
        .await?;
    let (project, history) = found.ok_or_else(|| project_not_found(&name, caller.environment))?;
    Ok(JsonText(super::render(&project, &history)))
}
