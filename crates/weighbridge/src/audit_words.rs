//! The audit log in words: one sentence an entry, for people.

use serde_json::Value;
use store::control::audit::AuditRow;

/// An entry as a sentence without its time: "Ada revoked the live key “shop” (`live_wb…4f2a`)."
///
/// `name_of_user` gives the present name of the user with an id, if there is one in the account.
pub fn in_words(row: &AuditRow, name_of_user: impl Fn(&str) -> Option<String>) -> String {
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
    let target = row.target.as_deref().unwrap_or_default();
    // Whoever does something to themselves is named once.
    let is_self = row.actor_id.as_deref() == Some(target);
    let person = || match (is_self, name_of_user(target)) {
        (true, _) => "themselves".to_owned(),
        (false, Some(name)) => name,
        (false, None) => format!("the person {target}"),
    };
    let role_change = || {
        let (old, new) = before_after("role");
        format!("from {old} to {new}")
    };
    let invited = || format!("{} as {}", member("email"), member("role"));
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
        "account.sign_up" => format!("signed up with the account “{}”", member("name")),
        "user.add" => format!("added {} as {}", member("email"), member("role")),
        "user.confirm_email" => "confirmed their e-mail address".to_owned(),
        "user.rename" => {
            let (old, new) = before_after("name");
            format!("changed their name from “{old}” to “{new}”")
        }
        "user.set_role" => format!("set the role of {} {}", person(), role_change()),
        "user.deactivate" => format!("deactivated {}", person()),
        "user.reactivate" => format!("reactivated {}", person()),
        "user.end_sessions" => format!("ended all sessions of {}", person()),
        "invitation.create" => format!("invited {}", invited()),
        "invitation.resend" => format!("sent the invitation of {} again", invited()),
        "invitation.withdraw" => format!("withdrew the invitation of {}", invited()),
        "invitation.approve" => format!("approved the invitation of {}", invited()),
        "invitation.accept" => format!("accepted the invitation for {}", invited()),
        "access_request.create" if member("origin") == "key" => {
            format!("asked that {} become Manager", person())
        }
        "access_request.create" => "asked for access to API keys".to_owned(),
        "access_request.grant" => format!("made {} Manager, as they had asked", person()),
        "access_request.decline" => format!("declined the request of {} to be Manager", person()),
        "session.log_in" => "logged in".to_owned(),
        "session.log_out" => "logged out".to_owned(),
        "session.log_in_failed" => {
            let (_, failures) = before_after("failures_in_a_row");
            format!("saw {failures} wrong passwords in a row for {}", person())
        }
        "session.end" => "ended one of their sessions".to_owned(),
        "session.end_others" => "ended all their other sessions".to_owned(),
        "session.end_by_wrong_passwords" => {
            "gave five wrong passwords, which ended the session".to_owned()
        }
        "password.change" => "changed their password".to_owned(),
        "password.reset" => "set a new password by mail".to_owned(),
        "password.turn_off" => format!(
            "turned log-in by password off for {} until a reset by mail: too many wrong passwords",
            person()
        ),
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
            let target = Some(target).filter(|target| !target.is_empty());
            let target = target.map(|target| format!(" ({target})"));
            let action = other.replace(['.', '_'], " ");
            format!("did: {action}{}", target.unwrap_or_default())
        }
    };
    format!("{who} {did}.")
}
