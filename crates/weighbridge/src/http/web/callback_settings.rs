//! What the account decided about its callbacks (callbacks.md 5), for both modes.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::callback::CALLBACK_EVENTS;
use domain::{AccountId, Capability, Environment};
use serde_json::{Value, json};
use store::StoreError;
use store::control::{accounts, callback_settings};
use store::environment::callback_holds;

use super::Person;
use super::routing::{Router, get};
use crate::app::App;
use crate::error::ApiError;
use crate::http::extract::read_object;
use crate::operations::change_callback_settings::{SettingsChange, change_callback_settings};

/// Routes of this noun.
pub fn router() -> Router {
    Router::new().route("/web/callback-settings", get(show).post(change))
}

async fn show(State(app): State<Arc<App>>, person: Person) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ViewCallbacks)?;
    Ok(Json(render(&app, person.session.account_id).await?))
}

async fn change(
    State(app): State<Arc<App>>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::SetCallbackSettings)?;
    let body = read_object(&headers, body).await?;
    let change = SettingsChange::read(&body)?;
    let receipt = change_callback_settings(&app, person.authority(), change).await?;
    let mut answer = render(&app, person.session.account_id).await?;
    answer["receipt"] = receipt.to_json();
    Ok(Json(answer))
}

async fn render(app: &App, account: AccountId) -> Result<Value, ApiError> {
    let (stored, settings) = app
        .stores
        .control
        .read(move |tx| -> Result<_, StoreError> {
            Ok((
                accounts::find(tx, account)?,
                callback_settings::of_account(tx, account)?,
            ))
        })
        .await?;
    let held = async |environment: Environment| -> Result<i64, StoreError> {
        let store = app.stores.environment(environment);
        store
            .read(move |tx| callback_holds::count_plain_http(tx, account))
            .await
    };
    let (held_live, held_test) = (
        held(Environment::Live).await?,
        held(Environment::Test).await?,
    );
    let events: Vec<Value> = CALLBACK_EVENTS
        .iter()
        .map(|event| {
            json!({
                "name": event.name,
                "description": event.description,
                "original": event.is_original,
            })
        })
        .collect();
    let own_key = stored
        .as_ref()
        .is_some_and(|account| account.key_policy.own_key_for_test_callbacks);
    Ok(json!({
        "default_callback_url": stored.and_then(|account| account.default_callback_url),
        "plain_http": settings.plain_http.as_str(),
        "pinned_hosts": settings.pinned_hosts,
        "subscribed_events": settings.subscribed_events,
        "own_key_for_test_callbacks": own_key,
        "old_key_first": settings.old_key_first,
        "held_plain_http": {"live": held_live, "test": held_test},
        "events": events,
    }))
}
