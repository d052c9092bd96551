//! The section API Keys, for Admins and Managers (authentication.md 2.1, 2.3, 2.6). Key material is
//! absent from what others get, not hidden; a key's text leaves only when it is made or by Reveal.

mod shown;

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::time::parse_time;
use domain::{Capability, Environment, KeyId, Role};
use keys::{KeyKind, read_imported_key};
use serde_json::{Map, Value, json};
use store::StoreError;
use store::control::accounts::{self, AccountRow};
use store::control::key_uses;
use store::control::keys::{self as stored_keys, KeyRow};
use store::control::users;
use zeroize::Zeroizing;

use self::shown::{render, render_policy, with_waiting};
use super::routing::{Router, get, patch, post, put};
use super::{Person, WebSegment};
use crate::app::App;
use crate::error::ApiError;
use crate::http::extract::read_object;
use crate::operations::confirm_change::confirm_change;
use crate::operations::manage_keys::{
    Changed, KeyManager, KeyProblem, MadeKey, OVERLAP_DEFAULT, read_overlap,
};

/// Uses of a rolled key that are shown lie within this time.
const USES_SHOWN_MS: i64 = 60 * 60 * 1000;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/keys", get(list).post(create))
        .route("/web/keys/import", post(import))
        .route("/web/keys/policy", put(set_policy))
        .route("/web/keys/revoke-all", post(revoke_all))
        .route("/web/keys/{key_id}", patch(rename))
        .route("/web/keys/{key_id}/reveal", post(reveal))
        .route("/web/keys/{key_id}/roll", post(roll))
        .route("/web/keys/{key_id}/end", put(set_end))
        .route("/web/keys/{key_id}/suspend", post(suspend))
        .route("/web/keys/{key_id}/resume", post(resume))
        .route("/web/keys/{key_id}/revoke", post(revoke))
}

async fn list(State(app): State<Arc<App>>, person: Person) -> Result<Json<Value>, ApiError> {
    require(&app, &person, Capability::SeeApiKeys).await?;
    let account = person.session.account_id;
    let now_ms = app.clock.now_ms();
    let (rows, uses, people, stored) = app
        .stores
        .control
        .read(move |tx| -> Result<_, StoreError> {
            Ok((
                stored_keys::of_account(tx, account)?,
                key_uses::since(tx, account, now_ms - USES_SHOWN_MS)?,
                users::names(tx, account)?,
                accounts::find(tx, account)?,
            ))
        })
        .await?;
    let uses = with_waiting(app.key_uses.of_account(account), uses);
    let render = |wanted: KeyKind| -> Vec<Value> {
        rows.iter()
            .filter(|row| {
                (row.kind == KeyKind::CallbackAuth.as_str()) == (wanted == KeyKind::CallbackAuth)
            })
            .map(|row| {
                let mut key = render(&app, row, &uses);
                key["created_by"] = row
                    .created_by
                    .and_then(|by| people.iter().find(|(id, _)| *id == by))
                    .map_or(Value::Null, |(_, name)| json!(name));
                key
            })
            .collect()
    };
    Ok(Json(json!({
        "api_keys": render(KeyKind::Api),
        "callback_auth_keys": render(KeyKind::CallbackAuth),
        "policy": render_policy(stored.map(|stored| stored.key_policy).unwrap_or_default()),
    })))
}

async fn create(
    State(app): State<Arc<App>>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    require(&app, &person, Capability::SeeApiKeys).await?;
    let body = read_object(&headers, body).await?;
    let environment = read_environment(&body)?;
    require_change(&app, &person, environment).await?;
    let manager = manager(&app, &person).await?;
    let made = manager.create(environment, text(&body, "name")?).await?;
    show_made(&app, &manager, made, true).await
}

async fn import(
    State(app): State<Arc<App>>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    require(&app, &person, Capability::SeeApiKeys).await?;
    let mut body = read_object(&headers, body).await?;
    let environment = read_environment(&body)?;
    require_change(&app, &person, environment).await?;
    let Some(Value::String(given)) = body.remove("text") else {
        return Err(ApiError::param("text", "must be the text of the key"));
    };
    let given = Zeroizing::new(given);
    let given = Zeroizing::new(given.trim().to_owned());
    let read = read_imported_key(given, environment, false)
        .map_err(|error| ApiError::param("text", error.to_string()))?;
    let manager = manager(&app, &person).await?;
    let made = manager
        .import(environment, text(&body, "name")?, read)
        .await?;
    show_made(&app, &manager, made, false).await
}

