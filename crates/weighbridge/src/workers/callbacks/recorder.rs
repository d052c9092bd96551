//! The recorder: takes what tries came to as they end and writes it, all that is there at once. While
//! the store is away it keeps them (callbacks.md 3.7).

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use store::StoreError;
use tokio::sync::{mpsc, watch};

use super::Delivery;
use super::breaker::Raises;
use super::notices::notify;
use super::outcome::{Ended, Verdict};
use super::record::{Record, Recorded};
use crate::clock::random_bytes;

/// Tries that are recorded in one transaction.
const AT_ONCE: usize = 512;
/// While the store is away it is tried again after this long.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// After the stop, the store gets this long to take what is left.
const STOP_GRACE: Duration = Duration::from_secs(3);

/// Runs until `is_over` turns true and everything that has ended is recorded.
pub(super) async fn run(
    delivery: Arc<Delivery>,
    mut ended: mpsc::UnboundedReceiver<Ended>,
    mut is_over: watch::Receiver<bool>,
) {
    let mut raises = Raises::default();
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            biased;
            number = ended.recv_many(&mut batch, AT_ONCE) => {
                if number == 0 {
                    return;
                }
            }
            _ = is_over.wait_for(|over| *over) => break,
        }
        record(&delivery, std::mem::take(&mut batch), &mut raises, &is_over).await;
    }
    // Senders that were cut report at once.
    while delivery.flow.claimed() > 0 || !ended.is_empty() {
        let received = tokio::time::timeout(RETRY_EVERY, ended.recv_many(&mut batch, AT_ONCE));
        if !received.await.is_ok_and(|number| number > 0) {
            break;
        }
        record(&delivery, std::mem::take(&mut batch), &mut raises, &is_over).await;
    }
}

/// Records tries; does not return before they are durable, or their leases are over.
async fn record(
    delivery: &Arc<Delivery>,
    mut ended: Vec<Ended>,
    raises: &mut Raises,
    is_over: &watch::Receiver<bool>,
) {
    for one in &ended {
        if one.result.verdict != Verdict::NotSent {
            let callback = &one.callback;
            let is_first = callback.first_try_at.is_none() && !callback.cause.is_resend();
            let lag_ms = is_first.then_some(one.started_ms - callback.created_at);
            let measures = &delivery.app.measures;
            measures.count_attempt(delivery.environment, one.result.outcome, lag_ms);
        }
    }
    let mut given_up_at = None;
    while !ended.is_empty() {
        match write(delivery, ended.clone(), raises).await {
            Ok(recorded) => {
                delivery.is_stuck.store(false, Ordering::Relaxed);
                follow(delivery, &ended, recorded, raises).await;
                return;
            }
            Err(error) if is_passing(&error) => {
                tracing::warn!(%error, tries = ended.len(), "tries cannot be recorded; they are kept and nothing is sent");
                delivery.is_stuck.store(true, Ordering::Relaxed);
                if *is_over.borrow() {
                    let now = tokio::time::Instant::now();
                    if now > *given_up_at.get_or_insert(now + STOP_GRACE) {
                        return;
                    }
                }
                tokio::time::sleep(RETRY_EVERY).await;
                ended = without_lapsed(delivery, ended);
            }
            Err(error) if ended.len() == 1 => {
                tracing::error!(%error, callback.id = %ended[0].callback.callback_id, "a try could not be recorded; it is made again");
                release(delivery, &ended);
                return;
            }
            Err(_) => {
                // One of them is at fault: each by itself, so that the others are kept.
                for one in ended {
                    Box::pin(record_one(delivery, one, raises)).await;
                }
                return;
            }
        }
    }
}

async fn record_one(delivery: &Arc<Delivery>, one: Ended, raises: &mut Raises) {
    let ended = vec![one];
    match write(delivery, ended.clone(), raises).await {
        Ok(recorded) => follow(delivery, &ended, recorded, raises).await,
        Err(error) => {
            tracing::error!(%error, callback.id = %ended[0].callback.callback_id, "a try could not be recorded; it is made again");
            release(delivery, &ended);
        }
    }
}

async fn write(
    delivery: &Delivery,
    ended: Vec<Ended>,
    raises: &Raises,
) -> Result<Recorded, StoreError> {
    let app = &delivery.app;
    let chance = f64::from(u32::from_ne_bytes(random_bytes())) / f64::from(u32::MAX);
    let record = Record::new(
        ended,
        delivery.environment,
        &app.config.callbacks_schedule,
        raises.clone(),
        app.clock.now_ms(),
        chance,
    );
    app.stores
        .environment(delivery.environment)
        .write(move |tx| record.run(tx))
        .await
}

/// Whether the store may take it later.
fn is_passing(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Full | StoreError::Busy | StoreError::Unavailable(_)
    )
}

/// What was recorded takes effect in this process.
async fn follow(
    delivery: &Arc<Delivery>,
    ended: &[Ended],
    recorded: Recorded,
    raises: &mut Raises,
) {
    for (key, successes) in recorded.raises {
        if successes == 0 {
            raises.remove(&key);
        } else {
            raises.insert(key, successes);
        }
    }
    let mut unsent = Vec::new();
    for (key, standing) in &recorded.standings {
        unsent.extend(delivery.flow.update(key, *standing));
    }
    if !unsent.is_empty() {
        delivery.hand_back(unsent).await;
    }
    release(delivery, ended);
    if !recorded.notices.is_empty() {
        notify(&delivery.app, delivery.environment, recorded.notices);
    }
    if recorded.is_anything_due {
        delivery.flow.wanted.notify_one();
    }
}

/// Frees the places of tries that did not succeed: those of the others are free already.
fn release(delivery: &Arc<Delivery>, ended: &[Ended]) {
    for one in ended {
        if one.result.verdict != Verdict::Delivered {
            let key = (one.callback.account, one.callback.target.clone());
            if let Some(next) = delivery.flow.finish(&key, one.body_bytes) {
                delivery.start(next);
            }
        }
    }
}

/// Drops tries whose leases are over: their callbacks are sent again.
fn without_lapsed(delivery: &Arc<Delivery>, ended: Vec<Ended>) -> Vec<Ended> {
    let now_ms = delivery.app.clock.now_ms();
    let (lapsed, kept): (Vec<Ended>, Vec<Ended>) = ended
        .into_iter()
        .partition(|one| one.callback.lease_until <= now_ms);
    if !lapsed.is_empty() {
        tracing::warn!(
            tries = lapsed.len(),
            "tries were lost: their callbacks are sent again"
        );
        release(delivery, &lapsed);
    }
    kept
}
