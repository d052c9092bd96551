//! Callbacks as the web app shows them, and what people do to them (callbacks.md 3.9, 6).

mod actions;
mod detail;
mod replays;
mod summary;

use axum::Json;
use domain::{CallbackId, Capability};
use serde_json::{Value, json};
use store::environment::callback_lists::{self, CallbackFilter, StateFilter};
use store::{EnvironmentStore, StoreError};

use super::routing::{Router, get, post};
use super::{Mode, Person};
use crate::callback_object;
use crate::error::ApiError;
use crate::http::extract::Query;

/// Most callbacks of a page.
const PAGE_MAX: i64 = 200;
/// Callbacks of a page where none is asked for.
const PAGE_DEFAULT: i64 = 50;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/{mode}/callbacks", get(list))
        .route("/web/{mode}/callbacks/summary", get(summary::show))
        .route("/web/{mode}/callbacks/test", post(actions::test))
        .route("/web/{mode}/callbacks/targets/pause", post(actions::pause))
        .route(
            "/web/{mode}/callbacks/targets/resume",
            post(actions::resume),
        )
        .route(
            "/web/{mode}/callbacks/targets/discard",
            post(actions::discard),
        )
        .route(
            "/web/{mode}/callbacks/replays",
            get(replays::list).post(replays::start),
        )
        .route(
            "/web/{mode}/callbacks/replays/preview",
            post(replays::preview),
        )
        .route(
            "/web/{mode}/callbacks/replays/{replay_id}/pause",
            post(replays::pause),
        )
        .route(
            "/web/{mode}/callbacks/replays/{replay_id}/resume",
            post(replays::resume),
        )
        .route(
            "/web/{mode}/callbacks/replays/{replay_id}/cancel",
            post(replays::cancel),
        )
        .route("/web/{mode}/callbacks/{callback_id}", get(detail::show))
        .route(
            "/web/{mode}/callbacks/{callback_id}/resend",
            post(actions::resend),
        )
}

/// Reads a callback's id as the API writes it: `cb_` and 24 hexadecimal digits.
fn read_id(text: &str) -> Result<CallbackId, ApiError> {
    text.strip_prefix("cb_")
        .and_then(|id| id.parse().ok())
        .ok_or_else(not_found)
}

fn not_found() -> ApiError {
    ApiError::not_found("callback_not_found", "Callback with that ID not found.")
}

/// Fields of a filter as they are asked for, in a query or a body.
#[derive(Clone, Debug, Default)]
struct AskedFilter {
    target: Option<String>,
    project: Option<String>,
    event: Option<String>,
    since: Option<i64>,
    until: Option<i64>,
}

impl AskedFilter {
    /// The filter with the project's id; `None`: there is no such project, so nothing matches.
    async fn resolve(
        self,
        person: &Person,
        store: &EnvironmentStore,
    ) -> Result<Option<CallbackFilter>, ApiError> {
        let mut filter = CallbackFilter {
            target: self.target,
            event: self.event,
            since: self.since,
            until: self.until,
            ..CallbackFilter::default()
        };
        if let Some(name) = self.project {
            let account = person.session.account_id;
            let found = store
                .read(move |tx| callback_lists::project_by_name(tx, account, &name))
                .await
                .map_err(|error: StoreError| ApiError::from(error))?;
            let Some(project) = found else {
                return Ok(None);
            };
            filter.project = Some(project);
        }
        Ok(Some(filter))
    }
}

async fn list(person: Person, Mode(store): Mode, query: Query) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ViewCallbacks)?;
    let text = |name: &str| query.get(name).map(str::to_owned);
    let asked = AskedFilter {
        target: text("target"),
        project: text("project"),
        event: text("event"),
        since: query.time("since")?,
        until: query.time("until")?,
    };
    let state = query
        .get("state")
        .map(|state| {
            StateFilter::parse(state).ok_or_else(|| {
                ApiError::param(
                    "state",
                    "must be pending, sending, delivered, failed, blocked, superseded, held, \
                     discarded, or problem",
                )
            })
        })
        .transpose()?;
    let task = query
        .get("task")
        .map(|id| {
            id.parse()
                .map_err(|_| ApiError::param("task", "must be a task's id: 24 hexadecimal digits"))
        })
        .transpose()?;
    let before = query
        .get("cursor")
        .map(|cursor| {
            cursor.parse().map_err(|_| {
                ApiError::param("cursor", "must be the next_cursor of an earlier answer")
            })
        })
        .transpose()?;
    let limit = query.integer("limit", 1, PAGE_MAX)?.unwrap_or(PAGE_DEFAULT);
    let nothing = || Json(json!({"callbacks": [], "next_cursor": null}));
    let Some(mut filter) = asked.resolve(&person, &store).await? else {
        return Ok(nothing());
    };
    filter.state = state;
    filter.task = task;
    let account = person.session.account_id;
    let page = store
        .read(move |tx| callback_lists::list(tx, account, &filter, before, limit))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    let callbacks: Vec<Value> = page.callbacks.iter().map(callback_object::render).collect();
    Ok(Json(json!({
        "callbacks": callbacks,
        "next_cursor": page.next.map(|id| id.to_string()),
    })))
}
