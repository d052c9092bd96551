//! Sessions of the web app. The store holds digests of their ids, never an id.

use domain::{AccountId, Role, UserId};

use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO sessions (session_digest, account_id, user_id, created_at,
        authenticated_at, last_seen_at) VALUES ($1, $2, $3, $4, $4, $4)";
    FIND = "SELECT s.created_at, s.authenticated_at, s.last_seen_at, u.account_id, u.user_id,
        u.email, u.name, u.role, u.password_hash, a.name
        FROM sessions s
        JOIN users u ON u.account_id = s.account_id AND u.user_id = s.user_id
        JOIN accounts a ON a.account_id = s.account_id
        WHERE s.session_digest = $1 AND u.deactivated_at IS NULL";
    SEEN = "UPDATE sessions SET last_seen_at = $1 WHERE session_digest = $2";
    CONFIRM = "UPDATE sessions SET authenticated_at = $1, session_digest = $2
        WHERE session_digest = $3";
    DELETE = "DELETE FROM sessions WHERE session_digest = $1";
}

/// A live session with its user's present role: a demotion works on the next request.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Unix ms.
    pub created_at: i64,
    /// When the password was last given, Unix ms.
    pub authenticated_at: i64,
    /// Unix ms; may lag a minute.
    pub last_seen_at: i64,
    /// Account.
    pub account_id: AccountId,
    /// User.
    pub user_id: UserId,
    /// The user's address.
    pub email: String,
    /// The user's name.
    pub name: String,
    /// The user's present role.
    pub role: Role,
    /// PHC string.
    pub password_hash: String,
    /// The account's name.
    pub account_name: String,
}

/// Stores a session.
pub fn insert(
    tx: &mut Tx<'_>,
    digest: &[u8; 32],
    account: AccountId,
    user: UserId,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&INSERT, params![digest, account, user, now_ms])?;
    Ok(())
}

/// The session with this digest, if its user is active. Whether it has ended is the caller's rule.
pub fn find(tx: &mut Tx<'_>, digest: &[u8; 32]) -> Result<Option<SessionRow>, StoreError> {
    tx.query_optional(&FIND, params![digest], |row| {
        let role: String = row.get(7)?;
        Ok(SessionRow {
            created_at: row.get(0)?,
            authenticated_at: row.get(1)?,
            last_seen_at: row.get(2)?,
            account_id: row.get(3)?,
            user_id: row.get(4)?,
            email: row.get(5)?,
            name: row.get(6)?,
            role: role.parse().map_err(|_| StoreError::column(7, "a role"))?,
            password_hash: row.get(8)?,
            account_name: row.get(9)?,
        })
    })
}

/// Notes that the session was used.
pub fn seen(tx: &mut Tx<'_>, digest: &[u8; 32], now_ms: i64) -> Result<(), StoreError> {
    tx.execute(&SEEN, params![now_ms, digest])?;
    Ok(())
}

/// The password was given again: the session gets a new id.
pub fn confirm(
    tx: &mut Tx<'_>,
    digest: &[u8; 32],
    new_digest: &[u8; 32],
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&CONFIRM, params![now_ms, new_digest, digest])?;
    Ok(())
}

/// Ends a session.
pub fn delete(tx: &mut Tx<'_>, digest: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(&DELETE, params![digest])?;
    Ok(())
}
