//! What the worker does beside sending: it tells that it is there, gives callbacks of earlier
//! versions their receiver, and finds what nobody is looking for.

use std::time::Duration;

use domain::AccountId;
use store::environment::{callback_repairs, callback_targets, delivery_clock};
use store::{EnvironmentStore, StoreError};

use crate::operations::enqueue_callback::target_of;

/// The worker tells this often that it is there, ms.
const TICK_EVERY_MS: i64 = 5 * 1000;
/// The queues are compared with their receivers this often, ms.
const REPAIR_EVERY_MS: i64 = 60 * 1000;
/// Receivers that one repair compares.
const REPAIRED_AT_ONCE: usize = 200;
/// Between two steps of giving callbacks their receiver.
const UPGRADE_PAUSE: Duration = Duration::from_millis(20);

/// What is due beside sending.
#[derive(Debug, Default)]
pub struct Housekeeping {
    ticked_at: Option<i64>,
    repaired_at: Option<i64>,
    repaired_until: Option<(AccountId, String)>,
}

impl Housekeeping {
    /// Does what is due. Never long.
    pub async fn run(&mut self, store: &EnvironmentStore, now_ms: i64) -> Result<(), StoreError> {
        if is_due(self.ticked_at, TICK_EVERY_MS, now_ms) {
            store
                .write(move |tx| delivery_clock::tick(tx, now_ms))
                .await?;
            self.ticked_at = Some(now_ms);
        }
        if is_due(self.repaired_at, REPAIR_EVERY_MS, now_ms) {
            self.repair(store, now_ms).await?;
        }
        Ok(())
    }

    /// Makes receivers due whose callbacks wait unseen. None should be: an insert and a look that
    /// cross each other are the one way to it.
    async fn repair(&mut self, store: &EnvironmentStore, now_ms: i64) -> Result<(), StoreError> {
        let after = self.repaired_until.clone();
        let queues = store
            .read(move |tx| callback_repairs::unseen_queues(tx, after.clone(), REPAIRED_AT_ONCE))
            .await?;
        self.repaired_until = queues.reached;
        let unseen = queues.unseen;
        if !unseen.is_empty() {
            tracing::warn!(receivers = unseen.len(), "callbacks were waiting unseen");
            store
                .write(move |tx| -> Result<(), StoreError> {
                    for (account, target) in &unseen {
                        callback_targets::make_due(tx, *account, target, now_ms)?;
                    }
                    Ok(())
                })
                .await?;
        }
        if self.repaired_until.is_none() {
            self.repaired_at = Some(now_ms);
        }
        Ok(())
    }
}

fn is_due(done_at: Option<i64>, every_ms: i64, now_ms: i64) -> bool {
    done_at.is_none_or(|done| now_ms - done >= every_ms)
}

/// Gives the callbacks of earlier versions their receiver, in steps. Runs once, beside the sending.
pub async fn upgrade(store: EnvironmentStore, now_ms: i64) {
    loop {
        let step = store
            .write(move |tx| callback_repairs::give_targets(tx, target_of, now_ms))
            .await;
        match step {
            Ok(0) => return,
            Ok(_) => tokio::time::sleep(UPGRADE_PAUSE).await,
            Err::<_, StoreError>(error) => {
                tracing::warn!(%error, "callbacks of an earlier version have no receiver yet");
                tokio::time::sleep(Duration::from_secs(5)).await;
            }
        }
    }
}
