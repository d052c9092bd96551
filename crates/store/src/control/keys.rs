//! API keys and callback auth keys. The store holds digests and sealed texts, never a plain key.

use domain::{AccountId, Environment, KeyId, UserId};

use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO keys (account_id, key_id, environment, kind, name, hint, digest,
        digest_version, sealed, state, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'active', $10, $11)";
    LIST = "SELECT account_id, key_id, environment, kind, name, hint, digest, digest_version,
        sealed, state, created_at, created_by, not_before, expires_at, revoked_at, suspended_at,
        rolled_at, last_used_at, last_used_address, last_used_agent, replaced_by
        FROM keys ORDER BY account_id, key_id";
    OF_ACCOUNT = "SELECT account_id, key_id, environment, kind, name, hint, digest, digest_version,
        sealed, state, created_at, created_by, not_before, expires_at, revoked_at, suspended_at,
        rolled_at, last_used_at, last_used_address, last_used_agent, replaced_by
        FROM keys WHERE account_id = $1 ORDER BY key_id";
    FIND = "SELECT account_id, key_id, environment, kind, name, hint, digest, digest_version,
        sealed, state, created_at, created_by, not_before, expires_at, revoked_at, suspended_at,
        rolled_at, last_used_at, last_used_address, last_used_agent, replaced_by
        FROM keys WHERE account_id = $1 AND key_id = $2";
    RENAME = "UPDATE keys SET name = $1 WHERE account_id = $2 AND key_id = $3";
    REVOKE = "UPDATE keys SET state = 'revoked', revoked_at = $1, revoked_by = $2, sealed = NULL
        WHERE account_id = $3 AND key_id = $4 AND state <> 'revoked'";
    REPLACE = "UPDATE keys SET expires_at = $1, replaced_by = $2, rolled_at = $3
        WHERE account_id = $4 AND key_id = $5 AND replaced_by IS NULL";
    SET_END = "UPDATE keys SET expires_at = $1 WHERE account_id = $2 AND key_id = $3";
    SUSPEND = "UPDATE keys SET state = 'suspended', suspended_at = $1
        WHERE account_id = $2 AND key_id = $3 AND state = 'active'";
    RESUME = "UPDATE keys SET state = 'active', suspended_at = NULL
        WHERE account_id = $1 AND key_id = $2 AND state = 'suspended'";
    ERASE_SEALED = "UPDATE keys SET sealed = NULL
        WHERE account_id = $1 AND kind <> 'wc' AND sealed IS NOT NULL";
    ERASE_EXPIRED = "UPDATE keys SET sealed = NULL WHERE expires_at <= $1 AND sealed IS NOT NULL";
    // Rolled keys that end soon, are in use, and of whose end nobody has been told.
    ENDING = "SELECT account_id, key_id, environment, name, hint, expires_at FROM keys
        WHERE expires_at IS NOT NULL AND expires_at > $1 AND expires_at <= $2 AND kind <> 'wc' AND state = 'active' AND last_used_at >= $3
        AND end_told_at IS NULL LIMIT 100";
    SET_END_TOLD = "UPDATE keys SET end_told_at = $1
        WHERE account_id = $2 AND key_id = $3 AND end_told_at IS NULL";
    WITH_DIGEST = "SELECT 1 FROM keys WHERE digest = $1";
    DIGESTED_BEFORE = "SELECT account_id, key_id, environment, kind, name, hint, digest,
        digest_version, sealed, state, created_at, created_by, not_before, expires_at, revoked_at,
        suspended_at, rolled_at, last_used_at, last_used_address, last_used_agent, replaced_by
        FROM keys WHERE digest_version < $1 AND sealed IS NOT NULL ORDER BY account_id, key_id";
    REDIGEST = "UPDATE keys SET digest = $1, digest_version = $2
        WHERE account_id = $3 AND key_id = $4 AND digest_version < $5";
    SET_LAST_USED = "UPDATE keys SET last_used_at = $1 WHERE account_id = $2 AND key_id = $3";
}

