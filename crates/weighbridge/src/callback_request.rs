//! The headers of one try at a callback (callbacks.md 3.2). Additions are headers only; the body
//! stays as it was frozen.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use domain::{CallbackId, Environment};
use keys::KeyText;

use crate::directory::AccountSettings;

/// One try, as its headers tell it.
pub struct Try<'a> {
    /// Id; `webhook-id` is `cb_` and this.
    pub callback_id: CallbackId,
    /// `task.completed`, `batch.completed` …
    pub event: &'a str,
    /// Number of the task's change.
    pub sequence: i64,
    /// Number of the try, from 1.
    pub attempt: i64,
    /// The exact bytes that are sent: what is signed.
    pub body: &'a [u8],
    /// A person or a replay asked for it.
    pub is_replay: bool,
    /// A test callback that a person sent.
    pub is_trial: bool,
}

/// The headers, and what of them may be shown.
pub struct TryHeaders {
    /// All of them, ready to be sent.
    pub headers: HeaderMap,
    /// The last four signs of `scale-callback-auth`.
    pub auth_hint: String,
    /// The last four signs of `scale-callback-auth-previous`, if it is sent.
    pub previous_hint: Option<String>,
    /// `webhook-signature`, if it is sent.
    pub signature: Option<String>,
}

/// Headers of a try at `now_ms`. They are made per try, so that a rolled key also covers what is
/// queued. `None`: the account has no callback auth key, and without it nothing is sent.
pub fn headers(
    account: &AccountSettings,
    environment: Environment,
    of: &Try<'_>,
    now_ms: i64,
) -> Option<TryHeaders> {
    let auth = account.callback_auth(environment);
    let key = auth.key.as_deref()?;
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("scale-callback-auth"), secret(key)?);
    let previous = auth.previous(now_ms);
    if let Some(previous) = previous {
        headers.insert(
            HeaderName::from_static("scale-callback-auth-previous"),
            secret(previous)?,
        );
    }
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let mut set = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("webhook-id", format!("cb_{}", of.callback_id));
    set("webhook-timestamp", (now_ms / 1000).to_string());
    set("weighbridge-event", of.event.to_owned());
    set("weighbridge-sequence", of.sequence.to_string());
    set("weighbridge-attempt", of.attempt.to_string());
    set("weighbridge-mode", environment.to_string());
    if of.is_replay {
        set("weighbridge-replay", "true".to_owned());
    }
    if of.is_trial {
        set("weighbridge-test", "true".to_owned());
    }
    Some(TryHeaders {
        headers,
        auth_hint: hint(key),
        previous_hint: previous.map(hint),
        signature: None,
    })
}

fn secret(text: &KeyText) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn hint(text: &KeyText) -> String {
    let text = text.expose();
    text[text.len().saturating_sub(4)..].to_owned()
}
