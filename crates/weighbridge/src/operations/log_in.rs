//! Log-in by password (authentication.md 2.7): the same answer and work for every failure, counted
//! before the password is looked at.

use std::sync::Arc;

use axum::http::StatusCode;
use domain::{AccountId, UserId};
use serde_json::json;
use store::control::attempts;
use store::control::sessions::{self, SessionRow};
use store::control::users::{self, UserRow};
use store::{StoreError, Tx};

use super::audit::{self, Event};
use super::create_account::normalise_email;
use super::open_session::{device_mark, is_known_device, new_session};
use super::send_mail::{Letter, queue_mail};
use super::throttle::{
    LOG_INS_OF_NETWORK, LOG_INS_OF_SERVER, count_log_in, is_above_threshold, log_in_subject,
    network_of, subject,
};
use crate::app::App;
use crate::error::ApiError;
use crate::http::origin::RequestOrigin;
use crate::passwords::{PasswordError, Verdict};

/// After so many wrong passwords in a row log-in by password is off for the person, until a reset
/// by mail (NIST 800-63B-4).
const FAILURES_MAX: i64 = 100;

/// A try to log in.
pub struct LogIn {
    /// As it was typed.
    pub email: String,
    /// As it was typed.
    pub password: String,
    /// Where the request comes from.
    pub origin: RequestOrigin,
    /// The mark of a device on which somebody logged in before.
    pub device: Option<String>,
    /// Digest of a session that the browser has: it ends.
    pub old_session: Option<[u8; 32]>,
}

/// A person who is in.
pub struct LoggedIn {
    /// Value of the session's cookie.
    pub cookie: String,
    /// The device's new mark.
    pub device: String,
    /// The session.
    pub session: SessionRow,
}

/// Who is counted: digests.
#[derive(Clone, Copy)]
struct Subjects {
    server: [u8; 32],
    /// `None` where nothing listens (tests).
    network: Option<[u8; 32]>,
    email: [u8; 32],
    /// Of a known device, which has a counter of its own: nobody else's failures lock it out.
    device: Option<[u8; 32]>,
}

/// Logs a person in, or gives the one error that every failure gets.
pub async fn log_in(app: &App, attempt: LogIn) -> Result<LoggedIn, ApiError> {
    // Before any look-up, for all alike.
    if attempt.password.is_empty() {
        return Err(wrong_email_or_password());
    }
    let now_ms = app.clock.now_ms();
    let email = normalise_email(&attempt.email);
    let wanted = email.clone();
    let person = app
        .stores
        .control
        .read(move |tx| users::find_by_email(tx, &wanted))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    let device = attempt.device.as_deref().filter(|mark| {
        person
            .as_ref()
            .is_some_and(|person| is_known_device(&app.secrets, mark, person.user_id, now_ms))
    });
    let subjects = Subjects {
        server: subject(&app.secrets, "log-ins of server", ""),
        network: attempt
            .origin
            .address
            .map(|address| subject(&app.secrets, "log-ins of network", &network_of(address))),
        email: log_in_subject(&app.secrets, &email),
        device: device.map(|mark| subject(&app.secrets, "log-ins of device", mark)),
    };
    let failures = app
        .stores
        .control
        .write(move |tx| subjects.admit(tx, now_ms))
        .await?;

    // Whoever may not log in is compared with a dummy, like an unknown person.
    let stored = person
        .as_ref()
        .filter(|person| may_log_in(person))
        .map(|person| person.password_hash.clone());
    let password = attempt.password.clone();
    let compared = app.hashing.verify(app.secrets.clone(), password, stored);
    match (compared.await, person) {
        (Ok(Verdict::Wrong), person) => {
            record_failure(app, subjects, person, failures, &attempt.origin, now_ms).await?;
            Err(wrong_email_or_password())
        }
        (Ok(verdict), Some(person)) => {
            let new_hash = match verdict {
                Verdict::RightOutdated => rehash(app, &attempt.password).await,
                Verdict::Wrong | Verdict::Right => None,
            };
            succeed(app, subjects, person, new_hash, attempt, now_ms).await
        }
        (Ok(_), None) => Err(wrong_email_or_password()),
        (Err(error), _) => {
            // Nobody looked at the password.
            app.stores
                .control
                .write(move |tx| subjects.take_back(tx))
                .await?;
            Err(error.into())
        }
    }
}

