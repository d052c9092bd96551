//! What happens to a claim while its labeler works: heartbeats, drafts, another tab, closing.

use domain::{AccountId, ClaimId, UserId};
use serde_json::Value;
use store::EnvironmentStore;
use store::environment::claims::{self, ClaimRow, ClaimState, QueuePlace};
use store::environment::tasks;

use super::claim_task::{LEASE_MS, claim_not_found, lock_active};
use crate::app::App;
use crate::error::ApiError;

/// After a page closes its claim lasts this long: a reload looks like a close.
pub const CLOSE_GRACE_MS: i64 = 60 * 1000;
/// Largest draft.
pub const DRAFT_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Whose claim, on which account.
#[derive(Clone, Copy)]
pub struct ClaimOf {
    /// Account.
    pub account: AccountId,
    /// Labeler.
    pub user: UserId,
    /// Claim.
    pub claim_id: ClaimId,
    /// Epoch that the tab knows.
    pub epoch: i64,
}

/// A sign of life. Only an active labeler's extends the lease. Gives the end of the lease, Unix
/// ms.
pub async fn heartbeat(
    app: &App,
    store: &EnvironmentStore,
    of: ClaimOf,
    active: bool,
) -> Result<i64, ApiError> {
    let now_ms = app.clock.now_ms();
    store
        .write(move |tx| {
            let claim = lock_active(tx, of.account, of.user, of.claim_id, of.epoch)?;
            if !active {
                return Ok(claim.lease_until);
            }
            let until = now_ms + LEASE_MS;
            claims::extend(tx, of.account, of.claim_id, now_ms, until)?;
            Ok(until)
        })
        .await
}

/// Another tab of the same labeler takes the claim over; the old one turns read-only.
pub async fn take_over(
    app: &App,
    account: AccountId,
    store: &EnvironmentStore,
    user: UserId,
    claim_id: ClaimId,
) -> Result<(), ApiError> {
    let now_ms = app.clock.now_ms();
    store
        .write(move |tx| {
            let claim = claims::lock(tx, account, claim_id)?
                .filter(|claim| claim.user_id == user)
                .ok_or_else(claim_not_found)?;
            super::claim_task::check_active(&claim, claim.epoch)?;
            claims::take_over(tx, account, claim_id, now_ms, now_ms + LEASE_MS)?;
            Ok(())
        })
        .await
}

/// Stores a draft whose version is one above the stored one; gives the version.
///
/// An older version is refused with 409 and the stored draft: the newest by version wins, never by
/// clock.
pub async fn save_draft(
    app: &App,
    store: &EnvironmentStore,
    of: ClaimOf,
    version: i64,
    draft: Value,
) -> Result<i64, ApiError> {
    let now_ms = app.clock.now_ms();
    let text = draft.to_string();
    if text.len() > DRAFT_BYTES_MAX {
        return Err(ApiError::param(
            "draft",
            format!(
                "is {} bytes; a draft can have at most {DRAFT_BYTES_MAX}",
                text.len()
            ),
        ));
    }
    store
        .write(move |tx| {
            let claim = lock_active(tx, of.account, of.user, of.claim_id, of.epoch)?;
            if version == claim.draft_version && claim.draft.as_deref() == Some(&text) {
                return Ok(version);
            }
            if version != claim.draft_version + 1 {
                return Err(draft_conflict(&claim));
            }
            let until = now_ms + LEASE_MS;
            claims::set_draft(tx, of.account, of.claim_id, &text, version, now_ms, until)?;
            Ok(version)
        })
        .await
}

fn draft_conflict(claim: &ClaimRow) -> ApiError {
    let draft = claim
        .draft
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or(Value::Null);
    ApiError::conflict(
        "draft_conflict",
        format!(
            "A draft of version {} is stored already.",
            claim.draft_version
        ),
    )
    .with("version", claim.draft_version)
    .with("draft", draft)
}

/// The page closed, or the labeler gives the task back.
///
/// Closing only shortens the lease; giving back returns the task at once. A claim that has ended
/// already is left as it is: a closing page must not fail.
pub async fn release(
    app: &App,
    store: &EnvironmentStore,
    of: ClaimOf,
    closing: bool,
) -> Result<(), ApiError> {
    let now_ms = app.clock.now_ms();
    store
        .write(move |tx| {
            let claim = claims::lock(tx, of.account, of.claim_id)?
                .filter(|claim| claim.user_id == of.user)
                .ok_or_else(claim_not_found)?;
            if claim.state != ClaimState::Active || claim.epoch != of.epoch {
                return Ok(());
            }
            if closing {
                let until = now_ms + CLOSE_GRACE_MS;
                claims::shorten(tx, of.account, of.claim_id, until)?;
                return Ok(());
            }
            let Some(task) = tasks::find(tx, of.account, claim.task_id)? else {
                return Ok(());
            };
            let place = QueuePlace {
                task_id: task.task_id,
                priority: task.priority,
                project: task.project_id,
            };
            let state = ClaimState::Released;
            claims::end_returned(tx, of.account, of.claim_id, place, state, now_ms)?;
            Ok(())
        })
        .await
}
