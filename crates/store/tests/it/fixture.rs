//! The stores under test, on both engines, and what tests put into them.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::{AccountId, KeyId, TaskId, UserId};
use store::control::feed::{self, Change};
use store::environment::tasks::{self, Inserted, NewTask};
use store::{Location, StoreError, Stores};

pub struct Fixture {
    pub stores: Stores,
    _folder: Option<tempfile::TempDir>,
}

pub async fn sqlite() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let stores = Stores::open(&Location::Folder(folder.path().to_owned()), 0)
        .await
        .unwrap();
    Fixture {
        stores,
        _folder: Some(folder),
    }
}

static NEXT: AtomicU64 = AtomicU64::new(0);

pub async fn postgres() -> Fixture {
    let url = std::env::var("WEIGHBRIDGE_TEST_POSTGRES")
        .expect("run the tests by `make test`, or set WEIGHBRIDGE_TEST_POSTGRES");
    let name = format!(
        "store_{}_{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    let (base, _) = url.rsplit_once('/').unwrap();
    let own = format!("{base}/{name}");
    std::thread::spawn(move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        client
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .unwrap();
    })
    .join()
    .unwrap();
    let location = Location::Postgres {
        control: own.clone(),
        live: own.clone(),
        test: own,
        connections: 3,
    };
    Fixture {
        stores: Stores::open(&location, 0).await.unwrap(),
        _folder: None,
    }
}

/// Makes a test of each body, once an engine.
macro_rules! both_engines {
    ($($name:ident => $body:ident;)*) => {
        mod on_sqlite { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() { super::$body(crate::fixture::sqlite().await).await; }
        )* }
        mod on_postgres { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() { super::$body(crate::fixture::postgres().await).await; }
        )* }
    };
}
pub(crate) use both_engines;

pub fn id(number: u64) -> [u8; 6] {
    number.to_be_bytes()[2..].try_into().unwrap()
}

pub fn account() -> AccountId {
    AccountId::from_parts(1, id(1))
}

pub fn user(number: u64) -> UserId {
    UserId::from_parts(2, id(number))
}

pub fn new_task(number: u64) -> NewTask {
    let task_id = TaskId::from_parts(1_000 + number, id(number));
    NewTask {
        instruction: Some("what?".into()),
        price_micros: Some(40_000),
        ..NewTask::bare(task_id, "categorization")
    }
}

pub async fn insert(fixture: &Fixture, task: NewTask) -> Inserted {
    fixture
        .stores
        .live
        .write(move |tx| tasks::insert(tx, account(), &task))
        .await
        .map_err(|error: StoreError| error)
        .unwrap()
}

pub fn key_id(number: u64) -> KeyId {
    KeyId::from_parts(3, id(number))
}

/// Records that a key changed; gives the version.
pub async fn record(stores: &Stores, number: u64, now_ms: i64) -> i64 {
    stores
        .control
        .write(move |tx| {
            let key_id = key_id(number);
            feed::record(tx, account(), Change::Key(key_id.as_bytes()), now_ms)
        })
        .await
        .map_err(|error: StoreError| error)
        .unwrap()
}
