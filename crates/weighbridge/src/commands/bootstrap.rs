//! `weighbridge bootstrap`: the first account, its Admin, one key of each mode.

use anyhow::{Context, bail};
use clap::Args;
use domain::{AccountId, Environment, KeyId, Role, UserId};
use keys::{DataKey, KeyKind, KeyText, SealedPlace, SecretName, Secrets};
use serde_json::json;
use store::control::accounts::{self, AccountRow};
use store::control::keys::{self as stored_keys, NewKey};
use store::control::users::{self, UserRow};
use store::{ControlStore, StoreError};

use super::{Sources, StoreOptions, print, start};
use crate::clock::{Clock, IdSource};
use crate::http::web::session::normalise_email;
use crate::passwords;

#[derive(Args)]
#[command(after_help = "Example:  WEIGHBRIDGE_PASSWORD=… weighbridge bootstrap --data-dir data --email ada@example.com --company Acme")]
pub(super) struct Bootstrap {
    #[command(flatten)]
    store: StoreOptions,
    /// E-mail address of the first Admin
    #[arg(long)]
    email: String,
    /// Name of the account
    #[arg(long)]
    company: String,
    /// Name of the first Admin [default: the part of the address before the @]
    #[arg(long)]
    name: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The first account as it was made. Texts of keys are shown once, here.
pub(super) struct Made {
    pub(super) account_id: AccountId,
    pub(super) user_id: UserId,
    pub(super) test_api_key: KeyText,
    pub(super) live_api_key: KeyText,
    pub(super) test_callback_auth_key: KeyText,
    pub(super) live_callback_auth_key: KeyText,
}

impl Bootstrap {
    pub(super) async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        let config = sources.config(&self.store.list())?;
        let password = password_from_environment()?;
        start::make_private_folder(&config.data_dir)?;
        let stores = start::open_stores(&config).await?;
        let secrets = start::load_secrets(&config, &stores.control).await?;
        let name = self.name.as_deref().unwrap_or_else(|| name_of(&self.email));
        let admin = NewUser { email: &self.email, name, role: Role::Admin, password: &password };
        let made =
            make_account(&stores.control, &secrets, &self.company, None, &admin).await?;
        if self.json {
            let object = json!({
                "account_id": made.account_id,
                "user_id": made.user_id,
                "test_api_key": made.test_api_key.expose(),
                "live_api_key": made.live_api_key.expose(),
                "test_callback_auth_key": made.test_callback_auth_key.expose(),
                "live_callback_auth_key": made.live_callback_auth_key.expose(),
            });
            return print(&object.to_string());
        }
        print(&format!(
            "Account {} ({})\nAdmin   {}\n\n\
             Test API key              {}\nLive API key              {}\n\
             Test Callback Auth Key    {}\nLive Callback Auth Key    {}\n\n\
             Keep these keys on servers. Admins and Managers find them again under API Keys.\n\
             Next:  weighbridge serve --data-dir {}",
            self.company,
            made.account_id,
            normalise_email(&self.email),
            made.test_api_key.expose(),
            made.live_api_key.expose(),
            made.test_callback_auth_key.expose(),
            made.live_callback_auth_key.expose(),
            config.data_dir.display(),
        ))
    }
}

/// A person to be made.
pub(super) struct NewUser<'a> {
    pub(super) email: &'a str,
    pub(super) name: &'a str,
    pub(super) role: Role,
    pub(super) password: &'a str,
}

/// The password of a new person, from `WEIGHBRIDGE_PASSWORD`.
pub(super) fn password_from_environment() -> anyhow::Result<String> {
    let password = std::env::var("WEIGHBRIDGE_PASSWORD").unwrap_or_default();
    if password.is_empty() {
        bail!(
            "the password is missing\n  Give it in the environment variable WEIGHBRIDGE_PASSWORD."
        );
    }
    if password.chars().count() < passwords::LENGTH_MIN {
        eprintln!(
            "warning: the password is shorter than {} characters; change it after the first log-in",
            passwords::LENGTH_MIN
        );
    }
    Ok(password)
}

/// What others see of a person, until the person says otherwise.
pub(super) fn name_of(email: &str) -> &str {
    email.trim().split('@').next().unwrap_or_default()
}

/// Reads a new person; the password is hashed here, outside any transaction.
pub(super) fn read_user(
    secrets: &Secrets,
    account_id: AccountId,
    user_id: UserId,
    user: &NewUser<'_>,
) -> anyhow::Result<UserRow> {
    let email = normalise_email(user.email);
    let plausible = email.len() <= 254
        && !email.chars().any(|character| character.is_whitespace() || character.is_control())
        && email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty());
    if !plausible {
        bail!("--email: \"{}\" is not an e-mail address", user.email);
    }
    Ok(UserRow {
        account_id,
        user_id,
        email,
        name: user.name.to_owned(),
        role: user.role,
        password_hash: passwords::hash(secrets, user.password, passwords::LENGTH_MIN_OPERATOR)?,
        deactivated_at: None,
    })
}

/// Makes the first account. Refuses when there is one.
pub(super) async fn make_account(
    control: &ControlStore,
    secrets: &Secrets,
    company: &str,
    default_callback_url: Option<String>,
    admin: &NewUser<'_>,
) -> anyhow::Result<Made> {
    if company.trim().is_empty() || company.chars().count() > 100 {
        bail!("--company: the account's name must have 1 to 100 characters");
    }
    if control.read(accounts::count).await? > 0 {
        bail!(
            "there is an account already; bootstrap makes only the first one\n  Add people with: \
             weighbridge user add --help"
        );
    }
    let now_ms = Clock::System.now_ms();
    let ids = IdSource::default();
    let next = || ids.next(now_ms);
    let account_id = { let (time, random) = next(); AccountId::from_parts(time, random) };
    let user_id = { let (time, random) = next(); UserId::from_parts(time, random) };
    let data_key = DataKey::generate()?;
    let wrapped = data_key.wrap(account_id, secrets.entry(SecretName::Wrap))?;
    let account = AccountRow {
        account_id,
        name: company.trim().to_owned(),
        created_at: now_ms,
        data_key: wrapped.bytes,
        wrap_version: i64::from(wrapped.wrap_version),
        default_callback_url,
    };
    let admin = read_user(secrets, account_id, user_id, admin)?;
    let mut rows = Vec::new();
    let mut make_key = |environment: Environment, kind: KeyKind, name: &str| {
        let (time, random) = next();
        let key_id = KeyId::from_parts(time, random);
        let text = KeyText::generate(environment, kind)?;
        let place = SealedPlace { account_id, key_id, environment, kind };
        let (digest_version, digest) = secrets.pepper().digest(text.expose().as_bytes());
        rows.push(NewKey {
            account_id,
            key_id,
            environment,
            kind: kind.as_str(),
            name: name.to_owned(),
            hint: text.hint(environment, kind),
            digest: *digest.as_bytes(),
            digest_version: i64::from(digest_version),
            sealed: Some(data_key.seal(&place, &text)?),
            created_at: now_ms,
            created_by: None,
        });
        Ok::<_, anyhow::Error>(text)
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
    };
    control
        .write(move |tx| -> Result<(), StoreError> {
            accounts::insert(tx, &account)?;
            users::insert(tx, &admin, now_ms)?;
            for row in &rows {
                stored_keys::insert(tx, row)?;
            }
            accounts::advance_feed(tx)
        })
        .await
        .context("the account could not be stored")?;
    Ok(made)
}
