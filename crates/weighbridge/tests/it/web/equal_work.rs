//! Known and unknown addresses are the same work, so that no time tells them apart (cases 70, 105,
//! 107): as many hashes, as many statements. `make bench` measures the times.

use axum::http::Method;
use domain::Role;
use serde_json::{Value, json};

use crate::app::{Engine, TestApp, web_request};

/// Hashes and statements that a request costs.
async fn cost(app: &TestApp, path: &str, body: Value, status: u16) -> (u64, u64) {
    let work = || (app.app.hashing.begun(), app.app.stores.control.statements());
    let before = work();
    let request = web_request(Method::POST, path, None, Some(&body));
    app.call(request).await.expect(status);
    let after = work();
    (after.0 - before.0, after.1 - before.1)
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_70_105_107_known_and_unknown_addresses_are_the_same_work() {
    let app = TestApp::start_with_mail(Engine::Sqlite).await;
    app.add_user("mia@example.com", Role::Member).await;
    // The dummy that unknown addresses are compared with is made once.
    let wrong = |email: &str| json!({"email": email, "password": "not the password"});
    cost(&app, "/web/session", wrong("first@example.com"), 401).await;

    let known = cost(&app, "/web/session", wrong("mia@example.com"), 401).await;
    let unknown = cost(&app, "/web/session", wrong("stranger@example.com"), 401).await;
    assert_eq!((known, known.0), (unknown, 1), "log-in");

    let address = |email: &str| json!({"email": email});
    let known = cost(&app, "/web/password-reset", address("mia@example.com"), 202).await;
    let unknown = cost(&app, "/web/password-reset", address("no@example.com"), 202).await;
    assert_eq!(known, unknown, "reset");

    let sign_up =
        |email: &str| json!({"email": email, "password": "twelve brave goats", "company": "New"});
    let taken = cost(&app, "/web/sign-up", sign_up("mia@example.com"), 202).await;
    let new = cost(&app, "/web/sign-up", sign_up("new@example.com"), 202).await;
    assert_eq!((taken.0, new.0), (1, 1), "sign-up: {taken:?} {new:?}");
}
