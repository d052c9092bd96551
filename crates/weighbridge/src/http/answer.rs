//! The outermost layer: tidies the path, gives each request an id, writes the bodies of errors,
//! sets the headers that every answer carries, and logs.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::TaskId;

use super::extract::read_body;
use crate::app::App;
use crate::error::{ApiError, PendingError};

/// Largest header section (authentication.md 2.2).
const HEADER_BYTES_MAX: usize = 16 * 1024;

/// A body up to this size is read whatever its handler does with it (authentication.md 2.2).
const SMALL_BODY_BYTES_MAX: usize = 64 * 1024;

static REQUEST_ID: HeaderName = HeaderName::from_static("weighbridge-request-id");

/// The id of a request, for those who note what it did.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Runs a request and finishes its answer.
pub async fn finish(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let (time_ms, random) = app.id_parts();
    let request_id = format!("req_{}", TaskId::from_parts(time_ms, random));
    let header_bytes: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    // The API's own requests are noted nowhere, and are the ones that must be fast.
    if path.starts_with("/web/") {
        let id = RequestId(request_id.clone());
        request.extensions_mut().insert(id);
    }
    let mut response = if header_bytes > HEADER_BYTES_MAX {
        ApiError::new(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "headers_too_large",
            format!("The header section is larger than {HEADER_BYTES_MAX} bytes."),
        )
        .into_response()
    } else {
        tidy_path(&mut request);
        match read_small_body(request).await {
            Ok(request) => next.run(request).await,
            Err(error) => error.into_response(),
        }
    };
    if let Some(PendingError(error)) = response.extensions_mut().remove::<PendingError>() {
        // The length that a layer inside counted was that of the empty body.
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = Body::from(error.body(&request_id));
    }
    app.measures.count_answer(response.status().as_u16());
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        headers.insert(REQUEST_ID.clone(), value);
    }
    super::headers::add(headers, &path, app.config.is_https());
    if !path.starts_with("/v1/") || tracing::enabled!(tracing::Level::DEBUG) {
        tracing::debug!(
            request.id = request_id,
            http.method = %method,
            http.path = path,
            http.status = response.status().as_u16(),
            duration_ms = started.elapsed().as_millis() as u64,
            "answered a request"
        );
    }
    response
}

/// Reads a small body before its handler runs. A handler that has no use for it would leave it
/// unread, and then the connection is closed under a client that goes on using it.
async fn read_small_body(request: Request) -> Result<Request, ApiError> {
    let length: Option<usize> = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    // Who asks first (`Expect: 100-continue`) is told of a refusal instead of sending the body.
    let waits = request.headers().contains_key(header::EXPECT);
    if waits || !length.is_some_and(|length| (1..=SMALL_BODY_BYTES_MAX).contains(&length)) {
        return Ok(request);
    }
    let (parts, body) = request.into_parts();
    let body = read_body(body, SMALL_BODY_BYTES_MAX).await?;
    Ok(Request::from_parts(parts, Body::from(body)))
}

/// Clients of the original send doubled and trailing slashes (api-v1.md 0.1).
fn tidy_path(request: &mut Request) {
    let path = request.uri().path();
    if !path.contains("//") && (path.len() <= 1 || !path.ends_with('/')) {
        return;
    }
    let mut tidy = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        tidy.push('/');
        tidy.push_str(segment);
    }
    if tidy.is_empty() {
        tidy.push('/');
    }
    if let Some(query) = request.uri().query() {
        tidy.push('?');
        tidy.push_str(query);
    }
    if let Ok(uri) = tidy.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
}
