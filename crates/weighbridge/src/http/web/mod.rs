//! What only the web app calls: JSON by cookie session, the mode in the path.

pub mod access_requests;
pub mod account;
pub mod attachments;
pub mod audit;
pub mod batches;
pub mod callback_settings;
pub mod callback_verifier;
pub mod callbacks;
pub mod claims;
mod cookies;
pub mod events;
pub mod getting_in;
pub mod home;
pub mod invitations;
pub mod keys;
pub mod profile;
pub mod projects;
pub mod queue;
pub mod receivers;
pub mod routing;
pub mod session;
pub mod sessions;
pub mod signing_secrets;
pub mod tasks;
pub mod team;
pub mod usage;

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::extract::{Path, RawPathParams, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::{Capability, Environment};
use store::EnvironmentStore;
use store::control::sessions::SessionRow;

use self::routing::Router;
use self::session::current_session;
use crate::app::App;
use crate::error::ApiError;
use crate::http::origin::RequestOrigin;
use crate::operations::audit::Actor;
use crate::operations::authority::{self, Authority};
use crate::operations::note_refusal::note_refusal;

/// The service of all routes under `/web`.
pub fn router(app: &Arc<App>) -> axum::Router<Arc<App>> {
    let (router, _) = nouns().into_parts();
    router.layer(axum::middleware::from_fn_with_state(
        app.clone(),
        refuse_foreign_requests,
    ))
}

/// Every route under `/web`: method and path.
pub fn routes() -> Vec<(Method, &'static str)> {
    nouns().into_parts().1
}

fn nouns() -> Router {
    Router::new()
        .merge(session::router())
        .merge(team::router())
        .merge(invitations::router())
        .merge(access_requests::router())
        .merge(sessions::router())
        .merge(getting_in::router())
        .merge(profile::router())
        .merge(projects::router())
        .merge(batches::router())
        .merge(tasks::router())
        .merge(callbacks::router())
        .merge(keys::router())
        .merge(receivers::router())
        .merge(signing_secrets::router())
        .merge(callback_settings::router())
        .merge(callback_verifier::router())
        .merge(audit::router())
        .merge(home::router())
        .merge(account::router())
        .merge(events::router())
        .merge(usage::router())
        .merge(queue::router())
        .merge(claims::router())
}

/// What asks for a recent log-in asks for one within this time.
const RECENT_MS: i64 = 15 * 60 * 1000;

/// A person with a live session.
pub struct Person {
    /// The session, with the person's present role.
    pub session: SessionRow,
    /// Where the request comes from.
    pub origin: RequestOrigin,
    app: Arc<App>,
}

impl FromRequestParts<Arc<App>> for Person {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Ok(origin) = RequestOrigin::from_request_parts(parts, app).await;
        Ok(Self {
            session: current_session(app, &parts.headers).await?,
            origin,
            app: app.clone(),
        })
    }
}

impl Person {
    /// 403 `role_required`, unless the person's role permits it; 403 `reauthentication_required`
    /// where the table asks for a recent log-in and there was none (authentication.md 2.6, 2.7).
    pub fn require(&self, capability: Capability) -> Result<(), ApiError> {
        let allowed = authority::require(self.session.role, self.is_recent(), capability);
        if let Err(error) = &allowed
            && capability.is_sensitive()
        {
            let account = self.session.account_id;
            note_refusal(&self.app, account, self.actor(), capability, error.code);
        }
        allowed
    }

    fn is_recent(&self) -> bool {
        self.app.clock.now_ms() - self.session.authenticated_at <= RECENT_MS
    }

    /// The person as an operation asks whether they may.
    pub fn authority(&self) -> Authority {
        Authority {
            account: self.session.account_id,
            user: self.session.user_id,
            role: self.session.role,
            is_recent: self.is_recent(),
            actor: self.actor(),
        }
    }

    /// The person as the audit log names who did something.
    pub fn actor(&self) -> Actor {
        self.origin
            .actor(Some((self.session.user_id, &self.session.name)))
    }
}

/// The mode of a `/web/{mode}/…` path and its database.
pub struct Mode(pub EnvironmentStore);

impl FromRequestParts<Arc<App>> for Mode {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let params = RawPathParams::from_request_parts(parts, app).await.ok();
        let mode = params.as_ref().and_then(|params| {
            params
                .iter()
                .find(|(name, _)| *name == "mode")
                .map(|(_, value)| value)
        });
        mode.and_then(|mode| mode.parse::<Environment>().ok())
            .map(|environment| Self(app.stores.environment(environment).clone()))
            .ok_or_else(unknown_path)
    }
}

/// The last parameter of a `/web/{mode}/…/{x}` path.
pub struct WebSegment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for WebSegment {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let params = Path::<Vec<(String, String)>>::from_request_parts(parts, state).await;
        params
            .ok()
            .and_then(|Path(params)| {
                params
                    .into_iter()
                    .find(|(name, _)| name != "mode")
                    .map(|(_, value)| value)
            })
            .filter(|value| !value.contains('\0'))
            .map(Self)
            .ok_or_else(unknown_path)
    }
}

/// 404 for an unknown path under `/web`.
pub(super) fn unknown_path() -> ApiError {
    ApiError::not_found("unknown_path", "There is no such path.")
}

/// Refuses what another site's page sends (authentication.md 2.7, CSRF): a request that changes
/// something must come from our own origin and carry JSON.
async fn refuse_foreign_requests(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    if matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) {
        return next.run(request).await;
    }
    let headers = request.headers();
    if !is_own_origin(&app, headers) {
        return ApiError::new(
            StatusCode::FORBIDDEN,
            "foreign_origin",
            "This request does not come from the web app's own pages.",
        )
        .into_response();
    }
    let is_json = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.split(';').next() == Some("application/json"));
    if !is_json {
        return ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The Content-Type must be application/json.",
        )
        .into_response();
    }
    next.run(request).await
}

fn is_own_origin(app: &App, headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let Some(origin) = headers
        .get(header::ORIGIN)
        .and_then(|value| value.to_str().ok())
    else {
        return false;
    };
    if let Some(public_url) = &app.config.public_url {
        return public_url.origin().ascii_serialization() == origin;
    }
    // Without a configured address the one that the browser asked for is our own.
    let host = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok());
    host.is_some_and(|host| {
        origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"))
            == Some(host)
    })
}
