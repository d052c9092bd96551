//! Changes people's roles, by a person or by an API key (authentication.md 2.4, 2.6).

use axum::http::StatusCode;
use domain::{AccessRequestId, AccountId, Capability, Role, UserId, to_change_role};
use keys::Secrets;
use serde_json::json;
use store::control::access_requests::{self, AccessRequestRow, Decision, Origin};
use store::control::team::{self, PersonRow};
use store::{ControlStore, Tx};

use super::audit::{self, Actor, Event};
use super::authority::Authority;
use super::invite_user::{Inviting, as_key, email_param};
use super::send_mail::{Letter, queue_mail};
use crate::app::App;
use crate::clock::IdSource;
use crate::error::ApiError;

/// How long a Manager that a key asked for waits for an Admin.
const WAIT_MAX_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// Sets the role of a person. The same role again changes nothing.
///
/// The actor's role, the target's present role and the role granted are compared; nobody raises
/// their own; an Admin who can log in is always left (409 `last_admin`).
pub async fn change_role(
    app: &App,
    by: Authority,
    target: UserId,
    role: Role,
) -> Result<PersonRow, ApiError> {
    let now_ms = app.clock.now_ms();
    let (secrets, ids, can_mail) = (app.secrets.clone(), app.ids.clone(), app.can_mail());
    let person = app
        .stores
        .control
        .write(move |tx| {
            team::lock(tx, by.account)?;
            let mut person = find_active(tx, by.account, target)?;
            let capability = capability_of(&by, &person, role)?;
            by.require(capability)?;
            if person.role == role {
                return Ok(person);
            }
            if person.role == Role::Admin {
                keep_an_admin(tx, by.account, target)?;
            }
            by.require_still(tx, capability)?;
            apply(
                tx,
                &secrets,
                by.account,
                &by.actor,
                &mut person,
                role,
                now_ms,
            )?;
            if matches!(role, Role::Admin | Role::Manager) {
                let granted = Answering {
                    secrets: &secrets,
                    ids: &ids,
                    can_mail,
                    now_ms,
                };
                granted.answer_open(tx, &by, &person)?;
            }
            Ok::<_, ApiError>(person)
        })
        .await?;
    app.mail_due.notify_one();
    Ok(person)
}

/// What it takes to give `person` this role. Everybody on the team page may lower themselves.
fn capability_of(by: &Authority, person: &PersonRow, role: Role) -> Result<Capability, ApiError> {
    let is_own = person.user_id == by.user;
    if is_own && person.role.is_below(role) {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "role_required",
            "Nobody raises their own role. Ask an Admin of your account.",
        ));
    }
    Ok(match person.role {
        Role::Manager | Role::Member | Role::Labeler if is_own => Capability::ChangeMember,
        Role::Admin | Role::Manager | Role::Member | Role::Labeler => {
            to_change_role(person.role, role)
        }
    })
}

/// An active person of the account; 404 or 409 otherwise.
pub(super) fn find_active(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
) -> Result<PersonRow, ApiError> {
    let person = team::find(tx, account, user)?.ok_or_else(person_not_found)?;
    if person.is_active() {
        return Ok(person);
    }
    Err(ApiError::conflict(
        "person_deactivated",
        format!("{} is deactivated. Reactivate them first.", person.name),
    ))
}

/// 404 for a person, of another account or none.
pub fn person_not_found() -> ApiError {
    ApiError::not_found(
        "person_not_found",
        "There is no such person in your account.",
    )
}

/// 409 unless another Admin than `leaving` can log in. The account must be locked.
pub(super) fn keep_an_admin(
    tx: &mut Tx<'_>,
    account: AccountId,
    leaving: UserId,
) -> Result<(), ApiError> {
    let admins = team::admins(tx, account)?;
    if admins.iter().any(|admin| admin.user_id != leaving) {
        return Ok(());
    }
    Err(ApiError::conflict(
        "last_admin",
        "You are the only Admin. Make someone else Admin first.",
    ))
}

fn apply(
    tx: &mut Tx<'_>,
    secrets: &Secrets,
    account: AccountId,
    actor: &Actor,
    person: &mut PersonRow,
    role: Role,
    now_ms: i64,
) -> Result<(), ApiError> {
    team::set_role(tx, account, person.user_id, role)?;
    let event = Event {
        action: "user.set_role",
        target: Some(person.user_id.to_string()),
        before: Some(json!({"role": person.role})),
        after: Some(json!({"role": role})),
        ..Event::default()
    };
    audit::append(tx, secrets, account, actor, &event, now_ms)?;
    person.role = role;
    Ok(())
}

