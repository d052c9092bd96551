//! The public API (api-v1.md). One file an endpoint, verb under noun.

pub mod batches;
pub mod callbacks;
pub mod documents;
pub mod projects;
pub mod task;
pub mod teams;

use std::sync::Arc;

use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;

use super::auth::ApiCaller;
use crate::app::App;
use crate::error::ApiError;

/// All routes under `/v1`, with their part of the OpenAPI document.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .merge(task::router())
        .merge(batches::router())
        .merge(projects::router())
        .merge(teams::router())
        .merge(callbacks::router())
}

/// An unknown path: told only to who has a key (authentication.md 2.2).
pub(super) fn unknown_path() -> ApiError {
    ApiError::not_found(
        "unknown_path",
        "There is no such path. The API reference is at /openapi.json.",
    )
}

/// A known path with another method.
pub async fn unknown_method(_: ApiCaller) -> ApiError {
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method_not_allowed",
        "This path is known, but not with this method. The API reference is at /openapi.json.",
    )
}
