//! PostgreSQL: plain threads, each with a connection and its prepared statements, fed by one
//! queue. Needs no superuser and no extension.

use std::collections::HashMap;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use postgres::config::Host;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Config, NoTls};

use super::value::{Row, Value};
use super::{Access, Job, Tx, TxInner, Verdict, WRITES_WAITING_MAX};
use crate::StoreError;

/// Times that a transaction is run again after a serialization failure or a deadlock.
const RETRIES_MAX: u32 = 10;
/// Time to make a connection, where the URL says nothing.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// Time in which the other side must take what was sent, and the silence after which it is asked
/// for a sign of life, where the URL says nothing: a network that is gone must not hold a worker.
const SILENCE_MAX: Duration = Duration::from_secs(10);

/// The port of PostgreSQL, where a URL names none.
const PORT_DEFAULT: u16 = 5432;

/// Host and port of every server that a database URL names; sockets of this machine have neither.
pub(crate) fn servers(url: &str) -> Vec<(String, u16)> {
    let Ok(config) = url.parse::<Config>() else {
        return Vec::new();
    };
    let ports = config.get_ports();
    // One port stands for every host; else each host has its own.
    let port_of = |n: usize| {
        let port = ports.get(n).or_else(|| ports.first());
        port.copied().unwrap_or(PORT_DEFAULT)
    };
    let names = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => Some(name.clone()),
        Host::Unix(_) => None,
    });
    let addresses = config
        .get_hostaddrs()
        .iter()
        .map(|address| Some(address.to_string()));
    let servers = names.enumerate().chain(addresses.enumerate());
    servers
        .filter_map(|(n, host)| Some((host?, port_of(n))))
        .collect()
}

pub(super) struct PostgresDatabase {
    config: Box<Config>,
    schema: String,
    sender: SyncSender<Queued>,
}

struct Queued {
    job: Box<dyn Job>,
    access: Access,
}

impl PostgresDatabase {
    pub(super) fn open(
        url: &str,
        schema: &str,
        threads: usize,
        slot: i64,
        statements: &Arc<AtomicU64>,
    ) -> Result<Self, StoreError> {
        let mut config: Config = url.parse().map_err(|error| {
            StoreError::Unavailable(format!("the database URL is not valid: {error}"))
        })?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIME_MAX);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE_MAX);
        }
        if !url.contains("keepalives") {
            config.keepalives_idle(SILENCE_MAX);
        }
        // The first connection is made here, so that a wrong address or password is told at start.
        // Client::connect blocks on a runtime of its own, hence the thread.
        let first = {
            let (config, schema) = (config.clone(), schema.to_owned());
            std::thread::spawn(move || Session::connect(&config, &schema))
                .join()
                .map_err(|_| StoreError::Panicked)??
        };
        let (sender, receiver) = sync_channel(WRITES_WAITING_MAX);
        let receiver = Arc::new(Mutex::new(receiver));
        let mut first = Some(first);
        for number in 0..threads.max(1) {
            let worker = Worker {
                config: config.clone(),
                schema: schema.to_owned(),
                slot: slot + number as i64,
                session: first.take(),
                statements: statements.clone(),
            };
            let receiver = receiver.clone();
            std::thread::Builder::new()
                .name(format!("store-{schema}-{number}"))
                .spawn(move || worker.serve(&receiver))
                .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        }
        Ok(Self {
            config: Box::new(config),
            schema: schema.to_owned(),
            sender,
        })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn schema(&self) -> &str {
        &self.schema
    }

    pub(super) fn submit(&self, job: Box<dyn Job>, access: Access) -> Result<(), StoreError> {
        self.sender
            .try_send(Queued { job, access })
            .map_err(|error| match error {
                TrySendError::Full(_) => StoreError::Busy,
                TrySendError::Disconnected(_) => {
                    StoreError::Unavailable("the database's workers have stopped".into())
                }
            })
    }
}

struct Worker {
    config: Config,
    schema: String,
    slot: i64,
    session: Option<Session>,
    statements: Arc<AtomicU64>,
}

impl Worker {
    fn serve(mut self, queue: &Mutex<Receiver<Queued>>) {
        loop {
            let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(Queued { mut job, access }) = next else {
                return;
            };
            let outcome = self.run(job.as_mut(), access);
            job.finish(outcome);
        }
    }

    fn run(&mut self, job: &mut dyn Job, access: Access) -> Result<(), StoreError> {
        let mut is_new = self.session.as_ref().is_none_or(Session::is_closed);
        if is_new {
            self.reconnect()?;
        }
        let mut tries = 0;
        loop {
            let session = self
                .session
                .as_mut()
                .expect("made above, and only ever replaced");
            // A connection that broke while it was not used is noticed now. As long as nothing can
            // have been written, what was asked is done on a new one.
            if let Some(begin) = access.begin()
                && let Err(error) = session.batch(begin)
            {
                if is_new || !session.is_closed() {
                    return Err(error);
                }
                is_new = true;
                self.reconnect()?;
                continue;
            }
            let mut tx = Tx {
                inner: TxInner::Postgres(session),
                statements: &self.statements,
                slot: self.slot,
                retry: false,
            };
            let verdict = job.run(&mut tx);
            if access != Access::Write && verdict != Verdict::Keep && session.is_closed() && !is_new
            {
                is_new = true;
                self.reconnect()?;
                continue;
            }
            if access == Access::Read {
                return Ok(());
            }
            if verdict == Verdict::Keep {
                match session.commit() {
                    Err(_) if session.take_retry() && tries < RETRIES_MAX => {}
                    outcome => return outcome,
                }
            } else {
                // A broken connection rolls back by itself.
                let rolled_back = session.batch("ROLLBACK");
                if verdict == Verdict::RollBack || tries >= RETRIES_MAX || rolled_back.is_err() {
                    return Ok(());
                }
            }
            tries += 1;
        }
    }

