//! Claims and the queue.

use domain::{ClaimId, ProjectId};
use store::StoreError;
use store::environment::claims::{self, ClaimState, QueuePlace};

use crate::fixture::{Fixture, account, both_engines, id, insert, new_task, user};

both_engines! {
    w1_50_parallel_claims_give_50_tasks => parallel_claims;
    w3_w4_order_is_priority_then_round_robin_then_age => claim_order;
    w6_a_lapsed_claim_returns_and_its_author_keeps_the_draft => lapsed_claim;
    case_86_tasks_of_a_deactivated_person_return => revoked_claims;
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

async fn revoked_claims(fixture: Fixture) {
    for number in 1..=2 {
        insert(&fixture, new_task(number)).await;
    }
    let held = claim(&fixture, 1, 10_000).await.unwrap();
    let other = claim(&fixture, 2, 10_000).await.unwrap();
    let live = &fixture.stores.live;
    let revoke = async || {
        live.write(|tx| claims::revoke_of_user(tx, account(), user(1), 11_000))
            .await
            .map_err(|error: StoreError| error)
            .unwrap()
    };
    assert_eq!(revoke().await, 1);
    assert_eq!(revoke().await, 0);
    let (held, other) = live
        .read(move |tx| -> Result<_, StoreError> {
            let mut state = |claim_id| claims::find(tx, account(), claim_id);
            Ok((state(held.claim_id)?, state(other.claim_id)?))
        })
        .await
        .unwrap();
    assert_eq!(held.as_ref().unwrap().state, ClaimState::Revoked);
    assert_eq!(other.unwrap().state, ClaimState::Active);
    let next = claim(&fixture, 3, 12_000).await.unwrap();
    assert_eq!(next.task_id, held.unwrap().task_id);
}
