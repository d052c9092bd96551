//! `POST /v1/projects/{name}/setParams`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde_json::Value;

use crate::app::App;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Segment, read_object};
use crate::http::v1::documents::{Project, ProjectParams};
use crate::operations::create_project;

/// Set a project's parameters
///
/// Each call makes a new version; tasks made earlier keep theirs. With `patch`, parameters that
/// are not sent stay.
#[utoipa::path(
    post, path = "/v1/projects/{name}/setParams", tag = "Projects",
    params(("name" = String, Path, description = "The project's name, percent-encoded")),
    request_body = ProjectParams,
    responses(
        (status = 200, description = "The project", body = Project),
        (status = 400, description = "A parameter is invalid", body = ErrorBody),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 404, description = "No such project in this mode", body = ErrorBody),
    ),
)]
pub(super) async fn set_project_params(
    caller: ApiCaller,
    State(app): State<Arc<App>>,
    Segment(name): Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<JsonText, ApiError> {
    let mut sent = read_object(&headers, body).await?;
    let patch = match sent.shift_remove("patch") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(patch)) => patch,
        Some(Value::String(text)) if text == "true" || text == "false" => text == "true",
        Some(_) => return Err(ApiError::param("patch", "must be true or false")),
    };
    let (project, history) =
        create_project::set_project_params(&app, caller.account, &caller.store, name, patch, sent)
            .await?;
    Ok(JsonText(super::render(&project, &history)))
}
