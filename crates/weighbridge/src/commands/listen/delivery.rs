//! Tells the server what the program on this machine answered: with `--deliver` that answer counts.

use std::time::Duration;

use axum::http::Method;
use outbound::Exchange;
use serde_json::json;

use super::line::Callback;
use super::server::{Server, read_text, refusal};

/// Looks for the end of the server's own try, which takes at most 15 seconds.
const LOOKS_MAX: u32 = 20;
/// Time between them.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Longest sentence that the server takes, characters.
const DETAIL_MAX: usize = 1000;

/// Makes the program's answer count. Gives the callback's state after it, or why it does not count.
pub(super) async fn report(
    server: &Server,
    callback: &Callback,
    exchange: &Exchange,
) -> Result<String, String> {
    let mut answer = json!({
        "duration_ms": exchange.phases_ms.total,
        "detail": exchange.detail.chars().take(DETAIL_MAX).collect::<String>(),
    });
    match exchange.status {
        Some(status) => answer["status"] = status.into(),
        None => answer["outcome"] = exchange.outcome.as_str().into(),
    }
    let body = answer.to_string();
    let path = format!("/v1/callbacks/{}/answer", callback.id);
    for _ in 0..LOOKS_MAX {
        let answer = server
            .send(Method::POST, &path, body.clone().into())
            .await
            .map_err(|failure| failure.to_string())?;
        let status = answer.status.as_u16();
        let text = read_text(answer).await;
        let told: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        match (status, told["code"].as_str()) {
            (200, _) => return Ok(told["state"].as_str().unwrap_or_default().to_owned()),
            (409, Some("callback_is_sending")) => tokio::time::sleep(LOOK_EVERY).await,
            _ => return Err(refusal(status, &text).to_string()),
        }
    }
    Err("the server goes on sending it itself".to_owned())
}
