//! Sends callbacks (callbacks.md 3). One of these runs for each process and mode:
//!
//! - the *scheduler* claims what is due, receiver by receiver (`claim`), within the limits of this
//!   process (`flow`);
//! - *senders* make the tries (`send`), a task each;
//! - the *recorder* writes what they came to (`record`), many at once.
//!
//! What a try means for its callback is in `outcome`, for its receiver in `breaker`.

mod breaker;
mod claim;
mod flow;
mod housekeeping;
mod mail;
mod notices;
mod outcome;
mod record;
mod recorder;
mod retry_after;
mod send;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use domain::Environment;
use store::StoreError;
use store::environment::callback_claims::{Claimer, LeasedCallback};
use store::environment::{callback_targets, delivery_clock};
use tokio::sync::{mpsc, watch};

use self::claim::{Crowds, Round};
use self::flow::{Claimed, Flow};
use self::housekeeping::Housekeeping;
use self::outcome::{Ended, Verdict};
pub use super::schedule::TRIES_MAX;
use crate::app::App;
use crate::clock::random_bytes;

/// The outbox is looked at this often, whatever the bell says.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// After a stop, tries under way get this long.
const STOP_GRACE: Duration = Duration::from_secs(20);

/// What scheduler, senders and recorder share.
struct Delivery {
    app: Arc<App>,
    environment: Environment,
    flow: Flow,
    /// The recorder cannot write: nothing further is claimed.
    is_stuck: AtomicBool,
    /// Names this worker in its leases.
    owner: String,
    /// Where senders tell what their tries came to.
    ended: mpsc::UnboundedSender<Ended>,
    /// Turns true when tries under way must end.
    cut: watch::Sender<bool>,
}

/// Runs until `stop` turns true, then until what is under way has ended and is recorded.
pub async fn run(app: Arc<App>, environment: Environment, stop: watch::Receiver<bool>) {
    let owner = format!(
        "{}-{:016x}",
        std::process::id(),
        u64::from_ne_bytes(random_bytes())
    );
    let (ended, to_record) = mpsc::unbounded_channel();
    let delivery = Arc::new(Delivery {
        app: app.clone(),
        environment,
        flow: Flow::default(),
        is_stuck: AtomicBool::new(false),
        owner,
        ended,
        cut: watch::Sender::default(),
    });
    let store = app.stores.environment(environment).clone();
    let upgrade = tokio::spawn(housekeeping::upgrade(store, app.clock.now_ms()));
    let (end_recorder, is_over) = watch::channel(false);
    let recorder = tokio::spawn(recorder::run(delivery.clone(), to_record, is_over));
    delivery.schedule(stop).await;
    upgrade.abort();
    delivery.wind_up().await;
    let _ = end_recorder.send(true);
    let _ = recorder.await;
}

