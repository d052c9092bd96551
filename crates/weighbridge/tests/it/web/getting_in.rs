//! Sign-up, the links of mails, a forgotten password (authentication.md 2.7).

use std::net::SocketAddr;

use axum::http::Method;
use serde_json::{Value, json};
use weighbridge::http::origin::Peer;

use crate::app::{Answer, Engine, PASSWORD, TestApp, both_engines, web_request};

const NEW_PASSWORD: &str = "an otter in the bathtub";
const MINUTE_MS: i64 = 60 * 1000;

async fn post(app: &TestApp, path: &str, body: Value) -> Answer {
    app.call(web_request(Method::POST, path, None, Some(&body)))
        .await
}

async fn post_from(app: &TestApp, address: &str, path: &str, body: Value) -> Answer {
    let mut request = web_request(Method::POST, path, None, Some(&body));
    let peer = Peer(SocketAddr::new(address.parse().unwrap(), 50_000));
    request.extensions_mut().insert(peer);
    app.call(request).await
}

fn new_person(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "company": "New Company"})
}

async fn log_in(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    post(app, "/web/session", body).await
}

/// The token of the newest link to a page.
async fn token(app: &TestApp, to: &str, page: &str) -> String {
    let mails = app.mail(to).await;
    let start = format!("{}/{page}#", app.app.config.base_url());
    let mut lines = mails.iter().flat_map(|mail| mail.text.lines());
    let token = lines.find_map(|line| line.strip_prefix(&start));
    token
        .unwrap_or_else(|| panic!("no {start} in {mails:?}"))
        .to_owned()
}

async fn confirm(app: &TestApp, token: &str) -> Answer {
    post(app, "/web/confirm-email", json!({"token": token})).await
}

fn code(answer: &Answer, status: u16) -> String {
    answer.expect(status)["code"].as_str().unwrap().to_owned()
}

