//! Every store operation on both engines. PostgreSQL is that of `WEIGHBRIDGE_TEST_POSTGRES`
//! (`scripts/with-postgres` starts one); each test has a database of its own.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::sync::atomic::{AtomicU64, Ordering};

use domain::{
    AccountId, CallbackId, ClaimId, MailTokenId, ProjectId, SessionId, TaskId, TaskStatus, UserId,
};
use store::control::attempts;
use store::control::mails::{self, Purpose};
use store::control::sessions::{self, NewSession};
use store::environment::callbacks::{self, NewAttempt, NewCallback, Next};
use store::environment::charges::{self, NewCharge};
use store::environment::claims::{self, ClaimState, QueuePlace};
use store::environment::task_lists::{self, TaskFilter};
use store::environment::tasks::{self, Inserted, NewTask};
use store::{Location, StoreError, Stores};

struct Fixture {
    stores: Stores,
    _folder: Option<tempfile::TempDir>,
}

async fn sqlite() -> Fixture {
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

async fn postgres() -> Fixture {
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
            async fn $name() { super::$body(super::sqlite().await).await; }
        )* }
        mod on_postgres { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() { super::$body(super::postgres().await).await; }
        )* }
    };
}

both_engines! {
    every_statement_prepares => prepare_all;
    a_task_is_stored_found_listed_and_counted => store_find_list_count;
    a_unique_id_is_taken_once_of_200 => unique_id_race;
    w1_50_parallel_claims_give_50_tasks => parallel_claims;
    w3_w4_order_is_priority_then_round_robin_then_age => claim_order;
    w6_a_lapsed_claim_returns_and_its_author_keeps_the_draft => lapsed_claim;
    completing_writes_charge_and_callback_once => complete_once;
    a_failing_closure_leaves_nothing => rollback;
    a_panicking_closure_fails_alone => panic_alone;
    callbacks_are_leased_once_and_lost_ones_again => callback_leases;
    migrations_run_twice => migrate_twice;
    attempts_are_counted_in_windows_and_parallel_ones_all => attempt_windows;
    failures_in_a_row_are_counted_until_they_are_cleared => failures_in_a_row;
    sessions_are_those_of_one_person => sessions_of_a_person;
    a_link_of_no_use_gets_no_digest => link_digests;
}

fn id(number: u64) -> [u8; 6] {
    number.to_be_bytes()[2..].try_into().unwrap()
}

fn account() -> AccountId {
    AccountId::from_parts(1, id(1))
}

fn user(number: u64) -> UserId {
    UserId::from_parts(2, id(number))
}

fn new_task(number: u64) -> NewTask {
    NewTask {
        task_id: TaskId::from_parts(1_000 + number, id(number)),
        task_type: "categorization",
        project: None,
        batch: None,
        project_param_version: None,
        unique_id: None,
        clear_unique_id_on_error: false,
        priority: None,
        instruction: Some("what?".into()),
        instruction_shown: None,
        callback_url: None,
        params: "{}".into(),
        metadata: "{}".into(),
        tags: None,
        price_micros: Some(40_000),
        made_up: None,
        held: false,
    }
}

async fn insert(fixture: &Fixture, task: NewTask) -> Inserted {
    fixture
        .stores
        .live
        .write(move |tx| tasks::insert(tx, account(), &task))
        .await
        .map_err(|error: StoreError| error)
        .unwrap()
}

async fn claim(fixture: &Fixture, user_number: u64, now_ms: i64) -> Option<claims::ClaimRow> {
    fixture
        .stores
        .live
        .write(move |tx| {
            let claim_id = ClaimId::from_parts(now_ms as u64, id(user_number));
            claims::take_next(tx, account(), user(user_number), claim_id, now_ms, 900_000)
        })
        .await
        .map_err(|error: StoreError| error)
        .unwrap()
}

async fn prepare_all(fixture: Fixture) {
    fixture.stores.prepare_all().await.unwrap();
}

