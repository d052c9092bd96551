//! Cancels a task that nobody has begun (api-v1.md 1.2.2). Cancel sends no callback.

use domain::{AccountId, CallbackId, TaskId, TaskStatus};
use store::EnvironmentStore;
use store::environment::tasks::{self, TaskRow};

use super::enqueue_callback;
use crate::app::App;
use crate::error::ApiError;
use crate::task_object::NOT_FOUND;

/// Cancels and gives the task after it. Never 409: the official client cannot bear it here.
pub async fn cancel_task(
    app: &App,
    account: AccountId,
    store: &EnvironmentStore,
    task_id: TaskId,
    clear_unique_id: bool,
) -> Result<TaskRow, ApiError> {
    let now_ms = app.clock.now_ms();
    let (time_ms, random) = app.id_parts();
    let batch_callback_id = CallbackId::from_parts(time_ms, random);
    let environment = store.environment();
    store
        .write(move |tx| {
            let task = tasks::lock(tx, account, task_id)?
                .ok_or_else(|| ApiError::not_found("task_not_found", NOT_FOUND))?;
            let clears = clear_unique_id && task.unique_id.is_some();
            match task.status {
                TaskStatus::Pending => {
                    if !tasks::cancel(tx, account, &task, now_ms)? {
                        return Err(ApiError::bad_request(
                            "task_in_work",
                            "The task cannot be canceled any more: a labeler has begun to work \
                             on it.",
                        ));
                    }
                }
                // A repeat is harmless while it still has an id to free.
                TaskStatus::Canceled if clears => {}
                TaskStatus::Completed | TaskStatus::Canceled | TaskStatus::Error => {
                    return Err(ApiError::bad_request(
                        "task_not_cancelable",
                        format!(
                            "Only a pending task can be canceled; this one is {}.",
                            task.status.as_str()
                        ),
                    ));
                }
            }
            if let (TaskStatus::Pending, Some(batch)) = (task.status, task.batch_id) {
                let now_ms = batch_callback_id.time_ms();
                let completed = enqueue_callback::note_task_ended(tx, account, batch, now_ms)?;
                if let Some(batch) = completed {
                    let id = batch_callback_id;
                    enqueue_callback::of_batch(tx, account, environment, &batch, id)?;
                }
            }
            if clears {
                tasks::set_unique_id(tx, account, task_id, None, now_ms)?;
            }
            tasks::find(tx, account, task_id)?
                .ok_or_else(|| ApiError::not_found("task_not_found", NOT_FOUND))
        })
        .await
}
