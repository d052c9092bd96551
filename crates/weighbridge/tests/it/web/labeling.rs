//! The labeler's way: claim, draft, submit, skip (labeling.md 3, cases W).

use axum::http::Method;
use domain::Role;
use serde_json::{Value, json};

use crate::app::{Person, TestApp, both_engines};

async fn make_task(app: &TestApp) -> String {
    let body = json!({"attachment": "hello", "categories": ["a", "b"], "callback_url": "http://127.0.0.1:8999/cb"});
    let task = app
        .live()
        .post("/v1/task/categorization", body)
        .await
        .expect(200);
    task["task_id"].as_str().unwrap().to_owned()
}

async fn start(person: &Person<'_>) -> Value {
    person.post("/web/live/claims", json!({})).await.expect(200)
}

fn claim_path(work: &Value, verb: &str) -> String {
    format!(
        "/web/live/claims/{}/{verb}",
        work["claim"]["claim_id"].as_str().unwrap()
    )
}

both_engines! {
    async fn case_49_w11_an_answer_is_stored_charged_and_told_once(app: TestApp) {
        app.add_user("leo@example.com", Role::Labeler).await;
        let (first, second) = (make_task(&app).await, make_task(&app).await);
        let leo = app.log_in("leo@example.com").await;
        let work = start(&leo).await;
        assert_eq!(work["task"]["task_id"], first.as_str());
        assert_eq!(start(&leo).await["claim"]["claim_id"], work["claim"]["claim_id"], "W2");
        let submit = claim_path(&work, "submit");
        let wrong = leo.post(&submit, json!({"epoch": 1, "response": {}})).await.expect(400);
        assert_eq!(wrong["errors"][0]["message"], "Choose one category.");
        let body = json!({"epoch": 1, "response": {"category": "b"}});
        let (one, two) = tokio::join!(leo.post(&submit, body.clone()), leo.post(&submit, body));
        for answer in [one.expect(200), two.expect(200)] {
            assert_eq!(answer["task_id"], first.as_str());
            assert_eq!(answer["next"]["task"]["task_id"], second.as_str());
        }
        let other = json!({"epoch": 1, "response": {"category": "a"}});
        assert_eq!(leo.post(&submit, other).await.expect(409)["code"], "already_submitted");

        let task = app.live().get(&format!("/v1/task/{first}")).await.expect(200);
        assert_eq!((&task["status"], &task["response"]), (&json!("completed"), &json!({"category": "b"})));
        let ada = app.log_in("ada@example.com").await;
        let shown = ada.get(&format!("/web/live/tasks/{first}")).await.expect(200);
        assert_eq!(shown["callbacks"].as_array().unwrap().len(), 1);
        assert_eq!(shown["charge"]["amount_micros"], 40_000);
        assert_eq!(shown["completed_by"]["name"], "leo");
        let usage = ada.get("/web/live/usage").await.expect(200);
        assert_eq!((&usage["total_tasks"], &usage["total_micros"]), (&json!(1), &json!(40_000)));
        let csv = ada.get("/web/live/usage.csv").await;
        assert!(csv.text.ends_with(",,categorization,1,0.040000,USD\r\n"), "{}", csv.text);
        assert_eq!(ada.get("/web/test/usage").await.expect(200)["total_tasks"], 0);
        let id = second;
        let cancel = app.live().send(Method::POST, &format!("/v1/task/{id}/cancel"), None).await;
        assert_eq!(cancel.expect(400)["code"], "task_in_work", "W14");
    }

    async fn w7_w8_w12_w13_leases_follow_activity(app: TestApp) {
        app.add_user("leo@example.com", Role::Labeler).await;
        app.add_user("mia@example.com", Role::Member).await;
        make_task(&app).await;
        let leo = app.log_in("leo@example.com").await;
        let mia = app.log_in("mia@example.com").await;
        let work = start(&leo).await;
        assert_eq!(work["claim"]["lease_seconds_left"], 900);
        assert!(start(&mia).await["claim"].is_null());
        app.advance(800_000);
        let beat = claim_path(&work, "heartbeat");
        let idle = leo.post(&beat, json!({"epoch": 1, "active": false})).await.expect(200);
        assert_eq!(idle["lease_seconds_left"], 100);
        let active = leo.post(&beat, json!({"epoch": 1, "active": true})).await.expect(200);
        assert_eq!(active["lease_seconds_left"], 900);
        leo.post(&claim_path(&work, "release"), json!({"epoch": 1, "closing": true})).await.expect(200);
        app.advance(60_001);
        let taken = start(&mia).await;
        assert_eq!(taken["task"]["task_id"], work["task"]["task_id"]);
        let late = json!({"epoch": 1, "response": {"category": "a"}});
        assert_eq!(leo.post(&claim_path(&work, "submit"), late.clone()).await.expect(409)["code"], "claim_lost");
        mia.post(&claim_path(&taken, "release"), json!({"epoch": 1})).await.expect(200);
        leo.post(&claim_path(&work, "submit"), late).await.expect(200);
    }

    async fn w15_w17_w18_skip_tabs_and_drafts(app: TestApp) {
        app.add_user("leo@example.com", Role::Labeler).await;
        let (first, second) = (make_task(&app).await, make_task(&app).await);
        let leo = app.log_in("leo@example.com").await;
        let work = start(&leo).await;
        let draft = claim_path(&work, "draft");
        let put = |epoch: i64, version: i64, draft_value: Value| {
            json!({"epoch": epoch, "version": version, "draft": draft_value})
        };
        assert_eq!(leo.send(Method::PUT, &draft, put(1, 1, json!({"x": 1}))).await.expect(200)["version"], 1);
        let stale = leo.send(Method::PUT, &draft, put(1, 1, json!({"x": 2}))).await.expect(409);
        assert_eq!((&stale["code"], &stale["draft"]), (&json!("draft_conflict"), &json!({"x": 1})));
        let here = leo.post(&claim_path(&work, "take_over"), json!({})).await.expect(200);
        assert_eq!((&here["claim"]["epoch"], &here["claim"]["draft"]), (&json!(2), &json!({"x": 1})));
        let old_tab = leo.send(Method::PUT, &draft, put(1, 2, json!({}))).await.expect(409);
        assert_eq!(old_tab["code"], "claim_taken_over");
        let skip = claim_path(&work, "skip");
        leo.post(&skip, json!({"epoch": 2, "reason": "bored"})).await.expect(400);
        let next = leo.post(&skip, json!({"epoch": 2, "reason": "other", "text": "odd"})).await.expect(200);
        assert_eq!(next["next"]["task"]["task_id"], second.as_str());
        let next = &next["next"];
        let last = leo.post(&claim_path(next, "submit"), json!({"epoch": 1, "response": {"category": "a"}})).await.expect(200);
        assert_eq!(last["next"]["task"]["task_id"], first.as_str(), "a skipped task comes back when nothing else is left");
    }

    async fn case_50_nothing_but_a_submission_completes_a_live_task(app: TestApp) {
        let id = make_task(&app).await;
        app.advance(30 * 24 * 60 * 60 * 1000);
        assert_eq!(app.live().get(&format!("/v1/task/{id}")).await.expect(200)["status"], "pending");
        // Not even past Weighbridge: who answered, and what, belongs to it.
        for change in ["", ", completed_at = 1", ", response = '{}'"] {
            let statement = format!("UPDATE tasks SET status = 'completed'{change}");
            let refused = app.by_the_back_door("live", &statement).unwrap_err();
            assert!(refused.to_lowercase().contains("check"), "{refused}");
        }
    }
}
