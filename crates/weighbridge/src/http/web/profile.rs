//! A person's own name and password (authentication.md 2.7).

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use store::StoreError;
use store::control::users;

use super::Person;
use super::cookies::{session_digest, with_session};
use super::routing::{Router, post, put};
use super::session::{no_session, render};
use crate::app::App;
use crate::error::ApiError;
use crate::http::extract::{read_object, text_or_empty};
use crate::operations::audit::{self, Event};
use crate::operations::change_password::change_password;
use crate::operations::create_account::{NAME_LENGTH_MAX, read_name};

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/profile", put(set_name))
        .route("/web/profile/password", post(set_password))
}

async fn set_name(
    State(app): State<Arc<App>>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let text = text_or_empty(&read_object(&headers, body).await?, "name");
    let name = read_name(&text)
        .ok_or_else(|| {
            ApiError::param(
                "name",
                format!("must have 1 to {NAME_LENGTH_MAX} characters, without line breaks"),
            )
        })?
        .to_owned();
    let (secrets, actor) = (app.secrets.clone(), person.actor());
    let now_ms = app.clock.now_ms();
    let mut session = person.session;
    let (account, user) = (session.account_id, session.user_id);
    let (old, new) = (session.name, name.clone());
    app.stores
        .control
        .write(move |tx| -> Result<(), StoreError> {
            if old == new {
                return Ok(());
            }
            users::set_name(tx, account, user, &new)?;
            let event = Event {
                action: "user.rename",
                target: Some(user.to_string()),
                before: Some(json!({"name": old})),
                after: Some(json!({"name": new})),
                ..Event::default()
            };
            audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            Ok(())
        })
        .await?;
    session.name = name;
    Ok(Json(render(&app, &session)))
}

async fn set_password(
    State(app): State<Arc<App>>,
    person: Person,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let body = read_object(&headers, body).await?;
    let digest = session_digest(&app, &headers).ok_or_else(no_session)?;
    let (cookie, session) = change_password(
        &app,
        &person.session,
        digest,
        &text_or_empty(&body, "current_password"),
        &text_or_empty(&body, "new_password"),
        &person.origin,
    )
    .await?;
    let body = render(&app, &session);
    Ok(with_session(&app, StatusCode::OK, &cookie, None, body))
}
