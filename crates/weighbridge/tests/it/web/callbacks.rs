//! The pages about callbacks: lists, numbers, one callback. Rows are put as the workers leave them.

use domain::{CallbackId, Role};
use serde_json::{Value, json};

use crate::app::{TestApp, both_engines};

/// A callback of a completed test task, and the task's id.
async fn told(app: &TestApp, url: &str) -> (String, String) {
    let answer = app
        .test()
        .post(
            "/v1/task/textcollection",
            json!({
                "instruction": "x",
                "callback_url": url,
                "fields": [{"type": "text", "field_id": "a", "title": "A"}],
            }),
        )
        .await
        .expect(200);
    let task = answer["task_id"].as_str().unwrap().to_owned();
    let ada = app.log_in("ada@example.com").await;
    let page = ada
        .get(&format!("/web/test/tasks/{task}"))
        .await
        .expect(200);
    let id = page["callbacks"][0]["id"].as_str().unwrap().to_owned();
    (id, task)
}

/// SQL of an id.
fn blob(app: &TestApp, id: &str) -> String {
    let digits = id.strip_prefix("cb_").unwrap_or(id);
    if app.app.stores.control.is_shared() {
        format!("'\\x{digits}'::bytea")
    } else {
        format!("x'{digits}'")
    }
}

/// Sets columns of a callback.
fn set(app: &TestApp, id: &str, columns: &str) {
    let statement = format!(
        "UPDATE callbacks SET {columns} WHERE callback_id = {}",
        blob(app, id)
    );
    assert_eq!(app.by_the_back_door("test", &statement), Ok(1));
}

fn ids(list: &Value) -> Vec<&str> {
    let callbacks = list["callbacks"].as_array().unwrap();
    callbacks
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect()
}

