//! SQLite: one writer thread a database that commits in groups, readers inline on connections of
//! the reading threads.
//!
//! The writer takes what is queued (never waiting for more), runs each job in a savepoint, commits
//! once and then answers all: at most [`GROUP_JOBS_MAX`] jobs or [`GROUP_TIME_MAX`] a group.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};

use super::value::{Row, Value};
use super::{Access, Job, Tx, TxInner, Verdict, WRITES_WAITING_MAX};
use crate::StoreError;

/// Jobs that share one commit.
const GROUP_JOBS_MAX: usize = 256;
/// Time that a group may spend before its commit.
const GROUP_TIME_MAX: Duration = Duration::from_millis(2);
/// Prepared statements kept per connection.
const STATEMENTS_CACHED: usize = 256;
/// How long a statement waits for another process (a command) that is writing.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Pages in the write-ahead log that start a checkpoint: rare enough to cost little, small enough
/// that a reader never walks a long log.
const CHECKPOINT_PAGES: u32 = 4000;

pub(super) struct SqliteDatabase {
    id: u64,
    path: PathBuf,
    name: String,
    sender: SyncSender<Box<dyn Job>>,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// This thread's reading connections, by database.
    static READERS: RefCell<HashMap<u64, Connection>> = RefCell::new(HashMap::new());
}

impl SqliteDatabase {
    pub(super) fn open(path: &Path, statements: Arc<AtomicU64>) -> Result<Self, StoreError> {
        let connection = connect(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        )?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", "ON")?;
        connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
        let (sender, receiver) = sync_channel(WRITES_WAITING_MAX);
        let name = path.display().to_string();
        let thread_name = path.file_stem().map_or_else(
            || "store".into(),
            |stem| format!("store-{}", stem.to_string_lossy()),
        );
        std::thread::Builder::new()
            .name(thread_name)
            .spawn(move || write_groups(&connection, &receiver, &statements))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self {
            id: NEXT_ID.fetch_add(1, Ordering::Relaxed),
            path: path.to_owned(),
            name,
            sender,
        })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn submit(&self, job: Box<dyn Job>) -> Result<(), StoreError> {
        self.sender.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Busy,
            TrySendError::Disconnected(_) => {
                StoreError::Unavailable(format!("the writer of {} has stopped", self.name))
            }
        })
    }

    pub(super) fn read<T, E: From<StoreError>>(
        &self,
        access: Access,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        READERS.with_borrow_mut(|readers| {
            let connection = match readers.entry(self.id) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => {
                    // Read-write, since a reader of a write-ahead log shares its index file;
                    // `query_only` keeps it from writing.
                    let connection = connect(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
                    connection
                        .pragma_update(None, "query_only", "ON")
                        .map_err(StoreError::from)?;
                    entry.insert(connection)
                }
            };
            // Ends when it is dropped, also by a panic of `work`.
            let _snapshot = if access == Access::Snapshot {
                Some(
                    connection
                        .unchecked_transaction()
                        .map_err(StoreError::from)?,
                )
            } else {
                None
            };
            work(connection)
        })
    }
}

pub(super) fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| StoreError::Unavailable(format!("{}: {error}", path.display())))?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    // Without it every new value bound to a statement that a partial index might serve makes
    // SQLite prepare the statement anew: most of the cost of a read.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// The writer thread. Ends when every handle of the database is gone.
fn write_groups(connection: &Connection, jobs: &Receiver<Box<dyn Job>>, statements: &AtomicU64) {
    while let Ok(first) = jobs.recv() {
        let mut done: Vec<Box<dyn Job>> = Vec::new();
        let outcome = run_group(connection, first, jobs, statements, &mut done);
        for job in done {
            job.finish(match &outcome {
                Ok(()) => Ok(()),
                Err(error) => Err(error.again()),
            });
        }
    }
}

fn run_group(
    connection: &Connection,
    first: Box<dyn Job>,
    jobs: &Receiver<Box<dyn Job>>,
    statements: &AtomicU64,
    done: &mut Vec<Box<dyn Job>>,
) -> Result<(), StoreError> {
    if let Err(error) = run(connection, "BEGIN IMMEDIATE") {
        done.push(first);
        return Err(error);
    }
    let started = Instant::now();
    let mut next = Some(first);
    while let Some(job) = next.take() {
        done.push(job);
        let job = done.last_mut().expect("a job was pushed just above");
        if let Err(error) = run_job(connection, job.as_mut(), statements) {
            // The disk filled up (or the like) inside the job: SQLite may have rolled back the
            // whole transaction, so none of the group can be acknowledged.
            roll_back(connection);
            return Err(error);
        }
        if done.len() < GROUP_JOBS_MAX && started.elapsed() < GROUP_TIME_MAX {
            next = jobs.try_recv().ok();
        }
    }
    if let Err(error) = run(connection, "COMMIT") {
        roll_back(connection);
        return Err(error);
    }
    Ok(())
}

fn run_job(
    connection: &Connection,
    job: &mut dyn Job,
    statements: &AtomicU64,
) -> Result<(), StoreError> {
    run(connection, "SAVEPOINT job")?;
    let mut tx = Tx {
        inner: TxInner::Sqlite(connection),
        statements,
        slot: 0,
        retry: false,
    };
    let verdict = job.run(&mut tx);
    if connection.is_autocommit() {
        return Err(StoreError::Full);
    }
    if verdict != Verdict::Keep {
        run(connection, "ROLLBACK TO job")?;
    }
    run(connection, "RELEASE job")
}

fn run(connection: &Connection, text: &str) -> Result<(), StoreError> {
    connection.prepare_cached(text)?.raw_execute()?;
    Ok(())
}

fn roll_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(error) = run(connection, "ROLLBACK")
    {
        tracing::error!(%error, "a failed transaction could not be rolled back");
    }
}

pub(super) fn execute(
    connection: &Connection,
    text: &str,
    params: &[Value<'_>],
) -> Result<u64, StoreError> {
    let mut statement = connection.prepare_cached(text)?;
    bind(&mut statement, params)?;
    Ok(statement.raw_execute()? as u64)
}

pub(super) fn query<T>(
    connection: &Connection,
    text: &str,
    params: &[Value<'_>],
    mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(text)?;
    bind(&mut statement, params)?;
    let mut rows = statement.raw_query();
    let mut results = Vec::new();
    while let Some(row) = rows.next()? {
        results.push(read(&Row::sqlite(row))?);
    }
    Ok(results)
}

/// Prepares a text and checks how its parameters are numbered.
pub(super) fn prepare(connection: &Connection, text: &str) -> Result<(), StoreError> {
    let statement = connection.prepare_cached(text)?;
    if numbered_in_order(&statement) {
        return Ok(());
    }
    Err(StoreError::Database(
        "parameters do not appear in order of their numbers".to_owned(),
    ))
}

fn bind(
    statement: &mut rusqlite::CachedStatement<'_>,
    params: &[Value<'_>],
) -> Result<(), StoreError> {
    debug_assert!(
        numbered_in_order(statement),
        "SQLite numbers `$n` by first appearance: write parameters in order of their numbers"
    );
    for (index, value) in params.iter().enumerate() {
        statement.raw_bind_parameter(index + 1, value)?;
    }
    Ok(())
}

fn numbered_in_order(statement: &rusqlite::Statement<'_>) -> bool {
    (1..=statement.parameter_count())
        .all(|index| statement.parameter_name(index) == Some(format!("${index}").as_str()))
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(number),
            Value::Real(number) => ValueRef::Real(number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
