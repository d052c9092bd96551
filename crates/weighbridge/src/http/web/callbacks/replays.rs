//! Jobs that send many callbacks once more: what they would send, and how far they are.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::time::{format_time, parse_time};
use domain::{Capability, ReplayId};
use serde_json::{Map, Value, json};
use store::environment::callback_lists::CallbackFilter;
use store::environment::callback_replays::{self, REPLAYED_STATES, ReplayFilter, ReplayRow};
use store::{EnvironmentStore, StoreError};

use super::super::{Mode, Person, WebSegment};
use super::AskedFilter;
use crate::app::App;
use crate::error::ApiError;
use crate::http::extract::read_object;
use crate::operations::replay_callbacks::{self, Preview, ReplayChange};

/// Jobs that are listed, the newest.
const LISTED_MAX: i64 = 20;
/// Members of a filter.
const MEMBERS: [&str; 6] = ["target", "project", "event", "state", "since", "until"];

/// `GET /web/{mode}/callbacks/replays`.
pub(super) async fn list(person: Person, Mode(store): Mode) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ViewCallbacks)?;
    let account = person.session.account_id;
    let replays = store
        .read(move |tx| callback_replays::list(tx, account, LISTED_MAX))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    let replays: Vec<Value> = replays.iter().map(render).collect();
    Ok(Json(json!({"replays": replays})))
}

/// `POST /web/{mode}/callbacks/replays/preview`.
pub(super) async fn preview(
    State(app): State<Arc<App>>,
    person: Person,
    Mode(store): Mode,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ManageCallbacks)?;
    let body = read_object(&headers, body).await?;
    let account = person.session.account_id;
    let preview = match read_filter(&body, &person, &store).await? {
        Some(filter) => {
            let now_ms = app.clock.now_ms();
            replay_callbacks::preview(account, &store, &filter, now_ms).await?
        }
        None => Preview::default(),
    };
    Ok(Json(json!({
        "count": preview.count,
        "purged": preview.purged,
        "older_states": preview.older_states,
    })))
}

/// `POST /web/{mode}/callbacks/replays`.
pub(super) async fn start(
    State(app): State<Arc<App>>,
    person: Person,
    Mode(store): Mode,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ManageCallbacks)?;
    let body = read_object(&headers, body).await?;
    // An unknown project matches nothing.
    let filter = read_filter(&body, &person, &store).await?;
    let filter = filter.ok_or_else(|| ApiError::param("project", "is not known in this mode"))?;
    let (actor, account) = (person.actor(), person.session.account_id);
    let asked = Value::Object(body);
    let made = replay_callbacks::start(&app, &actor, account, &store, &filter, asked).await?;
    Ok(Json(json!({"replay": render(&made)})))
}

macro_rules! changes {
    ($($(#[doc = $doc:literal])* $name:ident => $change:ident;)*) => {$(
        $(#[doc = $doc])*
        pub(super) async fn $name(
            app: State<Arc<App>>,
            person: Person,
            mode: Mode,
            id: WebSegment,
        ) -> Result<Json<Value>, ApiError> {
            change(app, person, mode, id, ReplayChange::$change).await
        }
    )*};
}
changes! {
    /// `POST /web/{mode}/callbacks/replays/{replay_id}/pause`.
    pause => Pause;
    /// `POST /web/{mode}/callbacks/replays/{replay_id}/resume`.
    resume => Resume;
    /// `POST /web/{mode}/callbacks/replays/{replay_id}/cancel`.
    cancel => Cancel;
}

async fn change(
    State(app): State<Arc<App>>,
    person: Person,
    Mode(store): Mode,
    WebSegment(id): WebSegment,
    change: ReplayChange,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ManageCallbacks)?;
    let replay_id: ReplayId = id
        .parse()
        .map_err(|_| ApiError::not_found("replay_not_found", "Replay with that ID not found."))?;
    let account = person.session.account_id;
    let row = replay_callbacks::change(&app, account, &store, replay_id, change).await?;
    Ok(Json(json!({"replay": render(&row)})))
}

/// Reads the filter of a body; `None`: it names a project that there is not.
async fn read_filter(
    body: &Map<String, Value>,
    person: &Person,
    store: &EnvironmentStore,
) -> Result<Option<ReplayFilter>, ApiError> {
    if let Some(name) = body.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(ApiError::param(name, "is no part of a filter"));
    }
    let text = |name: &str| match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(ApiError::param(name, "must be a text")),
    };
    let time = |name: &str| {
        text(name)?
            .map(|text| parse_time(&text).map_err(|error| ApiError::param(name, error.to_string())))
            .transpose()
    };
    let asked = AskedFilter {
        target: text("target")?,
        project: text("project")?,
        event: text("event")?,
        since: time("since")?,
        until: time("until")?,
    };
    let state = text("state")?;
    let known = |callbacks: CallbackFilter| {
        replay_callbacks::filter_of(state.as_deref(), callbacks).ok_or_else(|| {
            let states = REPLAYED_STATES.join(", ");
            ApiError::param("state", format!("must be any or one of {states}"))
        })
    };
    known(CallbackFilter::default())?;
    asked.resolve(person, store).await?.map(known).transpose()
}

/// A job as the page shows it.
fn render(row: &ReplayRow) -> Value {
    let filter: Value = serde_json::from_str(&row.filter).unwrap_or_default();
    json!({
        "id": row.replay_id,
        "state": row.state,
        "total": row.total,
        "sent": row.sent,
        "delivered": row.delivered,
        "failed": row.failed,
        "created_at": format_time(row.created_at),
        "created_by": row.created_by,
        "filter": filter,
    })
}
