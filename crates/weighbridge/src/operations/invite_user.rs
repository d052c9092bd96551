//! Invites people into the account, by a person or by an API key (authentication.md 2.4, 2.7).
//!
//! The inviter learns nothing of who has an account elsewhere: an address that belongs to somebody
//! of another account gets the same answer, and only its owner is told.

use axum::http::StatusCode;
use domain::time::DAY_MS;
use domain::{AccountId, Capability, InvitationId, Role, UserId, to_invite};
use keys::Secrets;
use serde_json::json;
use store::control::invitations::{self, InvitationRow};
use store::control::mails::{self, Purpose};
use store::control::team::{self, LockedAccount, PersonRow};
use store::{ControlStore, Tx};

use super::audit::{self, Actor, Event};
use super::authority::Authority;
use super::send_mail::{Letter, Link, queue_mail};
use crate::app::App;
use crate::clock::IdSource;
use crate::error::ApiError;

/// Most invitations of an account within 24 hours, those sent again included.
pub const INVITATIONS_PER_DAY_MAX: i64 = 50;
/// Most addresses of one request.
pub const EMAILS_MAX: usize = 50;
/// What is said of a text that is no address.
pub const NOT_AN_EMAIL: &str = "must be an e-mail address, such as mia@example.com";
/// Who invites.
#[derive(Clone, Debug)]
pub(super) enum Inviter {
    /// A person, whose right is checked again at acceptance.
    Person {
        /// Id.
        user: UserId,
        /// Name, for the mail.
        name: String,
    },
    /// An API key.
    Key,
}

/// Path of an address in a list of them.
pub(super) fn email_param(index: usize) -> String {
    format!("emails[{index}]")
}

/// What inviting needs in its transaction. The account is locked.
pub(super) struct Inviting<'a> {
    pub(super) secrets: &'a Secrets,
    pub(super) ids: &'a IdSource,
    pub(super) can_mail: bool,
    pub(super) now_ms: i64,
    pub(super) account: AccountId,
    pub(super) locked: &'a LockedAccount,
    pub(super) actor: &'a Actor,
    pub(super) inviter: Inviter,
}

