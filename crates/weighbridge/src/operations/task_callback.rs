//! Puts the callback of a task's change into the outbox, in the transaction of that change.

use domain::{AccountId, CallbackId, TaskId};
use store::environment::callbacks::{self, NewCallback};
use store::environment::tasks::{self, TaskRow};
use store::{Environment, StoreError, Tx};

use crate::task_object::render_callback;

/// Inserts the callback that tells the task's present state, if it has an address.
///
/// The body is frozen here: each try sends the same bytes (callbacks.md 3.1).
pub(super) fn enqueue(
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
