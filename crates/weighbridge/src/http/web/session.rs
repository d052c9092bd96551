//! Log-in, log-out and the present session (authentication.md 2.7).

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Capability, Role, permits};
use serde_json::{Value, json};
use store::StoreError;
use store::control::sessions::{self, SessionRow};

use super::Person;
use super::cookies::{self, session_digest, with_session};
use super::routing::{Router, get, post};
use crate::app::App;
use crate::error::ApiError;
use crate::http::extract::{read_object, text_or_empty};
use crate::http::origin::RequestOrigin;
use crate::operations::audit::{self, Event};
use crate::operations::confirm_password::{confirm_password, renew_session};
use crate::operations::log_in::{self, LogIn, LoggedIn};
use crate::operations::open_session::{IDLE_MS, LIFE_MS};

/// How often use is noted.
const SEEN_EVERY_MS: i64 = 60 * 1000;

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

/// A session as the web app gets it.
pub(super) fn render(app: &App, session: &SessionRow) -> Value {
    let capabilities: Vec<_> = Capability::ALL
        .iter()
        .filter(|capability| permits(session.role, **capability))
        .map(|capability| capability.as_str())
        .collect();
    let mut body = json!({
        "user": {
            "id": session.user_id,
            "email": session.email,
            "name": session.name,
            "role": session.role,
            "has_short_password": session.has_short_password,
        },
        "account": {"id": session.account_id, "name": session.account_name},
        "capabilities": capabilities,
        "version": env!("CARGO_PKG_VERSION"),
        "dev": app.config.dev,
    });
    if session.role == Role::Admin {
        body["insecure_http"] = app.config.is_insecure_http().into();
    }
    body
}

/// `POST /web/session`: the same answer and work for every failure.
async fn log_in(
    State(app): State<Arc<App>>,
    origin: RequestOrigin,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let body = read_object(&headers, body).await?;
    let attempt = LogIn {
        email: text_or_empty(&body, "email"),
        password: text_or_empty(&body, "password"),
        origin,
        device: cookies::device(&app, &headers),
        old_session: session_digest(&app, &headers),
    };
    let logged_in = log_in::log_in(&app, attempt).await?;
    Ok(logged_in_answer(&app, StatusCode::OK, &logged_in))
}

/// The session of a person who has just come in, with both cookies.
pub(super) fn logged_in_answer(app: &App, status: StatusCode, logged_in: &LoggedIn) -> Response {
    with_session(
        app,
        status,
        &logged_in.cookie,
        Some(&logged_in.device),
        render(app, &logged_in.session),
    )
}

/// `POST /web/session/confirm`: the password again, for what asks for a recent one.
async fn confirm(
    State(app): State<Arc<App>>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let body = read_object(&headers, body).await?;
    let digest = session_digest(&app, &headers).ok_or_else(no_session)?;
    let password = text_or_empty(&body, "password");
    let session = &person.session;
    confirm_password(&app, session, digest, &password, &person.origin).await?;
    let cookie = renew_session(&app, digest).await?;
    let body = render(&app, session);
    Ok(with_session(&app, StatusCode::OK, &cookie, None, body))
}

/// `DELETE /web/session`.
async fn log_out(
    State(app): State<Arc<App>>,
    origin: RequestOrigin,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if let Some(digest) = session_digest(&app, &headers) {
        let secrets = app.secrets.clone();
        let now_ms = app.clock.now_ms();
        app.stores
            .control
            .write(move |tx| -> Result<(), StoreError> {
                let session = sessions::find(tx, &digest)?;
                if !sessions::delete(tx, &digest)? {
                    return Ok(());
                }
                let Some(session) = session else {
                    return Ok(());
                };
                let event = Event {
                    action: "session.log_out",
                    target: Some(session.session_id.to_string()),
                    ..Event::default()
                };
                let actor = origin.actor(Some((session.user_id, &session.name)));
                audit::append(tx, &secrets, session.account_id, &actor, &event, now_ms)?;
                Ok(())
            })
            .await?;
    }
    let mut response = Json(json!({})).into_response();
    response.headers_mut().insert(
        "clear-site-data",
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    cookies::forget_session(&app, &mut response);
    Ok(response)
}

/// The live session of a request's cookie, or 401. The user's role is read anew each time. What the
/// web app asks for by itself does not keep a session alive.
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
    if !is_live(session.created_at, session.last_seen_at, now_ms) {
        return Err(no_session());
    }
    // A stream of news is opened and looked after by the page, not by the person: browsers send no
    // header of ours with it.
    let by_itself = headers.contains_key("weighbridge-background")
        || headers
            .get(header::ACCEPT)
            .is_some_and(|accept| accept == "text/event-stream");
    if !by_itself && now_ms - session.last_seen_at > SEEN_EVERY_MS {
        app.stores
            .control
            .write(move |tx| sessions::seen(tx, &digest, now_ms))
            .await
            .map_err(|error: StoreError| ApiError::from(error))?;
    }
    Ok(session)
}

/// Whether a session has not ended by itself.
pub(super) fn is_live(created_at: i64, last_seen_at: i64, now_ms: i64) -> bool {
    now_ms - last_seen_at <= IDLE_MS && now_ms - created_at <= LIFE_MS
}

/// 401 for who has no session.
pub(super) fn no_session() -> ApiError {
    let mut error = ApiError::new(
        StatusCode::UNAUTHORIZED,
        "session_required",
        "Log in first: there is no session, or it has ended.",
    );
    // A scheme of our own: `Basic` would open the browser's dialog.
    error.challenge = Some("Session realm=\"Weighbridge\"");
    error
}
