//! `GET /files/callbacks/…`: what was too large for a callback or a mail, for whoever has its signed
//! address (`file_links.rs`). No key and no session: the signature is the permission.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{AccountId, CallbackId, Environment, TaskId};
use serde::Deserialize;
use store::StoreError;
use store::environment::{callback_bodies, tasks};

use crate::app::App;
use crate::error::ApiError;
use crate::file_links::{File, Refused};

/// Routes of the files.
pub fn router() -> Router<Arc<App>> {
    Router::new().route("/files/callbacks/{mode}/{account}/{kind}/{id}", get(show))
}

#[derive(Deserialize)]
struct Signed {
    #[serde(default)]
    expires: String,
    #[serde(default)]
    signature: String,
}

async fn show(
    State(app): State<Arc<App>>,
    Path((mode, account, kind, id)): Path<(String, String, String, String)>,
    Query(signed): Query<Signed>,
) -> Result<Response, ApiError> {
    let (environment, account, file, expires_at_s) =
        read(&mode, &account, &kind, &id, &signed.expires).ok_or_else(tampered)?;
    app.file_links(environment)
        .check(
            account,
            file,
            expires_at_s,
            &signed.signature,
            app.clock.now_ms(),
        )
        .map_err(|refused| match refused {
            Refused::Tampered => tampered(),
            Refused::Expired => gone("This address has expired: it was good for 7 days."),
        })?;
    let store = app.stores.environment(environment);
    let found = store
        .read(move |tx| -> Result<Option<Vec<u8>>, StoreError> {
            match file {
                File::Response(task) => Ok(tasks::find(tx, account, task)?
                    .and_then(|task| task.response)
                    .map(String::into_bytes)),
                File::Body(callback) => callback_bodies::find(tx, account, callback),
            }
        })
        .await?;
    let Some(json) = found else {
        return Err(gone("What was at this address is not kept any more."));
    };
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "private, no-store"),
        (header::CONTENT_DISPOSITION, "attachment"),
        (
            header::CONTENT_SECURITY_POLICY,
            "sandbox; default-src 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    Ok((headers, Body::from(json)).into_response())
}

fn read(
    mode: &str,
    account: &str,
    kind: &str,
    id: &str,
    expires: &str,
) -> Option<(Environment, AccountId, File, i64)> {
    let file = match kind {
        "response" => File::Response(id.parse::<TaskId>().ok()?),
        "body" => File::Body(id.parse::<CallbackId>().ok()?),
        _ => return None,
    };
    Some((
        mode.parse().ok()?,
        account.parse().ok()?,
        file,
        expires.parse().ok()?,
    ))
}

fn tampered() -> ApiError {
    ApiError::new(
        StatusCode::FORBIDDEN,
        "bad_file_signature",
        "This address is not one that Weighbridge made: use it exactly as the callback or the mail \
         gave it.",
    )
}

fn gone(message: &str) -> ApiError {
    ApiError::new(StatusCode::GONE, "file_gone", message)
}
