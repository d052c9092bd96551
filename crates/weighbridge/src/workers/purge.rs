//! Purges old callbacks (callbacks.md 3.10): once a day and mode, in steps that leave room for others.
//! A restart goes on where the sweep stopped.

use std::sync::Arc;
use std::time::Duration;

use domain::Environment;
use domain::time::DAY_MS;
use store::StoreError;
use store::environment::callback_purge::{self, Progress, Purge};
use tokio::sync::watch;

use crate::app::App;

/// How long the rows of callbacks are kept.
pub const ROWS_KEPT_MS: i64 = 400 * DAY_MS;
/// Begin of a sweep to begin of the next.
const SWEEP_EVERY_MS: i64 = DAY_MS;
/// Whether a sweep is due is looked at this often.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Pause between two steps, in which others write.
const STEP_PAUSE: Duration = Duration::from_millis(50);
/// Steps between two lines in the log.
const STEPS_A_LINE: usize = 100;

/// Runs until `stop` turns true.
pub(super) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        for environment in [Environment::Live, Environment::Test] {
            for purge in Purge::ALL {
                if let Err(error) = sweep(&app, environment, purge, &stop).await {
                    tracing::warn!(%error, %environment, what = purge.as_str(), "old callbacks could not be purged");
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Makes the steps that are due until the sweep has ended or `stop` is true.
async fn sweep(
    app: &App,
    environment: Environment,
    purge: Purge,
    stop: &watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let what = purge.as_str();
    for steps in 1_usize.. {
        let before = app.clock.now_ms();
        let progress = step(app, environment, purge).await?;
        let is_over = progress.started_at.is_none();
        let did_something = !is_over || progress.finished_at.is_some_and(|end| end >= before);
        if did_something && progress.purged > 0 && (is_over || steps % STEPS_A_LINE == 0) {
            tracing::info!(%environment, what, callbacks = progress.purged, is_over, "purged old callbacks");
        }
        if is_over || *stop.borrow() {
            break;
        }
        tokio::time::sleep(STEP_PAUSE).await;
    }
    Ok(())
}

/// Makes one step, if one is due.
pub async fn step(
    app: &App,
    environment: Environment,
    purge: Purge,
) -> Result<Progress, StoreError> {
    let kept_ms = match purge {
        Purge::Bodies => app.config.callbacks_retention_ms,
        Purge::Rows => ROWS_KEPT_MS,
    };
    let now_ms = app.clock.now_ms();
    app.stores
        .environment(environment)
        .write(move |tx| callback_purge::step(tx, purge, kept_ms, SWEEP_EVERY_MS, now_ms))
        .await
}
