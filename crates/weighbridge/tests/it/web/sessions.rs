//! Log-in and sessions (authentication.md 2.7).

use std::net::{IpAddr, SocketAddr};

use axum::body::Body;
use axum::http::{Method, Request};
use domain::{Role, UserId};
use serde_json::json;
use store::StoreError;
use store::control::{attempts, audit, users};
use weighbridge::http::origin::Peer;
use weighbridge::operations::create_account::{NewUser, read_user};
use weighbridge::operations::throttle::log_in_subject;

use crate::app::{Answer, Engine, PASSWORD, TestApp, basic, both_engines, web_request};

fn log_in_request(email: &str, password: &str) -> Request<Body> {
    Request::post("/web/session")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json")
        .body(Body::from(
            json!({"email": email, "password": password}).to_string(),
        ))
        .unwrap()
}

/// The same from an address, and with cookies.
fn log_in_from(address: &str, cookie: &str, email: &str, password: &str) -> Request<Body> {
    let mut request = log_in_request(email, password);
    let address: IpAddr = address.parse().unwrap();
    let peer = Peer(SocketAddr::new(address, 50_000));
    request.extensions_mut().insert(peer);
    if !cookie.is_empty() {
        request
            .headers_mut()
            .insert("cookie", cookie.parse().unwrap());
    }
    request
}

async fn get(app: &TestApp, path: &str, cookie: &str) -> Answer {
    app.call(web_request(Method::GET, path, Some(cookie), None))
        .await
}

const HOUR_MS: i64 = 60 * 60 * 1000;

