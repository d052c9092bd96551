//! `POST /v1/task/{id}/setMetadata`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;

use crate::app::App;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Segment, read_object};
use crate::http::v1::documents::Task;
use crate::operations::change_task::{Change, change_task};

/// Replace a task's metadata
#[utoipa::path(
    post, path = "/v1/task/{task_id}/setMetadata", tag = "Tasks",
    params(("task_id" = String, Path, description = "24 hexadecimal digits")),
    request_body = std::collections::HashMap<String, serde_json::Value>,
    responses(
        (status = 200, description = "The task afterwards", body = Task),
        (status = 400, description = "The body is invalid", body = ErrorBody),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 404, description = "No such task in this mode", body = ErrorBody),
    ),
)]
pub(super) async fn set_task_metadata(
    caller: ApiCaller,
    State(app): State<Arc<App>>,
    Segment(task_id): Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<JsonText, ApiError> {
    let task_id = super::task_id(&task_id)?;
    let body = read_object(&headers, body).await?;
    let change = Change::SetMetadata(domain::task::parse_metadata(body.into())?);
    let task = change_task(&app, caller.account, &caller.store, task_id, change).await?;
    Ok(super::task_answer(&task, caller.environment))
}
