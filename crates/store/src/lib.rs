//! The store: the only crate that knows SQL.
//!
//! Three databases, each behind a handle of its own: [`ControlStore`] (accounts, users, keys) and
//! one [`EnvironmentStore`] for each of live and test. Code that handles tasks takes an
//! `EnvironmentStore` and cannot name the other one.
//!
//! Every function that touches an account's rows takes the account first and names it in its
//! statement.

pub mod control;
mod driver;
pub mod environment;
mod error;

use std::sync::Arc;

pub use domain::Environment;
pub use driver::{Database, Hint, Listener, Tx, WRITES_WAITING_MAX};
pub use error::StoreError;

use driver::migrate::Migration;

macro_rules! migrations {
    ($folder:literal: $($version:literal $name:literal),* $(,)?) => {
        &[$(Migration {
            version: $version,
            name: $name,
            text: include_str!(concat!("../migrations/", $folder, "/", $name, ".sql")),
        }),*]
    };
}

static CONTROL_MIGRATIONS: &[Migration] = migrations!("control":
    1 "0001_accounts_users_keys",
    2 "0002_access",
    3 "0003_team",
    4 "0004_people",
    5 "0005_ending_keys",
    6 "0006_callback_settings",
);
static ENVIRONMENT_MIGRATIONS: &[Migration] = migrations!("environment":
    1 "0001_tasks",
    2 "0002_labeling",
    3 "0003_callbacks",
    4 "0004_failing_callbacks",
    5 "0005_delivery",
    6 "0006_callback_pages",
    7 "0007_purge",
);

/// Where the databases are.
#[derive(Clone, Debug)]
pub enum Location {
    /// `control.db`, `live.db` and `test.db` in a folder.
    Folder(std::path::PathBuf),
    /// Schemas `control`, `live` and `test`, each of a PostgreSQL database.
    Postgres {
        /// URL of the database that holds the control schema.
        control: String,
        /// URL for the live schema.
        live: String,
        /// URL for the test schema.
        test: String,
        /// Connections (and threads) per schema.
        connections: usize,
    },
}

impl Location {
    /// Host (name or address) and port of every database server. A URL that cannot be read names
    /// none; opening the stores says so.
    pub fn servers(&self) -> Vec<(String, u16)> {
        match self {
            Self::Folder(_) => Vec::new(),
            Self::Postgres {
                control,
                live,
                test,
                ..
            } => {
                let mut servers: Vec<(String, u16)> = [control, live, test]
                    .into_iter()
                    .flat_map(|url| driver::postgres_servers(url))
                    .collect();
                servers.sort_unstable();
                servers.dedup();
                servers
            }
        }
    }
}

/// The three stores, open and migrated.
#[derive(Clone)]
pub struct Stores {
    /// Accounts, users, sessions, keys.
    pub control: ControlStore,
    /// Live mode.
    pub live: EnvironmentStore,
    /// Test mode.
    pub test: EnvironmentStore,
}

impl Stores {
    /// Opens and migrates all three databases.
    ///
    /// `slot` spreads counter rows between processes on one PostgreSQL (see `task_counts`).
    pub async fn open(location: &Location, slot: i64) -> Result<Self, StoreError> {
        let (control, live, test) = match location {
            Location::Folder(folder) => (
                Database::open_sqlite(&folder.join("control.db"))?,
                Database::open_sqlite(&folder.join("live.db"))?,
                Database::open_sqlite(&folder.join("test.db"))?,
            ),
            Location::Postgres {
                control,
                live,
                test,
                connections,
            } => (
                Database::open_postgres(control, "control", *connections, slot)?,
                Database::open_postgres(live, "live", *connections, slot)?,
                Database::open_postgres(test, "test", *connections, slot)?,
            ),
        };
        let stores = Self {
            control: ControlStore {
                database: control,
                permit: None,
            },
            live: EnvironmentStore {
                database: live,
                environment: Environment::Live,
                permit: None,
            },
            test: EnvironmentStore {
                database: test,
                environment: Environment::Test,
                permit: None,
            },
        };
        stores.migrate().await?;
        Ok(stores)
    }