impl Inviting<'_> {
    /// Whether the address has an invitation that still holds.
    pub(super) fn is_invited(&self, tx: &mut Tx<'_>, email: &str) -> Result<bool, ApiError> {
        let unanswered = invitations::unanswered_of_email(tx, self.account, email)?;
        Ok(unanswered.iter().any(|one| one.expires_at > self.now_ms))
    }

    /// Invites as a key does: an invitation that is there already stays, a Manager waits.
    pub(super) fn invite_by_key(
        &self,
        tx: &mut Tx<'_>,
        email: &str,
        role: Role,
    ) -> Result<(), ApiError> {
        let waits = role == Role::Manager && !self.locked.keys_may_make_managers;
        let unanswered = invitations::unanswered_of_email(tx, self.account, email)?;
        let is_there = |one: &InvitationRow| one.role == role && one.expires_at > self.now_ms;
        // The one that was made last counts.
        if unanswered.last().is_some_and(is_there) {
            return Ok(());
        }
        self.make(tx, "invitation.create", email, role, waits)?;
        Ok(())
    }

    /// Makes an invitation in place of those that the address has, and queues its mail.
    fn make(
        &self,
        tx: &mut Tx<'_>,
        action: &'static str,
        email: &str,
        role: Role,
        waits_for_admin: bool,
    ) -> Result<InvitationRow, ApiError> {
        let made = invitations::made_since(tx, self.account, self.now_ms - DAY_MS)?;
        if made >= INVITATIONS_PER_DAY_MAX {
            return Err(ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "invitations_per_day_max",
                format!(
                    "An account sends at most {INVITATIONS_PER_DAY_MAX} invitations within 24 \
                     hours (invitations_per_day_max). Try again later."
                ),
            ));
        }
        let before = self.supersede(tx, email, waits_for_admin, None)?;
        let (time, random) = self.ids.next(self.now_ms);
        let invitation = InvitationRow {
            invitation_id: InvitationId::from_parts(time, random),
            email: email.to_owned(),
            role,
            invited_by: match self.inviter {
                Inviter::Person { user, .. } => Some(user),
                Inviter::Key => None,
            },
            created_at: self.now_ms,
            expires_at: self.now_ms + Purpose::Invitation.life_ms(),
            waits_for_admin,
            accepted_at: None,
            withdrawn_at: None,
            superseded_at: None,
        };
        invitations::insert(tx, self.account, &invitation)?;
        let event = Event {
            action,
            target: Some(invitation.invitation_id.to_string()),
            before: before.map(|role| json!({"email": email, "role": role})),
            after: Some(json!({"email": email, "role": role, "waits_for_admin": waits_for_admin})),
            ..Event::default()
        };
        audit::append(
            tx,
            self.secrets,
            self.account,
            self.actor,
            &event,
            self.now_ms,
        )?;
        if waits_for_admin {
            self.tell_admins_of_manager(tx, email)?;
        } else {
            self.mail(tx, &invitation)?;
        }
        Ok(invitation)
    }

    /// Ends what the address has been sent before; gives the role of the newest. One that waits for
    /// an Admin takes only the place of others that wait.
    fn supersede(
        &self,
        tx: &mut Tx<'_>,
        email: &str,
        waiting_alone: bool,
        kept: Option<InvitationId>,
    ) -> Result<Option<Role>, ApiError> {
        let mut newest = None;
        for old in invitations::unanswered_of_email(tx, self.account, email)? {
            if Some(old.invitation_id) == kept || (waiting_alone && !old.waits_for_admin) {
                continue;
            }
            let id = old.invitation_id;
            invitations::supersede(tx, self.account, id, self.now_ms)?;
            let purpose = Purpose::Invitation;
            mails::supersede_tokens(tx, self.account, purpose, id.as_bytes(), self.now_ms)?;
            newest = Some(old.role);
        }
        Ok(newest)
    }

    fn mail(&self, tx: &mut Tx<'_>, invitation: &InvitationRow) -> Result<(), ApiError> {
        if !self.can_mail {
            return Ok(());
        }
        let company = self.locked.name.clone();
        let link = Link {
            purpose: Purpose::Invitation,
            subject: invitation.invitation_id.as_bytes(),
        };
        let (letter, link) = if team::owner_of_email(tx, &invitation.email)?.is_some() {
            (Letter::InvitedElsewhere { company }, None)
        } else {
            let letter = Letter::Invitation {
                inviter: match &self.inviter {
                    Inviter::Person { name, .. } => name.clone(),
                    Inviter::Key => company.clone(),
                },
                company,
                role: invitation.role.to_string(),
            };
            (letter, Some(&link))
        };
        let (account, to) = (self.account, &invitation.email);
        queue_mail(tx, self.ids, account, to, &letter, link, self.now_ms)?;
        Ok(())
    }

    /// Tells the Admins that a key wants the owner of an address to be Manager.
    pub(super) fn tell_admins_of_manager(
        &self,
        tx: &mut Tx<'_>,
        email: &str,
    ) -> Result<(), ApiError> {
        if !self.can_mail {
            return Ok(());
        }
        let letter = Letter::ManagerByKey {
            email: email.to_owned(),
        };
        for admin in team::admins(tx, self.account)? {
            let (account, to) = (self.account, &admin.email);
            queue_mail(tx, self.ids, account, to, &letter, None, self.now_ms)?;
        }
        Ok(())
    }
}

/// Runs `change` with what inviting needs, as the person `by`, and rings for the mail.
async fn as_person<T, F>(app: &App, by: Authority, mut change: F) -> Result<T, ApiError>
where
    T: Send + 'static,
    F: FnMut(&mut Tx<'_>, &Inviting<'_>, &Authority) -> Result<T, ApiError> + Send + 'static,
{
    let now_ms = app.clock.now_ms();
    let (secrets, ids, can_mail) = (app.secrets.clone(), app.ids.clone(), app.can_mail());
    let changed = app
        .stores
        .control
        .write(move |tx| {
            let locked = team::lock(tx, by.account)?;
            let inviting = Inviting {
                secrets: &secrets,
                ids: &ids,
                can_mail,
                now_ms,
                account: by.account,
                locked: &locked,
                actor: &by.actor,
                inviter: Inviter::Person {
                    user: by.user,
                    name: by.actor.name.clone().unwrap_or_default(),
                },
            };
            change(tx, &inviting, &by)
        })
        .await?;
    app.mail_due.notify_one();
    Ok(changed)
}

