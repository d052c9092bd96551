//! Users: the people of an account.

use domain::{AccountId, Role, UserId};

use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO users (account_id, user_id, email, name, role, password_hash, created_at,
        email_confirmed_at, has_short_password, deactivated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    INSERT_EMAIL = "INSERT INTO email_addresses (email, account_id, user_id)
        VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    FIND_BY_EMAIL = "SELECT u.account_id, u.user_id, u.email, u.name, u.role, u.password_hash,
        u.deactivated_at, u.email_confirmed_at, u.last_log_in_at, u.password_off_at,
        u.has_short_password FROM email_addresses e
        JOIN users u ON u.account_id = e.account_id AND u.user_id = e.user_id
        WHERE e.email = $1";
    FIND = "SELECT account_id, user_id, email, name, role, password_hash, deactivated_at,
        email_confirmed_at, last_log_in_at, password_off_at, has_short_password
        FROM users WHERE account_id = $1 AND user_id = $2";
    NAMES_BY_ROLE = "SELECT name FROM users
        WHERE account_id = $1 AND role = $2 AND deactivated_at IS NULL ORDER BY name";
    NAMES = "SELECT user_id, name FROM users WHERE account_id = $1";
    CONFIRM_EMAIL = "UPDATE users SET email_confirmed_at = $1
        WHERE account_id = $2 AND user_id = $3 AND email_confirmed_at IS NULL";
    SET_NAME = "UPDATE users SET name = $1 WHERE account_id = $2 AND user_id = $3";
    SET_PASSWORD = "UPDATE users SET password_hash = $1, password_off_at = NULL,
        has_short_password = 0 WHERE account_id = $2 AND user_id = $3";
    REHASH = "UPDATE users SET password_hash = $1
        WHERE account_id = $2 AND user_id = $3 AND password_hash = $4";
    TURN_PASSWORD_OFF = "UPDATE users SET password_off_at = $1
        WHERE account_id = $2 AND user_id = $3 AND password_off_at IS NULL";
    LOGGED_IN = "UPDATE users SET last_log_in_at = $1 WHERE account_id = $2 AND user_id = $3";
}

/// A user.
#[derive(Clone, Debug)]
pub struct UserRow {
    /// Account.
    pub account_id: AccountId,
    /// Id.
    pub user_id: UserId,
    /// Normalised: trimmed, lower case.
    pub email: String,
    /// What others see.
    pub name: String,
    /// Role.
    pub role: Role,
    /// PHC string.
    pub password_hash: String,
    /// Unix ms.
    pub deactivated_at: Option<i64>,
    /// Unix ms; `None`: the person cannot log in yet.
    pub email_confirmed_at: Option<i64>,
    /// Unix ms.
    pub last_log_in_at: Option<i64>,
    /// When too many wrong passwords in a row turned log-in by password off, Unix ms.
    pub password_off_at: Option<i64>,
    /// Whether the password is shorter than people are asked for.
    pub has_short_password: bool,
}

fn read_row(row: &Row<'_>) -> Result<UserRow, StoreError> {
    let role: String = row.get(4)?;
    Ok(UserRow {
        account_id: row.get(0)?,
        user_id: row.get(1)?,
        email: row.get(2)?,
        name: row.get(3)?,
        role: role.parse().map_err(|_| StoreError::column(4, "a role"))?,
        password_hash: row.get(5)?,
        deactivated_at: row.get(6)?,
        email_confirmed_at: row.get(7)?,
        last_log_in_at: row.get(8)?,
        password_off_at: row.get(9)?,
        has_short_password: row.get(10)?,
    })
}

/// Stores a user. `false`: the e-mail address belongs to somebody.
pub fn insert(tx: &mut Tx<'_>, user: &UserRow, now_ms: i64) -> Result<bool, StoreError> {
    if tx.execute(
        &INSERT_EMAIL,
        params![user.email, user.account_id, user.user_id],
    )? == 0
    {
        return Ok(false);
    }
    tx.execute(
        &INSERT,
        params![
            user.account_id,
            user.user_id,
            user.email,
            user.name,
            user.role.as_str(),
            user.password_hash,
            now_ms,
            user.email_confirmed_at,
            user.has_short_password,
            user.deactivated_at
        ],
    )?;
    Ok(true)
}

/// The user with this normalised address.
pub fn find_by_email(tx: &mut Tx<'_>, email: &str) -> Result<Option<UserRow>, StoreError> {
    tx.query_optional(&FIND_BY_EMAIL, params![email], read_row)
}

/// One user.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
) -> Result<Option<UserRow>, StoreError> {
    tx.query_optional(&FIND, params![account, user], read_row)
}

/// Names of the active users of a role.
pub fn names_by_role(
    tx: &mut Tx<'_>,
    account: AccountId,
    role: Role,
) -> Result<Vec<String>, StoreError> {
    tx.query(&NAMES_BY_ROLE, params![account, role.as_str()], |row| {
        row.get(0)
    })
}

/// Names of all people of an account, also of those who have left.
pub fn names(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<(UserId, String)>, StoreError> {
    tx.query(&NAMES, params![account], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// The person has shown that the address is theirs. `false`: they had before.
pub fn confirm_email(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    now_ms: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&CONFIRM_EMAIL, params![now_ms, account, user])? == 1)
}

/// Sets what others see of a person.
pub fn set_name(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    name: &str,
) -> Result<(), StoreError> {
    tx.execute(&SET_NAME, params![name, account, user])?;
    Ok(())
}

/// Sets a password that the person chose; log-in by password works again where it was off.
pub fn set_password(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    hash: &str,
) -> Result<(), StoreError> {
    tx.execute(&SET_PASSWORD, params![hash, account, user])?;
    Ok(())
}

/// Replaces the hash of the same password, unless the password was changed meanwhile.
pub fn rehash(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    old_hash: &str,
    hash: &str,
) -> Result<(), StoreError> {
    tx.execute(&REHASH, params![hash, account, user, old_hash])?;
    Ok(())
}

/// Turns log-in by password off until a reset. `false`: it was off.
pub fn turn_password_off(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    now_ms: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&TURN_PASSWORD_OFF, params![now_ms, account, user])? == 1)
}

/// Notes a log-in.
pub fn logged_in(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&LOGGED_IN, params![now_ms, account, user])?;
    Ok(())
}
