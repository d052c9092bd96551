//! Claims: a labeler's lease on a task (labeling.md 3.1, 3.6–3.8).

use domain::{AccountId, ClaimId, ProjectId, TaskId, UserId};

use super::queue;
use crate::driver::statement::statements;
use crate::driver::value::{Row, params};
use crate::{StoreError, Tx};

/// How long the draft of a returned task is kept for its author.
const DRAFT_KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;

statements! {
    INSERT = "INSERT INTO claims (account_id, claim_id, task_id, user_id, epoch, state, opened_at,
        active_at, lease_until, draft_version, draft)
        VALUES ($1, $2, $3, $4, 1, 'active', $5, $5, $6, $7, $8)";
    OWN_DRAFT = "SELECT draft_version, draft FROM claims
        WHERE account_id = $1 AND task_id = $2 AND user_id = $3 AND draft IS NOT NULL
        AND ended_at >= $4 ORDER BY claim_id DESC LIMIT 1";
    FIND = "SELECT claim_id, task_id, user_id, epoch, state, lease_until, draft_version, draft,
        submitted, opened_at, active_at FROM claims WHERE account_id = $1 AND claim_id = $2";
    LOCK = "SELECT claim_id, task_id, user_id, epoch, state, lease_until, draft_version, draft,
        submitted, opened_at, active_at FROM claims WHERE account_id = $1 AND claim_id = $2" postgres_tail "FOR UPDATE";
    // Two requests of one user at once must not both look for an active claim and find none.
    // SQLite's one writer runs them in turn already.
    LOCK_USER = "SELECT 1 WHERE $1 IS NOT NULL AND $2 IS NOT NULL"
        postgres "SELECT 1 FROM (SELECT pg_advisory_xact_lock(
            hashtextextended(encode($1::bytea || $2::bytea, 'hex'), 0))) AS locked";
    ACTIVE_OF_USER = "SELECT claim_id, task_id, user_id, epoch, state, lease_until, draft_version,
        draft, submitted, opened_at, active_at FROM claims
        WHERE account_id = $1 AND user_id = $2 AND state = 'active'";
    EXTEND = "UPDATE claims SET active_at = $1, lease_until = $2
        WHERE account_id = $3 AND claim_id = $4 AND state = 'active'";
    SHORTEN = "UPDATE claims SET lease_until = $1
        WHERE account_id = $2 AND claim_id = $3 AND state = 'active' AND lease_until > $1";
    TAKE_OVER = "UPDATE claims SET epoch = epoch + 1, active_at = $1, lease_until = $2
        WHERE account_id = $3 AND claim_id = $4 AND state = 'active'";
    SET_DRAFT = "UPDATE claims SET draft = $1, draft_version = $2, active_at = $3, lease_until = $4
        WHERE account_id = $5 AND claim_id = $6";
    END = "UPDATE claims SET state = $1, ended_at = $2, submitted = $3
        WHERE account_id = $4 AND claim_id = $5";
    LAPSED = "SELECT c.account_id, c.claim_id, c.task_id, t.priority, t.project_id
        FROM claims c JOIN tasks t ON t.account_id = c.account_id AND t.task_id = c.task_id
        WHERE c.state = 'active' AND c.lease_until <= $1 ORDER BY c.lease_until LIMIT $2"
        postgres_tail "FOR UPDATE OF c SKIP LOCKED";
    OPEN_OF_USER = "SELECT c.claim_id, c.task_id, t.priority, t.project_id
        FROM claims c JOIN tasks t ON t.account_id = c.account_id AND t.task_id = c.task_id
        WHERE c.account_id = $1 AND c.user_id = $2 AND c.state = 'active'"
        postgres_tail "FOR UPDATE OF c";
    SKIP = "INSERT INTO skips (account_id, user_id, task_id, reason, note, skipped_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (account_id, user_id, task_id) DO UPDATE
        SET reason = excluded.reason, note = excluded.note, skipped_at = excluded.skipped_at";
    SKIPPED_FOR = "SELECT count(*) FROM skips
        WHERE account_id = $1 AND task_id = $2 AND reason = $3";
    IS_CLAIMED = "SELECT 1 FROM claims WHERE account_id = $1 AND task_id = $2
        AND state = 'active'";
    IN_WORK = "SELECT count(*) FROM claims WHERE account_id = $1 AND state = 'active'";
    DONE_SINCE = "SELECT count(*) FROM claims
        WHERE account_id = $1 AND user_id = $2 AND ended_at >= $3 AND state = 'submitted'";
}

/// State of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimState {
    /// The labeler works on it.
    Active,
    /// Answered.
    Submitted,
    /// Given back with a reason.
    Skipped,
    /// Given back.
    Released,
    /// The lease ran out.
    Expired,
    /// Taken away: the task was canceled, or the person deactivated.
    Revoked,
}

impl ClaimState {
    /// The state's name in the database and the app API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Submitted => "submitted",
            Self::Skipped => "skipped",
            Self::Released => "released",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [
            Self::Active,
            Self::Submitted,
            Self::Skipped,
            Self::Released,
            Self::Expired,
            Self::Revoked,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
    }
}

