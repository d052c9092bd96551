//! One callback: its request and attempts, masked, and why its next try is when it is.

use domain::time::format_time;
use domain::{AccountId, CallbackId, Environment};
use serde_json::{Value, json};
use store::environment::callback_bodies;
use store::environment::callback_lists::{self, Attempt, ListedCallback, Sibling};
use store::environment::callback_summary::{self, TargetState};
use store::{EnvironmentStore, StoreError, Tx};

use super::item;
use crate::app::App;
use crate::callback_masking::mask_url;
use crate::callback_words::{self, Hints};
use crate::international_host::InternationalHost;

/// Attempts that are shown, the last ones.
const ATTEMPTS_MAX: i64 = 60;
/// Other callbacks of the task that are shown, the newest states.
const OTHERS_MAX: i64 = 100;

struct Details {
    callback: ListedCallback,
    body: Option<Vec<u8>>,
    attempts: Vec<Attempt>,
    siblings: Vec<Sibling>,
    target: Option<TargetState>,
}

fn find_details(
    tx: &mut Tx<'_>,
    account: AccountId,
    callback_id: CallbackId,
) -> Result<Option<Details>, StoreError> {
    let Some(callback) = callback_lists::find(tx, account, callback_id)? else {
        return Ok(None);
    };
    let siblings = match callback.task_id {
        Some(task_id) => callback_lists::of_task(tx, account, task_id, OTHERS_MAX)?,
        None => Vec::new(),
    };
    Ok(Some(Details {
        body: callback_bodies::find(tx, account, callback_id)?,
        attempts: callback_lists::attempts(tx, account, callback_id, ATTEMPTS_MAX)?,
        target: callback_summary::target(tx, account, &callback.target)?,
        siblings,
        callback,
    }))
}

/// A callback with its request, its tries and why the next one is when it is; `None`: there is none.
pub async fn describe(
    app: &App,
    account: AccountId,
    store: &EnvironmentStore,
    callback_id: CallbackId,
) -> Result<Option<Value>, StoreError> {
    let found = store
        .read(move |tx| find_details(tx, account, callback_id))
        .await?;
    let Some(details) = found else {
        return Ok(None);
    };
    let limits = app.outbound.limits();
    let mut shown = render(&details, app, account, store.environment());
    shown["limits"] = json!({
        "connect_ms": limits.connect.as_millis() as u64,
        "whole_ms": limits.whole.as_millis() as u64,
        "answer_bytes": limits.answer_bytes_max,
    });
    Ok(Some(shown))
}

fn render(details: &Details, app: &App, account: AccountId, environment: Environment) -> Value {
    let callback = &details.callback;
    let newest = details.siblings.first();
    let others: Vec<Value> = details
        .siblings
        .iter()
        .filter(|other| other.callback_id != callback.callback_id)
        .map(|other| {
            json!({
                "id": format!("cb_{}", other.callback_id),
                "sequence": other.sequence,
                "event": other.event,
                "state": other.state,
            })
        })
        .collect();
    let mut attempts = Vec::with_capacity(details.attempts.len());
    let mut headers = Vec::with_capacity(details.attempts.len());
    let mut counted = 0;
    let mut always_refused = true;
    for attempt in &details.attempts {
        let sent = callback_words::request_headers(
            callback,
            environment,
            attempt,
            &Hints::of_attempt(attempt),
            counted + 1,
        );
        counted += i64::from(callback_words::is_counted(attempt));
        always_refused &= matches!(attempt.http_status, Some(401 | 403 | 500));
        attempts.push(render_attempt(attempt, &sent, always_refused));
        headers.push(sent);
    }
    let request_headers = headers.pop().unwrap_or_else(|| {
        let settings = app.directory.account(account);
        let now_ms = app.clock.now_ms();
        let hints = settings.map_or_else(Hints::default, |settings| {
            Hints::of_account(&settings, environment, now_ms)
        });
        callback_words::coming_headers(callback, environment, &hints)
    });
    let body_text = details
        .body
        .as_ref()
        .map(|body| String::from_utf8_lossy(body).into_owned());
    json!({
        "callback": item::render(callback),
        "request": {
            "method": "POST",
            "url": mask_url(&callback.url),
            "host": InternationalHost::of_url(&callback.url),
            "headers": request_headers,
            "body": body_text,
            "body_bytes": details.body.as_ref().map(Vec::len),
            "purged": details.body.is_none(),
        },
        "attempts": attempts,
        "others": others,
        "newest": newest
            .filter(|newest| newest.callback_id != callback.callback_id)
            .map(|newest| json!({
                "id": format!("cb_{}", newest.callback_id),
                "sequence": newest.sequence,
            })),
        "why_next": callback_words::why_next(callback, details.target.as_ref()),
    })
}

fn render_attempt(attempt: &Attempt, sent: &[(String, String)], may_be_wrong_key: bool) -> Value {
    let answer = attempt.http_status.map(|_| {
        let headers: Value = attempt
            .answer_headers
            .as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_else(|| json!([]));
        let body = attempt.answer_body.as_deref().unwrap_or_default();
        json!({
            "headers": headers,
            "body": String::from_utf8_lossy(body),
            "complete": attempt.answer_complete.is_none_or(|complete| complete != 0),
        })
    });
    json!({
        "n": attempt.n,
        "cause": attempt.cause,
        "url": attempt.url.as_deref().map(mask_url),
        "started_at": format_time(attempt.started_at),
        "duration_ms": attempt.duration_ms,
        "dns_ms": attempt.dns_ms,
        "connect_ms": attempt.connect_ms,
        "address": attempt.address,
        "status": attempt.http_status,
        "outcome": attempt.outcome,
        "detail": attempt.detail,
        "request_headers": sent,
        "answer": answer,
        "may_be_wrong_key": may_be_wrong_key,
    })
}
