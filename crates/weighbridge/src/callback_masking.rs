//! Secrets are taken out of a receiver's answer before it is stored (callbacks.md 3.10): a receiver
//! that echoes what it got sends our key back.

use axum::http::HeaderMap;
use percent_encoding::percent_decode_str;

use crate::directory::{AccountSettings, Directory};

/// A receiver's answer as it may be stored.
pub struct MaskedAnswer {
    /// JSON list of name and value pairs, in the order received.
    pub headers: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Masks an answer by the secrets of `account` (auth keys of both modes, rolled ones too, signing
/// secrets, API keys).
pub fn mask_answer(
    _account: &AccountSettings,
    _directory: &Directory,
    _headers: &HeaderMap,
    _body: &[u8],
) -> MaskedAnswer {
    MaskedAnswer {
        headers: "[]".to_owned(),
        body: Vec::new(),
    }
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
