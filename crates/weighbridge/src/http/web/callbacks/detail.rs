//! One callback: its request and attempts, masked, and why its next try is when it is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use domain::Capability;
use serde_json::Value;

use super::super::{Mode, Person, WebSegment};
use super::{not_found, read_id};
use crate::app::App;
use crate::callback_object::describe;
use crate::error::ApiError;

/// `GET /web/{mode}/callbacks/{callback_id}`.
pub(super) async fn show(
    person: Person,
    Mode(store): Mode,
    State(app): State<Arc<App>>,
    WebSegment(id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::ViewCallbacks)?;
    let callback_id = read_id(&id)?;
    let shown = describe(&app, person.session.account_id, &store, callback_id).await?;
    shown.map(Json).ok_or_else(not_found)
}
