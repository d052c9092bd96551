//! Numbers of a mode's deliveries over all accounts, for whoever runs the server (callbacks.md 3.10).

use super::callback_purge::{self, Progress, Purge};
use super::callback_targets;
use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

/// Counts stop here, so that asking costs the same at any number of callbacks.
pub const COUNT_MAX: i64 = 1_000_000;

statements! {
    PENDING = "SELECT count(*) FROM (SELECT 1 FROM callbacks WHERE state = 'pending' LIMIT $1) c";
    HELD = "SELECT count(*) FROM (SELECT 1 FROM callbacks WHERE state = 'held' LIMIT $1) c";
    OPEN = "SELECT count(*) FROM callback_targets WHERE open_ms IS NOT NULL AND paused_at IS NULL";
    PAUSED = "SELECT count(*) FROM callback_targets WHERE paused_at IS NOT NULL";
}

/// What waits, and how deliveries go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryState {
    /// Callbacks that wait for a try, at most [`COUNT_MAX`].
    pub pending: i64,
    /// Callbacks that are held, at most [`COUNT_MAX`].
    pub held: i64,
    /// Receivers that are knocked at with one callback at a time.
    pub open_breakers: i64,
    /// Receivers that are paused.
    pub paused: i64,
    /// When the first receiver is to be looked at, Unix ms; `None`: nothing waits.
    pub next_due_at: Option<i64>,
    /// How far each purge has come; one that has never begun is left out.
    pub purges: Vec<(Purge, Progress)>,
}

/// Reads all of them.
pub fn delivery_state(tx: &mut Tx<'_>) -> Result<DeliveryState, StoreError> {
    let mut purges = Vec::new();
    for purge in Purge::ALL {
        purges.extend(callback_purge::progress(tx, purge)?.map(|progress| (purge, progress)));
    }
    Ok(DeliveryState {
        pending: tx
            .query_optional(&PENDING, params![COUNT_MAX], |row| row.get(0))?
            .unwrap_or(0),
        held: tx
            .query_optional(&HELD, params![COUNT_MAX], |row| row.get(0))?
            .unwrap_or(0),
        open_breakers: tx
            .query_optional(&OPEN, params![], |row| row.get(0))?
            .unwrap_or(0),
        paused: tx
            .query_optional(&PAUSED, params![], |row| row.get(0))?
            .unwrap_or(0),
        next_due_at: callback_targets::next_due(tx)?,
        purges,
    })
}
