//! Ask an Admin: requests for the role Manager, which opens the section API Keys
//! (authentication.md 2.6).

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::time::format_time;
use domain::{AccessRequestId, Capability};
use serde_json::{Value, json};
use store::control::access_requests::{AccessRequestRow, Decision};

use super::routing::{Router, get, post};
use super::team::admin_names;
use super::{Person, WebSegment};
use crate::app::App;
use crate::error::ApiError;
use crate::http::extract::read_object;
use crate::operations::request_access::{self, ASK_EVERY_MS, Standing, request_not_found};

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/access-requests", post(create))
        .route("/web/access-requests/mine", get(show_own))
        .route("/web/access-requests/{request_id}/grant", post(grant))
        .route("/web/access-requests/{request_id}/decline", post(decline))
}

async fn render(
    app: &App,
    person: &Person,
    request: Option<&AccessRequestRow>,
) -> Result<Json<Value>, ApiError> {
    let now_ms = app.clock.now_ms();
    let mut rendered = json!({
        "state": Standing::of(request, now_ms).as_str(),
        "admins": admin_names(app, person).await?,
    });
    if let Some(request) = request {
        rendered["created_at"] = format_time(request.created_at).into();
        let again_at = request.created_at + ASK_EVERY_MS;
        if again_at > now_ms {
            rendered["again_at"] = format_time(again_at).into();
        }
    }
    Ok(Json(rendered))
}

/// `POST /web/access-requests`: 201, or 200 for one that is open already.
async fn create(
    State(app): State<Arc<App>>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    person.require(Capability::AskForAccess)?;
    let body = read_object(&headers, body).await?;
    let note = match body.get("note") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(note)) => note.trim().to_owned(),
        Some(_) => return Err(ApiError::param("note", "must be a string")),
    };
    let (request, is_new) = request_access::request_access(&app, person.authority(), note).await?;
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, render(&app, &person, Some(&request)).await?))
}

/// `GET /web/access-requests/mine`.
async fn show_own(State(app): State<Arc<App>>, person: Person) -> Result<Json<Value>, ApiError> {
    person.require(Capability::OwnProfile)?;
    let (account, user) = (person.session.account_id, person.session.user_id);
    let request = request_access::last_request(&app, account, user).await?;
    render(&app, &person, request.as_ref()).await
}

/// `POST /web/access-requests/{request_id}/grant`: Make Manager.
async fn grant(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    decide(&app, &person, &id, Decision::Granted).await
}

/// `POST /web/access-requests/{request_id}/decline`.
async fn decline(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    decide(&app, &person, &id, Decision::Declined).await
}

async fn decide(
    app: &App,
    person: &Person,
    id: &str,
    decision: Decision,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ChangeManager)?;
    let request: AccessRequestId = id.parse().map_err(|_| request_not_found())?;
    request_access::decide_request(app, person.authority(), request, decision).await?;
    Ok(Json(json!({"state": decision.as_str()})))
}
