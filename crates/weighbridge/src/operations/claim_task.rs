//! Hands the next task to a labeler (labeling.md 3.1, 3.2).

use domain::{AccountId, ClaimId, TaskId, UserId};
use store::environment::claims::{self, ClaimRow, ClaimState};
use store::environment::tasks::{self, TaskRow};
use store::{EnvironmentStore, StoreError, Tx};

use crate::app::App;
use crate::error::ApiError;

/// How long a claim lasts since the last activity.
pub const LEASE_MS: i64 = 15 * 60 * 1000;
/// Lapsed claims returned before a new one is taken.
const LAPSED_AT_ONCE: i64 = 100;

/// A claim and its task.
pub struct Work {
    /// The lease.
    pub claim: ClaimRow,
    /// What is to be done.
    pub task: TaskRow,
}

/// The user's open claim, or a new one on the next task; `None` when nothing waits.
///
/// Asking twice never takes a second task.
pub async fn claim_task(
    app: &App,
    account: AccountId,
    store: &EnvironmentStore,
    user: UserId,
) -> Result<Option<Work>, ApiError> {
    let now_ms = app.clock.now_ms();
    let (time_ms, random) = app.id_parts();
    let claim_id = ClaimId::from_parts(time_ms, random);
    let taken = store
        .write(move |tx| -> Result<_, StoreError> {
            claims::expire(tx, now_ms, LAPSED_AT_ONCE)?;
            claims::lock_user(tx, account, user)?;
            let claim = match claims::active_of_user(tx, account, user)? {
                Some(claim) => Some(claim),
                None => claims::take_next(tx, account, user, claim_id, now_ms, LEASE_MS)?,
            };
            with_task(tx, account, claim)
        })
        .await?;
    Ok(taken)
}

/// A claim of this user with its task.
pub async fn find_work(
    account: AccountId,
    store: &EnvironmentStore,
    user: UserId,
    claim_id: ClaimId,
) -> Result<Work, ApiError> {
    let work = store
        .read(move |tx| -> Result<_, StoreError> {
            let claim = claims::find(tx, account, claim_id)?.filter(|claim| claim.user_id == user);
            with_task(tx, account, claim)
        })
        .await?;
    work.ok_or_else(claim_not_found)
}

fn with_task(
    tx: &mut Tx<'_>,
    account: AccountId,
    claim: Option<ClaimRow>,
) -> Result<Option<Work>, StoreError> {
    let Some(claim) = claim else { return Ok(None) };
    let task_id: TaskId = claim.task_id;
    let task = tasks::find(tx, account, task_id)?
        .ok_or_else(|| StoreError::Database(format!("claimed task {task_id} is missing")))?;
    Ok(Some(Work { claim, task }))
}

/// 404 for a claim; the same for another person's.
pub(super) fn claim_not_found() -> ApiError {
    ApiError::not_found(
        "claim_not_found",
        "There is no claim of yours with that id.",
    )
}

/// Locks a claim of this user that must be active in this tab.
pub(super) fn lock_active(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    claim_id: ClaimId,
    epoch: i64,
) -> Result<ClaimRow, ApiError> {
    let claim = claims::lock(tx, account, claim_id)?
        .filter(|claim| claim.user_id == user)
        .ok_or_else(claim_not_found)?;
    check_active(&claim, epoch)?;
    Ok(claim)
}

/// 409 with the reason, unless the claim is active and this tab holds it.
pub(super) fn check_active(claim: &ClaimRow, epoch: i64) -> Result<(), ApiError> {
    match claim.state {
        ClaimState::Active if claim.epoch == epoch => Ok(()),
        ClaimState::Active => Err(ApiError::conflict(
            "claim_taken_over",
            "This task is open in another tab.",
        )),
        ClaimState::Submitted => Err(ApiError::conflict(
            "already_submitted",
            "This task was submitted already.",
        )),
        ClaimState::Revoked => Err(ApiError::conflict(
            "task_canceled",
            "This task was canceled.",
        )),
        ClaimState::Skipped | ClaimState::Released | ClaimState::Expired => Err(claim_lost()),
    }
}

/// 409: the task is no longer this labeler's.
pub(super) fn claim_lost() -> ApiError {
    ApiError::conflict(
        "claim_lost",
        "This task went back to the queue or to another labeler. Your work is kept on this \
         device.",
    )
}