    fn reconnect(&mut self) -> Result<(), StoreError> {
        self.session = Some(Session::connect(&self.config, &self.schema)?);
        Ok(())
    }
}

impl Access {
    /// The statement that such a job begins with.
    fn begin(self) -> Option<&'static str> {
        match self {
            Self::Read => None,
            Self::Snapshot => Some("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            Self::Write => Some("BEGIN"),
        }
    }
}

/// A connection and its prepared statements.
pub(super) struct Session {
    client: Client,
    prepared: HashMap<String, postgres::Statement>,
    retry: bool,
}

impl Session {
    fn connect(config: &Config, schema: &str) -> Result<Self, StoreError> {
        let mut client = config
            .connect(NoTls)
            .map_err(|error| StoreError::Unavailable(describe(&error)))?;
        let name = schema.replace('"', "\"\"");
        client.batch_execute(&format!(
            "SET client_min_messages = warning; CREATE SCHEMA IF NOT EXISTS \"{name}\"; \
             SET search_path TO \"{name}\"; SET synchronous_commit TO on"
        ))?;
        Ok(Self {
            client,
            prepared: HashMap::new(),
            retry: false,
        })
    }

    fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Whether a statement since the last call failed for a reason that a new try may not have.
    pub(super) fn take_retry(&mut self) -> bool {
        std::mem::take(&mut self.retry)
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        let result = self.client.batch_execute("COMMIT");
        self.note(result)
    }

    pub(super) fn batch(&mut self, text: &str) -> Result<(), StoreError> {
        let result = self.client.batch_execute(text);
        self.note(result)
    }

    fn note<T>(&mut self, result: Result<T, postgres::Error>) -> Result<T, StoreError> {
        result.map_err(|error| {
            // Serialization failure, deadlock.
            self.retry |= error
                .code()
                .is_some_and(|state| matches!(state.code(), "40001" | "40P01"));
            error.into()
        })
    }

    pub(super) fn prepare(&mut self, text: &str) -> Result<postgres::Statement, StoreError> {
        if let Some(statement) = self.prepared.get(text) {
            return Ok(statement.clone());
        }
        let result = self.client.prepare(text);
        let statement = self.note(result)?;
        self.prepared.insert(text.to_owned(), statement.clone());
        Ok(statement)
    }

    pub(super) fn execute(&mut self, text: &str, params: &[Value<'_>]) -> Result<u64, StoreError> {
        let statement = self.prepare(text)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as _).collect();
        let result = self.client.execute(&statement, &params);
        self.note(result)
    }

    pub(super) fn query<T>(
        &mut self,
        text: &str,
        params: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let statement = self.prepare(text)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|value| value as _).collect();
        let result = self.client.query(&statement, &params);
        let rows = self.note(result)?;
        rows.iter().map(|row| read(&Row::postgres(row))).collect()
    }
}

/// The error with its cause: the library's own text ("error connecting to server") hides it.
fn describe(error: &postgres::Error) -> String {
    use std::error::Error;
    error
        .source()
        .map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

impl ToSql for Value<'_> {
    fn to_sql(
        &self,
        column: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match *self {
            Value::Null => Ok(IsNull::Yes),
            Value::Integer(number) if *column == Type::INT4 => {
                i32::try_from(number)?.to_sql(column, out)
            }
            Value::Integer(number) => number.to_sql(&Type::INT8, out),
            Value::Real(number) => number.to_sql(&Type::FLOAT8, out),
            Value::Text(text) => text.to_sql(&Type::TEXT, out),
            Value::Blob(bytes) => bytes.to_sql(&Type::BYTEA, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::servers;

    #[test]
    fn every_server_of_a_url_is_named() {
        let server = |host: &str, port| (host.to_owned(), port);
        for (url, wanted) in [
            (
                "postgres://u:p@db.internal/w",
                vec![server("db.internal", 5432)],
            ),
            (
                "postgresql://u@a:5433,b/w",
                vec![server("a", 5433), server("b", 5432)],
            ),
            (
                "postgres://u@db:6000/w?hostaddr=10.0.0.7",
                vec![server("db", 6000), server("10.0.0.7", 6000)],
            ),
            ("postgres:///w?host=/run/postgresql", vec![]),
            ("nonsense", vec![]),
        ] {
            assert_eq!(servers(url), wanted, "{url}");
        }
    }
}
