//! Sets a new password by mail (authentication.md 2.7). Asking is the same answer and work for
//! known and unknown addresses.

use std::sync::Arc;

use axum::http::StatusCode;
use domain::{AccountId, UserId};
use store::control::mails::Purpose;
use store::control::{accounts, attempts, sessions, users};

use super::audit::{self, Event};
use super::create_account::normalise_email;
use super::mail_link;
use super::send_mail::{Letter, Link, queue_mail, token_digest};
use super::throttle::{MAILS_TO_ADDRESS, RESETS_OF_NETWORK, log_in_subject, network_of, subject};
use crate::app::App;
use crate::error::ApiError;
use crate::http::origin::RequestOrigin;
use crate::passwords;

/// Queues the mail with the link, if the address belongs to somebody; else one to nobody.
pub async fn ask_for_reset(app: &App, email: &str, origin: &RequestOrigin) -> Result<(), ApiError> {
    if !app.can_mail() {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "mail_not_configured",
            "This server sends no mail, so it cannot send a link. Ask who runs it.",
        ));
    }
    let now_ms = app.clock.now_ms();
    let email = normalise_email(email);
    let of_email = subject(&app.secrets, "resets of", &email);
    let of_network = origin
        .address
        .map(|address| subject(&app.secrets, "resets of network", &network_of(address)));
    let ids = Arc::clone(&app.ids);
    app.stores
        .control
        .write(move |tx| {
            if let Some(network) = &of_network {
                RESETS_OF_NETWORK.count(tx, network, now_ms)?;
            }
            MAILS_TO_ADDRESS.count(tx, &of_email, now_ms)?;
            let person =
                users::find_by_email(tx, &email)?.filter(|person| person.deactivated_at.is_none());
            let (account, user, recipient, letter) = if let Some(person) = &person {
                (
                    person.account_id,
                    person.user_id,
                    person.email.as_str(),
                    Letter::ResetPassword,
                )
            } else {
                let (time, random) = ids.next(now_ms);
                let (nobody, none) = (UserId::from_parts(time, random), [0; 6]);
                (AccountId::from_parts(0, none), nobody, "", Letter::Decoy)
            };
            let link = Link {
                purpose: Purpose::Reset,
                subject: user.as_bytes(),
            };
            queue_mail(tx, &ids, account, recipient, &letter, Some(&link), now_ms)?;
            Ok::<_, ApiError>(())
        })
        .await?;
    app.mail_due.notify_one();
    Ok(())
}

/// Sets the password by a link: all sessions end, log-in by password works again where it was off,
/// and the address counts as confirmed, since the mail came to it.
pub async fn reset_password(
    app: &App,
    token: &str,
    password: &str,
    origin: &RequestOrigin,
) -> Result<(), ApiError> {
    let digest = token_digest(&app.secrets, token);
    let now_ms = app.clock.now_ms();
    // A password that is refused must not use the link up.
    let (person, company) = app
        .stores
        .control
        .read(move |tx| {
            let link = mail_link::find(tx, &digest, Purpose::Reset, now_ms)?;
            let user = mail_link::person(&link)?;
            let person = users::find(tx, link.account_id, user)?
                .filter(|person| person.email == link.email && person.deactivated_at.is_none())
                .ok_or_else(mail_link::unknown)?;
            let account = accounts::find(tx, link.account_id)?.ok_or_else(mail_link::unknown)?;
            Ok::<_, ApiError>((person, account.name))
        })
        .await?;
    passwords::check(password, &person.email, &company)?;
    let hash = app
        .hashing
        .hash(app.secrets.clone(), password.to_owned())
        .await?;

    let (secrets, ids) = (app.secrets.clone(), Arc::clone(&app.ids));
    let actor = origin.actor(Some((person.user_id, &person.name)));
    let failed_log_ins = log_in_subject(&app.secrets, &person.email);
    app.stores
        .control
        .write(move |tx| {
            let link = mail_link::find(tx, &digest, Purpose::Reset, now_ms)?;
            mail_link::use_up(tx, &link, now_ms)?;
            let (account, user) = (person.account_id, person.user_id);
            users::set_password(tx, account, user, &hash)?;
            users::confirm_email(tx, account, user, now_ms)?;
            attempts::clear_failures(tx, &failed_log_ins)?;
            sessions::delete_of_user(tx, account, user)?;
            let letter = Letter::PasswordChanged;
            queue_mail(tx, &ids, account, &person.email, &letter, None, now_ms)?;
            let event = Event {
                action: "password.reset",
                target: Some(user.to_string()),
                ..Event::default()
            };
            audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            Ok::<_, ApiError>(())
        })
        .await?;
    app.mail_due.notify_one();
    Ok(())
}
