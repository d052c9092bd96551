//! Jobs that send many callbacks once more (callbacks.md 3.9): counted first, then made by the worker
//! `replays`, a few at a time.

use domain::{AccountId, CallbackId, ReplayId};
use serde_json::{Value, json};
use store::EnvironmentStore;
use store::StoreError;
use store::environment::callback_lists::CallbackFilter;
use store::environment::callback_replays::{
    self, NewReplay, REPLAYED_STATES, ReplayFilter, ReplayRow,
};

use super::audit::{self, Actor, Event};
use crate::app::App;
use crate::error::ApiError;

/// What a job would send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preview {
    /// Callbacks that would be sent.
    pub count: i64,
    /// Those that cannot be: retention has emptied them.
    pub purged: i64,
    /// Those left out, since their task has told a newer state.
    pub older_states: i64,
}

/// Counts what a job of this filter would send, window by window.
pub async fn preview(
    account: AccountId,
    store: &EnvironmentStore,
    filter: &ReplayFilter,
    until_ms: i64,
) -> Result<Preview, StoreError> {
    let last = CallbackId::highest_at(until_ms.max(0) as u64);
    let mut preview = Preview::default();
    let mut after = None;
    loop {
        let filter = filter.clone();
        let window = store
            .read(move |tx| {
                callback_replays::candidates(tx, account, &filter, after, last, usize::MAX)
            })
            .await?;
        preview.count += window.found.len() as i64;
        preview.purged += window.purged;
        preview.older_states += window.older_states;
        match window.looked_at {
            Some(looked_at) => after = Some(looked_at),
            None => return Ok(preview),
        }
    }
}

/// Makes a job, which the worker begins at once. 409 `nothing_to_replay`: no callback matches.
pub async fn start(
    app: &App,
    actor: &Actor,
    account: AccountId,
    store: &EnvironmentStore,
    filter: &ReplayFilter,
    asked: Value,
) -> Result<ReplayRow, ApiError> {
    let environment = store.environment();
    let (time_ms, random) = app.id_parts();
    let replay_id = ReplayId::from_parts(time_ms, random);
    let preview = preview(account, store, filter, replay_id.time_ms()).await?;
    if preview.count == 0 {
        let text = "No callback matches that could be sent again.";
        return Err(ApiError::conflict("nothing_to_replay", text));
    }
    let event = Event {
        action: "callback.replay",
        target: Some(replay_id.to_string()),
        environment: Some(environment),
        after: Some(json!({"callbacks": preview.count, "filter": asked})),
        ..Event::default()
    };
    let (secrets, by, now_ms) = (app.secrets.clone(), actor.clone(), app.clock.now_ms());
    app.stores
        .control
        .write(move |tx| -> Result<(), StoreError> {
            audit::append(tx, &secrets, account, &by, &event, now_ms)?;
            Ok(())
        })
        .await?;
    let new = NewReplay {
        replay_id,
        created_by: actor.name.clone().unwrap_or_default(),
        filter: asked.to_string(),
        total: preview.count,
    };
    let made = store
        .write(move |tx| {
            callback_replays::insert(tx, account, &new)?;
            callback_replays::find(tx, account, replay_id)
        })
        .await
        .map_err(|error: StoreError| ApiError::from(error))?;
    app.replays_due(environment).notify_one();
    made.ok_or_else(not_found)
}

/// What a person does to a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplayChange {
    /// It stops for a while.
    Pause,
    /// It goes on.
    Resume,
    /// It ends: what it has asked for and nobody has begun is not sent.
    Cancel,
}

/// Changes a job; gives it as it is then. 409 `replay_state`: it is not in a state for it.
pub async fn change(
    app: &App,
    account: AccountId,
    store: &EnvironmentStore,
    replay_id: ReplayId,
    change: ReplayChange,
) -> Result<ReplayRow, ApiError> {
    let now_ms = app.clock.now_ms();
    let (changed, row) = store
        .write(move |tx| -> Result<_, StoreError> {
            let changed = match change {
                ReplayChange::Pause => callback_replays::pause(tx, account, replay_id)?,
                ReplayChange::Resume => callback_replays::resume(tx, account, replay_id, now_ms)?,
                ReplayChange::Cancel => callback_replays::cancel(tx, account, replay_id, now_ms)?,
            };
            Ok((changed, callback_replays::find(tx, account, replay_id)?))
        })
        .await?;
    let row = row.ok_or_else(not_found)?;
    if !changed {
        let text = format!("This replay is {}.", row.state);
        return Err(ApiError::conflict("replay_state", text));
    }
    app.replays_due(store.environment()).notify_one();
    app.callbacks_due(store.environment()).notify_one();
    Ok(row)
}

fn not_found() -> ApiError {
    ApiError::not_found("replay_not_found", "Replay with that ID not found.")
}

/// The filter of a job as it is kept: what `asked` says, with the project's id in place of its name.
pub fn filter_of(state: Option<&str>, callbacks: CallbackFilter) -> Option<ReplayFilter> {
    let state = match state {
        None => Some("failed"),
        Some("any") => None,
        Some(name) => Some(*REPLAYED_STATES.iter().find(|known| **known == name)?),
    };
    Some(ReplayFilter { callbacks, state })
}
