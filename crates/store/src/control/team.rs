//! The team: the people of an account as its Admins and Managers see and change them. Every change
//! locks the account's row first ([`lock`]), so that two of them are judged one after the other.

use domain::{AccountId, Environment, KeyId, Role, UserId};

use super::sessions;
use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    LOCK = "SELECT name, keys_may_make_managers FROM accounts WHERE account_id = $1"
        postgres_tail "FOR UPDATE";
    PEOPLE = "SELECT user_id, email, name, role, email_confirmed_at, deactivated_at,
        last_log_in_at FROM users WHERE account_id = $1 ORDER BY user_id";
    FIND = "SELECT user_id, email, name, role, email_confirmed_at, deactivated_at,
        last_log_in_at FROM users WHERE account_id = $1 AND user_id = $2";
    OWNER_OF_EMAIL = "SELECT account_id, user_id FROM email_addresses WHERE email = $1";
    ADMINS = "SELECT user_id, email, name, role, email_confirmed_at, deactivated_at,
        last_log_in_at FROM users WHERE account_id = $1 AND role = 'admin'
        AND deactivated_at IS NULL AND email_confirmed_at IS NOT NULL ORDER BY user_id";
    SET_ROLE = "UPDATE users SET role = $1 WHERE account_id = $2 AND user_id = $3";
    DEACTIVATE = "UPDATE users SET deactivated_at = $1 WHERE account_id = $2 AND user_id = $3";
    REACTIVATE = "UPDATE users SET deactivated_at = NULL WHERE account_id = $1 AND user_id = $2";
    VALID_KEYS = "SELECT key_id, environment, name, hint, created_by FROM keys
        WHERE account_id = $1 AND state <> 'revoked'
        AND (expires_at IS NULL OR expires_at > $2) ORDER BY key_id";
    REVEALED = "SELECT DISTINCT target FROM audit_log WHERE account_id = $1 AND actor_id = $2
        AND action = 'key.reveal' AND actor_kind = 'user'";
}

/// The account of a team, its row locked.
#[derive(Clone, Debug)]
pub struct LockedAccount {
    /// The company's name.
    pub name: String,
    /// Whether a key may make a Manager without an Admin's approval.
    pub keys_may_make_managers: bool,
}

/// A person of the account.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// Id.
    pub user_id: UserId,
    /// Normalised address.
    pub email: String,
    /// What others see.
    pub name: String,
    /// Role.
    pub role: Role,
    /// When the address was confirmed, Unix ms; `None`: the person cannot log in yet.
    pub email_confirmed_at: Option<i64>,
    /// Unix ms.
    pub deactivated_at: Option<i64>,
    /// Unix ms.
    pub last_log_in_at: Option<i64>,
}

impl PersonRow {
    /// Whether the person has not been deactivated.
    pub fn is_active(&self) -> bool {
        self.deactivated_at.is_none()
    }
}

/// A key that somebody who is being deactivated knows.
#[derive(Clone, Debug)]
pub struct KnownKey {
    /// Id.
    pub key_id: KeyId,
    /// Mode.
    pub environment: Environment,
    /// Name.
    pub name: String,
    /// Mode, kind and last four characters.
    pub hint: String,
}

fn read_row(row: &Row<'_>) -> Result<PersonRow, StoreError> {
    let role: String = row.get(3)?;
    Ok(PersonRow {
        user_id: row.get(0)?,
        email: row.get(1)?,
        name: row.get(2)?,
        role: role.parse().map_err(|_| StoreError::column(3, "a role"))?,
        email_confirmed_at: row.get(4)?,
        deactivated_at: row.get(5)?,
        last_log_in_at: row.get(6)?,
    })
}

/// Locks the account's row until the transaction ends. Call it before anything that a change of the
/// team is judged by is read.
pub fn lock(tx: &mut Tx<'_>, account: AccountId) -> Result<LockedAccount, StoreError> {
    tx.query_optional(&LOCK, params![account], |row| {
        Ok(LockedAccount {
            name: row.get(0)?,
            keys_may_make_managers: row.get::<i64>(1)? != 0,
        })
    })?
    .ok_or_else(|| StoreError::Database("the account is gone".to_owned()))
}

/// Everybody, deactivated people too, oldest first.
pub fn people(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<PersonRow>, StoreError> {
    tx.query(&PEOPLE, params![account], read_row)
}

/// One person, deactivated or not.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
) -> Result<Option<PersonRow>, StoreError> {
    tx.query_optional(&FIND, params![account, user], read_row)
}

/// Whose a normalised address is, in whatever account.
pub fn owner_of_email(
    tx: &mut Tx<'_>,
    email: &str,
) -> Result<Option<(AccountId, UserId)>, StoreError> {
    tx.query_optional(&OWNER_OF_EMAIL, params![email], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// The Admins who can log in: active, with a confirmed address. Who is only invited is none.
pub fn admins(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<PersonRow>, StoreError> {
    tx.query(&ADMINS, params![account], read_row)
}

/// Sets a person's role.
pub fn set_role(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    role: Role,
) -> Result<(), StoreError> {
    tx.execute(&SET_ROLE, params![role.as_str(), account, user])?;
    Ok(())
}

/// Takes a person's access away and ends their sessions.
pub fn deactivate(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&DEACTIVATE, params![now_ms, account, user])?;
    sessions::delete_of_user(tx, account, user)?;
    Ok(())
}

/// Gives a person's access back.
pub fn reactivate(tx: &mut Tx<'_>, account: AccountId, user: UserId) -> Result<(), StoreError> {
    tx.execute(&REACTIVATE, params![account, user])?;
    Ok(())
}

/// Keys that still work and that the person created or, by the audit log, revealed; oldest first.
pub fn keys_known_to(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    now_ms: i64,
) -> Result<Vec<KnownKey>, StoreError> {
    let revealed: Vec<Option<String>> =
        tx.query(&REVEALED, params![account, user.to_string()], |row| {
            row.get(0)
        })?;
    let is_revealed = |key_id: KeyId| {
        let id = key_id.to_string();
        revealed
            .iter()
            .flatten()
            .any(|target| target.strip_prefix("key_").unwrap_or(target) == id)
    };
    let keys = tx.query(&VALID_KEYS, params![account, now_ms], |row| {
        let environment: String = row.get(1)?;
        let created_by: Option<UserId> = row.get(4)?;
        Ok((
            KnownKey {
                key_id: row.get(0)?,
                environment: environment
                    .parse()
                    .map_err(|_| StoreError::column(1, "a mode"))?,
                name: row.get(2)?,
                hint: row.get(3)?,
            },
            created_by,
        ))
    })?;
    Ok(keys
        .into_iter()
        .filter(|(key, created_by)| *created_by == Some(user) || is_revealed(key.key_id))
        .map(|(key, _)| key)
        .collect())
}
