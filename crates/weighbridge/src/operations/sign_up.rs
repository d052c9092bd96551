//! Sign-up: a new account with this person as Admin and both keys (authentication.md 2.7). No
//! answer tells whether an address is known: docs/decisions/0005-sign-up.md.

use std::sync::Arc;

use axum::http::StatusCode;
use domain::Role;
use store::Tx;
use store::control::feed::{self, Change};
use store::control::mails::Purpose;
use store::control::users::{self, UserRow};

use super::audit::{self, Actor, Event};
use super::confirm_change::confirm_change;
use super::create_account::{NAME_LENGTH_MAX, NewAccount, name_of, read_email, read_name};
use super::log_in::{LoggedIn, let_in};
use super::send_mail::{Letter, Link, queue_mail};
use super::throttle::{MAILS_TO_ADDRESS, SIGN_UPS_OF_NETWORK, network_of, subject};
use crate::app::App;
use crate::clock::IdSource;
use crate::config::SignUp as Policy;
use crate::error::ApiError;
use crate::http::origin::RequestOrigin;
use crate::passwords;

/// What a person gave.
pub struct SignUp {
    /// As it was typed.
    pub email: String,
    /// Plain; only its hash is stored.
    pub password: String,
    /// The account's name.
    pub company: String,
}

/// How a sign-up ends.
pub enum SignedUp {
    /// The person has to open the link of a mail.
    ToConfirm,
    /// No mail can be sent: the person is in.
    LoggedIn(Box<LoggedIn>),
}

/// Makes the account, unless the address belongs to somebody; then its owner is told by mail.
pub async fn sign_up(
    app: &App,
    wanted: SignUp,
    origin: &RequestOrigin,
) -> Result<SignedUp, ApiError> {
    let now_ms = app.clock.now_ms();
    refuse_by_policy(&app.config.sign_up, &wanted.email)?;
    let email = read_email(&wanted.email)
        .ok_or_else(|| ApiError::param("email", "must be an e-mail address"))?;
    let company = read_name(&wanted.company).ok_or_else(|| {
        ApiError::param(
            "company",
            format!("must have 1 to {NAME_LENGTH_MAX} characters, without line breaks"),
        )
    })?;
    passwords::check(&wanted.password, &email, company)?;
    if let Some(address) = origin.address {
        let network = subject(&app.secrets, "sign-ups of network", &network_of(address));
        app.stores
            .control
            .write(move |tx| SIGN_UPS_OF_NETWORK.count(tx, &network, now_ms))
            .await?;
    }
    // Whether the address is taken or not.
    let password_hash = app
        .hashing
        .hash(app.secrets.clone(), wanted.password.clone())
        .await?;
    let to_confirm = app.can_mail();
    let admin = |account_id, user_id| {
        Ok(UserRow {
            account_id,
            user_id,
            name: name_of(&email).to_owned(),
            email: email.clone(),
            role: Role::Admin,
            password_hash,
            deactivated_at: None,
            email_confirmed_at: (!to_confirm).then_some(now_ms),
            last_log_in_at: None,
            password_off_at: None,
            has_short_password: false,
        })
    };
    let account = NewAccount::prepare(&app.secrets, &app.ids, company, now_ms, admin)
        .map_err(|error| internal_error(&error))?;
    if to_confirm {
        store_to_confirm(app, account, origin, now_ms).await?;
        app.mail_due.notify_one();
        return Ok(SignedUp::ToConfirm);
    }
    let logged_in = store_and_log_in(app, account, origin, now_ms).await?;
    Ok(SignedUp::LoggedIn(Box::new(logged_in)))
}

