//! One receiver never delays another; a sick one is spared and loses nothing (cases 126 to 129).

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::TaskId;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::harness::{Delivering, Got, Receiver, Reply, origin};
use crate::app::{TestApp, both_engines};

const HOUR_MS: i64 = 60 * 60 * 1000;

/// A receiver that keeps each request for a while, and knows how many it had at most.
async fn slow(app: &TestApp, status: u16, delay: Duration) -> (Receiver, Arc<AtomicUsize>) {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let seen = most.clone();
    let receiver = Receiver::start(app, move |_, _| {
        let under_way = now.fetch_add(1, Ordering::SeqCst) + 1;
        seen.fetch_max(under_way, Ordering::SeqCst);
        let now = now.clone();
        tokio::spawn(async move {
            // Before the answer, so that none counts after its sender knows it done.
            tokio::time::sleep(delay.mul_f32(0.9)).await;
            now.fetch_sub(1, Ordering::SeqCst);
        });
        Reply::status(status).after(delay)
    })
    .await;
    (receiver, most)
}

/// A port on every address of loopback that takes connections and never says a word: each try there
/// takes its whole 15 seconds.
async fn silent() -> u16 {
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    port
}

async fn insert_many(delivering: &Delivering, url: &str, number: usize) -> Vec<TaskId> {
    let mut tasks = Vec::new();
    for _ in 0..number {
        let task_id = delivering.new_task_id();
        delivering.insert(url, task_id, 1).await;
        tasks.push(task_id);
    }
    tasks
}

/// Waits until a receiver got so many; the test's clock goes with the real one.
async fn until(app: &TestApp, receiver: &Receiver, number: usize) {
    let waited = async {
        while receiver.got().len() < number {
            tokio::time::sleep(Duration::from_millis(5)).await;
            app.advance(5);
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), waited).await;
    assert!(waited.is_ok(), "{} of {number} came", receiver.got().len());
}

/// The receivers as the page shows them.
async fn targets(app: &TestApp) -> Vec<Value> {
    let ada = app.log_in("ada@example.com").await;
    let summary = ada.get("/web/live/callbacks/summary").await.expect(200);
    summary["targets"].as_array().unwrap().clone()
}

async fn target(app: &TestApp, url: &str) -> Value {
    let name = origin(url);
    let found = targets(app)
        .await
        .into_iter()
        .find(|one| one["target"] == name.as_str());
    found.unwrap_or_else(|| panic!("{name} is not listed"))
}

fn times(got: &[Got]) -> Vec<i64> {
    got.iter().map(|one| one.at_ms).collect()
}

