//! Numbers for the home page of a mode.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::time::format_time;
use domain::{Capability, Environment};
use serde_json::{Value, json};
use store::StoreError;
use store::environment::summary;

use super::routing::{Router, get};
use super::{Mode, Person};
use crate::app::App;
use crate::error::ApiError;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new().route("/web/{mode}/home", get(show))
}

async fn show(
    State(app): State<Arc<App>>,
    person: Person,
    Mode(store): Mode,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ViewTasks)?;
    let account = person.session.account_id;
    let month_ms = domain::time::month_start(app.clock.now_ms());
    let numbers = store
        .read(move |tx| summary::of_account(tx, account, month_ms))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    // The first steps are over with the first live task that a person has done, whatever mode is
    // looked at.
    let completed_live = if store.environment() == Environment::Live {
        numbers.counts.completed
    } else {
        let counts = app
            .stores
            .live
            .read(move |tx| summary::task_counts(tx, account))
            .await
            .map_err(|error: StoreError| ApiError::from(error))?;
        counts.completed
    };
    let may_see_charges = person.require(Capability::ViewUsage).is_ok();
    Ok(Json(json!({
        "counts": {
            "pending": numbers.counts.pending,
            "completed": numbers.counts.completed,
            "canceled": numbers.counts.canceled,
            "error": numbers.counts.error,
        },
        "oldest_pending_at": numbers.oldest_pending_at.map(format_time),
        "callbacks_failing": numbers.callbacks_failed,
        "charge_this_month_micros": may_see_charges.then_some(numbers.charged_micros),
        "labelers_at_work": numbers.labelers_at_work,
        "completed_live_tasks": completed_live,
    })))
}