both_engines! {
    async fn lists_are_filtered_and_paged(app: TestApp) {
        let mut made = Vec::new();
        for number in 0..5 {
            app.advance(1_000);
            made.push(told(&app, &format!("http://127.0.0.1:4999/cb{number}?token=abcdefghijklmnop1234")).await);
        }
        let id = |index: usize| made[index].0.as_str();
        set(&app, id(0), "state = 'failed', target = 'http://127.0.0.1:4999'");
        set(&app, id(1), "state = 'held', held_for = 'plain_http', target = 'http://127.0.0.1:4999'");
        set(&app, id(2), "tries = 3, target = 'http://other:4999'");
        set(&app, id(3), "state = 'delivered', last_status = 204, last_latency_ms = 7");
        let ada = app.log_in("ada@example.com").await;
        let list = async |query: &str| ada.get(&format!("/web/test/callbacks{query}")).await.expect(200);
        let all = list("").await;
        assert_eq!(ids(&all), [id(4), id(3), id(2), id(1), id(0)]);
        assert!(all["next_cursor"].is_null());
        assert_eq!(all["callbacks"][0]["url"], "http://127.0.0.1:4999/cb4?token=…1234");
        assert_eq!(all["callbacks"][1]["last_status"], 204);
        assert_eq!(ids(&list("?state=problem").await), [id(2), id(1), id(0)]);
        for (state, index) in [("failed", 0), ("held", 1), ("delivered", 3)] {
            assert_eq!(ids(&list(&format!("?state={state}")).await), [id(index)], "{state}");
        }
        assert_eq!(ids(&list("?state=pending").await), [id(4), id(2)]);
        assert_eq!(ids(&list("?target=http://127.0.0.1:4999").await), [id(4), id(3), id(1), id(0)]);
        assert_eq!(ids(&list("?target=http://127.0.0.1:4999&state=problem").await), [id(1), id(0)]);
        assert_eq!(ids(&list("?event=task.error").await), [""; 0]);
        assert_eq!(ids(&list("?project=none").await), [""; 0]);
        assert_eq!(ids(&list(&format!("?task={}", made[2].1)).await), [id(2)]);
        let since = all["callbacks"][1]["created_at"].as_str().unwrap();
        assert_eq!(ids(&list(&format!("?since={since}")).await), [id(4), id(3)]);
        assert_eq!(ids(&list(&format!("?until={since}&state=problem")).await), [id(2), id(1), id(0)]);
        let first = list("?limit=2").await;
        assert_eq!(ids(&first), [id(4), id(3)]);
        let cursor = first["next_cursor"].as_str().unwrap();
        let second = list(&format!("?limit=3&cursor={cursor}")).await;
        assert_eq!(ids(&second), [id(2), id(1), id(0)]);
        assert!(second["next_cursor"].is_null());
        for bad in ["state=lost", "task=1", "cursor=x", "limit=0", "since=soon"] {
            let refused = ada.get(&format!("/web/test/callbacks?{bad}")).await.expect(400);
            assert_eq!(refused["param"], bad.split('=').next().unwrap(), "{bad}");
        }
        // The other mode has none.
        assert_eq!(ids(&ada.get("/web/live/callbacks").await.expect(200)), [""; 0]);
    }

    async fn a_summary_tells_rates_and_targets(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let empty = ada.get("/web/test/callbacks/summary").await.expect(200);
        assert_eq!((&empty["success_rate"], &empty["ended"], &empty["lag_ms"]), (&Value::Null, &json!(0), &Value::Null));
        for number in 0..4 {
            let (id, _) = told(&app, "http://127.0.0.1:4999/cb").await;
            let state = if number == 0 { "failed" } else { "delivered" };
            set(&app, &id, &format!("state = '{state}', first_try_at = created_at + {}", 10 * (number + 1)));
        }
        let (pending, _) = told(&app, "http://127.0.0.1:4999/cb").await;
        set(&app, &pending, "target = 'http://bad:9'");
        let account = blob(&app, &app.made.account_id.to_string());
        let add = |target: &str, more: &str| {
            let text = format!("INSERT INTO callback_targets (account_id, target, served_at, failures, \
                in_flight_max, failing_tries, failing_callbacks, releasing, gone_urls, paused_at, open_until) \
                VALUES ({account}, '{target}', 0, {more})");
            assert_eq!(app.by_the_back_door("test", &text), Ok(1));
        };
        add("http://good:9", "0, 8, 0, 0, 0, 0, NULL, NULL");
        add("http://bad:9", "7, 1, 0, 0, 0, 0, NULL, 1800000000000");
        add("http://off:9", "2, 1, 0, 0, 0, 0, 1800000000000, NULL");
        let summary = ada.get("/web/test/callbacks/summary").await.expect(200);
        assert_eq!((&summary["success_rate"], &summary["ended"]), (&json!(0.75), &json!(4)));
        assert_eq!(summary["lag_ms"], json!({"p50": 20, "p99": 40}));
        assert_eq!((&summary["pending"], &summary["held"], &summary["failed"]), (&json!(1), &json!(0), &json!(1)));
        let targets: Vec<(&str, &str, i64)> = summary["targets"].as_array().unwrap().iter().map(|target| {
            (target["target"].as_str().unwrap(), target["state"].as_str().unwrap(), target["pending"].as_i64().unwrap())
        }).collect();
        assert_eq!(targets, [("http://off:9", "paused", 0), ("http://bad:9", "open", 1), ("http://127.0.0.1:4999", "ok", 0), ("http://good:9", "ok", 0)]);
        assert!(summary["oldest_due_at"].is_string());
        assert_eq!(ada.get("/web/test/home").await.expect(200)["callbacks_failing"], 1);
    }

    async fn one_callback_is_shown_with_its_tries(app: TestApp) {
        let (id, task) = told(&app, "https://u:pw@127.0.0.1:4999/cb").await;
        let ada = app.log_in("ada@example.com").await;
        let path = format!("/web/test/callbacks/{id}");
        let fresh = ada.get(&path).await.expect(200);
        assert_eq!(fresh["request"]["url"], "https://…@127.0.0.1:4999/cb");
        assert_eq!(fresh["why_next"], "The first try is made as soon as the target has room.");
        let key = app.made.live_callback_auth_key.expose();
        let hint = format!("…{}", &key[key.len() - 4..]);
        assert_eq!(fresh["request"]["headers"][0], json!(["scale-callback-auth", hint]));
        let body: Value = serde_json::from_str(fresh["request"]["body"].as_str().unwrap()).unwrap();
        assert_eq!(body["task"]["task_id"], task.as_str());
        assert_eq!((&fresh["attempts"], &fresh["newest"]), (&json!([]), &Value::Null));

        let account = blob(&app, &app.made.account_id.to_string());
        for (n, status, cause) in [(1, 401, "schedule"), (2, 500, "schedule"), (3, 200, "person")] {
            let text = format!("INSERT INTO callback_attempts (account_id, callback_id, n, started_at, duration_ms, \
                http_status, outcome, cause, auth_hint, answer_headers, answer_complete) \
                VALUES ({account}, {}, {n}, 1800000000000, 5, {status}, 'http_status', '{cause}', '4f2a', '[[\"server\",\"x\"]]', 1)",
                blob(&app, &id));
            assert_eq!(app.by_the_back_door("test", &text), Ok(1));
        }
        set(&app, &id, "tries = 2, first_try_at = 1800000000000, next_try_at = 1800000020000");
        let shown = ada.get(&path).await.expect(200);
        assert_eq!(shown["why_next"], "Retry 2 of 20, 20 s after the first try.");
        let attempts = shown["attempts"].as_array().unwrap();
        let suspects: Vec<&Value> = attempts.iter().map(|attempt| &attempt["may_be_wrong_key"]).collect();
        assert_eq!(suspects, [&json!(true), &json!(true), &json!(false)]);
        let sent = |attempt: &Value, name: &str| {
            let headers = attempt["request_headers"].as_array().unwrap();
            headers.iter().find(|pair| pair[0] == name).map(|pair| pair[1].as_str().unwrap().to_owned())
        };
        assert_eq!(sent(&attempts[1], "scale-callback-auth").unwrap(), "…4f2a");
        assert_eq!(sent(&attempts[1], "weighbridge-attempt").unwrap(), "2");
        assert_eq!(sent(&attempts[1], "webhook-timestamp").unwrap(), "1800000000");
        assert_eq!(sent(&attempts[1], "weighbridge-replay"), None);
        assert_eq!(sent(&attempts[2], "weighbridge-replay").unwrap(), "true");
        assert_eq!(attempts[0]["answer"]["headers"], json!([["server", "x"]]));
        assert_eq!(shown["limits"]["whole_ms"], 15_000);

        let unknown = CallbackId::from_parts(1, [0; 6]);
        ada.get(&format!("/web/test/callbacks/cb_{unknown}")).await.expect(404);
        ada.get("/web/test/callbacks/nonsense").await.expect(404);
        ada.get(&path.replace("/test/", "/live/")).await.expect(404);
        app.add_user("leo@example.com", Role::Labeler).await;
        app.log_in("leo@example.com").await.get(&path).await.expect(403);
    }
}