async fn roll(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(key_id): WebSegment,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    require(&app, &person, Capability::SeeApiKeys).await?;
    let key = find(&app, &person, &key_id).await?;
    if key.kind == KeyKind::CallbackAuth.as_str() {
        require(&app, &person, Capability::RollCallbackAuthKey).await?;
    } else {
        require_change(&app, &person, key.environment).await?;
    }
    let body = read_object(&headers, body).await?;
    let overlap = match body.get("overlap") {
        None => OVERLAP_DEFAULT,
        Some(name) => name.as_str().unwrap_or_default(),
    };
    let overlap_ms = read_overlap(overlap)
        .ok_or_else(|| ApiError::param("overlap", "must be now, 1h, 24h, 3d or 7d"))?;
    let manager = manager(&app, &person).await?;
    let made = manager.roll(&key, overlap_ms).await?;
    let (status, Json(mut answer)) = show_made(&app, &manager, made, true).await?;
    let old = find(&app, &person, &key_id).await?;
    answer["old"] = render(&app, &old, &[]);
    Ok((status, Json(answer)))
}

async fn rename(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(key_id): WebSegment,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let key = find_to_change(&app, &person, &key_id).await?;
    let body = read_object(&headers, body).await?;
    let manager = manager(&app, &person).await?;
    let changed = manager.rename(key.key_id, text(&body, "name")?).await?;
    Ok(Json(json!({"key": render(&app, &changed.value, &[])})))
}

