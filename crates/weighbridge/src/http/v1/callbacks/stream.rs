//! `GET /v1/callbacks/stream`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::callback::{callback_event, event_names};
use serde::Serialize;
use store::StoreError;
use store::environment::callback_stream::{self, Place, StreamedCallback};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::{IntoParams, ToSchema};

use super::cursor::StreamCursor;
use super::open_streams::OpenStream;
use super::outbox_walk::OutboxWalk;
use crate::app::App;
use crate::callback_request::{self, Try};
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::Query;

/// How often the outbox is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// A stream says at least this often where it stands: its client then knows that it lives.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);
/// Lines that may wait for a slow client. Each may hold a whole body.
const WAITING_MAX: usize = 4;
/// What a stream is restricted to.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it exists for its schema")]
pub struct StreamQuery {
    /// From a line of an earlier stream: goes on where that one stood.
    cursor: Option<String>,
    /// Callbacks made at or after this time; default: from now on. A cursor wins over it.
    since: Option<String>,
    /// Any of these events.
    event: Option<Vec<String>>,
    /// `false`: end once all that there is now was sent. Default `true`.
    follow: Option<bool>,
}

/// A line of the stream: a callback, as a try at it would be sent now.
#[derive(Serialize, ToSchema)]
pub struct CallbackLine {
    /// Always `callback`.
    #[schema(example = "callback")]
    r#type: &'static str,
    /// Goes on after this line.
    cursor: String,
    /// `webhook-id` of every try at it: by it a receiver knows a repetition.
    #[schema(example = "cb_66b0c4d1e5a7f30912ab34ce")]
    id: String,
    /// `task.completed`, `batch.completed` …
    #[schema(example = "task.completed")]
    event: String,
    /// Number of the task's change.
    sequence: i64,
    /// The task that it tells of.
    task_id: Option<String>,
    /// The batch that it tells of.
    batch_id: Option<String>,
    /// Where it goes.
    url: String,
    /// State of its delivery, which the stream does not change.
    state: String,
    /// Names and values; `null`: the account has no callback auth key, and nothing is sent.
    headers: Option<Vec<(String, String)>>,
    /// The exact bytes; `null`: they are older than the account's callbacks are kept.
    body: Option<String>,
    /// `utf-8`, or `base64` for a body that is not UTF-8.
    body_encoding: &'static str,
}

/// A line of the stream that comes when there is nothing else to tell, and at least every 15
/// seconds.
#[derive(Serialize, ToSchema)]
pub struct PositionLine {
    /// Always `position`.
    #[schema(example = "position")]
    r#type: &'static str,
    /// Goes on after all that was sent.
    cursor: String,
}

/// Either kind of line.
#[derive(ToSchema)]
#[schema(as = StreamLine)]
#[serde(untagged)]
#[expect(dead_code, reason = "it exists for its schema")]
#[expect(
    clippy::large_enum_variant,
    reason = "nobody makes one: it exists for its schema"
)]
pub enum StreamLine {
    Callback(CallbackLine),
    Position(PositionLine),
}

/// Stream callbacks
///
/// An addition to the original: copies of the callbacks of the key's account and mode, as they come,
/// for programs that no callback can reach; `weighbridge listen` reads it. Nothing about the
/// callbacks changes, and every open stream gets all of them. Each line is a JSON object. Whoever
/// comes back with the `cursor` of the last line that was read misses nothing; callbacks of the 60
/// seconds before it can come again, to be known by their `id`. A task's callbacks come in the order
/// of its changes.
#[utoipa::path(
    get, path = "/v1/callbacks/stream", tag = "Callbacks",
    params(StreamQuery),
    responses(
        (status = 200, description = "Lines, as long as the client reads them",
            body = StreamLine, content_type = "application/x-ndjson"),
        (status = 400, description = "A parameter is invalid", body = ErrorBody),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 429, description = "Too many streams are open", body = ErrorBody),
    ),
)]
pub(super) async fn stream_callbacks(
    caller: ApiCaller,
    State(app): State<Arc<App>>,
    query: Query,
) -> Result<Response, ApiError> {
    let events = read_events(&query)?;
    let follows = query.boolean("follow")?.unwrap_or(true);
    let since_ms = query.time("since")?;
    let cursor = match query.get("cursor") {
        Some(cursor) => cursor.parse().map_err(|()| {
            ApiError::param(
                "cursor",
                "must be the cursor of a line of an earlier stream",
            )
        })?,
        None => StreamCursor::starting_at(since_ms.unwrap_or_else(|| app.clock.now_ms()).max(0)),
    };
    let place = app.callback_streams.open(caller.account)?;
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let stream = Stream {
        app,
        caller,
        events,
        walk: OutboxWalk::at(cursor),
        sender,
        spoke_at: None,
        _place: place,
    };
    tokio::spawn(stream.run(follows));
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        // Proxies that gather an answer before they pass it on leave this one alone.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(receiver))).into_response())
}