both_engines! {
async fn sign_up_without_mail_logs_in_with_both_keys_in_force(app: TestApp) {
    let welcome = app.call(web_request(Method::GET, "/web/welcome", None, None)).await;
    assert_eq!(welcome.expect(200), json!({"sign_up": "open", "mail": false, "dev": false}));
    let answer = post(&app, "/web/sign-up", new_person(" Eve@Example.com")).await;
    let session = answer.expect(201);
    assert_eq!(session["user"]["role"], "admin");
    assert_eq!(session["user"]["email"], "eve@example.com");
    assert_eq!(session["account"]["name"], "New Company");
    let cookie = answer.cookie("wb_session").unwrap();
    let get = |path: &str| web_request(Method::GET, path, Some(&cookie), None);
    let keys = app.call(get("/web/keys")).await.expect(200);
    for key in keys["api_keys"].as_array().unwrap() {
        let path = format!("/web/keys/{}/reveal", key["key_id"].as_str().unwrap());
        let reveal = web_request(Method::POST, &path, Some(&cookie), Some(&json!({})));
        let text = app.call(reveal).await.expect(200)["key"].as_str().unwrap().to_owned();
        app.client(&text).get("/v1/projects").await.expect(200);
    }
    assert_eq!(keys["api_keys"].as_array().unwrap().len(), 2);
    assert_eq!(keys["callback_auth_keys"].as_array().unwrap().len(), 2);
    let taken = post(&app, "/web/sign-up", new_person("eve@example.com")).await;
    assert_eq!(code(&taken, 409), "email_taken");
}
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_sign_ups_name_the_parameter() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (param, body) in [
        ("email", new_person("nobody")),
        ("email", new_person("a b@example.com")),
        ("email", json!({"password": PASSWORD, "company": "X"})),
        (
            "password",
            json!({"email": "a@example.com", "password": 5, "company": "X"}),
        ),
        (
            "company",
            json!({"email": "a@example.com", "password": PASSWORD, "company": " "}),
        ),
        (
            "company",
            json!({"email": "a@example.com", "password": PASSWORD, "company": "a\r\nb"}),
        ),
    ] {
        let refused = post(&app, "/web/sign-up", body).await.expect(400);
        assert_eq!(
            (&refused["code"], &refused["param"]),
            (&json!("invalid_parameter"), &json!(param))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_104_a_confirm_link_works_once_and_for_a_day() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start_with_mail(engine).await;
        let answer = post(&app, "/web/sign-up", new_person("eve@example.com")).await;
        assert_eq!(answer.expect(202), json!({"confirm": true}));
        assert_eq!(answer.header("set-cookie"), None);
        log_in(&app, "eve@example.com", PASSWORD).await.expect(401);
        let first = token(&app, "eve@example.com", "confirm").await;
        // Programs that look at links change nothing.
        for method in [Method::GET, Method::HEAD, Method::GET] {
            let opened = app.call(web_request(method, "/confirm", None, None)).await;
            assert_eq!(opened.status.as_u16(), 200);
        }
        let answer = confirm(&app, &first).await.expect(200);
        assert_eq!(answer, json!({"email": "eve@example.com"}));
        assert_eq!(code(&confirm(&app, &first).await, 410), "link_used");
        log_in(&app, "eve@example.com", PASSWORD).await.expect(200);
        assert_eq!(code(&confirm(&app, "nonsense").await, 404), "link_unknown");

        post(&app, "/web/sign-up", new_person("max@example.com"))
            .await
            .expect(202);
        let first = token(&app, "max@example.com", "confirm").await;
        app.advance(24 * 60 * MINUTE_MS);
        assert_eq!(code(&confirm(&app, &first).await, 410), "link_expired");
        let resend = json!({"token": first});
        post(&app, "/web/confirm-email/resend", resend.clone())
            .await
            .expect(202);
        let second = token(&app, "max@example.com", "confirm").await;
        assert_eq!(code(&confirm(&app, &first).await, 410), "link_superseded");
        let again = post(&app, "/web/confirm-email/resend", resend).await;
        assert_eq!(code(&again, 410), "link_superseded");
        confirm(&app, &second).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_106_a_reset_link_works_once_and_for_half_an_hour() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start_with_mail(engine).await;
        let ada = app.log_in("ada@example.com").await;
        let ask = async || {
            let body = json!({"email": "ADA@example.com "});
            let answer = post(&app, "/web/password-reset", body).await;
            assert_eq!(answer.expect(202), json!({}));
            token(&app, "ada@example.com", "reset").await
        };
        let set = async |token: &str| {
            let body = json!({"token": token, "password": NEW_PASSWORD});
            post(&app, "/web/password-reset/complete", body).await
        };
        let first = ask().await;
        let second = ask().await;
        assert_eq!(code(&set(&first).await, 410), "link_superseded");
        assert_eq!(code(&confirm(&app, &second).await, 404), "link_unknown");
        app.advance(30 * MINUTE_MS);
        assert_eq!(code(&set(&second).await, 410), "link_expired");
        let third = ask().await;
        // A password that is refused leaves the link as it is.
        let short = json!({"token": third, "password": "short"});
        let refused = post(&app, "/web/password-reset/complete", short).await;
        assert_eq!(refused.expect(400)["param"], "password");
        let done = set(&third).await;
        assert_eq!(done.expect(200), json!({}));
        assert_eq!(done.header("set-cookie"), None);
        assert_eq!(code(&set(&third).await, 410), "link_used");
        ada.get("/web/session").await.expect(401);
        log_in(&app, "ada@example.com", PASSWORD).await.expect(401);
        log_in(&app, "ada@example.com", NEW_PASSWORD)
            .await
            .expect(200);
        let mails = app.mail("ada@example.com").await;
        assert_eq!(mails[0].subject, "Your password was changed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_105_a_reset_for_an_unknown_address_is_the_same_answer() {
    let app = TestApp::start_with_mail(Engine::Sqlite).await;
    let mut answers = Vec::new();
    for email in ["ada@example.com", "nobody@example.com"] {
        let answer = post(&app, "/web/password-reset", json!({"email": email})).await;
        answer.expect(202);
        let mut headers = answer.headers.clone();
        headers.remove("weighbridge-request-id");
        answers.push((answer.text, headers));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(app.mail("ada@example.com").await.len(), 1);
    assert!(app.mail("nobody@example.com").await.is_empty());
    assert!(app.mail("").await.is_empty());
    // Three an hour for an address, ten for a network.
    for email in ["ada@example.com", "nobody@example.com"] {
        for status in [202, 202, 429] {
            let answer = post(&app, "/web/password-reset", json!({"email": email})).await;
            assert_eq!(answer.status.as_u16(), status);
        }
    }
    for number in 0..11 {
        let body = json!({"email": format!("{number}@example.com")});
        let answer = post_from(&app, "192.0.2.1", "/web/password-reset", body).await;
        answer.expect(if number < 10 { 202 } else { 429 });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_107_a_taken_address_gets_the_same_answer_and_its_owner_a_notice() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let app = TestApp::start_with_mail(engine).await;
        let mut answers = Vec::new();
        for email in ["ada@example.com", "eve@example.com", "eve@example.com"] {
            let answer = post(&app, "/web/sign-up", new_person(email)).await;
            answer.expect(202);
            let mut headers = answer.headers.clone();
            headers.remove("weighbridge-request-id");
            answers.push((answer.text, headers));
        }
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
        let notices = app.mail("ada@example.com").await;
        assert_eq!(notices.len(), 1);
        assert_eq!(
            notices[0].subject,
            "Somebody tried to sign up with your address"
        );
        let ada = app.log_in("ada@example.com").await;
        let session = ada.get("/web/session").await.expect(200);
        assert_eq!(session["account"]["name"], "Acme");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_107_twenty_sign_ups_an_hour_from_one_network() {
    let app = TestApp::start_with_mail(Engine::Sqlite).await;
    for number in 0..21 {
        let body = new_person(&format!("p{number}@example.com"));
        let answer = post_from(&app, "2001:db8::1", "/web/sign-up", body).await;
        answer.expect(if number < 20 { 202 } else { 429 });
    }
    let body = new_person("other@example.com");
    post_from(&app, "2001:db8:1::1", "/web/sign-up", body)
        .await
        .expect(202);
    app.advance(60 * MINUTE_MS);
    let body = new_person("later@example.com");
    post_from(&app, "2001:db8::1", "/web/sign-up", body)
        .await
        .expect(202);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_107_the_operator_says_who_may_sign_up() {
    for policy in ["closed", "invite"] {
        let app = TestApp::start_with(Engine::Sqlite, &[("sign_up", policy)]).await;
        let welcome = web_request(Method::GET, "/web/welcome", None, None);
        assert_eq!(app.call(welcome).await.expect(200)["sign_up"], policy);
        let refused = post(&app, "/web/sign-up", new_person("eve@example.com")).await;
        assert_eq!(code(&refused, 403), "sign_up_closed");
    }
    let domains = [("sign_up", "domains"), ("sign_up_domains", "@Example.com")];
    let app = TestApp::start_with(Engine::Sqlite, &domains).await;
    let refused = post(&app, "/web/sign-up", new_person("eve@sub.example.com")).await;
    assert_eq!(code(&refused, 403), "sign_up_closed");
    post(&app, "/web/sign-up", new_person("Eve@Example.COM"))
        .await
        .expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_74_a_reset_turns_the_password_on_again() {
    let app = TestApp::start_with_mail(Engine::Sqlite).await;
    let (account, user) = (app.made.account_id, app.made.user_id);
    app.app
        .stores
        .control
        .write(move |tx| store::control::users::turn_password_off(tx, account, user, 1))
        .await
        .map_err(|error: store::StoreError| error)
        .unwrap();
    log_in(&app, "ada@example.com", PASSWORD).await.expect(401);
    post(
        &app,
        "/web/password-reset",
        json!({"email": "ada@example.com"}),
    )
    .await
    .expect(202);
    let token = token(&app, "ada@example.com", "reset").await;
    let body = json!({"token": token, "password": NEW_PASSWORD});
    post(&app, "/web/password-reset/complete", body)
        .await
        .expect(200);
    log_in(&app, "ada@example.com", NEW_PASSWORD)
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signed_up_with_a_foreign_address_does_not_get_in() {
    let app = TestApp::start_with_mail(Engine::Sqlite).await;
    // Somebody takes the address first; its owner knows nothing of it and resets.
    post(&app, "/web/sign-up", new_person("eve@example.com"))
        .await
        .expect(202);
    post(
        &app,
        "/web/password-reset",
        json!({"email": "eve@example.com"}),
    )
    .await
    .expect(202);
    let token = token(&app, "eve@example.com", "reset").await;
    let body = json!({"token": token, "password": NEW_PASSWORD});
    post(&app, "/web/password-reset/complete", body)
        .await
        .expect(200);
    log_in(&app, "eve@example.com", PASSWORD).await.expect(401);
    log_in(&app, "eve@example.com", NEW_PASSWORD)
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_without_a_mail_server_says_so() {
    let app = TestApp::start(Engine::Sqlite).await;
    for email in ["ada@example.com", "nobody@example.com"] {
        let answer = post(&app, "/web/password-reset", json!({"email": email})).await;
        assert_eq!(code(&answer, 409), "mail_not_configured");
    }
}
