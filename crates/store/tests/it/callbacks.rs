//! Callbacks, their leases and their order.

use domain::{CallbackId, TaskId};
use store::environment::callback_claims::{self, Claimer, LEASE_MS, LeasedCallback};
use store::environment::callback_results::{self, Finish, Finished, Next};
use store::environment::callback_targets::{self, TargetRow, Trust};
use store::environment::callbacks::{self, NewCallback};
use store::environment::delivery_clock::{self, DeliveryClock};
use store::environment::{callback_bodies, callback_holds, callback_repairs};
use store::{StoreError, Tx};

use crate::fixture::{Fixture, account, both_engines, id};

both_engines! {
    case_131_callbacks_are_leased_once_and_lost_ones_again => leases;
    case_130_a_newer_state_waits_for_the_first_try_of_the_older => order;
    bodies_of_any_size_come_back_byte_for_byte => bodies;
    case_136_time_without_a_worker_is_counted_once => clock;
    case_129_held_callbacks_come_back_in_order => holds;
    a_receiver_that_is_not_looked_at_is_found => repairs;
    case_123_a_second_410_pauses_the_url => gone;
    case_126_receivers_are_found_by_how_far_they_have_proven_themselves => by_trust;
}

const TARGET: &str = "http://127.0.0.1:1";

/// Callback `number` of a task, made at `number` ms.
fn new_callback(number: u64, task: Option<u64>, sequence: i64) -> NewCallback<'static> {
    NewCallback {
        callback_id: CallbackId::from_parts(number, id(number)),
        task_id: task.map(task_id),
        batch_id: None,
        of_batch: None,
        project_id: None,
        event: "task.completed",
        sequence,
        url: "http://127.0.0.1:1/",
        target: TARGET,
        body: b"{}",
        delay_ms: 0,
        is_trial: false,
    }
}

fn task_id(number: u64) -> TaskId {
    TaskId::from_parts(number, id(number))
}

impl Fixture {
    /// Runs a store function on the live database.
    async fn run<T: Send + 'static>(
        &self,
        mut work: impl FnMut(&mut Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.stores.live.write(move |tx| work(tx)).await.unwrap()
    }

    async fn insert_callback(&self, callback: NewCallback<'static>) {
        self.run(move |tx| callbacks::insert(tx, account(), &callback))
            .await;
    }

    async fn lease(&self, owner: &'static str, now_ms: i64) -> Vec<LeasedCallback> {
        self.run(move |tx| {
            let claimer = Claimer {
                owner,
                now_ms,
                clock: DeliveryClock::default(),
            };
            claimer.lease_due(tx, account(), TARGET, 100)
        })
        .await
    }

    async fn end(&self, callback: &LeasedCallback, next: Next, now_ms: i64) -> Finished {
        let callback = callback.clone();
        self.run(move |tx| {
            callback_results::note_task_result(tx, &callback, next.task_result(), now_ms)?;
            let finish = Finish {
                callback: &callback,
                next,
                tries: callback.tries + 1,
                window_start: Some(now_ms),
                first_try_at: Some(now_ms),
                status: Some(200),
                outcome: "delivered",
                latency_ms: Some(5),
                now_ms,
            };
            callback_results::finish(tx, &finish)
        })
        .await
    }

    async fn target(&self) -> TargetRow {
        self.run(|tx| callback_targets::lock(tx, account(), TARGET))
            .await
    }

    async fn states(&self, task: u64) -> Vec<(String, Option<i64>)> {
        let rows = self
            .run(move |tx| callbacks::of_task(tx, account(), task_id(task)))
            .await;
        rows.into_iter()
            .map(|row| (row.state, row.next_try_at))
            .collect()
    }
}

async fn leases(fixture: Fixture) {
    for number in 0..10 {
        fixture
            .insert_callback(new_callback(1_000 + number, None, 1))
            .await;
    }
    let (one, two) = tokio::join!(fixture.lease("a", 2_000), fixture.lease("b", 2_000));
    let ids: std::collections::BTreeSet<_> = one
        .iter()
        .chain(&two)
        .map(|callback| callback.callback_id)
        .collect();
    assert_eq!((one.len() + two.len(), ids.len()), (10, 10));
    let late = one.into_iter().chain(two).next().unwrap();
    let over = 2_000 + LEASE_MS;
    let early = fixture
        .run(move |tx| callback_claims::return_lapsed(tx, over - 1, 100))
        .await;
    let returned = fixture
        .run(move |tx| callback_claims::return_lapsed(tx, over, 100))
        .await;
    assert_eq!((early, returned), (0, 10));
    let again = fixture.lease("c", over).await;
    assert_eq!(again.len(), 10);
    let callback_id = late.callback_id;
    let attempts = fixture
        .run(move |tx| callbacks::attempts(tx, account(), callback_id))
        .await;
    assert_eq!(attempts[0].outcome, "worker_lost");
    let stale = fixture.end(&late, Next::Delivered, over + 1).await;
    assert!(
        !stale.is_ours,
        "a worker that slept through its lease must not overwrite its successor"
    );
    let successor = again
        .iter()
        .find(|callback| callback.callback_id == callback_id)
        .unwrap();
    assert_eq!(successor.tries, 0, "a lost attempt is not counted");
    let ours = fixture.end(successor, Next::Delivered, over + 2).await;
    assert!(ours.is_ours);
}

