//! What the request path holds in memory instead of asking the control database: every API key and
//! each account's settings. The worker `change_feed` keeps it current.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use domain::{AccountId, Environment, PlainHttp};
use keys::{
    DataKey, KeyDigest, KeyIndex, KeyKind, KeyRow, KeyState, KeyText, SealedPlace, SecretName,
    Secrets, WrappedDataKey,
};
use outbound::Target;
use store::control::accounts::AccountRow;
use store::control::callback_settings::CallbackSettings;
use store::control::feed::{Changed, News};
use store::control::signing_secrets::SigningSecretRow;
use store::control::{accounts, callback_settings, feed, keys as stored_keys, signing_secrets};
use store::{ControlStore, StoreError, Tx};

use crate::clock::Clock;
use crate::freshness::Freshness;
use crate::pinned_hosts::PinnedHosts;
use crate::signing_secrets::SigningSecrets;

/// Keys and account settings, complete.
pub struct Directory {
    /// Every API key, by digest.
    pub keys: KeyIndex,
    /// Until when all this may be trusted.
    pub freshness: Freshness,
    accounts: ArcSwap<HashMap<AccountId, Arc<AccountSettings>>>,
    version: AtomicI64,
    snapshots: AtomicU64,
    /// Held by whoever follows the feed: what was read first must be applied first.
    following: tokio::sync::Mutex<()>,
}

/// What a request needs to know of its account.
pub struct AccountSettings {
    /// The company's name.
    pub name: String,
    /// Used by tasks without a `callback_url`.
    pub default_callback_url: Option<String>,
    /// Prices that differ from the default list, micro-units by task type.
    pub prices: HashMap<String, i64>,
    /// Callbacks of test mode carry the Test Callback Auth Key.
    pub own_key_for_test_callbacks: bool,
    /// The auth key over plain http to a public address.
    pub plain_http: PlainHttp,
    /// Hosts that callbacks may go to; `None`: any public host.
    pub pinned_hosts: Option<PinnedHosts>,
    /// Events beyond the original's that the account asked for.
    pub subscribed_events: HashSet<String>,
    /// While a callback auth key is rolled, the old one stays in the header that receivers know.
    pub old_key_first: bool,
    live_callback_auth: CallbackAuth,
    test_callback_auth: CallbackAuth,
    live_signing: SigningSecrets,
    test_signing: SigningSecrets,
}

/// What a receiver recognises callbacks by.
#[derive(Clone, Default)]
pub struct CallbackAuth {
    /// Value of `scale-callback-auth`; `None`: nothing can be sent.
    pub key: Option<Arc<KeyText>>,
    /// Keys that were rolled, oldest first, and until when each still goes out, Unix ms.
    previous: Vec<(Arc<KeyText>, i64)>,
}

impl CallbackAuth {
    /// Value of `scale-callback-auth-previous`: the key rolled last whose overlap is not over.
    pub fn previous(&self, now_ms: i64) -> Option<&KeyText> {
        let running = self.previous.iter().rev().find(|(_, end)| *end > now_ms);
        running.map(|(text, _)| &**text)
    }
}

impl AccountSettings {
    /// The auth keys of a mode's callbacks: the Live Callback Auth Key, unless the account has a key
    /// of its own for those of test mode (design.md part 5).
    pub fn callback_auth(&self, environment: Environment) -> &CallbackAuth {
        match environment {
            Environment::Test if self.own_key_for_test_callbacks => &self.test_callback_auth,
            Environment::Test | Environment::Live => &self.live_callback_auth,
        }
    }

    /// The auth keys that a mode's callbacks do not carry: those of the other mode, or the unused
    /// ones of test mode.
    pub fn other_callback_auth(&self, environment: Environment) -> &CallbackAuth {
        match environment {
            Environment::Test if self.own_key_for_test_callbacks => &self.live_callback_auth,
            Environment::Test | Environment::Live => &self.test_callback_auth,
        }
    }

    /// What a mode's callbacks are signed with.
    pub fn signing(&self, environment: Environment) -> &SigningSecrets {
        match environment {
            Environment::Live => &self.live_signing,
            Environment::Test => &self.test_signing,
        }
    }