fn may_log_in(person: &UserRow) -> bool {
    person.deactivated_at.is_none()
        && person.email_confirmed_at.is_some()
        && person.password_off_at.is_none()
}

impl Subjects {
    /// Counts the attempt as failed, or refuses it.
    fn admit(self, tx: &mut Tx<'_>, now_ms: i64) -> Result<i64, ApiError> {
        // Failures are counted against it later: hashing itself is bounded.
        LOG_INS_OF_SERVER.check(tx, &self.server, now_ms)?;
        if let Some(device) = &self.device {
            let failures = attempts::add_failure(tx, &self.email, now_ms)?;
            count_log_in(tx, device, now_ms)?;
            return Ok(failures);
        }
        if let Some(network) = &self.network {
            LOG_INS_OF_NETWORK.count(tx, network, now_ms)?;
        }
        count_log_in(tx, &self.email, now_ms)
    }

    /// Uncounts an attempt whose password was not looked at.
    fn take_back(self, tx: &mut Tx<'_>) -> Result<(), ApiError> {
        if let (None, Some(network)) = (&self.device, &self.network) {
            attempts::give_back(tx, network)?;
        }
        attempts::take_failure_back(tx, &self.email)?;
        if let Some(device) = &self.device {
            attempts::take_failure_back(tx, device)?;
        }
        Ok(())
    }

    /// Ends the rows of failures.
    fn clear(self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        if let (None, Some(network)) = (&self.device, &self.network) {
            attempts::give_back(tx, network)?;
        }
        attempts::clear_failures(tx, &self.email)?;
        if let Some(device) = &self.device {
            attempts::clear_failures(tx, device)?;
        }
        Ok(())
    }
}

/// A new hash of the right password; `None`: it is made another time.
async fn rehash(app: &App, password: &str) -> Option<String> {
    let hashed = app.hashing.hash(app.secrets.clone(), password.to_owned());
    match hashed.await {
        Ok(hash) => Some(hash),
        Err(error) => {
            tracing::warn!(%error, "a password was not hashed anew");
            None
        }
    }
}

async fn record_failure(
    app: &App,
    subjects: Subjects,
    person: Option<UserRow>,
    failures: i64,
    origin: &RequestOrigin,
    now_ms: i64,
) -> Result<(), ApiError> {
    let secrets = app.secrets.clone();
    // Who tried is not known; of what was typed nothing is kept (case 77).
    let actor = origin.actor(None);
    app.stores
        .control
        .write(move |tx| -> Result<(), ApiError> {
            LOG_INS_OF_SERVER.is_within(tx, &subjects.server, now_ms)?;
            let Some(person) = person.as_ref().filter(|_| is_above_threshold(failures)) else {
                return Ok(());
            };
            let (account, user) = (person.account_id, person.user_id);
            let turned_off =
                failures >= FAILURES_MAX && users::turn_password_off(tx, account, user, now_ms)?;
            let event = Event {
                action: if turned_off {
                    "password.turn_off"
                } else {
                    "session.log_in_failed"
                },
                target: Some(user.to_string()),
                after: Some(json!({"failures_in_a_row": failures})),
                ..Event::default()
            };
            audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            Ok(())
        })
        .await
}

