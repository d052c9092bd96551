//! The audit log in words: one sentence an entry, for people.

use serde_json::Value;
use store::control::audit::AuditRow;

/// An entry as a sentence without its time: "Ada revoked the live key “shop” (`live_wb…4f2a`)."
pub fn in_words(row: &AuditRow) -> String {
    let parsed = |text: &Option<String>| -> Value {
        text.as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or(Value::Null)
    };
    let (before, after) = (parsed(&row.before), parsed(&row.after));
    let member = |name: &str| -> String {
        [&after, &before]
            .iter()
            .find_map(|object| object.get(name).and_then(Value::as_str))
            .unwrap_or_default()
            .to_owned()
    };
    let who = match (row.actor_kind.as_str(), &row.actor_name) {
        (_, Some(name)) => name.clone(),
        ("operator", None) => "The operator".to_owned(),
        ("key", None) => format!("The key {}", row.actor_id.as_deref().unwrap_or_default()),
        _ => "Weighbridge".to_owned(),
    };
    let mode = row.environment.as_deref().unwrap_or_default();
    let key = || match (member("name"), member("hint")) {
        (name, hint) if name.is_empty() && hint.is_empty() => {
            format!(
                "the {mode} key {}",
                row.target.as_deref().unwrap_or_default()
            )
        }
        (name, hint) if hint.is_empty() => format!("the {mode} key “{name}”"),
        (name, hint) => format!("the {mode} key “{name}” ({hint})"),
    };
    let before_after = |name: &str| -> (String, String) {
        let text = |object: &Value| match object.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        (text(&before), text(&after))
    };
    let did = match row.action.as_str() {
        "account.create" => format!("made the account “{}”", member("name")),
        "account.rename" => {
            let (old, new) = before_after("name");
            format!("renamed the account “{old}” to “{new}”")
        }
        "key.create" => format!("created {}", key()),
        "key.import" => format!("imported {}", key()),
        "key.rename" => {
            let (old, new) = before_after("name");
            format!("renamed the {mode} key “{old}” to “{new}”")
        }
        "key.reveal" => format!("revealed {}", key()),
        "key.roll" => format!(
            "rolled {}; the old one ends at {}",
            key(),
            member("old_key_ends_at")
        ),
        "key.set_end" => format!("set the end of {} to {}", key(), member("ends_at")),
        "key.suspend" => format!("suspended {}", key()),
        "key.resume" => format!("resumed {}", key()),
        "key.revoke" => format!("revoked {}", key()),
        "key_policy.set" => "changed what the account decided about its keys".to_owned(),
        "refused" => {
            let why = match member("code").as_str() {
                "reauthentication_required" => "the log-in was not recent",
                _ => "the role does not permit it",
            };
            format!("was refused: {} ({why})", member("what"))
        }
        "audit.export" => "exported the audit log".to_owned(),
        other => {
            let target = row.target.as_deref().map(|target| format!(" ({target})"));
            let action = other.replace(['.', '_'], " ");
            format!("did: {action}{}", target.unwrap_or_default())
        }
    };
    format!("{who} {did}.")
}
