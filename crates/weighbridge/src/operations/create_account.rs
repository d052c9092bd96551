//! Makes an account with its Admin, one key of each kind and mode and what its callbacks are signed
//! with; reads a new person.

use std::sync::Arc;

use anyhow::{Context, bail};
use domain::{AccountId, Environment, KeyId, Role, UserId};
use keys::{DataKey, KeyKind, KeyText, SealedPlace, SecretName, Secrets};
use serde_json::json;
use store::control::accounts::{self, AccountRow, KeyPolicy};
use store::control::feed::{self, Change};
use store::control::keys::{self as stored_keys, NewKey};
use store::control::signing_secrets::{self, NewSigningSecret};
use store::control::users::{self, UserRow};
use store::{ControlStore, StoreError, Tx};

use super::audit::{self, Actor, Event};
use super::manage_keys::new_key;
use super::manage_signing_secrets::new_secret;
use crate::clock::{Clock, IdSource};
use crate::passwords;

/// Most characters of an account's or person's name.
pub const NAME_LENGTH_MAX: usize = 100;

/// The first account as it was made. Texts of keys are shown once, here.
pub struct Made {
    /// Account.
    pub account_id: AccountId,
    /// Its Admin.
    pub user_id: UserId,
    /// API key of test mode.
    pub test_api_key: KeyText,
    /// API key of live mode.
    pub live_api_key: KeyText,
    /// Callback auth key of test mode.
    pub test_callback_auth_key: KeyText,
    /// Callback auth key of live mode.
    pub live_callback_auth_key: KeyText,
    /// What callbacks of test mode are signed with, `whsec_…`.
    pub test_callback_signing_secret: KeyText,
    /// What callbacks of live mode are signed with, `whsec_…`.
    pub live_callback_signing_secret: KeyText,
}

/// A person to be made.
pub struct NewUser<'a> {
    /// For log-in.
    pub email: &'a str,
    /// What others see.
    pub name: &'a str,
    /// What the person may do.
    pub role: Role,
    /// Plain; only its hash is stored.
    pub password: &'a str,
}

/// E-mail addresses are compared trimmed and in lower case.
pub fn normalise_email(text: &str) -> String {
    text.trim().to_lowercase()
}

/// What others see of a person, until the person says otherwise.
pub fn name_of(email: &str) -> &str {
    email.trim().split('@').next().unwrap_or_default()
}

/// A normalised address to which mail can go; `None`: the text is no e-mail address.
pub fn read_email(text: &str) -> Option<String> {
    let email = normalise_email(text);
    let plausible = email.len() <= 254
        && !email
            .chars()
            .any(|character| character.is_whitespace() || character.is_control())
        && email.parse::<lettre::Address>().is_ok();
    plausible.then_some(email)
}

/// An account's or person's name without blanks around it; `None`: it is empty, longer than 100
/// characters, or holds control characters.
pub fn read_name(text: &str) -> Option<&str> {
    let name = text.trim();
    let fits = (1..=NAME_LENGTH_MAX).contains(&name.chars().count());
    (fits && !name.chars().any(char::is_control)).then_some(name)
}

/// Reads a person that the operator makes: the address counts as confirmed. The password is hashed
/// here, outside any transaction.
pub fn read_user(
    secrets: &Secrets,
    account_id: AccountId,
    user_id: UserId,
    user: &NewUser<'_>,
) -> anyhow::Result<UserRow> {
    let Some(email) = read_email(user.email) else {
        bail!("--email: \"{}\" is not an e-mail address", user.email);
    };
    Ok(UserRow {
        account_id,
        user_id,
        email,
        name: user.name.to_owned(),
        role: user.role,
        password_hash: passwords::hash(secrets, user.password, passwords::LENGTH_MIN_OPERATOR)?,
        deactivated_at: None,
        email_confirmed_at: Some(Clock::System.now_ms()),
        last_log_in_at: None,
        password_off_at: None,
        has_short_password: user.password.chars().count() < passwords::LENGTH_MIN,
    })
}

/// Makes the first account. Refuses when there is one.
pub async fn make_first_account(
    control: &ControlStore,
    secrets: &Arc<Secrets>,
    company: &str,
    default_callback_url: Option<String>,
    admin: &NewUser<'_>,
) -> anyhow::Result<Made> {
    if control.read(accounts::count).await? > 0 {
        bail!(
            "there is an account already; bootstrap makes only the first one\n  Add people with: \
             weighbridge user add --help"
        );
    }
    make_account(control, secrets, company, default_callback_url, admin).await
}

