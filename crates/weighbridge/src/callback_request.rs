//! The headers of one try at a callback (callbacks.md 3.2). Additions are headers only; the body
//! stays as it was frozen.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use domain::{CallbackId, Environment};
use keys::{KeyText, SignedContent};

use crate::directory::AccountSettings;

/// Room for all headers of a try and for those that the connection adds.
const HEADERS_MAX: usize = 14;

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
    let newest = auth.key.as_deref()?;
    let (key, other) = match auth.previous(now_ms) {
        // For a receiver that cannot change first: it compares with the one it knows.
        Some(previous) if account.old_key_first => (previous, Some(newest)),
        previous => (newest, previous),
    };
    let id = format!("cb_{}", of.callback_id);
    let timestamp = (now_ms / 1000).to_string();
    let content = SignedContent::new(&id, &timestamp, of.body);
    let signature = account.signing(environment).sign(&content, now_ms);
    let mut headers = HeaderMap::with_capacity(HEADERS_MAX);
    headers.insert(HeaderName::from_static("scale-callback-auth"), secret(key)?);
    if let Some(other) = other {
        headers.insert(
            HeaderName::from_static("scale-callback-auth-previous"),
            secret(other)?,
        );
    }
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    set("webhook-id", &id);
    set("webhook-timestamp", &timestamp);
    if let Some(signature) = &signature {
        set("webhook-signature", signature);
    }
    set("weighbridge-event", of.event);
    set("weighbridge-sequence", &of.sequence.to_string());
    set("weighbridge-attempt", &of.attempt.to_string());
    set("weighbridge-mode", environment.as_str());
    if of.is_replay {
        set("weighbridge-replay", "true");
    }
    if of.is_trial {
        set("weighbridge-test", "true");
    }
    Some(TryHeaders {
        headers,
        auth_hint: hint(key),
        previous_hint: other.map(hint),
        signature,
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
