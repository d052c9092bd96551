//! Counts the answer of a program that `weighbridge listen --deliver` brought a callback to
//! (callbacks.md part 6). Only in test mode: in live mode nobody but the receiver acknowledges.

use axum::http::StatusCode;
use domain::{AccountId, CallbackId};
use store::EnvironmentStore;
use store::environment::callback_answers::{self, Answered};
use store::environment::callback_results::NewAttempt;

use super::enqueue_callback::batch_quiet_ms;
use crate::app::App;
use crate::error::ApiError;

/// What the program answered.
pub struct LocalAnswer {
    /// Status; `None`: it did not answer.
    pub status: Option<u16>,
    /// Why it did not answer, as an attempt's outcome names it.
    pub outcome: Option<&'static str>,
    /// What happened, as a sentence.
    pub detail: String,
    /// Milliseconds.
    pub duration_ms: i64,
}

impl LocalAnswer {
    fn is_acknowledged(&self) -> bool {
        matches!(self.status, Some(200..=299))
    }

    /// The outcome by the rules of a try that was sent (callbacks.md 3.5).
    fn outcome(&self) -> &'static str {
        match (self.status, self.outcome) {
            (Some(200..=299), _) => "delivered",
            (Some(300..=399), _) => "redirect",
            (Some(410), _) => "gone",
            (Some(_), _) => "http_status",
            (None, outcome) => outcome.unwrap_or("reset"),
        }
    }
}

/// Records the answer as an attempt; one that acknowledges ends the callback as delivered. Gives
/// the callback's state after it.
pub async fn answer_callback(
    app: &App,
    account: AccountId,
    store: &EnvironmentStore,
    callback_id: CallbackId,
    answer: &LocalAnswer,
) -> Result<String, ApiError> {
    let environment = store.environment();
    if !environment.is_test() {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "not_in_live_mode",
            "Only callbacks of test mode can be answered by a listener: in live mode the receiver \
             itself acknowledges.",
        ));
    }
    let now_ms = app.clock.now_ms();
    let attempt = NewAttempt {
        started_at: now_ms - answer.duration_ms,
        duration_ms: Some(answer.duration_ms),
        http_status: answer.status.map(i64::from),
        outcome: answer.outcome().to_owned(),
        detail: Some(answer.detail.clone()),
        cause: "listen",
        ..NewAttempt::default()
    };
    let is_acknowledged = answer.is_acknowledged();
    let quiet_ms = batch_quiet_ms(environment);
    let answered = store
        .write(move |tx| {
            callback_answers::record(
                tx,
                account,
                callback_id,
                &attempt,
                is_acknowledged,
                quiet_ms,
                now_ms,
            )
        })
        .await?;
    match answered {
        None => Err(ApiError::not_found(
            "callback_not_found",
            "There is no such callback in this mode.",
        )),
        Some(Answered::Recorded(state)) => {
            app.callbacks_due(environment).notify_one();
            Ok(state)
        }
        Some(Answered::NotOpen(state)) if state == "sending" => Err(ApiError::conflict(
            "callback_is_sending",
            "The server itself is sending this callback. Try again in a few seconds.",
        )),
        Some(Answered::NotOpen(state)) => Err(ApiError::conflict(
            "callback_is_done",
            format!("This callback is {state}: its answer counts no more."),
        )),
    }
}
