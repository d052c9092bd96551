//! The labeler's side of a claim (labeling.md 3).

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::time::format_time;
use domain::{Capability, ClaimId};
use serde_json::{Map, Value, json};
use store::environment::claims::{ClaimRow, ClaimState};

use super::routing::{Router, get, post, put};
use super::{Person, WebSegment, attachments};
use crate::app::App;
use crate::error::ApiError;
use crate::http::extract::read_object;
use crate::operations::claim_task::{self, Work};
use crate::operations::keep_claim::{self, CLOSE_GRACE_MS, ClaimOf};
use crate::operations::{skip_task, submit_response};

/// An open page shows its labeler's activity at least this often (heartbeats come every 30 s).
const SIGN_OF_LIFE_MS: i64 = 45 * 1000;

/// Routes of this noun.
pub fn router() -> Router {
    Router::new()
        .route("/web/live/claims", post(start))
        .route("/web/live/claims/{claim_id}", get(show))
        .route("/web/live/claims/{claim_id}/heartbeat", post(heartbeat))
        .route("/web/live/claims/{claim_id}/take_over", post(take_over))
        .route("/web/live/claims/{claim_id}/draft", put(save_draft))
        .route("/web/live/claims/{claim_id}/submit", post(submit))
        .route("/web/live/claims/{claim_id}/skip", post(skip))
        .route("/web/live/claims/{claim_id}/release", post(release))
        .route(
            "/web/live/claims/{claim_id}/attachments/{index}",
            get(attachments::of_claim),
        )
}

/// An id from a path; a malformed one is a claim that does not exist.
pub(super) fn claim_id(text: &str) -> Result<ClaimId, ApiError> {
    text.parse().map_err(|_| {
        ApiError::not_found(
            "claim_not_found",
            "There is no claim of yours with that id.",
        )
    })
}

fn render(app: &App, work: &Work) -> Value {
    let Work { claim, task } = work;
    let base = format!("/web/live/claims/{}/attachments", claim.claim_id);
    let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    let left_ms = (claim.lease_until - app.clock.now_ms()).max(0);
    json!({
        "claim": {
            "claim_id": claim.claim_id,
            "task_id": claim.task_id,
            "epoch": claim.epoch,
            "state": claim.state.as_str(),
            "lease_seconds_left": left_ms / 1000,
            "draft_version": claim.draft_version,
            "draft": claim.draft.as_deref().map(parse),
            "opened_here": !is_open_elsewhere(claim, app.clock.now_ms()),
        },
        "task": {
            "task_id": task.task_id,
            "type": task.task_type,
            "project": task.project,
            "batch": task.batch,
            "instruction": task.instruction_shown.as_ref().or(task.instruction.as_ref()),
            "params": parse(&task.params),
            "attachments": attachments::list(task, &base),
            "created_at": format_time(task.task_id.time_ms()),
        },
    })
}

/// Whether another tab shows signs of life: it was active since it took the task, a moment ago, and
/// has not said that it closes.
fn is_open_elsewhere(claim: &ClaimRow, now_ms: i64) -> bool {
    claim.active_at > claim.opened_at
        && now_ms - claim.active_at < SIGN_OF_LIFE_MS
        && claim.lease_until - now_ms > CLOSE_GRACE_MS
}

fn render_optional(app: &App, work: Option<&Work>) -> Value {
    work.map_or_else(
        || json!({"claim": null, "task": null}),
        |work| render(app, work),
    )
}

/// The next task at once, so that nobody waits between two.
async fn next_of(app: &App, person: &Person) -> Result<Value, ApiError> {
    let (account, user) = (person.session.account_id, person.session.user_id);
    let next = claim_task::claim_task(app, account, &app.stores.live, user).await?;
    Ok(next.map_or(Value::Null, |work| render(app, &work)))
}

