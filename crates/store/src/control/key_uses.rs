//! Who uses each key: addresses and programs, noted about once a minute.

use domain::{AccountId, KeyId};

use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    NOTE = "INSERT INTO key_uses (account_id, key_id, address, user_agent, last_used_at)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (account_id, key_id, address) DO UPDATE
        SET user_agent = excluded.user_agent, last_used_at = excluded.last_used_at
        WHERE key_uses.last_used_at < excluded.last_used_at";
    NOTE_LAST = "UPDATE keys SET last_used_at = $1, last_used_address = $2, last_used_agent = $3
        WHERE account_id = $4 AND key_id = $5 AND (last_used_at IS NULL OR last_used_at <= $1)";
    SINCE = "SELECT key_id, address, user_agent, last_used_at FROM key_uses
        WHERE account_id = $1 AND last_used_at >= $2 ORDER BY last_used_at DESC LIMIT 500";
    FORGET = "DELETE FROM key_uses WHERE last_used_at < $1";
}

/// A use of a key from one address.
#[derive(Clone, Debug)]
pub struct KeyUseRow {
    /// Account.
    pub account_id: AccountId,
    /// Key.
    pub key_id: KeyId,
    /// The client's address.
    pub address: String,
    /// The client's program.
    pub user_agent: String,
    /// Unix ms.
    pub last_used_at: i64,
}

/// Notes a use; one that is older than what is known changes nothing.
pub fn note(tx: &mut Tx<'_>, used: &KeyUseRow) -> Result<(), StoreError> {
    tx.execute(
        &NOTE,
        params![
            used.account_id,
            used.key_id,
            used.address,
            used.user_agent,
            used.last_used_at
        ],
    )?;
    tx.execute(
        &NOTE_LAST,
        params![
            used.last_used_at,
            used.address,
            used.user_agent,
            used.account_id,
            used.key_id
        ],
    )?;
    Ok(())
}

/// Uses of an account's keys since `since_ms`, newest first; at most 500.
pub fn since(
    tx: &mut Tx<'_>,
    account: AccountId,
    since_ms: i64,
) -> Result<Vec<KeyUseRow>, StoreError> {
    tx.query(&SINCE, params![account, since_ms], |row| {
        Ok(KeyUseRow {
            account_id: account,
            key_id: row.get(0)?,
            address: row.get(1)?,
            user_agent: row.get(2)?,
            last_used_at: row.get(3)?,
        })
    })
}

/// Forgets uses before `before_ms`.
pub fn forget(tx: &mut Tx<'_>, before_ms: i64) -> Result<(), StoreError> {
    tx.execute(&FORGET, params![before_ms])?;
    Ok(())
}
