//! Lines of the stream as a client reads them (`GET /v1/callbacks/stream`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// A line.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Line {
    Callback(Callback),
    Position { cursor: String },
}

/// A callback, as a try at it would be sent.
#[derive(Debug, Deserialize)]
pub(super) struct Callback {
    pub cursor: String,
    pub id: String,
    pub event: String,
    pub sequence: i64,
    pub task_id: Option<String>,
    pub headers: Option<Vec<(String, String)>>,
    body: Option<String>,
    body_encoding: String,
}

impl Callback {
    /// The exact bytes of the body; `None`: the server has them no longer.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        let body = self.body.as_ref()?;
        match self.body_encoding.as_str() {
            "base64" => STANDARD.decode(body).ok(),
            _ => Some(body.clone().into_bytes()),
        }
    }
}
