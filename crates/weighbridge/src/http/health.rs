//! `/healthz`: the process answers. `/readyz`: its stores do. `/metrics`: what it has done.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use domain::Environment;
use serde_json::{Value, json};
use store::StoreError;
use store::control::feed;
use store::environment::callback_measures::delivery_state;
use store::environment::callback_targets;
use tokio::time::timeout;

use crate::app::App;
use crate::error::ApiError;
use crate::freshness::CLOCK_SKEW_MAX_MS;

/// Time for the databases to answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(2);

pub(super) async fn healthz() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// `GET /metrics`, on an address of its own.
pub(super) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let measures = &app.measures;
    for environment in [Environment::Live, Environment::Test] {
        let store = app.stores.environment(environment);
        let state = match timeout(ANSWER_TIME_MAX, store.read(delivery_state)).await {
            Ok(Ok(state)) => Some(state),
            Ok(Err(error)) => {
                tracing::warn!(%error, %environment, "/metrics leaves the state of deliveries out");
                None
            }
            Err(_) => {
                tracing::warn!(%environment, "/metrics leaves the state of deliveries out: it takes too long");
                None
            }
        };
        measures.set_delivery_state(environment, state.as_ref(), app.clock.now_ms());
    }
    let text = measures.render(&app.directory, app.clock.since_boot_ms());
    let format = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, format)], text)
}

pub(super) async fn readyz(State(app): State<Arc<App>>) -> Result<Json<Value>, ApiError> {
    let freshness = &app.directory.freshness;
    if !freshness.is_fresh(app.clock.since_boot_ms()) {
        return Err(not_ready(
            "The control database does not answer, so no API key is admitted.",
        ));
    }
    if freshness.clock_skew_ms().abs() > CLOCK_SKEW_MAX_MS {
        return Err(not_ready(
            "The clocks of this machine and of the control database are more than 30 s apart.",
        ));
    }
    let stores = &app.stores;
    let checks = async {
        [
            ("control", stores.control.read(feed::version).await.err()),
            (
                "live",
                stores.live.read(callback_targets::next_due).await.err(),
            ),
            (
                "test",
                stores.test.read(callback_targets::next_due).await.err(),
            ),
        ]
    };
    let Ok(checks) = timeout(ANSWER_TIME_MAX, checks).await else {
        return Err(not_ready("A database does not answer in time."));
    };
    for (name, error) in checks {
        if let Some::<StoreError>(error) = error {
            tracing::warn!(%error, database = name, "a database does not answer");
            return Err(not_ready(format!("The {name} database does not answer.")));
        }
    }
    Ok(Json(json!({"status": "ready"})))
}

fn not_ready(message: impl Into<String>) -> ApiError {
    let mut answer = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", message);
    answer.retry_after_seconds = Some(1);
    answer
}
