//! Shows a key's text again.

use domain::KeyId;
use keys::KeyText;
use store::control::keys as stored_keys;

use super::{KeyManager, KeyProblem, in_words, is_valid};
use crate::directory::open_key;

impl KeyManager {
    /// Opens a key's sealed text. The audit entry is durable before the text leaves.
    pub async fn reveal(&self, key_id: KeyId) -> Result<KeyText, KeyProblem> {
        let change = self.change();
        let account = change.account;
        let key = self
            .control
            .read(move |tx| stored_keys::find(tx, account, key_id))
            .await
            .map_err(KeyProblem::from)?
            .ok_or(KeyProblem::NotFound)?;
        let kind = key.kind.parse().map_err(|_| KeyProblem::NotFound)?;
        if !is_valid(&key, change.now_ms) {
            // Its text is about to be erased, if it has not been.
            return Err(KeyProblem::NotRevealable);
        }
        // A text that was moved here from another row does not open; `open_key` logs the alarm.
        let text = open_key(&key, kind, &self.data_key).ok_or(KeyProblem::NotRevealable)?;
        self.control
            .write(move |tx| change.audit(tx, "key.reveal", &key, None, Some(in_words(&key))))
            .await?;
        Ok(text)
    }
}
