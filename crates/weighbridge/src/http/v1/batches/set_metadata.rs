//! `POST /v1/batches/{name}/setMetadata`.

use axum::body::Body;
use axum::http::HeaderMap;
use serde_json::Value;
use store::StoreError;
use store::environment::batches;

use crate::batch_object;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Segment, read_object};
use crate::http::v1::documents::Batch;

/// Replace a batch's metadata
#[utoipa::path(
    post, path = "/v1/batches/{name}/setMetadata", tag = "Batches",
    params(("name" = String, Path, description = "The batch's name, percent-encoded")),
    request_body = std::collections::HashMap<String, serde_json::Value>,
    responses(
        (status = 200, description = "The batch", body = Batch),
        (status = 400, description = "The body is invalid", body = ErrorBody),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 404, description = "No such batch in this mode", body = ErrorBody),
    ),
)]
pub(super) async fn set_batch_metadata(
    caller: ApiCaller,
    Segment(name): Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<JsonText, ApiError> {
    let account = caller.account;
    let batch = super::find(account, &caller.store, name.clone()).await?;
    let body = read_object(&headers, body).await?;
    let metadata = Value::Object(domain::task::parse_metadata(body.into())?).to_string();
    caller
        .store
        .write(move |tx| batches::set_metadata(tx, account, batch.batch_id, &metadata))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    let batch = super::find(account, &caller.store, name).await?;
    Ok(JsonText(batch_object::render(&batch)))
}
