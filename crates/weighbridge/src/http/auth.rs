//! Who calls the API: an API key. Cookies are not read here, and keys not on `/web`.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::time::format_http_date;
use domain::{AccountId, Environment};
use keys::{
    AuthorizationError, AuthorizationProblem, AuthorizationSettings, Challenge, KeyRecord,
    verify_authorization,
};
use store::{ControlStore, EnvironmentStore, Permit, StoreError};

use crate::app::App;
use crate::error::{ApiError, Withdrawal};
use crate::http::origin::{Peer, client_address};

/// The account and mode that an API key stands for. Nothing behind it sees the key's text.
pub struct ApiCaller {
    /// The key's account.
    pub account: AccountId,
    /// The key's mode.
    pub environment: Environment,
    /// The database of that mode. Its writes are rolled back if the key's use has ended by then.
    pub store: EnvironmentStore,
    /// The control database, for what a key may change there: the team.
    pub control: ControlStore,
    standing: Arc<dyn Fn() -> Result<(), ApiError> + Send + Sync>,
}

impl ApiCaller {
    /// Whether the key may still be used: for an answer that goes on for long.
    pub fn check_standing(&self) -> Result<(), ApiError> {
        (self.standing)()
    }
}

impl FromRequestParts<Arc<App>> for ApiCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        // `admit` has put it there for every path of the API.
        let key = match parts.extensions.get::<Arc<KeyRecord>>() {
            Some(key) => key.clone(),
            None => identify(&parts.headers, &parts.extensions, app)?,
        };
        let (account, environment) = (key.account_id, key.environment);
        let challenge = challenge_of(&parts.headers);
        let app = app.clone();
        let store = app.stores.environment(environment).clone();
        let control = app.stores.control.clone();
        let standing = Arc::new(move || check_standing(&key, &app, challenge));
        let asked = standing.clone();
        let permit: Permit = Arc::new(move || {
            asked().map_err(|error| StoreError::Withdrawn(Arc::new(Withdrawal(error))))
        });
        Ok(Self {
            account,
            environment,
            store: store.with_permit(permit.clone()),
            control: control.with_permit(permit),
            standing,
        })
    }
}

/// The layer of the API's paths: admits by the key and by nothing else, and names key and mode in
/// the answer.
pub async fn admit(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let key = match identify(request.headers(), request.extensions(), &app) {
        Ok(key) => key,
        Err(error) => return error.into_response(),
    };
    if let Some(address) = address_of(request.headers(), request.extensions(), &app) {
        let headers = request.headers();
        let now_ms = app.clock.now_ms();
        app.key_uses
            .note(key.account_id, key.key_id, address, headers, now_ms);
    }
    request.extensions_mut().insert(key.clone());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(
        MODE.clone(),
        HeaderValue::from_static(key.environment.as_str()),
    );
    if let Ok(name) = HeaderValue::from_str(&format!("key_{}", key.key_id)) {
        headers.insert(KEY.clone(), name);
    }
    if let Some(end_ms) = key.expires_at_ms()
        && let Ok(date) = HeaderValue::from_str(&format_http_date(end_ms))
    {
        headers.insert(KEY_EXPIRES.clone(), date);
    }
    response
}

static MODE: HeaderName = HeaderName::from_static("weighbridge-mode");
static KEY: HeaderName = HeaderName::from_static("weighbridge-key");
static KEY_EXPIRES: HeaderName = HeaderName::from_static("weighbridge-key-expires");

/// The request's key, or why it has none that is valid: 401, or 429 where its network has failed too
/// often before.
pub(super) fn identify(
    headers: &HeaderMap,
    extensions: &Extensions,
    app: &App,
) -> Result<Arc<KeyRecord>, ApiError> {
    verify(headers, app).map_err(|error| {
        if error.status != StatusCode::UNAUTHORIZED {
            return error;
        }
        let counted = address_of(headers, extensions, app).map_or(Ok(()), |address| {
            app.failed_keys.count(address, app.clock.now_ms())
        });
        counted.err().unwrap_or(error)
    })
}

/// The client's address; `None` only where nothing listens (tests).
fn address_of(headers: &HeaderMap, extensions: &Extensions, app: &App) -> Option<IpAddr> {
    let Peer(peer) = extensions.get()?;
    Some(client_address(
        peer.ip(),
        headers,
        &app.config.trusted_proxies,
    ))
}

/// Verifies the request's key by the index in memory: no database is read (authentication.md 2.2).
fn verify(headers: &HeaderMap, app: &App) -> Result<Arc<KeyRecord>, ApiError> {
    let lines = headers
        .get_all(AUTHORIZATION)
        .iter()
        .map(HeaderValue::as_bytes);
    let settings = AuthorizationSettings {
        require_blank_password: app.config.require_blank_password,
    };
    let verified = verify_authorization(
        lines,
        settings,
        &app.directory.keys,
        app.secrets.pepper(),
        app.clock.now_ms(),
    );
    let is_told_by_index = match &verified {
        Ok(_) => true,
        Err(error) => error.problem().is_told_by_index(),
    };
    if is_told_by_index {
        check_freshness(app)?;
    }
    verified.map_err(|error| refusal(&error))
}

/// Whether a key that was admitted before may still be used: asked right before a write's commit
/// (authentication.md 2.3, "In flight").
fn check_standing(key: &KeyRecord, app: &App, challenge: Challenge) -> Result<(), ApiError> {
    check_freshness(app)?;
    match AuthorizationProblem::of_standing(key.standing(app.clock.now_ms())) {
        None => Ok(()),
        Some(problem) => Err(refusal(&AuthorizationError::new(problem, challenge))),
    }
}

/// Fails closed: a process that does not hear of changes may not have heard of a revocation.
fn check_freshness(app: &App) -> Result<(), ApiError> {
    if app.directory.freshness.is_fresh(app.clock.since_boot_ms()) {
        return Ok(());
    }
    let mut answer = ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "authentication_unavailable",
        "This server cannot check API keys for now: it has no word from its database. Try again \
         shortly.",
    );
    answer.retry_after_seconds = Some(1);
    Err(answer)
}

fn refusal(error: &AuthorizationError) -> ApiError {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
    let mut answer = ApiError::new(status, error.code(), error.text());
    answer.challenge = error.challenge().header_value();
    answer
}

/// The challenge of a 401 to this request, which was admitted before: Basic, unless it came with
/// Bearer.
fn challenge_of(headers: &HeaderMap) -> Challenge {
    let is_bearer = headers.get(AUTHORIZATION).is_some_and(|value| {
        let scheme = value.as_bytes().trim_ascii_start().get(..6);
        scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"Bearer"))
    });
    if is_bearer {
        Challenge::Bearer
    } else {
        Challenge::Basic
    }
}