async fn order(fixture: Fixture) {
    fixture.insert_callback(new_callback(1, Some(7), 1)).await;
    let first = fixture.lease("a", 10).await.remove(0);
    fixture.insert_callback(new_callback(20, Some(7), 2)).await;
    assert!(fixture.lease("a", 30).await.is_empty(), "1 is under way");
    // Its first try fails: it gives way.
    let ended = fixture.end(&first, Next::TryAt(5_000), 40).await;
    assert_eq!(
        (ended.state, ended.woken.as_deref()),
        ("superseded", Some(TARGET))
    );
    let second = fixture.lease("a", 50).await.remove(0);
    assert_eq!(second.sequence, 2);
    let ended = fixture.end(&second, Next::TryAt(6_000), 60).await;
    assert_eq!((ended.state, ended.next_try_at), ("pending", Some(6_000)));
    // It was tried already when the third comes: it gives way at once.
    fixture.insert_callback(new_callback(70, Some(7), 3)).await;
    let states = fixture.states(7).await;
    assert_eq!(states[1].0, "superseded");
    assert_eq!(states[2], ("pending".to_owned(), Some(70)));
    let third = fixture.lease("a", 80).await.remove(0);
    fixture.insert_callback(new_callback(90, Some(7), 4)).await;
    assert_eq!(fixture.states(7).await[3], ("pending".to_owned(), None));
    // Delivered: the fourth may go.
    fixture.end(&third, Next::Delivered, 100).await;
    assert_eq!(fixture.lease("a", 110).await.len(), 1);
}

async fn bodies(fixture: Fixture) {
    let long: &'static [u8] = vec![b'x'; 100_000].leak();
    for (number, body) in [
        (1, &b"{}"[..]),
        (2, &long[..4_095]),
        (3, &long[..4_096]),
        (4, long),
    ] {
        let callback = NewCallback {
            body,
            ..new_callback(number, None, 1)
        };
        let callback_id = callback.callback_id;
        fixture.insert_callback(callback).await;
        let found = fixture
            .run(move |tx| callback_bodies::find(tx, account(), callback_id))
            .await;
        assert_eq!(found.as_deref(), Some(body));
    }
    let leased = fixture.lease("a", 10).await;
    assert!(leased[3].body.size() < 1_000, "a long body is compressed");
    assert_eq!(leased[3].body.clone().into_bytes().unwrap(), long);
}

async fn clock(fixture: Fixture) {
    for (now_ms, away_ms, resumed_at) in [
        (1_000, 0, 1_000),
        (60_000, 0, 1_000),
        (120_001, 60_001, 120_001),
        // The other process that came back at the same time.
        (120_001, 60_001, 120_001),
        (125_000, 60_001, 120_001),
    ] {
        let clock = fixture
            .run(move |tx| {
                delivery_clock::tick(tx, now_ms)?;
                delivery_clock::read(tx)
            })
            .await;
        let expected = DeliveryClock {
            away_ms,
            resumed_at,
        };
        assert_eq!(clock, expected, "at {now_ms}");
    }
}

async fn holds(fixture: Fixture) {
    fixture.insert_callback(new_callback(1, Some(7), 1)).await;
    fixture
        .run(|tx| callback_targets::pause(tx, account(), TARGET, "person", 5))
        .await;
    let held = fixture
        .run(|tx| callback_holds::hold(tx, account(), TARGET, 6))
        .await;
    assert_eq!(held, 1);
    fixture.insert_callback(new_callback(10, Some(7), 2)).await;
    let states = fixture.states(7).await;
    assert!(
        states.iter().all(|(state, _)| state == "held"),
        "{states:?}"
    );
    fixture
        .run(|tx| callback_targets::resume(tx, account(), TARGET, 100))
        .await;
    assert!(fixture.target().await.releasing);
    let released = fixture
        .run(|tx| callback_holds::release(tx, account(), TARGET, true, 100))
        .await;
    assert_eq!(released, 2);
    let first = fixture.lease("a", 110).await;
    assert_eq!(first.len(), 1, "the second waits for the first");
    assert_eq!(first[0].sequence, 1);
    fixture.end(&first[0], Next::Delivered, 120).await;
    assert_eq!(fixture.lease("a", 130).await[0].sequence, 2);

    // Held for over a week.
    fixture
        .run(|tx| callback_targets::pause(tx, account(), TARGET, "person", 200))
        .await;
    fixture.insert_callback(new_callback(210, None, 1)).await;
    for (before, number) in [(210, 0), (211, 1)] {
        let given_up = fixture
            .run(move |tx| callback_holds::give_up_held(tx, account(), TARGET, before, 9_000))
            .await;
        assert_eq!(given_up, number);
    }
}