/// A stored claim.
#[derive(Clone, Debug)]
pub struct ClaimRow {
    /// Id.
    pub claim_id: ClaimId,
    /// Task.
    pub task_id: TaskId,
    /// Labeler.
    pub user_id: UserId,
    /// Rises when another tab takes over.
    pub epoch: i64,
    /// State.
    pub state: ClaimState,
    /// End of the lease, Unix ms.
    pub lease_until: i64,
    /// Version of the stored draft; 0: none yet.
    pub draft_version: i64,
    /// JSON.
    pub draft: Option<String>,
    /// JSON of the response that was submitted.
    pub submitted: Option<String>,
    /// When it was taken, Unix ms.
    pub opened_at: i64,
    /// Last activity, Unix ms.
    pub active_at: i64,
}

fn read_row(row: &Row<'_>) -> Result<ClaimRow, StoreError> {
    let state: String = row.get(4)?;
    Ok(ClaimRow {
        claim_id: row.get(0)?,
        task_id: row.get(1)?,
        user_id: row.get(2)?,
        epoch: row.get(3)?,
        state: ClaimState::parse(&state).ok_or_else(|| StoreError::column(4, "a claim state"))?,
        lease_until: row.get(5)?,
        draft_version: row.get(6)?,
        draft: row.get(7)?,
        submitted: row.get(8)?,
        opened_at: row.get(9)?,
        active_at: row.get(10)?,
    })
}

/// Holds off other requests of the same user to take a claim until the transaction ends.
pub fn lock_user(tx: &mut Tx<'_>, account: AccountId, user: UserId) -> Result<(), StoreError> {
    tx.query(&LOCK_USER, params![account, user], |_| Ok(()))?;
    Ok(())
}

/// The claim that `user` works on, if any.
pub fn active_of_user(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
) -> Result<Option<ClaimRow>, StoreError> {
    tx.query_optional(&ACTIVE_OF_USER, params![account, user], read_row)
}

/// One claim.
pub fn find(
    tx: &mut Tx<'_>,
    account: AccountId,
    claim_id: ClaimId,
) -> Result<Option<ClaimRow>, StoreError> {
    tx.query_optional(&FIND, params![account, claim_id], read_row)
}

/// One claim with its row locked until the transaction ends.
pub fn lock(
    tx: &mut Tx<'_>,
    account: AccountId,
    claim_id: ClaimId,
) -> Result<Option<ClaimRow>, StoreError> {
    tx.query_optional(&LOCK, params![account, claim_id], read_row)
}

/// Takes the next task of the queue for `user`; gives `None` when nothing waits. A draft that the
/// same user left at that task is taken up again; nobody sees another's.
///
/// The user must have no active claim, and be locked ([`lock_user`]); the unique index stands
/// behind that.
pub fn take_next(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    claim_id: ClaimId,
    now_ms: i64,
    lease_ms: i64,
) -> Result<Option<ClaimRow>, StoreError> {
    let Some(task_id) = queue::take_next(tx, account, user)? else {
        return Ok(None);
    };
    let lease_until = now_ms + lease_ms;
    let own: Option<(i64, String)> = tx.query_optional(
        &OWN_DRAFT,
        params![account, task_id, user, now_ms - DRAFT_KEPT_MS],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let (draft_version, draft) = own.map_or((0, None), |(version, draft)| (version, Some(draft)));
    tx.execute(
        &INSERT,
        params![
            account,
            claim_id,
            task_id,
            user,
            now_ms,
            lease_until,
            draft_version,
            draft
        ],
    )?;
    find(tx, account, claim_id)
}

/// Extends the lease of an active claim.
pub fn extend(
    tx: &mut Tx<'_>,
    account: AccountId,
    claim_id: ClaimId,
    now_ms: i64,
    lease_until_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&EXTEND, params![now_ms, lease_until_ms, account, claim_id])?;
    Ok(())
}

/// Lets the lease of an active claim end at `lease_until_ms`, if it would end later.
pub fn shorten(
    tx: &mut Tx<'_>,
    account: AccountId,
    claim_id: ClaimId,
    lease_until_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&SHORTEN, params![lease_until_ms, account, claim_id])?;
    Ok(())
}

/// Another tab takes the claim over: its epoch rises.
pub fn take_over(
    tx: &mut Tx<'_>,
    account: AccountId,
    claim_id: ClaimId,
    now_ms: i64,
    lease_until_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(
        &TAKE_OVER,
        params![now_ms, lease_until_ms, account, claim_id],
    )?;
    Ok(())
}

/// Stores a draft, which counts as activity.
pub fn set_draft(
    tx: &mut Tx<'_>,
    account: AccountId,
    claim_id: ClaimId,
    draft_json: &str,
    version: i64,
    now_ms: i64,
    lease_until_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(
        &SET_DRAFT,
        params![
            draft_json,
            version,
            now_ms,
            lease_until_ms,
            account,
            claim_id
        ],
    )?;
    Ok(())
}

