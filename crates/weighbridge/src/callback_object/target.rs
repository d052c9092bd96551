//! A receiver: how deliveries to it go.

use serde_json::{Value, json};
use store::environment::callback_summary::TargetState;

use super::time;

/// A receiver.
pub fn render_target(target: &TargetState) -> Value {
    let state = if target.paused_at.is_some() {
        "paused"
    } else if target.open_until.is_some() {
        "open"
    } else if target.failures > 0 {
        "failing"
    } else {
        "ok"
    };
    json!({
        "target": target.target,
        "state": state,
        "failures": target.failures,
        "open_until": time(target.open_until),
        "not_before": time(target.not_before),
        "paused_at": time(target.paused_at),
        "paused_by": target.paused_by,
        "pending": target.pending,
        "held": target.held,
        "last_success_at": time(target.last_success_at),
        "last_failure_at": time(target.last_failure_at),
        "last_outcome": target.last_outcome,
        "last_status": target.last_status,
        "next_due_at": time(target.next_due_at),
        "oldest_due_at": time(target.oldest_due_at),
    })
}
