//! Gives a claimed task back with a reason (labeling.md 3.3).

use store::EnvironmentStore;
use store::environment::claims::{self, ClaimState, QueuePlace};
use store::environment::tasks;

use super::claim_task::{claim_lost, lock_active};
use super::keep_claim::ClaimOf;
use crate::app::App;
use crate::error::ApiError;

/// Reasons, as the app API names them.
pub const REASONS: [&str; 4] = [
    "instruction_unclear",
    "attachment_does_not_load",
    "lack_of_knowledge",
    "other",
];
/// Longest note, in characters.
pub const NOTE_LENGTH_MAX: usize = 500;

/// Returns the task to its place; the labeler does not get it again while anything else waits.
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
    let now_ms = app.clock.now_ms();
    store
        .write(move |tx| {
            let claim = lock_active(tx, of.account, of.user, of.claim_id, of.epoch)?;
            let task = tasks::find(tx, of.account, claim.task_id)?.ok_or_else(claim_lost)?;
            let note = note.as_deref();
            claims::record_skip(tx, of.account, of.user, task.task_id, &reason, note, now_ms)?;
            let place = QueuePlace {
                task_id: task.task_id,
                priority: task.priority,
                project: task.project_id,
            };
            let state = ClaimState::Skipped;
            claims::end_returned(tx, of.account, of.claim_id, place, state, now_ms)?;
            Ok(())
        })
        .await
}
