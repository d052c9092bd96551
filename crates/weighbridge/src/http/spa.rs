//! The web app's files, in the binary. Every address that is no other route opens the app, which
//! finds the page by it.

use axum::http::{HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::error::ApiError;

#[derive(RustEmbed)]
#[folder = "../../web/dist/"]
struct Files;

/// Forms of a file that the build leaves beside it, the smallest first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// A file of the app, or its first page.
pub(super) fn serve(method: &Method, uri: &Uri, accepted: Option<&HeaderValue>) -> Response {
    if *method != Method::GET && *method != Method::HEAD {
        return ApiError::not_found("unknown_path", "There is no such path.").into_response();
    }
    let accepted = accepted
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let path = uri.path().trim_start_matches('/');
    if path != "index.html"
        && let Some(mut response) = file(path, accepted)
    {
        // Names under assets/ carry a hash of the content.
        let cache = if path.starts_with("assets/") {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        return response;
    }
    if path.starts_with("assets/") {
        return ApiError::not_found("unknown_path", "There is no such file.").into_response();
    }
    let Some(mut response) = file("index.html", accepted) else {
        return ApiError::not_found(
            "web_app_missing",
            "This binary was built without the web app: run `make build`.",
        )
        .into_response();
    };
    let no_cache = HeaderValue::from_static("no-cache");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_cache);
    response
}

/// A file in the smallest form that the browser takes.
fn file(path: &str, accepted: &str) -> Option<Response> {
    let encoded = ENCODINGS.into_iter().find_map(|(name, ending)| {
        let is_accepted = accepted.split(',').any(|token| token.trim() == name);
        let file = is_accepted.then(|| Files::get(&format!("{path}{ending}")))??;
        Some((file, Some(name)))
    });
    let (file, encoding) = encoded.or_else(|| Some((Files::get(path)?, None)))?;
    let mut response = file.data.into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(media_type(path)),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "webmanifest" => "application/json",
        "woff2" => "font/woff2",
        "html" => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}
