//! Secrets are taken out of a receiver's answer before it is stored (callbacks.md 3.10): a receiver
//! that echoes what it got sends our key back.

use axum::http::{HeaderMap, HeaderName};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keys::{KEY_LEN, KeyForm, classify};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::directory::AccountSettings;

/// A receiver's answer as it may be stored.
pub struct MaskedAnswer {
    /// JSON list of name and value pairs.
    pub headers: String,
    /// The body. What is no UTF-8 in it is replaced.
    pub body: Vec<u8>,
}

/// Masks an answer: the account's callback auth keys and signing secrets of both modes, rolled ones
/// too, and API keys of our form, wherever they stand in it; and headers that are secret by their
/// name.
pub fn mask_answer(account: &AccountSettings, headers: &HeaderMap, body: &[u8]) -> MaskedAnswer {
    let secrets = Secrets::of(account);
    let headers: Vec<(String, String)> = mask_headers(headers)
        .into_iter()
        .map(|(name, value)| (name, secrets.mask(&value)))
        .collect();
    let body = if body.is_empty() {
        Vec::new()
    } else {
        secrets.mask(&String::from_utf8_lossy(body)).into_bytes()
    };
    MaskedAnswer {
        headers: serde_json::json!(headers).to_string(),
        body,
    }
}

/// Headers with the values left out that are secret by their name.
pub fn mask_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            let shown = if is_secret_header(name) {
                hint(&value)
            } else {
                value.into_owned()
            };
            (name.to_string(), shown)
        })
        .collect()
}

/// A signature proves, and opens nothing: it is shown.
fn is_secret_header(name: &HeaderName) -> bool {
    let name = name.as_str();
    matches!(
        name,
        "authorization" | "proxy-authorization" | "cookie" | "set-cookie" | "scale-callback-auth"
    ) || name == "scale-callback-auth-previous"
        || (is_secret_name(name) && name != "webhook-signature")
}

/// Texts that must not be stored, in each spelling in which an echo may bring them, and what is put
/// in their place.
struct Secrets(Vec<(String, String)>);

impl Secrets {
    fn of(account: &AccountSettings) -> Self {
        let mut spelled = Vec::new();
        account.for_each_secret(|secret| {
            let shown = hint(secret);
            let mut add = |spelling: String| spelled.push((spelling, shown.clone()));
            // The longest first: a part of it must not be replaced before the whole.
            add(STANDARD.encode(format!("{secret}:")));
            add(utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string());
            add(secret.replace('/', "\\/"));
            add(secret.to_owned());
            if let Some(bytes) = secret.strip_prefix(keys::SIGNING_SECRET_PREFIX) {
                add(bytes.to_owned());
            }
        });
        Self(spelled)
    }

    fn mask(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for (spelling, shown) in &self.0 {
            if masked.contains(spelling) {
                masked = masked.replace(spelling, shown);
            }
        }
        mask_api_keys(masked)
    }
}

/// Masks whatever has the form of a key of ours: an account's API keys are known by digest alone.
fn mask_api_keys(text: String) -> String {
    let mut masked = text;
    let mut from = 0;
    while let Some(found) = ["live_w", "test_w"]
        .iter()
        .filter_map(|prefix| masked[from..].find(prefix))
        .min()
    {
        let start = from + found;
        let end = start + KEY_LEN;
        let is_key = masked
            .get(start..end)
            .is_some_and(|text| matches!(classify(text), KeyForm::Whole { .. }));
        from = start + 1;
        if is_key {
            let shown = hint(&masked[start..end]);
            masked.replace_range(start..end, &shown);
            from = start + shown.len();
        }
    }
    masked
}

/// Words in the name of a header or query parameter that tell that its value is secret.
const SECRET_WORDS: [&str; 5] = ["token", "key", "secret", "sig", "password"];
/// A secret shorter than this shows none of its signs.
const HINT_LENGTH_MIN: usize = 16;

/// Whether a value is secret by its name.
fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
}

/// What is shown of a secret: `…` and its last four signs.
fn hint(secret: &str) -> String {
    let mut tail: Vec<char> = secret.chars().rev().take(4).collect();
    tail.reverse();
    if secret.chars().count() < HINT_LENGTH_MIN {
        return "…".to_owned();
    }
    format!("…{}", tail.into_iter().collect::<String>())
}

/// A URL as it may be shown: without user info, and without the values of query parameters that are
/// named like secrets.
pub fn mask_url(url: &str) -> String {
    let (before, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let authority = match authority.rsplit_once('@') {
        Some((_, host)) if !before.is_empty() => format!("…@{host}"),
        _ => authority.to_owned(),
    };
    let (path, fragment) = match path.split_once('#') {
        Some((path, fragment)) => (path, format!("#{fragment}")),
        None => (path, String::new()),
    };
    let Some((path, query)) = path.split_once('?') else {
        return format!("{before}{authority}{path}{fragment}");
    };
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, value))
                if is_secret_name(&percent_decode_str(name).decode_utf8_lossy()) =>
            {
                format!("{name}={}", hint(value))
            }
            _ => pair.to_owned(),
        })
        .collect();
    format!("{before}{authority}{path}?{}{fragment}", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_shown_without_secrets() {
        for (url, shown) in [
            ("https://x.example/cb", "https://x.example/cb"),
            ("https://u:p@x.example/cb", "https://…@x.example/cb"),
            ("https://u@x.example:8443", "https://…@x.example:8443"),
            ("https://x.example/a@b", "https://x.example/a@b"),
            (
                "https://x.example/cb?Api_Key=0123456789abcdefg&page=2&TOKEN=short#top",
                "https://x.example/cb?Api_Key=…defg&page=2&TOKEN=…#top",
            ),
            (
                "https://x.example/cb?s%69g=0123456789abcdefg",
                "https://x.example/cb?s%69g=…defg",
            ),
            ("mailto:ada@example.com", "mailto:ada@example.com"),
        ] {
            assert_eq!(mask_url(url), shown, "{url}");
        }
    }
}