/// Runs `change` with what inviting needs, as the API key `key` by its own handle of the control
/// database, and rings for the mail.
pub(super) async fn as_key<F>(
    app: &App,
    control: &ControlStore,
    account: AccountId,
    key: Actor,
    mut change: F,
) -> Result<(), ApiError>
where
    F: FnMut(&mut Tx<'_>, &Inviting<'_>) -> Result<(), ApiError> + Send + 'static,
{
    let now_ms = app.clock.now_ms();
    let (secrets, ids, can_mail) = (app.secrets.clone(), app.ids.clone(), app.can_mail());
    control
        .write(move |tx| {
            let locked = team::lock(tx, account)?;
            let inviting = Inviting {
                secrets: &secrets,
                ids: &ids,
                can_mail,
                now_ms,
                account,
                locked: &locked,
                actor: &key,
                inviter: Inviter::Key,
            };
            change(tx, &inviting)
        })
        .await?;
    app.mail_due.notify_one();
    Ok(())
}

/// Invites the owner of a normalised address, in place of an invitation that it has.
pub async fn invite_user(
    app: &App,
    by: Authority,
    email: String,
    role: Role,
) -> Result<InvitationRow, ApiError> {
    as_person(app, by, move |tx, inviting, by| {
        by.require_still(tx, to_invite(role))?;
        refuse_own_person(tx, by.account, &email)?;
        inviting.make(tx, "invitation.create", &email, role, false)
    })
    .await
}

/// Sends an invitation again: a new one takes its place, with seven days of its own.
pub async fn resend_invitation(
    app: &App,
    by: Authority,
    invitation: InvitationId,
) -> Result<InvitationRow, ApiError> {
    as_person(app, by, move |tx, inviting, by| {
        let old = find_unanswered(tx, by.account, invitation)?;
        by.require_still(tx, to_invite(old.role))?;
        if old.waits_for_admin {
            return Err(ApiError::conflict(
                "waits_for_admin",
                "This invitation was made by a key and waits for an Admin: approve it, or withdraw \
                 it.",
            ));
        }
        refuse_own_person(tx, by.account, &old.email)?;
        inviting.make(tx, "invitation.resend", &old.email, old.role, false)
    })
    .await
}

/// Takes an invitation back: its link answers 410 from now on.
pub async fn withdraw_invitation(
    app: &App,
    by: Authority,
    invitation: InvitationId,
) -> Result<(), ApiError> {
    as_person(app, by, move |tx, inviting, by| {
        let old = find_unanswered(tx, by.account, invitation)?;
        by.require_still(tx, to_invite(old.role))?;
        let now_ms = inviting.now_ms;
        invitations::withdraw(tx, by.account, invitation, now_ms)?;
        let purpose = Purpose::Invitation;
        mails::supersede_tokens(tx, by.account, purpose, invitation.as_bytes(), now_ms)?;
        let event = Event {
            action: "invitation.withdraw",
            target: Some(invitation.to_string()),
            before: Some(json!({"email": old.email, "role": old.role})),
            ..Event::default()
        };
        audit::append(tx, inviting.secrets, by.account, &by.actor, &event, now_ms)?;
        Ok(())
    })
    .await
}

