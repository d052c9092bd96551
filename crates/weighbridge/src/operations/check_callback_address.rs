//! Judges where callbacks may go before anything is stored: a task's `callback_url`, a batch's
//! `callback`, an account's default (callbacks.md 3.1, 4.3). By the text alone for a URL: no name is
//! looked up.

use domain::AccountId;
use domain::task::callback_address_problem;
use store::StoreError;
use store::control::users;

use super::create_account::read_email;
use crate::app::App;
use crate::error::ApiError;
use crate::http::dev_receiver;

/// The normalised e-mail address that `text` is; `None`: it is a URL, or neither.
pub fn email_of(text: &str) -> Option<String> {
    if text.contains("://") {
        return None;
    }
    read_email(text).filter(|_| callback_address_problem(text).is_none())
}

/// Whether `email` (normalised) is the confirmed address of an active person of the account. Only
/// such a one gets callbacks: what a customer sends to people must not be turned against others.
pub async fn is_confirmed(
    app: &App,
    account: AccountId,
    email: String,
) -> Result<bool, StoreError> {
    let person = app
        .stores
        .control
        .read(move |tx| users::find_by_email(tx, &email))
        .await?;
    Ok(person.is_some_and(|person| {
        person.account_id == account
            && person.email_confirmed_at.is_some()
            && person.deactivated_at.is_none()
    }))
}

/// Checks a callback address of `account`; the 400 names `path`.
///
/// An address of somebody else is refused in the same words as one of nobody, so that it cannot be
/// asked who has an account here.
pub async fn check_callback_address(
    app: &App,
    account: AccountId,
    path: &str,
    text: &str,
) -> Result<(), ApiError> {
    if let Some(problem) = callback_address_problem(text) {
        return Err(ApiError::param(path, problem));
    }
    if text.contains("://") {
        // The built-in receiver is this server's own address, which the filter refuses.
        if dev_receiver::is_own_receiver(app, text) {
            return Ok(());
        }
        return app
            .outbound
            .check_text(text)
            .map(|_| ())
            .map_err(|error| ApiError::param(path, error.to_string()));
    }
    let Some(email) = email_of(text) else {
        return Err(ApiError::param(path, "must be a valid e-mail address"));
    };
    if !app.can_mail() {
        return Err(ApiError::param(
            path,
            "is an e-mail address, and this server sends no mail: its operator has set no \
             smtp_url. Give an http or https URL",
        ));
    }
    if !is_confirmed(app, account, email).await? {
        return Err(ApiError::param(
            path,
            "must be the confirmed e-mail address of a person of this account, or an http or \
             https URL",
        ));
    }
    Ok(())
}