impl Delivery {
    /// The scheduler.
    async fn schedule(self: &Arc<Self>, mut stop: watch::Receiver<bool>) {
        let bell = self.app.callbacks_due(self.environment);
        let mut housekeeping = Housekeeping::default();
        let mut crowds = Crowds::default();
        if self.app.config.hold_callbacks {
            self.pause_all().await;
        }
        while !*stop.borrow() {
            let claimed = self.look(&mut housekeeping, &mut crowds).await;
            let looks = self.app.callback_looks(self.environment);
            looks.send_modify(|looks| *looks += 1);
            if claimed > 0 {
                continue;
            }
            tokio::select! {
                () = bell.notified() => {}
                () = self.flow.wanted.notified() => {}
                () = tokio::time::sleep(POLL_EVERY) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// Claims what is due and begins to send it; gives the number.
    async fn look(self: &Arc<Self>, housekeeping: &mut Housekeeping, crowds: &mut Crowds) -> usize {
        for callback in self.flow.start_waiting() {
            self.start(callback);
        }
        if self.is_stuck.load(Ordering::Relaxed) {
            return 0;
        }
        let store = self.app.stores.environment(self.environment);
        let claimed = match housekeeping.run(store, self.app.clock.now_ms()).await {
            Ok(()) => self.claim(crowds).await,
            Err(error) => Err(error),
        };
        match claimed {
            Ok(claimed) => {
                let number = claimed.iter().map(|of| of.callbacks.len()).sum();
                for callback in self.flow.add(claimed) {
                    self.start(callback);
                }
                number
            }
            Err(error) => {
                tracing::warn!(%error, environment = %self.environment, "no callbacks could be claimed");
                // Until the store is back: the next poll tries again.
                tokio::time::sleep(POLL_EVERY).await;
                0
            }
        }
    }

    async fn claim(&self, crowds: &mut Crowds) -> Result<Vec<Claimed>, StoreError> {
        let room = self.flow.room();
        if !room.is_any() {
            return Ok(Vec::new());
        }
        let now_ms = self.app.clock.now_ms();
        let store = self.app.stores.environment(self.environment);
        if !store
            .read(move |tx| claim::is_anything_due(tx, now_ms))
            .await?
        {
            return Ok(Vec::new());
        }
        let owner = self.owner.clone();
        let length_ms = self.app.config.callbacks_schedule.length_ms();
        let holds_new = self.app.config.hold_callbacks;
        let left_out = crowds.left_out(&room);
        let seen = room.clone();
        let claims = store
            .write(move |tx| {
                let round = Round {
                    claimer: Claimer {
                        owner: &owner,
                        now_ms,
                        clock: delivery_clock::read(tx)?,
                    },
                    length_ms,
                    holds_new,
                    left_out,
                };
                round.run(tx, &room)
            })
            .await?;
        crowds.note(&seen, left_out, claims.is_crowded);
        Ok(claims.claimed)
    }

    /// Begins to send; a sender goes on with what waits for its place.
    fn start(self: &Arc<Self>, callback: LeasedCallback) {
        let this = self.clone();
        tokio::spawn(async move {
            let mut next = Some(callback);
            while let Some(callback) = next.take() {
                let key = (callback.account, callback.target.clone());
                let body_bytes = callback.body.size();
                let (app, environment) = (&this.app, this.environment);
                app.measures.note_begin(environment);
                let ended = send::send(app, environment, callback, this.cut.subscribe()).await;
                app.measures.note_end(environment);
                let is_delivered = ended.result.verdict == Verdict::Delivered;
                let _ = this.ended.send(ended);
                // After a failure the receiver's row says first what it means for the others.
                if is_delivered {
                    next = this.flow.finish(&key, body_bytes);
                }
            }
        });
    }

    /// After the stop: leases that were not used go back at once, tries under way get their time.
    async fn wind_up(&self) {
        let unsent = self.flow.close();
        if !unsent.is_empty() {
            self.hand_back(unsent).await;
        }
        let deadline = tokio::time::Instant::now() + STOP_GRACE;
        while self.flow.claimed() > 0 && !self.is_stuck.load(Ordering::Relaxed) {
            let wanted = self.flow.wanted.notified();
            if tokio::time::timeout_at(deadline, wanted).await.is_err() {
                break;
            }
        }
        let _ = self.cut.send(true);
    }

    /// Gives leases back unsent.
    async fn hand_back(&self, unsent: Vec<LeasedCallback>) {
        let now_ms = self.app.clock.now_ms();
        let handed_back = self
            .app
            .stores
            .environment(self.environment)
            .write(move |tx| record::hand_back(tx, &unsent, now_ms))
            .await;
        if let Err::<(), StoreError>(error) = handed_back {
            tracing::warn!(%error, "callbacks could not be handed back; their leases lapse");
        }
    }

    async fn pause_all(&self) {
        let now_ms = self.app.clock.now_ms();
        let store = self.app.stores.environment(self.environment);
        while let Err::<u64, StoreError>(error) = store
            .write(move |tx| callback_targets::pause_all(tx, now_ms))
            .await
        {
            tracing::warn!(%error, "receivers could not be paused; nothing is sent before they are");
            tokio::time::sleep(POLL_EVERY).await;
        }
    }
}
