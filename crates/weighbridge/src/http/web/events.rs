//! News for open pages, by server-sent events: *what* changed; the page then fetches it.
//!
//! An event's id tells the state that the page knows. Who comes back with it (`Last-Event-ID`) is
//! told at once of everything that changed meanwhile, whichever process answers: nothing is kept for
//! a stream, so nothing can be lost.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use domain::AccountId;
use futures_util::Stream;
use store::control::audit;
use store::environment::{callback_summary, summary};
use store::{EnvironmentStore, StoreError};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::routing::{Router, get};
use super::session::current_session;
use super::{Mode, Person};
use crate::app::App;
use crate::error::ApiError;

/// How often a stream looks for news.
const LOOK_EVERY: Duration = Duration::from_millis(1500);
/// A comment this often keeps proxies from closing an idle stream.
const COMMENT_EVERY: Duration = Duration::from_secs(15);
/// Events that may wait for a slow page.
const WAITING_MAX: usize = 16;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new().route("/web/{mode}/events", get(stream))
}

/// What a page knows: each part is a number or a word that changes with what it stands for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    role: String,
    access: String,
    tasks: String,
    callbacks: String,
}

impl Known {
    fn parse(id: &str) -> Option<Self> {
        let mut parts = id.split('/');
        let known = Self {
            role: parts.next()?.to_owned(),
            access: parts.next()?.to_owned(),
            tasks: parts.next()?.to_owned(),
            callbacks: parts.next()?.to_owned(),
        };
        parts.next().is_none().then_some(known)
    }

    fn id(&self) -> String {
        format!(
            "{}/{}/{}/{}",
            self.role, self.access, self.tasks, self.callbacks
        )
    }

    /// Names of the events by which a page that knows `self` learns of `now`.
    fn news(&self, now: &Self) -> Vec<&'static str> {
        let mut news = Vec::new();
        if self.role != now.role {
            news.push("session");
        }
        // Every change to keys or the team has its entry in the audit log.
        if self.access != now.access {
            news.extend(["keys", "team"]);
        }
        if self.tasks != now.tasks {
            news.push("tasks");
        }
        if self.callbacks != now.callbacks {
            news.push("callbacks");
        }
        news
    }
}

async fn stream(
    State(app): State<Arc<App>>,
    Mode(store): Mode,
    person: Person,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let last = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
        .and_then(Known::parse);
    let account = person.session.account_id;
    let now = look(&app, &store, account, person.session.role.as_str()).await?;
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    tokio::spawn(async move {
        let known = last.unwrap_or_else(|| now.clone());
        // The first event gives the page an id to come back with.
        let hello = Event::default().event("hello").id(known.id()).data("{}");
        if sender.send(Ok(hello)).await.is_ok() {
            follow(&app, &store, account, &headers, known, &sender).await;
        }
    });
    let keep_alive = KeepAlive::new().interval(COMMENT_EVERY);
    Ok(Sse::new(ReceiverStream::new(receiver)).keep_alive(keep_alive))
}

async fn follow(
    app: &App,
    store: &EnvironmentStore,
    account: AccountId,
    headers: &HeaderMap,
    mut known: Known,
    sender: &mpsc::Sender<Result<Event, Infallible>>,
) {
    let mut stopping = app.stopping.subscribe();
    loop {
        // The session is read anew each time: whoever is demoted or logged out learns of it here.
        let Ok(session) = current_session(app, headers).await else {
            let ended = Event::default().event("session").data("{}");
            let _ = sender.send(Ok(ended)).await;
            return;
        };
        if let Ok(now) = look(app, store, account, session.role.as_str()).await {
            for name in known.news(&now) {
                let event = Event::default().event(name).id(now.id()).data("{}");
                if sender.send(Ok(event)).await.is_err() {
                    return;
                }
            }
            known = now;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = sender.closed() => return,
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

async fn look(
    app: &App,
    store: &EnvironmentStore,
    account: AccountId,
    role: &str,
) -> Result<Known, StoreError> {
    let anchor = app
        .stores
        .control
        .read(move |tx| audit::anchor(tx, account))
        .await
        .map_err(|error: StoreError| error)?;
    let (counts, callbacks) = store
        .read(move |tx| -> Result<_, StoreError> {
            let counts = summary::task_counts(tx, account)?;
            Ok((counts, callback_summary::fingerprint(tx, account)?))
        })
        .await?;
    Ok(Known {
        role: role.to_owned(),
        access: anchor.map_or(0, |anchor| anchor.seq).to_string(),
        tasks: format!(
            "{}.{}.{}.{}",
            counts.pending, counts.completed, counts.canceled, counts.error
        ),
        callbacks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i14_an_id_tells_what_a_page_knows() {
        let known = Known {
            role: "member".to_owned(),
            access: "7".to_owned(),
            tasks: "3.0.0.0".to_owned(),
            callbacks: ".0.0.0".to_owned(),
        };
        assert_eq!(Known::parse(&known.id()), Some(known.clone()));
        assert_eq!(Known::parse("nonsense"), None);
        assert_eq!(known.news(&known), [""; 0]);
        let later = Known {
            role: "manager".to_owned(),
            access: "8".to_owned(),
            ..known.clone()
        };
        assert_eq!(known.news(&later), ["session", "keys", "team"]);
        let tried = Known {
            callbacks: ".17.0.0".to_owned(),
            ..known.clone()
        };
        assert_eq!(known.news(&tried), ["callbacks"]);
    }
}
