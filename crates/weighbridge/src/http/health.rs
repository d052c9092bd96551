//! `/healthz`: the process answers. `/readyz`: its stores do. `/metrics`: what it has done.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};
use store::StoreError;
use store::control::feed;
use store::environment::callbacks;

use crate::app::App;
use crate::error::ApiError;

pub(super) async fn healthz() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// `GET /metrics`, on an address of its own.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let text = app.measures.render(app.directory.keys.key_count());
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text)
}

pub(super) async fn readyz(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    let control = app.stores.control.read(feed::version).await.map(|_| ());
    let live = app.stores.live.read(callbacks::next_due).await.map(|_| ());
    let test = app.stores.test.read(callbacks::next_due).await.map(|_| ());
    for (name, state) in [("control", control), ("live", live), ("test", test)] {
        if let Err::<(), StoreError>(error) = state {
            tracing::warn!(%error, database = name, "a database does not answer");
            let mut answer = ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "not_ready",
                format!("The {name} database does not answer."),
            );
            answer.retry_after_seconds = Some(1);
            return Err(answer);
        }
    }
    Ok(Json(json!({"status": "ready"})))
}
