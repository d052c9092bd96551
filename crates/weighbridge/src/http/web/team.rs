//! The team page: people, their roles and access; who the Admins are.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::time::format_time;
use domain::{Capability, Role, UserId, permits};
use serde_json::{Map, Value, json};
use store::StoreError;
use store::control::access_requests::{self, AccessRequestRow};
use store::control::invitations::{self, InvitationRow};
use store::control::team::{self, PersonRow};
use store::control::users;

use super::routing::{Router, delete, get, post, put};
use super::{Person, WebSegment};
use crate::app::App;
use crate::error::ApiError;
use crate::http::extract::read_object;
use crate::operations::change_role::{self, person_not_found};
use crate::operations::deactivate_user;

/// How long an expired invitation is still shown.
const EXPIRED_SHOWN_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/team", get(list))
        .route("/web/team/admins", get(list_admins))
        .route("/web/team/people/{user_id}/role", put(set_role))
        .route("/web/team/people/{user_id}/deactivate", post(deactivate))
        .route("/web/team/people/{user_id}/reactivate", post(reactivate))
        .route("/web/team/people/{user_id}/sessions", delete(end_sessions))
}

/// An id from a path; a malformed one is a person who does not exist.
fn user_id(text: &str) -> Result<UserId, ApiError> {
    text.parse().map_err(|_| person_not_found())
}

/// A role that was sent.
pub(super) fn read_role(body: &Map<String, Value>) -> Result<Role, ApiError> {
    body.get("role")
        .and_then(Value::as_str)
        .and_then(|role| role.parse().ok())
        .ok_or_else(|| ApiError::param("role", "must be admin, manager, member or labeler"))
}

/// `GET /web/team`: a Member sees names and roles, a Manager addresses and invitations, an Admin
/// requests for access too.
async fn list(State(app): State<Arc<App>>, person: Person) -> Result<Json<Value>, ApiError> {
    person.require(Capability::SeeTeam)?;
    let role = person.session.role;
    let account = person.session.account_id;
    let now_ms = app.clock.now_ms();
    let sees_requests = permits(role, Capability::ChangeManager);
    let sees_invitations = permits(role, Capability::InviteMember);
    let (people, invitations, requests) = app
        .stores
        .control
        .read(move |tx| -> Result<_, StoreError> {
            let people = team::people(tx, account)?;
            let invitations = if sees_invitations {
                invitations::unanswered(tx, account, now_ms - EXPIRED_SHOWN_MS)?
            } else {
                Vec::new()
            };
            let requests = if sees_requests {
                access_requests::open(tx, account, now_ms)?
            } else {
                Vec::new()
            };
            Ok((people, invitations, requests))
        })
        .await?;
    let rows: Vec<Value> = people
        .iter()
        .map(|row| render_person(&person, row))
        .collect();
    let mut answer = json!({"people": rows});
    if sees_invitations {
        let rows = invitations.iter().map(|row| {
            let inviter = row
                .invited_by
                .and_then(|id| people.iter().find(|person| person.user_id == id));
            render_invitation(row, inviter.map(|person| person.name.as_str()), now_ms)
        });
        answer["invitations"] = rows.collect();
    }
    if sees_requests {
        let rows = requests.iter().map(|row| render_request(row, &people));
        answer["requests"] = rows.collect();
    }
    Ok(Json(answer))
}

/// A person as `viewer` sees them.
fn render_person(viewer: &Person, row: &PersonRow) -> Value {
    let mut rendered = json!({
        "user_id": row.user_id,
        "name": row.name,
        "role": row.role,
        "active": row.is_active(),
        "you": row.user_id == viewer.session.user_id,
    });
    if permits(viewer.session.role, Capability::SeeTeamDetails) {
        rendered["email"] = row.email.as_str().into();
        rendered["last_log_in_at"] = row.last_log_in_at.map(format_time).into();
    }
    rendered
}

/// An invitation that nobody has answered.
pub(super) fn render_invitation(
    row: &InvitationRow,
    invited_by: Option<&str>,
    now_ms: i64,
) -> Value {
    let state = if row.expires_at <= now_ms {
        "expired"
    } else if row.waits_for_admin {
        "waits_for_admin"
    } else {
        "open"
    };
    json!({
        "invitation_id": row.invitation_id,
        "email": row.email,
        "role": row.role,
        "invited_by": invited_by,
        "created_at": format_time(row.created_at),
        "expires_at": format_time(row.expires_at),
        "state": state,
    })
}

fn render_request(row: &AccessRequestRow, people: &[PersonRow]) -> Value {
    let person = people.iter().find(|person| person.user_id == row.user_id);
    json!({
        "request_id": row.request_id,
        "user_id": row.user_id,
        "name": person.map(|person| person.name.as_str()),
        "note": row.note,
        "origin": row.origin.as_str(),
        "created_at": format_time(row.created_at),
    })
}

/// `GET /web/team/admins`: who can help, for everybody.
async fn list_admins(State(app): State<Arc<App>>, person: Person) -> Result<Json<Value>, ApiError> {
    person.require(Capability::OwnProfile)?;
    Ok(Json(json!({"admins": admin_names(&app, &person).await?})))
}

/// Names of the account's active Admins.
pub(super) async fn admin_names(app: &App, person: &Person) -> Result<Vec<String>, ApiError> {
    let account = person.session.account_id;
    app.stores
        .control
        .read(move |tx| users::names_by_role(tx, account, Role::Admin))
        .await
        .map_err(|error: StoreError| ApiError::from(error))
}

/// `PUT /web/team/people/{user_id}/role`.
async fn set_role(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ChangeMember)?;
    let role = read_role(&read_object(&headers, body).await?)?;
    let changed = change_role::change_role(&app, person.authority(), user_id(&id)?, role).await?;
    Ok(Json(render_person(&person, &changed)))
}

/// `POST /web/team/people/{user_id}/deactivate`: the answer lists the keys that they know.
async fn deactivate(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ChangeMember)?;
    let keys = deactivate_user::deactivate_user(&app, person.authority(), user_id(&id)?).await?;
    let keys: Vec<Value> = keys
        .iter()
        .map(|key| {
            json!({
                "key_id": format!("key_{}", key.key_id),
                "name": key.name,
                "hint": key.hint,
                "environment": key.environment,
            })
        })
        .collect();
    Ok(Json(json!({"keys": keys})))
}

/// `POST /web/team/people/{user_id}/reactivate`.
async fn reactivate(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ChangeMember)?;
    let active = deactivate_user::reactivate_user(&app, person.authority(), user_id(&id)?).await?;
    Ok(Json(render_person(&person, &active)))
}

/// `DELETE /web/team/people/{user_id}/sessions`.
async fn end_sessions(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::DeactivateManager)?;
    deactivate_user::end_sessions(&app, person.authority(), user_id(&id)?).await?;
    Ok(Json(json!({})))
}