async fn store_find_list_count(fixture: Fixture) {
    for number in 0..5 {
        let mut task = new_task(number);
        task.tags = Some(vec!["even".into(), format!("n{number}")]);
        task.unique_id = Some(format!("u{number}"));
        assert_eq!(insert(&fixture, task).await, Inserted::Stored);
    }
    let live = &fixture.stores.live;
    let (page, rest, counted, tagged, timed, one) = live
        .read(|tx| -> Result<_, StoreError> {
            let all = TaskFilter::default();
            let page = task_lists::list(tx, account(), &all, None, 2, 0)?;
            let after = page.last().map(|task| task.task_id);
            let tagged = TaskFilter {
                tags: vec!["even".into(), "n3".into()],
                ..all.clone()
            };
            let timed = TaskFilter {
                created_from: Some(1_001),
                created_to: Some(1_003),
                updated_from: Some(1_002),
                updated_to: Some(1_003),
                unique_ids: vec!["u2".into(), "u3".into(), "u4".into()],
                status: Some(TaskStatus::Pending),
                ..all.clone()
            };
            Ok((
                page,
                task_lists::list(tx, account(), &all, after, 10, 1)?,
                task_lists::count(tx, account(), &all)?,
                task_lists::list(tx, account(), &tagged, None, 10, 0)?,
                (
                    task_lists::list(tx, account(), &timed, None, 10, 0)?,
                    task_lists::count(tx, account(), &timed)?,
                ),
                tasks::find(tx, account(), TaskId::from_parts(1_003, id(3)))?,
            ))
        })
        .await
        .unwrap();
    let numbers = |rows: &[tasks::TaskRow]| -> Vec<i64> {
        rows.iter()
            .map(|row| row.task_id.time_ms() - 1_000)
            .collect()
    };
    assert_eq!(numbers(&page), [4, 3]);
    assert_eq!(numbers(&rest), [1, 0]);
    assert_eq!(counted, 5);
    assert_eq!(numbers(&tagged), [3]);
    assert_eq!((numbers(&timed.0), timed.1), (vec![3, 2], 2));
    assert_eq!(one.unwrap().unique_id.as_deref(), Some("u3"));
    let other = live
        .read(|tx| task_lists::count(tx, AccountId::from_parts(9, id(9)), &TaskFilter::default()))
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    assert_eq!(other, 0);
}

async fn unique_id_race(fixture: Fixture) {
    let mut running = tokio::task::JoinSet::new();
    for number in 0..200 {
        let live = fixture.stores.live.clone();
        running.spawn(async move {
            let mut task = new_task(number);
            task.unique_id = Some("same".into());
            live.write(move |tx| tasks::insert(tx, account(), &task))
                .await
                .map_err(|error: StoreError| error)
                .unwrap()
        });
    }
    let results = running.join_all().await;
    let stored = results
        .iter()
        .filter(|result| **result == Inserted::Stored)
        .count();
    assert_eq!((stored, results.len()), (1, 200));
}

async fn parallel_claims(fixture: Fixture) {
    for number in 0..50 {
        insert(&fixture, new_task(number)).await;
    }
    let fixture = std::sync::Arc::new(fixture);
    let mut running = tokio::task::JoinSet::new();
    for number in 0..50 {
        let fixture = fixture.clone();
        running.spawn(async move { claim(&fixture, number, 5_000).await.unwrap().task_id });
    }
    let claimed: std::collections::BTreeSet<_> = running.join_all().await.into_iter().collect();
    assert_eq!(claimed.len(), 50);
    assert!(claim(&fixture, 99, 5_000).await.is_none());
}

async fn claim_order(fixture: Fixture) {
    let project = |number| ProjectId::from_parts(10, id(number));
    for (number, (project_number, priority)) in [
        (1, None),
        (1, None),
        (1, None),
        (2, None),
        (1, Some(10)),
        (2, Some(30)),
    ]
    .into_iter()
    .enumerate()
    {
        let mut task = new_task(number as u64);
        task.project = Some(project(project_number));
        task.priority = priority;
        insert(&fixture, task).await;
    }
    let mut order = Vec::new();
    for number in 0..6 {
        order.push(
            claim(&fixture, number, 5_000)
                .await
                .unwrap()
                .task_id
                .time_ms()
                - 1_000,
        );
    }
    // Priorities first; then project 2 and 1 in turn (1 was served last), each its oldest.
    assert_eq!(order, [5, 4, 3, 0, 1, 2]);
}

