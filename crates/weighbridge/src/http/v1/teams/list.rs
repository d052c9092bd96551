//! `GET /v1/teams`.

use std::sync::Arc;

use axum::extract::State;

use crate::app::App;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::JsonText;
use crate::http::v1::documents::Teammate;

/// List teammates
///
/// The account's people and those who are invited (they have an `expiry`), as a bare array. Both
/// modes show the same team.
#[utoipa::path(
    get, path = "/v1/teams", tag = "Teams",
    responses(
        (status = 200, description = "The teammates", body = Vec<Teammate>),
        (status = 401, description = "No valid API key", body = ErrorBody),
    ),
)]
pub(super) async fn list_teammates(
    caller: ApiCaller,
    State(app): State<Arc<App>>,
) -> Result<JsonText, ApiError> {
    super::answer(&app, caller.account).await
}
