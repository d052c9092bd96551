//! Makes keys: new ones, imported ones, and those that take another's place.

use domain::time::format_time;
use domain::{Environment, KeyId};
use keys::{DataKey, KeyKind, KeyText, SealError, SealedPlace, Secrets};
use serde_json::json;
use store::Tx;
use store::control::feed;
use store::control::keys::{self as stored_keys, KeyRow, NewKey};

use super::{
    Change, Changed, KEYS_MAX, KeyManager, KeyProblem, OVERLAP_MAX_MS, check_name, in_words,
    is_valid, state_of,
};

/// A key as it is shown once, at its making.
pub struct MadeKey {
    /// Id.
    pub key_id: KeyId,
    /// Mode.
    pub environment: Environment,
    /// Name.
    pub name: String,
    /// The text.
    pub text: KeyText,
}

/// Digest and sealed copy of a key's text, ready to be stored.
pub fn new_key(
    secrets: &Secrets,
    data_key: &DataKey,
    place: &SealedPlace,
    name: &str,
    text: &KeyText,
    now_ms: i64,
) -> Result<NewKey, SealError> {
    let (digest_version, digest) = secrets.pepper().digest(text.expose().as_bytes());
    Ok(NewKey {
        account_id: place.account_id,
        key_id: place.key_id,
        environment: place.environment,
        kind: place.kind.as_str(),
        name: name.to_owned(),
        hint: text.hint(place.environment, place.kind),
        digest: *digest.as_bytes(),
        digest_version: i64::from(digest_version),
        sealed: Some(data_key.seal(place, text)?),
        created_at: now_ms,
        created_by: None,
    })
}

impl KeyManager {
    /// Makes an API key.
    pub async fn create(
        &self,
        environment: Environment,
        name: &str,
    ) -> Result<Changed<MadeKey>, KeyProblem> {
        check_name(name)?;
        let text = generate(environment, KeyKind::Api)?;
        let (made, row) = self.prepare(environment, KeyKind::Api, name.trim(), text)?;
        let change = self.change();
        let version = self
            .control
            .write(move |tx| change.insert(tx, &row, "key.create"))
            .await?;
        Ok(Changed {
            value: made,
            version,
        })
    }

    /// Takes over a key that another platform issued. Only its digest is kept: it cannot be shown.
    pub async fn import(
        &self,
        environment: Environment,
        name: &str,
        text: KeyText,
    ) -> Result<Changed<MadeKey>, KeyProblem> {
        check_name(name)?;
        let (made, mut row) = self.prepare(environment, KeyKind::Api, name.trim(), text)?;
        row.sealed = None;
        row.hint = format!("{environment}, imported");
        let change = self.change();
        let version = self
            .control
            .write(move |tx| change.insert(tx, &row, "key.import"))
            .await?;
        Ok(Changed {
            value: made,
            version,
        })
    }

    /// Makes a key in the place of `old`, which works for another `overlap_ms` (authentication.md
    /// 2.3, Rolling). An account's callback auth keys are rolled the same way.
    pub async fn roll(
        &self,
        old: &KeyRow,
        overlap_ms: i64,
    ) -> Result<Changed<MadeKey>, KeyProblem> {
        if !(0..=OVERLAP_MAX_MS).contains(&overlap_ms) {
            return Err(KeyProblem::Overlap);
        }
        let kind = old.kind.parse().map_err(|_| KeyProblem::NotFound)?;
        let text = generate(old.environment, kind)?;
        let (made, row) = self.prepare(old.environment, kind, &old.name, text)?;
        let change = self.change();
        let old_id = old.key_id;
        let version = self
            .control
            .write(move |tx| change.replace(tx, old_id, &row, overlap_ms))
            .await?;
        Ok(Changed {
            value: made,
            version,
        })
    }

    fn prepare(
        &self,
        environment: Environment,
        kind: KeyKind,
        name: &str,
        text: KeyText,
    ) -> Result<(MadeKey, NewKey), KeyProblem> {
        let change = self.change();
        let (time, random) = self.ids.next(change.now_ms);
        let key_id = KeyId::from_parts(time, random);
        let place = SealedPlace {
            account_id: change.account,
            key_id,
            environment,
            kind,
        };
        let mut row = new_key(
            &self.secrets,
            &self.data_key,
            &place,
            name,
            &text,
            change.now_ms,
        )
        .map_err(|error| KeyProblem::Sealing(error.to_string()))?;
        row.created_by = change.user();
        // Callbacks are sent with their auth key, so that one must stay readable for us.
        if kind == KeyKind::Api && self.account.key_policy.show_keys_once {
            row.sealed = None;
        }
        let made = MadeKey {
            key_id,
            environment,
            name: name.to_owned(),
            text,
        };
        Ok((made, row))
    }
}

fn generate(environment: Environment, kind: KeyKind) -> Result<KeyText, KeyProblem> {
    KeyText::generate(environment, kind).map_err(|error| KeyProblem::Sealing(error.to_string()))
}

impl Change {
    fn insert(
        &self,
        tx: &mut Tx<'_>,
        row: &NewKey,
        action: &'static str,
    ) -> Result<i64, KeyProblem> {
        self.check_room(tx, row)?;
        stored_keys::insert(tx, row)?;
        let key = self.find(tx, row.key_id)?;
        self.audit(tx, action, &key, None, Some(in_words(&key)))?;
        Ok(self.record(tx, row.key_id)?)
    }

    fn replace(
        &self,
        tx: &mut Tx<'_>,
        old_id: KeyId,
        row: &NewKey,
        overlap_ms: i64,
    ) -> Result<i64, KeyProblem> {
        let old = self.find(tx, old_id)?;
        if old.replaced_by.is_some() {
            return Err(KeyProblem::AlreadyRolled);
        }
        match state_of(&old, self.now_ms) {
            "active" => {}
            ended => return Err(KeyProblem::Ended(ended)),
        }
        self.check_room(tx, row)?;
        stored_keys::insert(tx, row)?;
        let end = self.now_ms + overlap_ms;
        if !stored_keys::replace(tx, self.account, old_id, row.key_id, end, self.now_ms)? {
            return Err(KeyProblem::AlreadyRolled);
        }
        let after = json!({
            "name": row.name,
            "hint": row.hint,
            "replaced_by": format!("key_{}", row.key_id),
            "old_key_ends_at": format_time(end),
        });
        self.audit(tx, "key.roll", &old, Some(in_words(&old)), Some(after))?;
        self.record(tx, old_id)?;
        Ok(self.record(tx, row.key_id)?)
    }

    /// Tells of a changed key; gives the feed's version.
    pub(super) fn record(&self, tx: &mut Tx<'_>, key_id: KeyId) -> Result<i64, store::StoreError> {
        let changed = feed::Change::Key(key_id.as_bytes());
        feed::record(tx, self.account, changed, self.now_ms)
    }

    fn check_room(&self, tx: &mut Tx<'_>, row: &NewKey) -> Result<(), KeyProblem> {
        if stored_keys::has_digest(tx, &row.digest)? {
            return Err(KeyProblem::Taken);
        }
        let valid = stored_keys::of_account(tx, self.account)?
            .iter()
            .filter(|key| key.environment == row.environment && is_valid(key, self.now_ms))
            .count();
        if valid >= KEYS_MAX {
            return Err(KeyProblem::TooMany(row.environment));
        }
        Ok(())
    }
}
