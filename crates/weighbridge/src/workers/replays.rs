//! Goes on with the jobs that send many callbacks once more (callbacks.md 3.9): asks for further tries
//! as earlier ones are made. A restart goes on where a job stood.

use std::sync::Arc;
use std::time::Duration;

use domain::Environment;
use store::StoreError;
use store::environment::callback_lists::{self, CallbackFilter};
use store::environment::callback_replays::{self, ReplayFilter, Step};
use tokio::sync::watch;

use crate::app::App;
use crate::operations::replay_callbacks::filter_of;

/// Jobs that are looked at in a round.
const JOBS_MAX: i64 = 50;
/// Jobs are looked at this often while one runs; a new one rings.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// And this often while none does: another process may have made one.
const IDLE: Duration = Duration::from_secs(2);

/// Runs until `stop` turns true.
pub(super) async fn run(app: Arc<App>, environment: Environment, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let runs = match round(&app, environment).await {
            Ok(jobs) => jobs > 0,
            Err(error) => {
                tracing::warn!(%error, %environment, "replays do not go on");
                false
            }
        };
        tokio::select! {
            () = app.replays_due(environment).notified() => {}
            () = tokio::time::sleep(if runs { LOOK_EVERY } else { IDLE }) => {}
            _ = stop.changed() => {}
        }
    }
}

/// One look at every running job; gives their number.
pub async fn round(app: &App, environment: Environment) -> Result<usize, StoreError> {
    let store = app.stores.environment(environment);
    let jobs = store
        .read(move |tx| callback_replays::running(tx, JOBS_MAX))
        .await?;
    let number = jobs.len();
    for (account, replay_id, kept) in jobs {
        let now_ms = app.clock.now_ms();
        let step = store
            .write(move |tx| {
                let filter = read_filter(tx, account, &kept)?;
                callback_replays::step(tx, account, replay_id, &filter, now_ms)
            })
            .await?;
        if matches!(step, Step::Asked(asked) if asked > 0) {
            app.callbacks_due(environment).notify_one();
        }
    }
    Ok(number)
}

/// The filter of a job, as its route has read it before it was kept.
fn read_filter(
    tx: &mut store::Tx<'_>,
    account: domain::AccountId,
    kept: &str,
) -> Result<ReplayFilter, StoreError> {
    let kept: serde_json::Value = serde_json::from_str(kept)
        .map_err(|error| StoreError::Database(format!("the filter of a replay: {error}")))?;
    let text = |name: &str| {
        let text = kept.get(name).and_then(serde_json::Value::as_str);
        text.filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let time = |name: &str| text(name).and_then(|text| domain::time::parse_time(&text).ok());
    let project = match text("project") {
        Some(name) => callback_lists::project_by_name(tx, account, &name)?,
        None => None,
    };
    let callbacks = CallbackFilter {
        target: text("target"),
        event: text("event"),
        since: time("since"),
        until: time("until"),
        project,
        ..CallbackFilter::default()
    };
    filter_of(text("state").as_deref(), callbacks)
        .ok_or_else(|| StoreError::Database("the state of a replay's filter".to_owned()))
}
