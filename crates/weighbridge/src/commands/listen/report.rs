//! What is said of each callback.

use domain::time::format_time;
use outbound::{Exchange, Outcome};
use serde_json::json;

use super::line::Callback;
use crate::clock::Clock;

/// What became of a callback here.
pub(super) enum Fate {
    /// It was sent to the program on this machine.
    Forwarded(Box<Exchange>, Counted),
    /// It was not sent, and why.
    Kept(&'static str),
    /// It is not what the server sent, and how that shows.
    Tampered(String),
}

/// Whether the program's answer counts.
pub(super) enum Counted {
    /// It does not: the callback was a copy.
    Copy,
    /// It does; the callback's state after it.
    State(String),
    /// It should, but the server does not take it; why.
    Refused(String),
}

/// The line of a callback: time (UTC), event, id, what became of it.
pub(super) fn line(callback: &Callback, fate: &Fate, as_json: bool) -> String {
    let now = format_time(Clock::System.now_ms());
    if as_json {
        let (outcome, detail) = match fate {
            Fate::Forwarded(exchange, _) => (exchange.outcome.as_str(), &*exchange.detail),
            Fate::Kept(why) => ("not_forwarded", *why),
            Fate::Tampered(why) => ("tampered", &**why),
        };
        let (status, duration_ms) = match fate {
            Fate::Forwarded(exchange, _) => (exchange.status, Some(exchange.phases_ms.total)),
            Fate::Kept(_) | Fate::Tampered(_) => (None, None),
        };
        let (state, not_counted) = match fate {
            Fate::Forwarded(_, Counted::State(state)) => (Some(state), None),
            Fate::Forwarded(_, Counted::Refused(why)) => (None, Some(why)),
            _ => (None, None),
        };
        return json!({
            "at": now,
            "event": callback.event,
            "id": callback.id,
            "sequence": callback.sequence,
            "task_id": callback.task_id,
            "outcome": outcome,
            "status": status,
            "duration_ms": duration_ms,
            "detail": detail,
            "state": state,
            "not_counted": not_counted,
        })
        .to_string();
    }
    let fate = match fate {
        Fate::Forwarded(exchange, counted) => {
            let ms = exchange.phases_ms.total;
            let answer = match (exchange.status, &exchange.outcome) {
                (Some(status), Outcome::Delivered) => format!("{status}  {ms} ms"),
                (Some(status), _) => format!("{status}  {ms} ms  not accepted"),
                (None, _) => format!("{}  {}", exchange.outcome.as_str(), exchange.detail),
            };
            match counted {
                Counted::Copy => answer,
                Counted::State(state) => format!("{answer}  → {state}"),
                Counted::Refused(why) => format!("{answer}  does not count: {why}"),
            }
        }
        Fate::Kept(why) => format!("not forwarded: {why}"),
        Fate::Tampered(_) => "NOT FORWARDED".to_owned(),
    };
    let time = now.get(11..19).unwrap_or(&now);
    format!("{time}Z  {:<15}  {}  {fate}", callback.event, callback.id)
}

/// What is said loudly of a callback that somebody changed.
pub(super) fn alarm(callback: &Callback, why: &str) -> String {
    format!(
        "WARNING: {} was changed on its way here, or the key or secret given to this command is not \
         the account's: {why}. It was not forwarded.",
        callback.id
    )
}
