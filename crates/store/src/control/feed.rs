//! The ordered feed of what processes hold in memory (authentication.md 2.3): keys and account
//! settings.

use domain::AccountId;

use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    VERSION = "SELECT version FROM feed_head WHERE feed = 1";
    ADVANCE = "UPDATE feed_head SET version = version + 1 WHERE feed = 1 RETURNING version";
    INSERT = "INSERT INTO change_feed (version, kind, account_id, subject_id, at)
        VALUES ($1, $2, $3, $4, $5)";
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// An account was made or its settings changed.
    Account,
    /// A key was made or changed; its id.
    Key(&'a [u8; 12]),
}

/// Version of what processes hold in memory.
pub fn version(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    Ok(tx
        .query_optional(&VERSION, &[], |row| row.get(0))?
        .unwrap_or(0))
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
    Ok(version)
}
