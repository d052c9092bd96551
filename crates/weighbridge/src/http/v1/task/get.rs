//! `GET /v1/task/{id}`.

use axum::extract::State;
use std::sync::Arc;
use store::StoreError;
use store::environment::tasks;

use crate::app::App;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Segment};
use crate::http::v1::documents::Task;

/// Retrieve a task
#[utoipa::path(
    get, path = "/v1/task/{task_id}", tag = "Tasks",
    params(("task_id" = String, Path, description = "24 hexadecimal digits")),
    responses(
        (status = 200, description = "The task", body = Task),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 404, description = "No such task in this mode", body = ErrorBody),
    ),
)]
pub(super) async fn get_task(
    caller: ApiCaller,
    State(_): State<Arc<App>>,
    Segment(task_id): Segment,
) -> Result<JsonText, ApiError> {
    let task_id = super::task_id(&task_id)?;
    let account = caller.account;
    let task = caller
        .store
        .read(move |tx| tasks::find(tx, account, task_id))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?
        .ok_or_else(super::not_found)?;
    Ok(super::task_answer(&task, caller.environment))
}
