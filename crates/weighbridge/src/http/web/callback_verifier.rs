//! The verifier: is what a person's server got one of our callbacks (callbacks.md 6)?

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::{AccountId, CallbackId, Capability};
use store::environment::callback_bodies;
use store::environment::callbacks::{self, AttemptRow};
use store::{EnvironmentStore, StoreError};

use super::routing::{Router, post};
use super::{Mode, Person};
use crate::app::App;
use crate::callback_verification::{
    Known, PastedHeaders, SentCallback, Verification, verify as judge,
};
use crate::error::ApiError;
use crate::http::extract::read_object;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new().route("/web/{mode}/callbacks/verify", post(verify))
}

async fn verify(
    State(app): State<Arc<App>>,
    person: Person,
    Mode(store): Mode,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Verification>, ApiError> {
    person.require(Capability::ViewCallbacks)?;
    let given = read_object(&headers, body).await?;
    let text = |name: &str| {
        given
            .get(name)
            .and_then(|value| value.as_str())
            .ok_or_else(|| ApiError::param(name, "must be the pasted text"))
    };
    let (pasted, body) = (PastedHeaders::read(text("headers")?), text("body")?);
    let account = person.session.account_id;
    let sent = match callback_id_of(&pasted) {
        Some(callback_id) => find_sent(&app, account, &store, callback_id).await?,
        None => None,
    };
    let settings = app.directory.account(account);
    let now_ms = app.clock.now_ms();
    let known = settings.as_ref().map_or_else(Known::default, |settings| {
        Known::of_account(settings, store.environment(), now_ms)
    });
    let found = judge(&pasted, body.as_bytes(), &known, sent.as_ref(), now_ms);
    Ok(Json(found))
}

fn callback_id_of(headers: &PastedHeaders) -> Option<CallbackId> {
    let id = headers.get("webhook-id")?;
    id.strip_prefix("cb_").unwrap_or(id).parse().ok()
}

/// What the outbox has of a callback: of this mode, or else whether the other mode has it.
async fn find_sent(
    app: &App,
    account: AccountId,
    store: &EnvironmentStore,
    callback_id: CallbackId,
) -> Result<Option<SentCallback>, ApiError> {
    let (body, attempts) = read(store, account, callback_id).await?;
    if body.is_some() || !attempts.is_empty() {
        return Ok(Some(SentCallback {
            body,
            timestamps: attempts
                .iter()
                .map(|attempt| attempt.started_at / 1000)
                .collect(),
            is_of_other_mode: false,
        }));
    }
    let other = app.stores.environment(store.environment().other());
    let (body, attempts) = read(other, account, callback_id).await?;
    let is_there = body.is_some() || !attempts.is_empty();
    Ok(is_there.then(|| SentCallback {
        is_of_other_mode: true,
        ..SentCallback::default()
    }))
}

/// A callback's body, where it is kept, and its attempts.
async fn read(
    store: &EnvironmentStore,
    account: AccountId,
    callback_id: CallbackId,
) -> Result<(Option<Vec<u8>>, Vec<AttemptRow>), StoreError> {
    store
        .read(move |tx| -> Result<_, StoreError> {
            let body = callback_bodies::find(tx, account, callback_id)?;
            let attempts = callbacks::attempts(tx, account, callback_id)?;
            Ok((body, attempts))
        })
        .await
}