async fn reveal(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(key_id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    require(&app, &person, Capability::RevealTestKey).await?;
    let key = find(&app, &person, &key_id).await?;
    if key.environment == Environment::Live {
        require(&app, &person, Capability::RevealLiveKey).await?;
    }
    let text = manager(&app, &person).await?.reveal(key.key_id).await?;
    Ok(Json(json!({"key": text.expose()})))
}

async fn set_end(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(key_id): WebSegment,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let key = find_to_change(&app, &person, &key_id).await?;
    let body = read_object(&headers, body).await?;
    let at_ms = match text(&body, "at")? {
        "now" => None,
        time => Some(parse_time(time).map_err(|error| ApiError::param("at", error.to_string()))?),
    };
    let changed = manager(&app, &person)
        .await?
        .set_end(key.key_id, at_ms)
        .await?;
    show_changed(&app, changed).await
}

async fn suspend(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(key_id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    let key = find_to_change(&app, &person, &key_id).await?;
    let changed = manager(&app, &person).await?.suspend(key.key_id).await?;
    show_changed(&app, changed).await
}

async fn resume(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(key_id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    let key = find_to_change(&app, &person, &key_id).await?;
    let changed = manager(&app, &person).await?.resume(key.key_id).await?;
    show_changed(&app, changed).await
}

async fn revoke(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(key_id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    require(&app, &person, Capability::SeeApiKeys).await?;
    let key = find(&app, &person, &key_id).await?;
    require_revoke(&app, &person, key.environment).await?;
    let changed = manager(&app, &person).await?.revoke(key.key_id).await?;
    show_changed(&app, changed).await
}

async fn revoke_all(
    State(app): State<Arc<App>>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    require(&app, &person, Capability::SeeApiKeys).await?;
    let body = read_object(&headers, body).await?;
    let environment = read_environment(&body)?;
    require_revoke(&app, &person, environment).await?;
    let changed = manager(&app, &person)
        .await?
        .revoke_all(environment)
        .await?;
    let receipt = confirm_change(&app, changed.version).await?;
    Ok(Json(
        json!({"revoked": changed.value, "receipt": receipt.to_json()}),
    ))
}

async fn set_policy(
    State(app): State<Arc<App>>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    require(&app, &person, Capability::SetKeyPolicy).await?;
    let body = read_object(&headers, body).await?;
    let account = find_account(&app, &person).await?;
    let mut policy = account.key_policy;
    for (name, value) in &body {
        let Value::Bool(value) = value else {
            return Err(ApiError::param(name, "must be true or false"));
        };
        match name.as_str() {
            "show_keys_once" => policy.show_keys_once = *value,
            "keys_may_make_managers" => policy.keys_may_make_managers = *value,
            "own_key_for_test_callbacks" => policy.own_key_for_test_callbacks = *value,
            _ => return Err(ApiError::param(name, "is no part of the policy")),
        }
    }
    let changed = manager(&app, &person).await?.set_policy(policy).await?;
    confirm_change(&app, changed.version).await?;
    Ok(Json(json!({"policy": render_policy(changed.value)})))
}

async fn show_made(
    app: &App,
    manager: &KeyManager,
    made: Changed<MadeKey>,
    with_text: bool,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let receipt = confirm_change(app, made.version).await?;
    let rows = manager.list().await?;
    let row = rows.iter().find(|row| row.key_id == made.value.key_id);
    let row = row.ok_or_else(|| ApiError::from(KeyProblem::NotFound))?;
    let mut answer = json!({
        "key": render(app, row, &[]),
        "receipt": receipt.to_json(),
    });
    if with_text {
        answer["text"] = json!(made.value.text.expose());
    }
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn show_changed(app: &App, changed: Changed<KeyRow>) -> Result<Json<Value>, ApiError> {
    let receipt = confirm_change(app, changed.version).await?;
    Ok(Json(json!({
        "key": render(app, &changed.value, &[]),
        "receipt": receipt.to_json(),
    })))
}

async fn find_account(app: &App, person: &Person) -> Result<AccountRow, ApiError> {
    let account = person.session.account_id;
    app.stores
        .control
        .read(move |tx| accounts::find(tx, account))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?
        .ok_or_else(|| ApiError::from(KeyProblem::NotFound))
}

async fn manager(app: &App, person: &Person) -> Result<KeyManager, ApiError> {
    KeyManager::new(
        app.stores.control.clone(),
        app.secrets.clone(),
        find_account(app, person).await?,
        app.ids.clone(),
        app.clock.clone(),
        person.actor(),
    )
    .ok_or_else(|| ApiError::from(KeyProblem::Sealing("see the server's log".to_owned())))
}

/// The key that a path names, if it is one of the person's account.
async fn find(app: &App, person: &Person, key_id: &str) -> Result<KeyRow, ApiError> {
    let not_found = || ApiError::from(KeyProblem::NotFound);
    let key_id: KeyId = key_id
        .strip_prefix("key_")
        .and_then(|id| id.parse().ok())
        .ok_or_else(not_found)?;
    let account = person.session.account_id;
    app.stores
        .control
        .read(move |tx| stored_keys::find(tx, account, key_id))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?
        .ok_or_else(not_found)
}

/// The key that a path names, for who may change keys of its mode.
async fn find_to_change(app: &App, person: &Person, key_id: &str) -> Result<KeyRow, ApiError> {
    require(app, person, Capability::SeeApiKeys).await?;
    let key = find(app, person, key_id).await?;
    require_change(app, person, key.environment).await?;
    Ok(key)
}

fn read_environment(body: &Map<String, Value>) -> Result<Environment, ApiError> {
    body.get("environment")
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| ApiError::param("environment", "must be live or test"))
}

fn text<'a>(body: &'a Map<String, Value>, name: &str) -> Result<&'a str, ApiError> {
    body.get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| ApiError::param(name, "must be a text"))
}

async fn require_change(
    app: &App,
    person: &Person,
    environment: Environment,
) -> Result<(), ApiError> {
    let capability = match environment {
        Environment::Live => Capability::ChangeLiveKey,
        Environment::Test => Capability::ChangeTestKey,
    };
    require(app, person, capability).await
}

/// Revoking is an emergency: it asks for no recent log-in.
async fn require_revoke(
    app: &App,
    person: &Person,
    environment: Environment,
) -> Result<(), ApiError> {
    let capability = match environment {
        Environment::Live => Capability::RevokeLiveKey,
        Environment::Test => Capability::ChangeTestKey,
    };
    require(app, person, capability).await
}

/// A refusal for the role is in the words of authentication.md 2.6, with the names of those who can
/// help.
async fn require(app: &App, person: &Person, capability: Capability) -> Result<(), ApiError> {
    let Err(error) = person.require(capability) else {
        return Ok(());
    };
    if error.code != "role_required" || person.require(Capability::SeeApiKeys).is_ok() {
        return Err(error);
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

impl From<KeyProblem> for ApiError {
    fn from(problem: KeyProblem) -> Self {
        let text = problem.to_string();
        match problem {
            KeyProblem::NotFound => Self::not_found("key_not_found", text),
            KeyProblem::Taken => Self::conflict("key_taken", text),
            KeyProblem::TooMany(_) => Self::conflict("too_many_keys", text),
            KeyProblem::Name(_) => Self::param("name", text),
            KeyProblem::AlreadyRolled => Self::conflict("already_rolled", text),
            KeyProblem::NotRolled => Self::conflict("not_rolled", text),
            KeyProblem::Overlap => Self::param("at", text),
            KeyProblem::Ended(_) => Self::conflict("key_ended", text),
            KeyProblem::Already(_) => Self::conflict("key_state", text),
            KeyProblem::CallbackAuthKey => Self::bad_request("callback_auth_key", text),
            KeyProblem::NotRevealable => Self::new(StatusCode::GONE, "key_not_revealable", text),
            KeyProblem::Sealing(_) => {
                tracing::error!(error = text, "a key could not be sealed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal_error",
                    "Something broke on our side. Nothing was changed.",
                )
            }
            KeyProblem::Store(error) => error.into(),
        }
    }
}
