//! `GET /v1/projects`.

use store::StoreError;
use store::environment::projects;

use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Query};
use crate::http::v1::documents::Project;

/// List projects
///
/// Oldest first, as a bare array.
#[utoipa::path(
    get, path = "/v1/projects", tag = "Projects",
    params(("archived" = Option<bool>, Query, description = "Archived projects instead of the others")),
    responses(
        (status = 200, description = "The projects", body = Vec<Project>),
        (status = 401, description = "No valid API key", body = ErrorBody),
    ),
)]
pub(super) async fn list_projects(caller: ApiCaller, query: Query) -> Result<JsonText, ApiError> {
    let archived = query.boolean("archived")?.unwrap_or(false);
    let account = caller.account;
    let rendered = caller
        .store
        .read(move |tx| -> Result<_, StoreError> {
            let mut rendered = Vec::new();
            for project in projects::list(tx, account)? {
                if project.archived_at.is_some() == archived {
                    let history = projects::history(tx, account, project.project_id)?;
                    rendered.push(super::render(&project, &history));
                }
            }
            Ok(rendered)
        })
        .await?;
    Ok(JsonText(format!("[{}]", rendered.join(","))))
}
