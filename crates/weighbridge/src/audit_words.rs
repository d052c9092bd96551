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
    let target = row.target.as_deref().unwrap_or_default();
    let entry = Entry {
        action: &row.action,
        mode: row.environment.as_deref().unwrap_or_default(),
        target,
        // Whoever does something to themselves is named once.
        person: match (
            row.actor_id.as_deref() == Some(target),
            name_of_user(target),
        ) {
            (true, _) => "themselves".to_owned(),
            (false, Some(name)) => name,
            (false, None) => format!("the person {target}"),
        },
        before: parsed(&row.before),
        after: parsed(&row.after),
    };
    let who = match (row.actor_kind.as_str(), &row.actor_name) {
        (_, Some(name)) => name.clone(),
        ("operator", None) => "The operator".to_owned(),
        ("key", None) => format!("The key {}", row.actor_id.as_deref().unwrap_or_default()),
        _ => "Weighbridge".to_owned(),
    };
    let did = entry
        .of_keys()
        .or_else(|| entry.of_team())
        .or_else(|| entry.of_person())
        .or_else(|| entry.of_account())
        .unwrap_or_else(|| entry.plainly());
    format!("{who} {did}.")
}

/// What an entry says, ready to be put into words.
struct Entry<'a> {
    action: &'a str,
    mode: &'a str,
    target: &'a str,
    /// The target's name, where it is a person.
    person: String,
    before: Value,
    after: Value,
}

