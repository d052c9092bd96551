//! Log-in, log-out and the present session (authentication.md 2.7).

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{AccountId, Capability, UserId, permits};
use keys::{SecretName, mac};
use serde_json::{Value, json};
use store::StoreError;
use store::control::sessions::{self, SessionRow};
use store::control::users;

use super::Person;
use super::routing::{Router, get, post};
use crate::app::App;
use crate::clock::random_bytes;
use crate::error::ApiError;
use crate::http::extract::read_object;
use crate::operations::create_account::normalise_email;

/// A session ends after this long without a request.
const IDLE_MS: i64 = 24 * 60 * 60 * 1000;
/// A session ends after this long whatever happens.
const LIFE_MS: i64 = 30 * IDLE_MS;
/// How often use is noted.
const SEEN_EVERY_MS: i64 = 60 * 1000;
/// Wrong passwords for one address before waiting begins.
const FAILURES_FREE: i64 = 5;
/// Longest wait after a wrong password.
const WAIT_MAX_MS: i64 = 15 * 60 * 1000;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/session", get(show).post(log_in).delete(log_out))
        .route("/web/session/confirm", post(confirm))
}

/// `GET /web/session`.
async fn show(State(app): State<Arc<App>>, person: Person) -> Json<Value> {
    Json(render(&app, &person.session))
}

fn render(app: &App, session: &SessionRow) -> Value {
    let capabilities: Vec<_> = Capability::ALL
        .iter()
        .filter(|capability| permits(session.role, **capability))
        .map(|capability| capability.as_str())
        .collect();
    json!({
        "user": {
            "id": session.user_id,
            "email": session.email,
            "name": session.name,
            "role": session.role,
        },
        "account": {"id": session.account_id, "name": session.account_name},
        "capabilities": capabilities,
        "version": env!("CARGO_PKG_VERSION"),
        "dev": app.config.dev,
    })
}

/// `POST /web/session`: the same answer and work for every failure.
async fn log_in(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let body = read_object(&headers, body).await?;
    let text = |name: &str| {
        body.get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let email = normalise_email(&text("email"));
    let password = text("password");
    if password.is_empty() {
        return Err(wrong_password());
    }
    let now_ms = app.clock.now_ms();
    let subject = throttle_subject(&app, &email);
    check_throttle(&app, subject, now_ms).await?;

    let wanted = email.clone();
    let user = app
        .stores
        .control
        .read(move |tx| users::find_by_email(tx, &wanted))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?
        .filter(|user| user.deactivated_at.is_none());
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let matched = app
        .hashing
        .verify(app.secrets.clone(), password, stored)
        .await
        .ok_or_else(too_busy)?;
    let Some(user) = user.filter(|_| matched) else {
        count_failure(&app, subject, now_ms).await?;
        return Err(wrong_password());
    };

    let (cookie, digest) = new_session_id(&app);
    let (account, user_id) = (user.account_id, user.user_id);
    let old = session_digest(&app, &headers);
    let session = app
        .stores
        .control
        .write(move |tx| -> Result<_, StoreError> {
            if let Some(old) = &old {
                sessions::delete(tx, old)?;
            }
            users::clear_log_in_failures(tx, &subject)?;
            sessions::insert(tx, &digest, account, user_id, now_ms)?;
            sessions::find(tx, &digest)
        })
        .await?
        .ok_or_else(wrong_password)?;
    Ok(with_cookie(&app, &cookie, render(&app, &session)))
}

/// `POST /web/session/confirm`: the password again, for what asks for a recent one.
async fn confirm(
    State(app): State<Arc<App>>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let session = person.session;
    let body = read_object(&headers, body).await?;
    let password = body
        .get("password")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let now_ms = app.clock.now_ms();
    let subject = throttle_subject(&app, &session.email);
    check_throttle(&app, subject, now_ms).await?;
    let stored = Some(session.password_hash.clone());
    let matched = app
        .hashing
        .verify(app.secrets.clone(), password, stored)
        .await
        .ok_or_else(too_busy)?;
    if !matched {
        count_failure(&app, subject, now_ms).await?;
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "wrong_password",
            "The password is wrong.",
        ));
    }
    let (cookie, digest) = new_session_id(&app);
    let old = session_digest(&app, &headers).ok_or_else(no_session)?;
    app.stores
        .control
        .write(move |tx| -> Result<_, StoreError> {
            users::clear_log_in_failures(tx, &subject)?;
            sessions::confirm(tx, &old, &digest, now_ms)
        })
        .await?;
    Ok(with_cookie(&app, &cookie, render(&app, &session)))
}