    /// Calls `with` with the text of every callback auth key and signing secret that is known, those
    /// whose time is over too: what must not be stored as plain text.
    pub fn for_each_secret(&self, mut with: impl FnMut(&str)) {
        for auth in [&self.live_callback_auth, &self.test_callback_auth] {
            let previous = auth.previous.iter().map(|(text, _)| text);
            for key in auth.key.iter().chain(previous) {
                with(key.expose());
            }
        }
        for signing in [&self.live_signing, &self.test_signing] {
            for loaded in signing.all() {
                with(loaded.secret.text().expose());
            }
        }
    }

    /// Whether callbacks may go to a target: the account may have pinned its hosts.
    pub fn allows_target(&self, target: &Target) -> bool {
        self.pinned_hosts
            .as_ref()
            .is_none_or(|hosts| hosts.allows(target))
    }
}

/// What a look at the feed told.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// The database's clock, Unix ms.
    pub database_now_ms: i64,
}

/// An account as it is stored, with all that its settings and keys are made of.
struct Content {
    account: AccountRow,
    prices: Vec<(AccountId, String, i64)>,
    keys: Vec<stored_keys::KeyRow>,
    callbacks: CallbackSettings,
    /// Newest first.
    signing: Vec<SigningSecretRow>,
}

/// What was read to follow the feed.
enum Read {
    /// Accounts and keys that changed.
    Changes {
        version: i64,
        accounts: Vec<Content>,
        keys: Vec<stored_keys::KeyRow>,
    },
    /// Everything.
    Snapshot {
        version: i64,
        accounts: Vec<Content>,
    },
}

impl Directory {
    /// Holds nothing yet. What it will hold is good for `max_staleness_ms` after each look.
    pub fn new(max_staleness_ms: i64) -> Self {
        Self {
            keys: KeyIndex::default(),
            freshness: Freshness::new(max_staleness_ms),
            accounts: ArcSwap::default(),
            version: AtomicI64::new(0),
            snapshots: AtomicU64::new(0),
            following: tokio::sync::Mutex::default(),
        }
    }

    /// An account's settings; `None` only for an account that was made a moment ago elsewhere.
    pub fn account(&self, account: AccountId) -> Option<Arc<AccountSettings>> {
        self.accounts.load().get(&account).cloned()
    }

    /// Version of the feed up to which this process has followed: it is in force.
    pub fn version(&self) -> i64 {
        self.version.load(Ordering::SeqCst)
    }

    /// How often everything was read anew, the first time included.
    pub fn snapshots(&self) -> u64 {
        self.snapshots.load(Ordering::Relaxed)
    }

    /// Looks at the feed and puts into force what is new there: change by change, or everything
    /// where changes are missing. Success renews [`Directory::freshness`].
    pub async fn refresh(
        &self,
        control: &ControlStore,
        secrets: &Secrets,
        clock: &Clock,
    ) -> Result<Look, StoreError> {
        let _following = self.following.lock().await;
        let started_ms = clock.since_boot_ms();
        let (head, read) = if self.keys.is_filled() {
            let seen = self.version();
            control.read(move |tx| read_changes(tx, seen)).await?
        } else {
            (control.read(feed::head).await?, None)
        };
        match read {
            Some(Read::Changes { version, .. }) if version == self.version() => {}
            Some(read) => self.apply(read, secrets, clock.now_ms()),
            None => {
                let read = control.snapshot(read_everything).await?;
                self.apply(read, secrets, clock.now_ms());
            }
        }
        self.freshness.renew(started_ms);
        Ok(Look {
            database_now_ms: head.database_now_ms,
        })
    }

    /// Reads everything anew, whatever the feed says: after a loss of the connection.
    pub async fn reload(
        &self,
        control: &ControlStore,
        secrets: &Secrets,
        clock: &Clock,
    ) -> Result<(), StoreError> {
        let _following = self.following.lock().await;
        let started_ms = clock.since_boot_ms();
        let read = control.snapshot(read_everything).await?;
        self.apply(read, secrets, clock.now_ms());
        self.freshness.renew(started_ms);
        Ok(())
    }

