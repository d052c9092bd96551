//! Returns tasks whose lease has run out, and forgets old idempotency keys.

use std::sync::Arc;
use std::time::Duration;

use domain::Environment;
use store::StoreError;
use store::environment::{claims, tasks};
use tokio::sync::watch;

use crate::app::App;
use crate::operations::create_task::IDEMPOTENCY_KEY_LIFE_MS;

/// How often leases are looked at.
const SWEEP_EVERY: Duration = Duration::from_secs(10);
/// Leases returned in one transaction.
const AT_ONCE: i64 = 500;
/// Sweeps between two looks at the idempotency keys: about an hour.
const KEY_SWEEP_EVERY: u64 = 360;

/// Runs until `stop` turns true.
pub(super) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    for sweep in 0_u64.. {
        let now_ms = app.clock.now_ms();
        let expired = app
            .stores
            .live
            .write(move |tx| claims::expire(tx, now_ms, AT_ONCE))
            .await;
        match expired {
            Ok(0) => {}
            Ok(returned) => tracing::info!(tasks = returned, "returned tasks of lapsed claims"),
            Err::<_, StoreError>(error) => tracing::warn!(%error, "leases could not be looked at"),
        }
        if sweep % KEY_SWEEP_EVERY == 0 {
            let before_ms = now_ms - IDEMPOTENCY_KEY_LIFE_MS;
            for environment in [Environment::Live, Environment::Test] {
                let store = app.stores.environment(environment);
                let swept = store
                    .write(move |tx| tasks::forget_idempotency_keys(tx, before_ms))
                    .await;
                if let Err::<_, StoreError>(error) = swept {
                    tracing::warn!(%error, "old idempotency keys could not be forgotten");
                }
            }
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP_EVERY) => {}
            _ = stop.changed() => return,
        }
    }
}
