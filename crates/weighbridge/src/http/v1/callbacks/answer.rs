//! `POST /v1/callbacks/{id}/answer`.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use domain::CallbackId;
use domain::param::ParamReader;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{ApiError, ErrorBody};
use crate::http::auth::ApiCaller;
use crate::http::extract::{JsonText, Segment, json, read_object};
use crate::operations::answer_callback::{LocalAnswer, answer_callback};

/// Why a program did not answer.
const OUTCOMES: [&str; 6] = [
    "refused",
    "reset",
    "tls",
    "timeout_connect",
    "timeout_whole",
    "bad_http",
];
/// Longest `detail`, characters.
const DETAIL_MAX: usize = 1000;
/// Longest try, milliseconds: a day.
const DURATION_MS_MAX: i64 = 24 * 60 * 60 * 1000;

/// What a program answered to a callback.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it exists for its schema")]
pub struct CallbackAnswer {
    /// Status of the answer; without it the program did not answer.
    #[schema(example = 200)]
    status: Option<u16>,
    /// Why there was no answer: `refused`, `reset`, `tls`, `timeout_connect`, `timeout_whole` or
    /// `bad_http`.
    outcome: Option<String>,
    /// What happened, as a sentence of at most 1000 characters.
    detail: Option<String>,
    /// Milliseconds that it took.
    duration_ms: Option<i64>,
}

/// A callback after an answer.
#[derive(Serialize, ToSchema)]
pub struct AnsweredCallback {
    /// Id.
    #[schema(example = "cb_66b0c4d1e5a7f30912ab34ce")]
    id: String,
    /// State of its delivery.
    #[schema(example = "delivered")]
    state: String,
}

/// Count a listener's answer
///
/// An addition to the original, for `weighbridge listen --deliver`; test mode only. The answer of
/// the program that got the copy becomes an attempt of the callback. 200 to 299 ends it as
/// delivered; any other answer leaves its schedule as it is.
#[utoipa::path(
    post, path = "/v1/callbacks/{id}/answer", tag = "Callbacks",
    params(("id" = String, Path, description = "`cb_` and 24 hexadecimal digits")),
    request_body = CallbackAnswer,
    responses(
        (status = 200, description = "The answer is recorded", body = AnsweredCallback),
        (status = 400, description = "The answer is invalid", body = ErrorBody),
        (status = 401, description = "No valid API key", body = ErrorBody),
        (status = 403, description = "The key is one of live mode", body = ErrorBody),
        (status = 404, description = "No such callback in this mode", body = ErrorBody),
        (status = 409, description = "It is being sent, or done", body = ErrorBody),
    ),
)]
pub(super) async fn answer(
    caller: ApiCaller,
    State(app): State<Arc<App>>,
    Segment(id): Segment,
    headers: HeaderMap,
    body: Body,
) -> Result<JsonText, ApiError> {
    let callback_id: CallbackId = id
        .strip_prefix("cb_")
        .unwrap_or(&id)
        .parse()
        .map_err(|_| ApiError::param("id", "must be cb_ and 24 hexadecimal digits"))?;
    let answer = read_answer(&headers, body).await?;
    let state = answer_callback(&app, caller.account, &caller.store, callback_id, &answer).await?;
    json(&AnsweredCallback {
        id: format!("cb_{callback_id}"),
        state,
    })
}

async fn read_answer(headers: &HeaderMap, body: Body) -> Result<LocalAnswer, ApiError> {
    let mut reader = ParamReader::new(read_object(headers, body).await?);
    let status = reader.integer("status");
    if status.is_some_and(|status| !(200..=599).contains(&status)) {
        reader.error("status", "must be from 200 to 599");
    }
    let outcome = reader.string("outcome");
    let known = OUTCOMES
        .into_iter()
        .find(|name| Some(*name) == outcome.as_deref());
    if outcome.is_some() && known.is_none() {
        let names = OUTCOMES.join(", ");
        reader.error("outcome", format!("must be one of {names}"));
    }
    if status.is_some() == outcome.is_some() && !reader.has_errors() {
        reader.error(
            "status",
            "is required, or outcome in its place, but not both",
        );
    }
    let detail = reader.string("detail").unwrap_or_default();
    if detail.chars().count() > DETAIL_MAX {
        reader.error(
            "detail",
            format!("must have at most {DETAIL_MAX} characters"),
        );
    }
    let duration_ms = reader.integer("duration_ms").unwrap_or_default();
    if !(0..=DURATION_MS_MAX).contains(&duration_ms) {
        reader.error("duration_ms", "must be from 0 to a day's");
    }
    reader.finish()?;
    Ok(LocalAnswer {
        status: status.map(|status| status as u16),
        outcome: known,
        detail,
        duration_ms,
    })
}
