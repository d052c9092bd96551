//! Sends a callback once more, at a person's wish (callbacks.md 3.9): the same id and bytes, one try
//! outside the schedule. The workers make it.

use domain::{AccountId, CallbackId, Environment};
use serde_json::json;
use store::environment::callback_controls::{self, Resend, Resendable};
use store::{EnvironmentStore, StoreError};

use super::audit::{self, Actor, Event};
use super::check_callback_address::check_callback_address;
use super::enqueue_callback::target_of;
use crate::app::App;
use crate::error::ApiError;

/// What a person asks for.
#[derive(Clone, Debug, Default)]
pub struct ResendRequest {
    /// Another address, once; `None`: the callback's own.
    pub url: Option<String>,
    /// The person knows that the task has told a newer state.
    pub confirms_older: bool,
}

/// Asks for one more try.
///
/// 404: no such callback. 409 `body_purged`, `older_state` (with `newest`), `target_paused`,
/// `already_asked`. 400 at `url`: the address is refused.
pub async fn resend_callback(
    app: &App,
    actor: &Actor,
    account: AccountId,
    store: &EnvironmentStore,
    callback_id: CallbackId,
    request: ResendRequest,
) -> Result<(), ApiError> {
    let environment = store.environment();
    if let Some(url) = &request.url {
        check_callback_address(app, account, "url", url).await?;
    }
    let found = store
        .read(move |tx| -> Result<_, StoreError> {
            let Some(found) = callback_controls::find_resendable(tx, account, callback_id)? else {
                return Ok(None);
            };
            let newest = match found.task_id {
                Some(task_id) => callback_controls::newest_state(tx, account, task_id)?,
                None => None,
            };
            Ok(Some((found, newest)))
        })
        .await?;
    let Some((found, newest)) = found else {
        return Err(ApiError::not_found(
            "callback_not_found",
            "Callback with that ID not found.",
        ));
    };
    check_can_be_sent(&found, request.url.is_some())?;
    if let Some(newest) = newest.filter(|newest| newest.sequence > found.sequence)
        && !request.confirms_older
    {
        let seen = newest.seen.unwrap_or(0);
        return Err(ApiError::conflict(
            "older_state",
            format!(
                "This is state {} of {}; your server has seen {seen}. Send the newest, or confirm \
                 that you want the older one.",
                found.sequence, newest.sequence
            ),
        )
        .with(
            "newest",
            json!({"id": format!("cb_{}", newest.callback_id), "sequence": newest.sequence}),
        ));
    }
    if request.url.is_some() {
        note(app, actor, account, environment, callback_id, &request).await?;
    }
    let now_ms = app.clock.now_ms();
    let target = request.url.as_deref().map_or(found.target, target_of);
    let url = request.url;
    let asked = store
        .write(move |tx| -> Result<bool, StoreError> {
            let resend = Resend {
                at: now_ms,
                cause: "person",
                url: url.as_deref(),
                target: &target,
                job: None,
            };
            callback_controls::ask_resend(tx, account, callback_id, &resend)
        })
        .await?;
    if !asked {
        return Err(already_asked());
    }
    app.callbacks_due(environment).notify_one();
    Ok(())
}

fn already_asked() -> ApiError {
    ApiError::conflict(
        "already_asked",
        "One more try of this callback is on its way already.",
    )
}

fn check_can_be_sent(found: &Resendable, goes_elsewhere: bool) -> Result<(), ApiError> {
    if !found.has_body {
        return Err(ApiError::conflict(
            "body_purged",
            "What this callback said is older than callbacks are kept, so it cannot be sent again. \
             GET the task for its present state.",
        ));
    }
    if found.is_target_paused && !goes_elsewhere {
        return Err(ApiError::conflict(
            "target_paused",
            "Deliveries to this receiver are paused. Resume it first.",
        ));
    }
    if found.is_asked_for {
        return Err(already_asked());
    }
    Ok(())
}

/// What leaves for another address is in the audit log before it leaves.
async fn note(
    app: &App,
    actor: &Actor,
    account: AccountId,
    environment: Environment,
    callback_id: CallbackId,
    request: &ResendRequest,
) -> Result<(), StoreError> {
    let event = Event {
        action: "callback.send_elsewhere",
        target: Some(format!("cb_{callback_id}")),
        environment: Some(environment),
        after: Some(json!({"to": request.url.as_deref().map(target_of)})),
        ..Event::default()
    };
    let (secrets, actor, now_ms) = (app.secrets.clone(), actor.clone(), app.clock.now_ms());
    app.stores
        .control
        .write(move |tx| -> Result<(), StoreError> {
            audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            Ok(())
        })
        .await
}
