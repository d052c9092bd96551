//! Bad input is a 4xx that names the place and what would be right; nothing is stored.

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::app::{Engine, TestApp, basic};

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_body_is_told_and_nothing_is_stored() {
    let app = TestApp::start(Engine::Sqlite).await;
    let key = basic(app.made.live_api_key.expose());
    let nested = format!(
        "{{\"metadata\":{}1{}}}",
        "{\"a\":".repeat(70),
        "}".repeat(70)
    );
    let table: Vec<(&str, &str, Vec<u8>, u16, &str)> = vec![
        (
            "duplicate member",
            "application/json",
            br#"{"metadata":{"a":1,"a":2}}"#.into(),
            400,
            "`metadata.a`",
        ),
        (
            "nesting",
            "application/json",
            nested.into(),
            400,
            "deeper than 64",
        ),
        (
            "NUL",
            "application/json",
            br#"{"instruction":"a\u0000b"}"#.into(),
            400,
            "`instruction` holds a NUL",
        ),
        (
            "lone surrogate",
            "application/json",
            br#"{"instruction":"\ud800"}"#.into(),
            400,
            "surrogate",
        ),
        (
            "number out of range",
            "application/json",
            br#"{"priority":1e999}"#.into(),
            400,
            "out of range",
        ),
        (
            "not JSON",
            "application/json",
            b"{".into(),
            400,
            "line 1 column",
        ),
        (
            "an array",
            "application/json",
            b"[]".into(),
            400,
            "must be a JSON object, got an array",
        ),
        (
            "not UTF-8",
            "application/json",
            b"{\"a\":\"\xff\"}".into(),
            400,
            "not UTF-8",
        ),
        (
            "content type",
            "text/plain",
            b"{}x".into(),
            415,
            "must be application/json",
        ),
        (
            "charset",
            "application/json; charset=latin1",
            b"{}".into(),
            400,
            "must be utf-8",
        ),
        (
            "percent-encoding",
            "application/x-www-form-urlencoded",
            b"attachment=%zz".into(),
            400,
            "two hexadecimal digits",
        ),
        (
            "too large",
            "application/json",
            vec![b' '; 10 * 1024 * 1024 + 1],
            413,
            "larger than 10485760 bytes",
        ),
    ];
    for (name, content_type, body, status, part) in table {
        let request = Request::post("/v1/task/categorization")
            .header("authorization", &key)
            .header("content-type", content_type)
            .body(Body::from(body))
            .unwrap();
        let answer = app.call(request).await;
        let body = answer.expect(status);
        assert!(
            body["error"].as_str().unwrap().contains(part),
            "{name}: {body}"
        );
        assert!(answer.header("retry-after").is_none(), "{name}");
    }
    for path in [
        "/v1/tasks?limit=101",
        "/v1/tasks?limit=0",
        "/v1/tasks?start_time=soon",
        "/v1/tasks?status=done",
        "/v1/tasks?next_token=x",
        "/v1/tasks?a=%zz",
        "/v1/batches?status=x",
    ] {
        app.live().get(path).await.expect(400);
    }
    app.live().get("/v1/projects/%ff").await.expect(400);
    app.live().get("/v1/projects/%00").await.expect(400);
    assert_eq!(app.live().get("/v1/tasks").await.expect(200)["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_over_16_kib_are_431() {
    let app = TestApp::start(Engine::Sqlite).await;
    let request = Request::get("/v1/projects").header("x-long", "a".repeat(17 * 1024));
    app.call(request.body(Body::empty()).unwrap())
        .await
        .expect(431);
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_are_taken_as_older_programs_send_them() {
    let app = TestApp::start(Engine::Sqlite).await;
    let request = Request::post("/v1//task/categorization/")
        .header("authorization", basic(app.made.test_api_key.expose()))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(
            "attachment=hello&categories=a&categories=b&allow_multiple=true",
        ))
        .unwrap();
    let task = app.call(request).await.expect(200);
    assert_eq!(task["params"]["categories"], json!(["a", "b"]));
    assert_eq!(task["params"]["allow_multiple"], true);
}
