//! The callback receiver of `weighbridge dev`: keeps what came in, so that a first callback needs
//! no server of one's own. It is recognised before the address filter, which refuses our own
//! address, and served in this process.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use domain::time::format_time;
use outbound::{Exchange, Outcome, PhasesMs};
use serde_json::{Value, json};
use url::Url;

use super::extract::{BODY_BYTES_MAX, read_body};
use crate::app::App;
use crate::error::ApiError;

/// Where it is.
pub const PATH: &str = "/dev/receiver";
/// Requests kept.
const KEPT_MAX: usize = 500;

/// What came in, newest first.
#[derive(Default)]
pub struct Received(Mutex<VecDeque<Value>>);

impl Received {
    fn keep(&self, now_ms: i64, headers: &HeaderMap, body: &[u8]) {
        let headers: serde_json::Map<String, Value> = headers
            .iter()
            .map(|(name, value)| {
                (
                    name.to_string(),
                    String::from_utf8_lossy(value.as_bytes()).into(),
                )
            })
            .collect();
        let body: Value = serde_json::from_slice(body)
            .unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned().into());
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front(json!({
            "received_at": format_time(now_ms),
            "headers": headers,
            "body": body,
        }));
        kept.truncate(KEPT_MAX);
    }
}

/// Routes of the receiver.
pub fn router() -> Router<Arc<App>> {
    Router::new().route(PATH, get(list).post(take))
}

async fn list(State(app): State<Arc<App>>) -> Json<Value> {
    let kept = app
        .received
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    Json(kept.iter().cloned().collect())
}

async fn take(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let body = read_body(body, BODY_BYTES_MAX).await?;
    app.received.keep(app.clock.now_ms(), &headers, &body);
    Ok(Json(json!({"received": true})))
}

/// Whether a URL is the receiver's.
pub fn is_own_receiver(app: &App, url: &str) -> bool {
    app.config.dev && Url::parse(url).is_ok_and(|url| url.path() == PATH && app.config.is_own(&url))
}

/// Takes a callback whose URL is the receiver's; `None`: it is for somebody else.
pub fn receive(app: &App, url: &str, headers: &HeaderMap, body: &Bytes) -> Option<Exchange> {
    if !is_own_receiver(app, url) {
        return None;
    }
    app.received.keep(app.clock.now_ms(), headers, body);
    Some(Exchange {
        outcome: Outcome::Delivered,
        status: Some(200),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        body_complete: true,
        address: None,
        tls: None,
        phases_ms: PhasesMs::default(),
        reused: false,
        resent: false,
        detail: "Taken by the built-in receiver.".to_owned(),
    })
}