async fn lapsed_claim(fixture: Fixture) {
    insert(&fixture, new_task(1)).await;
    let first = claim(&fixture, 1, 5_000).await.unwrap();
    let live = &fixture.stores.live;
    let claim_id = first.claim_id;
    live.write(move |tx| -> Result<_, StoreError> {
        claims::set_draft(tx, account(), claim_id, "{\"x\":1}", 1, 5_000, 5_500)?;
        assert_eq!(claims::expire(tx, 5_499, 10)?, 0);
        assert_eq!(claims::expire(tx, 5_500, 10)?, 1);
        Ok(())
    })
    .await
    .unwrap();
    let second = claim(&fixture, 2, 6_000).await.unwrap();
    assert_eq!(
        (second.task_id, second.draft, second.draft_version),
        (first.task_id, None, 0)
    );
    live.write(move |tx| -> Result<_, StoreError> {
        let place = QueuePlace {
            task_id: second.task_id,
            priority: None,
            project: None,
        };
        claims::end_returned(
            tx,
            account(),
            second.claim_id,
            place,
            ClaimState::Released,
            6_100,
        )
    })
    .await
    .unwrap();
    let again = claim(&fixture, 1, 7_000).await.unwrap();
    assert_eq!(
        (again.draft.as_deref(), again.draft_version),
        (Some("{\"x\":1}"), 1)
    );
}

async fn complete_once(fixture: Fixture) {
    insert(&fixture, new_task(1)).await;
    let live = &fixture.stores.live;
    let task_id = TaskId::from_parts(1_001, id(1));
    let complete = move |tx: &mut store::Tx<'_>| -> Result<bool, StoreError> {
        let task = tasks::lock(tx, account(), task_id)?.unwrap();
        if !tasks::complete(tx, account(), &task, "{\"category\":\"a\"}", user(1), 9_000)? {
            return Ok(false);
        }
        let charge = NewCharge {
            task_id,
            task_type: &task.task_type,
            project: None,
            user: user(1),
            amount_micros: 40_000,
            created_at: 9_000,
        };
        charges::insert(tx, account(), &charge)?;
        Ok(true)
    };
    let (one, two) = tokio::join!(live.write(complete), live.write(complete));
    assert_eq!(
        [one.unwrap(), two.unwrap()]
            .iter()
            .filter(|done| **done)
            .count(),
        1
    );
    let (days, counts) = live
        .read(|tx| -> Result<_, StoreError> {
            Ok((
                charges::by_day(tx, account(), 0, 86_400_000)?,
                tasks::status_counts(tx, account())?,
            ))
        })
        .await
        .unwrap();
    assert_eq!(
        (days.len(), days[0].tasks, days[0].amount_micros),
        (1, 1, 40_000)
    );
    assert_eq!((counts.pending, counts.completed), (0, 1));
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

async fn migrate_twice(fixture: Fixture) {
    fixture.stores.migrate().await.unwrap();
}

async fn attempt_windows(fixture: Fixture) {
    let control = &fixture.stores.control;
    let count = |now_ms: i64| control.write(move |tx| attempts::count(tx, &[1; 32], 1_000, now_ms));
    let first = count(5_000)
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    assert_eq!((first.window_start, first.attempts), (5_000, 1));
    let parallel = futures_util::future::join_all((0..20).map(|_| count(5_999))).await;
    let mut counts: Vec<i64> = parallel
        .into_iter()
        .map(|counted: Result<_, StoreError>| counted.unwrap().attempts)
        .collect();
    counts.sort_unstable();
    assert_eq!(counts, (2..=21).collect::<Vec<_>>());
    let next = count(6_000).await.unwrap();
    assert_eq!((next.window_start, next.attempts), (6_000, 1));
    control
        .write(|tx| -> Result<(), StoreError> {
            attempts::give_back(tx, &[1; 32])?;
            attempts::give_back(tx, &[1; 32])?;
            assert_eq!(attempts::find(tx, &[1; 32])?.unwrap().attempts, 0);
            attempts::forget_old(tx, 6_001, 0)?;
            assert!(attempts::find(tx, &[1; 32])?.is_none());
            Ok(())
        })
        .await
        .unwrap();
}