async fn start(State(app): State<Arc<App>>, person: Person) -> Result<Json<Value>, ApiError> {
    person.require(Capability::LabelTasks)?;
    let (account, user) = (person.session.account_id, person.session.user_id);
    let work = claim_task::claim_task(&app, account, &app.stores.live, user).await?;
    Ok(Json(render_optional(&app, work.as_ref())))
}

async fn show(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::LabelTasks)?;
    let (account, user) = (person.session.account_id, person.session.user_id);
    let work = claim_task::find_work(account, &app.stores.live, user, claim_id(&id)?).await?;
    if work.claim.state != ClaimState::Active {
        let mut answer = render(&app, &work);
        answer["task"]["params"] = json!({});
        return Ok(Json(answer));
    }
    Ok(Json(render(&app, &work)))
}

/// The claim that a request with an `epoch` is about, and the rest of its body.
async fn claim_of(
    person: &Person,
    id: &str,
    headers: &HeaderMap,
    body: Body,
) -> Result<(ClaimOf, Map<String, Value>), ApiError> {
    person.require(Capability::LabelTasks)?;
    let body = read_object(headers, body).await?;
    let epoch = body
        .get("epoch")
        .and_then(Value::as_i64)
        .ok_or_else(|| ApiError::param("epoch", "is required: the epoch of the claim"))?;
    let of = ClaimOf {
        account: person.session.account_id,
        user: person.session.user_id,
        claim_id: claim_id(id)?,
        epoch,
    };
    Ok((of, body))
}

async fn heartbeat(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let (of, body) = claim_of(&person, &id, &headers, body).await?;
    let active = body.get("active").and_then(Value::as_bool).unwrap_or(false);
    let until = keep_claim::heartbeat(&app, &app.stores.live, of, active).await?;
    let left_ms = (until - app.clock.now_ms()).max(0);
    Ok(Json(
        json!({"lease_seconds_left": left_ms / 1000, "state": "active"}),
    ))
}

async fn take_over(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
) -> Result<Json<Value>, ApiError> {
    person.require(Capability::LabelTasks)?;
    let (account, user) = (person.session.account_id, person.session.user_id);
    let id = claim_id(&id)?;
    keep_claim::take_over(&app, account, &app.stores.live, user, id).await?;
    let work = claim_task::find_work(account, &app.stores.live, user, id).await?;
    let mut answer = render(&app, &work);
    answer["claim"]["opened_here"] = true.into();
    Ok(Json(answer))
}

async fn save_draft(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let (of, mut body) = claim_of(&person, &id, &headers, body).await?;
    let version = body.get("version").and_then(Value::as_i64).ok_or_else(|| {
        ApiError::param("version", "is required: one above the last version known")
    })?;
    let draft = body
        .remove("draft")
        .ok_or_else(|| ApiError::param("draft", "is required: the whole draft"))?;
    let version = keep_claim::save_draft(&app, &app.stores.live, of, version, draft).await?;
    Ok(Json(json!({"version": version})))
}

async fn submit(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let (of, mut body) = claim_of(&person, &id, &headers, body).await?;
    let response = body
        .remove("response")
        .ok_or_else(|| ApiError::param("response", "is required: the answer"))?;
    let task_id = submit_response::submit_response(&app, &app.stores.live, of, response).await?;
    Ok(Json(
        json!({"task_id": task_id, "next": next_of(&app, &person).await?}),
    ))
}

async fn skip(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let (of, body) = claim_of(&person, &id, &headers, body).await?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let reason = text("reason").unwrap_or_default();
    skip_task::skip_task(&app, &app.stores.live, of, reason, text("text")).await?;
    Ok(Json(json!({"next": next_of(&app, &person).await?})))
}

async fn release(
    State(app): State<Arc<App>>,
    person: Person,
    WebSegment(id): WebSegment,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, ApiError> {
    let (of, body) = claim_of(&person, &id, &headers, body).await?;
    let closing = body
        .get("closing")
        .and_then(Value::as_bool)
        .unwrap_or(false);
    keep_claim::release(&app, &app.stores.live, of, closing).await?;
    Ok(Json(json!({})))
}
