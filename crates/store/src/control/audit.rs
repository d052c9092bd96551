//! The audit log: append-only, chained per account. What an entry says and how it is hashed is the
//! caller's; here is where it is kept.

use domain::AccountId;

use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

statements! {
    LOCK_ACCOUNT = "SELECT 1 FROM accounts WHERE account_id = $1" postgres_tail "FOR UPDATE";
    LAST = "SELECT seq, hash FROM audit_log WHERE account_id = $1 ORDER BY seq DESC LIMIT 1";
    INSERT = "INSERT INTO audit_log (account_id, seq, at, actor_kind, actor_id, actor_name, action,
        target, environment, address, user_agent, request_id, before, after, prev_hash, hash)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    SET_ANCHOR = "INSERT INTO audit_anchors (account_id, seq, hash, mac) VALUES ($1, $2, $3, $4)
        ON CONFLICT (account_id) DO UPDATE
        SET seq = excluded.seq, hash = excluded.hash, mac = excluded.mac";
    ANCHOR = "SELECT seq, hash, mac FROM audit_anchors WHERE account_id = $1";
    BEFORE = "SELECT seq, at, actor_kind, actor_id, actor_name, action, target, environment,
        address, user_agent, request_id, before, after, prev_hash, hash
        FROM audit_log WHERE account_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
    AFTER = "SELECT seq, at, actor_kind, actor_id, actor_name, action, target, environment,
        address, user_agent, request_id, before, after, prev_hash, hash
        FROM audit_log WHERE account_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
}

/// One entry.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// Number within the account, from 1, without gaps.
    pub seq: i64,
    /// Unix ms.
    pub at: i64,
    /// `user`, `key`, `operator` or `system`.
    pub actor_kind: String,
    /// Id of the user or key.
    pub actor_id: Option<String>,
    /// The actor's name at that time.
    pub actor_name: Option<String>,
    /// What was done, such as `key.roll`.
    pub action: String,
    /// What it was done to.
    pub target: Option<String>,
    /// Mode, where it matters.
    pub environment: Option<String>,
    /// The client's address.
    pub address: Option<String>,
    /// The client's user agent.
    pub user_agent: Option<String>,
    /// The request's id.
    pub request_id: Option<String>,
    /// State before, as JSON; secrets are replaced by hints.
    pub before: Option<String>,
    /// State after, as JSON.
    pub after: Option<String>,
    /// Hash of the entry before; 32 zeros for the first.
    pub prev_hash: Vec<u8>,
    /// SHA-256 over the hash before and the rest.
    pub hash: Vec<u8>,
}

fn read_row(row: &Row<'_>) -> Result<AuditRow, StoreError> {
    Ok(AuditRow {
        seq: row.get(0)?,
        at: row.get(1)?,
        actor_kind: row.get(2)?,
        actor_id: row.get(3)?,
        actor_name: row.get(4)?,
        action: row.get(5)?,
        target: row.get(6)?,
        environment: row.get(7)?,
        address: row.get(8)?,
        user_agent: row.get(9)?,
        request_id: row.get(10)?,
        before: row.get(11)?,
        after: row.get(12)?,
        prev_hash: row.get(13)?,
        hash: row.get(14)?,
    })
}

/// The newest signed position of an account's log.
#[derive(Clone, Debug)]
pub struct Anchor {
    /// Number of the newest entry.
    pub seq: i64,
    /// Its hash.
    pub hash: Vec<u8>,
    /// MAC over account, number and hash.
    pub mac: Vec<u8>,
}

/// Locks the account's row, so that two appends cannot fork the chain, and gives the newest entry's
/// number and hash.
pub fn lock_and_find_last(
    tx: &mut Tx<'_>,
    account: AccountId,
) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
    tx.query_optional(&LOCK_ACCOUNT, params![account], |_| Ok(()))?;
    tx.query_optional(&LAST, params![account], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Appends an entry and moves the account's anchor to it.
pub fn append(
    tx: &mut Tx<'_>,
    account: AccountId,
    entry: &AuditRow,
    anchor_mac: &[u8; 32],
) -> Result<(), StoreError> {
    tx.execute(
        &INSERT,
        params![
            account,
            entry.seq,
            entry.at,
            entry.actor_kind,
            entry.actor_id,
            entry.actor_name,
            entry.action,
            entry.target,
            entry.environment,
            entry.address,
            entry.user_agent,
            entry.request_id,
            entry.before,
            entry.after,
            entry.prev_hash,
            entry.hash
        ],
    )?;
    tx.execute(
        &SET_ANCHOR,
        params![account, entry.seq, entry.hash, anchor_mac],
    )?;
    Ok(())
}

/// The account's anchor.
pub fn anchor(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Anchor>, StoreError> {
    tx.query_optional(&ANCHOR, params![account], |row| {
        Ok(Anchor {
            seq: row.get(0)?,
            hash: row.get(1)?,
            mac: row.get(2)?,
        })
    })
}

/// Entries before `seq`, newest first: a page of the log.
pub fn before(
    tx: &mut Tx<'_>,
    account: AccountId,
    seq: i64,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    tx.query(&BEFORE, params![account, seq, limit], read_row)
}

/// Entries after `seq`, oldest first: for export and for checking the chain.
pub fn after(
    tx: &mut Tx<'_>,
    account: AccountId,
    seq: i64,
    limit: i64,
) -> Result<Vec<AuditRow>, StoreError> {
    tx.query(&AFTER, params![account, seq, limit], read_row)
}
