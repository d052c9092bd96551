//! Cases 1–26 of authentication.md 4a over HTTP. What each header means to the parser is tested in
//! the crate `keys`; here: status, code, one challenge, no echo, and no database read.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::app::{Engine, TestApp};

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
    let line = crate::app::basic(app.made.test_api_key.expose());
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
