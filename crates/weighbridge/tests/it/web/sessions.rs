//! Log-in and sessions (authentication.md 2.7).

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::json;

use crate::app::{Engine, PASSWORD, TestApp};

fn log_in_request(email: &str, password: &str) -> Request<Body> {
    Request::post("/web/session")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json")
        .body(Body::from(
            json!({"email": email, "password": password}).to_string(),
        ))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn case_70_every_failure_looks_the_same() {
    let app = TestApp::start(Engine::Sqlite).await;
    let mut bodies = Vec::new();
    for (email, password) in [
        ("ada@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("ada@example.com", ""),
    ] {
        let mut body = app.call(log_in_request(email, password)).await.expect(401);
        body.as_object_mut().unwrap().remove("request_id");
        bodies.push(body);
    }
    assert!(
        bodies.windows(2).all(|pair| pair[0] == pair[1]),
        "{bodies:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn case_72_the_sixth_wrong_password_waits() {
    let app = TestApp::start(Engine::Sqlite).await;
    for email in ["ada@example.com", "nobody@example.com"] {
        for _ in 0..5 {
            app.call(log_in_request(email, "wrong")).await.expect(401);
        }
        let answer = app.call(log_in_request(email, PASSWORD)).await;
        answer.expect(429);
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    app.advance(1_001);
    app.call(log_in_request("ada@example.com", PASSWORD))
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_78_80_83_cookie_idle_end_and_log_out() {
    let app = TestApp::start(Engine::Sqlite).await;
    let answer = app
        .call(log_in_request(" ADA@example.com ", PASSWORD))
        .await;
    answer.expect(200);
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    let ada = app.log_in("ada@example.com").await;
    ada.get("/web/session").await.expect(200);
    app.advance(23 * 60 * 60 * 1000);
    ada.get("/web/session").await.expect(200);
    app.advance(24 * 60 * 60 * 1000 + 1);
    let ended = ada.get("/web/session").await;
    ended.expect(401);
    assert_eq!(
        ended.header("www-authenticate"),
        Some("Session realm=\"Weighbridge\"")
    );
    let ada = app.log_in("ada@example.com").await;
    ada.send(Method::DELETE, "/web/session", json!({}))
        .await
        .expect(200);
    ada.get("/web/session").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_88_89_foreign_requests_are_refused() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.log_in("ada@example.com").await;
    let base = || {
        Request::post("/web/live/claims")
            .header("cookie", &ada.cookie)
            .header("host", "wb.example")
    };
    let json_type = ("content-type", "application/json");
    for (name, value, status) in [
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("x-nothing", "x", 403),
        ("origin", "http://wb.example", 200),
        ("sec-fetch-site", "same-origin", 200),
    ] {
        let request = base().header(json_type.0, json_type.1).header(name, value);
        app.call(request.body(Body::from("{}")).unwrap())
            .await
            .expect(status);
    }
    let form = base()
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "text/plain");
    app.call(form.body(Body::from("{}")).unwrap())
        .await
        .expect(415);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_84_a_key_does_not_open_the_app_api() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.live().get("/web/session").await.expect(401);
}
