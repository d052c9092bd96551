//! What both engines owe every operation: statements, transactions, snapshots, hints.

use std::sync::atomic::Ordering;

use store::control::feed::{self};
use store::environment::task_lists::{self, TaskFilter};
use store::environment::tasks::{self, Inserted};
use store::{Hint, StoreError};

use crate::fixture::{Fixture, account, both_engines, insert, new_task, record};

both_engines! {
    every_statement_prepares => prepare_all;
    a_failing_closure_leaves_nothing => rollback;
    a_panicking_closure_fails_alone => panic_alone;
    migrations_run_twice => migrate_twice;
    a_snapshot_sees_one_state => snapshot;
    a_commit_elsewhere_is_hinted_at => hints;
    case_32_a_withdrawn_permit_rolls_back => withdrawn_permit;
}

async fn prepare_all(fixture: Fixture) {
    fixture.stores.prepare_all().await.unwrap();
}

async fn rollback(fixture: Fixture) {
    let live = &fixture.stores.live;
    let failed = live
        .write(|tx| -> Result<(), StoreError> {
            tasks::insert(tx, account(), &new_task(1))?;
            Err(StoreError::Busy)
        })
        .await;
    assert!(matches!(failed, Err(StoreError::Busy)));
    let counts = live
        .read(|tx| tasks::status_counts(tx, account()))
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    assert_eq!(counts.total(), 0);
}

async fn panic_alone(fixture: Fixture) {
    let live = fixture.stores.live.clone();
    let panicking = live.write(|_| -> Result<(), StoreError> { panic!("on purpose") });
    let (failed, stored) = tokio::join!(panicking, insert(&fixture, new_task(1)));
    assert!(matches!(failed, Err(StoreError::Panicked)));
    assert_eq!(stored, Inserted::Stored);
}

async fn migrate_twice(fixture: Fixture) {
    fixture.stores.migrate().await.unwrap();
}

async fn snapshot(fixture: Fixture) {
    let stores = &fixture.stores;
    let (reached, wait_reached) = std::sync::mpsc::channel::<()>();
    let (go_on, wait_go_on) = std::sync::mpsc::channel::<()>();
    let mut wait_go_on = Some(wait_go_on);
    let control = stores.control.clone();
    let reader = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(control.snapshot(move |tx| -> Result<_, StoreError> {
            let before = feed::version(tx)?;
            if let Some(wait) = wait_go_on.take() {
                reached.send(()).unwrap();
                wait.recv().unwrap();
            }
            Ok((before, feed::version(tx)?))
        }))
    });
    wait_reached.recv().unwrap();
    assert_eq!(record(stores, 1, 0).await, 1);
    go_on.send(()).unwrap();
    assert_eq!(reader.join().unwrap().unwrap(), (0, 0));
    // Nothing of it is left on the connection.
    for _ in 0..5 {
        let version = stores.control.snapshot(feed::version).await;
        assert_eq!(version.map_err(|error: StoreError| error).unwrap(), 1);
        let version = stores.control.read(feed::version).await;
        assert_eq!(version.map_err(|error: StoreError| error).unwrap(), 1);
    }
}

async fn hints(fixture: Fixture) {
    let (sender, receiver) = std::sync::mpsc::channel();
    let control = &fixture.stores.control;
    let listener = control.listen(move |hint| {
        let _ = sender.send(hint);
    });
    let long = std::time::Duration::from_secs(20);
    if control.is_shared() {
        // Tells that it listens now.
        assert_eq!(receiver.recv_timeout(long).unwrap(), Hint::Changed);
    }
    for number in 0..3 {
        record(&fixture.stores, number, 0).await;
        assert_eq!(receiver.recv_timeout(long).unwrap(), Hint::Changed);
        while receiver.try_recv().is_ok() {}
    }
    drop(listener);
    // The thread ends, and with it the sender.
    while receiver.recv_timeout(long).is_ok() {}
    assert_eq!(
        receiver.recv_timeout(long),
        Err(std::sync::mpsc::RecvTimeoutError::Disconnected)
    );
}

async fn withdrawn_permit(fixture: Fixture) {
    let is_withdrawn = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let asked = is_withdrawn.clone();
    let store = fixture
        .stores
        .live
        .with_permit(std::sync::Arc::new(move || {
            if asked.load(Ordering::SeqCst) {
                Err(StoreError::Busy)
            } else {
                Ok(())
            }
        }));
    let write = |number, withdraws: bool| {
        let is_withdrawn = is_withdrawn.clone();
        store.write(move |tx| -> Result<_, StoreError> {
            let inserted = tasks::insert(tx, account(), &new_task(number))?;
            is_withdrawn.fetch_or(withdraws, Ordering::SeqCst);
            Ok(inserted)
        })
    };
    assert_eq!(write(1, false).await.unwrap(), Inserted::Stored);
    // Withdrawn while the write is under way.
    assert!(matches!(write(2, true).await, Err(StoreError::Busy)));
    assert!(matches!(write(3, false).await, Err(StoreError::Busy)));
    let all = TaskFilter::default();
    let count = store
        .read(move |tx| task_lists::count(tx, account(), &all))
        .await;
    assert_eq!(count.map_err(|error: StoreError| error).unwrap(), 1);
}
