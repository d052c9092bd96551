//! A callback's tries as they are shown: what was sent, and why the next try is when it is.

use std::fmt::Write as _;

use domain::Environment;
use domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, format_time};
use keys::KeyText;
use store::environment::callback_lists::{Attempt, ListedCallback};
use store::environment::callback_summary::TargetState;

use crate::directory::AccountSettings;
use crate::workers::callbacks::TRIES_MAX;

/// Outcomes that are no fault of the receiver's: such a try does not count.
const UNCOUNTED: &[&str] = &[
    "worker_lost",
    "late",
    "interrupted",
    "no_auth_key",
    "plain_http",
    "proxy",
    "too_late",
];

/// What may be shown of the secrets of a try.
#[derive(Clone, Debug, Default)]
pub struct Hints {
    auth: Option<String>,
    previous: Option<String>,
    signature: Option<String>,
}

impl Hints {
    /// Those that a try left behind.
    pub fn of_attempt(attempt: &Attempt) -> Self {
        Self {
            auth: attempt.auth_hint.clone(),
            previous: attempt.previous_hint.clone(),
            signature: attempt.signature.clone(),
        }
    }

    /// Those of a try that would be made now. What it would be signed with is not told.
    pub fn of_account(account: &AccountSettings, environment: Environment, now_ms: i64) -> Self {
        let auth = account.callback_auth(environment);
        let tail = |text: &KeyText| {
            let text = text.expose();
            text[text.len().saturating_sub(4)..].to_owned()
        };
        Self {
            auth: auth.key.as_deref().map(tail),
            previous: auth.previous(now_ms).map(tail),
            signature: None,
        }
    }
}

/// Whether a try counts among those of the schedule.
pub fn is_counted(attempt: &Attempt) -> bool {
    matches!(attempt.cause.as_str(), "schedule" | "probe")
        && !UNCOUNTED.contains(&attempt.outcome.as_str())
}

/// Headers of a try that was made, in the order of sending (callbacks.md 3.2); `number` is the try's.
pub fn request_headers(
    callback: &ListedCallback,
    environment: Environment,
    attempt: &Attempt,
    hints: &Hints,
    number: i64,
) -> Vec<(String, String)> {
    let is_replay = matches!(attempt.cause.as_str(), "person" | "replay" | "test");
    let timestamp = (attempt.started_at / 1000).to_string();
    headers(
        callback,
        environment,
        hints,
        Some(&timestamp),
        number,
        is_replay,
    )
}

/// Headers of the next try: its time, and with it the signature, is not known yet.
pub fn coming_headers(
    callback: &ListedCallback,
    environment: Environment,
    hints: &Hints,
) -> Vec<(String, String)> {
    let is_replay = callback.resend_at.is_some();
    headers(
        callback,
        environment,
        hints,
        None,
        callback.tries + 1,
        is_replay,
    )
}

