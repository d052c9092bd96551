//! `/.well-known/weighbridge/…`: what anybody may know.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, header};
use domain::{AccountId, Environment, SigningSecretId};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{JsonText, Query, json};
use crate::app::App;
use crate::error::{ApiError, ErrorBody};
use crate::operations::manage_signing_secrets::name_of;

const CALLBACK_KEYS: &str = "/.well-known/weighbridge/callback-keys";

/// Routes of this noun.
pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(callback_keys))
}

/// Where an account's public keys are.
pub fn callback_keys_url(app: &App, account: AccountId) -> String {
    format!("{}{CALLBACK_KEYS}?account={account}", app.config.base_url())
}

/// The public keys of an account.
#[derive(Serialize, ToSchema)]
#[schema(as = CallbackKeys)]
struct CallbackKeys {
    /// Those that sign now: of each mode the newest first.
    keys: Vec<CallbackKey>,
}

/// A public key.
#[derive(Serialize, ToSchema)]
#[schema(as = CallbackKey)]
struct CallbackKey {
    /// The account.
    account_id: String,
    /// `live` or `test`.
    #[schema(example = "live")]
    mode: &'static str,
    /// Id of the signing secret that it belongs to.
    id: String,
    /// Ed25519: `whpk_` and Base64 of 32 bytes.
    public_key: String,
    /// `current`, or `previous` where it was rolled and still signs.
    #[schema(example = "current")]
    state: &'static str,
}

/// Query of [`callback_keys`].
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "it is read as a whole; this documents it")]
struct KeysQuery {
    /// Id of the account.
    account: String,
}

/// Public keys of an account's callbacks
///
/// Signatures `v1a` of callbacks verify with one of these (Standard Webhooks, Ed25519). No API key
/// is needed. Ask again when a callback comes that none of the keys verifies: the secret may have
/// been rolled.
#[utoipa::path(
    get, path = "/.well-known/weighbridge/callback-keys", tag = "Callbacks",
    params(KeysQuery),
    security(()),
    responses(
        (status = 200, description = "The keys", body = CallbackKeys),
        (status = 400, description = "A parameter is missing or invalid", body = ErrorBody),
        (status = 404, description = "There is no such account", body = ErrorBody),
    ),
)]
async fn callback_keys(
    State(app): State<Arc<App>>,
    query: Query,
) -> Result<([(HeaderName, &'static str); 1], JsonText), ApiError> {
    let account = query
        .get("account")
        .and_then(|id| id.parse::<AccountId>().ok())
        .ok_or_else(|| ApiError::param("account", "must be the id of an account"))?;
    let settings = app
        .directory
        .account(account)
        .ok_or_else(|| ApiError::not_found("account_not_found", "There is no such account."))?;
    let now_ms = app.clock.now_ms();
    let key = |mode: Environment, id: SigningSecretId, public_key, is_current| CallbackKey {
        account_id: account.to_string(),
        mode: mode.as_str(),
        id: name_of(id),
        public_key,
        state: if is_current { "current" } else { "previous" },
    };
    let keys = [Environment::Live, Environment::Test]
        .into_iter()
        .flat_map(|mode| {
            settings.signing(mode).running(now_ms).map(move |loaded| {
                let is_current = loaded.expires_at_ms.is_none();
                key(
                    mode,
                    loaded.secret_id,
                    loaded.secret.public_key(),
                    is_current,
                )
            })
        })
        .collect();
    let cached = [(header::CACHE_CONTROL, "public, max-age=300")];
    Ok((cached, json(&CallbackKeys { keys })?))
}
