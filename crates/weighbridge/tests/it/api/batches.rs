//! Batches over the API (api-v1.md 2).

use serde_json::json;

use crate::app::{TestApp, both_engines};

both_engines! {
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
