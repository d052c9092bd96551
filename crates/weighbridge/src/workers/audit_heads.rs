//! Writes the signed head of each account's audit log to the server's log, every hour and when the
//! server stops, for a collector outside (authentication.md 2.9): who cuts the log and its anchor in
//! the database cannot take back what was collected.

use std::sync::Arc;
use std::time::Duration;

use store::StoreError;
use store::control::{accounts, audit};
use tokio::sync::watch;

use crate::app::App;
use crate::operations::audit::hex;

/// How often.
const WRITE_EVERY: Duration = Duration::from_secs(3_600);

/// Runs until `stop` turns true; then writes once more.
pub(super) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    loop {
        let stopping = tokio::select! {
            () = tokio::time::sleep(WRITE_EVERY) => false,
            _ = stop.changed() => true,
        };
        if let Err(error) = write(&app).await {
            tracing::warn!(%error, "the heads of the audit log could not be read");
        }
        if stopping {
            return;
        }
    }
}

async fn write(app: &App) -> Result<(), StoreError> {
    let heads = app
        .stores
        .control
        .read(|tx| -> Result<_, StoreError> {
            let mut heads = Vec::new();
            for account in accounts::list(tx)? {
                if let Some(anchor) = audit::anchor(tx, account.account_id)? {
                    heads.push((account.account_id, anchor));
                }
            }
            Ok(heads)
        })
        .await?;
    for (account, anchor) in heads {
        tracing::info!(
            account.id = %account,
            audit.seq = anchor.seq,
            audit.hash = hex(&anchor.hash),
            audit.mac = hex(&anchor.mac),
            "head of the audit log"
        );
    }
    Ok(())
}