    /// Puts what was read into force. Called by who holds `following`.
    fn apply(&self, read: Read, secrets: &Secrets, now_ms: i64) {
        let (version, read_accounts, further_keys, is_snapshot) = match read {
            Read::Changes {
                version,
                accounts,
                keys,
            } => (version, accounts, keys, false),
            Read::Snapshot { version, accounts } => (version, accounts, Vec::new(), true),
        };
        let mut settings = if is_snapshot {
            HashMap::new()
        } else {
            HashMap::clone(&self.accounts.load())
        };
        let mut rows: Vec<KeyRow> = further_keys.iter().filter_map(index_row).collect();
        let changes_accounts = is_snapshot || !read_accounts.is_empty();
        for content in read_accounts {
            rows.extend(content.keys.iter().filter_map(index_row));
            let account_id = content.account.account_id;
            settings.insert(account_id, Arc::new(settings_of(content, secrets)));
        }
        // Before the keys: who finds a key finds its account.
        if changes_accounts {
            self.accounts.store(Arc::new(settings));
        }
        if is_snapshot {
            self.keys.replace(rows, now_ms);
            self.snapshots.fetch_add(1, Ordering::Relaxed);
        } else if !rows.is_empty() {
            self.keys.put(rows, now_ms);
        }
        self.version.store(version, Ordering::SeqCst);
    }
}

/// What changed after `seen`; `None` where that takes a snapshot.
fn read_changes(tx: &mut Tx<'_>, seen: i64) -> Result<(feed::Head, Option<Read>), StoreError> {
    let head = feed::head(tx)?;
    let News::Changes { version, changes } = feed::news(tx, seen, head)? else {
        return Ok((head, None));
    };
    let (mut accounts, mut keys) = (Vec::new(), Vec::new());
    for change in changes {
        match change {
            Changed::Account(account) => accounts.extend(read_account(tx, account)?),
            Changed::Key(account, key_id) => {
                let Some(key) = stored_keys::find(tx, account, key_id)? else {
                    continue;
                };
                if key.kind == KeyKind::CallbackAuth.as_str() {
                    // It is part of the account's settings.
                    accounts.extend(read_account(tx, account)?);
                } else {
                    keys.push(key);
                }
            }
        }
    }
    let read = Read::Changes {
        version,
        accounts,
        keys,
    };
    Ok((head, Some(read)))
}

