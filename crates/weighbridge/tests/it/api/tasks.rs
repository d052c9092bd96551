//! Tasks over the API (api-v1.md 1).

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use crate::app::{TestApp, basic, both_engines};

fn categorization() -> Value {
    json!({"attachment": "hello", "categories": ["a", "b"], "instruction": "which?"})
}

fn with(name: &str, value: Value) -> Value {
    let mut body = categorization();
    body[name] = value;
    body
}

both_engines! {
    async fn a_test_task_is_pending_in_the_answer_and_completed_in_the_store(app: TestApp) {
        let test = app.test();
        let task = test.post("/v1/task/categorization", with("zzz", json!(1))).await.expect(200);
        insta::assert_json_snapshot!("create_test_task", task, {
            ".task_id" => "ID", ".created_at" => "TIME", ".updated_at" => "TIME",
        });
        let path = format!("/v1/task/{}", task["task_id"].as_str().unwrap());
        let completed = test.get(&path).await.expect(200);
        insta::assert_json_snapshot!("get_test_task", completed, {
            ".task_id" => "ID", ".created_at" => "TIME", ".updated_at" => "TIME", ".completed_at" => "TIME",
        });
        assert_eq!(test.send(Method::POST, &format!("{path}/cancel"), None).await.expect(400)["code"], "task_not_cancelable");
    }

    async fn a_live_task_can_be_canceled_until_somebody_begins(app: TestApp) {
        let live = app.live();
        let task = live.post("/v1/task/categorization", with("unique_id", json!("u1"))).await.expect(200);
        let path = format!("/v1/task/{}", task["task_id"].as_str().unwrap());
        let canceled = live.send(Method::POST, &format!("{path}/cancel"), None).await.expect(200);
        assert_eq!((&canceled["status"], &canceled["unique_id"]), (&json!("canceled"), &json!("u1")));
        live.send(Method::POST, &format!("{path}/cancel"), None).await.expect(400);
        let freed = live.send(Method::POST, &format!("{path}/cancel?clear_unique_id=True"), None).await.expect(200);
        assert_eq!(freed.get("unique_id"), None);
        live.post("/v1/task/categorization", with("unique_id", json!("u1"))).await.expect(200);
    }

    async fn a_unique_id_is_used_once(app: TestApp) {
        let live = app.live();
        let task = live.post("/v1/task/categorization", with("unique_id", json!("u"))).await.expect(200);
        let id = task["task_id"].as_str().unwrap();
        let again = live.post("/v1/task/categorization", with("unique_id", json!("u"))).await.expect(409);
        assert_eq!(again["error"], format!("The unique_id (\"u\") is already used for a different task ({id})."));
        app.test().post("/v1/task/categorization", with("unique_id", json!("u"))).await.expect(200);
        let other = live.post("/v1/task/categorization", categorization()).await.expect(200);
        let path = format!("/v1/task/{}/unique_id", other["task_id"].as_str().unwrap());
        live.post(&path, json!({"unique_id": "u"})).await.expect(409);
        live.post(&path, json!({"unique_id": ""})).await.expect(400);
        assert_eq!(live.post(&path, json!({"unique_id": "v"})).await.expect(200)["unique_id"], "v");
        assert_eq!(live.send(Method::DELETE, &path, None).await.expect(200).get("unique_id"), None);
    }

    async fn an_idempotency_key_makes_one_task_for_24_hours(app: TestApp) {
        let send = |body: Value| {
            let request = Request::post("/v1/task/categorization")
                .header("authorization", basic(app.made.live_api_key.expose()))
                .header("content-type", "application/json")
                .header("idempotency-key", "k1")
                .body(Body::from(body.to_string()))
                .unwrap();
            app.call(request)
        };
        send(json!({"attachment": "x"})).await.expect(400);
        send(categorization()).await.expect(200);
        assert_eq!(send(categorization()).await.expect(409)["code"], "idempotency_key_used");
        app.advance(24 * 60 * 60 * 1000 + 1);
        send(categorization()).await.expect(200);
    }

    async fn metadata_and_tags_are_set_added_and_removed(app: TestApp) {
        let live = app.live();
        let task = live.post("/v1/task/categorization", categorization()).await.expect(200);
        assert_eq!((task.get("tags"), &task["metadata"]), (None, &json!({})));
        let path = format!("/v1/task/{}", task["task_id"].as_str().unwrap());
        let tags = format!("{path}/tags");
        assert_eq!(live.post(&tags, json!(["b", "a"])).await.expect(200)["tags"], json!(["b", "a"]));
        assert_eq!(live.send(Method::PUT, &tags, Some(json!(["a", "c"]))).await.expect(200)["tags"], json!(["b", "a", "c"]));
        assert_eq!(live.get("/v1/tasks?tags=a&tags=c").await.expect(200)["total"], 1);
        assert_eq!(live.send(Method::DELETE, &tags, Some(json!(["b", "x"]))).await.expect(200)["tags"], json!(["a", "c"]));
        assert_eq!(live.send(Method::POST, &tags, None).await.expect(200)["tags"], json!([]));
        assert_eq!(live.get("/v1/tasks?tags=a").await.expect(200)["total"], 0);
        live.post(&tags, json!({"a": 1})).await.expect(400);
        let metadata = format!("{path}/setMetadata");
        assert_eq!(live.post(&metadata, json!({"k": [1]})).await.expect(200)["metadata"], json!({"k": [1]}));
        assert_eq!(live.send(Method::POST, &metadata, None).await.expect(200)["metadata"], json!({}));
        live.post(&metadata, json!({"k": "x".repeat(10_241)})).await.expect(400);
    }

    async fn lists_page_to_the_end_by_token_and_by_offset(app: TestApp) {
        let test = app.test();
        for _ in 0..7 {
            test.post("/v1/task/categorization", categorization()).await.expect(200);
            app.advance(1);
        }
        let mut seen = Vec::new();
        let mut token = String::new();
        loop {
            let page = test.get(&format!("/v1/tasks?limit=3&next_token={token}&status=completed&type=categorization")).await.expect(200);
            assert_eq!(page["total"], 7);
            for task in page["docs"].as_array().unwrap() {
                seen.push(task["created_at"].as_str().unwrap().to_owned());
            }
            assert_eq!(page["has_more"].as_bool().unwrap(), page["next_token"].is_string());
            match page["next_token"].as_str() {
                Some(next) => next.clone_into(&mut token),
                None => break,
            }
        }
        assert_eq!(seen.len(), 7);
        assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "newest first: {seen:?}");
        let rest = test.get("/v1/tasks?offset=5").await.expect(200);
        assert_eq!((rest["docs"].as_array().unwrap().len(), &rest["offset"]), (2, &json!(5)));
        let between = format!("/v1/tasks?start_time={}&end_time={}", seen[4], seen[2]);
        assert_eq!(test.get(&between).await.expect(200)["total"], 3);
        assert_eq!(test.get("/v1/tasks?project=nowhere").await.expect(200)["docs"], json!([]));
        let short = test.get("/v1/tasks?limited_response=true&limit=1").await.expect(200);
        assert_eq!(short["docs"][0].as_object().unwrap().len(), 4);
    }

    async fn invalid_params_are_told_with_their_paths(app: TestApp) {
        let answer = app.live().post("/v1/task/categorization",
            json!({"categories": [1, "a", "a"], "priority": 3, "callback_url": "http://10.0.0.5/x"})).await.expect(400);
        insta::assert_json_snapshot!("invalid_common_params", answer, {".request_id" => "ID"});
        let answer = app.live().post("/v1/task/categorization", json!({"categories": [1, "a", "a"]})).await.expect(400);
        insta::assert_json_snapshot!("invalid_type_params", answer, {".request_id" => "ID"});
        let answer = app.live().post("/v1/task/categorization", with("callback_url", json!("http://10.0.0.5/x"))).await.expect(400);
        insta::assert_json_snapshot!("refused_callback_url", answer, {".request_id" => "ID"});
        for (name, code) in [("segmentannotation", "task_type_not_served"), ("nonsense", "unknown_task_type")] {
            let answer = app.live().post(&format!("/v1/task/{name}"), categorization()).await.expect(400);
            assert_eq!(answer["code"], code);
        }
        assert_eq!(app.live().get("/v1/tasks").await.expect(200)["total"], 0);
    }
}