/// Makes an account, as the operator.
pub async fn make_account(
    control: &ControlStore,
    secrets: &Arc<Secrets>,
    company: &str,
    default_callback_url: Option<String>,
    admin: &NewUser<'_>,
) -> anyhow::Result<Made> {
    let Some(company) = read_name(company) else {
        bail!("--company: the account's name must have 1 to {NAME_LENGTH_MAX} characters");
    };
    let now_ms = Clock::System.now_ms();
    let ids = IdSource::default();
    let mut new = NewAccount::prepare(secrets, &ids, company, now_ms, |account, user| {
        read_user(secrets, account, user, admin)
    })?;
    new.account.default_callback_url = default_callback_url;
    let made = new.made.take().context("an account is made once")?;
    let email = new.admin.email.clone();
    let secrets = secrets.clone();
    let event = Event {
        action: "account.create",
        target: Some(new.account.account_id.to_string()),
        after: Some(json!({"name": new.account.name, "admin": email})),
        ..Event::default()
    };
    let stored = control
        .write(move |tx| -> Result<bool, StoreError> {
            let stored = new.store(tx, now_ms)?;
            if stored {
                let account = new.account.account_id;
                audit::append(tx, &secrets, account, &Actor::operator(), &event, now_ms)?;
                feed::record(tx, new.account.account_id, Change::Account, now_ms)?;
            }
            Ok(stored)
        })
        .await
        .context("the account could not be stored")?;
    if !stored {
        bail!("{email} belongs to a person already");
    }
    Ok(made)
}

/// An account that is ready to be stored, with its Admin and keys.
pub struct NewAccount {
    /// The account.
    pub account: AccountRow,
    /// Its Admin.
    pub admin: UserRow,
    /// Texts of the keys and ids; taken by who shows them.
    pub made: Option<Made>,
    keys: Vec<NewKey>,
    signing_secrets: Vec<NewSigningSecret>,
}

impl NewAccount {
    /// Makes ids, keys and secrets; `admin` reads the Admin for the ids that it is given.
    pub fn prepare(
        secrets: &Secrets,
        ids: &IdSource,
        company: &str,
        now_ms: i64,
        admin: impl FnOnce(AccountId, UserId) -> anyhow::Result<UserRow>,
    ) -> anyhow::Result<Self> {
        let next = || ids.next(now_ms);
        let account_id = {
            let (time, random) = next();
            AccountId::from_parts(time, random)
        };
        let user_id = {
            let (time, random) = next();
            UserId::from_parts(time, random)
        };
        let data_key = DataKey::generate()?;
        let wrapped = data_key.wrap(account_id, secrets.entry(SecretName::Wrap))?;
        let account = AccountRow {
            account_id,
            name: company.to_owned(),
            created_at: now_ms,
            data_key: wrapped.bytes,
            wrap_version: i64::from(wrapped.wrap_version),
            default_callback_url: None,
            key_policy: KeyPolicy::default(),
        };
        let admin = admin(account_id, user_id)?;
        let mut keys = Vec::new();
        let mut make_key = |environment: Environment, kind: KeyKind, name: &str| {
            let (time, random) = next();
            let key_id = KeyId::from_parts(time, random);
            let text = KeyText::generate(environment, kind)?;
            let place = SealedPlace {
                account_id,
                key_id,
                environment,
                kind,
            };
            keys.push(new_key(secrets, &data_key, &place, name, &text, now_ms)?);
            Ok::<_, anyhow::Error>(text)
        };
        let mut signing_secrets = Vec::new();
        let mut make_secret = |environment: Environment| {
            let (secret, row) = new_secret(ids, &data_key, account_id, environment, now_ms)?;
            signing_secrets.push(row);
            Ok::<_, anyhow::Error>(secret.text())
        };
        let made = Made {
            account_id,
            user_id,
            test_api_key: make_key(Environment::Test, KeyKind::Api, "default")?,
            live_api_key: make_key(Environment::Live, KeyKind::Api, "default")?,
            test_callback_auth_key: make_key(
                Environment::Test,
                KeyKind::CallbackAuth,
                "Test Callback Auth Key",
            )?,
            live_callback_auth_key: make_key(
                Environment::Live,
                KeyKind::CallbackAuth,
                "Live Callback Auth Key",
            )?,
            test_callback_signing_secret: make_secret(Environment::Test)?,
            live_callback_signing_secret: make_secret(Environment::Live)?,
        };
        Ok(Self {
            account,
            admin,
            made: Some(made),
            keys,
            signing_secrets,
        })
    }

    /// Stores the account. `false`: the Admin's address belongs to somebody, and nothing was
    /// stored. End the transaction by `feed::record`, so that the keys come into force.
    pub fn store(&self, tx: &mut Tx<'_>, now_ms: i64) -> Result<bool, StoreError> {
        if !users::insert(tx, &self.admin, now_ms)? {
            return Ok(false);
        }
        accounts::insert(tx, &self.account)?;
        for key in &self.keys {
            stored_keys::insert(tx, key)?;
        }
        for secret in &self.signing_secrets {
            signing_secrets::insert(tx, secret)?;
        }
        Ok(true)
    }
}