impl Entry<'_> {
    /// A member of the state after, or else before.
    fn member(&self, name: &str) -> String {
        let text = |object: &Value| match object.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Null) | None => None,
            Some(other) => Some(other.to_string()),
        };
        text(&self.after)
            .or_else(|| text(&self.before))
            .unwrap_or_default()
    }

    /// A member before and after.
    fn change(&self, name: &str) -> (String, String) {
        let text = |object: &Value| {
            let value = object.get(name).and_then(Value::as_str);
            value.unwrap_or_default().to_owned()
        };
        (text(&self.before), text(&self.after))
    }

    fn key(&self) -> String {
        let (mode, name, hint) = (self.mode, self.member("name"), self.member("hint"));
        match (name.is_empty(), hint.is_empty()) {
            (true, _) => format!("the {mode} key {}", self.target),
            (false, true) => format!("the {mode} key “{name}”"),
            (false, false) => format!("the {mode} key “{name}” ({hint})"),
        }
    }

    fn of_keys(&self) -> Option<String> {
        let key = self.key();
        Some(match self.action {
            "key.create" => format!("created {key}"),
            "key.import" => format!("imported {key}"),
            "key.rename" => {
                let (old, new) = self.change("name");
                format!("renamed the {} key “{old}” to “{new}”", self.mode)
            }
            "key.reveal" => format!("revealed {key}"),
            "key.roll" => {
                let end = to_the_minute(&self.member("old_key_ends_at"));
                format!("rolled {key}; the old one ends at {end}")
            }
            "key.set_end" => {
                let end = to_the_minute(&self.member("ends_at"));
                format!("set the end of {key} to {end}")
            }
            "key.suspend" => format!("suspended {key}"),
            "key.resume" => format!("resumed {key}"),
            "key.revoke" => format!("revoked {key}"),
            "signing_secret.reveal" => {
                format!(
                    "revealed the {} signing secret ({})",
                    self.mode,
                    self.member("hint")
                )
            }
            "signing_secret.roll" => {
                let end = to_the_minute(&self.member("old_secret_ends_at"));
                format!(
                    "rolled the {} signing secret; the old one ends at {end}",
                    self.mode
                )
            }
            "key_policy.set" => "changed what the account decided about its keys".to_owned(),
            _ => return None,
        })
    }

    fn of_team(&self) -> Option<String> {
        let person = &self.person;
        let invited = || format!("{} as {}", self.member("email"), self.member("role"));
        Some(match self.action {
            "user.add" => format!("added {}", invited()),
            "user.set_role" => {
                let (old, new) = self.change("role");
                format!("set the role of {person} from {old} to {new}")
            }
            "user.deactivate" => format!("deactivated {person}"),
            "user.reactivate" => format!("reactivated {person}"),
            "user.end_sessions" => format!("ended all sessions of {person}"),
            "invitation.create" => format!("invited {}", invited()),
            "invitation.resend" => format!("sent the invitation of {} again", invited()),
            "invitation.withdraw" => format!("withdrew the invitation of {}", invited()),
            "invitation.approve" => format!("approved the invitation of {}", invited()),
            "invitation.accept" => format!("accepted the invitation of {}", invited()),
            "access_request.create" if self.member("origin") == "key" => {
                format!("asked that {person} become Manager")
            }
            "access_request.create" => "asked for access to API keys".to_owned(),
            "access_request.grant" => format!("made {person} Manager, as was asked"),
            "access_request.decline" => format!("declined that {person} become Manager"),
            _ => return None,
        })
    }

    fn of_person(&self) -> Option<String> {
        let person = &self.person;
        Some(match self.action {
            "user.confirm_email" => "confirmed their e-mail address".to_owned(),
            "user.rename" => {
                let (old, new) = self.change("name");
                format!("changed their name from “{old}” to “{new}”")
            }
            "session.log_in" => "logged in".to_owned(),
            "session.log_out" => "logged out".to_owned(),
            "session.log_in_failed" => {
                let failures = self.member("failures_in_a_row");
                format!("saw {failures} wrong passwords in a row for {person}")
            }
            "session.end" => "ended one of their sessions".to_owned(),
            "session.end_others" => "ended all their other sessions".to_owned(),
            "session.end_by_wrong_passwords" => {
                "gave five wrong passwords, which ended the session".to_owned()
            }
            "password.change" => "changed their password".to_owned(),
            "password.reset" => "set a new password by mail".to_owned(),
            "password.turn_off" => format!(
                "turned log-in by password off for {person} until a reset by mail: too many wrong \
                 passwords"
            ),
            _ => return None,
        })
    }

    fn of_account(&self) -> Option<String> {
        Some(match self.action {
            "account.create" => format!("made the account “{}”", self.member("name")),
            "account.sign_up" => format!("signed up with the account “{}”", self.member("name")),
            "account.rename" => {
                let (old, new) = self.change("name");
                format!("renamed the account “{old}” to “{new}”")
            }
            "refused" => {
                let why = match self.member("code").as_str() {
                    "reauthentication_required" => "the log-in was not recent",
                    _ => "the role does not permit it",
                };
                format!("was refused: {} ({why})", self.member("what"))
            }
            "callback_settings.set" => format!(
                "changed the settings of callbacks: {}",
                self.settings_of_callbacks().join("; ")
            ),
            "callback.send_elsewhere" => format!(
                "sent the {} callback {} once to {}",
                self.mode,
                self.target,
                self.member("to")
            ),
            "callback.replay" => format!(
                "began to send {} {} callbacks again",
                self.member("callbacks"),
                self.mode
            ),
            "callback_target.pause" => {
                format!("paused {} callbacks to {}", self.mode, self.target)
            }
            "callback_target.resume" => {
                format!("resumed {} callbacks to {}", self.mode, self.target)
            }
            "callback_target.discard" => format!(
                "discarded the {} callbacks that waited for {}",
                self.mode, self.target
            ),
            "audit.export" => "exported the audit log".to_owned(),
            _ => return None,
        })
    }

    /// What each changed setting is now.
    fn settings_of_callbacks(&self) -> Vec<String> {
        let Some(after) = self.after.as_object() else {
            return Vec::new();
        };
        let listed = |value: &Value| -> Vec<String> {
            let texts = value.as_array().into_iter().flatten();
            texts
                .filter_map(|text| text.as_str().map(str::to_owned))
                .collect()
        };
        let in_words = |(name, value): (&String, &Value)| match (name.as_str(), value) {
            ("default_callback_url", Value::Null) => "no default address".to_owned(),
            ("default_callback_url", value) => {
                format!("default address at {}", value.as_str().unwrap_or_default())
            }
            ("plain_http", value) => match value.as_str() {
                Some("send") => "plain http is sent".to_owned(),
                Some("refuse") => "plain http is refused".to_owned(),
                _ => "plain http is held".to_owned(),
            },
            ("pinned_hosts", Value::Null) => "any public host".to_owned(),
            ("pinned_hosts", value) => format!("only to {}", listed(value).join(", ")),
            ("subscribed_events", value) if listed(value).is_empty() => {
                "no further events".to_owned()
            }
            ("subscribed_events", value) => format!("events {}", listed(value).join(", ")),
            ("old_key_first", Value::Bool(true)) => "a rolled key goes first".to_owned(),
            ("old_key_first", _) => "the new key goes first".to_owned(),
            (name, value) => format!("{name} {value}"),
        };
        after.iter().map(in_words).collect()
    }

    /// An action that another version wrote.
    fn plainly(&self) -> String {
        let action = self.action.replace(['.', '_'], " ");
        if self.target.is_empty() {
            return format!("did: {action}");
        }
        format!("did: {action} ({})", self.target)
    }
}

/// A time as the API writes it, as people read it: "2026-11-26 14:00 UTC". Other text stays.
fn to_the_minute(text: &str) -> String {
    match (text.get(..10), text.get(11..16), text.ends_with('Z')) {
        (Some(day), Some(minute), true) => format!("{day} {minute} UTC"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_to_the_minute() {
        assert_eq!(
            to_the_minute("2026-11-26T14:00:31.853Z"),
            "2026-11-26 14:00 UTC"
        );
        assert_eq!(to_the_minute(""), "");
        assert_eq!(to_the_minute("späterer Zeitpunkt"), "späterer Zeitpunkt");
    }
}
