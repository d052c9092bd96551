//! The section API Keys by its app API (authentication.md 2.1, 2.3, 2.6).

use axum::body::Body;
use axum::http::{Method, Request};
use domain::Role;
use serde_json::{Value, json};
use store::StoreError;
use store::control::audit;

use weighbridge::http::origin::Peer;

use super::team_fixture::both_engines_with_mail;
use crate::app::{Person, TestApp, basic, both_engines};

const HOUR_MS: i64 = 60 * 60 * 1000;

async fn key_of(person: &Person<'_>, environment: &str, name: &str) -> Value {
    let keys = person.get("/web/keys").await.expect(200);
    let all = [&keys["api_keys"], &keys["callback_auth_keys"]];
    all.iter()
        .flat_map(|keys| keys.as_array().unwrap())
        .find(|key| key["environment"] == environment && key["name"] == name)
        .unwrap_or_else(|| panic!("no {environment} key {name} in {keys}"))
        .clone()
}

fn path_of(key: &Value, verb: &str) -> String {
    format!("/web/keys/{}/{verb}", key["key_id"].as_str().unwrap())
}

/// Actions in the audit log but for log-ins and its first entry, oldest first.
async fn actions(app: &TestApp) -> Vec<String> {
    let account = app.made.account_id;
    let rows = app
        .app
        .stores
        .control
        .read(move |tx| audit::after(tx, account, 0, 1000))
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    let actions = rows.into_iter().map(|row| row.action);
    actions
        .filter(|action| action != "session.log_in" && action != "account.create")
        .collect()
}

