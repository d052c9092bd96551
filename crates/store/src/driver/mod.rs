//! One set of store functions for two engines.
//!
//! A store function is plain synchronous code over [`Tx`]; callers run it by
//! [`Database::write`] or [`Database::read`]. A synchronous closure cannot wait for a request in
//! the middle of a transaction, nor be half dropped when a client hangs up.
//!
//! Dropping the future of a `write` does not undo the write: it is queued, and idempotency keys
//! make a retry safe.

mod listen;
pub(crate) mod migrate;
mod postgres;
mod sqlite;
pub(crate) mod statement;
pub(crate) mod value;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::oneshot;

use crate::StoreError;
pub use listen::{Hint, Listener};
pub(crate) use postgres::servers as postgres_servers;
use statement::Statement;
use value::{Row, Value};

/// Writes that may wait for one database before further ones are answered with
/// [`StoreError::Busy`].
pub const WRITES_WAITING_MAX: usize = 4096;

/// One of the three databases (control, live, test) on one of the two engines. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    statements: Arc<AtomicU64>,
    slot: i64,
}

enum Engine {
    Sqlite(sqlite::SqliteDatabase),
    Postgres(postgres::PostgresDatabase),
}

/// A transaction (in [`Database::write`]) or a reading connection (in [`Database::read`]).
///
/// Only this crate can give it a statement: no SQL lives elsewhere.
pub struct Tx<'a> {
    inner: TxInner<'a>,
    statements: &'a AtomicU64,
    slot: i64,
    /// A statement failed in a way that makes running the whole closure again worthwhile.
    retry: bool,
}

enum TxInner<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut postgres::Session),
}

impl Tx<'_> {
    /// Runs a statement that changes rows; gives their number.
    pub(crate) fn execute(
        &mut self,
        statement: &Statement,
        params: &[Value<'_>],
    ) -> Result<u64, StoreError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        match &mut self.inner {
            TxInner::Sqlite(connection) => sqlite::execute(connection, statement.sqlite, params),
            TxInner::Postgres(session) => {
                let result = session.execute(statement.postgres, params);
                self.retry |= session.take_retry();
                result
            }
        }
    }

    /// Runs a query and reads each row by `read`.
    pub(crate) fn query<T>(
        &mut self,
        statement: &Statement,
        params: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let text = match self.inner {
            TxInner::Sqlite(_) => statement.sqlite,
            TxInner::Postgres(_) => statement.postgres,
        };
        self.query_text(text, params, read)
    }

    /// Like [`Tx::query`], for a text composed of fixed parts (list filters).
    pub(crate) fn query_text<T>(
        &mut self,
        text: &str,
        params: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        match &mut self.inner {
            TxInner::Sqlite(connection) => sqlite::query(connection, text, params, read),
            TxInner::Postgres(session) => {
                let result = session.query(text, params, read);
                self.retry |= session.take_retry();
                result
            }
        }
    }

    /// Runs a query that gives at most one row of interest.
    pub(crate) fn query_optional<T>(
        &mut self,
        statement: &Statement,
        params: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.query(statement, params, read)?.into_iter().next())
    }

    /// The counter row that this process adds to, so that PostgreSQL's writers do not queue up at
    /// one row (`task_counts.slot`); 0 on SQLite, whose one writer has nobody to collide with.
    pub(crate) fn slot(&self) -> i64 {
        self.slot
    }
}

/// What a job's closure left behind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Keep,
    RollBack,
    /// Roll back and run the closure again.
    Retry,
}

/// How a closure may see and change the database.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    /// Each statement sees the newest committed state; nothing is written.
    Read,
    /// All statements see one state; nothing is written.
    Snapshot,
    /// A transaction.
    Write,
}

/// A queued closure, its result and the one who waits for it.
trait Job: Send {
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict;
    /// Answers the caller; `outcome` is how the transaction ended.
    fn finish(self: Box<Self>, outcome: Result<(), StoreError>);
}

struct TypedJob<T, E, F> {
    work: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for TypedJob<T, E, F>
where
    T: Send,
    E: From<StoreError> + Send,
    F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict {
        let work = &mut self.work;
        // The closure's effects are all in `tx`, which is rolled back.
        let result = catch_unwind(AssertUnwindSafe(|| work(tx)))
            .unwrap_or_else(|_| Err(StoreError::Panicked.into()));
        let verdict = match (&result, tx.retry) {
            (Ok(_), _) => Verdict::Keep,
            (Err(_), true) => Verdict::Retry,
            (Err(_), false) => Verdict::RollBack,
        };
        self.result = Some(result);
        verdict
    }

    fn finish(self: Box<Self>, outcome: Result<(), StoreError>) {
        let result = match (outcome, self.result) {
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(StoreError::Unavailable("the job did not run".into()).into()),
            (Err(error), _) => Err(error.into()),
        };
        // Nobody may be waiting any more; the write stands all the same.
        let _ = self.reply.send(result);
    }
}

