//! Changes the password of a person who is logged in (authentication.md 2.7): all other sessions
//! end, this one gets a new id, and a mail tells of it.

use std::sync::Arc;

use store::control::sessions::{self, SessionRow};
use store::control::users;

use super::audit::{self, Event};
use super::confirm_password::confirm_password;
use super::open_session::new_session_id;
use super::send_mail::{Letter, queue_mail};
use crate::app::App;
use crate::error::ApiError;
use crate::http::origin::RequestOrigin;
use crate::passwords;

/// Sets a new password; gives the new cookie of the session and the session as it is now.
pub async fn change_password(
    app: &App,
    session: &SessionRow,
    digest: [u8; 32],
    current: &str,
    new: &str,
    origin: &RequestOrigin,
) -> Result<(String, SessionRow), ApiError> {
    let checked = passwords::check(new, &session.email, &session.account_name);
    confirm_password(app, session, digest, current, origin).await?;
    checked.map_err(|error| ApiError::param("new_password", error.to_string()))?;
    let hash = app
        .hashing
        .hash(app.secrets.clone(), new.to_owned())
        .await?;

    let (cookie, new_digest) = new_session_id(&app.secrets);
    let now_ms = app.clock.now_ms();
    let (secrets, ids) = (app.secrets.clone(), Arc::clone(&app.ids));
    let actor = origin.actor(Some((session.user_id, &session.name)));
    let (account, user, session_id) = (session.account_id, session.user_id, session.session_id);
    let email = session.email.clone();
    let can_mail = app.can_mail();
    let changed = app
        .stores
        .control
        .write(move |tx| -> Result<_, ApiError> {
            if !sessions::renew(tx, &digest, &new_digest, now_ms)? {
                return Ok(None);
            }
            users::set_password(tx, account, user, &hash)?;
            sessions::delete_others(tx, account, user, session_id)?;
            if can_mail {
                let letter = Letter::PasswordChanged;
                queue_mail(tx, &ids, account, &email, &letter, None, now_ms)?;
            }
            let event = Event {
                action: "password.change",
                target: Some(user.to_string()),
                ..Event::default()
            };
            audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            Ok(sessions::find(tx, &new_digest)?)
        })
        .await?
        .ok_or_else(super::confirm_password::session_ended)?;
    app.mail_due.notify_one();
    Ok((cookie, changed))
}
