//! The section API Keys: hints for Admins and Managers, the text only by Reveal
//! (authentication.md 2.1, 2.6). Key material is absent from what others get, not hidden.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::time::format_time;
use domain::{Capability, Environment, KeyId, Role};
use keys::KeyKind;
use serde_json::{Value, json};
use store::StoreError;
use store::control::{accounts, keys as stored_keys, users};

use super::{Person, WebSegment};
use crate::app::App;
use crate::directory::{open_data_key, open_key};
use crate::error::ApiError;

/// Routes of this noun.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/web/keys", get(list))
        .route("/web/keys/{key_id}/reveal", post(reveal))
}

async fn list(State(app): State<Arc<App>>, person: Person) -> Result<Json<Value>, ApiError> {
    require(&app, &person, Capability::SeeApiKeys).await?;
    let account = person.session.account_id;
    let rows = app
        .stores
        .control
        .read(move |tx| stored_keys::of_account(tx, account))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    let (auth, api): (Vec<_>, Vec<_>) = rows
        .iter()
        .partition(|row| row.kind == KeyKind::CallbackAuth.as_str());
    let render = |rows: Vec<&stored_keys::KeyRow>| -> Vec<Value> {
        rows.into_iter()
            .map(|row| {
                let used = app
                    .directory
                    .keys
                    .find_by_id(row.key_id)
                    .and_then(|record| record.last_used_at_ms())
                    .max(row.last_used_at);
                json!({
                    "key_id": format!("key_{}", row.key_id),
                    "environment": row.environment,
                    "name": row.name,
                    "hint": row.hint,
                    "created_at": format_time(row.created_at),
                    "last_used_at": used.map(format_time),
                    "state": row.state,
                })
            })
            .collect()
    };
    Ok(Json(
        json!({"api_keys": render(api), "callback_auth_keys": render(auth)}),
    ))
}

async fn reveal(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(key_id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    require(&app, &person, Capability::RevealTestKey).await?;
    let not_found = || ApiError::not_found("key_not_found", "There is no such key.");
    let key_id: KeyId = key_id
        .strip_prefix("key_")
        .and_then(|id| id.parse().ok())
        .ok_or_else(not_found)?;
    let account_id = person.session.account_id;
    let (account, key) = app
        .stores
        .control
        .read(move |tx| -> Result<_, StoreError> {
            Ok((
                accounts::find(tx, account_id)?,
                stored_keys::find(tx, account_id, key_id)?,
            ))
        })
        .await?;
    let (account, key) = account.zip(key).ok_or_else(not_found)?;
    if key.environment == Environment::Live {
        require(&app, &person, Capability::RevealLiveKey).await?;
    }
    let kind: KeyKind = key.kind.parse().map_err(|_| not_found())?;
    let text = open_data_key(&account, &app.secrets)
        .and_then(|data_key| open_key(&key, kind, &data_key))
        .ok_or_else(|| {
            ApiError::new(
                StatusCode::GONE,
                "key_not_revealable",
                "This key cannot be shown.",
            )
        })?;
    tracing::info!(user.id = %person.session.user_id, key.id = %key_id, "a key was revealed");
    Ok(Json(json!({"key": text.expose()})))
}

/// 403 in the words of authentication.md 2.6, with the names of those who can help.
async fn require(app: &App, person: &Person, capability: Capability) -> Result<(), ApiError> {
    match person.require(capability) {
        Err(error) if error.code == "role_required" => {}
        judged => return judged,
    }
    let account = person.session.account_id;
    let admins = app
        .stores
        .control
        .read(move |tx| users::names_by_role(tx, account, Role::Admin))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "role_required",
        format!(
            "Only Admins and Managers have access to API keys, for your security. Ask an Admin of \
             your account to set your role to Manager on the team page. Admins: {}.",
            admins.join(", ")
        ),
    )
    .with("admins", admins))
}
