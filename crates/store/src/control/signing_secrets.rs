//! What an account's callbacks are signed with (callbacks.md 2.1, 5). The store holds sealed
//! secrets and public keys, never a plain secret.

use domain::{AccountId, Environment, SigningSecretId};

use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    // At most one secret of an account and mode has no end: the index signing_secrets_current.
    INSERT = "INSERT INTO signing_secrets (account_id, secret_id, environment, hint, sealed,
        public_key, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    LIST = "SELECT account_id, secret_id, environment, hint, sealed, public_key, created_at,
        expires_at FROM signing_secrets ORDER BY account_id, secret_id DESC";
    OF_ACCOUNT = "SELECT account_id, secret_id, environment, hint, sealed, public_key, created_at,
        expires_at FROM signing_secrets WHERE account_id = $1 ORDER BY secret_id DESC";
    END_CURRENT = "UPDATE signing_secrets SET expires_at = $1
        WHERE account_id = $2 AND environment = $3 AND expires_at IS NULL";
    ERASE_OLDER = "DELETE FROM signing_secrets
        WHERE account_id = $1 AND environment = $2 AND expires_at IS NOT NULL";
    ERASE_ENDED = "DELETE FROM signing_secrets WHERE expires_at <= $1";
    ACCOUNTS_WITHOUT = "SELECT accounts.account_id FROM accounts LEFT JOIN signing_secrets
        ON signing_secrets.account_id = accounts.account_id
        AND signing_secrets.environment = $1 AND signing_secrets.expires_at IS NULL
        WHERE signing_secrets.secret_id IS NULL ORDER BY accounts.account_id";
}

/// A secret to be stored; it becomes the current one of its account and mode.
#[derive(Clone, Debug)]
pub struct NewSigningSecret {
    /// Account.
    pub account_id: AccountId,
    /// Id.
    pub secret_id: SigningSecretId,
    /// Mode.
    pub environment: Environment,
    /// The last four characters of the symmetric secret.
    pub hint: String,
    /// The symmetric secret and the private key, sealed.
    pub sealed: Vec<u8>,
    /// `whpk_…`.
    pub public_key: String,
    /// Unix ms.
    pub created_at: i64,
}

/// A stored secret.
#[derive(Clone, Debug)]
pub struct SigningSecretRow {
    /// Account.
    pub account_id: AccountId,
    /// Id; a greater one is newer.
    pub secret_id: SigningSecretId,
    /// Mode.
    pub environment: Environment,
    /// The last four characters of the symmetric secret.
    pub hint: String,
    /// The symmetric secret and the private key, sealed.
    pub sealed: Vec<u8>,
    /// `whpk_…`.
    pub public_key: String,
    /// Unix ms.
    pub created_at: i64,
    /// Until when a rolled secret still signs, Unix ms; `None`: it is the current one.
    pub expires_at: Option<i64>,
}

impl SigningSecretRow {
    /// Whether callbacks are signed with it at a time.
    pub fn is_running(&self, now_ms: i64) -> bool {
        self.expires_at.is_none_or(|end| end > now_ms)
    }
}

fn read_row(row: &Row<'_>) -> Result<SigningSecretRow, StoreError> {
    let environment: String = row.get(2)?;
    Ok(SigningSecretRow {
        account_id: row.get(0)?,
        secret_id: row.get(1)?,
        environment: environment
            .parse()
            .map_err(|_| StoreError::column(2, "a mode"))?,
        hint: row.get(3)?,
        sealed: row.get(4)?,
        public_key: row.get(5)?,
        created_at: row.get(6)?,
        expires_at: row.get(7)?,
    })
}

/// Stores the current secret of an account and mode. `false`: there is one already.
pub fn insert(tx: &mut Tx<'_>, secret: &NewSigningSecret) -> Result<bool, StoreError> {
    Ok(tx.execute(
        &INSERT,
        params![
            secret.account_id,
            secret.secret_id,
            secret.environment.as_str(),
            secret.hint,
            secret.sealed,
            secret.public_key,
            secret.created_at
        ],
    )? == 1)
}

/// Secrets of all accounts, the newest of each first.
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<SigningSecretRow>, StoreError> {
    tx.query(&LIST, &[], read_row)
}

/// Secrets of one account, of both modes, newest first.
pub fn of_account(
    tx: &mut Tx<'_>,
    account: AccountId,
) -> Result<Vec<SigningSecretRow>, StoreError> {
    tx.query(&OF_ACCOUNT, params![account], read_row)
}

/// Lets the current secret of an account and mode end at `expires_at_ms`.
pub fn end_current(
    tx: &mut Tx<'_>,
    account: AccountId,
    environment: Environment,
    expires_at_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(
        &END_CURRENT,
        params![expires_at_ms, account, environment.as_str()],
    )?;
    Ok(())
}

/// Erases all secrets of an account and mode but the current one.
pub fn erase_older(
    tx: &mut Tx<'_>,
    account: AccountId,
    environment: Environment,
) -> Result<(), StoreError> {
    tx.execute(&ERASE_OLDER, params![account, environment.as_str()])?;
    Ok(())
}

/// Erases the secrets of all accounts that have ended.
pub fn erase_ended(tx: &mut Tx<'_>, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(&ERASE_ENDED, params![now_ms])?;
    Ok(())
}

/// Accounts that have no current secret in a mode.
pub fn accounts_without(
    tx: &mut Tx<'_>,
    environment: Environment,
) -> Result<Vec<AccountId>, StoreError> {
    tx.query(&ACCOUNTS_WITHOUT, params![environment.as_str()], |row| {
        row.get(0)
    })
}
