//! Puts the callback of a change into the outbox, in the transaction of that change.

use std::sync::Arc;

use domain::{AccountId, BatchId, CallbackId, TaskId};
use outbound::Target;
use serde_json::json;
use store::environment::batches::{self, BatchRow};
use store::environment::callbacks::{self, NewCallback};
use store::environment::tasks::{self, TaskRow};
use store::{Environment, StoreError, Tx};

use super::check_callback_address::email_of;
use crate::app::App;
use crate::batch_object;
use crate::file_links::{File, FileLinks};
use crate::task_object::render_callback;

/// A task's body over this many bytes gives the address of the answer in place of the answer
/// (callbacks.md 3.1).
const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;

/// In test mode tasks complete as they come, so a batch counts as completed only after this long
/// without a further task (api-v1.md 2.3).
const TEST_BATCH_QUIET_MS: i64 = 5_000;

/// How long a batch must have been completed before its callback goes out, ms.
pub(crate) fn batch_quiet_ms(environment: Environment) -> i64 {
    if environment.is_test() {
        TEST_BATCH_QUIET_MS
    } else {
        0
    }
}

/// The receiver that a URL or e-mail address names: `scheme://host:port`, or `mailto:address`.
pub(crate) fn target_of(url: &str) -> String {
    match Target::parse(url) {
        Ok(target) => target.origin(),
        // Neither: it was accepted once and is refused now. The first try tells why.
        Err(_) => email_of(url).map_or_else(
            || "unreadable:".to_owned(),
            |email| format!("mailto:{email}"),
        ),
    }
}

/// A task of the batch has ended: notes the batch as completed if it was the last one, and gives it
/// then. Its callback follows by [`of_batch`], after that of the task.
pub(super) fn note_task_ended(
    tx: &mut Tx<'_>,
    account: AccountId,
    batch: BatchId,
    now_ms: i64,
) -> Result<Option<BatchRow>, StoreError> {
    let ended = batches::note_task_ended(tx, account, batch, now_ms)?;
    if ended.is_some() {
        callbacks::supersede_of_batch(tx, account, batch, now_ms)?;
    }
    Ok(ended)
}

/// Inserts the callback that tells of a completed batch, if it has an address for it.
pub(super) fn of_batch(
    tx: &mut Tx<'_>,
    account: AccountId,
    environment: Environment,
    batch: &BatchRow,
    callback_id: CallbackId,
) -> Result<(), StoreError> {
    let Some(url) = batch.callback.as_deref() else {
        return Ok(());
    };
    let body = batch_object::render_callback(batch);
    callbacks::insert(
        tx,
        account,
        &NewCallback {
            callback_id,
            task_id: None,
            batch_id: Some(batch.batch_id),
            of_batch: None,
            project_id: Some(batch.project_id),
            event: "batch.completed",
            sequence: 1,
            url,
            target: &target_of(url),
            body: body.as_bytes(),
            delay_ms: batch_quiet_ms(environment),
            is_trial: false,
        },
    )
}

/// Tells that a task has ended. It is made before the transaction of the end, with all that the
/// callbacks need.
#[derive(Clone)]
pub(super) struct Ending {
    environment: Environment,
    callback_id: CallbackId,
    batch_callback_id: CallbackId,
    /// The account's default address.
    default_url: Option<String>,
    /// For answers that are too large.
    links: Arc<FileLinks>,
}

impl Ending {
    /// The end of one task of an account.
    pub(super) fn prepare(app: &App, account: AccountId, environment: Environment) -> Self {
        let callback_id = || {
            let (time_ms, random) = app.id_parts();
            CallbackId::from_parts(time_ms, random)
        };
        let settings = app.directory.account(account);
        Self {
            environment,
            callback_id: callback_id(),
            batch_callback_id: callback_id(),
            default_url: settings.and_then(|settings| settings.default_callback_url.clone()),
            links: app.file_links(environment).clone(),
        }
    }

    /// Inserts the callback of the task, and after it that of its batch if it was the last one.
    pub(super) fn tell(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        task_id: TaskId,
        batch: Option<BatchId>,
    ) -> Result<(), StoreError> {
        let completed = match batch {
            Some(batch) => note_task_ended(tx, account, batch, self.batch_callback_id.time_ms())?,
            None => None,
        };
        self.of_task(tx, account, task_id)?;
        match completed {
            Some(batch) => of_batch(
                tx,
                account,
                self.environment,
                &batch,
                self.batch_callback_id,
            ),
            None => Ok(()),
        }
    }

    /// Whether a task whose own address is `callback_url` is told of at all.
    pub(super) fn has_address(&self, callback_url: Option<&str>) -> bool {
        callback_url.is_some() || self.default_url.is_some()
    }

    /// Inserts the callback that tells the task's present state, if it has an address.
    ///
    /// The body is frozen here: each try sends the same bytes (callbacks.md 3.1).
    fn of_task(
        &self,
        tx: &mut Tx<'_>,
        account: AccountId,
        task_id: TaskId,
    ) -> Result<(), StoreError> {
        let Some(task) = tasks::find(tx, account, task_id)? else {
            return Ok(());
        };
        let Some(url) = address_of(&task, self.default_url.as_deref()) else {
            return Ok(());
        };
        let mut body = render_callback(&task, self.environment);
        if body.len() > BODY_BYTES_MAX && task.response.is_some() {
            let file = File::Response(task_id);
            let url = self.links.link(account, file, self.callback_id.time_ms());
            let linked = TaskRow {
                response: Some(json!({ "url": url }).to_string()),
                ..task.clone()
            };
            body = render_callback(&linked, self.environment);
        }
        callbacks::insert(
            tx,
            account,
            &NewCallback {
                callback_id: self.callback_id,
                task_id: Some(task_id),
                batch_id: None,
                of_batch: task.batch_id,
                project_id: task.project_id,
                event: match task.status {
                    domain::TaskStatus::Completed => "task.completed",
                    domain::TaskStatus::Error => "task.error",
                    domain::TaskStatus::Pending | domain::TaskStatus::Canceled => "task.changed",
                },
                sequence: task.sequence,
                url,
                target: &target_of(url),
                body: body.as_bytes(),
                delay_ms: 0,
                is_trial: false,
            },
        )
    }
}

fn address_of<'a>(task: &'a TaskRow, default_url: Option<&'a str>) -> Option<&'a str> {
    task.callback_url
        .as_deref()
        .or(default_url)
        .filter(|url| !url.is_empty())
}
