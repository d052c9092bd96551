//! The Work page: what waits, and the labeler's own day.

use domain::time::DAY_MS;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Capability;
use serde_json::{Value, json};
use store::StoreError;
use store::environment::{claims, queue};

use super::Person;
use super::routing::{Router, get};
use crate::app::App;
use crate::error::ApiError;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new().route("/web/live/queue", get(show))
}

async fn show(State(app): State<Arc<App>>, person: Person) -> Result<Json<Value>, ApiError> {
    person.require(Capability::LabelTasks)?;
    let (account, user) = (person.session.account_id, person.session.user_id);
    let today_ms = app.clock.now_ms().div_euclid(DAY_MS) * DAY_MS;
    let (waiting, in_work, open, done_today) = app
        .stores
        .live
        .read(move |tx| -> Result<_, StoreError> {
            Ok((
                queue::waiting(tx, account)?,
                claims::in_work(tx, account)?,
                claims::active_of_user(tx, account, user)?,
                claims::done_since(tx, account, user, today_ms)?,
            ))
        })
        .await?;
    let total: i64 = waiting.iter().map(|(_, tasks)| tasks).sum();
    let projects: Vec<Value> = waiting
        .into_iter()
        .map(|(name, tasks)| json!({"name": name, "waiting": tasks}))
        .collect();
    Ok(Json(json!({
        "waiting": total,
        "in_work": in_work,
        "projects": projects,
        "open_claim_id": open.map(|claim| claim.claim_id),
        "done_today": done_today,
    })))
}
