//! Changes keys that go on: their name, a pause, the end of an overlap, the account's policy.

use domain::KeyId;
use domain::time::format_time;
use serde_json::json;
use store::control::accounts::{self, KeyPolicy};
use store::control::feed;
use store::control::keys::{self as stored_keys, KeyRow};

use super::{
    Changed, KeyManager, KeyProblem, OVERLAP_MAX_MS, check_name, is_callback_auth, state_of,
};
use crate::operations::audit::{self, Event};

impl KeyManager {
    /// Gives a key another name.
    pub async fn rename(&self, key_id: KeyId, name: &str) -> Result<Changed<KeyRow>, KeyProblem> {
        check_name(name)?;
        let name = name.trim().to_owned();
        let change = self.change();
        self.control
            .write(move |tx| {
                let old = change.find(tx, key_id)?;
                stored_keys::rename(tx, change.account, key_id, &name)?;
                let (before, after) = (json!({"name": old.name}), json!({"name": name}));
                change.audit(tx, "key.rename", &old, Some(before), Some(after))?;
                let version = change.record(tx, key_id)?;
                let value = change.find(tx, key_id)?;
                Ok(Changed { value, version })
            })
            .await
    }

    /// Lets a key rest: requests with it fail until it is resumed.
    pub async fn suspend(&self, key_id: KeyId) -> Result<Changed<KeyRow>, KeyProblem> {
        self.pause(key_id, true).await
    }

    /// Lets a suspended key work again.
    pub async fn resume(&self, key_id: KeyId) -> Result<Changed<KeyRow>, KeyProblem> {
        self.pause(key_id, false).await
    }

    async fn pause(&self, key_id: KeyId, suspend: bool) -> Result<Changed<KeyRow>, KeyProblem> {
        let change = self.change();
        self.control
            .write(move |tx| {
                let old = change.find(tx, key_id)?;
                if is_callback_auth(&old) {
                    return Err(KeyProblem::CallbackAuthKey);
                }
                let before = match state_of(&old, change.now_ms) {
                    ended @ ("revoked" | "expired") => return Err(KeyProblem::Ended(ended)),
                    state => state,
                };
                let (done, action, after) = if suspend {
                    let done = stored_keys::suspend(tx, change.account, key_id, change.now_ms)?;
                    (done, "key.suspend", "suspended")
                } else {
                    let done = stored_keys::resume(tx, change.account, key_id)?;
                    (done, "key.resume", "active")
                };
                if !done {
                    return Err(KeyProblem::Already(after));
                }
                let in_state = |state| json!({"name": old.name, "hint": old.hint, "state": state});
                let (before, after) = (in_state(before), in_state(after));
                change.audit(tx, action, &old, Some(before), Some(after))?;
                let version = change.record(tx, key_id)?;
                let value = change.find(tx, key_id)?;
                Ok(Changed { value, version })
            })
            .await
    }

    /// Moves the end of a rolled key: sooner, or later up to 30 days after the roll. `None`: now.
    pub async fn set_end(
        &self,
        key_id: KeyId,
        at_ms: Option<i64>,
    ) -> Result<Changed<KeyRow>, KeyProblem> {
        let change = self.change();
        self.control
            .write(move |tx| {
                let old = change.find(tx, key_id)?;
                let rolled_at = old
                    .rolled_at
                    .filter(|_| old.replaced_by.is_some())
                    .ok_or(KeyProblem::NotRolled)?;
                match state_of(&old, change.now_ms) {
                    "active" | "suspended" => {}
                    ended => return Err(KeyProblem::Ended(ended)),
                }
                let end = at_ms.unwrap_or(change.now_ms).max(change.now_ms);
                if end > rolled_at + OVERLAP_MAX_MS {
                    return Err(KeyProblem::Overlap);
                }
                stored_keys::set_end(tx, change.account, key_id, end)?;
                let before = json!({"ends_at": old.expires_at.map(format_time)});
                let after = json!({"ends_at": format_time(end)});
                change.audit(tx, "key.set_end", &old, Some(before), Some(after))?;
                let version = change.record(tx, key_id)?;
                let value = change.find(tx, key_id)?;
                Ok(Changed { value, version })
            })
            .await
    }

    /// Sets what the account decided about its keys. *Show keys once* erases the sealed texts that
    /// are there.
    pub async fn set_policy(&self, policy: KeyPolicy) -> Result<Changed<KeyPolicy>, KeyProblem> {
        let change = self.change();
        self.control
            .write(move |tx| {
                let account = accounts::find(tx, change.account)?.ok_or(KeyProblem::NotFound)?;
                let before = account.key_policy;
                accounts::set_key_policy(tx, change.account, policy)?;
                if policy.show_keys_once {
                    stored_keys::erase_sealed(tx, change.account)?;
                }
                let in_words = |policy: KeyPolicy| {
                    json!({
                        "show_keys_once": policy.show_keys_once,
                        "keys_may_make_managers": policy.keys_may_make_managers,
                        "own_key_for_test_callbacks": policy.own_key_for_test_callbacks,
                    })
                };
                let event = Event {
                    action: "key_policy.set",
                    before: Some(in_words(before)),
                    after: Some(in_words(policy)),
                    ..Event::default()
                };
                let (account, now_ms) = (change.account, change.now_ms);
                audit::append(tx, &change.secrets, account, &change.actor, &event, now_ms)?;
                let version = feed::record(tx, account, feed::Change::Account, now_ms)?;
                Ok(Changed {
                    value: policy,
                    version,
                })
            })
            .await
    }
}
