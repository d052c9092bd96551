//! Keeps the directory (keys, account settings) current, and writes back when keys were used.

use std::sync::Arc;
use std::time::Duration;

use store::StoreError;
use store::control::keys;
use tokio::sync::watch;

use crate::app::App;

/// How often the feed is read.
const READ_EVERY: Duration = Duration::from_millis(500);
/// Reads between two writings of last uses: once a minute.
const WRITE_USES_EVERY: u64 = 120;

/// Runs until `stop` turns true.
pub(super) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    for round in 1_u64.. {
        tokio::select! {
            () = tokio::time::sleep(READ_EVERY) => {}
            _ = stop.changed() => break,
        }
        let now_ms = app.clock.now_ms();
        let refreshed = app
            .directory
            .refresh(&app.stores.control, &app.secrets, now_ms)
            .await;
        if let Err(error) = refreshed {
            tracing::warn!(%error, "changes to keys could not be read");
        }
        if round % WRITE_USES_EVERY == 0 {
            write_uses(&app).await;
        }
    }
    write_uses(&app).await;
}

async fn write_uses(app: &App) {
    let uses = app.directory.keys.take_uses();
    if uses.is_empty() {
        return;
    }
    let written = app
        .stores
        .control
        .write(move |tx| -> Result<(), StoreError> {
            for used in &uses {
                keys::set_last_used(tx, used.account_id, used.key_id, used.last_used_at_ms)?;
            }
            Ok(())
        })
        .await;
    if let Err(error) = written {
        tracing::warn!(%error, "the last use of keys could not be written");
    }
}
