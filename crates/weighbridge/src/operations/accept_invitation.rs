//! Takes an invited person into the account (authentication.md 2.7): the address and the role are
//! those of the invitation, whatever else is sent.

use std::sync::Arc;

use axum::http::StatusCode;
use domain::{AccountId, InvitationId, UserId, permits, to_invite};
use keys::Secrets;
use serde_json::json;
use store::Tx;
use store::control::invitations::{self, InvitationRow};
use store::control::mails::{self, Purpose, TokenRow};
use store::control::team::{self, PersonRow};
use store::control::users::{self, UserRow};

use super::audit::{self, Event};
use super::create_account::{NAME_LENGTH_MAX, read_name};
use super::invite_user::{expired, refuse_answered};
use super::send_mail::token_digest;
use crate::app::App;
use crate::error::ApiError;
use crate::http::origin::RequestOrigin;
use crate::passwords;

/// An invitation that can be accepted.
#[derive(Clone, Debug)]
pub struct Invited {
    /// The account's name.
    pub company: String,
    /// The account.
    pub account: AccountId,
    /// The invitation.
    pub invitation: InvitationRow,
}

/// What the invited person chose.
pub struct Choice {
    /// What others see.
    pub name: String,
    /// Plain; only its hash is stored.
    pub password: String,
}

/// The invitation of a link: 404 or 410 if it does not hold. Nothing is consumed.
pub async fn find_invitation(app: &App, token: &str) -> Result<Invited, ApiError> {
    let now_ms = app.clock.now_ms();
    let digest = token_digest(&app.secrets, token);
    app.stores
        .control
        .read(move |tx| {
            let (token, invitation) = find(tx, &digest, now_ms)?;
            let company = store::control::accounts::find(tx, token.account_id)?
                .ok_or_else(link_unknown)?
                .name;
            Ok(Invited {
                company,
                account: token.account_id,
                invitation,
            })
        })
        .await
}

/// Makes the person and uses the link up, in one transaction. The inviter's right is checked again.
pub async fn accept_invitation(
    app: &App,
    token: &str,
    choice: Choice,
    origin: &RequestOrigin,
) -> Result<(AccountId, UserId), ApiError> {
    let name = read_name(&choice.name).map(str::to_owned).ok_or_else(|| {
        ApiError::param(
            "name",
            format!("must have 1 to {NAME_LENGTH_MAX} characters, without line breaks"),
        )
    })?;
    // Only who holds a link that works makes the server hash.
    let invited = find_invitation(app, token).await?;
    let email = &invited.invitation.email;
    passwords::check(&choice.password, email, &invited.company)?;
    let hash = app
        .hashing
        .hash(app.secrets.clone(), choice.password)
        .await?;

    let now_ms = app.clock.now_ms();
    let digest = token_digest(&app.secrets, token);
    let (time, random) = app.id_parts();
    let user_id = UserId::from_parts(time, random);
    let secrets: Arc<Secrets> = app.secrets.clone();
    let actor = origin.actor(Some((user_id, &name)));
    app.stores
        .control
        .write(move |tx| {
            let (token, invitation) = find(tx, &digest, now_ms)?;
            let account = token.account_id;
            team::lock(tx, account)?;
            // Once more, since another request may have used it up before the lock.
            let invitation = invitations::find(tx, account, invitation.invitation_id)?
                .ok_or_else(link_unknown)?;
            refuse_answered(&invitation)?;
            if invitation.waits_for_admin || !inviter_still_may(tx, account, &invitation)? {
                return Err(ApiError::new(
                    StatusCode::FORBIDDEN,
                    "inviter_lost_right",
                    "Who invited you may no longer do so. Ask an Admin of the account for a new \
                     invitation.",
                ));
            }
            if !mails::use_token(tx, token.token_id, now_ms)? {
                return Err(link_superseded());
            }
            let user = UserRow {
                account_id: account,
                user_id,
                email: invitation.email.clone(),
                name: name.clone(),
                role: invitation.role,
                password_hash: hash.clone(),
                deactivated_at: None,
                // The link came to this address.
                email_confirmed_at: Some(now_ms),
                last_log_in_at: None,
                password_off_at: None,
                has_short_password: false,
            };
            if !users::insert(tx, &user, now_ms)? {
                return Err(ApiError::conflict(
                    "email_taken",
                    "A person with this address has an account already, and a person belongs to \
                     one account. Ask to be invited with another address.",
                ));
            }
            invitations::accept(tx, account, invitation.invitation_id, now_ms)?;
            let event = Event {
                action: "invitation.accept",
                target: Some(invitation.invitation_id.to_string()),
                after: Some(json!({
                    "user_id": user_id, "email": invitation.email, "role": invitation.role,
                })),
                ..Event::default()
            };
            audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            Ok((account, user_id))
        })
        .await
}

fn find(
    tx: &mut Tx<'_>,
    digest: &[u8; 32],
    now_ms: i64,
) -> Result<(TokenRow, InvitationRow), ApiError> {
    let token = mails::find_token(tx, digest)?
        .filter(|token| token.purpose == Purpose::Invitation.as_str())
        .ok_or_else(link_unknown)?;
    let id = InvitationId::from_bytes(&token.subject_id).ok_or_else(link_unknown)?;
    let invitation = invitations::find(tx, token.account_id, id)?.ok_or_else(link_unknown)?;
    refuse_answered(&invitation)?;
    if token.used_at.is_some() || token.superseded_at.is_some() {
        return Err(link_superseded());
    }
    if token.expires_at <= now_ms || invitation.expires_at <= now_ms {
        return Err(expired());
    }
    Ok((token, invitation))
}

/// Whether who invited could invite for this role today. A key needs nobody.
fn inviter_still_may(
    tx: &mut Tx<'_>,
    account: AccountId,
    invitation: &InvitationRow,
) -> Result<bool, ApiError> {
    let Some(inviter) = invitation.invited_by else {
        return Ok(true);
    };
    let inviter = team::find(tx, account, inviter)?.filter(PersonRow::is_active);
    Ok(inviter.is_some_and(|inviter| permits(inviter.role, to_invite(invitation.role))))
}

fn link_unknown() -> ApiError {
    ApiError::not_found(
        "link_unknown",
        "This link is not one of ours, or it was cut off. Open it from the mail again.",
    )
}

fn link_superseded() -> ApiError {
    ApiError::new(
        StatusCode::GONE,
        "invitation_superseded",
        "A newer invitation took the place of this one: use the link of the newest mail.",
    )
}
