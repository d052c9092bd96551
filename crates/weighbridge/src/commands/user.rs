//! `weighbridge user add`: another person of the account.

use anyhow::bail;
use clap::{Args, Subcommand, ValueEnum};
use domain::{Role, UserId};
use serde_json::json;
use store::StoreError;
use store::control::users;

use super::bootstrap::password_from_environment;
use super::{AccountOption, Sources, StoreOptions, print};
use crate::clock::{Clock, IdSource};
use crate::operations::audit::{self, Actor, Event};
use crate::operations::create_account::{NewUser, name_of, read_user};
use crate::startup;

#[derive(Subcommand)]
pub(super) enum User {
    /// Add a person; the password comes from `WEIGHBRIDGE_PASSWORD`
    Add(Add),
}

#[derive(Args)]
pub(super) struct Add {
    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    account: AccountOption,
    /// E-mail address, for log-in
    #[arg(long)]
    email: String,
    /// What the person may do
    #[arg(long, value_enum)]
    role: RoleName,
    /// What others see [default: the part of the address before the @]
    #[arg(long)]
    name: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    Admin,
    Manager,
    Member,
    Labeler,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Admin => Self::Admin,
            RoleName::Manager => Self::Manager,
            RoleName::Member => Self::Member,
            RoleName::Labeler => Self::Labeler,
        }
    }
}

impl User {
    pub(super) async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        let Self::Add(add) = self;
        add.run(sources).await
    }
}

impl Add {
    async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        let config = sources.config(&self.store.list())?;
        let password = password_from_environment()?;
        let stores = startup::open_stores(&config).await?;
        let secrets = startup::load_secrets(&config, &stores.control).await?;
        let account = self.account.choose(&stores.control).await?;
        let now_ms = Clock::System.now_ms();
        let (time, random) = IdSource::default().next(now_ms);
        let user_id = UserId::from_parts(time, random);
        let name = self.name.as_deref().unwrap_or_else(|| name_of(&self.email));
        let role = Role::from(self.role);
        let new = NewUser {
            email: &self.email,
            name,
            role,
            password: &password,
        };
        let user = read_user(&secrets, account.account_id, user_id, &new)?;
        let email = user.email.clone();
        let added = stores
            .control
            .write(move |tx| -> Result<bool, StoreError> {
                if !users::insert(tx, &user, now_ms)? {
                    return Ok(false);
                }
                let event = Event {
                    action: "user.add",
                    target: Some(user_id.to_string()),
                    after: Some(json!({"email": user.email, "role": role})),
                    ..Event::default()
                };
                let actor = Actor::operator();
                audit::append(tx, &secrets, user.account_id, &actor, &event, now_ms)?;
                Ok(true)
            })
            .await?;
        if !added {
            bail!("{email} belongs to a person already");
        }
        if self.json {
            return print(&json!({"user_id": user_id, "email": email, "role": role}).to_string());
        }
        print(&format!("Added {email} as {role} ({user_id})"))
    }
}