async fn repairs(fixture: Fixture) {
    fixture.insert_callback(new_callback(1, None, 1)).await;
    let seen = fixture
        .run(|tx| callback_repairs::unseen_queues(tx, None, 10))
        .await;
    assert!(seen.unseen.is_empty() && seen.reached.is_none());
    let mut target = fixture.target().await;
    assert_eq!(target.next_due_at, Some(1));
    target.next_due_at = None;
    fixture
        .run(move |tx| callback_targets::save(tx, &target))
        .await;
    let seen = fixture
        .run(|tx| callback_repairs::unseen_queues(tx, None, 10))
        .await;
    assert_eq!(seen.unseen, [(account(), TARGET.to_owned())]);

    // One of an earlier version.
    let callback = NewCallback {
        target: "",
        ..new_callback(2, None, 1)
    };
    fixture.insert_callback(callback).await;
    let give = |tx: &mut Tx<'_>| callback_repairs::give_targets(tx, |_| TARGET.to_owned(), 50);
    assert_eq!((fixture.run(give).await, fixture.run(give).await), (1, 0));
    assert_eq!(fixture.target().await.next_due_at, Some(50));
    assert_eq!(fixture.lease("a", 60).await.len(), 2);
}

async fn gone(fixture: Fixture) {
    let note = |tx: &mut Tx<'_>| {
        callback_targets::note_gone(tx, account(), TARGET, "http://127.0.0.1:1/", 10)
    };
    fixture.insert_callback(new_callback(1, None, 1)).await;
    assert!(fixture.run(note).await, "the first of this URL");
    assert_eq!(fixture.lease("a", 20).await.len(), 1);
    fixture.insert_callback(new_callback(2, None, 1)).await;
    assert!(!fixture.run(note).await);
    assert!(
        fixture.lease("a", 30).await.is_empty(),
        "what waits is held"
    );
    let mut target = fixture.target().await;
    target.gone_urls = 1;
    fixture
        .run(move |tx| callback_targets::save(tx, &target))
        .await;
    fixture.insert_callback(new_callback(3, Some(7), 1)).await;
    assert_eq!(fixture.states(7).await[0].0, "held");
    // A person's resume takes the URL along, the end of another pause does not.
    for (with_gone, number) in [(false, 0), (true, 2)] {
        let released = fixture
            .run(move |tx| callback_holds::release(tx, account(), TARGET, with_gone, 40))
            .await;
        assert_eq!(released, number);
    }
}

async fn by_trust(fixture: Fixture) {
    const TARGETS: [&str; 6] = [
        "http://127.0.0.1:1",
        "http://127.0.0.1:2",
        "http://127.0.0.1:3",
        "http://127.0.0.1:4",
        "http://127.0.0.1:5",
        "http://127.0.0.1:6",
    ];
    for (number, target) in (1..).zip(TARGETS) {
        let callback = NewCallback {
            target,
            ..new_callback(number, None, 1)
        };
        fixture.insert_callback(callback).await;
    }
    // The first two stay new. The next are well, fail, are open, and fail after having been well.
    fixture
        .run(|tx| {
            for (number, target) in TARGETS.into_iter().enumerate().skip(2) {
                let mut row = callback_targets::lock(tx, account(), target)?;
                row.last_success_at = matches!(number, 2 | 5).then_some(1);
                row.failures = i64::from(matches!(number, 3 | 5));
                row.open_ms = (number == 4).then_some(10_000);
                row.served_at = 10 - number as i64;
                callback_targets::save(tx, &row)?;
            }
            Ok(())
        })
        .await;
    let due = |trust| {
        fixture.run(move |tx| {
            let rows = callback_targets::due(tx, 1_000, trust, 10)?;
            assert!(rows.iter().all(|row| row.trust() == trust), "{rows:?}");
            Ok(rows.into_iter().map(|row| row.target).collect::<Vec<_>>())
        })
    };
    assert_eq!(due(Trust::Proven).await, [TARGETS[2]]);
    assert_eq!(
        due(Trust::New).await,
        [TARGETS[1], TARGETS[0]],
        "the newest first"
    );
    let failing = [TARGETS[5], TARGETS[4], TARGETS[3]];
    assert_eq!(
        due(Trust::Failing).await,
        failing,
        "the least recently served first"
    );
}
