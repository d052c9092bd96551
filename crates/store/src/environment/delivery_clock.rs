//! How long no worker was there to deliver. That time is ours, and no receiver's window shrinks by it
//! (callbacks.md 3.3).

use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    BEGIN = "INSERT INTO delivery_clock (id, seen_at, resumed_at, away_ms) VALUES (1, $1, $1, 0)
        ON CONFLICT DO NOTHING";
    TICK = "UPDATE delivery_clock SET
        away_ms = away_ms + CASE WHEN $1 - seen_at > $2 THEN $1 - seen_at ELSE 0 END,
        resumed_at = CASE WHEN $1 - seen_at > $2 THEN $1 ELSE resumed_at END,
        seen_at = $1
        WHERE id = 1 AND seen_at < $1";
    READ = "SELECT away_ms, resumed_at FROM delivery_clock WHERE id = 1";
}

/// A silence longer than this, in milliseconds, means that no worker was there.
const AWAY_FROM_MS: i64 = 60 * 1000;

/// What the clock says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeliveryClock {
    /// How long no worker was there, in all, ms.
    pub away_ms: i64,
    /// When a worker came back the last time, Unix ms.
    pub resumed_at: i64,
}

/// A worker is there. Of several that come back at once, one counts the time.
pub fn tick(tx: &mut Tx<'_>, now_ms: i64) -> Result<(), StoreError> {
    if tx.execute(&TICK, params![now_ms, AWAY_FROM_MS])? == 0 {
        tx.execute(&BEGIN, params![now_ms])?;
    }
    Ok(())
}

/// Reads the clock.
pub fn read(tx: &mut Tx<'_>) -> Result<DeliveryClock, StoreError> {
    let clock = tx.query_optional(&READ, &[], |row| {
        Ok(DeliveryClock {
            away_ms: row.get(0)?,
            resumed_at: row.get(1)?,
        })
    })?;
    Ok(clock.unwrap_or_default())
}
