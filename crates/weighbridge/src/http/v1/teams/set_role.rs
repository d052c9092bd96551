//! `POST /v1/teams/set_role`.

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
use crate::operations::change_role;

/// Set teammates' role
///
/// All or none are changed. The role `manager` waits until an Admin approves it on the team page;
/// until then the teammate is listed with the role held now. `admin` cannot be given by a key, and
/// an Admin's role cannot be changed by one.
#[utoipa::path(
    post, path = "/v1/teams/set_role", tag = "Teams",
    request_body = TeammatesChange,
    responses(
        (status = 200, description = "All teammates after the change", body = Vec<Teammate>),
        (status = 400, description = "A parameter is missing or invalid, or an address is \
            nobody's in the team", body = ErrorBody),
        (status = 401, description = "No valid API key", body = ErrorBody),
    ),
)]
pub(super) async fn set_teammates_role(
    caller: ApiCaller,
    KeyActor(key): KeyActor,
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<JsonText, ApiError> {
    let TeamChange { emails, role } = TeamChange::read(&headers, body).await?;
    change_role::change_roles_by_key(&app, &caller.control, caller.account, key, emails, role)
        .await?;
    super::answer(&app, caller.account).await
}
