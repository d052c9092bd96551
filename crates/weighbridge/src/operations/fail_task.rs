//! Moves a task that cannot be done to `error` (api-v1.md 1.2.1, 1.3).
//!
//! Nobody pays for such a task, and its callback tells why: status, queue, counts, unique id and
//! callback change in the transaction of whoever found out.

use domain::{AccountId, CallbackId};
use serde_json::{Value, json};
use store::environment::tasks::{self, TaskRow};
use store::{Environment, StoreError, Tx};

use super::enqueue_callback::{self, Means};
use crate::app::App;
use crate::task_attachments::Broken;

/// Error of a task whose attachments do not load, as the original words it.
const ATTACHMENTS_BROKEN: &str = "One or more attachments could not be downloaded.";

/// What the transaction of a failure needs, made before it.
pub(super) struct FailTask {
    account: AccountId,
    environment: Environment,
    callback_id: CallbackId,
    batch_callback_id: CallbackId,
    means: Means,
    response: String,
}

impl FailTask {
    /// A failure for attachments that do not load.
    pub(super) fn for_attachments(
        app: &App,
        account: AccountId,
        environment: Environment,
        broken: &[Broken],
    ) -> Self {
        let callback_id = || {
            let (time_ms, random) = app.id_parts();
            CallbackId::from_parts(time_ms, random)
        };
        Self {
            account,
            environment,
            callback_id: callback_id(),
            batch_callback_id: callback_id(),
            means: Means::of(app, account, environment),
            response: attachments_response(broken).to_string(),
        }
    }

    /// Fails the task, whose row must be locked. `false`: it was not pending, and stays as it is.
    /// Ring `app.callbacks_due` after the commit.
    pub(super) fn run(
        &self,
        tx: &mut Tx<'_>,
        task: &TaskRow,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let (account, environment) = (self.account, self.environment);
        if !tasks::fail(tx, account, task, &self.response, now_ms)? {
            return Ok(false);
        }
        let completed = match task.batch_id {
            Some(batch) => enqueue_callback::note_task_ended(tx, account, batch, now_ms)?,
            None => None,
        };
        enqueue_callback::of_task(
            tx,
            account,
            environment,
            task.task_id,
            self.callback_id,
            &self.means,
        )?;
        if let Some(batch) = completed {
            let id = self.batch_callback_id;
            enqueue_callback::of_batch(tx, account, environment, &batch, id)?;
        }
        Ok(true)
    }
}

/// `response` of a task whose attachments do not load. Where a server answered, its status is the
/// reason; where none did, the reason is in words.
fn attachments_response(broken: &[Broken]) -> Value {
    let attachments: Vec<Value> = broken
        .iter()
        .map(|broken| match broken.error.status {
            Some(status) => json!({"url": broken.url, "statusCode": status}),
            None => json!({"url": broken.url, "message": broken.error.reason}),
        })
        .collect();
    json!({"error": ATTACHMENTS_BROKEN, "attachments": attachments})
}
