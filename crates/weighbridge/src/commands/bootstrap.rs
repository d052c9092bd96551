//! `weighbridge bootstrap`: the first account, its Admin, one key of each mode.

use anyhow::bail;
use clap::Args;
use domain::Role;
use serde_json::json;

use super::{Sources, StoreOptions, print};
use crate::operations::create_account::{NewUser, make_first_account, name_of, normalise_email};
use crate::{passwords, startup};

#[derive(Args)]
#[command(
    after_help = "Example:  WEIGHBRIDGE_PASSWORD=… weighbridge bootstrap --data-dir data --email ada@example.com --company Acme"
)]
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

impl Bootstrap {
    pub(super) async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        let config = sources.config(&self.store.list())?;
        let password = password_from_environment()?;
        startup::make_private_folder(&config.data_dir)?;
        let stores = startup::open_stores(&config).await?;
        let secrets = startup::load_secrets(&config, &stores.control).await?;
        let name = self.name.as_deref().unwrap_or_else(|| name_of(&self.email));
        let admin = NewUser {
            email: &self.email,
            name,
            role: Role::Admin,
            password: &password,
        };
        let made =
            make_first_account(&stores.control, &secrets, &self.company, None, &admin).await?;
        if self.json {
            let object = json!({
                "account_id": made.account_id,
                "user_id": made.user_id,
                "test_api_key": made.test_api_key.expose(),
                "live_api_key": made.live_api_key.expose(),
                "test_callback_auth_key": made.test_callback_auth_key.expose(),
                "live_callback_auth_key": made.live_callback_auth_key.expose(),
                "test_callback_signing_secret": made.test_callback_signing_secret.expose(),
                "live_callback_signing_secret": made.live_callback_signing_secret.expose(),
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
