//! `POST /v1/projects`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::param::ParamReader;

use crate::app::App;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, read_object};
use crate::http::v1::documents::{Project, ProjectCreation};
use crate::operations::create_project::{self, CreateProject};

/// Create a project
#[utoipa::path(
    post, path = "/v1/projects", tag = "Projects",
    request_body = ProjectCreation,
    responses(
        (status = 200, description = "The project", body = Project),
        (status = 400, description = "A parameter is missing or invalid", body = ErrorBody),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 409, description = "The name is in use", body = ErrorBody),
    ),
)]
pub(super) async fn create_project(
    caller: ApiCaller,
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<JsonText, ApiError> {
    let mut reader = ParamReader::new(read_object(&headers, body).await?);
    let request = CreateProject {
        name: reader.required_string("name"),
        task_type: reader.required_string("type"),
        params: reader.object("params").unwrap_or_default(),
        rapid: reader.boolean("rapid").unwrap_or(false),
        studio: reader.boolean("studio").unwrap_or(false),
        dataset_id: reader.string("datasetId"),
        pipeline: reader.string("pipeline"),
    };
    reader.finish()?;
    let (project, history) =
        create_project::create_project(&app, caller.account, &caller.store, request).await?;
    Ok(JsonText(super::render(&project, &history)))
}
