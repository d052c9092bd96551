//! A callback as lists, its own page and its task's page show it.

use domain::time::format_time;
use serde_json::{Value, json};
use store::environment::callback_lists::ListedCallback;

use super::time;
use crate::callback_masking::mask_url;
use crate::workers::callbacks::TRIES_MAX;

/// A callback, with what is secret in its address masked.
pub fn render(callback: &ListedCallback) -> Value {
    let batch = callback
        .batch_id
        .map(|id| json!({"id": id, "name": callback.batch}));
    let resend = callback.resend_at.map(|_| {
        json!({
            "cause": callback.resend_cause,
            "url": callback.resend_url.as_deref().map(mask_url),
        })
    });
    json!({
        "id": format!("cb_{}", callback.callback_id),
        "event": callback.event,
        "sequence": callback.sequence,
        "url": mask_url(&callback.url),
        "target": callback.target,
        "task_id": callback.task_id,
        "batch": batch,
        "project": callback.project,
        "state": state(callback),
        "held_for": callback.held_for,
        "tries": callback.tries,
        "tries_max": TRIES_MAX,
        "last_status": callback.last_status,
        "last_outcome": callback.last_outcome,
        "last_latency_ms": callback.last_latency_ms,
        "next_try_at": time(callback.next_try_at),
        "created_at": format_time(callback.created_at),
        "done_at": time(callback.done_at),
        "first_try_at": time(callback.first_try_at),
        "is_test": callback.is_trial,
        "resend": resend,
    })
}

/// The state as people are told it: a test callback's stored state is what a failure would leave it
/// in, and until its one try it waits.
fn state(callback: &ListedCallback) -> &str {
    if callback.is_trial && callback.state == "failed" && callback.resend_at.is_some() {
        return "pending";
    }
    &callback.state
}