/// Answers requests of somebody who has become Manager.
pub(super) struct Answering<'a> {
    pub(super) secrets: &'a Secrets,
    pub(super) ids: &'a IdSource,
    pub(super) can_mail: bool,
    pub(super) now_ms: i64,
}

impl Answering<'_> {
    /// Grants every open request for `person`.
    pub(super) fn answer_open(
        &self,
        tx: &mut Tx<'_>,
        by: &Authority,
        person: &PersonRow,
    ) -> Result<(), ApiError> {
        let open = access_requests::open_of_user(tx, by.account, person.user_id, self.now_ms)?;
        for request in open {
            self.answer(tx, by, person, &request, Decision::Granted)?;
        }
        Ok(())
    }

    /// Notes the decision and tells the person who asked.
    pub(super) fn answer(
        &self,
        tx: &mut Tx<'_>,
        by: &Authority,
        person: &PersonRow,
        request: &AccessRequestRow,
        decision: Decision,
    ) -> Result<(), ApiError> {
        let id = request.request_id;
        access_requests::decide(tx, by.account, id, decision, by.user, self.now_ms)?;
        if self.can_mail && request.origin == Origin::Person {
            let letter = Letter::AccessDecided {
                granted: decision == Decision::Granted,
                by: by.actor.name.clone().unwrap_or_default(),
            };
            let (account, to) = (by.account, &person.email);
            queue_mail(tx, self.ids, account, to, &letter, None, self.now_ms)?;
        }
        Ok(())
    }
}

/// Sets the roles of people by address, as an API key asks (`POST /v1/teams/set_role`). All or
/// none. Whoever is only invited is invited anew.
///
/// A Manager waits for an Admin, unless the account lets keys make Managers; nothing that a key
/// asks for touches an Admin.
pub async fn change_roles_by_key(
    app: &App,
    control: &ControlStore,
    account: AccountId,
    key: Actor,
    emails: Vec<String>,
    role: Role,
) -> Result<(), ApiError> {
    as_key(app, control, account, key, move |tx, inviting| {
        let now_ms = inviting.now_ms;
        for (index, email) in emails.iter().enumerate() {
            let at = email_param(index);
            let person = match team::owner_of_email(tx, email)? {
                Some((owner, user)) if owner == account => team::find(tx, account, user)?,
                Some(_) | None => None,
            };
            let Some(mut person) = person.filter(PersonRow::is_active) else {
                if !inviting.is_invited(tx, email)? {
                    return Err(ApiError::param(
                        &at,
                        format!("{email} is the address of nobody in the team"),
                    ));
                }
                inviting.invite_by_key(tx, email, role)?;
                continue;
            };
            if person.role == Role::Admin {
                return Err(ApiError::param(
                    &at,
                    format!("{email} is an Admin: only an Admin changes that, on the team page"),
                ));
            }
            if person.role == role {
                continue;
            }
            if role == Role::Manager && !inviting.locked.keys_may_make_managers {
                ask_for_manager(tx, inviting, &person)?;
            } else {
                apply(
                    tx,
                    inviting.secrets,
                    account,
                    inviting.actor,
                    &mut person,
                    role,
                    now_ms,
                )?;
                if role == Role::Manager {
                    for request in
                        access_requests::open_of_user(tx, account, person.user_id, now_ms)?
                    {
                        access_requests::end(tx, account, request.request_id, now_ms)?;
                    }
                }
            }
        }
        Ok(())
    })
    .await
}

/// Notes that a key wants `person` to be Manager, once: an Admin decides.
fn ask_for_manager(
    tx: &mut Tx<'_>,
    asking: &Inviting<'_>,
    person: &PersonRow,
) -> Result<(), ApiError> {
    let (account, now_ms) = (asking.account, asking.now_ms);
    let open = access_requests::open_of_user(tx, account, person.user_id, now_ms)?;
    if open.iter().any(|request| request.origin == Origin::Key) {
        return Ok(());
    }
    let (time, random) = asking.ids.next(now_ms);
    let request = AccessRequestRow {
        request_id: AccessRequestId::from_parts(time, random),
        user_id: person.user_id,
        origin: Origin::Key,
        note: String::new(),
        created_at: now_ms,
        expires_at: now_ms + WAIT_MAX_MS,
        decision: None,
    };
    access_requests::insert(tx, account, &request)?;
    let event = Event {
        action: "access_request.create",
        target: Some(person.user_id.to_string()),
        after: Some(json!({"request_id": request.request_id, "origin": "key"})),
        ..Event::default()
    };
    audit::append(tx, asking.secrets, account, asking.actor, &event, now_ms)?;
    asking.tell_admins_of_manager(tx, &person.email)
}
