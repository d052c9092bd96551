//! The purge of old callbacks: what it takes, what it spares, and that it goes on where it stopped.

use domain::{AccountId, CallbackId};
use store::environment::callback_claims::{Claimer, LeasedCallback};
use store::environment::callback_purge::{self, Progress, Purge, STEP_ROWS_MAX};
use store::environment::callback_results::{self, Finish, NewAttempt, Next};
use store::environment::callbacks::{self, NewCallback};
use store::environment::delivery_clock::DeliveryClock;
use store::{StoreError, Tx};

use crate::fixture::{Fixture, account, both_engines, id};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const NOW_MS: i64 = 1_800_000_000_000;
const TARGET: &str = "http://127.0.0.1:1";

both_engines! {
    bodies_go_first_rows_later_and_what_waits_is_spared => purge_by_age;
    a_sweep_goes_on_where_it_stopped => resumed;
}

fn callback_id(days_ago: i64, number: u64) -> CallbackId {
    CallbackId::from_parts((NOW_MS - days_ago * DAY_MS).unsigned_abs(), id(number))
}

fn lease_due(
    tx: &mut Tx<'_>,
    of: AccountId,
    now_ms: i64,
) -> Result<Vec<LeasedCallback>, StoreError> {
    let claimer = Claimer {
        owner: "w",
        now_ms,
        clock: DeliveryClock::default(),
    };
    claimer.lease_due(tx, of, TARGET, 10_000)
}

/// Inserts callbacks, sends them, and lets them end as `next` says.
async fn insert(fixture: &Fixture, of: AccountId, ids: Vec<CallbackId>, next: Next) {
    let live = &fixture.stores.live;
    live.write(move |tx| -> Result<(), StoreError> {
        for callback_id in &ids {
            let callback = NewCallback {
                callback_id: *callback_id,
                task_id: None,
                batch_id: None,
                of_batch: None,
                project_id: None,
                event: "task.completed",
                sequence: 1,
                url: "http://127.0.0.1:1/",
                target: TARGET,
                body: b"{}",
                delay_ms: 0,
                is_trial: false,
            };
            callbacks::insert(tx, of, &callback)?;
        }
        for callback in lease_due(tx, of, NOW_MS)? {
            let finish = Finish {
                callback: &callback,
                next,
                tries: 1,
                window_start: Some(NOW_MS),
                first_try_at: Some(NOW_MS),
                status: None,
                outcome: "delivered",
                latency_ms: None,
                now_ms: NOW_MS,
            };
            callback_results::finish(tx, &finish)?;
            let attempt = NewAttempt::without_exchange(NOW_MS, "delivered", "");
            callback_results::add_attempt(tx, of, callback.callback_id, &attempt)?;
        }
        Ok(())
    })
    .await
    .unwrap();
}

async fn step(fixture: &Fixture, purge: Purge, kept_days: i64, now_ms: i64) -> Progress {
    let live = &fixture.stores.live;
    live.write(move |tx| callback_purge::step(tx, purge, kept_days * DAY_MS, DAY_MS, now_ms))
        .await
        .map_err(|error: StoreError| error)
        .unwrap()
}

/// Ids that still have attempts: those whose rows are there.
async fn with_rows(fixture: &Fixture, of: AccountId, ids: &[CallbackId]) -> Vec<CallbackId> {
    let ids = ids.to_vec();
    let live = &fixture.stores.live;
    live.read(move |tx| -> Result<_, StoreError> {
        let mut kept = Vec::new();
        for callback_id in &ids {
            if !callbacks::attempts(tx, of, *callback_id)?.is_empty() {
                kept.push(*callback_id);
            }
        }
        Ok(kept)
    })
    .await
    .unwrap()
}

async fn purge_by_age(fixture: Fixture) {
    let other = AccountId::from_parts(2, id(2));
    let ended = vec![
        callback_id(500, 1),
        callback_id(401, 2),
        callback_id(100, 3),
        callback_id(1, 4),
    ];
    let waiting = vec![callback_id(500, 11), callback_id(100, 12)];
    insert(&fixture, account(), ended.clone(), Next::Delivered).await;
    insert(&fixture, other, vec![callback_id(500, 21)], Next::Failed).await;
    let later = Next::TryAt(NOW_MS + DAY_MS);
    insert(&fixture, account(), waiting.clone(), later).await;

    let bodies = step(&fixture, Purge::Bodies, 90, NOW_MS).await;
    // Three of this account, one of the other.
    assert_eq!(
        (bodies.purged, bodies.purged_total, bodies.started_at),
        (4, 4, None)
    );
    assert_eq!(bodies.finished_at, Some(NOW_MS));
    assert_eq!(with_rows(&fixture, account(), &ended).await, ended);

    let rows = step(&fixture, Purge::Rows, 400, NOW_MS).await;
    assert_eq!(rows.purged, 3);
    assert_eq!(with_rows(&fixture, account(), &ended).await, ended[2..]);
    assert_eq!(with_rows(&fixture, account(), &waiting).await, waiting);
    assert!(
        with_rows(&fixture, other, &[callback_id(500, 21)])
            .await
            .is_empty()
    );

    // Not again before a day is over; then only what has come of age.
    let idle = step(&fixture, Purge::Bodies, 90, NOW_MS + DAY_MS - 1).await;
    assert_eq!((idle.purged, idle.started_at), (4, None));
    let next = step(&fixture, Purge::Bodies, 90, NOW_MS + DAY_MS).await;
    assert_eq!((next.purged, next.purged_total), (0, 4));

    // What waited is due again, and its body is still there to be sent.
    let live = &fixture.stores.live;
    let due = live
        .write(|tx| lease_due(tx, account(), NOW_MS + DAY_MS))
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    let mut found: Vec<_> = due.iter().map(|leased| leased.callback_id).collect();
    found.sort_unstable();
    assert_eq!(found, waiting);
    assert!(
        due.into_iter()
            .all(|leased| leased.body.into_bytes().unwrap() == b"{}")
    );
}

async fn resumed(fixture: Fixture) {
    let many = (STEP_ROWS_MAX + 500).unsigned_abs();
    let ids: Vec<_> = (0..many).map(|number| callback_id(500, number)).collect();
    insert(&fixture, account(), ids.clone(), Next::Delivered).await;
    let first = step(&fixture, Purge::Rows, 400, NOW_MS).await;
    assert_eq!(
        (first.purged, first.started_at),
        (STEP_ROWS_MAX, Some(NOW_MS))
    );
    let seen = fixture
        .stores
        .live
        .read(|tx| callback_purge::progress(tx, Purge::Rows))
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    assert_eq!(seen, Some(first));
    // Another process, a little later: it takes no more than the sweep was to take.
    let last = step(&fixture, Purge::Rows, 0, NOW_MS + 1).await;
    assert_eq!((last.purged, last.started_at), (STEP_ROWS_MAX + 500, None));
    assert_eq!(last.next_at, NOW_MS + DAY_MS);
    assert!(with_rows(&fixture, account(), &ids).await.is_empty());
}
