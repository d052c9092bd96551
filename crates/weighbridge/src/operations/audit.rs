//! The audit log (authentication.md 2.9): who did what to access, written in the transaction of the
//! change and chained, so that an altered, missing or cut entry shows.

use std::fmt::Write;

use domain::{AccountId, Environment};
use keys::{SecretName, Secrets, mac};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use store::control::audit::{self, AuditRow};
use store::{StoreError, Tx};

/// What kind of actor did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorKind {
    /// A person in the web app.
    User,
    /// An API key.
    Key,
    /// Whoever runs the command line.
    Operator,
    /// Weighbridge itself.
    System,
}

impl ActorKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Key => "key",
            Self::Operator => "operator",
            Self::System => "system",
        }
    }
}

/// Who did something, and from where.
#[derive(Clone, Debug)]
pub struct Actor {
    /// Kind.
    pub kind: ActorKind,
    /// Id of the user or key.
    pub id: Option<String>,
    /// The name that the actor has now.
    pub name: Option<String>,
    /// The client's address.
    pub address: Option<String>,
    /// The client's user agent.
    pub user_agent: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
}

impl Actor {
    /// Whoever runs the command line.
    pub fn operator() -> Self {
        Self::without_origin(ActorKind::Operator)
    }

    /// Weighbridge itself.
    pub fn system() -> Self {
        Self::without_origin(ActorKind::System)
    }

    fn without_origin(kind: ActorKind) -> Self {
        Self {
            kind,
            id: None,
            name: None,
            address: None,
            user_agent: None,
            request_id: None,
        }
    }
}

/// What was done. `before` and `after` never hold a secret: keys appear by their hints.
#[derive(Clone, Debug, Default)]
pub struct Event {
    /// Noun and verb, such as `key.roll`.
    pub action: &'static str,
    /// Id of what it was done to.
    pub target: Option<String>,
    /// Mode, where it matters.
    pub environment: Option<Environment>,
    /// State before.
    pub before: Option<Value>,
    /// State after.
    pub after: Option<Value>,
}

/// Appends an entry in the transaction of the change. Call it before `feed::record`: both hold a
/// row lock until the commit, and all take them in this order.
pub fn append(
    tx: &mut Tx<'_>,
    secrets: &Secrets,
    account: AccountId,
    actor: &Actor,
    event: &Event,
    now_ms: i64,
) -> Result<i64, StoreError> {
    let (last, prev_hash) =
        audit::lock_and_find_last(tx, account)?.unwrap_or_else(|| (0, vec![0; 32]));
    let mut entry = AuditRow {
        seq: last + 1,
        at: now_ms,
        actor_kind: actor.kind.as_str().to_owned(),
        actor_id: actor.id.clone(),
        actor_name: actor.name.clone(),
        action: event.action.to_owned(),
        target: event.target.clone(),
        environment: event.environment.map(|mode| mode.as_str().to_owned()),
        address: actor.address.clone(),
        user_agent: actor.user_agent.clone(),
        request_id: actor.request_id.clone(),
        before: event.before.as_ref().map(Value::to_string),
        after: event.after.as_ref().map(Value::to_string),
        prev_hash,
        hash: Vec::new(),
    };
    entry.hash = hash(account, &entry).to_vec();
    let anchor = anchor_mac(secrets, account, entry.seq, &entry.hash);
    audit::append(tx, account, &entry, &anchor)?;
    Ok(entry.seq)
}

/// What an entry's hash covers, beside the hash before it.
#[derive(Serialize)]
struct Hashed<'a> {
    account_id: AccountId,
    seq: i64,
    at: i64,
    actor_kind: &'a str,
    actor_id: Option<&'a str>,
    actor_name: Option<&'a str>,
    action: &'a str,
    target: Option<&'a str>,
    environment: Option<&'a str>,
    address: Option<&'a str>,
    user_agent: Option<&'a str>,
    request_id: Option<&'a str>,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

/// SHA-256 over the hash before and the canonical JSON (RFC 8785) of the rest.
pub fn hash(account_id: AccountId, entry: &AuditRow) -> [u8; 32] {
    let hashed = Hashed {
        account_id,
        seq: entry.seq,
        at: entry.at,
        actor_kind: &entry.actor_kind,
        actor_id: entry.actor_id.as_deref(),
        actor_name: entry.actor_name.as_deref(),
        action: &entry.action,
        target: entry.target.as_deref(),
        environment: entry.environment.as_deref(),
        address: entry.address.as_deref(),
        user_agent: entry.user_agent.as_deref(),
        request_id: entry.request_id.as_deref(),
        before: entry.before.as_deref(),
        after: entry.after.as_deref(),
    };
    let canonical = serde_json_canonicalizer::to_vec(&hashed)
        .expect("an entry holds only strings and whole numbers");
    let mut sha = Sha256::new();
    sha.update(&entry.prev_hash);
    sha.update(&canonical);
    sha.finalize().into()
}

/// Signs the newest entry of an account.
pub fn anchor_mac(secrets: &Secrets, account: AccountId, seq: i64, hash: &[u8]) -> [u8; 32] {
    let (_, secret) = secrets.entry(SecretName::AuditMac).newest();
    mac(secret, &anchor_message(account, seq, hash))
}

/// Bytes in hexadecimal digits, as hashes are shown.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes that an anchor's MAC covers.
pub fn anchor_message(account: AccountId, seq: i64, hash: &[u8]) -> Vec<u8> {
    let mut message = account.as_bytes().to_vec();
    message.extend(seq.to_be_bytes());
    message.extend(hash);
    message
}
