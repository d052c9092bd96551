//! `/v1/teams…` (api-v1.md 5.4). The team is the account's: both modes show the same one.

mod invite;
mod list;
mod set_role;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use domain::param::ParamReader;
use domain::time::format_time;
use domain::{AccountId, Role};
use keys::KeyRecord;
use serde_json::{Value, json};
use store::StoreError;
use store::control::{accounts, invitations, team};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::error::ApiError;
use crate::http::auth;
use crate::http::extract::{JsonText, json, read_object};
use crate::http::origin::RequestOrigin;
use crate::operations::audit::{Actor, ActorKind};
use crate::operations::create_account::read_email;
use crate::operations::invite_user::{EMAILS_MAX, NOT_AN_EMAIL};

/// Routes of this noun.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(list::list_teammates))
        .routes(routes!(invite::invite_teammates))
        .routes(routes!(set_role::set_teammates_role))
}

/// The calling key as the audit log names it.
struct KeyActor(Actor);

impl FromRequestParts<Arc<App>> for KeyActor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let key = match parts.extensions.get::<Arc<KeyRecord>>() {
            Some(key) => key.clone(),
            None => auth::identify(&parts.headers, &parts.extensions, app)?,
        };
        let Ok(origin) = RequestOrigin::from_request_parts(parts, app).await;
        Ok(Self(Actor {
            kind: ActorKind::Key,
            id: Some(format!("key_{}", key.key_id)),
            name: Some(key.name.clone()),
            address: origin.address.map(|address| address.to_string()),
            user_agent: Some(origin.user_agent),
            request_id: Some(origin.request_id),
        }))
    }
}

/// Addresses and a role, as both changes take them.
struct TeamChange {
    /// Normalised, each once.
    emails: Vec<String>,
    role: Role,
}

impl TeamChange {
    async fn read(headers: &HeaderMap, body: Body) -> Result<Self, ApiError> {
        let mut reader = ParamReader::new(read_object(headers, body).await?);
        let sent = reader.array("emails").unwrap_or_default();
        if !reader.has_errors() && !(1..=EMAILS_MAX).contains(&sent.len()) {
            reader.error(
                "emails",
                format!("is required: a list of 1 to {EMAILS_MAX} e-mail addresses"),
            );
        }
        let mut emails: Vec<String> = Vec::new();
        for (index, email) in sent.iter().take(EMAILS_MAX).enumerate() {
            let read = match email {
                Value::String(text) => read_email(text).ok_or(NOT_AN_EMAIL),
                _ => Err("must be a string"),
            };
            match read {
                Ok(email) if emails.contains(&email) => {}
                Ok(email) => emails.push(email),
                Err(wrong) => reader.error(&format!("emails[{index}]"), wrong),
            }
        }
        let role = reader.required_string("team_role");
        let role = match role.parse() {
            Ok(Role::Admin) => {
                reader.error(
                    "team_role",
                    "cannot be admin: no key makes an Admin. Another Admin does, on the team page",
                );
                Role::Labeler
            }
            Ok(role) => role,
            Err(_) if role.is_empty() => Role::Labeler,
            Err(_) => {
                reader.error("team_role", "must be labeler, member or manager");
                Role::Labeler
            }
        };
        reader.finish()?;
        Ok(Self { emails, role })
    }
}

/// The team as every call answers it: people, then invitations that still hold, each oldest first.
async fn answer(app: &App, account: AccountId) -> Result<JsonText, ApiError> {
    let now_ms = app.clock.now_ms();
    let (company, people, invitations) = app
        .stores
        .control
        .read(move |tx| -> Result<_, StoreError> {
            Ok((
                accounts::find(tx, account)?.map(|account| account.name),
                team::people(tx, account)?,
                invitations::unanswered(tx, account, now_ms)?,
            ))
        })
        .await?;
    let mut teammates: Vec<Value> = Vec::new();
    for person in people.iter().filter(|person| person.is_active()) {
        let (first_name, last_name) = match person.name.split_once(' ') {
            Some((first, last)) => (first, Some(last)),
            None => (person.name.as_str(), None),
        };
        let mut teammate = json!({
            "email": person.email,
            "role": person.role,
            "company": company,
            "firstName": first_name,
        });
        if let Some(last_name) = last_name {
            teammate["lastName"] = last_name.into();
        }
        teammates.push(teammate);
    }
    // One that waits for an Admin does not hide the role that the address is invited for now.
    for invitation in &invitations {
        let email = &invitation.email;
        let of_same = |other: &&invitations::InvitationRow| other.email == *email;
        let is_shown_by_other = invitation.waits_for_admin
            && invitations
                .iter()
                .filter(of_same)
                .any(|other| !other.waits_for_admin);
        if !is_shown_by_other {
            teammates.push(json!({
                "email": email,
                "role": invitation.role,
                "company": company,
                "expiry": format_time(invitation.expires_at),
            }));
        }
    }
    json(&teammates)
}
