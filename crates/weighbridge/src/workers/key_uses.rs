//! Writes who uses each key, about once a minute, and erases what must not outlive a key's end.

use std::sync::Arc;
use std::time::Duration;

use store::StoreError;
use store::control::{key_uses, keys, signing_secrets};
use tokio::sync::watch;

use crate::app::App;

/// How often uses are written.
const WRITE_EVERY: Duration = Duration::from_secs(60);
/// Uses older than this are forgotten.
const KEPT_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// Runs until `stop` turns true; then writes what is left.
pub(super) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        let stopping = tokio::select! {
            () = tokio::time::sleep(WRITE_EVERY) => false,
            _ = stop.changed() => true,
        };
        if let Err(error) = write(&app).await {
            tracing::warn!(%error, "the uses of keys could not be written");
        }
        if stopping {
            break;
        }
    }
}

/// Writes the uses noted so far.
pub async fn write(app: &App) -> Result<(), StoreError> {
    let uses = app.key_uses.take();
    let now_ms = app.clock.now_ms();
    app.stores
        .control
        .write(move |tx| {
            for used in &uses {
                key_uses::note(tx, used)?;
            }
            key_uses::forget(tx, now_ms - KEPT_MS)?;
            // An expired key can no more be shown than a revoked one.
            keys::erase_expired(tx, now_ms)?;
            signing_secrets::erase_ended(tx, now_ms)
        })
        .await
}