both_engines! {
    async fn a_key_is_created_used_suspended_resumed_and_revoked(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let made = ada
            .post("/web/keys", json!({"environment": "live", "name": "shop"}))
            .await
            .expect(201);
        let text = made["text"].as_str().unwrap();
        assert!(text.starts_with("live_wb"), "{text}");
        assert_eq!(made["key"]["created_by"], Value::Null);
        assert_eq!(key_of(&ada, "live", "shop").await["created_by"], "Ada");
        assert_eq!(made["receipt"]["unconfirmed"], 0);
        app.client(text).get("/v1/projects").await.expect(200);

        let suspended = ada.post(&path_of(&made["key"], "suspend"), json!({})).await.expect(200);
        assert_eq!(suspended["key"]["state"], "suspended");
        let refused = app.client(text).get("/v1/projects").await.expect(401);
        assert_eq!(refused["code"], "suspended_api_key");
        ada.post(&path_of(&made["key"], "suspend"), json!({})).await.expect(409);
        ada.post(&path_of(&made["key"], "resume"), json!({})).await.expect(200);
        app.client(text).get("/v1/projects").await.expect(200);

        let revoked = ada.post(&path_of(&made["key"], "revoke"), json!({})).await.expect(200);
        assert_eq!(revoked["key"]["state"], "revoked");
        assert_eq!(revoked["receipt"]["confirmed_by"], 1);
        let refused = app.client(text).get("/v1/projects").await.expect(401);
        assert_eq!(refused["code"], "revoked_api_key");
        for verb in ["revoke", "suspend", "resume", "roll"] {
            ada.post(&path_of(&made["key"], verb), json!({})).await.expect(409);
        }
        ada.post(&path_of(&made["key"], "reveal"), json!({})).await.expect(410);
        assert_eq!(
            actions(&app).await,
            ["key.create", "key.suspend", "key.resume", "key.revoke"]
        );
    }

    async fn cases_36_37_a_rolled_key_works_until_its_end_and_is_rolled_once(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let old = key_of(&ada, "test", "default").await;
        let rolled = ada.post(&path_of(&old, "roll"), json!({})).await.expect(201);
        let new_text = rolled["text"].as_str().unwrap();
        assert_eq!(rolled["key"]["name"], "default");
        assert_eq!(rolled["old"]["replaced_by"], rolled["key"]["key_id"]);
        app.test().get("/v1/projects").await.expect(200);
        app.client(new_text).get("/v1/projects").await.expect(200);
        let again = ada.post(&path_of(&old, "roll"), json!({})).await.expect(409);
        assert_eq!(again["code"], "already_rolled");

        let end = path_of(&old, "end");
        let late = domain::time::format_time(app.app.clock.now_ms() + 31 * 24 * HOUR_MS);
        ada.send(Method::PUT, &end, json!({"at": late})).await.expect(400);
        let later = domain::time::format_time(app.app.clock.now_ms() + 29 * 24 * HOUR_MS);
        ada.send(Method::PUT, &end, json!({"at": later})).await.expect(200);
        app.advance(2 * 24 * HOUR_MS);
        app.test().get("/v1/projects").await.expect(200);
        let ada = app.log_in("ada@example.com").await;
        ada.send(Method::PUT, &end, json!({"at": "now"})).await.expect(200);
        assert_eq!(
            app.test().get("/v1/projects").await.expect(401)["code"],
            "expired_api_key"
        );
        app.client(new_text).get("/v1/projects").await.expect(200);
        ada.post(&path_of(&old, "reveal"), json!({})).await.expect(410);

        let next = key_of(&ada, "test", "default").await;
        assert_eq!(next["state"], "expired");
        let new = path_of(&rolled["key"], "roll");
        ada.post(&new, json!({"overlap": "later"})).await.expect(400);
        ada.post(&new, json!({"overlap": "now"})).await.expect(201);
        assert_eq!(
            app.client(new_text).get("/v1/projects").await.expect(401)["code"],
            "expired_api_key"
        );
    }

    async fn case_64_an_end_in_the_future_passes_without_a_job(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let old = key_of(&ada, "live", "default").await;
        ada.post(&path_of(&old, "roll"), json!({"overlap": "1h"})).await.expect(201);
        app.advance(HOUR_MS - 1);
        app.live().get("/v1/projects").await.expect(200);
        app.advance(1);
        app.live().get("/v1/projects").await.expect(401);
    }

    async fn callback_auth_keys_are_rolled_and_never_ended(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let old = key_of(&ada, "live", "Live Callback Auth Key").await;
        for verb in ["revoke", "suspend"] {
            ada.post(&path_of(&old, verb), json!({})).await.expect(400);
        }
        let rolled = ada.post(&path_of(&old, "roll"), json!({"overlap": "24h"})).await.expect(201);
        assert!(rolled["text"].as_str().unwrap().starts_with("live_wc"));
        let shown = ada.post(&path_of(&rolled["key"], "reveal"), json!({})).await.expect(200);
        assert_eq!(shown["key"], rolled["text"]);
        let refused = app
            .client(rolled["text"].as_str().unwrap())
            .get("/v1/projects")
            .await
            .expect(401);
        assert_eq!(refused["code"], "invalid_api_key");
    }

    async fn revoke_all_ends_the_api_keys_of_one_mode(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        ada.post("/web/keys", json!({"environment": "test", "name": "second"})).await.expect(201);
        let done = ada.post("/web/keys/revoke-all", json!({"environment": "test"})).await.expect(200);
        assert_eq!(done["revoked"], 2);
        app.test().get("/v1/projects").await.expect(401);
        app.live().get("/v1/projects").await.expect(200);
        let none = ada.post("/web/keys/revoke-all", json!({"environment": "test"})).await.expect(200);
        assert_eq!(none["revoked"], 0);
    }

    async fn cases_53_54_others_get_the_words_and_no_key_material(app: TestApp) {
        let keys = app.log_in("ada@example.com").await.get("/web/keys").await.expect(200);
        let first = keys["api_keys"][0]["key_id"].as_str().unwrap().to_owned();
        app.add_user("mia@example.com", Role::Member).await;
        app.add_user("leo@example.com", Role::Labeler).await;
        for email in ["mia@example.com", "leo@example.com"] {
            let person = app.log_in(email).await;
            let mut answers = vec![person.get("/web/keys").await];
            let body = json!({"environment": "test", "name": "x", "text": "y", "overlap": "now"});
            for path in ["", "/import", "/revoke-all"] {
                answers.push(person.post(&format!("/web/keys{path}"), body.clone()).await);
            }
            for verb in ["reveal", "roll", "suspend", "resume", "revoke"] {
                answers.push(person.post(&format!("/web/keys/{first}/{verb}"), body.clone()).await);
            }
            let end = format!("/web/keys/{first}/end");
            answers.push(person.send(Method::PUT, &end, body.clone()).await);
            answers.push(person.send(Method::PUT, "/web/keys/policy", json!({})).await);
            let rename = format!("/web/keys/{first}");
            answers.push(person.send(Method::PATCH, &rename, body.clone()).await);
            for answer in answers {
                let error = answer.expect(403);
                assert_eq!(error["code"], "role_required");
                assert!(error["error"].as_str().unwrap().ends_with("Admins: Ada."), "{error}");
                assert!(!answer.text.contains("_wb") && !answer.text.contains('@'), "{error}");
            }
        }
        let actions = actions(&app).await;
        assert!(actions.iter().all(|action| action == "refused"), "{actions:?}");
    }

    async fn case_87_live_keys_need_a_recent_log_in_but_for_revoking(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let live = key_of(&ada, "live", "default").await;
        let test = key_of(&ada, "test", "default").await;
        app.advance(16 * 60 * 1000);
        for verb in ["reveal", "roll", "suspend"] {
            let refused = ada.post(&path_of(&live, verb), json!({})).await.expect(403);
            assert_eq!(refused["code"], "reauthentication_required", "{verb}");
        }
        let create = json!({"environment": "live", "name": "x"});
        assert_eq!(
            ada.post("/web/keys", create).await.expect(403)["code"],
            "reauthentication_required"
        );
        ada.post(&path_of(&test, "reveal"), json!({})).await.expect(200);
        ada.post(&path_of(&live, "revoke"), json!({})).await.expect(200);
    }

    async fn case_65_show_keys_once_erases_what_could_be_shown(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let test = key_of(&ada, "test", "default").await;
        let policy = json!({"show_keys_once": true});
        let set = ada.send(Method::PUT, "/web/keys/policy", policy).await.expect(200);
        assert_eq!(set["policy"]["show_keys_once"], true);
        let gone = ada.post(&path_of(&test, "reveal"), json!({})).await.expect(410);
        assert_eq!(gone["code"], "key_not_revealable");
        app.test().get("/v1/projects").await.expect(200);
        let made = ada
            .post("/web/keys", json!({"environment": "test", "name": "once"}))
            .await
            .expect(201);
        app.client(made["text"].as_str().unwrap()).get("/v1/projects").await.expect(200);
        ada.post(&path_of(&made["key"], "reveal"), json!({})).await.expect(410);
        let auth = key_of(&ada, "live", "Live Callback Auth Key").await;
        ada.post(&path_of(&auth, "reveal"), json!({})).await.expect(200);
        ada.send(Method::PUT, "/web/keys/policy", json!({"nope": true})).await.expect(400);
    }

    async fn an_old_key_of_another_platform_is_imported_in_the_web_app(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let old = "live_0f3b9a5d2c7e4416a8d1";
        let import = |text: &str, environment: &str| {
            json!({"environment": environment, "name": "from before", "text": text})
        };
        ada.post("/web/keys/import", import("short", "live")).await.expect(400);
        let wrong = ada.post("/web/keys/import", import(old, "test")).await.expect(400);
        assert!(!wrong.to_string().contains("0f3b9a5d"), "{wrong}");
        let made = ada.post("/web/keys/import", import(old, "live")).await.expect(201);
        assert_eq!((&made["key"]["imported"], &made["text"]), (&json!(true), &Value::Null));
        app.client(old).get("/v1/projects").await.expect(200);
        ada.post("/web/keys/import", import(old, "live")).await.expect(409);
        ada.post(&path_of(&made["key"], "reveal"), json!({})).await.expect(410);
    }

    async fn a_roll_shows_who_still_uses_the_old_key(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let old = key_of(&ada, "live", "default").await;
        ada.post(&path_of(&old, "roll"), json!({"overlap": "24h"})).await.expect(201);
        let mut request = Request::get("/v1/projects")
            .header("authorization", basic(app.made.live_api_key.expose()))
            .header("user-agent", "shop/1.0")
            .body(Body::empty())
            .unwrap();
        let peer = Peer(([203, 0, 113, 7], 4711).into());
        request.extensions_mut().insert(peer);
        app.call(request).await.expect(200);
        // At once, from memory; and the same when it has been written.
        let at_once = ada.get("/web/keys").await.expect(200);
        weighbridge::workers::key_uses::write(&app.app).await.unwrap();
        let keys = ada.get("/web/keys").await.expect(200);
        assert_eq!(keys, at_once);
        let old = keys["api_keys"]
            .as_array()
            .unwrap()
            .iter()
            .find(|key| key["key_id"] == old["key_id"])
            .unwrap()
            .clone();
        assert_eq!(old["last_used_address"], "203.0.113.7");
        assert_eq!(old["uses"][0]["address"], "203.0.113.7");
        assert_eq!(old["uses"][0]["user_agent"], "shop/1.0");
        app.advance(25 * HOUR_MS);
        weighbridge::workers::key_uses::write(&app.app).await.unwrap();
        let ada = app.log_in("ada@example.com").await;
        let ended = ada.get("/web/keys").await.expect(200);
        let ended = ended["api_keys"]
            .as_array()
            .unwrap()
            .iter()
            .find(|key| key["state"] == "expired")
            .unwrap()
            .clone();
        assert_eq!((&ended["revealable"], &ended["uses"]), (&json!(false), &json!([])));
    }

    async fn names_are_checked_and_changed(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let key = key_of(&ada, "test", "default").await;
        let path = format!("/web/keys/{}", key["key_id"].as_str().unwrap());
        for bad in ["", "   ", &"x".repeat(101), "a\nb"] {
            let refused = ada.send(Method::PATCH, &path, json!({"name": bad})).await.expect(400);
            assert_eq!(refused["param"], "name");
        }
        let renamed = ada.send(Method::PATCH, &path, json!({"name": " Größe "})).await.expect(200);
        assert_eq!(renamed["key"]["name"], "Größe");
        ada.send(Method::PATCH, "/web/keys/key_nope", json!({"name": "x"})).await.expect(404);
        let other = "/web/keys/key_0123456789abcdef01234567";
        ada.send(Method::PATCH, other, json!({"name": "x"})).await.expect(404);
    }

    async fn case_110_at_most_100_valid_keys_a_mode(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        for number in 1..99 {
            let body = json!({"environment": "test", "name": format!("key {number}")});
            ada.post("/web/keys", body).await.expect(201);
        }
        // The callback auth key counts, too: 1 + 1 + 98.
        let refused = ada
            .post("/web/keys", json!({"environment": "test", "name": "one more"}))
            .await
            .expect(409);
        assert!(refused["error"].as_str().unwrap().contains("at most 100"), "{refused}");
    }
}

