//! Test receivers: a place on this server to which callbacks can be sent before there is a server for
//! them (callbacks.md 6). One an account and mode, for a day, at an address that nobody can guess. Our
//! own callbacks are recognised before the address filter, which refuses our own address.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use bytes::Bytes;
use domain::Environment;
use outbound::{Exchange, Outcome, PhasesMs};
use serde_json::json;
use store::StoreError;
use store::environment::test_receivers::{self, ReceivedRequest, TestReceiver};
use url::Url;

use super::dev_receiver;
use super::extract::{BODY_BYTES_MAX, read_body};
use crate::app::App;
use crate::callback_masking::mask_headers;
use crate::callback_verification::{Fit, Known, PastedHeaders, Verdict, verify};
use crate::clock::random_bytes;
use crate::error::ApiError;
use crate::operations::audit::hex;

/// Where they are; the token follows.
const PATH: &str = "/dev/receiver/";
/// Bytes of a body that are kept.
const KEPT_BYTES_MAX: usize = 64 * 1024;

/// A new token: the mode, and 128 bits that nobody can guess.
pub fn new_token(environment: Environment) -> String {
    format!("{environment}-{}", hex(&random_bytes::<16>()))
}

/// The address of the receiver of a token.
pub fn url_of(app: &App, token: &str) -> String {
    format!("{}{PATH}{token}", app.config.base_url())
}

/// Routes of the receivers.
pub fn router() -> Router<Arc<App>> {
    Router::new().route("/dev/receiver/{token}", post(take))
}

async fn take(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, ApiError> {
    let body = read_body(body, BODY_BYTES_MAX).await?;
    let receiver = find(&app, &token).await?.ok_or_else(|| {
        ApiError::not_found(
            "receiver_not_found",
            "There is no test receiver here. It is taken away after a day.",
        )
    })?;
    Ok(receive_at(&app, &receiver, &headers, &body).await?)
}

/// The token of a URL that is a test receiver's of this server.
pub fn token_of(app: &App, url: &str) -> Option<String> {
    // Cheap before exact: this is asked of every callback.
    if !url.contains(PATH) {
        return None;
    }
    let url = Url::parse(url).ok()?;
    let token = url.path().strip_prefix(PATH)?;
    (!token.is_empty() && app.config.is_own(&url)).then(|| token.to_owned())
}

/// Whether a URL is a receiver that is part of this server: a test receiver, or that of `dev`.
pub fn is_built_in_receiver(app: &App, url: &str) -> bool {
    dev_receiver::is_own_receiver(app, url) || token_of(app, url).is_some()
}

/// Takes a callback whose URL is a test receiver's; `None`: it is for somebody else.
pub async fn receive(app: &App, url: &str, headers: &HeaderMap, body: &Bytes) -> Option<Exchange> {
    let token = token_of(app, url)?;
    let began_ms = app.clock.now_ms();
    let answered = match find(app, &token).await {
        Ok(Some(receiver)) => receive_at(app, &receiver, headers, body).await,
        Ok(None) => Ok(StatusCode::NOT_FOUND),
        Err(error) => Err(error),
    };
    let total = app.clock.now_ms().saturating_sub(began_ms).unsigned_abs();
    Some(match answered {
        Ok(status) => exchange(status, total),
        Err(error) => Exchange {
            outcome: Outcome::Reset,
            status: None,
            detail: format!("the test receiver could not take it: {error}"),
            ..exchange(StatusCode::OK, total)
        },
    })
}

fn exchange(status: StatusCode, total_ms: u64) -> Exchange {
    let outcome = match status.as_u16() {
        200..=299 => Outcome::Delivered,
        300..=399 => Outcome::Redirect { location: None },
        410 => Outcome::Gone,
        _ => Outcome::HttpStatus,
    };
    Exchange {
        outcome,
        status: Some(status.as_u16()),
        headers: HeaderMap::new(),
        body: Bytes::new(),
        body_complete: true,
        address: None,
        tls: None,
        phases_ms: PhasesMs {
            dns: None,
            connect: None,
            total: total_ms,
        },
        reused: false,
        resent: false,
        detail: format!("the test receiver of this server answered {status}"),
    }
}

async fn find(app: &App, token: &str) -> Result<Option<TestReceiver>, StoreError> {
    let mode = token.split('-').next().unwrap_or_default();
    let Ok(environment) = mode.parse::<Environment>() else {
        return Ok(None);
    };
    let (token, now_ms) = (token.to_owned(), app.clock.now_ms());
    app.stores
        .environment(environment)
        .read(move |tx| test_receivers::by_token(tx, &token, now_ms))
        .await
}

/// Keeps a request, waits as the receiver does, and gives the status that it answers.
async fn receive_at(
    app: &App,
    receiver: &TestReceiver,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<StatusCode, StoreError> {
    let mode = receiver.token.split('-').next().unwrap_or_default();
    let environment = mode.parse().unwrap_or(Environment::Test);
    let now_ms = app.clock.now_ms();
    let account = app.directory.account(receiver.account);
    let known = account.as_ref().map_or_else(Known::default, |account| {
        Known::of_account(account, environment, now_ms)
    });
    let pasted = PastedHeaders::of(headers);
    let found = verify(&pasted, body, &known, None, now_ms);
    let request = ReceivedRequest {
        n: 0,
        at: now_ms,
        headers: json!(mask_headers(headers)).to_string(),
        body: body[..body.len().min(KEPT_BYTES_MAX)].to_vec(),
        body_bytes: body.len() as i64,
        auth: match found.auth.state {
            Fit::Current | Fit::Previous => "ok",
            Fit::Missing => "missing",
            Fit::OtherMode | Fit::Unknown => "wrong",
        }
        .to_owned(),
        signature: match found.verdict {
            Verdict::Ok => "ok",
            Verdict::Unsigned => "missing",
            Verdict::Bad => "wrong",
        }
        .to_owned(),
    };
    let kept = receiver.clone();
    app.stores
        .environment(environment)
        .write(move |tx| test_receivers::keep(tx, &kept, &request))
        .await?;
    if receiver.delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(receiver.delay_ms.unsigned_abs())).await;
    }
    let status = u16::try_from(receiver.answer_status).unwrap_or_default();
    Ok(StatusCode::from_u16(status).unwrap_or(StatusCode::OK))
}
