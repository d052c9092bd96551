//! Invitations: made and withdrawn on the team page, accepted by a link that a mail carries.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::{Capability, InvitationId, to_invite};
use serde_json::{Map, Value, json};
use store::control::invitations::InvitationRow;

use super::routing::{Router, delete, post};
use super::session::{self, current_session};
use super::team::{read_role, render_invitation};
use super::{Person, WebSegment};
use crate::app::App;
use crate::error::ApiError;
use crate::http::extract::{read_object, text_or_empty};
use crate::http::origin::RequestOrigin;
use crate::operations::accept_invitation::{self, Choice, Invited};
use crate::operations::create_account::read_email;
use crate::operations::invite_user::{self, NOT_AN_EMAIL, invitation_not_found};
use crate::operations::log_in;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/team/invitations", post(create))
        .route("/web/team/invitations/{invitation_id}", delete(withdraw))
        .route("/web/team/invitations/{invitation_id}/resend", post(resend))
        .route(
            "/web/team/invitations/{invitation_id}/approve",
            post(approve),
        )
        .route("/web/invitation", post(show))
        .route("/web/invitation/accept", post(accept))
}

/// An id from a path; a malformed one is an invitation that does not exist.
fn invitation_id(text: &str) -> Result<InvitationId, ApiError> {
    text.parse().map_err(|_| invitation_not_found())
}

fn render(app: &App, person: &Person, invitation: &InvitationRow) -> Json<Value> {
    let inviter = Some(person.session.name.as_str());
    let mut rendered = render_invitation(invitation, inviter, app.clock.now_ms());
    // Without a mail server nothing goes out until there is one and the invitation is sent again.
    rendered["mailed"] = app.can_mail().into();
    Json(rendered)
}

/// `POST /web/team/invitations`.
async fn create(
    State(app): State<Arc<App>>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    person.require(Capability::InviteMember)?;
    let body = read_object(&headers, body).await?;
    let role = read_role(&body)?;
    person.require(to_invite(role))?;
    let email = body
        .get("email")
        .and_then(Value::as_str)
        .ok_or_else(|| ApiError::param("email", "is required: whom to invite"))?;
    let email = read_email(email).ok_or_else(|| ApiError::param("email", NOT_AN_EMAIL))?;
    let made = invite_user::invite_user(&app, person.authority(), email, role).await?;
    Ok((StatusCode::CREATED, render(&app, &person, &made)))
}

/// `DELETE /web/team/invitations/{invitation_id}`.
async fn withdraw(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::InviteMember)?;
    invite_user::withdraw_invitation(&app, person.authority(), invitation_id(&id)?).await?;
    Ok(Json(json!({})))
}

/// `POST /web/team/invitations/{invitation_id}/resend`: the invitation that takes its place.
async fn resend(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    person.require(Capability::InviteMember)?;
    let made =
        invite_user::resend_invitation(&app, person.authority(), invitation_id(&id)?).await?;
    Ok((StatusCode::CREATED, render(&app, &person, &made)))
}

/// `POST /web/team/invitations/{invitation_id}/approve`.
async fn approve(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::InviteManager)?;
    let approved =
        invite_user::approve_invitation(&app, person.authority(), invitation_id(&id)?).await?;
    Ok(render(&app, &person, &approved))
}

/// `POST /web/invitation`: what a link invites to. Nothing is consumed.
async fn show(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let body = read_object(&headers, body).await?;
    let invited = accept_invitation::find_invitation(&app, token(&body)?).await?;
    refuse_other_person(&app, &headers, &invited).await?;
    let answer = Json(json!({
        "company": invited.company,
        "email": invited.invitation.email,
        "role": invited.invitation.role,
    }));
    Ok(([(header::CACHE_CONTROL, "no-store")], answer).into_response())
}

/// `POST /web/invitation/accept`: address and role are the invitation's, whatever is sent.
async fn accept(
    State(app): State<Arc<App>>,
    origin: RequestOrigin,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let body = read_object(&headers, body).await?;
    let token = token(&body)?;
    let invited = accept_invitation::find_invitation(&app, token).await?;
    refuse_other_person(&app, &headers, &invited).await?;
    let choice = Choice {
        name: text_or_empty(&body, "name"),
        password: text_or_empty(&body, "password"),
    };
    let (account, user) =
        accept_invitation::accept_invitation(&app, token, choice, &origin).await?;
    let logged_in = log_in::let_in(&app, account, user, &origin).await?;
    Ok(session::logged_in_answer(
        &app,
        StatusCode::CREATED,
        &logged_in,
    ))
}

fn token(body: &Map<String, Value>) -> Result<&str, ApiError> {
    body.get("token")
        .and_then(Value::as_str)
        .ok_or_else(|| ApiError::param("token", "is required: what follows # in the mail's link"))
}

/// 409 for a browser in which somebody is logged in: the invitation is not theirs to accept.
async fn refuse_other_person(
    app: &App,
    headers: &HeaderMap,
    invited: &Invited,
) -> Result<(), ApiError> {
    let Ok(session) = current_session(app, headers).await else {
        return Ok(());
    };
    if session.email == invited.invitation.email {
        return Ok(());
    }
    Err(ApiError::conflict(
        "logged_in_as_other",
        format!(
            "You are logged in as {}, but this invitation is for {}. Log out, then open its link \
             again.",
            session.email, invited.invitation.email
        ),
    ))
}
