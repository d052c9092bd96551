//! Compares a password with that of a session's own person: for what asks for a recent log-in, and
//! for a change of the password (authentication.md 2.7). The fifth wrong one ends the session.

use axum::http::StatusCode;
use store::StoreError;
use store::control::sessions::{self, SessionRow};

use super::audit::{self, Event};
use super::open_session::new_session_id;
use crate::app::App;
use crate::error::ApiError;
use crate::http::origin::RequestOrigin;
use crate::passwords::Verdict;

/// Wrong passwords that end a session.
const WRONG_MAX: i64 = 5;

/// `Ok`: it is the password. A wrong one is 403, the fifth in a row ends the session: 401.
pub async fn confirm_password(
    app: &App,
    session: &SessionRow,
    digest: [u8; 32],
    password: &str,
    origin: &RequestOrigin,
) -> Result<(), ApiError> {
    // Counted before the password is looked at, so that parallel guesses are judged one by one.
    let wrong = app
        .stores
        .control
        .write(move |tx| sessions::count_wrong_password(tx, &digest))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?
        .ok_or_else(session_ended)?;
    if wrong > WRONG_MAX {
        return end(app, session, digest, origin).await;
    }
    let stored = Some(session.password_hash.clone());
    let compared = app
        .hashing
        .verify(app.secrets.clone(), password.to_owned(), stored)
        .await;
    if !matches!(compared, Ok(Verdict::Wrong)) {
        app.stores
            .control
            .write(move |tx| sessions::forgive_wrong_password(tx, &digest))
            .await
            .map_err(|error: StoreError| ApiError::from(error))?;
    }
    match compared {
        Ok(Verdict::Right | Verdict::RightOutdated) => Ok(()),
        Ok(Verdict::Wrong) if wrong >= WRONG_MAX => end(app, session, digest, origin).await,
        Ok(Verdict::Wrong) => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "wrong_password",
            "The password is wrong.",
        )),
        Err(error) => Err(error.into()),
    }
}

/// Gives a session a new id after its person gave the password; gives the cookie's value.
pub async fn renew_session(app: &App, digest: [u8; 32]) -> Result<String, ApiError> {
    let (cookie, new_digest) = new_session_id(&app.secrets);
    let now_ms = app.clock.now_ms();
    let renewed = app
        .stores
        .control
        .write(move |tx| sessions::renew(tx, &digest, &new_digest, now_ms))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    renewed.then_some(cookie).ok_or_else(session_ended)
}

async fn end(
    app: &App,
    session: &SessionRow,
    digest: [u8; 32],
    origin: &RequestOrigin,
) -> Result<(), ApiError> {
    let secrets = app.secrets.clone();
    let actor = origin.actor(Some((session.user_id, &session.name)));
    let (account, session_id) = (session.account_id, session.session_id);
    let now_ms = app.clock.now_ms();
    app.stores
        .control
        .write(move |tx| -> Result<(), StoreError> {
            if sessions::delete(tx, &digest)? {
                let event = Event {
                    action: "session.end_by_wrong_passwords",
                    target: Some(session_id.to_string()),
                    ..Event::default()
                };
                audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            }
            Ok(())
        })
        .await?;
    Err(session_ended())
}

pub(super) fn session_ended() -> ApiError {
    let mut error = ApiError::new(
        StatusCode::UNAUTHORIZED,
        "session_required",
        "This session has ended. Log in again.",
    );
    error.challenge = Some("Session realm=\"Weighbridge\"");
    error
}
