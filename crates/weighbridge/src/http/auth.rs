//! Who calls the API: an API key. Cookies are not read here, and keys not on `/web`.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{AccountId, Environment};
use keys::{AuthorizationSettings, KeyRecord, verify_authorization};
use store::EnvironmentStore;

use crate::app::App;
use crate::error::ApiError;
use crate::http::origin::{Peer, client_address};

/// The account and mode that an API key stands for. Nothing behind it sees the key's text.
pub struct ApiCaller {
    /// The key's account.
    pub account: AccountId,
    /// The key's mode.
    pub environment: Environment,
    /// The database of that mode.
    pub store: EnvironmentStore,
}

impl FromRequestParts<Arc<App>> for ApiCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        // `admit` has put it there for every path of the API.
        let key = match parts.extensions.get::<Arc<KeyRecord>>() {
            Some(key) => key.clone(),
            None => verify(&parts.headers, app)?,
        };
        Ok(Self {
            account: key.account_id,
            environment: key.environment,
            store: app.stores.environment(key.environment).clone(),
        })
    }
}

/// The layer of the API's paths: admits by the key and by nothing else, and names key and mode in
/// the answer.
pub async fn admit(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let key = match verify(request.headers(), &app) {
        Ok(key) => key,
        Err(error) => return error.into_response(),
    };
    if let Some(Peer(peer)) = request.extensions().get() {
        let headers = request.headers();
        let address = client_address(peer.ip(), headers, &app.config.trusted_proxies);
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
    response
}

static MODE: HeaderName = HeaderName::from_static("weighbridge-mode");
static KEY: HeaderName = HeaderName::from_static("weighbridge-key");

/// Verifies the request's key by the index in memory: no database is read (authentication.md 2.2).
pub(super) fn verify(headers: &HeaderMap, app: &App) -> Result<Arc<KeyRecord>, ApiError> {
    let lines = headers
        .get_all(AUTHORIZATION)
        .iter()
        .map(HeaderValue::as_bytes);
    let settings = AuthorizationSettings {
        require_blank_password: app.config.require_blank_password,
    };
    verify_authorization(
        lines,
        settings,
        &app.directory.keys,
        app.secrets.pepper(),
        app.clock.now_ms(),
    )
    .map_err(|error| {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        let mut answer = ApiError::new(status, error.code(), error.text());
        answer.challenge = error.challenge().header_value();
        answer
    })
}
