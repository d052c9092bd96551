//! `/v1/task…` and `/v1/tasks` (api-v1.md 1).

mod add_tags;
mod cancel;
mod clear_unique_id;
mod create;
mod delete_tags;
mod get;
pub(crate) mod list;
mod set_metadata;
mod set_tags;
mod set_unique_id;

use std::sync::Arc;

use axum::routing::post;
use domain::TaskId;
use store::Environment;
use store::environment::tasks::TaskRow;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::ApiError;
use crate::http::extract::JsonText;
use crate::task_object::{NOT_FOUND, Options, render};

/// Routes of this noun.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .route("/v1/task/{task_id}", post(create::create_task))
        .routes(routes!(get::get_task))
        .routes(routes!(list::list_tasks))
        .routes(routes!(cancel::cancel_task))
        .routes(routes!(set_metadata::set_task_metadata))
        .routes(routes!(
            set_unique_id::set_task_unique_id,
            clear_unique_id::clear_task_unique_id
        ))
        .routes(routes!(
            set_tags::set_task_tags,
            add_tags::add_task_tags,
            delete_tags::delete_task_tags
        ))
}

/// An id from a path. A malformed one is a task that does not exist.
pub(crate) fn task_id(text: &str) -> Result<TaskId, ApiError> {
    text.parse().map_err(|_| not_found())
}

/// 404 for a task, whatever the reason.
pub(crate) fn not_found() -> ApiError {
    ApiError::not_found("task_not_found", NOT_FOUND)
}

/// The task object as an answer.
pub(crate) fn task_answer(task: &TaskRow, environment: Environment) -> JsonText {
    JsonText(render(task, environment, Options::default()))
}
