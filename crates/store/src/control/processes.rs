//! Processes that serve, and how far each has followed the feed (authentication.md 2.3). Times are
//! the database's, so that the processes' own clocks do not matter.

use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    SEEN = "INSERT INTO processes (process_id, seen_version, seen_at)
        VALUES ($1, $2, CAST(unixepoch('subsec') * 1000 AS INTEGER))
        ON CONFLICT (process_id) DO UPDATE
        SET seen_version = excluded.seen_version, seen_at = excluded.seen_at"
        postgres "INSERT INTO processes (process_id, seen_version, seen_at)
        VALUES ($1, $2, CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT))
        ON CONFLICT (process_id) DO UPDATE
        SET seen_version = excluded.seen_version, seen_at = excluded.seen_at";
    RECENT = "SELECT process_id, seen_version FROM processes
        WHERE seen_at > CAST(unixepoch('subsec') * 1000 AS INTEGER) - $1"
        postgres "SELECT process_id, seen_version FROM processes
        WHERE seen_at > CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) - $1";
    REMOVE = "DELETE FROM processes WHERE process_id = $1";
    REMOVE_OTHERS = "DELETE FROM processes WHERE process_id <> $1";
    FORGET = "DELETE FROM processes
        WHERE seen_at < CAST(unixepoch('subsec') * 1000 AS INTEGER) - $1"
        postgres "DELETE FROM processes
        WHERE seen_at < CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT) - $1";
}

/// Names a process from its start to its end.
pub type ProcessId = [u8; 12];

/// A process that was seen lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcessRow {
    /// Which one.
    pub process_id: ProcessId,
    /// Version of the feed that it has in force.
    pub seen_version: i64,
}

/// A process says that it serves and has this version in force.
pub fn seen(tx: &mut Tx<'_>, process: &ProcessId, version: i64) -> Result<(), StoreError> {
    tx.execute(&SEEN, params![process, version])?;
    Ok(())
}

/// The processes seen in the last `within_ms`.
pub fn recent(tx: &mut Tx<'_>, within_ms: i64) -> Result<Vec<ProcessRow>, StoreError> {
    tx.query(&RECENT, params![within_ms], |row| {
        let process_id: Vec<u8> = row.get(0)?;
        Ok(ProcessRow {
            process_id: process_id
                .try_into()
                .map_err(|_| StoreError::column(0, "a process's id"))?,
            seen_version: row.get(1)?,
        })
    })
}

/// A process ends.
pub fn remove(tx: &mut Tx<'_>, process: &ProcessId) -> Result<(), StoreError> {
    tx.execute(&REMOVE, params![process])?;
    Ok(())
}

/// A process that serves alone knows that the others have ended.
pub fn remove_others(tx: &mut Tx<'_>, process: &ProcessId) -> Result<(), StoreError> {
    tx.execute(&REMOVE_OTHERS, params![process])?;
    Ok(())
}

/// Forgets processes that ended without a word more than `after_ms` ago.
pub fn forget(tx: &mut Tx<'_>, after_ms: i64) -> Result<u64, StoreError> {
    tx.execute(&FORGET, params![after_ms])
}
