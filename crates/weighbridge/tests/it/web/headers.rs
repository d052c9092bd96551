//! Headers that answers carry for the browser's sake (authentication.md 2.7).

use axum::body::Body;
use axum::http::Request;

use crate::app::{Answer, Engine, TestApp};

async fn get(app: &TestApp, path: &str) -> Answer {
    app.call(Request::get(path).body(Body::empty()).unwrap())
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn case_92_every_kind_of_answer_carries_the_headers() {
    let https = [("public_url", "https://wb.example.com")];
    let app = TestApp::start_with(Engine::Sqlite, &https).await;
    let page = get(&app, "/login").await;
    let script = page
        .text
        .split('"')
        .find(|part| part.starts_with("/assets/"))
        .unwrap();
    for path in [
        "/login",
        script,
        "/assets/missing.js",
        "/web/welcome",
        "/web/session",
        "/web/nope",
        "/healthz",
        "/samples",
    ] {
        let answer = get(&app, path).await;
        for (name, value) in [
            ("strict-transport-security", "max-age=31536000"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            (
                "permissions-policy",
                "camera=(), microphone=(), geolocation=(), payment=(), usb=(), \
                 publickey-credentials-create=(self), publickey-credentials-get=(self)",
            ),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name} of {path}");
        }
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"));
    }
    for path in ["/confirm", "/reset", "/invite", "/invite/"] {
        let answer = get(&app, path).await;
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    }
    // What programs get is short; over https it says so too.
    let answer = app.live().get("/v1/projects").await;
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("strict-transport-security").is_some());
    assert_eq!(answer.header("content-security-policy"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_92_without_https_nothing_is_said_of_it() {
    let app = TestApp::start(Engine::Sqlite).await;
    let answer = get(&app, "/login").await;
    assert_eq!(answer.header("strict-transport-security"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_93_files_are_served_in_a_sandbox() {
    let app = TestApp::start(Engine::Sqlite).await;
    let answer = get(&app, "/samples/cat.jpg").await;
    assert_eq!(
        answer.header("content-security-policy"),
        Some("sandbox; default-src 'none'")
    );
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
}
