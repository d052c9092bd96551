//! No older state of a task after a newer one (cases 116 and 130).

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::harness::{Delivering, Got, Receiver, Reply};
use crate::app::{TestApp, both_engines};

/// Sequences that a receiver saw of a task, by the path.
fn seen(got: &[Got], path: &str) -> Vec<i64> {
    got.iter()
        .filter(|one| one.path == path)
        .map(|one| one.json()["sequence"].as_i64().unwrap())
        .collect()
}

/// What happens to a task, one after the other.
#[derive(Clone, Debug)]
enum Step {
    /// It changes.
    Change,
    /// Time goes by, ms.
    Wait(i64),
}

/// Histories of tasks and the answers that the receiver gives in turn.
fn histories() -> impl Strategy<Value = (Vec<Vec<Step>>, Vec<u16>)> {
    let step = prop_oneof![
        3 => Just(Step::Change),
        2 => (0_i64..30_000).prop_map(Step::Wait),
        1 => (30_000_i64..400_000).prop_map(Step::Wait),
    ];
    let answer = prop_oneof![
        4 => Just(200_u16),
        3 => Just(500_u16),
        1 => Just(404_u16),
        1 => Just(429_u16),
    ];
    (
        prop::collection::vec(prop::collection::vec(step, 1..8), 1..5),
        prop::collection::vec(answer, 1..20),
    )
}

both_engines! {
    async fn case_130_a_failed_state_gives_way_to_the_newer_one(app: TestApp) {
        // Fails once, at the first state.
        let receiver =
            Receiver::start(&app, |number, _| Reply::status(if number == 0 { 500 } else { 200 })).await;
        let delivering = Delivering::start(app);
        let task_id = delivering.new_task_id();
        for sequence in 1..=3 {
            delivering.insert(&receiver.url, task_id, sequence).await;
        }
        delivering.advance(600_000).await;
        assert_eq!(seen(&receiver.got(), "/cb"), [1, 2, 3]);
        let states: Vec<String> = delivering
            .callbacks_of(task_id)
            .await
            .into_iter()
            .map(|callback| callback.state)
            .collect();
        assert_eq!(states, ["superseded", "delivered", "delivered"]);
    }

    async fn case_130_what_a_receiver_sees_of_a_task_never_falls(app: TestApp) {
        let answers = std::sync::Arc::new(std::sync::Mutex::new(vec![200_u16]));
        let asked = answers.clone();
        let receiver = Receiver::start(&app, move |number, _| {
            let answers = asked.lock().unwrap();
            Reply::status(answers[number % answers.len()])
        })
        .await;
        let delivering = Delivering::start(app);
        let mut runner = TestRunner::deterministic();
        for round in 0..12 {
            let (tasks, given) = histories().new_tree(&mut runner).unwrap().current();
            answers.lock().unwrap().clone_from(&given);
            let tasks: Vec<_> = tasks.into_iter().map(|steps| (delivering.new_task_id(), steps)).collect();
            let mut sequences = vec![0; tasks.len()];
            let longest = tasks.iter().map(|(_, steps)| steps.len()).max().unwrap();
            for index in 0..longest {
                for (number, (task_id, steps)) in tasks.iter().enumerate() {
                    match steps.get(index) {
                        Some(Step::Change) => {
                            sequences[number] += 1;
                            let url = format!("{}/{task_id}", receiver.url);
                            delivering.insert(&url, *task_id, sequences[number]).await;
                        }
                        Some(Step::Wait(ms)) => delivering.advance(*ms).await,
                        None => {}
                    }
                }
            }
            answers.lock().unwrap().splice(.., [200]);
            delivering.advance(3_600_000).await;
            for ((task_id, steps), last) in tasks.iter().zip(sequences) {
                let seen = seen(&receiver.got(), &format!("/cb/{task_id}"));
                assert!(seen.is_sorted(), "round {round}: {seen:?} by {given:?} of {steps:?}");
                let callbacks = delivering.callbacks_of(*task_id).await;
                assert_eq!(
                    seen.last().copied().unwrap_or(0),
                    last,
                    "the newest arrives: {steps:?}, {callbacks:?}"
                );
            }
        }
    }

    async fn case_116_which_address_a_callback_goes_to(app: TestApp) {
        let receiver = Receiver::answering(&app, 200).await;
        let delivering = Delivering::start(app);
        delivering.complete_task(json!({})).await;
        delivering.settle().await;
        assert!(receiver.got().is_empty(), "no address, no callback");
        let live = delivering.app.live();
        let made = live.post("/v1/task/categorization",
            json!({"callback_url": receiver.url, "attachment": "x", "categories": ["a"]})).await;
        let task_id = made.expect(200)["task_id"].as_str().unwrap().to_owned();
        live.post(&format!("/v1/task/{task_id}/cancel"), json!({})).await.expect(200);
        delivering.settle().await;
        assert!(receiver.got().is_empty(), "a canceled task is not told of");
    }

    async fn case_116_a_batch_is_told_after_its_tasks(app: TestApp) {
        let receiver = Receiver::start(&app, |_, _| {
            Reply::status(500).after(std::time::Duration::from_millis(30))
        })
        .await;
        let delivering = Delivering::start(app);
        let live = delivering.app.live();
        live.post("/v1/projects", json!({"type": "categorization", "name": "p"})).await.expect(200);
        let batch = json!({"project": "p", "name": "b", "callback": receiver.url});
        live.post("/v1/batches", batch).await.expect(200);
        delivering
            .complete_task(json!({"batch": "b", "callback_url": receiver.url}))
            .await;
        delivering.settle().await;
        let events: Vec<String> = receiver
            .got()
            .iter()
            .map(|one| one.headers["weighbridge-event"].clone())
            .collect();
        assert_eq!(events, ["task.completed", "batch.completed"]);
    }
}
