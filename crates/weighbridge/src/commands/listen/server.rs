//! The server whose callbacks are listened to.

use std::path::Path;

use anyhow::{Context, anyhow};
use axum::http::{HeaderMap, HeaderValue, Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use outbound::{Failure, OperatorAnswer, OperatorClient, Target};

/// What is read of an answer that is no stream.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// A server and the key for it.
pub(super) struct Server {
    client: OperatorClient,
    address: Target,
    authorization: HeaderValue,
}

impl Server {
    /// The server at an address, to be called with an API key.
    pub(super) fn new(
        address: Target,
        api_key: &str,
        ca_file: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let credentials = STANDARD.encode(format!("{api_key}:"));
        let mut authorization = HeaderValue::try_from(format!("Basic {credentials}"))
            .context("Base64 is a valid header value")?;
        authorization.set_sensitive(true);
        #[expect(
            clippy::disallowed_methods,
            reason = "the server is the one that the command line names"
        )]
        let client = OperatorClient::new(ca_file)?;
        Ok(Self {
            client,
            address,
            authorization,
        })
    }

    /// Scheme, host and port.
    pub(super) fn origin(&self) -> String {
        self.address.origin()
    }

    /// Sends one request; `path` begins with a slash and may have a query.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<OperatorAnswer, Failure> {
        let base = self.address.to_string();
        let url = format!("{}{path}", base.trim_end_matches('/'));
        let target = Target::parse(&url).map_err(Failure::Text)?;
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        let user_agent = concat!("Weighbridge-listen/", env!("CARGO_PKG_VERSION"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static(user_agent));
        if !body.is_empty() {
            let json = HeaderValue::from_static("application/json");
            headers.insert(header::CONTENT_TYPE, json);
        }
        self.client.send(method, &target, headers, body).await
    }
}

/// The text of a short answer, as far as it comes.
pub(super) async fn read_text(mut answer: OperatorAnswer) -> String {
    let mut body = Vec::new();
    while let Ok(Some(piece)) = answer.piece().await {
        body.extend_from_slice(&piece);
        if body.len() > BODY_BYTES_MAX {
            break;
        }
    }
    String::from_utf8_lossy(&body).into_owned()
}

/// What the server said to a request that it will not grant.
pub(super) fn refusal(status: u16, body: &str) -> anyhow::Error {
    let told: Option<serde_json::Value> = serde_json::from_str(body).ok();
    match told.as_ref().and_then(|body| body["error"].as_str()) {
        Some(text) => anyhow!("the server refuses it ({status}): {text}"),
        None => anyhow!(
            "the server answers {status} to a request for the stream of callbacks\n  Is --url the \
             address of a Weighbridge server of this version?"
        ),
    }
}