/// 403 where this address may not sign up.
fn refuse_by_policy(policy: &Policy, email: &str) -> Result<(), ApiError> {
    let text = match policy {
        Policy::Open => return Ok(()),
        Policy::Domains(domains) => {
            let email = email.trim().to_lowercase();
            let domain = email.rsplit_once('@').map(|(_, domain)| domain);
            if domain.is_some_and(|domain| domains.iter().any(|allowed| allowed == domain)) {
                return Ok(());
            }
            format!(
                "On this server only people with an address at {} can sign up.",
                domains.join(", ")
            )
        }
        Policy::Invite => {
            "On this server people come in by invitation. Ask an Admin of your account.".to_owned()
        }
        Policy::Closed => "Sign-up is closed on this server. Ask who runs it.".to_owned(),
    };
    Err(ApiError::new(StatusCode::FORBIDDEN, "sign_up_closed", text))
}

async fn store_to_confirm(
    app: &App,
    account: NewAccount,
    origin: &RequestOrigin,
    now_ms: i64,
) -> Result<(), ApiError> {
    let (secrets, ids) = (app.secrets.clone(), Arc::clone(&app.ids));
    let actor = actor_of(&account, origin);
    let notices = subject(
        &app.secrets,
        "notices of a sign-up to",
        &account.admin.email,
    );
    app.stores
        .control
        .write(move |tx| -> Result<(), ApiError> {
            let tells = MAILS_TO_ADDRESS.is_within(tx, &notices, now_ms)?;
            if !account.store(tx, now_ms)? {
                return match users::find_by_email(tx, &account.admin.email)? {
                    Some(owner) if tells && owner.deactivated_at.is_none() => {
                        let letter = Letter::AddressTaken;
                        let (account, to) = (owner.account_id, &owner.email);
                        Ok(queue_mail(tx, &ids, account, to, &letter, None, now_ms)?)
                    }
                    Some(_) | None => Ok(()),
                };
            }
            let letter = Letter::ConfirmAddress {
                company: account.account.name.clone(),
            };
            queue_confirmation(tx, &ids, &account, &letter, now_ms)?;
            audit::append(
                tx,
                &secrets,
                account.account.account_id,
                &actor,
                &event_of(&account),
                now_ms,
            )?;
            feed::record(tx, account.account.account_id, Change::Account, now_ms)?;
            Ok(())
        })
        .await
}

fn queue_confirmation(
    tx: &mut Tx<'_>,
    ids: &IdSource,
    account: &NewAccount,
    letter: &Letter,
    now_ms: i64,
) -> Result<(), ApiError> {
    let link = Link {
        purpose: Purpose::Confirm,
        subject: account.admin.user_id.as_bytes(),
    };
    let (id, to) = (account.account.account_id, &account.admin.email);
    Ok(queue_mail(tx, ids, id, to, letter, Some(&link), now_ms)?)
}

async fn store_and_log_in(
    app: &App,
    account: NewAccount,
    origin: &RequestOrigin,
    now_ms: i64,
) -> Result<LoggedIn, ApiError> {
    let secrets = app.secrets.clone();
    let actor = actor_of(&account, origin);
    let (account_id, user_id) = (account.account.account_id, account.admin.user_id);
    let version = app
        .stores
        .control
        .write(move |tx| -> Result<_, ApiError> {
            if !account.store(tx, now_ms)? {
                return Err(ApiError::conflict(
                    "email_taken",
                    "A person with this address has an account already. Log in instead.",
                )
                .at("email"));
            }
            let event = event_of(&account);
            audit::append(tx, &secrets, account_id, &actor, &event, now_ms)?;
            Ok(feed::record(tx, account_id, Change::Account, now_ms)?)
        })
        .await?;
    // The person may copy a key at once.
    confirm_change(app, version).await?;
    let_in(app, account_id, user_id, origin).await
}

fn actor_of(account: &NewAccount, origin: &RequestOrigin) -> Actor {
    origin.actor(Some((account.admin.user_id, &account.admin.name)))
}

fn event_of(account: &NewAccount) -> Event {
    Event {
        action: "account.sign_up",
        target: Some(account.account.account_id.to_string()),
        after: Some(serde_json::json!({"name": account.account.name})),
        ..Event::default()
    }
}

fn internal_error(error: &anyhow::Error) -> ApiError {
    tracing::error!(%error, "a sign-up failed");
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal_error",
        "Something broke on our side. Nothing was changed.",
    )
}
