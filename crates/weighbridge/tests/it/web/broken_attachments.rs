//! A task whose attachment nobody can load turns to `error` (api-v1.md 1.2.1, 1.3).

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use domain::Role;
use serde_json::{Value, json};

use crate::app::{Person, TestApp, both_engines};

/// A picture server that answers as told; gives the address of its picture.
async fn picture_server() -> (String, Arc<AtomicU16>) {
    let status = Arc::new(AtomicU16::new(200));
    let answer = async |State(status): State<Arc<AtomicU16>>| {
        let status = StatusCode::from_u16(status.load(Ordering::SeqCst)).unwrap();
        (status, "\u{89}PNG")
    };
    let routes = Router::new()
        .route("/9.png", get(answer))
        .with_state(status.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/9.png", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, status)
}

async fn make_task(app: &TestApp, url: &str, batch: Option<&str>) -> String {
    let body = json!({
        "attachment": url, "attachment_type": "image", "categories": ["a", "b"],
        "callback_url": "http://127.0.0.1:8999/cb", "unique_id": "plate-9",
        "clear_unique_id_on_error": true, "batch": batch,
    });
    let task = app.live().post("/v1/task/categorization", body).await;
    task.expect(200)["task_id"].as_str().unwrap().to_owned()
}

/// Takes the next task and skips it, since its picture does not load; leaves what comes next.
async fn skip(person: &Person<'_>) {
    let work = person.post("/web/live/claims", json!({})).await.expect(200);
    let claim = work["claim"]["claim_id"].as_str().unwrap();
    let body = json!({"epoch": 1, "reason": "attachment_does_not_load"});
    let skipped = person
        .post(&format!("/web/live/claims/{claim}/skip"), body)
        .await
        .expect(200);
    if let Some(next) = skipped["next"]["claim"]["claim_id"].as_str() {
        let path = format!("/web/live/claims/{next}/release");
        person.post(&path, json!({"epoch": 1})).await.expect(200);
    }
}

async fn task(app: &TestApp, id: &str) -> Value {
    app.live().get(&format!("/v1/task/{id}")).await.expect(200)
}

both_engines! {
    async fn a_picture_that_is_gone_ends_the_task(app: TestApp) {
        let (url, status) = picture_server().await;
        let project = json!({"name": "p", "type": "categorization"});
        app.live().post("/v1/projects", project).await.expect(200);
        let batch = json!({"name": "b", "project": "p", "callback": "http://127.0.0.1:8999/b"});
        app.live().post("/v1/batches", batch).await.expect(200);
        app.add_user("leo@example.com", Role::Labeler).await;
        let leo = app.log_in("leo@example.com").await;
        let id = make_task(&app, &url, Some("b")).await;

        // It loads: the labeler is mistaken, and the task waits for another one.
        skip(&leo).await;
        assert_eq!(task(&app, &id).await["status"], "pending");

        status.store(403, Ordering::SeqCst);
        skip(&leo).await;
        let ended = task(&app, &id).await;
        let response = json!({
            "error": "One or more attachments could not be downloaded.",
            "attachments": [{"url": url, "statusCode": 403}],
        });
        assert_eq!((&ended["status"], &ended["response"]), (&json!("error"), &response));
        assert!(ended.get("unique_id").is_none() && ended.get("completed_at").is_none(), "{ended}");
        make_task(&app, &url, None).await;
        let batch = app.live().get("/v1/batches/b/status").await.expect(200);
        assert_eq!((&batch["error"], &batch["status"]), (&json!(1), &json!("completed")), "{batch}");
        assert_eq!(app.live().get("/v1/tasks?status=error").await.expect(200)["total"], 1);

        let ada = app.log_in("ada@example.com").await;
        let shown = ada.get(&format!("/web/live/tasks/{id}")).await.expect(200);
        assert_eq!(shown["callbacks"][0]["event"], "task.error");
        assert!(shown["charge"].is_null(), "{shown}");
        let cancel = app.live().post(&format!("/v1/task/{id}/cancel"), json!({})).await;
        assert_eq!(cancel.expect(400)["code"], "task_not_cancelable");
        let told = "SELECT 1 FROM callbacks WHERE event = 'batch.completed'";
        let told = format!("UPDATE callbacks SET tries = tries WHERE EXISTS ({told})");
        assert_eq!(app.by_the_back_door("live", &told), Ok(2));
    }

    async fn a_server_that_is_down_takes_two_witnesses(app: TestApp) {
        let (url, status) = picture_server().await;
        for name in ["leo@example.com", "mia@example.com"] {
            app.add_user(name, Role::Labeler).await;
        }
        let (leo, mia) = (app.log_in("leo@example.com").await, app.log_in("mia@example.com").await);
        let id = make_task(&app, &url, None).await;
        status.store(503, Ordering::SeqCst);
        for _ in 0..2 {
            skip(&leo).await;
            assert_eq!(task(&app, &id).await["status"], "pending", "one witness, twice");
        }
        skip(&mia).await;
        let ended = task(&app, &id).await;
        assert_eq!(ended["status"], "error");
        assert_eq!(ended["response"]["attachments"][0]["statusCode"], 503);
    }

    async fn an_address_that_is_refused_is_told_in_words(app: TestApp) {
        app.add_user("leo@example.com", Role::Labeler).await;
        let leo = app.log_in("leo@example.com").await;
        let id = make_task(&app, "http://10.0.0.1/9.png", None).await;
        skip(&leo).await;
        let ended = task(&app, &id).await;
        assert_eq!(ended["status"], "error");
        let attachment = &ended["response"]["attachments"][0];
        assert!(attachment["message"].as_str().unwrap().contains("10.0.0.0/8"), "{attachment}");
    }
}
