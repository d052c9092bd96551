//! Callbacks that no receiver's row leads to: those of earlier versions, and those that an insert
//! and a look crossing each other left behind.

use domain::{AccountId, CallbackId};

use super::callback_targets;
use crate::driver::statement::statements;
use crate::driver::value::params;
use crate::{StoreError, Tx};

statements! {
    NEXT_QUEUE = "SELECT account_id, target FROM callbacks
        WHERE state = 'pending' AND (account_id, target) > ($1, $2)
        ORDER BY account_id, target LIMIT 1";
    IS_SEEN = "SELECT next_due_at FROM callback_targets WHERE account_id = $1 AND target = $2
        AND next_due_at IS NOT NULL";
    NEXT_TRY = "SELECT next_try_at FROM callbacks WHERE account_id = $1 AND target = $2
        AND state = 'pending' AND next_try_at > 0 ORDER BY next_try_at LIMIT 1";
    UNTARGETED = "SELECT account_id, callback_id, url, state FROM callbacks WHERE target = ''
        ORDER BY callback_id LIMIT $1";
    GIVE_TARGET = "UPDATE callbacks SET target = $1 WHERE account_id = $2 AND callback_id = $3";
}

/// Callbacks that one step gives their receiver.
const UPGRADE_STEP: i64 = 500;

/// Receivers with a queue that nobody looks at.
#[derive(Debug, Default)]
pub struct UnseenQueues {
    /// The receivers.
    pub unseen: Vec<(AccountId, String)>,
    /// Where to go on; `None`: all were compared.
    pub reached: Option<(AccountId, String)>,
}

/// Compares up to `limit` queues after `after` with their receivers' rows: one look in the index a
/// queue, however long it is.
pub fn unseen_queues(
    tx: &mut Tx<'_>,
    after: Option<(AccountId, String)>,
    limit: usize,
) -> Result<UnseenQueues, StoreError> {
    let mut queues = UnseenQueues {
        reached: Some(after.unwrap_or((AccountId::lowest_at(0), String::new()))),
        ..UnseenQueues::default()
    };
    for _ in 0..limit {
        let Some((account, target)) = queues.reached.take() else {
            break;
        };
        queues.reached = tx.query_optional(&NEXT_QUEUE, params![account, target], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
        let Some((account, target)) = &queues.reached else {
            break;
        };
        let seen: Option<i64> =
            tx.query_optional(&IS_SEEN, params![account, target], |row| row.get(0))?;
        if seen.is_none() {
            let next: Option<i64> =
                tx.query_optional(&NEXT_TRY, params![account, target], |row| row.get(0))?;
            if next.is_some() {
                queues.unseen.push((*account, target.clone()));
            }
        }
    }
    Ok(queues)
}

/// Gives callbacks of earlier versions their receiver, which `target_of` tells from the URL; gives
/// their number, 0 when there are none.
pub fn give_targets(
    tx: &mut Tx<'_>,
    target_of: fn(&str) -> String,
    now_ms: i64,
) -> Result<usize, StoreError> {
    let rows = tx.query(&UNTARGETED, params![UPGRADE_STEP], |row| {
        Ok((
            row.get::<AccountId>(0)?,
            row.get::<CallbackId>(1)?,
            row.get::<String>(2)?,
            row.get::<String>(3)?,
        ))
    })?;
    let number = rows.len();
    let mut due = Vec::new();
    for (account, callback_id, url, state) in rows {
        let target = target_of(&url);
        tx.execute(&GIVE_TARGET, params![target, account, callback_id])?;
        if state == "pending" || state == "sending" {
            due.push((account, target));
        }
    }
    due.sort_unstable();
    due.dedup();
    for (account, target) in due {
        callback_targets::make_due(tx, account, &target, now_ms)?;
    }
    Ok(number)
}