/// A key to be stored.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Account.
    pub account_id: AccountId,
    /// Id.
    pub key_id: KeyId,
    /// Mode.
    pub environment: Environment,
    /// `wb`, `wr` or `wc`.
    pub kind: &'static str,
    /// 1–100 characters.
    pub name: String,
    /// Mode, kind and last four characters.
    pub hint: String,
    /// HMAC-SHA-256 of the text.
    pub digest: [u8; 32],
    /// Version of the pepper.
    pub digest_version: i64,
    /// Sealed text; `None`: cannot be shown.
    pub sealed: Option<Vec<u8>>,
    /// Unix ms.
    pub created_at: i64,
    /// `None`: the operator.
    pub created_by: Option<UserId>,
}

/// A stored key.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Account.
    pub account_id: AccountId,
    /// Id.
    pub key_id: KeyId,
    /// Mode.
    pub environment: Environment,
    /// `wb`, `wr` or `wc`.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Mode, kind and last four characters.
    pub hint: String,
    /// HMAC-SHA-256 of the text.
    pub digest: Vec<u8>,
    /// Version of the pepper.
    pub digest_version: i64,
    /// Sealed text.
    pub sealed: Option<Vec<u8>>,
    /// `active`, `suspended` or `revoked`.
    pub state: String,
    /// Unix ms.
    pub created_at: i64,
    /// `None`: the operator.
    pub created_by: Option<UserId>,
    /// Unix ms.
    pub not_before: Option<i64>,
    /// Unix ms.
    pub expires_at: Option<i64>,
    /// Unix ms.
    pub revoked_at: Option<i64>,
    /// Since when it is suspended, Unix ms.
    pub suspended_at: Option<i64>,
    /// When another key was made in its place, Unix ms.
    pub rolled_at: Option<i64>,
    /// Unix ms; may lag a minute.
    pub last_used_at: Option<i64>,
    /// From which address.
    pub last_used_address: Option<String>,
    /// By which program.
    pub last_used_agent: Option<String>,
    /// The key that a roll put in its place.
    pub replaced_by: Option<KeyId>,
}

fn read_row(row: &Row<'_>) -> Result<KeyRow, StoreError> {
    let environment: String = row.get(2)?;
    Ok(KeyRow {
        account_id: row.get(0)?,
        key_id: row.get(1)?,
        environment: environment
            .parse()
            .map_err(|_| StoreError::column(2, "a mode"))?,
        kind: row.get(3)?,
        name: row.get(4)?,
        hint: row.get(5)?,
        digest: row.get(6)?,
        digest_version: row.get(7)?,
        sealed: row.get(8)?,
        state: row.get(9)?,
        created_at: row.get(10)?,
        created_by: row.get(11)?,
        not_before: row.get(12)?,
        expires_at: row.get(13)?,
        revoked_at: row.get(14)?,
        suspended_at: row.get(15)?,
        rolled_at: row.get(16)?,
        last_used_at: row.get(17)?,
        last_used_address: row.get(18)?,
        last_used_agent: row.get(19)?,
        replaced_by: row.get(20)?,
    })
}

/// Stores a key.
pub fn insert(tx: &mut Tx<'_>, key: &NewKey) -> Result<(), StoreError> {
    tx.execute(
        &INSERT,
        params![
            key.account_id,
            key.key_id,
            key.environment.as_str(),
            key.kind,
            key.name,
            key.hint,
            key.digest,
            key.digest_version,
            key.sealed,
            key.created_at,
            key.created_by
        ],
    )?;
    Ok(())
}

/// Keys of all accounts, for the index.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<KeyRow>, StoreError> {
    tx.query(&LIST, &[], read_row)
}

/// Keys of one account, oldest first.
pub fn of_account(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<KeyRow>, StoreError> {
    tx.query(&OF_ACCOUNT, params![account], read_row)
}

/// One key.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    key_id: KeyId,
) -> Result<Option<KeyRow>, StoreError> {
    tx.query_optional(&FIND, params![account, key_id], read_row)
}

/// Gives a key another name.
pub fn rename(
    tx: &mut Tx<'_>,
    account: AccountId,
    key_id: KeyId,
    name: &str,
) -> Result<(), StoreError> {
    tx.execute(&RENAME, params![name, account, key_id])?;
    Ok(())
}

/// Revokes a key and erases its sealed text. `false`: it was revoked already, or is not there.
pub fn revoke(
    tx: &mut Tx<'_>,
    account: AccountId,
    key_id: KeyId,
    by: Option<UserId>,
    now_ms: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&REVOKE, params![now_ms, by, account, key_id])? == 1)
}

