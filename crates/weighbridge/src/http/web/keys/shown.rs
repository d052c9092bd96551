//! Keys as the page shows them.

use domain::KeyId;
use domain::time::format_time;
use serde_json::{Value, json};
use store::control::accounts::KeyPolicy;
use store::control::key_uses::KeyUseRow;
use store::control::keys::KeyRow;

use crate::app::App;
use crate::operations::manage_keys::state_of;

/// Uses that wait to be written, then those that were written of other pairs of key and address.
pub(super) fn with_waiting(waiting: Vec<KeyUseRow>, written: Vec<KeyUseRow>) -> Vec<KeyUseRow> {
    let mut uses = waiting;
    for used in written {
        let is_known = uses
            .iter()
            .any(|known| known.key_id == used.key_id && known.address == used.address);
        if !is_known {
            uses.push(used);
        }
    }
    uses
}

/// A key as its card shows it; never its text.
pub(super) fn render(app: &App, row: &KeyRow, uses: &[KeyUseRow]) -> Value {
    let now_ms = app.clock.now_ms();
    let state = state_of(row, now_ms);
    // What the database knows may lag a minute; this process knows its own uses.
    let last_used = app
        .directory
        .keys
        .find_by_id(row.key_id)
        .and_then(|record| record.last_used_at_ms())
        .max(row.last_used_at);
    let latest = uses.iter().find(|used| used.key_id == row.key_id);
    let (address, agent) = latest
        .filter(|used| row.last_used_at.is_none_or(|at| used.last_used_at >= at))
        .map_or(
            (row.last_used_address.as_ref(), row.last_used_agent.as_ref()),
            |used| (Some(&used.address), Some(&used.user_agent)),
        );
    let is_rolled = row.replaced_by.is_some() && matches!(state, "active" | "suspended");
    let uses: Vec<Value> = uses
        .iter()
        .filter(|used| is_rolled && used.key_id == row.key_id)
        .map(|used| {
            json!({
                "address": used.address,
                "user_agent": used.user_agent,
                "last_used_at": format_time(used.last_used_at),
            })
        })
        .collect();
    json!({
        "key_id": name_of(row.key_id),
        "environment": row.environment,
        "name": row.name,
        "hint": row.hint,
        "state": state,
        "revealable": row.sealed.is_some() && matches!(state, "active" | "suspended"),
        "imported": row.hint.ends_with("imported"),
        "created_at": format_time(row.created_at),
        "created_by": null,
        "last_used_at": last_used.map(format_time),
        "last_used_address": address,
        "last_used_agent": agent,
        "expires_at": row.expires_at.map(format_time),
        "revoked_at": row.revoked_at.map(format_time),
        "replaced_by": row.replaced_by.map(name_of),
        "uses": uses,
    })
}

/// The public name of a key.
pub(super) fn name_of(key_id: KeyId) -> String {
    format!("key_{key_id}")
}

/// What the account decided about its keys.
pub(super) fn render_policy(policy: KeyPolicy) -> Value {
    json!({
        "show_keys_once": policy.show_keys_once,
        "keys_may_make_managers": policy.keys_may_make_managers,
        "own_key_for_test_callbacks": policy.own_key_for_test_callbacks,
    })
}
