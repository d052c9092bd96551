//! The outbox as a stream reads it: by id, whatever became of the rows. Nothing changes here.
//!
//! Ids are made before the commit, so a row can become visible after one with a greater id. Who
//! streams therefore looks at the newest rows again and knows which it has sent.

use domain::{AccountId, BatchId, CallbackId, TaskId};

use super::callback_bodies;
use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    AFTER = "SELECT callback_id, task_id, sequence FROM callbacks
        WHERE account_id = $1 AND callback_id > $2 ORDER BY callback_id LIMIT $3";
    FIND = "SELECT task_id, batch_id, event, sequence, url, state, tries, is_trial
        FROM callbacks WHERE account_id = $1 AND callback_id = $2";
}

/// A row's place in the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Id.
    pub callback_id: CallbackId,
    /// The task that it tells of.
    pub task_id: Option<TaskId>,
    /// Number of the task's change.
    pub sequence: i64,
}

/// The account's rows after an id, `limit` at most, by id.
pub fn places_after(
    tx: &mut Tx<'_>,
    account: AccountId,
    after: CallbackId,
    limit: i64,
) -> Result<Vec<Place>, StoreError> {
    tx.query(&AFTER, params![account, after, limit], |row| {
        Ok(Place {
            callback_id: row.get(0)?,
            task_id: row.get(1)?,
            sequence: row.get(2)?,
        })
    })
}

/// A callback with all that a copy of it needs.
#[derive(Clone, Debug)]
pub struct StreamedCallback {
    /// Id; `webhook-id` is `cb_` and this.
    pub callback_id: CallbackId,
    /// Task, for a task's event.
    pub task_id: Option<TaskId>,
    /// Batch, for a batch's event.
    pub batch_id: Option<BatchId>,
    /// Name of the event.
    pub event: String,
    /// Number of the task's change.
    pub sequence: i64,
    /// Where it goes.
    pub url: String,
    /// State.
    pub state: String,
    /// Tries so far that count.
    pub tries: i64,
    /// A test callback that a person sent.
    pub is_trial: bool,
    /// The exact bytes that each try sends; `None`: retention has removed them.
    pub body: Option<Vec<u8>>,
}

/// A callback of the account, with its body.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    callback_id: CallbackId,
) -> Result<Option<StreamedCallback>, StoreError> {
    let body = callback_bodies::find(tx, account, callback_id)?;
    let found = tx.query_optional(&FIND, params![account, callback_id], |row| {
        Ok(StreamedCallback {
            callback_id,
            task_id: row.get(0)?,
            batch_id: row.get(1)?,
            event: row.get(2)?,
            sequence: row.get(3)?,
            url: row.get(4)?,
            state: row.get(5)?,
            tries: row.get(6)?,
            is_trial: row.get(7)?,
            body: None,
        })
    })?;
    Ok(found.map(|found| StreamedCallback { body, ..found }))
}
