//! Forgets what has run out of sessions, links, mail, attempts and test receivers.

use domain::time::DAY_MS;
use std::sync::Arc;
use std::time::Duration;

use domain::Environment;
use store::StoreError;
use store::control::{attempts, mails, sessions};
use store::environment::test_receivers;
use tokio::sync::watch;

use crate::app::App;
use crate::operations::open_session::{IDLE_MS, LIFE_MS};

/// How often.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
/// Longer than any window of attempts.
const ATTEMPTS_KEPT_MS: i64 = DAY_MS;
/// A row of failed log-ins is forgotten after this long without another one.
const FAILURES_KEPT_MS: i64 = 30 * DAY_MS;
/// Mails that went out and links that expired are kept this long.
const MAIL_KEPT_MS: i64 = 30 * DAY_MS;
/// A network is new again after this long.
const NETWORKS_KEPT_MS: i64 = 365 * DAY_MS;

/// Test receivers that a sweep takes away at most; the next one goes on.
const RECEIVERS_AT_ONCE: i64 = 1_000;

/// Runs until `stop` turns true.
pub(super) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        let now_ms = app.clock.now_ms();
        let swept = app
            .stores
            .control
            .write(move |tx| -> Result<(), StoreError> {
                sessions::delete_ended(tx, now_ms - IDLE_MS, now_ms - LIFE_MS)?;
                sessions::forget_networks(tx, now_ms - NETWORKS_KEPT_MS)?;
                attempts::forget_old(tx, now_ms - ATTEMPTS_KEPT_MS, now_ms - FAILURES_KEPT_MS)?;
                mails::forget_old(tx, now_ms - MAIL_KEPT_MS)
            })
            .await;
        if let Err(error) = swept {
            tracing::warn!(%error, "what has run out could not be forgotten");
        }
        for environment in [Environment::Live, Environment::Test] {
            let store = app.stores.environment(environment);
            let forgotten = store
                .write(move |tx| test_receivers::forget_expired(tx, now_ms, RECEIVERS_AT_ONCE))
                .await;
            if let Err::<usize, StoreError>(error) = forgotten {
                tracing::warn!(%error, %environment, "test receivers could not be taken away");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP_EVERY) => {}
            _ = stop.changed() => return,
        }
    }
}
