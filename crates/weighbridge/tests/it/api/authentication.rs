//! Cases 1–26 of authentication.md 4a over HTTP. What each header means to the parser is tested in
//! the crate `keys`; here: status, code, one challenge, no echo, and no database read.

use axum::body::Body;
use axum::http::{Method, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use serde_json::json;
use weighbridge::http::origin::Peer;

use crate::app::{Answer, Engine, TestApp, basic, both_engines};

async fn answer_of(app: &TestApp, path: &str, lines: &[&[u8]]) -> crate::app::Answer {
    let mut request = Request::builder().uri(path);
    for line in lines {
        request = request.header("authorization", *line);
    }
    app.call(request.body(Body::empty()).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_1_to_26_by_table() {
    let app = TestApp::start(Engine::Sqlite).await;
    let test_key = app.made.test_api_key.expose().to_owned();
    let callback_key = app.made.live_callback_auth_key.expose().to_owned();
    let base64 = |text: &str| STANDARD.encode(text);
    let with_colon = base64(&format!("{test_key}:"));
    let last_cut = &test_key[..test_key.len() - 1];
    let unknown = "test_wbEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM2OLDOh";
    let table: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        (
            "3 scheme case",
            format!("bAsIc {with_colon}").into(),
            200,
            "",
        ),
        ("4 nothing after", "Basic ".into(), 401, "missing_api_key"),
        (
            "5 two spaces",
            format!("Basic  {with_colon}").into(),
            200,
            "",
        ),
        (
            "5 tab",
            format!("Basic\t{with_colon}").into(),
            401,
            "unsupported_scheme",
        ),
        (
            "6 outer spaces",
            format!("  Basic {with_colon} ").into(),
            200,
            "",
        ),
        (
            "7 token",
            format!("Token {test_key}").into(),
            401,
            "unsupported_scheme",
        ),
        (
            "7 bare key",
            test_key.clone().into(),
            401,
            "unsupported_scheme",
        ),
        (
            "8 no base64",
            "Basic !!!!".into(),
            401,
            "malformed_authorization",
        ),
        (
            "9 no padding",
            format!("Basic {}", with_colon.trim_end_matches('=')).into(),
            200,
            "",
        ),
        (
            "12 url-safe",
            "Basic ab-_".into(),
            401,
            "malformed_authorization",
        ),
        (
            "13 comma",
            format!("Basic {with_colon}, Basic x").into(),
            401,
            "malformed_authorization",
        ),
        (
            "14 no colon",
            format!("Basic {}", base64(&test_key)).into(),
            401,
            "missing_colon",
        ),
        (
            "15 password",
            format!("Basic {}", base64(&format!("{test_key}:x"))).into(),
            200,
            "",
        ),
        (
            "16 line break",
            format!("Basic {}", base64(&format!("{test_key}:\n"))).into(),
            401,
            "malformed_authorization",
        ),
        (
            "17 empty user",
            format!("Basic {}", base64(":")).into(),
            401,
            "missing_api_key",
        ),
        (
            "18 space",
            format!("Basic {}", base64(&format!(" {test_key}:"))).into(),
            401,
            "invalid_api_key",
        ),
        (
            "19 é",
            format!("Basic {}", base64("é:")).into(),
            401,
            "malformed_authorization",
        ),
        (
            "20 long",
            format!("Basic {}", "A".repeat(1_024)).into(),
            401,
            "malformed_authorization",
        ),
        ("23 bearer", format!("Bearer {test_key}").into(), 200, ""),
        (
            "24 cut",
            format!("Basic {}", base64(&format!("{last_cut}:"))).into(),
            401,
            "invalid_api_key",
        ),
        (
            "25 unknown",
            format!("Basic {}", base64(&format!("{unknown}:"))).into(),
            401,
            "invalid_api_key",
        ),
        (
            "26 callback key",
            format!("Basic {}", base64(&format!("{callback_key}:"))).into(),
            401,
            "invalid_api_key",
        ),
        (
            "26 password",
            format!(
                "Basic {}",
                base64(&format!("ada@example.com:{}", crate::app::PASSWORD))
            )
            .into(),
            401,
            "invalid_api_key",
        ),
    ];
    for (case, line, status, code) in table {
        let answer = answer_of(&app, "/v1/projects", &[&line]).await;
        assert_eq!(
            answer.status.as_u16(),
            status,
            "case {case}: {}",
            answer.text
        );
        if status == 200 {
            assert_eq!(
                answer.header("weighbridge-mode"),
                Some("test"),
                "case {case}"
            );
            continue;
        }
        let body = answer.json();
        assert_eq!(body["code"], code, "case {case}: {body}");
        assert_eq!(body["status_code"], status, "case {case}");
        let challenges: Vec<_> = answer.headers.get_all("www-authenticate").iter().collect();
        assert_eq!(challenges.len(), 1, "case {case}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/json"),
            "case {case}"
        );
        for secret in [test_key.as_str(), &callback_key, crate::app::PASSWORD] {
            assert!(
                !answer.text.contains(secret),
                "case {case} repeats a secret"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_02_no_map_of_the_api_for_strangers() {
    let app = TestApp::start(Engine::Sqlite).await;
    for path in ["/v1/projects", "/v1/nope", "/v1/task/x/y/z", "/v2/tasks"] {
        let answer = answer_of(&app, path, &[]).await;
        assert_eq!(answer.expect(401)["code"], "missing_api_key", "{path}");
        assert_eq!(
            answer.header("www-authenticate"),
            Some("Basic realm=\"Weighbridge API\", charset=\"UTF-8\""),
            "{path}"
        );
    }
    app.test().get("/v1/nope").await.expect(404);
    app.test()
        .send(axum::http::Method::PUT, "/v1/projects", None)
        .await
        .expect(405);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_21_two_lines_are_400_without_a_challenge() {
    let app = TestApp::start(Engine::Sqlite).await;
    let line = basic(app.made.test_api_key.expose());
    let answer = answer_of(&app, "/v1/projects", &[line.as_bytes(), line.as_bytes()]).await;
    assert_eq!(answer.expect(400)["code"], "duplicate_authorization");
    assert_eq!(answer.header("www-authenticate"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_22_a_key_elsewhere_than_in_the_header_is_not_read() {
    let app = TestApp::start(Engine::Sqlite).await;
    let key = app.made.test_api_key.expose().to_owned();
    let ada = app.log_in("ada@example.com").await;
    for request in [
        Request::builder().uri(format!("/v1/projects?api_key={key}&key={key}")),
        Request::builder()
            .uri("/v1/projects")
            .header("x-api-key", &key),
        Request::builder()
            .uri("/v1/projects")
            .header("cookie", &ada.cookie),
    ] {
        let answer = app.call(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.expect(401)["code"], "missing_api_key");
    }
    let body = json!({"api_key": key, "key": key, "name": "p", "type": "categorization"});
    let request = Request::post("/v1/projects").header("content-type", "application/json");
    let answer = app
        .call(request.body(Body::from(body.to_string())).unwrap())
        .await;
    assert_eq!(answer.expect(401)["code"], "missing_api_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn case_21_nothing_is_executed_where_two_lines_are_sent() {
    let app = TestApp::start(Engine::Sqlite).await;
    let (test, live) = (&app.made.test_api_key, &app.made.live_api_key);
    for (first, second) in [
        (test.expose(), test.expose()),
        (test.expose(), live.expose()),
        (test.expose(), "nonsense"),
        ("nonsense", test.expose()),
    ] {
        let body = json!({"name": "p", "type": "categorization"});
        let request = Request::post("/v1/projects")
            .header("content-type", "application/json")
            .header("authorization", basic(first))
            .header("authorization", basic(second))
            .body(Body::from(body.to_string()))
            .unwrap();
        let answer = app.call(request).await;
        assert_eq!(answer.expect(400)["code"], "duplicate_authorization");
        assert_eq!(answer.header("www-authenticate"), None);
    }
    for client in [app.test(), app.live()] {
        assert_eq!(client.get("/v1/projects").await.expect(200), json!([]));
    }
}

both_engines! {
    async fn case_26_each_state_of_a_key_has_its_own_code(app: TestApp) {
        let mut app = app;
        let mut texts = Vec::new();
        for name in ["suspended", "revoked", "expired", "early"] {
            let body = json!({"environment": "test", "name": name});
            let ada = app.log_in("ada@example.com").await;
            let made = ada.post("/web/keys", body).await.expect(201);
            let text = made["text"].as_str().unwrap().to_owned();
            app.client(&text).get("/v1/projects").await.expect(200);
            let path = |verb: &str| format!("/web/keys/{}/{verb}", made["key"]["key_id"].as_str().unwrap());
            match name {
                "suspended" => ada.post(&path("suspend"), json!({})).await.expect(200),
                "revoked" => ada.post(&path("revoke"), json!({})).await.expect(200),
                "expired" => ada.post(&path("roll"), json!({"overlap": "now"})).await.expect(201),
                _ => json!({}),
            };
            texts.push((name, text));
        }
        let not_before = "UPDATE keys SET not_before = 1900000000000 WHERE name = 'early'";
        assert_eq!(app.by_the_back_door("control", not_before), Ok(1));
        // Past the change feed: only a new process sees it.
        app.restart().await;
        app.advance(1);
        for ((name, text), code) in texts.iter().zip([
            "suspended_api_key", "revoked_api_key", "expired_api_key", "key_not_yet_valid",
        ]) {
            let answer = app.client(text).get("/v1/projects").await;
            assert_eq!(answer.expect(401)["code"], code, "{name}");
            assert_eq!(answer.headers.get_all("www-authenticate").iter().count(), 1, "{name}");
            assert!(!answer.text.contains(text.as_str()), "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_26_a_password_sent_to_the_api_is_no_log_in() {
    let app = TestApp::start(Engine::Sqlite).await;
    let before = app.app.stores.control.statements();
    for password in [crate::app::PASSWORD, "wrong"] {
        let line = format!(
            "Basic {}",
            STANDARD.encode(format!("ada@example.com:{password}"))
        );
        for _ in 0..50 {
            let answer = answer_of(&app, "/v1/projects", &[line.as_bytes()]).await;
            assert_eq!(answer.expect(401)["code"], "invalid_api_key");
        }
    }
    assert_eq!(
        app.app.stores.control.statements(),
        before,
        "nothing is counted"
    );
    app.log_in("ada@example.com").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_28_a_thousand_failures_then_429_and_a_valid_key_always_passes() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ask = async |address: [u8; 4], key: Option<&str>| -> Answer {
        let mut request = Request::builder().method(Method::GET).uri("/v1/projects");
        if let Some(key) = key {
            request = request.header("authorization", basic(key));
        }
        let mut request = request.body(Body::empty()).unwrap();
        request
            .extensions_mut()
            .insert(Peer((address, 4711).into()));
        app.call(request).await
    };
    let (bad, good) = ([192, 0, 2, 1], [192, 0, 2, 2]);
    for number in 0..1000 {
        let key = (number % 2 == 0).then_some("nonsense");
        ask(bad, key).await.expect(401);
    }
    for key in [None, Some("nonsense")] {
        let refused = ask(bad, key).await;
        assert_eq!(refused.expect(429)["code"], "too_many_failures");
        assert_eq!(refused.header("retry-after"), Some("1"));
        assert_eq!(refused.header("www-authenticate"), None);
    }
    // A path that is not there tells strangers nothing else.
    let mut request = Request::get("/v1/nope").body(Body::empty()).unwrap();
    request.extensions_mut().insert(Peer((bad, 4711).into()));
    app.call(request).await.expect(429);
    let key = app.made.test_api_key.expose();
    ask(bad, Some(key)).await.expect(200);
    ask(good, None).await.expect(401);
    app.advance(1000);
    for _ in 0..50 {
        ask(bad, None).await.expect(401);
    }
    ask(bad, None).await.expect(429);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_28_verifying_10000_requests_runs_no_statement_on_control() {
    let app = TestApp::start(Engine::Sqlite).await;
    let before = app.app.stores.control.statements();
    for _ in 0..10_000 {
        app.test().get("/v1/nope").await;
    }
    assert_eq!(app.app.stores.control.statements() - before, 0);
    assert_eq!(app.app.directory.keys.take_uses().len(), 1);
}
