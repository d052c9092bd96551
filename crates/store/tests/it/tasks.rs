//! Tasks: stored, found, listed, counted, completed.

use domain::{AccountId, TaskId, TaskStatus};
use store::StoreError;
use store::environment::charges::{self, NewCharge};
use store::environment::task_lists::{self, TaskFilter};
use store::environment::tasks::{self, Inserted};

use crate::fixture::{Fixture, account, both_engines, id, insert, new_task, user};

both_engines! {
    a_task_is_stored_found_listed_and_counted => store_find_list_count;
    a_unique_id_is_taken_once_of_200 => unique_id_race;
    completing_writes_charge_and_callback_once => complete_once;
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
