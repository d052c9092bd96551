//! Numbers for the home page of a mode, and the account's name.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::time::format_time;
use domain::{Capability, Environment};
use serde_json::{Value, json};
use store::StoreError;
use store::control::accounts;
use store::control::feed::{self, Change};
use store::environment::summary;

use super::routing::{Router, get, put};
use super::{Mode, Person};
use crate::app::App;
use crate::error::ApiError;
use crate::http::extract::read_object;
use crate::operations::audit::{self, Event};
use crate::operations::confirm_change::confirm_change;
use crate::operations::create_account::{NAME_LENGTH_MAX, read_name};

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/{mode}/home", get(show))
        .route("/web/account", put(rename))
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

async fn rename(
    State(app): State<Arc<App>>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::RenameAccount)?;
    let body = read_object(&headers, body).await?;
    let name = body
        .get("name")
        .and_then(Value::as_str)
        .and_then(read_name)
        .map(str::to_owned)
        .ok_or_else(|| {
            let problem =
                format!("must have 1 to {NAME_LENGTH_MAX} characters, without line breaks");
            ApiError::param("name", problem)
        })?;
    let (account, secrets, now_ms) = (
        person.session.account_id,
        app.secrets.clone(),
        app.clock.now_ms(),
    );
    let actor = person.actor();
    let event = Event {
        action: "account.rename",
        before: Some(json!({"name": person.session.account_name})),
        after: Some(json!({"name": name})),
        ..Event::default()
    };
    let new = name.clone();
    let version = app
        .stores
        .control
        .write(move |tx| -> Result<i64, StoreError> {
            accounts::rename(tx, account, &new)?;
            audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            feed::record(tx, account, Change::Account, now_ms)
        })
        .await?;
    confirm_change(&app, version).await?;
    Ok(Json(json!({"name": name})))
}
