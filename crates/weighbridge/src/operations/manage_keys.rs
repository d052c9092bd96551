//! API keys and callback auth keys of one account (authentication.md 2.1, 2.3): made, shown, changed
//! and ended, each with its audit entry in the same transaction. Every change advances the feed by
//! which running servers learn of it; `confirm_change` waits until they have.

mod change;
mod end;
mod make;
mod reveal;

pub use make::{MadeKey, new_key};

use std::sync::Arc;

use domain::time::{DAY_MS, HOUR_MS};
use domain::{AccountId, Environment, KeyId, UserId};
use keys::{DataKey, KeyKind, Secrets};
use serde_json::{Value, json};
use store::control::accounts::AccountRow;
use store::control::keys::{self as stored_keys, KeyRow};
use store::{ControlStore, StoreError, Tx};

use super::audit::{self, Actor, ActorKind, Event};
use crate::clock::{Clock, IdSource};
use crate::directory::open_data_key;

/// Most valid keys of an account and mode.
pub const KEYS_MAX: usize = 100;
/// Longest name, in characters.
pub const NAME_LENGTH_MAX: usize = 100;
/// Longest time that an old key and its replacement both work.
pub const OVERLAP_MAX_MS: i64 = 30 * DAY_MS;
/// Overlaps that can be chosen when a key is rolled, by name.
pub const OVERLAPS: [(&str, i64); 5] = [
    ("now", 0),
    ("1h", HOUR_MS),
    ("24h", DAY_MS),
    ("3d", 3 * DAY_MS),
    ("7d", 7 * DAY_MS),
];
/// The overlap of who chooses none.
pub const OVERLAP_DEFAULT: &str = "24h";

/// The overlap of this name, in milliseconds.
pub fn read_overlap(name: &str) -> Option<i64> {
    let found = OVERLAPS.iter().find(|(known, _)| *known == name);
    found.map(|(_, overlap_ms)| *overlap_ms)
}

/// The keys of an account, in the hands of one actor.
pub struct KeyManager {
    control: ControlStore,
    secrets: Arc<Secrets>,
    account: AccountRow,
    data_key: DataKey,
    ids: Arc<IdSource>,
    clock: Clock,
    actor: Actor,
}

/// What a change gave, and the version by which servers learn of it.
#[derive(Debug)]
pub struct Changed<T> {
    /// What it gave.
    pub value: T,
    /// For `confirm_change`.
    pub version: i64,
}

/// Why a key is not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyProblem {
    /// No such key in this account.
    #[error("There is no such key.")]
    NotFound,
    /// The text's digest is known.
    #[error("This very key is, or was, in use already.")]
    Taken,
    /// The limit of valid keys is reached.
    #[error("An account can have at most {KEYS_MAX} valid keys in {0} mode; revoke one first.")]
    TooMany(Environment),
    /// The name's length.
    #[error("A key's name must have 1 to {NAME_LENGTH_MAX} characters, got {0}.")]
    Name(usize),
    /// Another key is in its place already.
    #[error("The key was rolled already. Roll the key that took its place.")]
    AlreadyRolled,
    /// It has no replacement whose overlap could be changed.
    #[error("The key was not rolled, so it has no end that could be moved.")]
    NotRolled,
    /// The overlap would be too long.
    #[error("An old key can go on working for at most 30 days after it was rolled.")]
    Overlap,
    /// The key has ended for good.
    #[error("The key is {0}; that cannot be changed.")]
    Ended(&'static str),
    /// Suspended twice, or resumed without being suspended.
    #[error("The key is {0} already.")]
    Already(&'static str),
    /// Callback auth keys are rolled, not ended or suspended.
    #[error("A callback auth key is always there: roll it instead.")]
    CallbackAuthKey,
    /// No sealed text.
    #[error("This key cannot be shown. Roll it to get one that can.")]
    NotRevealable,
    /// Sealing or the system's generator failed.
    #[error("The key could not be sealed: {0}")]
    Sealing(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl KeyManager {
    /// Opens the account's data key. `None` with a logged error: it does not open with this secrets
    /// file.
    pub fn new(
        control: ControlStore,
        secrets: Arc<Secrets>,
        account: AccountRow,
        ids: Arc<IdSource>,
        clock: Clock,
        actor: Actor,
    ) -> Option<Self> {
        let data_key = open_data_key(&account, &secrets)?;
        Some(Self {
            control,
            secrets,
            account,
            data_key,
            ids,
            clock,
            actor,
        })
    }

    /// All keys, oldest first.
    pub async fn list(&self) -> Result<Vec<KeyRow>, StoreError> {
        let account = self.account.account_id;
        self.control
            .read(move |tx| stored_keys::of_account(tx, account))
            .await
    }

    /// What a change's transaction needs, to be moved into its closure.
    fn change(&self) -> Change {
        Change {
            account: self.account.account_id,
            actor: self.actor.clone(),
            secrets: self.secrets.clone(),
            now_ms: self.clock.now_ms(),
        }
    }
}

/// What a change's transaction needs.
struct Change {
    account: AccountId,
    actor: Actor,
    secrets: Arc<Secrets>,
    now_ms: i64,
}

impl Change {
    /// The person behind the change, if it is one.
    fn user(&self) -> Option<UserId> {
        let id = self.actor.id.as_deref()?;
        (self.actor.kind == ActorKind::User).then(|| id.parse().ok())?
    }

    fn find(&self, tx: &mut Tx<'_>, key_id: KeyId) -> Result<KeyRow, KeyProblem> {
        stored_keys::find(tx, self.account, key_id)?.ok_or(KeyProblem::NotFound)
    }

    /// Writes the audit entry of a change to a key.
    fn audit(
        &self,
        tx: &mut Tx<'_>,
        action: &'static str,
        key: &KeyRow,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Result<(), KeyProblem> {
        let event = Event {
            action,
            target: Some(format!("key_{}", key.key_id)),
            environment: Some(key.environment),
            before,
            after,
        };
        audit::append(
            tx,
            &self.secrets,
            self.account,
            &self.actor,
            &event,
            self.now_ms,
        )?;
        Ok(())
    }
}

/// State of a key at a time: an end in the past counts.
pub fn state_of(key: &KeyRow, now_ms: i64) -> &'static str {
    match key.state.as_str() {
        "revoked" => "revoked",
        _ if key.expires_at.is_some_and(|end| end <= now_ms) => "expired",
        "suspended" => "suspended",
        _ => "active",
    }
}

/// Whether a key can still be used, now or after it was resumed.
fn is_valid(key: &KeyRow, now_ms: i64) -> bool {
    matches!(state_of(key, now_ms), "active" | "suspended")
}

fn is_callback_auth(key: &KeyRow) -> bool {
    key.kind == KeyKind::CallbackAuth.as_str()
}

fn check_name(name: &str) -> Result<(), KeyProblem> {
    let length = name.trim().chars().count();
    if (1..=NAME_LENGTH_MAX).contains(&length) && !name.contains(char::is_control) {
        return Ok(());
    }
    Err(KeyProblem::Name(length))
}

/// What the audit log says of a key: never more than its hint.
fn in_words(key: &KeyRow) -> Value {
    json!({"name": key.name, "hint": key.hint})
}