/// Ends a claim by submission; `submitted_json` is kept for a repeated submission.
pub fn end_submitted(
    tx: &mut Tx<'_>,
    account: AccountId,
    claim_id: ClaimId,
    submitted_json: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    let state = ClaimState::Submitted.as_str();
    tx.execute(
        &END,
        params![state, now_ms, submitted_json, account, claim_id],
    )?;
    Ok(())
}

/// Ends a claim whose task turned to `error` by it: the task does not return to the queue.
pub fn end_failed(
    tx: &mut Tx<'_>,
    account: AccountId,
    claim_id: ClaimId,
    now_ms: i64,
) -> Result<(), StoreError> {
    let (state, none) = (ClaimState::Skipped.as_str(), None::<String>);
    tx.execute(&END, params![state, now_ms, none, account, claim_id])?;
    Ok(())
}

/// A task's place in the queue, for its return.
#[derive(Clone, Copy, Debug)]
pub struct QueuePlace {
    /// Task.
    pub task_id: TaskId,
    /// 10, 20, 30 or none.
    pub priority: Option<i64>,
    /// Project, if any.
    pub project: Option<ProjectId>,
}

/// Ends a claim without an answer and puts the task back to its old place.
pub fn end_returned(
    tx: &mut Tx<'_>,
    account: AccountId,
    claim_id: ClaimId,
    place: QueuePlace,
    state: ClaimState,
    now_ms: i64,
) -> Result<(), StoreError> {
    let none: Option<String> = None;
    tx.execute(
        &END,
        params![state.as_str(), now_ms, none, account, claim_id],
    )?;
    queue::enter(tx, account, place.priority, place.project, place.task_id)
}

/// Takes a waiting task out of the queue for a submission that came after its lease had run out.
/// `false`: somebody else has it.
pub fn reclaim(tx: &mut Tx<'_>, account: AccountId, place: QueuePlace) -> Result<bool, StoreError> {
    queue::leave(tx, account, place.priority, place.project, place.task_id)
}

/// Remembers that `user` skipped a task.
pub fn record_skip(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    task_id: TaskId,
    reason: &str,
    note: Option<&str>,
    now_ms: i64,
) -> Result<(), StoreError> {
    tx.execute(&SKIP, params![account, user, task_id, reason, note, now_ms])?;
    Ok(())
}

/// Number of people who skipped a task for `reason`.
pub fn skipped_for(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
    reason: &str,
) -> Result<i64, StoreError> {
    let found = tx.query_optional(&SKIPPED_FOR, params![account, task_id, reason], |row| {
        row.get(0)
    })?;
    Ok(found.unwrap_or(0))
}

/// Returns up to `limit` tasks whose lease has run out, of all accounts; gives their number.
pub fn expire(tx: &mut Tx<'_>, now_ms: i64, limit: i64) -> Result<usize, StoreError> {
    let lapsed: Vec<(AccountId, ClaimId, QueuePlace)> =
        tx.query(&LAPSED, params![now_ms, limit], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                QueuePlace {
                    task_id: row.get(2)?,
                    priority: row.get(3)?,
                    project: row.get(4)?,
                },
            ))
        })?;
    for (account, claim_id, place) in &lapsed {
        end_returned(tx, *account, *claim_id, *place, ClaimState::Expired, now_ms)?;
    }
    Ok(lapsed.len())
}

/// Returns the tasks that a deactivated person holds; gives their number.
pub fn revoke_of_user(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    now_ms: i64,
) -> Result<usize, StoreError> {
    let open: Vec<(ClaimId, QueuePlace)> =
        tx.query(&OPEN_OF_USER, params![account, user], |row| {
            Ok((
                row.get(0)?,
                QueuePlace {
                    task_id: row.get(1)?,
                    priority: row.get(2)?,
                    project: row.get(3)?,
                },
            ))
        })?;
    for (claim_id, place) in &open {
        end_returned(tx, account, *claim_id, *place, ClaimState::Revoked, now_ms)?;
    }
    Ok(open.len())
}

/// Whether a labeler works on the task.
pub(super) fn is_claimed(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
) -> Result<bool, StoreError> {
    Ok(!tx
        .query(&IS_CLAIMED, params![account, task_id], |_| Ok(()))?
        .is_empty())
}

/// Number of claims that are being worked on.
pub fn in_work(tx: &mut Tx<'_>, account: AccountId) -> Result<i64, StoreError> {
    Ok(tx
        .query_optional(&IN_WORK, params![account], |row| row.get(0))?
        .unwrap_or(0))
}

/// Number of tasks that `user` submitted at or after `since_ms`.
pub fn done_since(
    tx: &mut Tx<'_>,
    account: AccountId,
    user: UserId,
    since_ms: i64,
) -> Result<i64, StoreError> {
    Ok(tx
        .query_optional(&DONE_SINCE, params![account, user, since_ms], |row| {
            row.get(0)
        })?
        .unwrap_or(0))
}