async fn failures_in_a_row(fixture: Fixture) {
    fixture
        .stores
        .control
        .write(|tx| -> Result<(), StoreError> {
            let subject = [2; 32];
            assert_eq!(attempts::failures(tx, &subject)?, None);
            assert_eq!(attempts::add_failure(tx, &subject, 10)?, 1);
            assert_eq!(attempts::add_failure(tx, &subject, 20)?, 2);
            attempts::take_failure_back(tx, &subject)?;
            assert_eq!(attempts::failures(tx, &subject)?, Some((1, 20)));
            attempts::clear_failures(tx, &subject)?;
            assert_eq!(attempts::failures(tx, &subject)?, None);
            Ok(())
        })
        .await
        .unwrap();
}

async fn sessions_of_a_person(fixture: Fixture) {
    let session = |number: u8, of: u64| NewSession {
        digest: [number; 32],
        session_id: SessionId::from_parts(3, [number; 6]),
        account_id: account(),
        user_id: user(of),
        user_agent: "a browser".to_owned(),
        address: "192.0.2.1".to_owned(),
    };
    fixture
        .stores
        .control
        .write(move |tx| -> Result<(), StoreError> {
            for (number, of) in [(1, 1), (2, 1), (3, 1), (4, 2)] {
                sessions::insert(tx, &session(number, of), i64::from(number))?;
            }
            let (ours, theirs) = (session(1, 1).session_id, session(4, 2).session_id);
            assert!(!sessions::delete_one(tx, account(), user(1), theirs)?);
            assert_eq!(sessions::of_user(tx, account(), user(1))?.len(), 3);
            assert_eq!(sessions::count_wrong_password(tx, &[1; 32])?, Some(1));
            assert_eq!(sessions::count_wrong_password(tx, &[1; 32])?, Some(2));
            assert!(sessions::renew(tx, &[1; 32], &[9; 32], 50)?);
            assert!(!sessions::renew(tx, &[1; 32], &[8; 32], 50)?);
            assert_eq!(sessions::count_wrong_password(tx, &[1; 32])?, None);
            assert_eq!(sessions::count_wrong_password(tx, &[9; 32])?, Some(1));
            assert_eq!(sessions::delete_others(tx, account(), user(1), ours)?, 2);
            assert_eq!(sessions::of_user(tx, account(), user(1))?.len(), 1);
            assert_eq!(sessions::of_user(tx, account(), user(2))?.len(), 1);
            assert_eq!(sessions::delete_of_user(tx, account(), user(1))?, 1);
            assert!(!sessions::see_network(
                tx,
                account(),
                user(1),
                "192.0.2.1",
                1
            )?);
            assert!(sessions::see_network(
                tx,
                account(),
                user(1),
                "192.0.2.1",
                2
            )?);
            assert!(!sessions::see_network(
                tx,
                account(),
                user(2),
                "192.0.2.1",
                3
            )?);
            Ok(())
        })
        .await
        .unwrap();
}

async fn link_digests(fixture: Fixture) {
    fixture
        .stores
        .control
        .write(|tx| -> Result<(), StoreError> {
            let make = |tx: &mut store::Tx<'_>, number: u8| {
                let token = MailTokenId::from_parts(4, [number; 6]);
                let (of, purpose) = (*user(1).as_bytes(), Purpose::Reset);
                mails::insert_token(tx, token, account(), purpose, &of, "a@example.com", 0)?;
                Ok::<_, StoreError>(token)
            };
            let (first, second) = (make(tx, 1)?, make(tx, 2)?);
            assert!(!mails::set_token_digest(tx, first, &[1; 32], 1)?);
            assert!(mails::set_token_digest(tx, second, &[2; 32], 1)?);
            let late = Purpose::Reset.life_ms();
            assert!(!mails::set_token_digest(tx, second, &[3; 32], late)?);
            assert!(mails::find_token(tx, &[2; 32])?.is_some());
            assert!(mails::use_token(tx, second, 2)?);
            assert!(!mails::use_token(tx, second, 2)?);
            assert!(!mails::set_token_digest(tx, second, &[4; 32], 3)?);
            Ok(())
        })
        .await
        .unwrap();
}
