//! Puts the callback of a change into the outbox, in the transaction of that change.

use domain::{AccountId, BatchId, CallbackId, TaskId};
use store::environment::batches;
use store::environment::callbacks::{self, NewCallback};
use store::environment::tasks::{self, TaskRow};
use store::{Environment, StoreError, Tx};

use crate::batch_object;
use crate::task_object::render_callback;

/// In test mode tasks complete as they come, so a batch counts as completed only after this long
/// without a further task (api-v1.md 2.3).
const TEST_BATCH_QUIET_MS: i64 = 5_000;

/// A task of the batch has ended: notes the batch as completed if it was the last one, and inserts
/// the callback that tells it, if the batch has an address for it.
pub(super) fn of_batch(
    tx: &mut Tx<'_>,
    account: AccountId,
    environment: Environment,
    batch: BatchId,
    callback_id: CallbackId,
) -> Result<(), StoreError> {
    let now_ms = callback_id.time_ms();
    let Some(batch) = batches::note_task_ended(tx, account, batch, now_ms)? else {
        return Ok(());
    };
    callbacks::supersede_of_batch(tx, account, batch.batch_id, now_ms)?;
    let Some(url) = batch.callback.as_deref() else {
        return Ok(());
    };
    let body = batch_object::render_callback(&batch);
    callbacks::insert(
        tx,
        account,
        &NewCallback {
            callback_id,
            task_id: None,
            batch_id: Some(batch.batch_id),
            event: "batch.completed",
            sequence: 1,
            url,
            body: body.as_bytes(),
            delay_ms: if environment.is_test() {
                TEST_BATCH_QUIET_MS
            } else {
                0
            },
        },
    )
}

/// Inserts the callback that tells the task's present state, if it has an address.
///
/// The body is frozen here: each try sends the same bytes (callbacks.md 3.1).
pub(super) fn of_task(
    tx: &mut Tx<'_>,
    account: AccountId,
    environment: Environment,
    task_id: TaskId,
    callback_id: CallbackId,
    default_url: Option<&str>,
) -> Result<bool, StoreError> {
    let Some(task) = tasks::find(tx, account, task_id)? else {
        return Ok(false);
    };
    let Some(url) = address_of(&task, default_url) else {
        return Ok(false);
    };
    let body = render_callback(&task, environment);
    callbacks::insert(
        tx,
        account,
        &NewCallback {
            callback_id,
            task_id: Some(task_id),
            batch_id: None,
            event: match task.status {
                domain::TaskStatus::Completed => "task.completed",
                domain::TaskStatus::Error => "task.error",
                domain::TaskStatus::Pending | domain::TaskStatus::Canceled => "task.changed",
            },
            sequence: task.sequence,
            url,
            body: body.as_bytes(),
            delay_ms: 0,
        },
    )?;
    Ok(true)
}

fn address_of<'a>(task: &'a TaskRow, default_url: Option<&'a str>) -> Option<&'a str> {
    task.callback_url
        .as_deref()
        .or(default_url)
        .filter(|url| !url.is_empty())
}
