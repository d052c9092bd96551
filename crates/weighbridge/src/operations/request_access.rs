//! Asks the Admins for access to API keys, and decides (authentication.md 2.6).

use domain::time::format_time;
use domain::{AccessRequestId, AccountId, Capability, Role, UserId};
use serde_json::json;
use store::control::access_requests::{self, AccessRequestRow, Decision, Origin};
use store::control::team;
use store::{StoreError, Tx};

use super::audit::{self, Event};
use super::authority::Authority;
use super::change_role::{Answering, find_active};
use super::send_mail::{Letter, queue_mail};
use crate::app::App;
use crate::error::ApiError;

/// Longest note, in characters.
pub const NOTE_LENGTH_MAX: usize = 500;
/// How long until the same person may ask again.
pub const ASK_EVERY_MS: i64 = 24 * 60 * 60 * 1000;
/// How long a person's request stays open.
const OPEN_MAX_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// How a person's own request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was asked, or nobody decided in time.
    None,
    /// Nobody has decided yet.
    Open,
    /// Decided.
    Decided(Decision),
}

impl Standing {
    /// How a request stands at this time.
    pub fn of(request: Option<&AccessRequestRow>, now_ms: i64) -> Self {
        match request {
            None => Self::None,
            Some(request) => match request.decision {
                Some(decision) => Self::Decided(decision),
                None if request.expires_at > now_ms => Self::Open,
                None => Self::None,
            },
        }
    }

    /// Its name in the app API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Open => "open",
            Self::Decided(decision) => decision.as_str(),
        }
    }
}

/// Asks the Admins to make the person Manager. `false`: they had asked within 24 hours, and nobody
/// has decided yet; no second mail goes out.
pub async fn request_access(
    app: &App,
    by: Authority,
    note: String,
) -> Result<(AccessRequestRow, bool), ApiError> {
    if note.chars().count() > NOTE_LENGTH_MAX {
        return Err(ApiError::param(
            "note",
            format!("can have at most {NOTE_LENGTH_MAX} characters"),
        ));
    }
    let now_ms = app.clock.now_ms();
    let (secrets, ids, can_mail) = (app.secrets.clone(), app.ids.clone(), app.can_mail());
    let asked = app
        .stores
        .control
        .write(move |tx| {
            team::lock(tx, by.account)?;
            by.require_still(tx, Capability::AskForAccess)?;
            let person = find_active(tx, by.account, by.user)?;
            let last = access_requests::last_of_person(tx, by.account, by.user)?;
            let standing = Standing::of(last.as_ref(), now_ms);
            if let Some(last) = last {
                if last.created_at + ASK_EVERY_MS > now_ms {
                    return match standing {
                        Standing::Open => Ok((last, false)),
                        Standing::None | Standing::Decided(_) => Err(asked_recently(&last)),
                    };
                }
                if standing == Standing::Open {
                    access_requests::end(tx, by.account, last.request_id, now_ms)?;
                }
            }
            let (time, random) = ids.next(now_ms);
            let request = AccessRequestRow {
                request_id: AccessRequestId::from_parts(time, random),
                user_id: by.user,
                origin: Origin::Person,
                note: note.clone(),
                created_at: now_ms,
                expires_at: now_ms + OPEN_MAX_MS,
                decision: None,
            };
            access_requests::insert(tx, by.account, &request)?;
            let event = Event {
                action: "access_request.create",
                target: Some(by.user.to_string()),
                after: Some(json!({"request_id": request.request_id, "origin": "person"})),
                ..Event::default()
            };
            audit::append(tx, &secrets, by.account, &by.actor, &event, now_ms)?;
            if can_mail {
                let letter = Letter::AccessRequested {
                    name: person.name,
                    email: person.email,
                    user_id: by.user.to_string(),
                    note: note.clone(),
                };
                for admin in team::admins(tx, by.account)? {
                    queue_mail(tx, &ids, by.account, &admin.email, &letter, None, now_ms)?;
                }
            }
            Ok((request, true))
        })
        .await?;
    app.mail_due.notify_one();
    Ok(asked)
}

fn asked_recently(last: &AccessRequestRow) -> ApiError {
    let again_at = format_time(last.created_at + ASK_EVERY_MS);
    let answer = match last.decision {
        Some(Decision::Granted) => "was granted",
        Some(Decision::Declined) => "was declined",
        None => "has ended",
    };
    ApiError::conflict(
        "asked_recently",
        format!("Your last request {answer}. You can ask again at {again_at}."),
    )
    .with("again_at", again_at)
}

/// The newest request that a person made for themselves.
pub async fn last_request(
    app: &App,
    account: AccountId,
    user: UserId,
) -> Result<Option<AccessRequestRow>, ApiError> {
    app.stores
        .control
        .read(move |tx| access_requests::last_of_person(tx, account, user))
        .await
        .map_err(|error: StoreError| ApiError::from(error))
}

/// Decides a request, of a person or of a key. Granting makes the person Manager.
pub async fn decide_request(
    app: &App,
    by: Authority,
    request: AccessRequestId,
    decision: Decision,
) -> Result<(), ApiError> {
    let now_ms = app.clock.now_ms();
    let (secrets, ids, can_mail) = (app.secrets.clone(), app.ids.clone(), app.can_mail());
    app.stores
        .control
        .write(move |tx| {
            team::lock(tx, by.account)?;
            by.require_still(tx, Capability::ChangeManager)?;
            let request = find_open(tx, by.account, request, now_ms)?;
            let person = find_active(tx, by.account, request.user_id)?;
            let role = match (decision, person.role) {
                (Decision::Granted, Role::Member | Role::Labeler) => Role::Manager,
                (Decision::Granted | Decision::Declined, present) => present,
            };
            let answering = Answering {
                secrets: &secrets,
                ids: &ids,
                can_mail,
                now_ms,
            };
            if role != person.role {
                team::set_role(tx, by.account, person.user_id, role)?;
            }
            let event = Event {
                action: match decision {
                    Decision::Granted => "access_request.grant",
                    Decision::Declined => "access_request.decline",
                },
                target: Some(person.user_id.to_string()),
                before: Some(json!({"role": person.role})),
                after: Some(json!({"role": role, "request_id": request.request_id})),
                ..Event::default()
            };
            audit::append(tx, answering.secrets, by.account, &by.actor, &event, now_ms)?;
            answering.answer(tx, &by, &person, &request, decision)?;
            if decision == Decision::Granted {
                // A key may have asked for the same.
                answering.answer_open(tx, &by, &person)?;
            }
            Ok::<_, ApiError>(())
        })
        .await?;
    app.mail_due.notify_one();
    Ok(())
}

/// 404 for a request.
pub fn request_not_found() -> ApiError {
    ApiError::not_found("request_not_found", "There is no such request.")
}

fn find_open(
    tx: &mut Tx<'_>,
    account: AccountId,
    request: AccessRequestId,
    now_ms: i64,
) -> Result<AccessRequestRow, ApiError> {
    let found = access_requests::find(tx, account, request)?.ok_or_else(request_not_found)?;
    match found.decision {
        Some(decision) => Err(ApiError::conflict(
            "request_decided",
            format!("This request was {} already.", decision.as_str()),
        )),
        None if found.expires_at <= now_ms => Err(ApiError::conflict(
            "request_ended",
            "This request has ended: nobody decided in time, or the person asked anew.",
        )),
        None => Ok(found),
    }
}
