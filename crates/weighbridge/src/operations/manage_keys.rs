//! Creates, rolls, revokes and imports API keys (authentication.md 2.1, 2.3). Every change advances
//! the feed by which running servers learn of it.

use anyhow::{Context, bail};
use domain::{Environment, KeyId};
use keys::{DataKey, KeyKind, KeyText, SealedPlace, Secrets};
use store::control::accounts::AccountRow;
use store::control::feed::{self, Change};
use store::control::keys::{self as stored_keys, KeyRow, NewKey};
use store::{ControlStore, StoreError};

use crate::clock::{Clock, IdSource};
use crate::directory::open_data_key;

/// Most valid keys of an account and mode.
pub const KEYS_MAX: usize = 100;
/// Longest name, in characters.
pub const NAME_LENGTH_MAX: usize = 100;
/// Longest time that an old key and its replacement both work.
pub const OVERLAP_MAX_MS: i64 = 30 * 24 * 60 * 60 * 1000;

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
) -> anyhow::Result<NewKey> {
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

/// The account whose keys are managed, and what is needed for it.
pub struct KeyManager<'a> {
    control: &'a ControlStore,
    secrets: &'a Secrets,
    account: AccountRow,
    data_key: DataKey,
    ids: IdSource,
}

impl<'a> KeyManager<'a> {
    /// Opens the account's data key.
    pub fn new(
        control: &'a ControlStore,
        secrets: &'a Secrets,
        account: AccountRow,
    ) -> anyhow::Result<Self> {
        let data_key = open_data_key(&account, secrets)
            .context("the account's data key does not open with this secrets file")?;
        Ok(Self {
            control,
            secrets,
            account,
            data_key,
            ids: IdSource::default(),
        })
    }

    /// All keys, oldest first.
    pub async fn list(&self) -> anyhow::Result<Vec<KeyRow>> {
        let account = self.account.account_id;
        Ok(self
            .control
            .read(move |tx| stored_keys::of_account(tx, account))
            .await?)
    }

    fn prepare(
        &self,
        environment: Environment,
        name: &str,
        text: KeyText,
    ) -> anyhow::Result<(MadeKey, NewKey)> {
        let length = name.chars().count();
        if !(1..=NAME_LENGTH_MAX).contains(&length) {
            bail!("a key's name must have 1 to {NAME_LENGTH_MAX} characters, got {length}");
        }
        let now_ms = Clock::System.now_ms();
        let (time, random) = self.ids.next(now_ms);
        let key_id = KeyId::from_parts(time, random);
        let account_id = self.account.account_id;
        let place = SealedPlace {
            account_id,
            key_id,
            environment,
            kind: KeyKind::Api,
        };
        let row = new_key(self.secrets, &self.data_key, &place, name, &text, now_ms)?;
        Ok((
            MadeKey {
                key_id,
                environment,
                name: name.to_owned(),
                text,
            },
            row,
        ))
    }

    /// Makes a key.
    pub async fn create(&self, environment: Environment, name: &str) -> anyhow::Result<MadeKey> {
        let text = KeyText::generate(environment, KeyKind::Api)?;
        let (made, row) = self.prepare(environment, name, text)?;
        self.store(row, None).await?;
        Ok(made)
    }

    /// Takes over a key that another platform issued. Only its digest is kept: it cannot be shown.
    pub async fn import(
        &self,
        environment: Environment,
        name: &str,
        text: KeyText,
    ) -> anyhow::Result<MadeKey> {
        let (made, mut row) = self.prepare(environment, name, text)?;
        row.sealed = None;
        row.hint = format!("{environment}, imported");
        self.store(row, None).await?;
        Ok(made)
    }

    /// Makes a key in the place of `old`, which works for another `overlap_ms`.
    pub async fn roll(&self, old: &KeyRow, overlap_ms: i64) -> anyhow::Result<MadeKey> {
        if !(0..=OVERLAP_MAX_MS).contains(&overlap_ms) {
            bail!("the overlap must be at most 30 days");
        }
        if old.state != "active" {
            bail!("the key is {}; only an active key can be rolled", old.state);
        }
        let text = KeyText::generate(old.environment, KeyKind::Api)?;
        let (made, row) = self.prepare(old.environment, &old.name, text)?;
        self.store(row, Some((old.key_id, overlap_ms))).await?;
        Ok(made)
    }

    async fn store(&self, row: NewKey, rolled: Option<(KeyId, i64)>) -> anyhow::Result<()> {
        let account = self.account.account_id;
        let now_ms = row.created_at;
        self.control
            .write(move |tx| -> Result<(), KeyProblem> {
                if stored_keys::has_digest(tx, &row.digest)? {
                    return Err(KeyProblem::Taken);
                }
                let valid = stored_keys::of_account(tx, account)?
                    .iter()
                    .filter(|key| key.environment == row.environment && is_valid(key, now_ms))
                    .count();
                if valid >= KEYS_MAX {
                    return Err(KeyProblem::TooMany(row.environment));
                }
                stored_keys::insert(tx, &row)?;
                if let Some((old, overlap_ms)) = rolled
                    && !stored_keys::replace(tx, account, old, row.key_id, now_ms + overlap_ms)?
                {
                    return Err(KeyProblem::AlreadyRolled);
                }
                feed::record(tx, account, Change::Key(row.key_id.as_bytes()), now_ms)?;
                Ok(())
            })
            .await?;
        Ok(())
    }

    /// Revokes a key for good.
    pub async fn revoke(&self, key_id: KeyId) -> anyhow::Result<()> {
        let account = self.account.account_id;
        let now_ms = Clock::System.now_ms();
        let revoked = self
            .control
            .write(move |tx| -> Result<bool, StoreError> {
                let revoked = stored_keys::revoke(tx, account, key_id, now_ms)?;
                feed::record(tx, account, Change::Key(key_id.as_bytes()), now_ms)?;
                Ok(revoked)
            })
            .await?;
        if !revoked {
            bail!("the key was revoked already");
        }
        Ok(())
    }
}

/// Whether a key can still be used.
fn is_valid(key: &KeyRow, now_ms: i64) -> bool {
    key.state != "revoked" && key.expires_at.is_none_or(|end| end > now_ms)
}

/// Why a key is not stored.
#[derive(Debug, thiserror::Error)]
enum KeyProblem {
    #[error("this very key is, or was, in use already")]
    Taken,
    #[error("an account can have at most {KEYS_MAX} valid keys in {0} mode; revoke one first")]
    TooMany(Environment),
    #[error("the key was rolled already")]
    AlreadyRolled,
    #[error(transparent)]
    Store(#[from] StoreError),
}