#[tokio::test(flavor = "multi_thread")]
async fn case_70_every_failure_looks_the_same() {
    let app = TestApp::start_with_mail(Engine::Sqlite).await;
    let max = NewUser {
        email: "max@example.com",
        name: "Max",
        role: Role::Manager,
        password: PASSWORD,
    };
    let id = UserId::from_parts(1, [1; 6]);
    let mut max = read_user(&app.app.secrets, app.made.account_id, id, &max).unwrap();
    max.deactivated_at = Some(1);
    app.app
        .stores
        .control
        .write(move |tx| users::insert(tx, &max, 0))
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    let new = json!({"email": "new@example.com", "password": PASSWORD, "company": "New"});
    app.call(web_request(Method::POST, "/web/sign-up", None, Some(&new)))
        .await
        .expect(202);
    let mut bodies = Vec::new();
    for (email, password) in [
        ("ada@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("ada@example.com", ""),
        ("ada@example.com", &"long ".repeat(100_000)),
        ("max@example.com", PASSWORD),
        ("new@example.com", PASSWORD),
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

both_engines! {
async fn case_72_the_sixth_wrong_password_waits(app: TestApp) {
    let mut app = app;
    for email in ["ada@example.com", "nobody@example.com"] {
        for _ in 0..5 {
            app.call(log_in_request(email, "wrong")).await.expect(401);
        }
        let answer = app.call(log_in_request(email, PASSWORD)).await;
        answer.expect(429);
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    // Counters are in the database: neither a restart nor another process forgets them.
    app.restart().await;
    app.call(log_in_request("ada@example.com", PASSWORD))
        .await
        .expect(429);
    app.advance(1_001);
    let first = app.call(log_in_request("ada@example.com", PASSWORD)).await;
    first.expect(200);

    // Who logged in before is not locked out by what others try.
    let device = first.cookie("wb_device").unwrap();
    for _ in 0..5 {
        app.call(log_in_request("ada@example.com", "wrong")).await.expect(401);
    }
    app.call(log_in_request("ada@example.com", PASSWORD)).await.expect(429);
    let known = |password: &str| log_in_from("192.0.2.1", &device, "ada@example.com", password);
    app.call(known(PASSWORD)).await.expect(200);
    // The device has a counter of its own, and is of one person.
    for _ in 0..5 {
        app.call(known("wrong")).await.expect(401);
    }
    app.call(known(PASSWORD)).await.expect(429);
    app.add_user("max@example.com", Role::Manager).await;
    for _ in 0..5 {
        app.call(log_in_from("192.0.2.2", &device, "max@example.com", "wrong")).await.expect(401);
    }
    app.call(log_in_from("192.0.2.2", &device, "max@example.com", PASSWORD)).await.expect(429);
}

async fn case_74_a_hundred_failures_turn_the_password_off(app: TestApp) {
    // As many as a test need not wait for.
    let email = log_in_subject(&app.app.secrets, "ada@example.com");
    let count = move |tx: &mut store::Tx<'_>| -> Result<(), StoreError> {
        for _ in 0..97 {
            attempts::add_failure(tx, &email, 0)?;
        }
        Ok(())
    };
    app.app.stores.control.write(count).await.unwrap();
    for _ in 0..2 {
        app.call(log_in_request("ada@example.com", "wrong")).await.expect(401);
        app.advance(HOUR_MS);
    }
    // The 99th and the right password: all is forgotten.
    app.log_in("ada@example.com").await;
    app.app.stores.control.write(count).await.unwrap();
    for _ in 0..3 {
        app.call(log_in_request("ada@example.com", "wrong")).await.expect(401);
        app.advance(HOUR_MS);
    }
    let mut refused = app.call(log_in_request("ada@example.com", PASSWORD)).await.expect(401);
    let mut wrong = app.call(log_in_request("nobody@example.com", "wrong")).await.expect(401);
    for body in [&mut refused, &mut wrong] {
        body.as_object_mut().unwrap().remove("request_id");
    }
    assert_eq!(refused, wrong);
}

async fn case_72_parallel_guesses_are_counted_one_by_one(app: TestApp) {
    let guess = |_| app.call(log_in_request("ada@example.com", "wrong"));
    let answers = futures_util::future::join_all((0..30).map(guess)).await;
    let judged = answers.iter().filter(|answer| answer.status.as_u16() == 401).count();
    let refused = answers.iter().filter(|answer| answer.status.as_u16() == 429).count();
    assert_eq!((judged, refused), (5, 25));
}

async fn log_ins_and_their_ends_are_in_the_audit_log(app: TestApp) {
    let ada = app.log_in("ada@example.com").await;
    ada.send(Method::DELETE, "/web/session", json!({})).await.expect(200);
    for _ in 0..5 {
        app.call(log_in_from("192.0.2.7", "", "ada@example.com", "wrong")).await.expect(401);
    }
    app.call(log_in_from("192.0.2.7", "", "nobody@example.com", "wrong")).await.expect(401);
    let account = app.made.account_id;
    let entries = app
        .app
        .stores
        .control
        // Its first entry is the account's.
        .read(move |tx| audit::after(tx, account, 1, 100))
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    let told: Vec<_> = entries
        .iter()
        .map(|entry| (entry.action.as_str(), entry.actor_kind.as_str()))
        .collect();
    let expected = [
        ("session.log_in", "user"),
        ("session.log_out", "user"),
        ("session.log_in_failed", "system"),
    ];
    assert_eq!(told, expected);
    assert_eq!(entries[0].target, entries[1].target);
    assert_eq!(entries[2].address.as_deref(), Some("192.0.2.7"));
    assert_eq!(entries[2].target, Some(app.made.user_id.to_string()));
}

async fn case_82_sessions_are_listed_and_ended(app: TestApp) {
    let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) \
        Chrome/140.0.0.0 Safari/537.36";
    let mut cookies = Vec::new();
    for address in ["192.0.2.1", "192.0.2.2", "2001:db8::3"] {
        let mut request = log_in_from(address, "", "ada@example.com", PASSWORD);
        request.headers_mut().insert("user-agent", chrome.parse().unwrap());
        let answer = app.call(request).await;
        cookies.push(answer.cookie("wb_session").unwrap());
        app.advance(1_000);
    }
    let leo = app.add_user("leo@example.com", Role::Labeler).await;
    let other = app.log_in("leo@example.com").await;
    let listed = get(&app, "/web/sessions", &cookies[0]).await.expect(200);
    let listed = listed["sessions"].as_array().unwrap().clone();
    assert_eq!(listed.len(), 3, "{listed:?} without those of {leo}");
    let of = |address: &str| listed.iter().find(|row| row["address"] == address).unwrap();
    assert_eq!(of("192.0.2.1")["current"], true);
    assert_eq!(of("2001:db8::3")["current"], false);
    assert_eq!(of("192.0.2.2")["browser"], "Chrome on Linux");
    assert_eq!(of("192.0.2.1")["created_at"], "2027-01-15T08:00:00.000Z");

    let path = format!("/web/sessions/{}", of("192.0.2.2")["session_id"].as_str().unwrap());
    let delete = |path: &str, cookie: &str| {
        web_request(Method::DELETE, path, Some(cookie), Some(&json!({})))
    };
    // Nobody else's.
    app.call(delete(&path, &other.cookie)).await.expect(404);
    app.call(delete(&path, &cookies[0])).await.expect(200);
    get(&app, "/web/session", &cookies[1]).await.expect(401);
    get(&app, "/web/session", &cookies[2]).await.expect(200);
    app.call(delete("/web/sessions", &cookies[0])).await.expect(200);
    get(&app, "/web/session", &cookies[2]).await.expect(401);
    get(&app, "/web/session", &cookies[0]).await.expect(200);
    other.get("/web/session").await.expect(200);
}

async fn case_87_five_wrong_passwords_end_the_session(app: TestApp) {
    let ada = app.log_in("ada@example.com").await;
    let confirm = |password: &str| json!({"password": password});
    for _ in 0..4 {
        let refused = ada.post("/web/session/confirm", confirm("wrong")).await;
        assert_eq!(refused.expect(403)["code"], "wrong_password");
    }
    ada.post("/web/session/confirm", confirm("wrong")).await.expect(401);
    ada.get("/web/session").await.expect(401);
    // Other people's log-ins, and this person's new one, are as before.
    app.log_in("ada@example.com").await;
}
}

#[tokio::test(flavor = "multi_thread")]
async fn case_73_networks_are_counted_and_forwarded_addresses_are_not_believed() {
    let app = TestApp::start(Engine::Sqlite).await;
    for number in 0..20 {
        let email = format!("nobody{number}@example.com");
        let mut request = log_in_from("203.0.113.9", "", &email, "wrong");
        let claimed = format!("198.51.100.{number}").parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", claimed);
        app.call(request).await.expect(401);
    }
    let refused = app
        .call(log_in_from("203.0.113.9", "", "ada@example.com", PASSWORD))
        .await;
    refused.expect(429);
    assert_eq!(refused.header("retry-after"), Some("300"));
    // One IPv6 network, whatever the address in it.
    for number in 0..20 {
        let address = format!("2001:db8:1:2:{number}::1");
        let email = format!("none{number}@example.com");
        app.call(log_in_from(&address, "", &email, "wrong"))
            .await
            .expect(401);
    }
    app.call(log_in_from(
        "2001:db8:1:2:ffff::1",
        "",
        "ada@example.com",
        PASSWORD,
    ))
    .await
    .expect(429);
    // Somebody else's network is another one, and the window ends.
    app.call(log_in_from(
        "2001:db8:1:3::1",
        "",
        "ada@example.com",
        PASSWORD,
    ))
    .await
    .expect(200);
    app.advance(5 * 60 * 1000);
    app.call(log_in_from("203.0.113.9", "", "ada@example.com", PASSWORD))
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_73_behind_a_trusted_proxy_clients_are_told_apart() {
    let proxied = [("trusted_proxies", "192.0.2.0/24")];
    let app = TestApp::start_with(Engine::Sqlite, &proxied).await;
    let through_proxy = |client: &str, email: &str, password: &str| {
        let mut request = log_in_from("192.0.2.1", "", email, password);
        let forwarded = client.parse().unwrap();
        request.headers_mut().insert("x-forwarded-for", forwarded);
        request
    };
    for number in 0..20 {
        let email = format!("nobody{number}@example.com");
        app.call(through_proxy("203.0.113.9", &email, "wrong"))
            .await
            .expect(401);
    }
    app.call(through_proxy("203.0.113.9", "ada@example.com", PASSWORD))
        .await
        .expect(429);
    app.call(through_proxy("203.0.113.10", "ada@example.com", PASSWORD))
        .await
        .expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_password_is_not_counted_for_its_network() {
    let app = TestApp::start(Engine::Sqlite).await;
    for _ in 0..25 {
        app.call(log_in_from("203.0.113.9", "", "ada@example.com", PASSWORD))
            .await
            .expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_78_cookies_over_https_are_bound_to_the_host() {
    let https = [("public_url", "https://wb.example.com")];
    let app = TestApp::start_with(Engine::Sqlite, &https).await;
    let answer = app.call(log_in_request("ada@example.com", PASSWORD)).await;
    answer.expect(200);
    let cookies: Vec<&str> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    let [session, device] = cookies.as_slice() else {
        panic!("{cookies:?}");
    };
    let (pair, attributes) = session.split_once("; ").unwrap();
    let value = pair.strip_prefix("__Host-wb_session=").unwrap();
    assert_eq!(value.len(), 43);
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Lax");
    assert!(device.starts_with("__Host-wb_device="), "{device}");
    assert!(
        device.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000"),
        "{device}"
    );
    assert_eq!(answer.json()["insecure_http"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_78_admins_are_told_of_http_beyond_the_machine() {
    let http = [("public_url", "http://wb.example.com")];
    let app = TestApp::start_with(Engine::Sqlite, &http).await;
    app.add_user("leo@example.com", Role::Labeler).await;
    let ada = app.log_in("ada@example.com").await;
    let session = ada.get("/web/session").await.expect(200);
    assert_eq!(session["insecure_http"], true);
    let leo = app.log_in("leo@example.com").await;
    let session = leo.get("/web/session").await.expect(200);
    assert!(session.get("insecure_http").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn case_79_a_preset_cookie_is_not_taken_over() {
    let app = TestApp::start(Engine::Sqlite).await;
    let preset = format!("wb_session={}", "A".repeat(43));
    let answer = app
        .call(log_in_from(
            "192.0.2.1",
            &preset,
            "ada@example.com",
            PASSWORD,
        ))
        .await;
    let first = answer.cookie("wb_session").unwrap();
    assert_ne!(first, preset);
    get(&app, "/web/session", &preset).await.expect(401);
    // A second log-in of the browser ends the first session.
    let again = app
        .call(log_in_from(
            "192.0.2.1",
            &first,
            "ada@example.com",
            PASSWORD,
        ))
        .await;
    assert_ne!(again.cookie("wb_session").unwrap(), first);
    get(&app, "/web/session", &first).await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_80_polling_alone_does_not_keep_a_session() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.log_in("ada@example.com").await;
    let poll = || {
        let mut request = web_request(Method::GET, "/web/session", Some(&ada.cookie), None);
        let by_itself = "1".parse().unwrap();
        request
            .headers_mut()
            .insert("weighbridge-background", by_itself);
        request
    };
    for _ in 0..24 {
        app.advance(HOUR_MS);
        app.call(poll()).await.expect(200);
    }
    app.advance(1);
    app.call(poll()).await.expect(401);
    ada.get("/web/session").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_81_a_session_ends_after_thirty_days_whatever_happens() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.log_in("ada@example.com").await;
    for _ in 0..(30 * 24 / 12) {
        ada.get("/web/session").await.expect(200);
        app.advance(12 * HOUR_MS);
    }
    ada.get("/web/session").await.expect(200);
    app.advance(1_000);
    ada.get("/web/session").await.expect(401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_from_a_new_device_and_network_is_told_by_mail() {
    let app = TestApp::start_with_mail(Engine::Sqlite).await;
    let log_in = async |address: &str, cookie: &str| {
        let request = log_in_from(address, cookie, "ada@example.com", PASSWORD);
        let answer = app.call(request).await;
        answer.expect(200);
        answer.cookie("wb_device").unwrap()
    };
    let told = async || app.mail("ada@example.com").await.len();
    let device = log_in("192.0.2.1", "").await;
    assert_eq!(told().await, 0, "the first log-in of all is no news");
    log_in("192.0.2.2", &device).await;
    log_in("192.0.2.1", "").await;
    assert_eq!(told().await, 0, "one of the two is known");
    log_in("198.51.100.7", "").await;
    let mails = app.mail("ada@example.com").await;
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("Address: 198.51.100.7"), "{mails:?}");
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
    let out = ada.send(Method::DELETE, "/web/session", json!({})).await;
    out.expect(200);
    assert_eq!(
        out.header("clear-site-data"),
        Some("\"cache\", \"storage\"")
    );
    assert_eq!(out.cookie("wb_session").as_deref(), Some("wb_session="));
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
    for path in ["/web/session", "/web/sign-up", "/web/password-reset"] {
        for site in ["cross-site", "same-site"] {
            let request = Request::post(path)
                .header("sec-fetch-site", site)
                .header(json_type.0, json_type.1);
            app.call(request.body(Body::from("{}")).unwrap())
                .await
                .expect(403);
        }
    }
    let latin = base()
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json; charset=iso-8859-1");
    app.call(latin.uri("/web/session").body(Body::from("{}")).unwrap())
        .await
        .expect(400);
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
    let refused = app.live().get("/web/session").await;
    refused.expect(401);
    // Not `Basic`, which would open the browser's own dialog.
    assert_eq!(
        refused.header("www-authenticate"),
        Some("Session realm=\"Weighbridge\"")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn case_84_on_the_api_the_key_decides_and_a_cookie_opens_nothing() {
    let app = TestApp::start(Engine::Sqlite).await;
    app.add_account().await;
    let beth = app.log_in("beth@example.com").await;
    let project = json!({"name": "of Acme", "type": "categorization"});
    app.test().post("/v1/projects", project).await.expect(200);
    for (line, status) in [
        (None, 401),
        (Some(basic("nonsense")), 401),
        (Some(basic(app.made.test_api_key.expose())), 200),
    ] {
        let mut request = Request::get("/v1/projects").header("cookie", &beth.cookie);
        if let Some(line) = line {
            request = request.header("authorization", line);
        }
        let answer = app.call(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        assert_eq!(answer.text.contains("of Acme"), status == 200);
    }
}
