//! What people do to callbacks and receivers: send again, try out, pause, resume, discard.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::{AccountId, CallbackId, Capability};
use serde_json::{Map, Value, json};
use store::environment::callback_lists;
use store::{EnvironmentStore, StoreError};

use super::super::{Mode, Person, WebSegment};
use super::{not_found, read_id};
use crate::app::App;
use crate::callback_object;
use crate::error::ApiError;
use crate::http::extract::read_object;
use crate::operations::change_target::{TargetChange, change_target};
use crate::operations::resend_callback::{ResendRequest, resend_callback};
use crate::operations::send_test_callback::send_test_callback;

/// `POST /web/{mode}/callbacks/{callback_id}/resend`.
pub(super) async fn resend(
    State(app): State<Arc<App>>,
    person: Person,
    Mode(store): Mode,
    WebSegment(id): WebSegment,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ManageCallbacks)?;
    let callback_id = read_id(&id)?;
    let body = read_object(&headers, body).await?;
    let confirms_older = match body.get("confirm_older") {
        None | Some(Value::Bool(false)) => false,
        Some(Value::Bool(true)) => true,
        Some(_) => return Err(ApiError::param("confirm_older", "must be true or false")),
    };
    let url = match body.get("url") {
        None | Some(Value::Null) => None,
        Some(_) => Some(text(&body, "url")?),
    };
    let request = ResendRequest {
        url,
        confirms_older,
    };
    let (actor, account) = (person.actor(), person.session.account_id);
    resend_callback(&app, &actor, account, &store, callback_id, request).await?;
    show(account, &store, callback_id).await
}

/// `POST /web/{mode}/callbacks/test`.
pub(super) async fn test(
    State(app): State<Arc<App>>,
    person: Person,
    Mode(store): Mode,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ManageCallbacks)?;
    let body = read_object(&headers, body).await?;
    let (event, url) = (text(&body, "event")?, text(&body, "url")?);
    let account = person.session.account_id;
    let callback_id = send_test_callback(&app, account, &store, &event, url).await?;
    show(account, &store, callback_id).await
}

async fn show(
    account: AccountId,
    store: &EnvironmentStore,
    callback_id: CallbackId,
) -> Result<Json<Value>, ApiError> {
    let callback = store
        .read(move |tx| callback_lists::find(tx, account, callback_id))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?
        .ok_or_else(not_found)?;
    Ok(Json(
        json!({"callback": callback_object::render(&callback)}),
    ))
}

/// `POST /web/{mode}/callbacks/targets/pause`.
pub(super) async fn pause(
    app: State<Arc<App>>,
    person: Person,
    mode: Mode,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    change(app, person, mode, &headers, body, TargetChange::Pause).await
}

/// `POST /web/{mode}/callbacks/targets/resume`.
pub(super) async fn resume(
    app: State<Arc<App>>,
    person: Person,
    mode: Mode,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    change(app, person, mode, &headers, body, TargetChange::Resume).await
}

/// `POST /web/{mode}/callbacks/targets/discard`.
pub(super) async fn discard(
    app: State<Arc<App>>,
    person: Person,
    mode: Mode,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    change(app, person, mode, &headers, body, TargetChange::Discard).await
}

async fn change(
    State(app): State<Arc<App>>,
    person: Person,
    Mode(store): Mode,
    headers: &HeaderMap,
    body: Body,
    change: TargetChange,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ManageCallbacks)?;
    let body = read_object(headers, body).await?;
    let target = text(&body, "target")?;
    let (actor, account) = (person.actor(), person.session.account_id);
    let (state, discarded) = change_target(&app, &actor, account, &store, target, change).await?;
    let mut answer = json!({"target": callback_object::render_target(&state)});
    if change == TargetChange::Discard {
        answer["discarded"] = discarded.into();
    }
    Ok(Json(answer))
}

fn text(body: &Map<String, Value>, name: &str) -> Result<String, ApiError> {
    body.get(name)
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| ApiError::param(name, "must be a text"))
}
