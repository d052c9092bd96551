//! Batches over the API (api-v1.md 2).

use serde_json::json;

use store::StoreError;
use store::environment::callback_claims::{self, Claimer, LeasedCallback};
use store::environment::delivery_clock::DeliveryClock;

use crate::app::{TestApp, both_engines};

/// What waits in live mode's outbox for the batch's receiver; the lease is given back.
async fn waiting_callbacks(app: &TestApp) -> Vec<LeasedCallback> {
    let now_ms = app.app.clock.now_ms() + 1_000;
    let account = app.made.account_id;
    app.app
        .stores
        .live
        .write(move |tx| -> Result<_, StoreError> {
            let claimer = Claimer {
                owner: "test",
                now_ms,
                clock: DeliveryClock::default(),
            };
            let leased = claimer.lease_due(tx, account, "http://127.0.0.1:8999", 10)?;
            callback_claims::hand_back(tx, &leased)?;
            Ok(leased)
        })
        .await
        .unwrap()
}

both_engines! {
    async fn case_116_a_batch_tells_its_completion_once(app: TestApp) {
        let live = app.live();
        live.post("/v1/projects", json!({"type": "categorization", "name": "p"})).await.expect(200);
        let batch = json!({"project": "p", "name": "b", "callback": "http://127.0.0.1:8999/batch"});
        live.post("/v1/batches", batch).await.expect(200);
        let body = json!({"batch": "b", "attachment": "x", "categories": ["a"]});
        for _ in 0..2 {
            live.post("/v1/task/categorization", body.clone()).await.expect(200);
        }
        let ada = app.log_in("ada@example.com").await;
        let mut work = ada.post("/web/live/claims", json!({})).await.expect(200);
        for left in [1, 0] {
            let claim_id = work["claim"]["claim_id"].as_str().unwrap();
            let path = format!("/web/live/claims/{claim_id}/submit");
            let answer = json!({"epoch": 1, "response": {"category": "a"}});
            work = ada.post(&path, answer).await.expect(200)["next"].clone();
            let waiting = waiting_callbacks(&app).await;
            assert_eq!(waiting.len(), usize::from(left == 0), "{waiting:?}");
        }
        let callback = &waiting_callbacks(&app).await[0];
        assert_eq!(callback.event, "batch.completed");
        assert_eq!(callback.url, "http://127.0.0.1:8999/batch");
        let body: serde_json::Value = serde_json::from_slice(&callback.body.clone().into_bytes().unwrap()).unwrap();
        assert_eq!((&body["name"], &body["status"]), (&json!("b"), &json!("completed")));
        assert_eq!(body["batch"]["project"], "p");
    }

    async fn a_batch_completes_with_its_last_task_and_opens_again(app: TestApp) {
        let test = app.test();
        test.post("/v1/projects", json!({"type": "categorization", "name": "p"})).await.expect(200);
        let sent = json!({"project": "p", "name": "b", "callback": "", "calibration_batch": false,
            "self_label_batch": false, "metadata": {}});
        let batch = test.post("/v1/batches", sent.clone()).await.expect(200);
        assert_eq!(batch["status"], "in_progress");
        assert_eq!(test.post("/v1/batches", sent).await.expect(409)["code"], "batch_name_taken");
        let finalized = test.send(axum::http::Method::POST, "/v1/batches/b/finalize", None).await;
        assert_eq!(finalized.expect(200)["status"], "in_progress");
        for _ in 0..3 {
            test.post("/v1/task/categorization",
                json!({"batch": "b", "attachment": "x", "categories": ["a"]})).await.expect(200);
        }
        let status = test.get("/v1/batches/b/status").await.expect(200);
        assert_eq!((&status["status"], &status["completed"]), (&json!("completed"), &json!(3)));
        let page = test.get("/v1/batches?project=p&limit=1&status=completed").await.expect(200);
        assert_eq!((&page["totalDocs"], &page["has_more"], &page["limit"]), (&json!(1), &json!(false), &json!(1)));
        let metadata = test.post("/v1/batches/b/setMetadata", json!({"site": "north"})).await.expect(200);
        assert_eq!(metadata["metadata"], json!({"site": "north"}));
    }
}
