//! Sends a made-up callback, so that a receiver can be tried out (callbacks.md 6). It carries
//! `weighbridge-test: true` and is tried once.

use domain::callback::{callback_event, event_names};
use domain::{AccountId, CallbackId, TaskId};
use serde_json::json;
use store::environment::callback_controls::{self, Trial};
use store::{EnvironmentStore, StoreError};

use super::check_callback_address::check_callback_address;
use super::enqueue_callback::target_of;
use crate::app::App;
use crate::error::ApiError;

/// Puts a test callback of `event` to `url` into the outbox; gives its id. 400 at `event` or `url`.
pub async fn send_test_callback(
    app: &App,
    account: AccountId,
    store: &EnvironmentStore,
    event: &str,
    url: String,
) -> Result<CallbackId, ApiError> {
    let Some(event) = callback_event(event) else {
        let problem = format!("must be one of {}", event_names());
        return Err(ApiError::param("event", problem));
    };
    check_callback_address(app, account, "url", &url).await?;
    let (time_ms, random) = app.id_parts();
    let callback_id = CallbackId::from_parts(time_ms, random);
    let (time_ms, random) = app.id_parts();
    let body = made_up(event.name, TaskId::from_parts(time_ms, random), store).to_string();
    let target = target_of(&url);
    store
        .write(move |tx| -> Result<(), StoreError> {
            let trial = Trial {
                callback_id,
                event: event.name,
                url: &url,
                target: &target,
                body: body.as_bytes(),
            };
            callback_controls::insert_trial(tx, account, &trial)
        })
        .await?;
    app.callbacks_due(store.environment()).notify_one();
    Ok(callback_id)
}

/// A body of the event's shape (api-v1.md 1.3, 2.4), about a task or batch that does not exist.
fn made_up(event: &str, task_id: TaskId, store: &EnvironmentStore) -> serde_json::Value {
    let is_test = store.environment().is_test();
    let created_at = domain::time::format_time(task_id.time_ms());
    if event == "batch.completed" {
        let batch = json!({
            "id": task_id, "name": "a made-up batch", "project": "a made-up project",
            "status": "completed", "created_at": created_at, "completed_at": created_at,
            "metadata": {}, "callback": null,
        });
        return json!({
            "batch": batch, "batch_id": task_id, "name": "a made-up batch", "status": "completed",
        });
    }
    let (status, response) = if event == "task.error" {
        ("error", json!({"error": "This is a test callback."}))
    } else {
        ("completed", json!({"category": "loaded"}))
    };
    let task = json!({
        "task_id": task_id, "type": "categorization", "status": status, "is_test": is_test,
        "created_at": created_at, "updated_at": created_at, "urgency": "standard",
        "instruction": "This is a test callback.", "metadata": {},
        "params": {"attachment_type": "text", "attachment": "A wagon",
            "categories": ["loaded", "empty"]},
        "response": response,
    });
    json!({"task": task, "response": response, "task_id": task_id, "status": status})
}
