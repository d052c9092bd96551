//! The stream of callbacks, over as many connections as it takes: each goes on where the one before
//! stood.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, anyhow};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use domain::time::format_time;
use outbound::{OperatorAnswer, OperatorClient, Target};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::timeout;

use super::line::Line;

/// Wait before the first new connection.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// Longest wait: it doubles until then.
const WAIT_MAX: Duration = Duration::from_secs(30);
/// A server says something every 15 seconds; one that is silent for this long is not there.
const SILENCE_MAX: Duration = Duration::from_secs(45);
/// Longest line: a body of 10 MiB, escaped and with its headers.
const LINE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// What is read of an answer that is no stream.
const REFUSAL_BYTES_MAX: usize = 64 * 1024;

/// The stream.
pub(super) struct Source {
    client: OperatorClient,
    server: Target,
    authorization: HeaderValue,
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
    pub(super) fn new(
        server: Target,
        api_key: &str,
        since_ms: Option<i64>,
        events: &[String],
        ca_file: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let credentials = STANDARD.encode(format!("{api_key}:"));
        let mut authorization = HeaderValue::try_from(format!("Basic {credentials}"))
            .context("Base64 is a valid header value")?;
        authorization.set_sensitive(true);
        let filter: String = events
            .iter()
            .map(|event| format!("&event={}", escape(event)))
            .collect();
        #[expect(
            clippy::disallowed_methods,
            reason = "the server is the one that the command line names"
        )]
        let client = OperatorClient::new(ca_file)?;
        Ok(Self {
            client,
            server,
            authorization,
            filter,
            since_ms,
            cursor: None,
            connection: None,
            wait: WAIT_MIN,
            has_connected: false,
        })
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
        let base = self.server.to_string();
        let url = format!("{}/v1/callbacks/stream?{query}", base.trim_end_matches('/'));
        let target = Target::parse(&url)
            .map_err(|error| Trouble::Refused(anyhow!("--url: the URL {error}")))?;
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        let user_agent = concat!("Weighbridge-listen/", env!("CARGO_PKG_VERSION"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(user_agent));
        let answer = self
            .client
            .send(Method::GET, &target, headers, Bytes::new())
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
        let body = read_refusal(answer).await;
        // Too many requests, or trouble of the server's own, pass.
        if status == 429 || status >= 500 {
            return Err(Trouble::Passing(format!("the server answers {status}")));
        }
        Err(Trouble::Refused(refused_by_server(status, &body)))
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

async fn read_refusal(mut answer: OperatorAnswer) -> String {
    let mut body = Vec::new();
    while let Ok(Ok(Some(piece))) = timeout(SILENCE_MAX, answer.piece()).await {
        body.extend_from_slice(&piece);
        if body.len() > REFUSAL_BYTES_MAX {
            break;
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}

/// What the server said to a request that it will not grant.
fn refused_by_server(status: u16, body: &str) -> anyhow::Error {
    let told: Option<serde_json::Value> = serde_json::from_str(body).ok();
    match told.as_ref().and_then(|body| body["error"].as_str()) {
        Some(text) => anyhow!("the server refuses it ({status}): {text}"),
        None => anyhow!(
            "the server answers {status} to a request for the stream of callbacks\n  Is --url the \
             address of a Weighbridge server of this version?"
        ),
    }
}

fn escape(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