    /// Brings all three databases up to this binary's schema; nothing happens where they are.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.control.database.migrate(CONTROL_MIGRATIONS).await?;
        self.live.database.migrate(ENVIRONMENT_MIGRATIONS).await?;
        self.test.database.migrate(ENVIRONMENT_MIGRATIONS).await
    }

    /// Prepares every statement on its engine, for a test: no compiler checks them.
    pub async fn prepare_all(&self) -> Result<(), StoreError> {
        let control = &self.control.database;
        control.prepare_all(control::STATEMENTS).await?;
        self.live
            .database
            .prepare_all(environment::STATEMENTS)
            .await
    }

    /// The store of one mode.
    pub fn environment(&self, environment: Environment) -> &EnvironmentStore {
        match environment {
            Environment::Live => &self.live,
            Environment::Test => &self.test,
        }
    }
}

/// Handle of the control database.
#[derive(Clone)]
pub struct ControlStore {
    database: Database,
    permit: Option<Permit>,
}

impl ControlStore {
    /// Runs reads that all see one state. See [`Database::snapshot`].
    pub async fn snapshot<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        self.database.snapshot(work).await
    }

    /// Calls `on_hint` soon after the feed may have advanced, as long as the listener is held. See
    /// [`Database::listen`].
    pub fn listen(&self, on_hint: impl Fn(Hint) + Send + 'static) -> Result<Listener, StoreError> {
        self.database.listen(control::feed::CHANNEL, on_hint)
    }

    /// Whether several processes may serve from this database: it is on PostgreSQL.
    pub fn is_shared(&self) -> bool {
        self.database.is_shared()
    }
}

/// Asked right before the commit of a write: may it still be done? An error rolls it back.
pub type Permit = Arc<dyn Fn() -> Result<(), StoreError> + Send + Sync>;

/// Handle of the database of one mode. There is no way from it to the other one.
#[derive(Clone)]
pub struct EnvironmentStore {
    database: Database,
    environment: Environment,
    permit: Option<Permit>,
}

impl EnvironmentStore {
    /// The mode whose rows this store holds.
    pub fn environment(&self) -> Environment {
        self.environment
    }
}

macro_rules! database_access {
    ($store:ident) => {
        impl $store {
            /// A handle whose every write asks `permit` when all else is done, right before its commit.
            #[must_use]
            pub fn with_permit(&self, permit: Permit) -> Self {
                Self {
                    permit: Some(permit),
                    ..self.clone()
                }
            }

            /// Runs `work` in a transaction; answers when it is durable. See [`Database::write`].
            pub async fn write<T, E, F>(&self, mut work: F) -> Result<T, E>
            where
                T: Send + 'static,
                E: From<StoreError> + Send + 'static,
                F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
            {
                let Some(permit) = self.permit.clone() else {
                    return self.database.write(work).await;
                };
                self.database
                    .write(move |tx| {
                        let result = work(tx)?;
                        permit()?;
                        Ok(result)
                    })
                    .await
            }

            /// Runs reads outside a transaction. See [`Database::read`].
            pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
            where
                T: Send + 'static,
                E: From<StoreError> + Send + 'static,
                F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
            {
                self.database.read(work).await
            }

            /// Statements run so far, for tests.
            pub fn statements(&self) -> u64 {
                self.database.statements()
            }
        }
    };
}
database_access!(ControlStore);
database_access!(EnvironmentStore);

/// Newest schema of the control database and of the live and test databases.
pub fn schema_versions() -> (i64, i64) {
    (
        CONTROL_MIGRATIONS.len() as i64,
        ENVIRONMENT_MIGRATIONS.len() as i64,
    )
}
