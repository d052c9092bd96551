//! `POST /v1/task/{id}/cancel`.

use std::sync::Arc;

use axum::extract::State;

use crate::app::App;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Query, Segment};
use crate::http::v1::documents::Task;
use crate::operations::cancel_task;

/// Cancel a task
///
/// Only a pending task that nobody has begun. No callback is sent. The body is not read.
#[utoipa::path(
    post, path = "/v1/task/{task_id}/cancel", tag = "Tasks",
    params(
        ("task_id" = String, Path, description = "24 hexadecimal digits"),
        ("clear_unique_id" = Option<bool>, Query, description = "Also free the task's unique_id"),
    ),
    responses(
        (status = 200, description = "The canceled task", body = Task),
        (status = 400, description = "The task cannot be canceled any more", body = ErrorBody),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 404, description = "No such task in this mode", body = ErrorBody),
    ),
)]
pub(super) async fn cancel_task(
    caller: ApiCaller,
    State(app): State<Arc<App>>,
    Segment(task_id): Segment,
    query: Query,
) -> Result<JsonText, ApiError> {
    let task_id = super::task_id(&task_id)?;
    let clear = query.boolean("clear_unique_id")?.unwrap_or(false);
    let task =
        cancel_task::cancel_task(&app, caller.account, &caller.store, task_id, clear).await?;
    Ok(super::task_answer(&task, caller.environment))
}
