//! Sessions of the web app. The store holds digests of their ids, never an id.

use domain::{AccountId, Role, SessionId, UserId};

use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    INSERT = "INSERT INTO sessions (session_digest, session_id, account_id, user_id, user_agent,
        address, created_at, authenticated_at, last_seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7)";
    FIND = "SELECT s.created_at, s.authenticated_at, s.last_seen_at, u.account_id, u.user_id,
        u.email, u.name, u.role, u.password_hash, a.name, s.session_id, u.has_short_password
        FROM sessions s
        JOIN users u ON u.account_id = s.account_id AND u.user_id = s.user_id
        JOIN accounts a ON a.account_id = s.account_id
        WHERE s.session_digest = $1 AND u.deactivated_at IS NULL";
    OF_USER = "SELECT session_id, user_agent, address, created_at, last_seen_at FROM sessions
        WHERE account_id = $1 AND user_id = $2 ORDER BY last_seen_at DESC, session_id";
    SEEN = "UPDATE sessions SET last_seen_at = $1 WHERE session_digest = $2";
    RENEW = "UPDATE sessions SET authenticated_at = $1, session_digest = $2, wrong_passwords = 0
        WHERE session_digest = $3";
    COUNT_WRONG = "UPDATE sessions SET wrong_passwords = wrong_passwords + 1
        WHERE session_digest = $1 RETURNING wrong_passwords";
    FORGIVE_WRONG = "UPDATE sessions SET wrong_passwords = wrong_passwords - 1
        WHERE session_digest = $1 AND wrong_passwords > 0";
    DELETE = "DELETE FROM sessions WHERE session_digest = $1";
    DELETE_ONE = "DELETE FROM sessions WHERE account_id = $1 AND user_id = $2 AND session_id = $3";
    DELETE_OF_USER = "DELETE FROM sessions WHERE account_id = $1 AND user_id = $2";
    DELETE_OTHERS = "DELETE FROM sessions WHERE account_id = $1 AND user_id = $2
        AND session_id <> $3";
    DELETE_ENDED = "DELETE FROM sessions WHERE last_seen_at < $1 OR created_at < $2";
    SEE_NETWORK = "INSERT INTO known_networks (account_id, user_id, network, last_seen_at)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT (account_id, user_id, network) DO UPDATE
        SET last_seen_at = excluded.last_seen_at";
    KNOWS_NETWORK = "SELECT 1 FROM known_networks
        WHERE account_id = $1 AND user_id = $2 AND network = $3";
    FORGET_NETWORKS = "DELETE FROM known_networks WHERE last_seen_at < $1";
}

/// A session to be stored.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// HMAC of the cookie's value.
    pub digest: [u8; 32],
    /// Names it in lists.
    pub session_id: SessionId,
    /// Account.
    pub account_id: AccountId,
    /// User.
    pub user_id: UserId,
    /// The browser's `User-Agent`.
    pub user_agent: String,
    /// The client's address; may be empty.
    pub address: String,
}

/// A live session with its user's present role: a demotion works on the next request.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Names it in lists.
    pub session_id: SessionId,
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
    /// Whether the password is shorter than people are asked for.
    pub has_short_password: bool,
    /// The account's name.
    pub account_name: String,
}

/// A session as its owner sees it in a list.
#[derive(Clone, Debug)]
pub struct ListedSession {
    /// Id.
    pub session_id: SessionId,
    /// The browser's `User-Agent` at log-in.
    pub user_agent: String,
    /// The client's address at log-in.
    pub address: String,
    /// Unix ms.
    pub created_at: i64,
    /// Unix ms; may lag a minute.
    pub last_seen_at: i64,
}

/// Stores a session.
pub fn insert(tx: &mut Tx<'_>, session: &NewSession, now_ms: i64) -> Result<(), StoreError> {
    tx.execute(
        &INSERT,
        params![
            session.digest,
            session.session_id,
            session.account_id,
            session.user_id,
            session.user_agent,
            session.address,
            now_ms
        ],
    )?;
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
            session_id: row.get(10)?,
            has_short_password: row.get(11)?,
        })
    })
}

/// All sessions of a user, the last seen first; some may have ended.
pub fn of_user(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
) -> Result<Vec<ListedSession>, StoreError> {
    tx.query(&OF_USER, params![account, user], |row| {
        Ok(ListedSession {
            session_id: row.get(0)?,
            user_agent: row.get(1)?,
            address: row.get(2)?,
            created_at: row.get(3)?,
            last_seen_at: row.get(4)?,
        })
    })
}

/// Notes that the session was used.
pub fn seen(tx: &mut Tx<'_>, digest: &[u8; 32], now_ms: i64) -> Result<(), StoreError> {
    tx.execute(&SEEN, params![now_ms, digest])?;
    Ok(())
}

/// The password was given again: the session gets a new id. `false`: it has ended meanwhile.
pub fn renew(
    tx: &mut Tx<'_>,
    digest: &[u8; 32],
    new_digest: &[u8; 32],
    now_ms: i64,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&RENEW, params![now_ms, new_digest, digest])? == 1)
}

/// Counts a wrong password; gives their number since the last right one. `None`: no such session.
pub fn count_wrong_password(tx: &mut Tx<'_>, digest: &[u8; 32]) -> Result<Option<i64>, StoreError> {
    tx.query_optional(&COUNT_WRONG, params![digest], |row| row.get(0))
}

/// A password that was counted as wrong was not judged.
pub fn forgive_wrong_password(tx: &mut Tx<'_>, digest: &[u8; 32]) -> Result<(), StoreError> {
    tx.execute(&FORGIVE_WRONG, params![digest])?;
    Ok(())
}

/// Ends a session. `false`: there was none.
pub fn delete(tx: &mut Tx<'_>, digest: &[u8; 32]) -> Result<bool, StoreError> {
    Ok(tx.execute(&DELETE, params![digest])? == 1)
}

/// Ends one session of a user. `false`: the user has no such session.
pub fn delete_one(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    session: SessionId,
) -> Result<bool, StoreError> {
    Ok(tx.execute(&DELETE_ONE, params![account, user, session])? == 1)
}

/// Ends all sessions of a user; gives their number.
pub fn delete_of_user(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
) -> Result<u64, StoreError> {
    tx.execute(&DELETE_OF_USER, params![account, user])
}

/// Ends all sessions of a user but one; gives their number.
pub fn delete_others(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    kept: SessionId,
) -> Result<u64, StoreError> {
    tx.execute(&DELETE_OTHERS, params![account, user, kept])
}

/// Deletes sessions that were last seen or made before these times, Unix ms.
pub fn delete_ended(
    tx: &mut Tx<'_>,
    seen_before_ms: i64,
    made_before_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&DELETE_ENDED, params![seen_before_ms, made_before_ms])?;
    Ok(())
}

/// Notes a network that a user logged in from. `true`: it was known.
pub fn see_network(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    network: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let known = tx
        .query_optional(&KNOWS_NETWORK, params![account, user, network], |_| Ok(()))?
        .is_some();
    tx.execute(&SEE_NETWORK, params![account, user, network, now_ms])?;
    Ok(known)
}

/// Forgets networks that were last seen before this time, Unix ms.
pub fn forget_networks(tx: &mut Tx<'_>, before_ms: i64) -> Result<(), StoreError> {
    tx.execute(&FORGET_NETWORKS, params![before_ms])?;
    Ok(())
}
