//! What the request path holds in memory instead of asking the control database: every API key and
//! each account's settings. The worker `change_feed` keeps it current.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use domain::{AccountId, Environment};
use keys::{
    DataKey, KeyDigest, KeyIndex, KeyKind, KeyRow, KeyState, KeyText, SealedPlace, SecretName,
    Secrets, WrappedDataKey,
};
use store::control::{accounts, feed, keys as stored_keys};
use store::{ControlStore, StoreError};

/// Keys and account settings, complete.
#[derive(Default)]
pub struct Directory {
    /// Every API key, by digest.
    pub keys: KeyIndex,
    accounts: ArcSwap<HashMap<AccountId, Arc<AccountSettings>>>,
    version: std::sync::atomic::AtomicI64,
}

/// What a request needs to know of its account.
pub struct AccountSettings {
    /// The company's name.
    pub name: String,
    /// Used by tasks without a `callback_url`.
    pub default_callback_url: Option<String>,
    /// Prices that differ from the default list, micro-units by task type.
    pub prices: HashMap<String, i64>,
    /// Value of `scale-callback-auth`: the Live Callback Auth Key.
    pub live_callback_auth_key: Option<Arc<KeyText>>,
}

impl Directory {
    /// An account's settings; `None` only for an account that was made a moment ago elsewhere.
    pub fn account(&self, account: AccountId) -> Option<Arc<AccountSettings>> {
        self.accounts.load().get(&account).cloned()
    }

    /// Version of the feed up to which this process has followed.
    pub fn version(&self) -> i64 {
        self.version.load(std::sync::atomic::Ordering::SeqCst)
    }

    /// Reads everything anew if the control database's feed has advanced.
    pub async fn refresh(
        &self,
        control: &ControlStore,
        secrets: &Secrets,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        use std::sync::atomic::Ordering;
        let version = control.read(feed::version).await?;
        if self.keys.is_filled() && version == self.version.load(Ordering::SeqCst) {
            return Ok(false);
        }
        self.load(control, secrets, now_ms).await?;
        self.version.store(version, Ordering::SeqCst);
        Ok(true)
    }

    async fn load(
        &self,
        control: &ControlStore,
        secrets: &Secrets,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let (keys, accounts, prices) = control
            .read(|tx| -> Result<_, StoreError> {
                Ok((
                    stored_keys::list(tx)?,
                    accounts::list(tx)?,
                    accounts::prices(tx)?,
                ))
            })
            .await?;
        let mut prices_of: HashMap<AccountId, HashMap<String, i64>> = HashMap::new();
        for (account, task_type, amount) in prices {
            prices_of
                .entry(account)
                .or_default()
                .insert(task_type, amount);
        }
        let mut rows = Vec::new();
        let mut callback_keys = HashMap::new();
        let data_keys: HashMap<AccountId, DataKey> = accounts
            .iter()
            .filter_map(|account| Some((account.account_id, open_data_key(account, secrets)?)))
            .collect();
        for key in &keys {
            let Ok(kind) = key.kind.parse::<KeyKind>() else {
                continue;
            };
            if kind == KeyKind::CallbackAuth {
                let data_key = data_keys.get(&key.account_id);
                if key.environment == Environment::Live
                    && key.state == "active"
                    && let Some(text) = data_key.and_then(|data_key| open_key(key, kind, data_key))
                {
                    callback_keys.insert(key.account_id, Arc::new(text));
                }
            } else if let Some(row) = index_row(key, kind) {
                rows.push(row);
            }
        }
        let settings = accounts
            .into_iter()
            .map(|account| {
                let settings = AccountSettings {
                    name: account.name,
                    default_callback_url: account.default_callback_url,
                    prices: prices_of.remove(&account.account_id).unwrap_or_default(),
                    live_callback_auth_key: callback_keys.remove(&account.account_id),
                };
                (account.account_id, Arc::new(settings))
            })
            .collect();
        self.accounts.store(Arc::new(settings));
        self.keys.replace(rows, now_ms);
        Ok(())
    }
}

/// A stored key as the index takes it. A row that does not read is left out, which refuses the key.
fn index_row(key: &stored_keys::KeyRow, kind: KeyKind) -> Option<KeyRow> {
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
