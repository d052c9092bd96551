//! Headers that answers carry for the browser's sake (authentication.md 2.7).

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// On every answer that a browser may get: pages, their files, errors, the app's JSON. The policy
/// is for all of them, since the browser applies that of a script to a worker made of it.
const BROWSER: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
         font-src 'self'; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; \
         manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
         object-src 'none'",
    ),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), \
         publickey-credentials-create=(self), publickey-credentials-get=(self)",
    ),
];

/// Pages that mails link to: their addresses are told to nobody.
const REACHED_BY_MAIL: [&str; 3] = ["/confirm", "/reset", "/invite"];

/// Adds what an answer to a request for `path` lacks. What its handler set stays: files of
/// customers have a policy of their own.
pub(super) fn add(headers: &mut HeaderMap, path: &str, is_https: bool) {
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if is_https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    // Programs call the API, and each byte of its answers counts.
    if path.starts_with("/v1/") || path.starts_with("/v2/") {
        return;
    }
    if REACHED_BY_MAIL.contains(&path.trim_end_matches('/')) {
        headers.insert(
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        );
    }
    for (name, value) in BROWSER {
        headers
            .entry(HeaderName::from_static(name))
            .or_insert(HeaderValue::from_static(value));
    }
}
