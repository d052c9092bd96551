//! `GET /v1/batches/{name}/status`.

use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Segment};
use crate::http::v1::documents::BatchCounts;
use crate::task_object::ObjectWriter;

/// Retrieve a batch's status and numbers of tasks
#[utoipa::path(
    get, path = "/v1/batches/{name}/status", tag = "Batches",
    params(("name" = String, Path, description = "The batch's name, percent-encoded")),
    responses(
        (status = 200, description = "Status and numbers of tasks", body = BatchCounts),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 404, description = "No such batch in this mode", body = ErrorBody),
    ),
)]
pub(super) async fn get_batch_status(
    caller: ApiCaller,
    Segment(name): Segment,
) -> Result<JsonText, ApiError> {
    let batch = super::find(caller.account, &caller.store, name).await?;
    let mut object = ObjectWriter::new(120);
    object
        .string("status", batch.status.as_str())
        .integer("pending", batch.counts.pending)
        .integer("completed", batch.counts.completed)
        .integer("canceled", batch.counts.canceled)
        .integer("error", batch.counts.error);
    Ok(JsonText(object.finish()))
}
