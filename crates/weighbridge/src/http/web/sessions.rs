//! A person's own sessions: which there are, and ending them (authentication.md 2.7).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::SessionId;
use domain::time::format_time;
use serde_json::{Value, json};
use store::StoreError;
use store::control::sessions;

use super::routing::{Router, delete, get};
use super::session::is_live;
use super::{Person, WebSegment};
use crate::app::App;
use crate::error::ApiError;
use crate::operations::audit::{self, Event};

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/sessions", get(list).delete(end_others))
        .route("/web/sessions/{session_id}", delete(end_one))
}

async fn list(State(app): State<Arc<App>>, person: Person) -> Result<Json<Value>, ApiError> {
    let (account, user) = (person.session.account_id, person.session.user_id);
    let now_ms = app.clock.now_ms();
    let found = app
        .stores
        .control
        .read(move |tx| sessions::of_user(tx, account, user))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    let listed: Vec<Value> = found
        .into_iter()
        .filter(|session| is_live(session.created_at, session.last_seen_at, now_ms))
        .map(|session| {
            json!({
                "session_id": session.session_id,
                "current": session.session_id == person.session.session_id,
                "browser": browser_of(&session.user_agent),
                "user_agent": session.user_agent,
                "address": session.address,
                "created_at": format_time(session.created_at),
                "last_seen_at": format_time(session.last_seen_at),
            })
        })
        .collect();
    Ok(Json(json!({"sessions": listed})))
}

async fn end_one(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(session_id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    let not_found = || ApiError::not_found("session_not_found", "You have no such session.");
    let ended: SessionId = session_id.parse().map_err(|_| not_found())?;
    let (account, user) = (person.session.account_id, person.session.user_id);
    let (secrets, actor) = (app.secrets.clone(), person.actor());
    let now_ms = app.clock.now_ms();
    app.stores
        .control
        .write(move |tx| -> Result<(), ApiError> {
            if !sessions::delete_one(tx, account, user, ended)? {
                return Err(not_found());
            }
            let event = Event {
                action: "session.end",
                target: Some(ended.to_string()),
                ..Event::default()
            };
            audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            Ok(())
        })
        .await?;
    Ok(Json(json!({})))
}

async fn end_others(State(app): State<Arc<App>>, person: Person) -> Result<Json<Value>, ApiError> {
    let session = &person.session;
    let (account, user, kept) = (session.account_id, session.user_id, session.session_id);
    let (secrets, actor) = (app.secrets.clone(), person.actor());
    let now_ms = app.clock.now_ms();
    let ended = app
        .stores
        .control
        .write(move |tx| -> Result<_, StoreError> {
            let ended = sessions::delete_others(tx, account, user, kept)?;
            if ended > 0 {
                let event = Event {
                    action: "session.end_others",
                    target: Some(user.to_string()),
                    after: Some(json!({"ended": ended})),
                    ..Event::default()
                };
                audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            }
            Ok(ended)
        })
        .await?;
    Ok(Json(json!({"ended": ended})))
}

/// Browser and system of a user agent, as their owner would say it.
fn browser_of(user_agent: &str) -> String {
    let first = |names: &[(&str, &'static str)]| {
        names
            .iter()
            .find(|(mark, _)| user_agent.contains(mark))
            .map(|(_, name)| *name)
    };
    // Each but the first names those after it too.
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => {
            let program = user_agent.split(['/', ' ']).next().unwrap_or_default();
            if program.is_empty() || program == "Mozilla" {
                "Unknown browser".to_owned()
            } else {
                program.to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::browser_of;

    #[test]
    fn browsers_are_named() {
        for (user_agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:142.0) Gecko/20100101 \
                 Firefox/142.0",
                "Firefox on macOS",
            ),
            ("python-requests/2.34", "python-requests"),
            ("", "Unknown browser"),
        ] {
            assert_eq!(browser_of(user_agent), name);
        }
    }
}
