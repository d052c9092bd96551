//! Keeps the directory (keys, account settings) current, tells other processes how far this one has
//! followed, and writes back when keys were used (authentication.md 2.3).
//!
//! It runs until the last request is answered: without it the directory would soon be stale.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use store::control::feed::{self, Change};
use store::control::{keys, processes};
use store::{Hint, StoreError};
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::app::App;
use crate::freshness::{CLOCK_SKEW_TOLD_MS, clock_skew_ms};

/// How often the feed is read. Hints come sooner, but only this is certain.
const READ_EVERY: Duration = Duration::from_secs(1);
/// Time for one look at the feed: a database that does not answer must not hold the follower.
const READ_TIME_MAX: Duration = Duration::from_secs(5);
/// How often this process says that it serves, where others ask. On SQLite only commands do, and
/// each time is a write to the disk.
const TELL_EVERY: Duration = Duration::from_secs(1);
const TELL_EVERY_ALONE: Duration = Duration::from_secs(5);
/// How often last uses are written.
const WRITE_USES_EVERY: Duration = Duration::from_secs(60);
/// How often old changes and processes are forgotten.
const FORGET_EVERY: Duration = Duration::from_secs(600);
/// After this long without a word a process is forgotten.
const FORGOTTEN_AFTER_MS: i64 = 60 * 60 * 1000;

/// Runs until `stop` turns true.
pub(crate) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let hints = Arc::new(Hints::default());
    let rung = hints.clone();
    let listener = app.stores.control.listen(move |hint| rung.ring(hint));
    if let Err(error) = &listener {
        tracing::warn!(%error, "changes to keys are looked for each second only");
    }
    let mut follower = Follower::new(&app);
    let mut ticks = interval(READ_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut uses_written = Instant::now();
    let mut forgotten = Instant::now();
    loop {
        let is_hint = tokio::select! {
            _ = ticks.tick() => false,
            () = hints.bell.notified() => true,
            _ = stop.changed() => break,
        };
        if is_hint {
            app.measures.count_feed_hint();
        }
        let has_missed = hints.has_missed.swap(false, Ordering::AcqRel);
        if !follower.follow(has_missed).await && has_missed {
            hints.has_missed.store(true, Ordering::Release);
        }
        if uses_written.elapsed() >= WRITE_USES_EVERY {
            uses_written = Instant::now();
            write_uses(&app).await;
        }
        if forgotten.elapsed() >= FORGET_EVERY {
            forgotten = Instant::now();
            forget(&app).await;
        }
    }
    write_uses(&app).await;
    let process_id = app.process_id;
    let removed = app
        .stores
        .control
        .write(move |tx| processes::remove(tx, &process_id));
    if let Err(error) = in_time(removed).await {
        tracing::warn!(%error, "this process could not be taken off the list of those that serve");
    }
}

/// Where the listening thread leaves its hints.
#[derive(Default)]
struct Hints {
    bell: Notify,
    /// Hints may have been missed: everything is to be read anew.
    has_missed: AtomicBool,
}

impl Hints {
    fn ring(&self, hint: Hint) {
        if hint == Hint::Reconnected {
            self.has_missed.store(true, Ordering::Release);
        }
        self.bell.notify_one();
    }
}

/// Follows the feed, look by look.
pub struct Follower<'a> {
    app: &'a App,
    tell_every: Duration,
    /// The version that was told last, and when.
    told: Option<(i64, Instant)>,
    is_lost: bool,
    is_skew_told: bool,
}

impl<'a> Follower<'a> {
    /// A follower that has not looked yet.
    pub fn new(app: &'a App) -> Self {
        Self {
            app,
            tell_every: if app.stores.control.is_shared() {
                TELL_EVERY
            } else {
                TELL_EVERY_ALONE
            },
            told: None,
            is_lost: false,
            is_skew_told: false,
        }
    }