impl Database {
    /// Opens (and makes, where missing) an SQLite database file and starts its writer thread.
    pub fn open_sqlite(path: &Path) -> Result<Self, StoreError> {
        let statements = Arc::new(AtomicU64::new(0));
        let engine = Engine::Sqlite(sqlite::SqliteDatabase::open(path, statements.clone())?);
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                statements,
                slot: 0,
            }),
        })
    }

    /// Connects to `schema` (made where missing) of a PostgreSQL database and starts `threads`
    /// worker threads, each with a connection of its own.
    ///
    /// `slot` is a number of this process, by which it spreads its counter rows.
    pub fn open_postgres(
        url: &str,
        schema: &str,
        threads: usize,
        slot: i64,
    ) -> Result<Self, StoreError> {
        let statements = Arc::new(AtomicU64::new(0));
        let engine = Engine::Postgres(postgres::PostgresDatabase::open(
            url,
            schema,
            threads,
            slot,
            &statements,
        )?);
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                statements,
                slot,
            }),
        })
    }

    /// Runs `work` in a transaction and answers when it is durable.
    ///
    /// `work` may run more than once (PostgreSQL's serialization failures) and must have no effect
    /// beyond its transaction. An `Err` rolls back what it did.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(TypedJob {
            work,
            result: None,
            reply,
        });
        match &self.inner.engine {
            Engine::Sqlite(database) => database.submit(job)?,
            Engine::Postgres(database) => database.submit(job, Access::Write)?,
        }
        match answer.await {
            Ok(result) => result,
            Err(_) => Err(StoreError::Unavailable("the store is shutting down".into()).into()),
        }
    }

    /// Runs `work` outside a transaction: each statement sees the newest committed state.
    ///
    /// On SQLite it runs right here, on a connection of this thread: only bounded index reads.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.read_with(Access::Read, work).await
    }

    /// Runs `work` where all its statements see one and the same committed state.
    pub async fn snapshot<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.read_with(Access::Snapshot, work).await
    }

    async fn read_with<T, E, F>(&self, access: Access, mut work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        match &self.inner.engine {
            Engine::Sqlite(database) => database.read(access, |connection| {
                let mut tx = Tx {
                    inner: TxInner::Sqlite(connection),
                    statements: &self.inner.statements,
                    slot: self.inner.slot,
                    retry: false,
                };
                work(&mut tx)
            }),
            Engine::Postgres(database) => {
                let (reply, answer) = oneshot::channel();
                let job = Box::new(TypedJob {
                    work,
                    result: None,
                    reply,
                });
                database.submit(job, access)?;
                match answer.await {
                    Ok(result) => result,
                    Err(_) => {
                        Err(StoreError::Unavailable("the store is shutting down".into()).into())
                    }
                }
            }
        }
    }

    /// Calls `on_hint` soon after another connection may have committed something of interest, as
    /// long as the [`Listener`] is held: on PostgreSQL after a `NOTIFY` on `channel` (a plain
    /// word), on SQLite after any commit. Hints can be lost: whoever needs the truth asks for it
    /// at intervals too.
    pub fn listen(
        &self,
        channel: &'static str,
        on_hint: impl Fn(Hint) + Send + 'static,
    ) -> Result<Listener, StoreError> {
        match &self.inner.engine {
            Engine::Sqlite(database) => listen::watch(database.path(), on_hint),
            Engine::Postgres(database) => listen::attend(database.config(), channel, on_hint),
        }
    }

    /// Whether other processes may serve from the same database.
    pub fn is_shared(&self) -> bool {
        matches!(self.inner.engine, Engine::Postgres(_))
    }

    /// Statements run so far. Tests count with it that verifying a key reads no database.
    pub fn statements(&self) -> u64 {
        self.inner.statements.load(Ordering::Relaxed)
    }

    /// Prepares each statement; the error names the one that the engine does not take.
    pub(crate) async fn prepare_all(
        &self,
        lists: &'static [statement::StatementList],
    ) -> Result<(), StoreError> {
        self.read(move |tx| {
            for (module, statements) in lists {
                for (name, statement) in *statements {
                    let prepared = match &mut tx.inner {
                        TxInner::Sqlite(connection) => {
                            sqlite::prepare(connection, statement.sqlite)
                        }
                        TxInner::Postgres(session) => {
                            session.prepare(statement.postgres).map(|_| ())
                        }
                    };
                    prepared.map_err(|error| {
                        StoreError::Database(format!("{module}.{name}: {error}"))
                    })?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Brings the schema up to `migrations` under a lock; refuses a newer database.
    pub async fn migrate(
        &self,
        migrations: &'static [migrate::Migration],
    ) -> Result<(), StoreError> {
        let name = match &self.inner.engine {
            Engine::Sqlite(database) => database.name().to_owned(),
            Engine::Postgres(database) => format!("schema {}", database.schema()),
        };
        self.write(move |tx| migrate::run(tx, migrations, &name))
            .await
    }
}

impl Tx<'_> {
    /// Runs a text that is not a single prepared statement: migrations alone.
    fn batch(&mut self, sqlite_text: &str) -> Result<(), StoreError> {
        match &mut self.inner {
            TxInner::Sqlite(connection) => {
                Ok(connection.execute_batch(&migrate::section(sqlite_text, "sqlite"))?)
            }
            TxInner::Postgres(session) => session.batch(&migrate::to_postgres(sqlite_text)),
        }
    }
}
