//! Pauses and resumes a receiver, and discards what waits for it (callbacks.md 3.6, 6). Each is in the
//! audit log before it is done.

use domain::AccountId;
use serde_json::json;
use store::environment::callback_controls;
use store::environment::callback_summary::{self, TargetState};
use store::environment::callback_targets;
use store::{EnvironmentStore, StoreError};

use super::audit::{self, Actor, Event};
use crate::app::App;
use crate::error::ApiError;

/// What a person does to a receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetChange {
    /// Nothing goes there any more; what comes is held.
    Pause,
    /// What is held goes out.
    Resume,
    /// What waits or is held is given up for good.
    Discard,
}

impl TargetChange {
    fn action(self) -> &'static str {
        match self {
            Self::Pause => "callback_target.pause",
            Self::Resume => "callback_target.resume",
            Self::Discard => "callback_target.discard",
        }
    }
}

/// Changes a receiver; gives how it stands, and how many callbacks were discarded.
///
/// 404 `target_not_found`: nothing was ever sent there. 409 `target_state`: it is paused already, or
/// not paused.
pub async fn change_target(
    app: &App,
    actor: &Actor,
    account: AccountId,
    store: &EnvironmentStore,
    target: String,
    change: TargetChange,
) -> Result<(TargetState, u64), ApiError> {
    let known = find(store, account, &target).await?;
    let is_paused = known.paused_at.is_some();
    match change {
        TargetChange::Pause if is_paused => return Err(in_state("paused already")),
        TargetChange::Resume if !is_paused && known.held == 0 => {
            return Err(in_state("not paused, and nothing is held for it"));
        }
        _ => {}
    }
    let environment = store.environment();
    let event = Event {
        action: change.action(),
        target: Some(target.clone()),
        environment: Some(environment),
        before: Some(json!({"paused": is_paused, "pending": known.pending, "held": known.held})),
        ..Event::default()
    };
    let (secrets, actor, now_ms) = (app.secrets.clone(), actor.clone(), app.clock.now_ms());
    app.stores
        .control
        .write(move |tx| -> Result<(), StoreError> {
            audit::append(tx, &secrets, account, &actor, &event, now_ms)?;
            Ok(())
        })
        .await?;
    let mut discarded = 0;
    match change {
        TargetChange::Pause | TargetChange::Resume => {
            let name = target.clone();
            store
                .write(move |tx| match change {
                    TargetChange::Resume => callback_targets::resume(tx, account, &name, now_ms),
                    _ => callback_targets::pause(tx, account, &name, "person", now_ms),
                })
                .await
                .map_err(|error: StoreError| ApiError::from(error))?;
        }
        TargetChange::Discard => loop {
            let name = target.clone();
            let step: u64 = store
                .write(move |tx| callback_controls::discard_step(tx, account, &name, now_ms))
                .await
                .map_err(|error: StoreError| ApiError::from(error))?;
            discarded += step;
            if step == 0 {
                break;
            }
        },
    }
    app.callbacks_due(environment).notify_one();
    Ok((find(store, account, &target).await?, discarded))
}

fn in_state(state: &str) -> ApiError {
    ApiError::conflict("target_state", format!("This receiver is {state}."))
}

async fn find(
    store: &EnvironmentStore,
    account: AccountId,
    target: &str,
) -> Result<TargetState, ApiError> {
    let name = target.to_owned();
    store
        .read(move |tx| callback_summary::target(tx, account, &name))
        .await
        .map_err(|error: StoreError| ApiError::from(error))?
        .ok_or_else(|| {
            let text =
                "No callback has gone to this receiver. It is written as scheme://host:port.";
            ApiError::not_found("target_not_found", text)
        })
}
