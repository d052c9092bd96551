//! `POST /v1/teams/invite`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;

use super::{KeyActor, TeamChange};
use crate::app::App;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::JsonText;
use crate::http::v1::documents::{Teammate, TeammatesChange};
use crate::operations::invite_user;

/// Invite teammates
///
/// All or none are invited. Who is in the team already, or invited for the same role, stays as they
/// are. An invitation for `manager` waits until an Admin approves it on the team page; `admin`
/// cannot be given by a key.
#[utoipa::path(
    post, path = "/v1/teams/invite", tag = "Teams",
    request_body = TeammatesChange,
    responses(
        (status = 200, description = "All teammates after the change", body = Vec<Teammate>),
        (status = 400, description = "A parameter is missing or invalid", body = ErrorBody),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 429, description = "Too many invitations within 24 hours", body = ErrorBody),
    ),
)]
pub(super) async fn invite_teammates(
    caller: ApiCaller,
    KeyActor(key): KeyActor,
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<JsonText, ApiError> {
    let TeamChange { emails, role } = TeamChange::read(&headers, body).await?;
    invite_user::invite_by_key(&app, &caller.control, caller.account, key, emails, role).await?;
    super::answer(&app, caller.account).await
}
