//! What callbacks are signed with, for Admins and Managers (callbacks.md 5). A secret's text leaves
//! only by Reveal; public keys are public.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use domain::time::format_time;
use domain::{Capability, Environment, SigningSecretId};
use serde_json::{Value, json};
use store::control::signing_secrets::SigningSecretRow;

use super::routing::{Router, get, post};
use super::{Mode, Person, WebSegment};
use crate::app::App;
use crate::error::ApiError;
use crate::http::extract::read_object;
use crate::http::well_known;
use crate::operations::confirm_change::confirm_change;
use crate::operations::manage_keys::{OVERLAP_DEFAULT, read_overlap};
use crate::operations::manage_signing_secrets::{self, SecretProblem, name_of};

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/{mode}/signing-secrets", get(list))
        .route("/web/{mode}/signing-secrets/roll", post(roll))
        .route(
            "/web/{mode}/signing-secrets/{secret_id}/reveal",
            post(reveal),
        )
}

async fn list(
    State(app): State<Arc<App>>,
    person: Person,
    Mode(store): Mode,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::SeeApiKeys)?;
    Ok(Json(render(&app, &person, store.environment()).await?))
}

async fn reveal(
    State(app): State<Arc<App>>,
    person: Person,
    Mode(store): Mode,
    WebSegment(secret_id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    let environment = store.environment();
    person.require(Capability::RevealTestKey)?;
    if environment == Environment::Live {
        person.require(Capability::RevealLiveKey)?;
    }
    let secret_id = secret_id
        .strip_prefix("ss_")
        .and_then(|id| id.parse::<SigningSecretId>().ok())
        .ok_or(SecretProblem::NotFound)?;
    let by = person.authority();
    let text = manage_signing_secrets::reveal(&app, by, environment, secret_id).await?;
    Ok(Json(json!({"secret": text.expose()})))
}

async fn roll(
    State(app): State<Arc<App>>,
    person: Person,
    Mode(store): Mode,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    person.require(Capability::RollCallbackAuthKey)?;
    let body = read_object(&headers, body).await?;
    let overlap = match body.get("overlap") {
        None => OVERLAP_DEFAULT,
        Some(name) => name.as_str().unwrap_or_default(),
    };
    let overlap_ms = match overlap {
        "0" => Some(0),
        name => read_overlap(name),
    };
    let overlap_ms =
        overlap_ms.ok_or_else(|| ApiError::param("overlap", "must be 0, 1h, 24h, 3d or 7d"))?;
    let environment = store.environment();
    let by = person.authority();
    let rolled = manage_signing_secrets::roll(&app, by, environment, overlap_ms).await?;
    let receipt = confirm_change(&app, rolled.version).await?;
    let mut answer = render(&app, &person, environment).await?;
    answer["receipt"] = receipt.to_json();
    Ok((StatusCode::CREATED, Json(answer)))
}

async fn render(app: &App, person: &Person, environment: Environment) -> Result<Value, ApiError> {
    let account = person.session.account_id;
    let rows = manage_signing_secrets::list(app, account, environment).await?;
    let secrets: Vec<Value> = rows.iter().map(render_secret).collect();
    let public_keys: Vec<&str> = rows.iter().map(|row| row.public_key.as_str()).collect();
    Ok(json!({
        "secrets": secrets,
        "public_keys": public_keys,
        "public_keys_url": well_known::callback_keys_url(app, account),
    }))
}

fn render_secret(row: &SigningSecretRow) -> Value {
    json!({
        "id": name_of(row.secret_id),
        "hint": row.hint,
        "created_at": format_time(row.created_at),
        "expires_at": row.expires_at.map(format_time),
        "state": if row.expires_at.is_none() { "current" } else { "previous" },
    })
}

impl From<SecretProblem> for ApiError {
    fn from(problem: SecretProblem) -> Self {
        let text = problem.to_string();
        match problem {
            SecretProblem::NotFound => Self::not_found("signing_secret_not_found", text),
            SecretProblem::TooMany(_) => Self::conflict("too_many_signing_secrets", text),
            SecretProblem::DoesNotOpen => {
                Self::new(StatusCode::GONE, "signing_secret_not_revealable", text)
            }
            SecretProblem::Sealing(_) => {
                tracing::error!(error = text, "a signing secret could not be sealed");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "internal_error",
                    "Something broke on our side. Nothing was changed.",
                )
            }
            SecretProblem::Store(error) => error.into(),
        }
    }
}
