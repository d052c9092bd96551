//! Accounts, their prices and the fingerprints of their secrets file.

use domain::AccountId;

use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO accounts (account_id, name, created_at, data_key, wrap_version,
        default_callback_url) VALUES ($1, $2, $3, $4, $5, $6)";
    FIND = "SELECT account_id, name, created_at, data_key, wrap_version, default_callback_url,
        show_keys_once, keys_may_make_managers, own_key_for_test_callbacks
        FROM accounts WHERE account_id = $1";
    LIST = "SELECT account_id, name, created_at, data_key, wrap_version, default_callback_url,
        show_keys_once, keys_may_make_managers, own_key_for_test_callbacks
        FROM accounts ORDER BY account_id";
    RENAME = "UPDATE accounts SET name = $1 WHERE account_id = $2";
    SET_KEY_POLICY = "UPDATE accounts SET show_keys_once = $1, keys_may_make_managers = $2,
        own_key_for_test_callbacks = $3 WHERE account_id = $4";
    COUNT = "SELECT count(*) FROM accounts";
    PRICES = "SELECT account_id, task_type, amount_micros FROM prices";
    PRICES_OF_ACCOUNT = "SELECT account_id, task_type, amount_micros FROM prices
        WHERE account_id = $1";
    SET_DEFAULT_CALLBACK_URL = "UPDATE accounts SET default_callback_url = $1
        WHERE account_id = $2";
    FINGERPRINTS = "SELECT entry, version, fingerprint FROM secret_fingerprints";
    INSERT_FINGERPRINT = "INSERT INTO secret_fingerprints (entry, version, fingerprint)
        VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
}

/// A stored account.
#[derive(Clone, Debug)]
pub struct AccountRow {
    /// Id.
    pub account_id: AccountId,
    /// The company's name.
    pub name: String,
    /// Unix ms.
    pub created_at: i64,
    /// Wrapped data key, which seals the account's keys.
    pub data_key: Vec<u8>,
    /// Version of the wrap key.
    pub wrap_version: i64,
    /// Used by tasks without a `callback_url`.
    pub default_callback_url: Option<String>,
    /// What it decided about its keys; a new account has decided nothing.
    pub key_policy: KeyPolicy,
}

/// What an account decided about its keys (authentication.md 2.1, 2.4; design.md 5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyPolicy {
    /// Keys are shown at their making alone.
    pub show_keys_once: bool,
    /// `teams/invite` and `teams/set_role` by key make Managers without an Admin.
    pub keys_may_make_managers: bool,
    /// Callbacks of test mode carry the Test Callback Auth Key.
    pub own_key_for_test_callbacks: bool,
}

/// Stores an account.
pub fn insert(tx: &mut Tx<'_>, account: &AccountRow) -> Result<(), StoreError> {
    tx.execute(
        &INSERT,
        params![
            account.account_id,
            account.name,
            account.created_at,
            account.data_key,
            account.wrap_version,
            account.default_callback_url
        ],
    )?;
    Ok(())
}

fn read_row(row: &crate::driver::value::Row<'_>) -> Result<AccountRow, StoreError> {
    Ok(AccountRow {
        account_id: row.get(0)?,
        name: row.get(1)?,
        created_at: row.get(2)?,
        data_key: row.get(3)?,
        wrap_version: row.get(4)?,
        default_callback_url: row.get(5)?,
        key_policy: KeyPolicy {
            show_keys_once: row.get::<i64>(6)? != 0,
            keys_may_make_managers: row.get::<i64>(7)? != 0,
            own_key_for_test_callbacks: row.get::<i64>(8)? != 0,
        },
    })
}

/// One account.
pub fn find(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<AccountRow>, StoreError> {
    tx.query_optional(&FIND, params![account], read_row)
}

/// All accounts, oldest first.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<AccountRow>, StoreError> {
    tx.query(&LIST, &[], read_row)
}

/// Number of accounts.
pub fn count(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    Ok(tx
        .query_optional(&COUNT, &[], |row| row.get(0))?
        .unwrap_or(0))
}

/// Prices that differ from the default list: account, task type, micro-units.
pub fn prices(tx: &mut Tx<'_>) -> Result<Vec<(AccountId, String, i64)>, StoreError> {
    tx.query(&PRICES, &[], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })
}

/// Gives an account another name.
pub fn rename(tx: &mut Tx<'_>, account: AccountId, name: &str) -> Result<(), StoreError> {
    tx.execute(&RENAME, params![name, account])?;
    Ok(())
}

/// Sets what an account decided about its keys.
pub fn set_key_policy(
    tx: &mut Tx<'_>,
    account: AccountId,
    policy: KeyPolicy,
) -> Result<(), StoreError> {
    tx.execute(
        &SET_KEY_POLICY,
        params![
            policy.show_keys_once,
            policy.keys_may_make_managers,
            policy.own_key_for_test_callbacks,
            account
        ],
    )?;
    Ok(())
}

/// Prices of one account, in the form of [`prices`].
pub fn prices_of(
    tx: &mut Tx<'_>,
    account: AccountId,
) -> Result<Vec<(AccountId, String, i64)>, StoreError> {
    tx.query(&PRICES_OF_ACCOUNT, params![account], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })
}

/// Sets where callbacks of tasks without a `callback_url` go.
pub fn set_default_callback_url(
    tx: &mut Tx<'_>,
    account: AccountId,
    url: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute(&SET_DEFAULT_CALLBACK_URL, params![url, account])?;
    Ok(())
}

/// Fingerprints of the secrets file that this database knows: entry, version, HMAC.
pub fn secret_fingerprints(tx: &mut Tx<'_>) -> Result<Vec<(String, i64, Vec<u8>)>, StoreError> {
    tx.query(&FINGERPRINTS, &[], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })
}

/// Remembers a fingerprint.
pub fn remember_fingerprint(
    tx: &mut Tx<'_>,
    entry: &str,
    version: i64,
    fingerprint: &[u8],
) -> Result<(), StoreError> {
    tx.execute(&INSERT_FINGERPRINT, params![entry, version, fingerprint])?;
    Ok(())
}
