//! The stream of callbacks, which `weighbridge listen` reads (callbacks.md part 6, case 149).

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Request;
use domain::CallbackId;
use futures_util::StreamExt;
use serde_json::{Value, json};
use store::StoreError;
use store::environment::callbacks::{self, NewCallback};

use crate::app::{Engine, TestApp, basic, both_engines};

const PATIENCE: Duration = Duration::from_secs(20);

/// An open stream.
struct Lines {
    body: BodyDataStream,
    unread: Vec<u8>,
}

impl Lines {
    async fn open(app: &TestApp, key: &str, query: &str) -> Self {
        let request = Request::get(format!("/v1/callbacks/stream?{query}"))
            .header("authorization", basic(key))
            .body(Body::empty())
            .unwrap();
        let answer = app.respond(request).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
        Self {
            body: answer.into_body().into_data_stream(),
            unread: Vec::new(),
        }
    }

    /// The next line; `None`: the stream has ended.
    async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.unread.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.unread.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            let more = tokio::time::timeout(PATIENCE, self.body.next()).await;
            let more = more.expect("a line, or the end")?;
            self.unread.extend(more.unwrap());
        }
    }

    /// The next callback.
    async fn callback(&mut self) -> Value {
        loop {
            let line = self.next().await.expect("the stream goes on");
            if line["type"] == "callback" {
                return line;
            }
        }
    }

    /// All callbacks of a stream that ends, and its last cursor.
    async fn rest(mut self) -> (Vec<Value>, String) {
        let mut callbacks = Vec::new();
        let mut cursor = String::new();
        while let Some(line) = self.next().await {
            line["cursor"].as_str().unwrap().clone_into(&mut cursor);
            if line["type"] == "callback" {
                callbacks.push(line);
            }
        }
        (callbacks, cursor)
    }
}

fn live_key(app: &TestApp) -> &str {
    app.made.live_api_key.expose()
}

fn test_key(app: &TestApp) -> &str {
    app.made.test_api_key.expose()
}

/// Makes a task that completes at once; gives its id.
async fn complete_one(app: &TestApp) -> String {
    let body = json!({
        "attachment": "hello", "categories": ["a", "b"], "instruction": "which?",
        "callback_url": "http://127.0.0.1:4711/cb",
    });
    let task = app
        .test()
        .post("/v1/task/categorization", body)
        .await
        .expect(200);
    task["task_id"].as_str().unwrap().to_owned()
}

fn ids(callbacks: &[Value]) -> Vec<&str> {
    callbacks
        .iter()
        .map(|line| line["id"].as_str().unwrap())
        .collect()
}

/// Puts a callback of the account into the outbox of test mode, past the API.
async fn insert(app: &TestApp, callback_id: CallbackId) {
    let account = app.made.account_id;
    app.app
        .stores
        .test
        .write(move |tx| {
            let callback = NewCallback {
                callback_id,
                task_id: None,
                batch_id: None,
                of_batch: None,
                project_id: None,
                event: "batch.completed",
                sequence: 1,
                url: "http://127.0.0.1:4711/",
                target: "http://127.0.0.1:4711",
                body: b"\xff{}",
                delay_ms: 0,
                is_trial: false,
            };
            callbacks::insert(tx, account, &callback)
        })
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
}

