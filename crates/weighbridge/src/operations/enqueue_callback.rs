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

/// What callbacks of an account's tasks need, gathered before the transaction.
#[derive(Clone)]
pub(crate) struct Means {
    /// The account's default address.
    default_url: Option<String>,
    /// For answers that are too large.
    links: Arc<FileLinks>,
}

impl Means {
    /// Those of an account in one mode.
    pub(crate) fn of(app: &App, account: AccountId, environment: Environment) -> Self {
        let settings = app.directory.account(account);
        Self {
            default_url: settings.and_then(|settings| settings.default_callback_url.clone()),
            links: app.file_links(environment).clone(),
        }
    }

    /// Whether a task whose own address is `callback_url` is told of at all.
    pub(crate) fn has_address(&self, callback_url: Option<&str>) -> bool {
        callback_url.is_some() || self.default_url.is_some()
    }
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
    means: &Means,
) -> Result<bool, StoreError> {
    let Some(task) = tasks::find(tx, account, task_id)? else {
        return Ok(false);
    };
    let Some(url) = address_of(&task, means.default_url.as_deref()) else {
        return Ok(false);
    };
    let mut body = render_callback(&task, environment);
    if body.len() > BODY_BYTES_MAX && task.response.is_some() {
        let file = File::Response(task_id);
        let url = means.links.link(account, file, callback_id.time_ms());
        let linked = TaskRow {
            response: Some(json!({ "url": url }).to_string()),
            ..task.clone()
        };
        body = render_callback(&linked, environment);
    }
    callbacks::insert(
        tx,
        account,
        &NewCallback {
            callback_id,
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
    )?;
    Ok(true)
}

fn address_of<'a>(task: &'a TaskRow, default_url: Option<&'a str>) -> Option<&'a str> {
    task.callback_url
        .as_deref()
        .or(default_url)
        .filter(|url| !url.is_empty())
}
