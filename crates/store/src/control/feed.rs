//! The ordered feed of what processes hold in memory (authentication.md 2.3): keys and account
//! settings.
//!
//! Versions are dense and become visible in order, since each is drawn under the lock of the one
//! row of `feed_head`, which is held until the commit. So a follower that misses one sees a gap.

use domain::{AccountId, KeyId};

use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    VERSION = "SELECT version FROM feed_head WHERE feed = 1";
    HEAD = "SELECT version, CAST(unixepoch('subsec') * 1000 AS INTEGER)
        FROM feed_head WHERE feed = 1"
        postgres "SELECT version, CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)
        FROM feed_head WHERE feed = 1";
    ADVANCE = "UPDATE feed_head SET version = version + 1 WHERE feed = 1 RETURNING version";
    INSERT = "INSERT INTO change_feed (version, kind, account_id, subject_id, at)
        VALUES ($1, $2, $3, $4, $5)";
    // SQLite has no notifications: its watchers see the commit itself.
    NOTIFY = "SELECT $1" postgres "SELECT pg_notify('weighbridge_changes', $1)";
    AFTER = "SELECT version, kind, account_id, subject_id FROM change_feed
        WHERE version > $1 ORDER BY version LIMIT $2";
    FORGET = "DELETE FROM change_feed WHERE at < $1";
}

/// The channel of PostgreSQL's notifications; each carries only the version.
pub const CHANNEL: &str = "weighbridge_changes";
/// How long a change can be followed; whoever is further behind takes a snapshot.
pub const LIFE_MS: i64 = 24 * 60 * 60 * 1000;
/// Changes that are followed one by one; past them a snapshot is cheaper.
pub const FOLLOWED_MAX: i64 = 1000;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// An account was made or its settings changed. Followers read its keys anew too, so a
    /// transaction that makes an account with keys needs no further record.
    Account,
    /// A key was made or changed; its id. A transaction that changes several records each.
    Key(&'a [u8; 12]),
}

/// A change as followers read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// This account and all of its keys.
    Account(AccountId),
    /// This key of this account.
    Key(AccountId, KeyId),
}

/// Where the feed stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Newest version.
    pub version: i64,
    /// The database's clock, Unix ms.
    pub database_now_ms: i64,
}

/// What a follower that has seen a version is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Apply these, in order; the last one's version is `version`. Empty: nothing is new.
    Changes {
        /// Version of which the follower is afterwards.
        version: i64,
        /// What to read anew.
        changes: Vec<Changed>,
    },
    /// Read everything anew: changes are missing, too many or of an unknown kind, or the feed
    /// stands before what was seen (a restored backup).
    Gap,
}

/// A row of the feed.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Version.
    pub version: i64,
    /// What changed; `None`: a kind that this program does not know.
    pub change: Option<Changed>,
}

/// Version of what processes hold in memory.
pub fn version(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    Ok(tx
        .query_optional(&VERSION, &[], |row| row.get(0))?
        .unwrap_or(0))
}

/// Where the feed stands, and the database's time.
pub fn head(tx: &mut Tx<'_>) -> Result<Head, StoreError> {
    let head = tx.query_optional(&HEAD, &[], |row| {
        Ok(Head {
            version: row.get(0)?,
            database_now_ms: row.get(1)?,
        })
    })?;
    head.ok_or_else(|| StoreError::Database("the table feed_head is empty".to_owned()))
}

/// Ends a transaction that changes keys or account settings; gives the change's version. The head's
/// row lock makes versions visible in order, so call it last: it is held until the commit.
pub fn record(
    tx: &mut Tx<'_>,
    account: AccountId,
    change: Change<'_>,
    now_ms: i64,
) -> Result<i64, StoreError> {
    let version = tx
        .query_optional(&ADVANCE, &[], |row| row.get::<i64>(0))?
        .ok_or_else(|| StoreError::Database("the table feed_head is empty".to_owned()))?;
    let (kind, subject) = match change {
        Change::Account => ("account", None),
        Change::Key(key_id) => ("key", Some(&key_id[..])),
    };
    tx.execute(&INSERT, params![version, kind, account, subject, now_ms])?;
    tx.query(&NOTIFY, params![version.to_string()], |_| Ok(()))?;
    Ok(version)
}

/// What is new to a follower that has seen `seen`. `head` is to be read before, in the same
/// closure: what is committed in between may then be among the news, but is not missed.
pub fn news(tx: &mut Tx<'_>, seen: i64, head: Head) -> Result<News, StoreError> {
    if head.version < seen || head.version - seen > FOLLOWED_MAX {
        return Ok(News::Gap);
    }
    if head.version == seen {
        return Ok(News::Changes {
            version: seen,
            changes: Vec::new(),
        });
    }
    let entries = tx.query(&AFTER, params![seen, 2 * FOLLOWED_MAX], |row| {
        let (kind, account): (String, AccountId) = (row.get(1)?, row.get(2)?);
        let change = match kind.as_str() {
            "account" => Some(Changed::Account(account)),
            "key" => Some(Changed::Key(account, row.get(3)?)),
            _ => None,
        };
        Ok(Entry {
            version: row.get(0)?,
            change,
        })
    })?;
    Ok(in_order(seen, head.version, &entries))
}

/// The news of `entries`, which are those after `seen`, if none of them up to `head` is missing.
pub fn in_order(seen: i64, head: i64, entries: &[Entry]) -> News {
    let mut version = seen;
    let mut changes = Vec::with_capacity(entries.len());
    for entry in entries {
        let Some(change) = entry.change.filter(|_| entry.version == version + 1) else {
            return News::Gap;
        };
        version = entry.version;
        if !changes.contains(&change) {
            changes.push(change);
        }
    }
    if version < head {
        return News::Gap;
    }
    News::Changes { version, changes }
}

/// Forgets changes from before `before_ms`.
pub fn forget(tx: &mut Tx<'_>, before_ms: i64) -> Result<u64, StoreError> {
    tx.execute(&FORGET, params![before_ms])
}
