//! Tasks as the web app shows them: the API's object and what only people see beside it.

use std::sync::Arc;

use axum::extract::State;
use domain::time::format_time;
use domain::{AccountId, Capability, TaskId};
use serde_json::{Value, json};
use store::control::users;
use store::environment::callback_lists::{self, Attempt, CallbackFilter, ListedCallback};
use store::environment::charges;
use store::environment::tasks::{self, TaskRow};
use store::{StoreError, Tx};

use super::routing::{Router, get, post};
use super::{Mode, Person, WebSegment, attachments};
use crate::app::App;
use crate::callback_object;
use crate::error::ApiError;
use crate::http::extract::{JsonText, Query};
use crate::http::v1::task::list::list_page;
use crate::http::v1::task::{not_found, task_id};
use crate::operations::cancel_task;
use crate::prices::CURRENCY;
use crate::task_object::{ObjectWriter, Options, render};

/// Callbacks of a task that its page shows, the newest ones.
const CALLBACKS_MAX: i64 = 100;
/// Attempts of each that its page shows, the last ones.
const ATTEMPTS_MAX: i64 = 60;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/{mode}/tasks", get(list))
        .route("/web/{mode}/tasks/{task_id}", get(show))
        .route("/web/{mode}/tasks/{task_id}/cancel", post(cancel))
        .route(
            "/web/{mode}/tasks/{task_id}/attachments/{index}",
            get(attachments::of_task),
        )
}

async fn list(person: Person, Mode(store): Mode, query: Query) -> Result<JsonText, ApiError> {
    person.require(Capability::ViewTasks)?;
    list_page(person.session.account_id, &store, &query)
        .await
        .map(JsonText)
}

struct Details {
    task: TaskRow,
    /// In the order in which they were made.
    callbacks: Vec<(ListedCallback, Vec<Attempt>)>,
    charge: Option<charges::ChargeRow>,
}

fn find_details(
    tx: &mut Tx<'_>,
    account: AccountId,
    task_id: TaskId,
) -> Result<Option<Details>, StoreError> {
    let Some(task) = tasks::find(tx, account, task_id)? else {
        return Ok(None);
    };
    let mut rows = Vec::new();
    let of_task = CallbackFilter {
        task: Some(task_id),
        ..CallbackFilter::default()
    };
    let page = callback_lists::list(tx, account, &of_task, None, CALLBACKS_MAX)?;
    for callback in page.callbacks.into_iter().rev() {
        let id = callback.callback_id;
        let attempts = callback_lists::attempts(tx, account, id, ATTEMPTS_MAX)?;
        rows.push((callback, attempts));
    }
    let charge = charges::find(tx, account, task_id)?;
    Ok(Some(Details {
        task,
        callbacks: rows,
        charge,
    }))
}

async fn show(
    person: Person,
    Mode(store): Mode,
    State(app): State<Arc<App>>,
    WebSegment(id): WebSegment,
) -> Result<JsonText, ApiError> {
    person.require(Capability::ViewTasks)?;
    let id = task_id(&id)?;
    let account = person.session.account_id;
    let details = store
        .read(move |tx| find_details(tx, account, id))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?
        .ok_or_else(not_found)?;
    let answered_by = match details.task.completed_by {
        None => None,
        Some(user) => app
            .stores
            .control
            .read(move |tx| users::find(tx, account, user))
            .await
            .map_err(|error: StoreError| ApiError::from(error))?,
    };
    let environment = store.environment();
    let base = format!("/web/{environment}/tasks/{id}/attachments");
    let shown: Vec<Value> = attachments::list(&details.task, &base);
    let callbacks: Vec<Value> = details
        .callbacks
        .iter()
        .map(|(callback, attempts)| render_callback(callback, attempts))
        .collect();
    let charge = details.charge.map(|charge| {
        json!({
            "amount_micros": charge.amount_micros,
            "currency": CURRENCY,
            "created_at": format_time(charge.created_at),
        })
    });
    let mut answer = ObjectWriter::new(4096);
    answer
        .json(
            "task",
            &render(&details.task, environment, Options::default()),
        )
        .json("attachments", &Value::from(shown).to_string())
        .json("callbacks", &Value::from(callbacks).to_string())
        .json("charge", &charge.unwrap_or_default().to_string())
        .json(
            "completed_by",
            &answered_by
                .map_or(Value::Null, |user| json!({"name": user.name}))
                .to_string(),
        );
    Ok(JsonText(answer.finish()))
}

fn render_callback(callback: &ListedCallback, attempts: &[Attempt]) -> Value {
    let attempts: Vec<Value> = attempts
        .iter()
        .map(|attempt| {
            json!({
                "n": attempt.n,
                "started_at": format_time(attempt.started_at),
                "duration_ms": attempt.duration_ms,
                "address": attempt.address,
                "status": attempt.http_status,
                "outcome": attempt.outcome,
                "detail": attempt.detail,
            })
        })
        .collect();
    let mut shown = callback_object::render(callback);
    shown["attempts"] = attempts.into();
    shown
}

async fn cancel(
    person: Person,
    Mode(store): Mode,
    State(app): State<Arc<App>>,
    WebSegment(id): WebSegment,
) -> Result<JsonText, ApiError> {
    person.require(Capability::CancelTask)?;
    let account = person.session.account_id;
    let task = cancel_task::cancel_task(&app, account, &store, task_id(&id)?, false).await?;
    let mut answer = ObjectWriter::new(1024);
    answer.json(
        "task",
        &render(&task, store.environment(), Options::default()),
    );
    Ok(JsonText(answer.finish()))
}