/// Lets a key end at `expires_at_ms` in favour of `replacement`. `false`: it was rolled already.
pub fn replace(
    tx: &mut Tx<'_>,
    account: AccountId,
    key_id: KeyId,
    replacement: KeyId,
    expires_at_ms: i64,
    now_ms: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(
        &REPLACE,
        params![expires_at_ms, replacement, now_ms, account, key_id],
    )? == 1)
}

/// Sets when a key ends.
pub fn set_end(
    tx: &mut Tx<'_>,
    account: AccountId,
    key_id: KeyId,
    expires_at_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&SET_END, params![expires_at_ms, account, key_id])?;
    Ok(())
}

/// Suspends an active key. `false`: it is not active.
pub fn suspend(
    tx: &mut Tx<'_>,
    account: AccountId,
    key_id: KeyId,
    now_ms: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&SUSPEND, params![now_ms, account, key_id])? == 1)
}

/// Lets a suspended key work again. `false`: it is not suspended.
pub fn resume(tx: &mut Tx<'_>, account: AccountId, key_id: KeyId) -> Result<bool, StoreError> {
    Ok(tx.execute(&RESUME, params![account, key_id])? == 1)
}

/// Erases the sealed texts of an account's API keys: from now on they cannot be shown. Callback
/// auth keys keep theirs, since callbacks are sent with them.
pub fn erase_sealed(tx: &mut Tx<'_>, account: AccountId) -> Result<(), StoreError> {
    tx.execute(&ERASE_SEALED, params![account])?;
    Ok(())
}

/// Erases the sealed texts of all keys that have ended.
pub fn erase_expired(tx: &mut Tx<'_>, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(&ERASE_EXPIRED, params![now_ms])?;
    Ok(())
}

/// A key that is about to end.
#[derive(Clone, Debug)]
pub struct EndingKey {
    /// Account.
    pub account_id: AccountId,
    /// Id.
    pub key_id: KeyId,
    /// `live` or `test`.
    pub environment: String,
    /// Name.
    pub name: String,
    /// Mode, kind and last four characters.
    pub hint: String,
    /// Unix ms.
    pub expires_at: i64,
}

/// Rolled keys that end by `until_ms`, were used since `used_since_ms`, and of whose end nobody has
/// been told; at most 100.
pub fn ending(
    tx: &mut Tx<'_>,
    now_ms: i64,
    until_ms: i64,
    used_since_ms: i64,
) -> Result<Vec<EndingKey>, StoreError> {
    tx.query(&ENDING, params![now_ms, until_ms, used_since_ms], |row| {
        Ok(EndingKey {
            account_id: row.get(0)?,
            key_id: row.get(1)?,
            environment: row.get(2)?,
            name: row.get(3)?,
            hint: row.get(4)?,
            expires_at: row.get(5)?,
        })
    })
}

/// Notes that people are told of a key's end. `false`: they have been.
pub fn set_end_told(
    tx: &mut Tx<'_>,
    account: AccountId,
    key_id: KeyId,
    now_ms: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&SET_END_TOLD, params![now_ms, account, key_id])? == 1)
}

/// Whether any account has, or ever had, a key of this digest.
pub fn has_digest(tx: &mut Tx<'_>, digest: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(!tx
        .query(&WITH_DIGEST, params![digest], |_| Ok(()))?
        .is_empty())
}

/// Keys of all accounts that can be opened and whose digest is of an older version of the pepper
/// than this one.
pub fn digested_before(tx: &mut Tx<'_>, digest_version: i64) -> Result<Vec<KeyRow>, StoreError> {
    tx.query(&DIGESTED_BEFORE, params![digest_version], read_row)
}

/// Replaces a key's digest by the one under a newer version of the pepper. `false`: the row has
/// that version, or a newer one, already.
pub fn redigest(
    tx: &mut Tx<'_>,
    account: AccountId,
    key_id: KeyId,
    digest: &[u8; 32],
    digest_version: i64,
) -> Result<bool, StoreError> {
    let params = params![digest, digest_version, account, key_id, digest_version];
    Ok(tx.execute(&REDIGEST, params)? == 1)
}

/// Notes when a key was last used.
pub fn set_last_used(
    tx: &mut Tx<'_>,
    account: AccountId,
    key_id: KeyId,
    at_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&SET_LAST_USED, params![at_ms, account, key_id])?;
    Ok(())
}
