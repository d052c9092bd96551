//! `weighbridge key …`: keys for scripts. A change is told of when the servers that run have it in
//! force.

use std::fmt::Write;
use std::io::Read;
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use domain::time::format_time;
use keys::read_imported_key;
use serde_json::{Value, json};
use store::control::keys::KeyRow;
use zeroize::Zeroizing;

use super::{AccountOption, Mode, Sources, StoreOptions, print};
use crate::clock::Clock;
use crate::operations::audit::Actor;
use crate::operations::confirm_change::{Receipt, confirm_by_servers};
use crate::operations::manage_keys::{
    Changed, KeyManager, MadeKey, OVERLAP_DEFAULT, OVERLAPS, read_overlap, state_of,
};
use crate::startup;

#[derive(Subcommand)]
pub(super) enum Key {
    /// Make a key; it is printed once
    Create(Create),
    /// List the keys, by what may be shown of them
    List(List),
    /// Make a key in the place of another one, which goes on working for a while
    Roll(Roll),
    /// End a key for good: requests with it fail at once
    Revoke(Revoke),
    /// Take over a key of another platform, so that programs need not change
    Import(Import),
}

#[derive(Args)]
pub(super) struct Create {
    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    account: AccountOption,
    /// Mode that the key stands for
    #[arg(long, value_enum)]
    mode: Mode,
    /// 1 to 100 characters
    #[arg(long, default_value = "default")]
    name: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    account: AccountOption,
    /// Print a JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Roll {
    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    account: AccountOption,
    /// The key's id (key_…) or the last four characters of its text
    key: String,
    /// How long the old key goes on working
    #[arg(long, value_parser = PossibleValuesParser::new(OVERLAPS.map(|(name, _)| name)),
        default_value = OVERLAP_DEFAULT)]
    overlap: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub(super) struct Revoke {
    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    account: AccountOption,
    /// The key's id (key_…) or the last four characters of its text
    key: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[command(
    after_help = "Example:  weighbridge key import --data-dir data --mode live < old-key.txt"
)]
pub(super) struct Import {
    #[command(flatten)]
    store: StoreOptions,
    #[command(flatten)]
    account: AccountOption,
    /// Mode that the key stands for
    #[arg(long, value_enum)]
    mode: Mode,
    /// 1 to 100 characters
    #[arg(long, default_value = "imported")]
    name: String,
    /// Take a short or uniform key too
    #[arg(long)]
    allow_weak: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

impl Key {
    pub(super) async fn run(self, sources: &Sources) -> anyhow::Result<()> {
        let (store, account) = match &self {
            Self::Create(command) => (&command.store, &command.account),
            Self::List(command) => (&command.store, &command.account),
            Self::Roll(command) => (&command.store, &command.account),
            Self::Revoke(command) => (&command.store, &command.account),
            Self::Import(command) => (&command.store, &command.account),
        };
        let config = sources.config(&store.list())?;
        let stores = startup::open_stores(&config).await?;
        let secrets = startup::load_secrets(&config, &stores.control).await?;
        let account = account.choose(&stores.control).await?;
        let manager = KeyManager::new(
            stores.control.clone(),
            secrets,
            account,
            Arc::default(),
            Clock::System,
            Actor::operator(),
        )
        .context("the account's data key does not open with this secrets file")?;
        let confirm = async |version| {
            let max_staleness_ms = config.max_staleness_ms;
            confirm_by_servers(&stores.control, version, max_staleness_ms, &Clock::System).await
        };
        match self {
            Self::Create(command) => {
                let made = manager.create(command.mode.into(), &command.name).await?;
                show_made(&made.value, confirm(made.version).await, command.json)
            }
            Self::List(command) => show_list(&manager.list().await?, command.json),
            Self::Roll(command) => {
                let old = find(manager.list().await?, &command.key)?;
                let overlap_ms = read_overlap(&command.overlap).context("no such overlap")?;
                let made = manager.roll(&old, overlap_ms).await?;
                show_made(&made.value, confirm(made.version).await, command.json)
            }
            Self::Revoke(command) => {
                let key = find(manager.list().await?, &command.key)?;
                let revoked = manager.revoke(key.key_id).await?;
                let receipt = confirm(revoked.version).await;
                if command.json {
                    let id = format!("key_{}", key.key_id);
                    return print_json(json!({"key_id": id, "revoked": true}), receipt);
                }
                let (hint, name) = (key.hint, key.name);
                print(&format!("Revoked {hint} ({name}). {}", receipt.to_words()))
            }
            Self::Import(command) => {
                let is_json = command.json;
                let made = import(&manager, command).await?;
                let receipt = confirm(made.version).await;
                let id = format!("key_{}", made.value.key_id);
                let (environment, name) = (made.value.environment, made.value.name);
                if is_json {
                    let object = json!({"key_id": id, "environment": environment, "name": name});
                    return print_json(object, receipt);
                }
                print(&format!(
                    "Imported {name} as {id} for {environment} mode. {}",
                    receipt.to_words()
                ))
            }
        }
    }
}

async fn import(manager: &KeyManager, command: Import) -> anyhow::Result<Changed<MadeKey>> {
    let mut text = Zeroizing::new(String::new());
    std::io::stdin()
        .take(4096)
        .read_to_string(&mut text)
        .context("the key is read from standard input, which does not read")?;
    let text = Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned());
    let environment = command.mode.into();
    let text = read_imported_key(text, environment, command.allow_weak)?;
    Ok(manager.import(environment, &command.name, text).await?)
}

/// Prints a JSON object with the receipt's members added.
fn print_json(mut object: Value, receipt: Receipt) -> anyhow::Result<()> {
    if let (Value::Object(members), Value::Object(further)) = (&mut object, receipt.to_json()) {
        members.extend(further);
    }
    print(&object.to_string())
}

/// A key by its id or the end of its text. Only API keys are managed here.
fn find(keys: Vec<KeyRow>, wanted: &str) -> anyhow::Result<KeyRow> {
    let mut matching: Vec<KeyRow> = keys
        .into_iter()
        .filter(|key| {
            key.kind == "wb"
                && (format!("key_{}", key.key_id) == wanted
                    || wanted.len() == 4 && key.hint.ends_with(wanted))
        })
        .collect();
    match (matching.pop(), matching.is_empty()) {
        (Some(key), true) => Ok(key),
        (Some(_), false) => bail!("several keys end in {wanted}; give the id, key_…"),
        (None, _) => bail!("there is no API key {wanted}\n  List them with: weighbridge key list"),
    }
}

fn show_made(made: &MadeKey, receipt: Receipt, as_json: bool) -> anyhow::Result<()> {
    let id = format!("key_{}", made.key_id);
    if as_json {
        let object = json!({
            "key_id": id,
            "environment": made.environment,
            "name": made.name,
            "key": made.text.expose(),
        });
        return print_json(object, receipt);
    }
    eprintln!("{}", receipt.to_words());
    eprintln!("Keep this key on servers; the dashboard shows it again to Admins and Managers.");
    print(made.text.expose())
}

fn show_list(keys: &[KeyRow], as_json: bool) -> anyhow::Result<()> {
    let now_ms = Clock::System.now_ms();
    let mut text = String::new();
    if !as_json {
        text.push_str("MODE  STATE      KEY              MADE        LAST USED   ID                            NAME\n");
    }
    for key in keys {
        if as_json {
            let row: Value = json!({
                "key_id": format!("key_{}", key.key_id),
                "kind": key.kind,
                "environment": key.environment,
                "name": key.name,
                "hint": key.hint,
                "state": state_of(key, now_ms),
                "created_at": format_time(key.created_at),
                "expires_at": key.expires_at.map(format_time),
                "revoked_at": key.revoked_at.map(format_time),
                "last_used_at": key.last_used_at.map(format_time),
            });
            text.push_str(&row.to_string());
        } else {
            let day = |time: i64| format_time(time)[..10].to_owned();
            let used = key.last_used_at.map_or_else(|| "never".to_owned(), day);
            let _ = write!(
                text,
                "{:<5} {:<10} {:<16} {}  {used:<10}  key_{}  {}",
                key.environment.as_str(),
                state_of(key, now_ms),
                key.hint,
                day(key.created_at),
                key.key_id,
                key.name
            );
        }
        text.push('\n');
    }
    print(&text)
}
