//! Passwords as people meet them (authentication.md 2.7).

use argon2::{Algorithm, Argon2, Params, PasswordHasher, Version};
use axum::http::Method;
use keys::SecretName;
use serde_json::{Value, json};
use store::StoreError;
use store::control::users;

use crate::app::{Answer, Engine, PASSWORD, TestApp, both_engines, web_request};

async fn sign_up(app: &TestApp, password: &str) -> Answer {
    let body = json!({"email": "new@example.com", "password": password, "company": "Acme"});
    app.call(web_request(Method::POST, "/web/sign-up", None, Some(&body)))
        .await
}

async fn log_in(app: &TestApp, email: &str, password: &str) -> Answer {
    let body = json!({"email": email, "password": password});
    app.call(web_request(Method::POST, "/web/session", None, Some(&body)))
        .await
}

async fn hash_of(app: &TestApp, email: &'static str) -> String {
    let found = app
        .app
        .stores
        .control
        .read(move |tx| users::find_by_email(tx, email))
        .await;
    found
        .map_err(|error: StoreError| error)
        .unwrap()
        .unwrap()
        .password_hash
}

async fn set_hash(app: &TestApp, hash: String) {
    let (account, user) = (app.made.account_id, app.made.user_id);
    app.app
        .stores
        .control
        .write(move |tx| users::set_password(tx, account, user, &hash))
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_66_68_refused_passwords_are_named_with_the_reason() {
    let app = TestApp::start(Engine::Sqlite).await;
    for (password, reason) in [
        ("fourteen chars", "at least 15 are needed"),
        (&"x1".repeat(129), "at most 256 are taken"),
        ("acmeacmeacme2026", "the account's name"),
        ("passwordpassword1", "repeated"),
        ("1qaz2wsx3edc4rfv", "most common"),
        ("", "at least 15 are needed"),
    ] {
        let body = sign_up(&app, password).await.expect(400);
        assert_eq!(body["code"], "invalid_parameter");
        assert_eq!(body["param"], "password");
        let text = body["error"].as_str().unwrap();
        assert!(text.contains(reason), "{password}: {text}");
        assert!(password.is_empty() || !text.contains(password));
    }
    // Decomposed when it is chosen, composed when it is typed.
    sign_up(&app, "cafe\u{301} au lait 🐄 chaud")
        .await
        .expect(201);
    log_in(&app, "new@example.com", "caf\u{e9} au lait 🐄 chaud")
        .await
        .expect(200);
}

both_engines! {
async fn case_69_a_hash_of_older_parameters_is_made_anew_at_log_in(app: TestApp) {
    let (_, pepper) = app.app.secrets.entry(SecretName::PasswordPepper).newest();
    let params = Params::new(8 * 1024, 1, 1, None).unwrap();
    let weak =
        Argon2::new_with_secret(pepper.expose(), Algorithm::Argon2id, Version::V0x13, params);
    let weak = weak.unwrap().hash_password(PASSWORD.as_bytes()).unwrap().to_string();
    set_hash(&app, weak.clone()).await;
    log_in(&app, "ada@example.com", "wrong").await.expect(401);
    assert_eq!(hash_of(&app, "ada@example.com").await, weak);
    log_in(&app, "ada@example.com", PASSWORD).await.expect(200);
    let strong = hash_of(&app, "ada@example.com").await;
    assert!(strong.starts_with("$argon2id$v=19$m=47104,t=1,p=1$"), "{strong}");
    log_in(&app, "ada@example.com", PASSWORD).await.expect(200);
    assert_eq!(hash_of(&app, "ada@example.com").await, strong);

    set_hash(&app, strong.replace("m=47104", "m=4194304")).await;
    log_in(&app, "ada@example.com", PASSWORD).await.expect(401);
}

async fn case_75_changing_the_password_asks_for_the_present_one(app: TestApp) {
    let elsewhere = app.log_in("ada@example.com").await;
    let ada = app.log_in("ada@example.com").await;
    let change = async |current: Value, new: &str| {
        let body = json!({"current_password": current, "new_password": new});
        ada.post("/web/profile/password", body).await
    };
    let new = "an otter in the bathtub";
    for current in [json!("wrong"), Value::Null] {
        assert_eq!(change(current, new).await.expect(403)["code"], "wrong_password");
    }
    let refused = change(json!(PASSWORD), "short").await.expect(400);
    assert_eq!(refused["param"], "new_password");
    elsewhere.get("/web/session").await.expect(200);
    let changed = change(json!(PASSWORD), new).await;
    assert_eq!(changed.expect(200)["user"]["email"], "ada@example.com");
    elsewhere.get("/web/session").await.expect(401);
    ada.get("/web/session").await.expect(401);
    let cookie = changed.cookie("wb_session").unwrap();
    app.call(web_request(Method::GET, "/web/session", Some(&cookie), None)).await.expect(200);
    log_in(&app, "ada@example.com", PASSWORD).await.expect(401);
    log_in(&app, "ada@example.com", new).await.expect(200);
}
}

#[tokio::test(flavor = "multi_thread")]
async fn case_75_a_change_is_told_by_mail() {
    let app = TestApp::start_with_mail(Engine::Sqlite).await;
    let ada = app.log_in("ada@example.com").await;
    let body = json!({
        "current_password": PASSWORD, "new_password": "an otter in the bathtub",
    });
    ada.post("/web/profile/password", body).await.expect(200);
    let mails = app.mail("ada@example.com").await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].subject, "Your password was changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sets_their_name() {
    let app = TestApp::start(Engine::Sqlite).await;
    let ada = app.log_in("ada@example.com").await;
    for bad in ["", "  ", "a\nb", &"x".repeat(101)] {
        let refused = ada
            .send(Method::PUT, "/web/profile", json!({"name": bad}))
            .await;
        assert_eq!(refused.expect(400)["param"], "name");
    }
    let session = ada
        .send(Method::PUT, "/web/profile", json!({"name": " Ada L. "}))
        .await
        .expect(200);
    assert_eq!(session["user"]["name"], "Ada L.");
    let session = ada.get("/web/session").await.expect(200);
    assert_eq!(session["user"]["name"], "Ada L.");
}