both_engines! {
    async fn case_126_dead_receivers_leave_the_healthy_one_its_place(app: TestApp) {
        const DEAD: usize = 200;
        let port = silent().await;
        let receiver = Receiver::answering(&app, 200).await;
        let delivering = Delivering::start(app);
        // It has taken callbacks before.
        insert_many(&delivering, &receiver.url, 1).await;
        delivering.settle().await;

        let mut dead = Vec::new();
        for number in 0..DEAD {
            let url = format!("http://127.2.0.{}:{port}/cb", number + 1);
            dead.extend(insert_many(&delivering, &url, 5).await);
        }
        let healthy = insert_many(&delivering, &receiver.url, 20).await;
        until(&delivering.app, &receiver, 21).await;
        // They came last, and did not wait for those before them.
        let mut untried = 0;
        for task_id in &dead {
            untried += usize::from(delivering.callbacks_of(*task_id).await[0].tries == 0);
        }
        assert!(untried > dead.len() * 9 / 10, "{untried} of {} are untried", dead.len());
        let delivered = HashSet::from(["delivered".to_owned()]);
        let waited = async {
            while states_of(&delivering, &healthy).await != delivered {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waited).await.expect("recorded soon");
    }

    async fn case_126_a_new_receiver_comes_before_dead_ones_that_are_new_as_well(app: TestApp) {
        const DEAD: usize = 200;
        let port = silent().await;
        let receiver = Receiver::answering(&app, 200).await;
        let delivering = Delivering::start(app);
        let mut dead = Vec::new();
        for number in 0..DEAD {
            let url = format!("http://127.3.0.{}:{port}/cb", number + 1);
            dead.extend(insert_many(&delivering, &url, 1).await);
            delivering.app.advance(1);
        }
        insert_many(&delivering, &receiver.url, 5).await;
        until(&delivering.app, &receiver, 5).await;
        let mut untried = 0;
        for task_id in &dead {
            untried += usize::from(delivering.callbacks_of(*task_id).await[0].tries == 0);
        }
        // It waited for a place, which is one try of those that came first, and not for its turn.
        assert!(untried >= DEAD / 2, "{untried} of {DEAD} are untried");
    }

    async fn case_127_a_slow_receiver_has_eight_places_and_holds_nobody_up(app: TestApp) {
        const SLOW: usize = 24;
        const FAST: usize = 100;
        let (slow, most) = slow(&app, 200, Duration::from_millis(1_500)).await;
        let fast = Receiver::answering(&app, 200).await;
        let delivering = Delivering::start(app);
        insert_many(&delivering, &slow.url, SLOW).await;
        insert_many(&delivering, &fast.url, FAST).await;
        until(&delivering.app, &fast, FAST).await;
        let meanwhile = slow.got().len();
        assert!(meanwhile < SLOW, "the slow one has already got {meanwhile}");
        until(&delivering.app, &slow, SLOW).await;
        assert!(most.load(Ordering::SeqCst) <= 8, "{most:?} at once");
        delivering.settle().await;
    }

    async fn case_128_a_sick_receiver_is_probed_and_then_drained_carefully(app: TestApp) {
        const WAITING: usize = 60;
        let sick = Receiver::answering(&app, 500).await;
        let delivering = Delivering::start(app);
        let tasks = insert_many(&delivering, &sick.url, WAITING).await;
        delivering.settle().await;
        // At most eight were under way when it opened.
        let first = sick.got().len();
        assert!((5..=12).contains(&first), "{first} before it opened");
        assert_eq!(target(&delivering.app, &sick.url).await["state"], "open");
        delivering.advance(HOUR_MS / 2).await;
        let probes = times(&sick.got()[first..]);
        let gaps: Vec<i64> = probes.windows(2).map(|pair| pair[1] - pair[0]).collect();
        // 10 s, doubling to 5 min, each by a fifth more or less: one at a time.
        for (gap, open_s) in gaps.iter().zip([20, 40, 80, 160, 300, 300]) {
            let (least, most) = (open_s * 800, open_s * 1_200 + 1_000);
            assert!((least..=most).contains(gap), "{gap} ms after {open_s} s: {gaps:?}");
        }
        assert!(probes.len() >= 8, "{probes:?}");

        // It is well again: one, two, four, eight at once.
        let gate = Arc::new(AtomicUsize::new(0));
        let (inside, most_at) = (gate.clone(), Arc::new(std::sync::Mutex::new(Vec::new())));
        let seen = most_at.clone();
        sick.answer_by(move |_, _| {
            let under_way = inside.fetch_add(1, Ordering::SeqCst) + 1;
            seen.lock().unwrap().push(under_way);
            let inside = inside.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(25)).await;
                inside.fetch_sub(1, Ordering::SeqCst);
            });
            Reply::status(200).after(Duration::from_millis(30))
        });
        delivering.advance(2 * HOUR_MS).await;
        for task_id in &tasks {
            let callback = &delivering.callbacks_of(*task_id).await[0];
            assert_eq!(callback.state, "delivered", "{:?} tries", callback.tries);
        }
        let at_once = most_at.lock().unwrap().clone();
        assert_eq!(at_once[0], 1, "{at_once:?}");
        assert!(at_once[..3].iter().all(|number| *number <= 2), "{at_once:?}");
        assert!(at_once.iter().all(|number| *number <= 8), "{at_once:?}");
    }

    async fn case_129_after_days_a_receiver_is_paused_and_nothing_is_lost(app: TestApp) {
        const HELD: usize = 300;
        let receiver = Receiver::answering(&app, 503).await;
        let delivering = Delivering::start(app);
        // One a day fails for good; the first tells the people.
        for _ in 0..3 {
            insert_many(&delivering, &receiver.url, 2).await;
            delivering.advance(24 * HOUR_MS + 120_000).await;
        }
        insert_many(&delivering, &receiver.url, 1).await;
        delivering.advance(HOUR_MS).await;
        assert_eq!(target(&delivering.app, &receiver.url).await["state"], "paused");

        let before = receiver.got().len();
        let mut tasks = Vec::new();
        for number in 0..HELD / 2 {
            let task_id = delivering.new_task_id();
            let url = format!("{}/{number}", receiver.url);
            delivering.insert(&url, task_id, 1).await;
            delivering.insert(&url, task_id, 2).await;
            tasks.push(task_id);
        }
        delivering.advance(5 * HOUR_MS).await;
        let probes = receiver.got().len() - before;
        assert!((4..=6).contains(&probes), "{probes} probes in five hours");
        let states: HashSet<String> = states_of(&delivering, &tasks[1..]).await;
        assert_eq!(states, HashSet::from(["held".to_owned()]));

        receiver.answer(200);
        let before = receiver.got().len();
        delivering.advance(HOUR_MS + 600_000).await;
        assert_eq!(states_of(&delivering, &tasks).await, HashSet::from(["delivered".to_owned()]));
        let got = receiver.got();
        for number in 0..HELD / 2 {
            let path = format!("/cb/{number}");
            let of_task = got[before..].iter().filter(|one| one.path == path);
            let seen: Vec<Value> = of_task.map(|one| one.json()["sequence"].clone()).collect();
            assert_eq!(seen, [json!(1), json!(2)], "in order");
        }
    }

    async fn case_117_a_transaction_that_fails_after_the_insert_tells_nobody(app: TestApp) {
        let receiver = Receiver::answering(&app, 200).await;
        let delivering = Delivering::start(app);
        let app = &delivering.app;
        let live = app.live();
        let project = json!({"name": "p", "type": "categorization", "rapid": true});
        live.post("/v1/projects", project).await.expect(200);
        let batch = json!({"name": "b", "project": "p", "callback": receiver.url});
        live.post("/v1/batches", batch).await.expect(200);
        let task = json!({
            "attachment": "x", "categories": ["a"], "project": "p", "batch": "b",
            "callback_url": receiver.url,
        });
        let made = live.post("/v1/task/categorization", task).await.expect(200);
        live.post("/v1/batches/b/finalize", json!({})).await.expect(200);
        // The batch's callback is inserted after the task's.
        let is_shared = app.app.stores.control.is_shared();
        let (refuse, allow) = if is_shared {
            (
                "ALTER TABLE callbacks ADD CONSTRAINT refuse CHECK (event <> 'batch.completed')",
                "ALTER TABLE callbacks DROP CONSTRAINT refuse",
            )
        } else {
            (
                "CREATE TRIGGER refuse BEFORE INSERT ON callbacks
                WHEN NEW.event = 'batch.completed' BEGIN SELECT RAISE(ABORT, 'refused'); END",
                "DROP TRIGGER refuse",
            )
        };
        app.by_the_back_door("live", refuse).unwrap();
        let ada = app.log_in("ada@example.com").await;
        let work = ada.post("/web/live/claims", json!({})).await.expect(200);
        let path = format!("/web/live/claims/{}/submit", work["claim"]["claim_id"].as_str().unwrap());
        let answer = json!({"epoch": 1, "response": {"category": "a"}});
        let refused = ada.post(&path, answer.clone()).await;
        assert!(refused.status.is_server_error(), "{}", refused.text);
        delivering.advance(5_000).await;
        let task_id: TaskId = made["task_id"].as_str().unwrap().parse().unwrap();
        let task = live.get(&format!("/v1/task/{task_id}")).await.expect(200);
        assert_eq!(task["status"], "pending");
        assert!(delivering.callbacks_of(task_id).await.is_empty());
        assert!(receiver.got().is_empty());

        app.by_the_back_door("live", allow).unwrap();
        ada.post(&path, answer).await.expect(200);
        delivering.advance(120_000).await;
        let events: Vec<_> =
            receiver.got().iter().map(|one| one.headers["weighbridge-event"].clone()).collect();
        assert_eq!(events, ["task.completed", "batch.completed"]);
    }
}

async fn states_of(delivering: &Delivering, tasks: &[TaskId]) -> HashSet<String> {
    let mut states = HashSet::new();
    for task_id in tasks {
        for callback in delivering.callbacks_of(*task_id).await {
            states.insert(callback.state);
        }
    }
    states
}
