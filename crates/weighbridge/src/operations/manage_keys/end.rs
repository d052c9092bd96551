//! Ends keys for good.

use domain::{Environment, KeyId};
use serde_json::json;
use store::Tx;
use store::control::keys::{self as stored_keys, KeyRow};

use super::{Change, Changed, KeyManager, KeyProblem, in_words, is_callback_auth, is_valid};

impl KeyManager {
    /// Revokes a key: requests with it fail at once, and its sealed text is erased.
    pub async fn revoke(&self, key_id: KeyId) -> Result<Changed<KeyRow>, KeyProblem> {
        let change = self.change();
        self.control
            .write(move |tx| {
                let key = change.find(tx, key_id)?;
                change.revoke(tx, &key)?;
                let version = change.record(tx, key_id)?;
                let value = change.find(tx, key_id)?;
                Ok(Changed { value, version })
            })
            .await
    }

    /// Revokes every API key of a mode; gives how many there were.
    pub async fn revoke_all(&self, environment: Environment) -> Result<Changed<usize>, KeyProblem> {
        let change = self.change();
        self.control
            .write(move |tx| {
                let keys: Vec<KeyRow> = stored_keys::of_account(tx, change.account)?
                    .into_iter()
                    .filter(|key| key.environment == environment && !is_callback_auth(key))
                    .filter(|key| is_valid(key, change.now_ms))
                    .collect();
                for key in &keys {
                    change.revoke(tx, key)?;
                }
                let mut version = store::control::feed::version(tx)?;
                for key in &keys {
                    version = change.record(tx, key.key_id)?;
                }
                Ok(Changed {
                    value: keys.len(),
                    version,
                })
            })
            .await
    }
}

impl Change {
    fn revoke(&self, tx: &mut Tx<'_>, key: &KeyRow) -> Result<(), KeyProblem> {
        if is_callback_auth(key) {
            return Err(KeyProblem::CallbackAuthKey);
        }
        if !stored_keys::revoke(tx, self.account, key.key_id, self.user(), self.now_ms)? {
            return Err(KeyProblem::Already("revoked"));
        }
        let after = json!({"state": "revoked"});
        self.audit(tx, "key.revoke", key, Some(in_words(key)), Some(after))
    }
}
