//! The stream of callbacks, over as many connections as it takes: each goes on where the one before
//! stood.

use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use bytes::Bytes;
use domain::time::format_time;
use outbound::OperatorAnswer;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::timeout;

use super::line::Line;
use super::server::{Server, read_text, refusal};

/// Wait before the first new connection.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// Longest wait: it doubles until then.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// A server says something every 15 seconds; one that is silent for this long is not there.
const SILENCE_MAX: Duration = Duration::from_secs(45);
/// Longest line: a body of 10 MiB, escaped and with its headers.
const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The stream.
pub(super) struct Source {
    server: Arc<Server>,
    /// What is asked for beside the cursor.
    filter: String,
    since_ms: Option<i64>,
    cursor: Option<String>,
    connection: Option<Reading>,
    wait: Duration,
    has_connected: bool,
}

struct Reading {
    answer: OperatorAnswer,
    unread: Vec<u8>,
    /// Bytes of `unread` that hold no end of a line.
    searched: usize,
}

impl Source {
    /// The callbacks made since a time (Unix ms; `None`: from now on) that tell of one of `events`
    /// (empty: of any).
    pub(super) fn new(server: Arc<Server>, since_ms: Option<i64>, events: &[String]) -> Self {
        let filter = events.iter().fold(String::new(), |filter, event| {
            filter + "&event=" + &escape(event)
        });
        Self {
            server,
            filter,
            since_ms,
            cursor: None,
            connection: None,
            wait: WAIT_MIN,
            has_connected: false,
        }
    }

    /// Notes that all was dealt with up to a cursor: a new connection goes on there.
    pub(super) fn reached(&mut self, cursor: String) {
        self.cursor = Some(cursor);
    }

    /// The next line, however many connections that takes. `Err`: the server refuses it, and asking
    /// again cannot help.
    pub(super) async fn next(&mut self) -> anyhow::Result<Line> {
        loop {
            let trouble = match self.read_line().await {
                Ok(line) => {
                    self.wait = WAIT_MIN;
                    return Ok(line);
                }
                Err(Trouble::Refused(error)) => return Err(error),
                Err(Trouble::Passing(text)) => text,
            };
            self.connection = None;
            let seconds = self.wait.as_secs();
            eprintln!("No stream: {trouble}. Trying again in {seconds} s; nothing is lost.");
            tokio::time::sleep(self.wait).await;
            self.wait = (self.wait * 2).min(WAIT_MAX);
        }
    }

    async fn read_line(&mut self) -> Result<Line, Trouble> {
        if self.connection.is_none() {
            self.connection = Some(self.connect().await?);
        }
        let reading = self.connection.as_mut().expect("it was just made");
        reading.line().await
    }

    async fn connect(&mut self) -> Result<Reading, Trouble> {
        let mut query = match (&self.cursor, self.since_ms) {
            (Some(cursor), _) => format!("cursor={}", escape(cursor)),
            (None, Some(since_ms)) => format!("since={}", escape(&format_time(since_ms))),
            (None, None) => String::new(),
        };
        query.push_str(&self.filter);
        let path = format!("/v1/callbacks/stream?{query}");
        let answer = self
            .server
            .send(Method::GET, &path, Bytes::new())
            .await
            .map_err(|failure| Trouble::Passing(failure.to_string()))?;
        let status = answer.status.as_u16();
        if status == 200 {
            let mode = answer.headers.get("weighbridge-mode");
            let mode = mode
                .and_then(|mode| mode.to_str().ok())
                .unwrap_or("unknown");
            let verb = if self.has_connected {
                "Connected again"
            } else {
                "Connected"
            };
            eprintln!("{verb} to {}, {mode} mode.", self.server.origin());
            self.has_connected = true;
            return Ok(Reading {
                answer,
                unread: Vec::new(),
                searched: 0,
            });
        }
        let body = read_text(answer).await;
        // Too many requests, or trouble of the server's own, pass.
        if status == 429 || status >= 500 {
            return Err(Trouble::Passing(format!("the server answers {status}")));
        }
        Err(Trouble::Refused(refusal(status, &body)))
    }
}

/// Why there is no line.
enum Trouble {
    /// It may be over soon.
    Passing(String),
    /// It stays.
    Refused(anyhow::Error),
}

impl Reading {
    async fn line(&mut self) -> Result<Line, Trouble> {
        loop {
            let end = self.unread[self.searched..]
                .iter()
                .position(|byte| *byte == b'\n');
            if let Some(end) = end {
                let line: Vec<u8> = self.unread.drain(..=self.searched + end).collect();
                self.searched = 0;
                return serde_json::from_slice(&line).map_err(|error| {
                    Trouble::Passing(format!("a line that is no callback came ({error})"))
                });
            }
            self.searched = self.unread.len();
            if self.searched > LINE_BYTES_MAX {
                let text = "a line came that has no end";
                return Err(Trouble::Passing(text.to_owned()));
            }
            let piece = timeout(SILENCE_MAX, self.answer.piece()).await;
            match piece {
                Ok(Ok(Some(piece))) => self.unread.extend_from_slice(&piece),
                Ok(Ok(None)) => {
                    return Err(Trouble::Passing("the server ended it".to_owned()));
                }
                Ok(Err(failure)) => return Err(Trouble::Passing(failure.to_string())),
                Err(_) => {
                    let seconds = SILENCE_MAX.as_secs();
                    let text = format!("the server was silent for {seconds} s");
                    return Err(Trouble::Passing(text));
                }
            }
        }
    }
}

fn escape(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
