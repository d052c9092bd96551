//! Sample pictures in the binary, so that a first task needs no picture from elsewhere.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::sync::Arc;
use url::Url;

use super::extract::Segment;
use crate::app::App;
use crate::config::Config;
use crate::error::ApiError;

#[derive(RustEmbed)]
#[folder = "samples/"]
#[include = "*.jpg"]
struct Files;

/// `/samples` lists them, `/samples/{name}` is one.
pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/samples", get(list))
        .route("/samples/{name}", get(show))
}

/// Names of the pictures.
pub fn names() -> Vec<String> {
    Files::iter().map(Cow::into_owned).collect()
}

async fn list(State(app): State<Arc<App>>) -> Json<Vec<String>> {
    let base = app.config.base_url();
    Json(
        names()
            .into_iter()
            .map(|name| format!("{base}/samples/{name}"))
            .collect(),
    )
}

async fn show(Segment(name): Segment) -> Result<Response, ApiError> {
    let file = Files::get(&name).ok_or_else(|| {
        ApiError::not_found(
            "sample_not_found",
            "There is no such sample; /samples lists them.",
        )
    })?;
    let headers = [
        (header::CONTENT_TYPE, "image/jpeg"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'",
        ),
        (header::CONTENT_DISPOSITION, "inline"),
    ];
    Ok((headers, file.data.into_owned()).into_response())
}

/// The picture of a URL of this server's own, which is served without a connection: the address
/// filter refuses our own address.
pub fn find_by_url(config: &Config, text: &str) -> Option<Bytes> {
    let url = Url::parse(text).ok()?;
    let name = url.path().strip_prefix("/samples/")?;
    if !config.is_own(&url) {
        return None;
    }
    Files::get(name).map(|file| Bytes::from(file.data.into_owned()))
}
