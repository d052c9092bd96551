//! `DELETE /v1/task/{id}/unique_id`.

use std::sync::Arc;

use axum::extract::State;

use crate::app::App;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Segment};
use crate::http::v1::documents::Task;
use crate::operations::change_task::{Change, change_task};

/// Drop a task's unique id
#[utoipa::path(
    delete, path = "/v1/task/{task_id}/unique_id", tag = "Tasks",
    params(("task_id" = String, Path, description = "24 hexadecimal digits")),
    responses(
        (status = 200, description = "The task without the member", body = Task),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 404, description = "No such task in this mode", body = ErrorBody),
    ),
)]
pub(super) async fn clear_task_unique_id(
    caller: ApiCaller,
    State(app): State<Arc<App>>,
    Segment(task_id): Segment,
) -> Result<JsonText, ApiError> {
    let task_id = super::task_id(&task_id)?;
    let change = Change::ClearUniqueId;
    let task = change_task(&app, caller.account, &caller.store, task_id, change).await?;
    Ok(super::task_answer(&task, caller.environment))
}
