//! Hints that a database has changed. Only hints: a notification is lost when its connection is,
//! so whoever needs the truth also asks for it at intervals.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use postgres::fallible_iterator::FallibleIterator;
use postgres::{Client, Config, NoTls};
use rusqlite::{Connection, OpenFlags};

use super::sqlite;
use crate::StoreError;

/// How often an SQLite file is looked at for commits of other connections.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How often a listening thread looks whether it is still wanted.
const WAIT_MAX: Duration = Duration::from_millis(500);
/// Waits without a notification after which the connection is asked for a sign of life.
const WAITS_BETWEEN_SIGNS: u32 = 20;
/// Time for that sign.
const SIGN_TIME_MAX: Duration = Duration::from_secs(5);
/// Pause after a lost connection; it doubles with each failure up to [`PAUSE_MAX`].
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// Why a look at the database is worthwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint {
    /// Something was committed.
    Changed,
    /// Listening begins anew after a loss: hints may have been missed.
    Reconnected,
}

/// Keeps hints coming; they end soon after it is dropped.
#[derive(Debug)]
pub struct Listener {
    is_over: Arc<AtomicBool>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

/// Runs `work` on a thread of its own until the listener is dropped.
fn start(
    name: &str,
    work: impl FnOnce(&AtomicBool) + Send + 'static,
) -> Result<Listener, StoreError> {
    let is_over = Arc::new(AtomicBool::new(false));
    let is_over_there = is_over.clone();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || work(&is_over_there))
        .map_err(|error| StoreError::Unavailable(error.to_string()))?;
    Ok(Listener { is_over })
}

/// Looks at an SQLite file's `data_version`, which other connections' commits advance. It tells
/// them only as seen from one and the same connection, hence one of its own.
pub(super) fn watch(
    path: &Path,
    on_hint: impl Fn(Hint) + Send + 'static,
) -> Result<Listener, StoreError> {
    let connection = sqlite::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    let mut seen = data_version(&connection)?;
    start("store-watch", move |is_over| {
        while !is_over.load(Ordering::Relaxed) {
            std::thread::sleep(LOOK_EVERY);
            match data_version(&connection) {
                Ok(version) if version == seen => {}
                Ok(version) => {
                    seen = version;
                    on_hint(Hint::Changed);
                }
                // Whoever reads the database itself is told the same, and tells the log.
                Err(error) => tracing::debug!(%error, "a database could not be looked at"),
            }
        }
    })
}

fn data_version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection
        .prepare_cached("PRAGMA data_version")?
        .query_row([], |row| row.get(0))?)
}

/// Listens on a PostgreSQL channel; connects again, with a pause, when the connection is lost.
pub(super) fn attend(
    config: &Config,
    channel: &'static str,
    on_hint: impl Fn(Hint) + Send + 'static,
) -> Result<Listener, StoreError> {
    let config = config.clone();
    start("store-listen", move |is_over| {
        let mut hint = Hint::Changed;
        let mut pause = PAUSE_MIN;
        while !is_over.load(Ordering::Relaxed) {
            let lost = listen(&config, channel, is_over, || {
                pause = PAUSE_MIN;
                on_hint(std::mem::replace(&mut hint, Hint::Changed));
            });
            let Err(error) = lost else {
                return;
            };
            if hint == Hint::Changed {
                tracing::warn!(%error, "notifications of the database are not heard for now");
            }
            hint = Hint::Reconnected;
            std::thread::sleep(pause);
            pause = PAUSE_MAX.min(pause * 2);
        }
    })
}

/// One connection's listening. `Ok` when it is no longer wanted, `Err` when it is lost.
fn listen(
    config: &Config,
    channel: &str,
    is_over: &AtomicBool,
    mut heard: impl FnMut(),
) -> Result<(), StoreError> {
    let mut client: Client = config.connect(NoTls)?;
    client.batch_execute(&format!("LISTEN {channel}"))?;
    // What was committed before is found by the look that this causes.
    heard();
    let mut waits = 0;
    while !is_over.load(Ordering::Relaxed) {
        if client
            .notifications()
            .timeout_iter(WAIT_MAX)
            .next()?
            .is_some()
        {
            waits = 0;
            heard();
        } else if client.is_closed() {
            return Err(StoreError::Unavailable("the connection was closed".into()));
        } else {
            waits += 1;
            if waits % WAITS_BETWEEN_SIGNS == 0 {
                client.is_valid(SIGN_TIME_MAX)?;
            }
        }
    }
    Ok(())
}
