//! Confirms the address of a person who signed up (authentication.md 2.7).

use std::sync::Arc;

use store::control::feed;
use store::control::mails::Purpose;
use store::control::users;

use super::audit::{self, Event};
use super::confirm_change::confirm_change;
use super::mail_link;
use super::send_mail::{Letter, Link, queue_mail, token_digest};
use super::throttle::{MAILS_TO_ADDRESS, subject};
use crate::app::App;
use crate::error::ApiError;
use crate::http::origin::RequestOrigin;

/// Uses a link up and lets its person log in; gives the address.
pub async fn confirm_email(
    app: &App,
    token: &str,
    origin: &RequestOrigin,
) -> Result<String, ApiError> {
    let digest = token_digest(&app.secrets, token);
    let now_ms = app.clock.now_ms();
    let secrets = app.secrets.clone();
    let origin = origin.clone();
    let (email, version) = app
        .stores
        .control
        .write(move |tx| {
            let link = mail_link::find(tx, &digest, Purpose::Confirm, now_ms)?;
            let (account, user) = (link.account_id, mail_link::person(&link)?);
            let person = users::find(tx, account, user)?
                .filter(|person| person.email == link.email && person.deactivated_at.is_none())
                .ok_or_else(mail_link::unknown)?;
            mail_link::use_up(tx, &link, now_ms)?;
            if users::confirm_email(tx, account, user, now_ms)? {
                let event = Event {
                    action: "user.confirm_email",
                    target: Some(user.to_string()),
                    ..Event::default()
                };
                let actor = origin.actor(Some((user, &person.name)));
                audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            }
            Ok::<_, ApiError>((link.email, feed::version(tx)?))
        })
        .await?;
    // The person may copy a key at once.
    confirm_change(app, version).await?;
    Ok(email)
}

/// Sends another link in the place of one that has expired.
pub async fn resend_confirmation(app: &App, token: &str) -> Result<(), ApiError> {
    let digest = token_digest(&app.secrets, token);
    let now_ms = app.clock.now_ms();
    let (secrets, ids) = (app.secrets.clone(), Arc::clone(&app.ids));
    app.stores
        .control
        .write(move |tx| {
            let old = mail_link::find_known(tx, &digest, Purpose::Confirm)?;
            let counted = subject(&secrets, "confirmations to", &old.email);
            MAILS_TO_ADDRESS.count(tx, &counted, now_ms)?;
            let (account, user) = (old.account_id, mail_link::person(&old)?);
            let company = store::control::accounts::find(tx, account)?
                .ok_or_else(mail_link::unknown)?
                .name;
            let link = Link {
                purpose: Purpose::Confirm,
                subject: user.as_bytes(),
            };
            let letter = Letter::ConfirmAddress { company };
            queue_mail(tx, &ids, account, &old.email, &letter, Some(&link), now_ms)?;
            Ok::<_, ApiError>(())
        })
        .await?;
    app.mail_due.notify_one();
    Ok(())
}
