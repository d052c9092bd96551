//! `GET /v1/batches/{name}`.

use crate::batch_object;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Segment};
use crate::http::v1::documents::Batch;

/// Retrieve a batch
#[utoipa::path(
    get, path = "/v1/batches/{name}", tag = "Batches",
    params(("name" = String, Path, description = "The batch's name, percent-encoded")),
    responses(
        (status = 200, description = "The batch", body = Batch),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 404, description = "No such batch in this mode", body = ErrorBody),
    ),
)]
pub(super) async fn get_batch(
    caller: ApiCaller,
    Segment(name): Segment,
) -> Result<JsonText, ApiError> {
    let batch = super::find(caller.account, &caller.store, name).await?;
    Ok(JsonText(batch_object::render(&batch)))
}