both_engines_with_mail! {
    async fn case_36_the_end_of_a_key_in_use_is_told_by_mail_once(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let old = key_of(&ada, "live", "default").await;
        ada.post(&path_of(&old, "roll"), json!({"overlap": "24h"})).await.expect(201);
        let tell = async || {
            weighbridge::workers::key_uses::write(&app.app).await.unwrap();
            weighbridge::workers::ending_keys::run_once(&app.app).await.unwrap()
        };
        app.advance(22 * HOUR_MS);
        app.live().get("/v1/projects").await.expect(200);
        assert_eq!(tell().await, 0);
        // Used more than an hour ago: whoever used it has gone over to the new one.
        app.advance(HOUR_MS + 1);
        assert_eq!(tell().await, 0);
        app.live().get("/v1/projects").await.expect(200);
        assert_eq!(tell().await, 1);
        assert_eq!(tell().await, 0);
        let sent: Vec<_> = app
            .mails()
            .await
            .into_iter()
            .filter(|mail| mail.letter["letter"] == "key_ends")
            .collect();
        let mut to: Vec<&str> = sent.iter().map(|mail| mail.to.as_str()).collect();
        to.sort_unstable();
        assert_eq!(to, ["ada@example.com", "max@example.com"]);
        assert_eq!(sent[0].letter["hint"], old["hint"]);
    }
}
