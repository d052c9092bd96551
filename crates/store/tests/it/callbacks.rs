//! Callbacks and their leases.

use domain::CallbackId;
use store::StoreError;
use store::environment::callbacks::{self, NewAttempt, NewCallback, Next};

use crate::fixture::{Fixture, account, both_engines, id};

both_engines! {
    callbacks_are_leased_once_and_lost_ones_again => callback_leases;
}

async fn callback_leases(fixture: Fixture) {
    let live = &fixture.stores.live;
    live.write(|tx| -> Result<(), StoreError> {
        for number in 0..10 {
            let callback = NewCallback {
                callback_id: CallbackId::from_parts(1_000, id(number)),
                task_id: None,
                batch_id: None,
                event: "task.completed",
                sequence: 1,
                url: "http://127.0.0.1:1/",
                body: b"{}",
                delay_ms: 0,
            };
            callbacks::insert(tx, account(), &callback)?;
        }
        Ok(())
    })
    .await
    .unwrap();
    let lease = |owner: &'static str, now: i64| {
        live.write(move |tx| callbacks::lease_due(tx, owner, now, now + 60_000, 10))
    };
    let (one, two) = tokio::join!(lease("a", 2_000), lease("b", 2_000));
    let (one, two): (Result<Vec<_>, StoreError>, Result<Vec<_>, StoreError>) = (one, two);
    let (one, two) = (one.unwrap(), two.unwrap());
    let ids: std::collections::BTreeSet<_> = one
        .iter()
        .chain(&two)
        .map(|callback| callback.callback_id)
        .collect();
    assert!(
        one.len() + two.len() == ids.len(),
        "a callback was leased twice"
    );
    let late = one.into_iter().chain(two).next().unwrap();
    let again: Vec<callbacks::LeasedCallback> = live
        .write(|tx| callbacks::lease_due(tx, "c", 62_001, 122_000, 10))
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    assert!(
        again
            .iter()
            .any(|callback| callback.callback_id == late.callback_id && callback.worker_lost)
    );
    let attempt = NewAttempt {
        started_at: 2_000,
        duration_ms: Some(5),
        address: None,
        http_status: Some(200),
        outcome: "delivered".into(),
        detail: None,
    };
    let stale = live
        .write(move |tx| {
            callbacks::record_attempt(tx, &late, &attempt, 1, 2_000, Next::Delivered, 62_002)
        })
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    assert!(
        !stale,
        "a worker that slept through its lease must not overwrite its successor"
    );
}
