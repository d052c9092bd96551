//! The account's test receiver (callbacks.md 6): made, changed, looked into.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::Capability;
use domain::time::{DAY_MS, format_time};
use serde_json::{Map, Value, json};
use store::StoreError;
use store::environment::test_receivers::{self, REQUESTS_MAX, ReceivedRequest, TestReceiver};

use super::routing::{Router, get, post};
use super::{Mode, Person};
use crate::app::App;
use crate::error::ApiError;
use crate::http::extract::{Query, read_object};
use crate::http::test_receiver::{new_token, url_of};

/// Longest time that a receiver waits before it answers: a try ends after 15 seconds.
const DELAY_MS_MAX: i64 = 20_000;
/// Statuses that it can answer.
const STATUSES: std::ops::RangeInclusive<i64> = 200..=599;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/{mode}/receivers", get(show).post(put))
        .route("/web/{mode}/receivers/delete", post(delete))
        .route("/web/{mode}/receivers/requests", get(requests))
}

async fn show(
    State(app): State<Arc<App>>,
    person: Person,
    Mode(store): Mode,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ViewCallbacks)?;
    let (account, now_ms) = (person.session.account_id, app.clock.now_ms());
    let receiver = store
        .read(move |tx| test_receivers::of_account(tx, account, now_ms))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    Ok(Json(
        json!({"receiver": receiver.map(|receiver| render(&app, &receiver))}),
    ))
}

/// Makes the account's receiver, or changes the one that is there.
async fn put(
    State(app): State<Arc<App>>,
    person: Person,
    Mode(store): Mode,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ManageCallbacks)?;
    let body = read_object(&headers, body).await?;
    let status = integer(&body, "answer_status", STATUSES)?;
    let delay_ms = integer(&body, "delay_ms", 0..=DELAY_MS_MAX)?;
    let (account, now_ms) = (person.session.account_id, app.clock.now_ms());
    let token = new_token(store.environment());
    let receiver = store
        .write(move |tx| -> Result<_, StoreError> {
            if let Some(known) = test_receivers::of_account(tx, account, now_ms)? {
                let status = status.unwrap_or(known.answer_status);
                let delay_ms = delay_ms.unwrap_or(known.delay_ms);
                test_receivers::change(tx, account, status, delay_ms, now_ms)?;
            } else {
                let new = TestReceiver {
                    account,
                    token: token.clone(),
                    expires_at: now_ms + DAY_MS,
                    answer_status: status.unwrap_or(200),
                    delay_ms: delay_ms.unwrap_or(0),
                    received: 0,
                };
                test_receivers::put(tx, &new, now_ms)?;
            }
            test_receivers::of_account(tx, account, now_ms)
        })
        .await?;
    Ok(Json(
        json!({"receiver": receiver.map(|receiver| render(&app, &receiver))}),
    ))
}

async fn delete(person: Person, Mode(store): Mode) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ManageCallbacks)?;
    let account = person.session.account_id;
    store
        .write(move |tx| test_receivers::delete(tx, account))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    Ok(Json(json!({"receiver": null})))
}

async fn requests(
    person: Person,
    Mode(store): Mode,
    query: Query,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ViewCallbacks)?;
    let account = person.session.account_id;
    let after = query.integer("after", 0, i64::MAX)?.unwrap_or(0);
    let requests = store
        .read(move |tx| test_receivers::requests(tx, account, after, REQUESTS_MAX))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    let requests: Vec<Value> = requests.iter().map(render_request).collect();
    Ok(Json(json!({"requests": requests})))
}

fn integer(
    body: &Map<String, Value>,
    name: &str,
    range: std::ops::RangeInclusive<i64>,
) -> Result<Option<i64>, ApiError> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_i64()
            .filter(|number| range.contains(number))
            .map(Some)
            .ok_or_else(|| {
                let (from, to) = (range.start(), range.end());
                ApiError::param(name, format!("must be a whole number from {from} to {to}"))
            }),
    }
}

fn render(app: &App, receiver: &TestReceiver) -> Value {
    json!({
        "id": receiver.token,
        "url": url_of(app, &receiver.token),
        "expires_at": format_time(receiver.expires_at),
        "answer_status": receiver.answer_status,
        "delay_ms": receiver.delay_ms,
        "received": receiver.received,
    })
}

fn render_request(request: &ReceivedRequest) -> Value {
    let headers: Value = serde_json::from_str(&request.headers).unwrap_or_default();
    json!({
        "n": request.n,
        "at": format_time(request.at),
        "headers": headers,
        "body": String::from_utf8_lossy(&request.body),
        "body_bytes": request.body_bytes,
        "auth": request.auth,
        "signature": request.signature,
    })
}
