//! Takes a labeler's answer: answer, status, charge and callback in one transaction, or none of
//! them.

use domain::task_types::{self, Lookup};
use domain::{TaskId, TaskStatus};
use serde_json::Value;
use store::environment::charges::{self, NewCharge};
use store::environment::claims::{self, ClaimState, QueuePlace};
use store::environment::tasks;
use store::{EnvironmentStore, StoreError, Tx};

use super::claim_task::{check_active, claim_lost, claim_not_found, find_work};
use super::enqueue_callback::Ending;
use super::keep_claim::ClaimOf;
use crate::app::App;
use crate::error::ApiError;

/// Checks and stores the answer. Idempotent: the same claim with the same content gets the same
/// answer again (labeling.md 3.7).
pub async fn submit_response(
    app: &App,
    store: &EnvironmentStore,
    of: ClaimOf,
    response: Value,
) -> Result<TaskId, ApiError> {
    let work = find_work(of.account, store, of.user, of.claim_id).await?;
    let Lookup::Served(task_type) = task_types::find(&work.task.task_type) else {
        return Err(StoreError::Database(format!("task type of {}", work.task.task_id)).into());
    };
    let params = serde_json::from_str(&work.task.params)
        .map_err(|error| StoreError::Database(error.to_string()))?;
    let checked = task_type.check_response(&params, response)?.to_string();

    let environment = store.environment();
    let submission = Submission {
        of,
        response: checked,
        ending: Ending::prepare(app, of.account, environment),
        now_ms: app.clock.now_ms(),
    };
    let task_id = store.write(move |tx| submission.run(tx)).await?;
    app.callbacks_due(environment).notify_one();
    Ok(task_id)
}

struct Submission {
    of: ClaimOf,
    response: String,
    ending: Ending,
    now_ms: i64,
}

impl Submission {
    fn run(&self, tx: &mut Tx<'_>) -> Result<TaskId, ApiError> {
        let account = self.of.account;
        let claim = claims::lock(tx, account, self.of.claim_id)?
            .filter(|claim| claim.user_id == self.of.user)
            .ok_or_else(claim_not_found)?;
        let task = tasks::lock(tx, account, claim.task_id)?.ok_or_else(claim_lost)?;
        match claim.state {
            ClaimState::Submitted if claim.submitted.as_deref() == Some(&self.response) => {
                return Ok(claim.task_id);
            }
            ClaimState::Submitted => {
                let stored = claim
                    .submitted
                    .as_deref()
                    .and_then(|text| serde_json::from_str(text).ok())
                    .unwrap_or(Value::Null);
                return Err(ApiError::conflict(
                    "already_submitted",
                    "This task was submitted already, with another answer.",
                )
                .with("stored", stored));
            }
            ClaimState::Active => check_active(&claim, self.of.epoch)?,
            // Late, but nobody took the task meanwhile: accepted.
            ClaimState::Expired | ClaimState::Released => {
                let place = QueuePlace {
                    task_id: task.task_id,
                    priority: task.priority,
                    project: task.project_id,
                };
                if task.status == TaskStatus::Pending && !claims::reclaim(tx, account, place)? {
                    return Err(claim_lost());
                }
            }
            ClaimState::Skipped | ClaimState::Revoked => {
                check_active(&claim, self.of.epoch)?;
            }
        }
        if task.status == TaskStatus::Canceled {
            return Err(ApiError::conflict(
                "task_canceled",
                "This task was canceled.",
            ));
        }
        if !tasks::complete(
            tx,
            account,
            &task,
            &self.response,
            self.of.user,
            self.now_ms,
        )? {
            return Err(claim_lost());
        }
        claims::end_submitted(tx, account, self.of.claim_id, &self.response, self.now_ms)?;
        if let Some(amount_micros) = task.price_micros {
            charges::insert(
                tx,
                account,
                &NewCharge {
                    task_id: task.task_id,
                    task_type: &task.task_type,
                    project: task.project_id,
                    user: self.of.user,
                    amount_micros,
                    created_at: self.now_ms,
                },
            )?;
        }
        self.ending.tell(tx, account, task.task_id, task.batch_id)?;
        Ok(task.task_id)
    }
}
