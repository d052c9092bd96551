//! `POST /v1/task/{type}`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;

use crate::app::App;
use crate::error::ApiError;
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Segment, read_object};
use crate::operations::create_task::{self, CreateTask, IDEMPOTENCY_KEY_LENGTH_MAX};

/// Creates a task of the type in the path. In test mode it is answered at once with a made-up
/// answer: the answer to this request still says `pending`, a GET says `completed`.
///
/// Its part of the OpenAPI document, an operation for each served type, is made in `documents.rs`.
pub(super) async fn create_task(
    caller: ApiCaller,
    State(app): State<Arc<App>>,
    Segment(task_type): Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<JsonText, ApiError> {
    let idempotency_key = idempotency_key(&headers)?;
    let body = read_object(&headers, body).await?;
    let request = CreateTask {
        task_type,
        body,
        idempotency_key,
    };
    create_task::create_task(&app, caller.account, &caller.store, request)
        .await
        .map(JsonText)
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if !key.is_empty() && key.len() <= IDEMPOTENCY_KEY_LENGTH_MAX => {
            Ok(Some(key.to_owned()))
        }
        _ => Err(ApiError::bad_request(
            "invalid_idempotency_key",
            format!(
                "The header Idempotency-Key must have 1 to {IDEMPOTENCY_KEY_LENGTH_MAX} visible \
                 ASCII characters."
            ),
        )),
    }
}
