//! What each role is given, the section API Keys, and the headers of pages.

use axum::body::Body;
use axum::http::Request;
use domain::Role;
use serde_json::json;

use crate::app::{Engine, PASSWORD, TestApp};

#[tokio::test(flavor = "multi_thread")]
async fn cases_52_53_54_keys_are_given_to_admins_and_managers_alone() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (email, role) in [
        ("max@example.com", Role::Manager),
        ("mia@example.com", Role::Member),
        ("leo@example.com", Role::Labeler),
    ] {
        app.add_user(email, role).await;
    }
    let max = app.log_in("max@example.com").await;
    let listed = max.get("/web/keys").await;
    let keys = listed.expect(200);
    assert_eq!(keys["api_keys"].as_array().unwrap().len(), 2);
    assert_eq!(keys["callback_auth_keys"].as_array().unwrap().len(), 2);
    for key in [
        &app.made.live_api_key,
        &app.made.test_api_key,
        &app.made.live_callback_auth_key,
    ] {
        assert!(!listed.text.contains(key.expose()));
    }
    let row = keys["api_keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["environment"] == "live")
        .unwrap();
    let reveal = format!("/web/keys/{}/reveal", row["key_id"].as_str().unwrap());
    let shown = max.post(&reveal, json!({})).await;
    assert_eq!(shown.expect(200)["key"], app.made.live_api_key.expose());
    assert_eq!(shown.header("cache-control"), Some("no-store"));

    for email in ["mia@example.com", "leo@example.com"] {
        let person = app.log_in(email).await;
        for answer in [
            person.get("/web/keys").await,
            person.post(&reveal, json!({})).await,
        ] {
            let body = answer.expect(403);
            assert_eq!(body["code"], "role_required");
            assert_eq!(body["admins"], json!(["Ada"]));
            assert!(!answer.text.contains("_wb"), "a hint reached {email}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_87_a_live_key_asks_for_a_recent_password() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.log_in("ada@example.com").await;
    let keys = ada.get("/web/keys").await.expect(200);
    let path = |environment: &str| {
        let row = keys["api_keys"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["environment"] == environment)
            .unwrap();
        format!("/web/keys/{}/reveal", row["key_id"].as_str().unwrap())
    };
    app.advance(16 * 60 * 1000);
    assert_eq!(
        ada.post(&path("live"), json!({})).await.expect(403)["code"],
        "reauthentication_required"
    );
    ada.post(&path("test"), json!({})).await.expect(200);
    ada.post("/web/session/confirm", json!({"password": "wrong"}))
        .await
        .expect(403);
    let confirmed = ada
        .post("/web/session/confirm", json!({"password": PASSWORD}))
        .await;
    confirmed.expect(200);
    ada.get("/web/session").await.expect(401);
    let cookie = confirmed
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let request = Request::post(path("live"))
        .header("cookie", cookie)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json")
        .body(Body::from("{}"))
        .unwrap();
    app.call(request).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_app_refuses_who_may_not() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.add_user("leo@example.com", Role::Labeler).await;
    let leo = app.log_in("leo@example.com").await;
    for path in [
        "/web/live/projects",
        "/web/live/projects/x",
        "/web/live/batches",
        "/web/test/tasks",
        "/web/live/tasks/0123456789abcdef01234567",
        "/web/live/usage",
        "/web/live/usage.csv",
        "/web/keys",
    ] {
        leo.get(path).await.expect(403);
        app.call(Request::get(path).body(Body::empty()).unwrap())
            .await
            .expect(401);
    }
    let ada = app.log_in("ada@example.com").await;
    for path in [
        "/web/live/projects",
        "/web/test/batches",
        "/web/live/tasks",
        "/web/live/usage",
        "/web/live/queue",
    ] {
        ada.get(path).await.expect(200);
    }
    ada.get("/web/nowhere/projects").await.expect(404);
    ada.get("/web/nope").await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_and_samples_are_served() {
    let app = TestApp::start(Engine::Sqlite).await;
    for path in ["/healthz", "/readyz", "/samples", "/openapi.json"] {
        app.call(Request::get(path).body(Body::empty()).unwrap())
            .await
            .expect(200);
    }
    let picture = app
        .call(
            Request::get("/samples/cat.jpg")
                .body(Body::empty())
                .unwrap(),
        )
        .await;
    assert_eq!(
        (picture.status.as_u16(), picture.header("content-type")),
        (200, Some("image/jpeg"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn case_91_every_address_opens_the_app_with_exact_headers() {
    let app = TestApp::start(Engine::Sqlite).await;
    let request = Request::get("/live/projects/a%2Fb")
        .body(Body::empty())
        .unwrap();
    let page = app.call(request).await;
    assert_eq!(page.status.as_u16(), 200);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(page.header("cache-control"), Some("no-cache"));
    assert_eq!(
        page.header("content-security-policy"),
        Some(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
             font-src 'self'; connect-src 'self'; media-src 'self' blob:; worker-src 'self'; \
             manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
             object-src 'none'"
        )
    );
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    let missing = Request::get("/assets/nothing.js")
        .body(Body::empty())
        .unwrap();
    app.call(missing).await.expect(404);

    let script = page
        .text
        .split('"')
        .find(|part| part.starts_with("/assets/"))
        .unwrap();
    for (accepted, encoding) in [
        ("gzip, br", Some("br")),
        ("gzip", Some("gzip")),
        ("identity", None),
    ] {
        let request = Request::get(script).header("accept-encoding", accepted);
        let answer = app.call(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.header("content-encoding"), encoding);
        assert_eq!(
            answer.header("content-type"),
            Some("text/javascript; charset=utf-8")
        );
        assert_eq!(
            answer.header("cache-control"),
            Some("public, max-age=31536000, immutable")
        );
    }
}
