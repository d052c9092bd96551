//! Users: the people of an account, and the failures by which log-ins are throttled.

use domain::{AccountId, Role, UserId};

use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO users (account_id, user_id, email, name, role, password_hash, created_at,
        email_confirmed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    INSERT_EMAIL = "INSERT INTO email_addresses (email, account_id, user_id)
        VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    FIND_BY_EMAIL = "SELECT u.account_id, u.user_id, u.email, u.name, u.role, u.password_hash,
        u.deactivated_at, u.email_confirmed_at FROM email_addresses e
        JOIN users u ON u.account_id = e.account_id AND u.user_id = e.user_id
        WHERE e.email = $1";
    FIND = "SELECT account_id, user_id, email, name, role, password_hash, deactivated_at,
        email_confirmed_at FROM users WHERE account_id = $1 AND user_id = $2";
    NAMES_BY_ROLE = "SELECT name FROM users
        WHERE account_id = $1 AND role = $2 AND deactivated_at IS NULL ORDER BY name";
    NAMES = "SELECT user_id, name FROM users WHERE account_id = $1";
    FAILURES = "SELECT failures, last_at FROM log_in_failures WHERE subject = $1";
    ADD_FAILURE = "INSERT INTO log_in_failures (subject, failures, last_at) VALUES ($1, 1, $2)
        ON CONFLICT (subject) DO UPDATE
        SET failures = log_in_failures.failures + 1, last_at = excluded.last_at";
    CLEAR_FAILURES = "DELETE FROM log_in_failures WHERE subject = $1";
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
    /// When the address was confirmed, Unix ms; `None`: the person cannot log in yet.
    pub email_confirmed_at: Option<i64>,
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
            user.email_confirmed_at
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

/// Failed log-ins of a subject (a digest): their number and the time of the last one.
pub fn log_in_failures(
    tx: &mut Tx<'_>,
    subject: &[u8; 32],
) -> Result<Option<(i64, i64)>, StoreError> {
    tx.query_optional(&FAILURES, params![subject], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Counts a failed log-in.
pub fn add_log_in_failure(
    tx: &mut Tx<'_>,
    subject: &[u8; 32],
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&ADD_FAILURE, params![subject, now_ms])?;
    Ok(())
}

/// Forgets a subject's failures.
pub fn clear_log_in_failures(tx: &mut Tx<'_>, subject: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(&CLEAR_FAILURES, params![subject])?;
    Ok(())
}