fn read_events(query: &Query) -> Result<Vec<String>, ApiError> {
    let events = query.list("event");
    let is_unknown = |event: &String| callback_event(event).is_none();
    match events.iter().find(|event| is_unknown(event)) {
        None => Ok(events),
        Some(_) => Err(ApiError::param(
            "event",
            format!("must be one or several of {}", event_names()),
        )),
    }
}

/// Why a look did not come to its end.
enum Interrupted {
    /// The client has gone, or the key may no longer be used: the stream is over.
    Ended,
    /// The next look may do better.
    Store(StoreError),
}

impl From<StoreError> for Interrupted {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

struct Stream {
    app: Arc<App>,
    caller: ApiCaller,
    /// Empty: all.
    events: Vec<String>,
    walk: OutboxWalk,
    sender: mpsc::Sender<Result<Bytes, Infallible>>,
    /// When the last line was sent.
    spoke_at: Option<Instant>,
    _place: OpenStream,
}

impl Stream {
    async fn run(mut self, follows: bool) {
        let mut stopping = self.app.stopping.subscribe();
        loop {
            let looked = tokio::select! {
                looked = self.look(!follows) => looked,
                _ = stopping.wait_for(|stopping| *stopping) => return,
            };
            match looked {
                Ok(()) => {}
                Err(Interrupted::Ended) => return,
                Err(Interrupted::Store(error)) => {
                    tracing::warn!(%error, "a stream of callbacks could not look at the outbox");
                }
            }
            if !follows {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = self.sender.closed() => return,
                _ = stopping.wait_for(|stopping| *stopping) => return,
            }
        }
    }

    /// Sends all that is new; then where the stream stands, if this is its end or it has been silent
    /// for long.
    async fn look(&mut self, is_last: bool) -> Result<(), Interrupted> {
        let account = self.caller.account;
        let store = self.caller.store.clone();
        let mut look = self.walk.look(self.app.clock.now_ms());
        self.check_standing()?;
        while let Some(places) = self.walk.page(&mut look, &store, account).await? {
            for Place { callback_id, .. } in places {
                let found = store
                    .read(move |tx| callback_stream::find(tx, account, callback_id))
                    .await
                    .map_err(|error: StoreError| error)?;
                self.walk.note_sent(callback_id);
                if let Some(callback) = found.filter(|found| self.is_asked_for(found)) {
                    // A slow client may have kept the stream waiting for long.
                    self.check_standing()?;
                    let line = self.line(callback);
                    self.say(&line).await?;
                }
            }
        }
        let is_silent = |spoke_at: Instant| spoke_at.elapsed() >= HEARTBEAT_EVERY;
        if is_last || self.spoke_at.is_none_or(is_silent) {
            let line = PositionLine {
                r#type: "position",
                cursor: self.walk.cursor().to_string(),
            };
            self.say(&line).await?;
        }
        Ok(())
    }

    fn check_standing(&self) -> Result<(), Interrupted> {
        self.caller.check_standing().map_err(|_| Interrupted::Ended)
    }

    fn is_asked_for(&self, callback: &StreamedCallback) -> bool {
        self.events.is_empty() || self.events.contains(&callback.event)
    }

    fn line(&self, callback: StreamedCallback) -> CallbackLine {
        let body = callback.body.as_deref();
        let headers = self
            .app
            .directory
            .account(self.caller.account)
            .and_then(|account| {
                let of = Try {
                    callback_id: callback.callback_id,
                    event: &callback.event,
                    sequence: callback.sequence,
                    attempt: callback.tries + 1,
                    body: body.unwrap_or_default(),
                    is_replay: false,
                    is_trial: callback.is_trial,
                };
                let now_ms = self.app.clock.now_ms();
                callback_request::headers(&account, self.caller.environment, &of, now_ms)
            });
        let headers = headers.map(|made| {
            let pairs = made.headers.iter();
            pairs
                .filter_map(|(name, value)| {
                    Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
                })
                .collect()
        });
        let (body, body_encoding) = match callback.body.map(String::from_utf8) {
            None => (None, "utf-8"),
            Some(Ok(text)) => (Some(text), "utf-8"),
            Some(Err(bytes)) => (Some(STANDARD.encode(bytes.into_bytes())), "base64"),
        };
        CallbackLine {
            r#type: "callback",
            cursor: self.walk.cursor().to_string(),
            id: format!("cb_{}", callback.callback_id),
            event: callback.event,
            sequence: callback.sequence,
            task_id: callback.task_id.map(|id| id.to_string()),
            batch_id: callback.batch_id.map(|id| id.to_string()),
            url: callback.url,
            state: callback.state,
            headers,
            body,
            body_encoding,
        }
    }

    async fn say(&mut self, line: &impl Serialize) -> Result<(), Interrupted> {
        let mut text = serde_json::to_vec(line).expect("a line made of strings serialises");
        text.push(b'\n');
        let sent = self.sender.send(Ok(text.into())).await;
        self.spoke_at = Some(Instant::now());
        sent.map_err(|_| Interrupted::Ended)
    }
}
