//! The two cookies of the web app: the session, and the mark of a device on which a person logged
//! in before (authentication.md 2.7).

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::app::App;
use crate::operations::open_session::{self, DEVICE_LIFE_DAYS};

const SESSION: &str = "wb_session";
const DEVICE: &str = "wb_device";

/// The full name: over https browsers hold `__Host-` cookies to their attributes.
fn name(app: &App, name: &str) -> String {
    if app.config.is_https() {
        format!("__Host-{name}")
    } else {
        name.to_owned()
    }
}

fn attributes(app: &App) -> &'static str {
    if app.config.is_https() {
        "Path=/; Secure; HttpOnly; SameSite=Lax"
    } else {
        "Path=/; HttpOnly; SameSite=Lax"
    }
}

fn value<'a>(app: &App, headers: &'a HeaderMap, cookie: &str) -> Option<&'a str> {
    let name = name(app, cookie);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

/// Digest of the request's session cookie.
pub(super) fn session_digest(app: &App, headers: &HeaderMap) -> Option<[u8; 32]> {
    value(app, headers, SESSION).map(|cookie| open_session::session_digest(&app.secrets, cookie))
}

/// The mark of the request's device.
pub(super) fn device(app: &App, headers: &HeaderMap) -> Option<String> {
    value(app, headers, DEVICE).map(str::to_owned)
}

/// An answer that gives the browser a session, and a mark for the device after a log-in.
pub(super) fn with_session(
    app: &App,
    status: StatusCode,
    cookie: &str,
    device: Option<&str>,
    body: Value,
) -> Response {
    let mut response = (status, Json(body)).into_response();
    add(
        &mut response,
        &format!("{}={cookie}; {}", name(app, SESSION), attributes(app)),
    );
    if let Some(device) = device {
        let seconds = DEVICE_LIFE_DAYS * 24 * 60 * 60;
        let name = name(app, DEVICE);
        let attributes = attributes(app);
        add(
            &mut response,
            &format!("{name}={device}; {attributes}; Max-Age={seconds}"),
        );
    }
    response
}

/// Takes the session's cookie from the browser.
pub(super) fn forget_session(app: &App, response: &mut Response) {
    add(
        response,
        &format!("{}=; {}; Max-Age=0", name(app, SESSION), attributes(app)),
    );
}

fn add(response: &mut Response, cookie: &str) {
    if let Ok(mut value) = HeaderValue::from_str(cookie) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
