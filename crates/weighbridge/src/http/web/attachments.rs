//! Attachments from our own address: the browser asks nobody else, and the customer's server sees
//! only ours.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::Capability;
use serde_json::{Value, json};
use store::StoreError;
use store::environment::tasks::{self, TaskRow};

use super::claims::claim_id;
use super::{Mode, Person};
use crate::app::App;
use crate::error::ApiError;
use crate::http::v1::task::{not_found, task_id};
use crate::operations::claim_task;
use crate::task_attachments;

/// Attachments as the workspace gets them; `base` is the address of their bytes.
pub(super) fn list(task: &TaskRow, base: &str) -> Vec<Value> {
    task_attachments::of(task)
        .into_iter()
        .enumerate()
        .map(|(index, attachment)| {
            let is_url = attachment.is_url();
            json!({
                "kind": attachment.kind.as_str(),
                "url": is_url.then(|| format!("{base}/{index}")),
                "text": (!is_url).then_some(&attachment.content),
                "source": is_url.then_some(&attachment.content),
            })
        })
        .collect()
}

/// `GET /web/live/claims/{claim_id}/attachments/{index}`.
pub(super) async fn of_claim(
    State(app): State<Arc<App>>,
    person: Person,
    Path((claim, index)): Path<(String, usize)>,
) -> Result<Response, ApiError> {
    person.require(Capability::LabelTasks)?;
    let (account, user) = (person.session.account_id, person.session.user_id);
    let id = claim_id(&claim)?;
    let work = claim_task::find_work(account, &app.stores.live, user, id).await?;
    serve(&app, &work.task, index).await
}

/// `GET /web/{mode}/tasks/{task_id}/attachments/{index}`.
pub(super) async fn of_task(
    State(app): State<Arc<App>>,
    person: Person,
    Mode(store): Mode,
    Path((_, task, index)): Path<(String, String, usize)>,
) -> Result<Response, ApiError> {
    person.require(Capability::ViewTasks)?;
    let account = person.session.account_id;
    let id = task_id(&task)?;
    let task = store
        .read(move |tx| tasks::find(tx, account, id))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?
        .ok_or_else(not_found)?;
    serve(&app, &task, index).await
}

async fn serve(app: &App, task: &TaskRow, index: usize) -> Result<Response, ApiError> {
    let attachment = task_attachments::of(task)
        .into_iter()
        .nth(index)
        .filter(domain::task_types::Attachment::is_url)
        .ok_or_else(|| {
            ApiError::not_found("attachment_not_found", "The task has no such attachment.")
        })?;
    let loaded = task_attachments::load(app, &attachment.content)
        .await
        .map_err(|error| {
            ApiError::new(
                StatusCode::BAD_GATEWAY,
                "attachment_unreachable",
                error.reason,
            )
        })?;
    let mut response = loaded.body.into_response();
    let headers = response.headers_mut();
    let shown = !loaded.content_type.starts_with("application/octet-stream");
    let content_type = HeaderValue::from_str(&loaded.content_type)
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_TYPE, content_type);
    headers.insert(
        header::CONTENT_DISPOSITION,
        HeaderValue::from_static(if shown { "inline" } else { "attachment" }),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox; default-src 'none'"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=300"),
    );
    Ok(response)
}