    /// One look at the feed; with `reload` everything is read anew. What is new is in force
    /// afterwards, and other processes are told so. Returns whether it could be read.
    pub async fn follow(&mut self, reload: bool) -> bool {
        let looked = in_time(self.look(reload)).await;
        let is_lost = looked.is_err();
        match looked {
            Ok(()) if self.is_lost => tracing::info!("changes to keys are followed again"),
            Ok(()) => {}
            // Each second anew would fill the log.
            Err(error) if !self.is_lost => {
                tracing::warn!(%error, "changes to keys could not be read");
            }
            Err(error) => tracing::debug!(%error, "changes to keys could not be read"),
        }
        self.is_lost = is_lost;
        if !is_lost && let Err(error) = in_time(self.tell()).await {
            tracing::debug!(%error, "other processes could not be told what is in force here");
        }
        !is_lost
    }

    async fn look(&mut self, reload: bool) -> Result<(), StoreError> {
        let App {
            stores,
            directory,
            secrets,
            clock,
            ..
        } = self.app;
        if reload {
            directory.reload(&stores.control, secrets, clock).await?;
        }
        let before_ms = clock.now_ms();
        let look = directory.refresh(&stores.control, secrets, clock).await?;
        let after_ms = clock.now_ms();
        self.note_skew(clock_skew_ms(before_ms, look.database_now_ms, after_ms));
        Ok(())
    }

    /// Tells the other processes which version is in force here.
    async fn tell(&mut self) -> Result<(), StoreError> {
        let version = self.app.directory.version();
        let is_told = self
            .told
            .is_some_and(|(told, at)| told == version && at.elapsed() < self.tell_every);
        if is_told {
            return Ok(());
        }
        let process_id = self.app.process_id;
        let control = &self.app.stores.control;
        let is_alone = self.told.is_none() && !control.is_shared();
        control
            .write(move |tx| -> Result<(), StoreError> {
                if is_alone {
                    processes::remove_others(tx, &process_id)?;
                }
                processes::seen(tx, &process_id, version)
            })
            .await?;
        self.told = Some((version, Instant::now()));
        Ok(())
    }

    fn note_skew(&mut self, skew_ms: i64) {
        self.app.directory.freshness.set_clock_skew_ms(skew_ms);
        let is_skewed = skew_ms.abs() > CLOCK_SKEW_TOLD_MS;
        if is_skewed && !self.is_skew_told {
            tracing::warn!(
                skew_ms,
                "the clocks of this machine and of the database differ: keys expire by this one"
            );
        }
        self.is_skew_told = is_skewed;
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match timeout(READ_TIME_MAX, work).await {
        Ok(result) => result,
        Err(_) => Err(StoreError::Unavailable(format!(
            "no answer within {READ_TIME_MAX:?}"
        ))),
    }
}

async fn write_uses(app: &App) {
    let uses = app.directory.keys.take_uses();
    if uses.is_empty() {
        return;
    }
    let now_ms = app.clock.now_ms();
    let written = app
        .stores
        .control
        .write(move |tx| -> Result<(), StoreError> {
            let mut redigested = Vec::new();
            for used in &uses {
                let (account, key_id) = (used.account_id, used.key_id);
                keys::set_last_used(tx, account, key_id, used.last_used_at_ms)?;
                if let Some((version, digest)) = &used.newer_digest
                    && keys::redigest(tx, account, key_id, digest.as_bytes(), (*version).into())?
                {
                    redigested.push((account, key_id));
                }
            }
            for (account, key_id) in redigested {
                feed::record(tx, account, Change::Key(key_id.as_bytes()), now_ms)?;
            }
            Ok(())
        })
        .await;
    if let Err(error) = written {
        tracing::warn!(%error, "the last use of keys could not be written");
    }
}

async fn forget(app: &App) {
    let before_ms = app.clock.now_ms() - feed::LIFE_MS;
    let forgotten = app
        .stores
        .control
        .write(move |tx| -> Result<(), StoreError> {
            feed::forget(tx, before_ms)?;
            processes::forget(tx, FORGOTTEN_AFTER_MS)?;
            Ok(())
        })
        .await;
    if let Err(error) = forgotten {
        tracing::warn!(%error, "old changes to keys could not be forgotten");
    }
}