/// An Admin stands for an invitation that a key made: its mail goes out now.
pub async fn approve_invitation(
    app: &App,
    by: Authority,
    invitation: InvitationId,
) -> Result<InvitationRow, ApiError> {
    as_person(app, by, move |tx, inviting, by| {
        by.require_still(tx, Capability::InviteManager)?;
        let mut waiting = find_unanswered(tx, by.account, invitation)?;
        if !waiting.waits_for_admin {
            return Err(ApiError::conflict(
                "approved_already",
                "This invitation does not wait for an Admin.",
            ));
        }
        let now_ms = inviting.now_ms;
        if waiting.expires_at <= now_ms {
            return Err(expired());
        }
        refuse_own_person(tx, by.account, &waiting.email)?;
        inviting.supersede(tx, &waiting.email, false, Some(invitation))?;
        let expires_at = now_ms + Purpose::Invitation.life_ms();
        invitations::approve(tx, by.account, invitation, by.user, expires_at)?;
        let event = Event {
            action: "invitation.approve",
            target: Some(invitation.to_string()),
            after: Some(json!({"email": waiting.email, "role": waiting.role})),
            ..Event::default()
        };
        audit::append(tx, inviting.secrets, by.account, &by.actor, &event, now_ms)?;
        waiting.waits_for_admin = false;
        waiting.invited_by = Some(by.user);
        waiting.expires_at = expires_at;
        inviting.mail(tx, &waiting)?;
        Ok(waiting)
    })
    .await
}

/// Invites by address, as an API key asks (`POST /v1/teams/invite`). All or none; who is in the
/// team stays as they are.
pub async fn invite_by_key(
    app: &App,
    control: &ControlStore,
    account: AccountId,
    key: Actor,
    emails: Vec<String>,
    role: Role,
) -> Result<(), ApiError> {
    as_key(app, control, account, key, move |tx, inviting| {
        for (index, email) in emails.iter().enumerate() {
            match own_person(tx, account, email)? {
                Some(person) if person.is_active() => {}
                Some(_) => {
                    return Err(ApiError::param(
                        &email_param(index),
                        format!("{email} is deactivated: an Admin reactivates them"),
                    ));
                }
                None => inviting.invite_by_key(tx, email, role)?,
            }
        }
        Ok(())
    })
    .await
}

/// The person of this account who has the address.
fn own_person(
    tx: &mut Tx<'_>,
    account: AccountId,
    email: &str,
) -> Result<Option<PersonRow>, ApiError> {
    match team::owner_of_email(tx, email)? {
        Some((owner, user)) if owner == account => Ok(team::find(tx, account, user)?),
        Some(_) | None => Ok(None),
    }
}

fn refuse_own_person(tx: &mut Tx<'_>, account: AccountId, email: &str) -> Result<(), ApiError> {
    match own_person(tx, account, email)? {
        None => Ok(()),
        Some(person) if person.is_active() => Err(ApiError::conflict(
            "already_in_team",
            format!("{email} belongs to {}, who is in your team.", person.name),
        )),
        Some(person) => Err(ApiError::conflict(
            "person_deactivated",
            format!(
                "{email} belongs to {}, who is deactivated. Reactivate them instead.",
                person.name
            ),
        )),
    }
}

/// An invitation that can be withdrawn or sent again; expired ones can.
fn find_unanswered(
    tx: &mut Tx<'_>,
    account: AccountId,
    invitation: InvitationId,
) -> Result<InvitationRow, ApiError> {
    let found = invitations::find(tx, account, invitation)?.ok_or_else(invitation_not_found)?;
    refuse_answered(&found)?;
    Ok(found)
}

/// 404 for an invitation.
pub fn invitation_not_found() -> ApiError {
    ApiError::not_found("invitation_not_found", "There is no such invitation.")
}

/// 410 for an invitation that was accepted, withdrawn or superseded.
pub(super) fn refuse_answered(invitation: &InvitationRow) -> Result<(), ApiError> {
    let (code, text) = if invitation.accepted_at.is_some() {
        ("invitation_used", "This invitation was accepted already.")
    } else if invitation.withdrawn_at.is_some() {
        ("invitation_withdrawn", "This invitation was withdrawn.")
    } else if invitation.superseded_at.is_some() {
        (
            "invitation_superseded",
            "A newer invitation took the place of this one: use the link of the newest mail.",
        )
    } else {
        return Ok(());
    };
    Err(ApiError::new(StatusCode::GONE, code, text))
}

/// 410 for an invitation whose seven days are over.
pub(super) fn expired() -> ApiError {
    ApiError::new(
        StatusCode::GONE,
        "invitation_expired",
        "This invitation has expired: it holds for 7 days. Ask for a new one.",
    )
}
