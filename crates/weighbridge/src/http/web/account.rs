//! The account itself: its name.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::Capability;
use serde_json::{Value, json};
use store::StoreError;
use store::control::accounts;
use store::control::feed::{self, Change};

use super::Person;
use super::routing::{Router, put};
use crate::app::App;
use crate::error::ApiError;
use crate::http::extract::read_object;
use crate::operations::audit::{self, Event};
use crate::operations::confirm_change::confirm_change;
use crate::operations::create_account::{NAME_LENGTH_MAX, read_name};

/// Routes of this noun.
pub fn router() -> Router {
    Router::new().route("/web/account", put(rename))
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