/// `DELETE /web/session`.
async fn log_out(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, ApiError> {
    if let Some(digest) = session_digest(&app, &headers) {
        app.stores
            .control
            .write(move |tx| sessions::delete(tx, &digest))
            .await
            .map_err(|error: StoreError| ApiError::from(error))?;
    }
    let mut response = Json(json!({})).into_response();
    response.headers_mut().insert(
        "clear-site-data",
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    let expired = format!(
        "{}=; {}; Max-Age=0",
        cookie_name(&app),
        cookie_attributes(&app)
    );
    if let Ok(value) = HeaderValue::from_str(&expired) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// The live session of a request's cookie, or 401. The user's role is read anew each time.
pub(super) async fn current_session(
    app: &App,
    headers: &HeaderMap,
) -> Result<SessionRow, ApiError> {
    let digest = session_digest(app, headers).ok_or_else(no_session)?;
    let session = app
        .stores
        .control
        .read(move |tx| sessions::find(tx, &digest))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?
        .ok_or_else(no_session)?;
    let now_ms = app.clock.now_ms();
    if now_ms - session.last_seen_at > IDLE_MS || now_ms - session.created_at > LIFE_MS {
        return Err(no_session());
    }
    if now_ms - session.last_seen_at > SEEN_EVERY_MS {
        app.stores
            .control
            .write(move |tx| sessions::seen(tx, &digest, now_ms))
            .await
            .map_err(|error: StoreError| ApiError::from(error))?;
    }
    Ok(session)
}

/// Begins the session of somebody who has just come into the account: 201, the session and its
/// cookie.
pub(super) async fn begin(
    app: &App,
    account: AccountId,
    user: UserId,
) -> Result<Response, ApiError> {
    let now_ms = app.clock.now_ms();
    let (cookie, digest) = new_session_id(app);
    let session = app
        .stores
        .control
        .write(move |tx| -> Result<_, StoreError> {
            sessions::insert(tx, &digest, account, user, now_ms)?;
            sessions::find(tx, &digest)
        })
        .await?
        .ok_or_else(no_session)?;
    let mut response = with_cookie(app, &cookie, render(app, &session));
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

fn new_session_id(app: &App) -> (String, [u8; 32]) {
    let cookie = URL_SAFE_NO_PAD.encode(random_bytes::<32>());
    let digest = digest_of(app, &cookie);
    (cookie, digest)
}

fn digest_of(app: &App, cookie: &str) -> [u8; 32] {
    let (_, secret) = app.secrets.entry(SecretName::SessionMac).newest();
    mac(secret, cookie.as_bytes())
}

fn throttle_subject(app: &App, email: &str) -> [u8; 32] {
    let (_, secret) = app.secrets.entry(SecretName::SessionMac).newest();
    mac(secret, format!("log-in failures of {email}").as_bytes())
}

async fn check_throttle(app: &App, subject: [u8; 32], now_ms: i64) -> Result<(), ApiError> {
    let failures = app
        .stores
        .control
        .read(move |tx| users::log_in_failures(tx, &subject))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    let Some((failures, last_at)) = failures else {
        return Ok(());
    };
    if failures < FAILURES_FREE {
        return Ok(());
    }
    let doublings = (failures - FAILURES_FREE).min(20) as u32;
    let wait_ms = (1_000_i64 << doublings).min(WAIT_MAX_MS);
    let left_ms = last_at + wait_ms - now_ms;
    if left_ms <= 0 {
        return Ok(());
    }
    let seconds = (left_ms as u64).div_ceil(1000) as u32;
    let mut error = ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_attempts",
        format!("Too many wrong passwords for this address. Try again in {seconds} s."),
    );
    error.retry_after_seconds = Some(seconds);
    Err(error)
}

async fn count_failure(app: &App, subject: [u8; 32], now_ms: i64) -> Result<(), ApiError> {
    app.stores
        .control
        .write(move |tx| users::add_log_in_failure(tx, &subject, now_ms))
        .await
        .map_err(|error: StoreError| ApiError::from(error))
}

fn is_https(app: &App) -> bool {
    app.config
        .public_url
        .as_ref()
        .is_some_and(|url| url.scheme() == "https")
}

fn cookie_name(app: &App) -> &'static str {
    if is_https(app) {
        "__Host-wb_session"
    } else {
        "wb_session"
    }
}

fn cookie_attributes(app: &App) -> &'static str {
    if is_https(app) {
        "Path=/; Secure; HttpOnly; SameSite=Lax"
    } else {
        "Path=/; HttpOnly; SameSite=Lax"
    }
}

fn session_digest(app: &App, headers: &HeaderMap) -> Option<[u8; 32]> {
    let name = cookie_name(app);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, cookie)| digest_of(app, cookie))
}

fn with_cookie(app: &App, cookie: &str, body: Value) -> Response {
    let mut response = Json(body).into_response();
    let value = format!("{}={cookie}; {}", cookie_name(app), cookie_attributes(app));
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

fn no_session() -> ApiError {
    let mut error = ApiError::new(
        StatusCode::UNAUTHORIZED,
        "session_required",
        "Log in first: there is no session, or it has ended.",
    );
    // A scheme of our own: `Basic` would open the browser's dialog.
    error.challenge = Some("Session realm=\"Weighbridge\"");
    error
}

fn wrong_password() -> ApiError {
    let mut error = ApiError::new(
        StatusCode::UNAUTHORIZED,
        "wrong_email_or_password",
        "Email or password is wrong.",
    );
    error.challenge = Some("Session realm=\"Weighbridge\"");
    error
}

fn too_busy() -> ApiError {
    let mut error = ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "busy",
        "Too many people log in at this moment. Try again shortly.",
    );
    error.retry_after_seconds = Some(2);
    error
}