fn read_account(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Content>, StoreError> {
    let Some(row) = accounts::find(tx, account)? else {
        return Ok(None);
    };
    Ok(Some(Content {
        account: row,
        prices: accounts::prices_of(tx, account)?,
        keys: stored_keys::of_account(tx, account)?,
        callbacks: callback_settings::of_account(tx, account)?,
        signing: signing_secrets::of_account(tx, account)?,
    }))
}

/// Everything, with the version that it is of: to be read in one snapshot.
fn read_everything(tx: &mut Tx<'_>) -> Result<Read, StoreError> {
    let version = feed::version(tx)?;
    let mut prices_of: HashMap<AccountId, Vec<_>> = HashMap::new();
    for price in accounts::prices(tx)? {
        prices_of.entry(price.0).or_default().push(price);
    }
    let mut keys_of: HashMap<AccountId, Vec<_>> = HashMap::new();
    for key in stored_keys::list(tx)? {
        keys_of.entry(key.account_id).or_default().push(key);
    }
    let mut signing_of: HashMap<AccountId, Vec<_>> = HashMap::new();
    for secret in signing_secrets::list(tx)? {
        signing_of
            .entry(secret.account_id)
            .or_default()
            .push(secret);
    }
    let mut callbacks_of: HashMap<_, _> = callback_settings::list(tx)?.into_iter().collect();
    let accounts = accounts::list(tx)?
        .into_iter()
        .map(|account| Content {
            callbacks: callbacks_of.remove(&account.account_id).unwrap_or_default(),
            signing: signing_of.remove(&account.account_id).unwrap_or_default(),
            prices: prices_of.remove(&account.account_id).unwrap_or_default(),
            keys: keys_of.remove(&account.account_id).unwrap_or_default(),
            account,
        })
        .collect();
    Ok(Read::Snapshot { version, accounts })
}

fn settings_of(content: Content, secrets: &Secrets) -> AccountSettings {
    let data_key = open_data_key(&content.account, secrets);
    let callback_auth = |environment: Environment| {
        let data_key = data_key.as_ref()?;
        let mut auth = CallbackAuth::default();
        for key in &content.keys {
            if key.kind != KeyKind::CallbackAuth.as_str()
                || key.environment != environment
                || key.state != "active"
            {
                continue;
            }
            match (key.replaced_by, key.expires_at) {
                (None, _) => {
                    auth.key = open_key(key, KeyKind::CallbackAuth, data_key).map(Arc::new);
                }
                // Its text is erased when its time is over.
                (Some(_), Some(end)) if key.sealed.is_some() => {
                    let text = open_key(key, KeyKind::CallbackAuth, data_key);
                    auth.previous.extend(text.map(|text| (Arc::new(text), end)));
                }
                (Some(_), _) => {}
            }
        }
        Some(auth)
    };
    let live_callback_auth = callback_auth(Environment::Live).unwrap_or_default();
    let test_callback_auth = callback_auth(Environment::Test).unwrap_or_default();
    let signing = |environment: Environment| {
        let opened = |data_key| SigningSecrets::open(&content.signing, environment, data_key);
        data_key.as_ref().map(opened).unwrap_or_default()
    };
    let live_signing = signing(Environment::Live);
    let test_signing = signing(Environment::Test);
    let callbacks = content.callbacks;
    AccountSettings {
        name: content.account.name,
        default_callback_url: content.account.default_callback_url,
        prices: content
            .prices
            .into_iter()
            .map(|(_, task_type, amount)| (task_type, amount))
            .collect(),
        own_key_for_test_callbacks: content.account.key_policy.own_key_for_test_callbacks,
        plain_http: callbacks.plain_http,
        pinned_hosts: callbacks.pinned_hosts.as_deref().map(PinnedHosts::read),
        subscribed_events: callbacks.subscribed_events.into_iter().collect(),
        old_key_first: callbacks.old_key_first,
        live_callback_auth,
        test_callback_auth,
        live_signing,
        test_signing,
    }
}

/// A stored API key as the index takes it. A row that does not read is left out, which refuses the
/// key.
fn index_row(key: &stored_keys::KeyRow) -> Option<KeyRow> {
    let kind = key.kind.parse::<KeyKind>().ok()?;
    if kind == KeyKind::CallbackAuth {
        return None;
    }
    let revoked_at_ms = key.revoked_at.unwrap_or_default();
    Some(KeyRow {
        account_id: key.account_id,
        key_id: key.key_id,
        environment: key.environment,
        kind,
        name: key.name.clone(),
        hint: key.hint.clone(),
        digest: KeyDigest::from_bytes(&key.digest)?,
        digest_version: u32::try_from(key.digest_version).ok()?,
        state: match key.state.as_str() {
            "active" => KeyState::Active,
            "suspended" => KeyState::Suspended,
            _ => KeyState::Revoked {
                at_ms: revoked_at_ms,
            },
        },
        not_before_ms: key.not_before,
        expires_at_ms: key.expires_at,
        last_used_at_ms: key.last_used_at,
        account_frozen: false,
    })
}

/// Unwraps an account's data key. A failure is logged, since it means a wrong or damaged secrets
/// file, and leaves the account's keys unrevealable.
pub fn open_data_key(account: &accounts::AccountRow, secrets: &Secrets) -> Option<DataKey> {
    let wrapped = WrappedDataKey {
        wrap_version: u32::try_from(account.wrap_version).ok()?,
        bytes: account.data_key.clone(),
    };
    let opened = DataKey::unwrap(
        account.account_id,
        &wrapped,
        secrets.entry(SecretName::Wrap),
    );
    if let Err(error) = &opened {
        let account_id = account.account_id;
        tracing::error!(account.id = %account_id, %error, "an account's data key does not open");
    }
    opened.ok()
}

/// Opens a key's sealed text.
pub fn open_key(key: &stored_keys::KeyRow, kind: KeyKind, data_key: &DataKey) -> Option<KeyText> {
    let place = SealedPlace {
        account_id: key.account_id,
        key_id: key.key_id,
        environment: key.environment,
        kind,
    };
    let opened = data_key.open(&place, key.sealed.as_deref()?);
    if let Err(error) = &opened {
        tracing::error!(key.id = %key.key_id, %error, "a key's sealed text does not open");
    }
    opened.ok()
}
