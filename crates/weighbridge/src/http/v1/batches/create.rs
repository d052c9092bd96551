//! `POST /v1/batches`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::param::ParamReader;

use crate::app::App;
use crate::batch_object;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, read_object};
use crate::http::v1::documents::{Batch, BatchCreation};
use crate::operations::create_batch::{self, CreateBatch};

/// Create a batch
#[utoipa::path(
    post, path = "/v1/batches", tag = "Batches",
    request_body = BatchCreation,
    responses(
        (status = 200, description = "The batch", body = Batch),
        (status = 400, description = "A parameter is missing or invalid", body = ErrorBody),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 404, description = "The project does not exist in this mode", body = ErrorBody),
        (status = 409, description = "The name is in use", body = ErrorBody),
    ),
)]
pub(super) async fn create_batch(
    caller: ApiCaller,
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<JsonText, ApiError> {
    let mut reader = ParamReader::new(read_object(&headers, body).await?);
    let project = reader.required_string("project");
    let name = reader.required_string("name");
    let callback = reader.string("callback");
    let calibration_batch = reader.boolean("calibration_batch").unwrap_or(false);
    let self_label_batch = reader.boolean("self_label_batch").unwrap_or(false);
    let metadata = reader.take("metadata");
    reader.finish()?;
    let request = CreateBatch {
        project,
        name,
        callback,
        calibration_batch,
        self_label_batch,
        metadata: match metadata {
            Some(metadata) => domain::task::parse_metadata(metadata)?,
            None => serde_json::Map::new(),
        },
    };
    let batch = create_batch::create_batch(&app, caller.account, &caller.store, request).await?;
    Ok(JsonText(batch_object::render(&batch)))
}