fn headers(
    callback: &ListedCallback,
    environment: Environment,
    hints: &Hints,
    timestamp: Option<&str>,
    number: i64,
    is_replay: bool,
) -> Vec<(String, String)> {
    let masked = |hint: &String| format!("…{hint}");
    let yes = |is: bool| is.then(|| "true".to_owned());
    let all = [
        ("scale-callback-auth", hints.auth.as_ref().map(masked)),
        (
            "scale-callback-auth-previous",
            hints.previous.as_ref().map(masked),
        ),
        ("content-type", Some("application/json".to_owned())),
        ("webhook-id", Some(format!("cb_{}", callback.callback_id))),
        ("webhook-timestamp", timestamp.map(str::to_owned)),
        ("webhook-signature", hints.signature.clone()),
        ("weighbridge-event", Some(callback.event.clone())),
        ("weighbridge-sequence", Some(callback.sequence.to_string())),
        ("weighbridge-attempt", Some(number.to_string())),
        ("weighbridge-mode", Some(environment.to_string())),
        ("weighbridge-replay", yes(is_replay && !callback.is_trial)),
        ("weighbridge-test", yes(callback.is_trial)),
        (
            "user-agent",
            Some(concat!("Weighbridge/", env!("CARGO_PKG_VERSION")).to_owned()),
        ),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

/// Why the next try is when it is, or why there is none.
pub fn why_next(callback: &ListedCallback, target: Option<&TargetState>) -> Option<String> {
    if callback.resend_at.is_some() && callback.state != "sending" {
        return Some(match callback.resend_cause.as_deref() {
            Some("replay") => "A replay sends it once more as soon as it is its turn.".to_owned(),
            Some("test") => "It is sent once, now.".to_owned(),
            _ => "A person asked for one more try; it is made as soon as the target has room."
                .to_owned(),
        });
    }
    match (callback.state.as_str(), callback.next_try_at) {
        ("held", _) => Some(held(callback, target)),
        ("pending", None) => Some(format!(
            "It waits until an earlier state of its task had its first try. This is state {}.",
            callback.sequence
        )),
        ("pending", Some(at)) => Some(pending(callback, at, target)),
        _ => None,
    }
}

fn held(callback: &ListedCallback, target: Option<&TargetState>) -> String {
    match callback.held_for.as_deref() {
        Some("plain_http") => "Held: the address is plain http, where others could read the auth \
                               key on the way. Admins and Managers can allow it in the settings \
                               of callbacks."
            .to_owned(),
        Some("gone") => {
            "Held: its URL answered 410 (gone) twice. Resume the target to send it.".to_owned()
        }
        _ => match target.and_then(|target| target.paused_by.as_deref()) {
            Some("auto") => "Held: deliveries to this target paused by themselves, since none \
                             succeeded for three days. One is tried each hour; a success, or \
                             Resume, sends what is held."
                .to_owned(),
            Some("start") => "Held: the server was started with --hold-callbacks. Resume the \
                              target to send it."
                .to_owned(),
            Some(_) => {
                "Held: a person paused this target. Resume it to send what is held.".to_owned()
            }
            None => "Held: its target was resumed a moment ago, and it is about to go back into \
                     the queue."
                .to_owned(),
        },
    }
}

fn pending(callback: &ListedCallback, at_ms: i64, target: Option<&TargetState>) -> String {
    let mut words = match (callback.tries, callback.first_try_at) {
        (0, _) => "The first try is made as soon as the target has room.".to_owned(),
        (tries, Some(first)) => format!(
            "Retry {tries} of {}, {} after the first try.",
            TRIES_MAX - 1,
            span(at_ms - first)
        ),
        (tries, None) => format!("Retry {tries} of {}.", TRIES_MAX - 1),
    };
    if let Some(target) = target {
        if let Some(until) = target.not_before.filter(|until| *until >= at_ms) {
            let _ = write!(
                words,
                " The target asked for rest until {} (Retry-After).",
                format_time(until)
            );
        }
        if let Some(until) = target.open_until {
            let _ = write!(
                words,
                " The target failed {} times in a row: only one probe at a time goes there, the \
                 next from {} on. Waiting costs no try.",
                target.failures,
                format_time(until)
            );
        }
    }
    words
}

/// A span of time as people say it, by its two greatest units.
fn span(ms: i64) -> String {
    const UNITS: [(i64, &str); 4] = [
        (DAY_MS, "d"),
        (HOUR_MS, "h"),
        (MINUTE_MS, "min"),
        (1_000, "s"),
    ];
    let mut rest = ms.max(0);
    let mut parts = Vec::new();
    for (unit_ms, name) in UNITS {
        let count = rest / unit_ms;
        rest %= unit_ms;
        if count > 0 {
            parts.push(format!("{count} {name}"));
        }
        if parts.len() == 2 {
            break;
        }
    }
    if parts.is_empty() {
        return "less than a second".to_owned();
    }
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn spans_are_told_by_their_two_greatest_units() {
        for (ms, words) in [
            (0, "less than a second"),
            (5_000, "5 s"),
            (110_000, "1 min 50 s"),
            (3_600_000, "1 h"),
            (85_730_000, "23 h 48 min"),
        ] {
            assert_eq!(span(ms), words);
        }
    }
}
