//! `POST /v1/batches/{name}/finalize`.

use store::StoreError;
use store::environment::batches;

use crate::batch_object;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Segment};
use crate::http::v1::documents::Batch;

/// Finalize a batch
///
/// Lets work on a staging batch (Rapid, Studio) begin. On any other batch it changes nothing.
#[utoipa::path(
    post, path = "/v1/batches/{name}/finalize", tag = "Batches",
    params(("name" = String, Path, description = "The batch's name, percent-encoded")),
    responses(
        (status = 200, description = "The batch", body = Batch),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 404, description = "No such batch in this mode", body = ErrorBody),
    ),
)]
pub(super) async fn finalize_batch(
    caller: ApiCaller,
    Segment(name): Segment,
) -> Result<JsonText, ApiError> {
    let account = caller.account;
    let batch = super::find(account, &caller.store, name.clone()).await?;
    caller
        .store
        .write(move |tx| batches::finalize(tx, account, batch.batch_id))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    let batch = super::find(account, &caller.store, name).await?;
    Ok(JsonText(batch_object::render(&batch)))
}