async fn succeed(
    app: &App,
    subjects: Subjects,
    person: UserRow,
    new_hash: Option<String>,
    attempt: LogIn,
    now_ms: i64,
) -> Result<LoggedIn, ApiError> {
    let (account, user) = (person.account_id, person.user_id);
    let (cookie, new) = new_session(app, account, user, &attempt.origin);
    let device = device_mark(&app.secrets, user, now_ms);
    let secrets = app.secrets.clone();
    let actor = attempt.origin.actor(Some((user, &person.name)));
    let network = attempt.origin.address.map(network_of);
    let ids = Arc::clone(&app.ids);
    let tells_of_new_device = app.can_mail();
    let session = app
        .stores
        .control
        .write(move |tx| -> Result<_, StoreError> {
            subjects.clear(tx)?;
            if let Some(old) = &attempt.old_session {
                sessions::delete(tx, old)?;
            }
            if let Some(hash) = &new_hash {
                users::rehash(tx, account, user, &person.password_hash, hash)?;
            }
            sessions::insert(tx, &new, now_ms)?;
            users::logged_in(tx, account, user, now_ms)?;
            let knows_network = match &network {
                Some(network) => sessions::see_network(tx, account, user, network, now_ms)?,
                None => true,
            };
            let is_new = subjects.device.is_none() && !knows_network;
            if is_new && person.last_log_in_at.is_some() && tells_of_new_device {
                let letter = Letter::NewDevice {
                    address: new.address.clone(),
                    user_agent: new.user_agent.clone(),
                };
                queue_mail(tx, &ids, account, &person.email, &letter, None, now_ms)?;
            }
            let event = Event {
                action: "session.log_in",
                target: Some(new.session_id.to_string()),
                ..Event::default()
            };
            audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            sessions::find(tx, &new.digest)
        })
        .await?
        // Deactivated at this very moment.
        .ok_or_else(wrong_email_or_password)?;
    app.mail_due.notify_one();
    Ok(LoggedIn {
        cookie,
        device,
        session,
    })
}

/// Opens the first session of a person who has just come into an account.
pub async fn let_in(
    app: &App,
    account: AccountId,
    user: UserId,
    origin: &RequestOrigin,
) -> Result<LoggedIn, ApiError> {
    let now_ms = app.clock.now_ms();
    let (cookie, new) = new_session(app, account, user, origin);
    let (secrets, origin) = (app.secrets.clone(), origin.clone());
    let network = origin.address.map(network_of);
    let session = app
        .stores
        .control
        .write(move |tx| -> Result<_, StoreError> {
            sessions::insert(tx, &new, now_ms)?;
            users::logged_in(tx, account, user, now_ms)?;
            if let Some(network) = &network {
                sessions::see_network(tx, account, user, network, now_ms)?;
            }
            let session = sessions::find(tx, &new.digest)?;
            if let Some(session) = &session {
                let actor = origin.actor(Some((user, &session.name)));
                let event = Event {
                    action: "session.log_in",
                    target: Some(new.session_id.to_string()),
                    ..Event::default()
                };
                audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            }
            Ok(session)
        })
        .await?
        .ok_or_else(wrong_email_or_password)?;
    Ok(LoggedIn {
        cookie,
        device: device_mark(&app.secrets, user, now_ms),
        session,
    })
}

/// 401, the same for an unknown address, a wrong password and a person who may not log in.
fn wrong_email_or_password() -> ApiError {
    let mut error = ApiError::new(
        StatusCode::UNAUTHORIZED,
        "wrong_email_or_password",
        "Email or password is wrong.",
    );
    error.challenge = Some("Session realm=\"Weighbridge\"");
    error
}

impl From<PasswordError> for ApiError {
    fn from(error: PasswordError) -> Self {
        match &error {
            PasswordError::Busy => {
                let mut answer = Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "busy",
                    "Too many people log in at this moment. Try again shortly.",
                );
                answer.retry_after_seconds = Some(2);
                answer
            }
            PasswordError::Hashing(_) => {
                tracing::error!(%error, "a password was not hashed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal_error",
                    "Something broke on our side. Nothing was changed.",
                )
            }
            PasswordError::TooShort { .. }
            | PasswordError::TooLong(_)
            | PasswordError::TooManyBytes(_)
            | PasswordError::Repeated
            | PasswordError::Named(_)
            | PasswordError::Common => Self::param("password", error.to_string()),
        }
    }
}