both_engines! {
    async fn case_149_a_line_is_the_callback_as_a_try_would_send_it(app: TestApp) {
        let since = "since=2027-01-15T08:00:00Z&follow=false";
        let task_id = complete_one(&app).await;
        let (lines, _) = Lines::open(&app, test_key(&app), since).await.rest().await;
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        let body: Value = serde_json::from_str(line["body"].as_str().unwrap()).unwrap();
        assert_eq!(body["task_id"], task_id.as_str());
        let pairs: Vec<(String, String)> = serde_json::from_value(line["headers"].clone()).unwrap();
        let header = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!(header("scale-callback-auth"), Some(app.made.live_callback_auth_key.expose()));
        assert_eq!(header("webhook-id"), line["id"].as_str());
        assert_eq!(header("weighbridge-attempt"), Some("1"));
        assert_eq!(header("weighbridge-mode"), Some("test"));
        let shape = json!({
            "type": line["type"], "event": line["event"], "sequence": line["sequence"],
            "task_id": line["task_id"], "batch_id": line["batch_id"], "url": line["url"],
            "state": line["state"], "body_encoding": line["body_encoding"],
        });
        let expected = json!({
            "type": "callback", "event": "task.completed", "sequence": 1, "task_id": task_id,
            "batch_id": null, "url": "http://127.0.0.1:4711/cb", "state": "pending",
            "body_encoding": "utf-8",
        });
        assert_eq!(shape, expected);
    }

    async fn case_149_a_cursor_goes_on_where_the_stream_stood(app: TestApp) {
        let mut first = Lines::open(&app, test_key(&app), "").await;
        assert_eq!(first.next().await.unwrap()["type"], "position", "a cursor before any callback");
        let mut made = Vec::new();
        for _ in 0..5 {
            made.push(complete_one(&app).await);
            app.advance(1_000);
        }
        let mut cursor = Value::Null;
        for task_id in &made {
            let line = first.callback().await;
            assert_eq!(line["task_id"], task_id.as_str());
            cursor = line["cursor"].clone();
        }
        drop(first);
        for _ in 0..3 {
            made.push(complete_one(&app).await);
            app.advance(1_000);
        }
        let query = format!("follow=false&cursor={}", cursor.as_str().unwrap());
        let (again, last) = Lines::open(&app, test_key(&app), &query).await.rest().await;
        let tasks: Vec<&str> = again.iter().map(|line| line["task_id"].as_str().unwrap()).collect();
        assert_eq!(tasks, made, "what is younger than a minute comes again, and then the new");
        app.advance(120_000);
        let query = format!("follow=false&cursor={last}");
        let (_, settled) = Lines::open(&app, test_key(&app), &query).await.rest().await;
        let query = format!("follow=false&cursor={settled}");
        let (again, _) = Lines::open(&app, test_key(&app), &query).await.rest().await;
        assert!(again.is_empty(), "{again:?}");
    }

    async fn case_149_a_callback_whose_commit_came_late_is_not_missed(app: TestApp) {
        let mut stream = Lines::open(&app, test_key(&app), "").await;
        stream.next().await.unwrap();
        app.advance(10_000);
        let now_ms = app.app.clock.now_ms() as u64;
        let (early, late) = (CallbackId::lowest_at(now_ms - 5_000), CallbackId::lowest_at(now_ms));
        insert(&app, late).await;
        assert_eq!(stream.callback().await["id"], format!("cb_{late}"));
        insert(&app, early).await;
        let line = stream.callback().await;
        assert_eq!(line["id"], format!("cb_{early}"));
        assert_eq!((&line["body"], &line["body_encoding"]), (&json!("/3t9"), &json!("base64")));
        let newest = CallbackId::lowest_at(now_ms + 1);
        insert(&app, newest).await;
        assert_eq!(stream.callback().await["id"], format!("cb_{newest}"), "each comes once");
    }

    async fn case_149_two_listeners_get_copies_and_nothing_changes(app: TestApp) {
        let mut one = Lines::open(&app, test_key(&app), "").await;
        let mut two = Lines::open(&app, test_key(&app), "event=task.completed,task.error").await;
        let mut other_event = Lines::open(&app, test_key(&app), "event=batch.completed&follow=false").await;
        let mut live = Lines::open(&app, live_key(&app), "").await;
        live.next().await.unwrap();
        let beta = app.add_account().await;
        app.refresh().await;
        let mut stranger = Lines::open(&app, beta.test_api_key.expose(), "").await;
        stranger.next().await.unwrap();
        let task_id = complete_one(&app).await;
        assert_eq!(one.callback().await["task_id"], task_id.as_str());
        assert_eq!(two.callback().await["task_id"], task_id.as_str());
        assert_eq!(other_event.next().await.unwrap()["type"], "position");
        let query = "since=2027-01-15T08:00:00Z&follow=false";
        for key in [live_key(&app), beta.test_api_key.expose()] {
            let (lines, _) = Lines::open(&app, key, query).await.rest().await;
            assert!(lines.is_empty(), "{lines:?}");
        }
        let untouched = "UPDATE callbacks SET tries = 0 WHERE state = 'pending' AND tries = 0 AND lease_epoch = 0";
        assert_eq!(app.by_the_back_door("test", untouched), Ok(1));
        let (lines, _) = Lines::open(&app, test_key(&app), query).await.rest().await;
        assert_eq!(ids(&lines).len(), 1);
        drop((live, stranger));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_its_key_does() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.log_in("ada@example.com").await;
    let body = json!({"environment": "test", "name": "a laptop"});
    let made = ada.post("/web/keys", body).await.expect(201);
    let mut stream = Lines::open(&app, made["text"].as_str().unwrap(), "").await;
    stream.next().await.unwrap();
    let key_id = made["key"]["key_id"].as_str().unwrap();
    let path = format!("/web/keys/{key_id}/revoke");
    ada.post(&path, json!({})).await.expect(200);
    assert_eq!(stream.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_ends_when_the_server_stops() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mut stream = Lines::open(&app, test_key(&app), "").await;
    stream.next().await.unwrap();
    app.app.stopping.send_replace(true);
    assert_eq!(stream.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stream_is_asked_for_is_checked() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (query, param) in [
        ("cursor=later", "cursor"),
        ("since=yesterday", "since"),
        ("event=task.done", "event"),
        ("follow=perhaps", "follow"),
    ] {
        let path = format!("/v1/callbacks/stream?{query}");
        let error = app.test().get(&path).await.expect(400);
        assert_eq!(error["param"], param);
    }
}
