//! Gives a claimed task back with a reason (labeling.md 3.3).
//!
//! A labeler who says that an attachment does not load is believed if this server cannot load it
//! either: then nobody can do the task, and it turns to `error` (api-v1.md 1.2.1).

use store::EnvironmentStore;
use store::environment::claims::{self, ClaimState, QueuePlace};
use store::environment::tasks;

use super::claim_task::{check_active, claim_lost, find_work, lock_active};
use super::fail_task::FailTask;
use super::keep_claim::ClaimOf;
use crate::app::App;
use crate::error::ApiError;
use crate::task_attachments::{self, Broken};

/// Reasons, as the app API names them.
pub const REASONS: [&str; 4] = [
    "instruction_unclear",
    ATTACHMENT_REASON,
    "lack_of_knowledge",
    "other",
];
/// The reason that this server looks into.
const ATTACHMENT_REASON: &str = "attachment_does_not_load";
/// Longest note, in characters.
pub const NOTE_LENGTH_MAX: usize = 500;
/// Labelers who must have met an attachment that is out of reach, but might come back.
const WITNESSES_MIN: i64 = 2;

/// Returns the task to its place; the labeler does not get it again while anything else waits. A
/// task whose attachments do not load for good ends as `error` instead.
pub async fn skip_task(
    app: &App,
    store: &EnvironmentStore,
    of: ClaimOf,
    reason: String,
    note: Option<String>,
) -> Result<(), ApiError> {
    if !REASONS.contains(&reason.as_str()) {
        return Err(ApiError::param(
            "reason",
            format!("must be one of {}", REASONS.join(", ")),
        ));
    }
    if note
        .as_ref()
        .is_some_and(|note| note.chars().count() > NOTE_LENGTH_MAX)
    {
        return Err(ApiError::param(
            "text",
            format!("can have at most {NOTE_LENGTH_MAX} characters"),
        ));
    }
    let environment = store.environment();
    // While this server looks, the claim keeps the task from others.
    let broken = if reason == ATTACHMENT_REASON {
        find_broken(app, store, &of).await?
    } else {
        Vec::new()
    };
    let is_permanent = broken.iter().any(|broken| broken.error.is_permanent);
    let failure = (!broken.is_empty())
        .then(|| FailTask::for_attachments(app, of.account, environment, &broken));
    let now_ms = app.clock.now_ms();
    let failed = store
        .write(move |tx| -> Result<bool, ApiError> {
            let claim = lock_active(tx, of.account, of.user, of.claim_id, of.epoch)?;
            let task = tasks::lock(tx, of.account, claim.task_id)?.ok_or_else(claim_lost)?;
            let (id, note) = (task.task_id, note.as_deref());
            claims::record_skip(tx, of.account, of.user, id, &reason, note, now_ms)?;
            if let Some(failure) = &failure
                && (is_permanent
                    || claims::skipped_for(tx, of.account, id, &reason)? >= WITNESSES_MIN)
                && failure.run(tx, &task, now_ms)?
            {
                claims::end_failed(tx, of.account, of.claim_id, now_ms)?;
                return Ok(true);
            }
            let place = QueuePlace {
                task_id: id,
                priority: task.priority,
                project: task.project_id,
            };
            let state = ClaimState::Skipped;
            claims::end_returned(tx, of.account, of.claim_id, place, state, now_ms)?;
            Ok(false)
        })
        .await?;
    if failed {
        app.callbacks_due(environment).notify_one();
    }
    Ok(())
}

/// Attachments of the claimed task that this server cannot load either.
async fn find_broken(
    app: &App,
    store: &EnvironmentStore,
    of: &ClaimOf,
) -> Result<Vec<Broken>, ApiError> {
    let work = find_work(of.account, store, of.user, of.claim_id).await?;
    check_active(&work.claim, of.epoch)?;
    Ok(task_attachments::find_broken(app, &work.task).await)
}
