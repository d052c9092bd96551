//! Moves a task that cannot be done to `error` (api-v1.md 1.2.1, 1.3).
//!
//! Nobody pays for such a task, and its callback tells why: status, queue, counts, unique id and
//! callback change in the transaction of whoever found out.

use domain::AccountId;
use serde_json::{Value, json};
use store::environment::tasks::{self, TaskRow};
use store::{Environment, StoreError, Tx};

use super::enqueue_callback::Ending;
use crate::app::App;
use crate::task_attachments::Broken;

/// Error of a task whose attachments do not load, as the original words it.
const ATTACHMENTS_BROKEN: &str = "One or more attachments could not be downloaded.";

/// What the transaction of a failure needs, made before it.
pub(super) struct FailTask {
    account: AccountId,
    ending: Ending,
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
        Self {
            account,
            ending: Ending::prepare(app, account, environment),
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
        if !tasks::fail(tx, self.account, task, &self.response, now_ms)? {
            return Ok(false);
        }
        self.ending
            .tell(tx, self.account, task.task_id, task.batch_id)?;
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
