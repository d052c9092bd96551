//! What callbacks are signed with, as pages and the public see it (callbacks.md 5).

use axum::body::Body;
use axum::http::Request;
use domain::Role;
use serde_json::{Value, json};

use crate::app::{Person, TestApp, both_engines};

const HOUR_MS: i64 = 60 * 60 * 1000;

async fn secrets(person: &Person<'_>, mode: &str) -> Vec<Value> {
    let path = format!("/web/{mode}/signing-secrets");
    let answer = person.get(&path).await.expect(200);
    answer["secrets"].as_array().unwrap().clone()
}

async fn reveal(person: &Person<'_>, mode: &str, secret: &Value) -> crate::app::Answer {
    let id = secret["id"].as_str().unwrap();
    let path = format!("/web/{mode}/signing-secrets/{id}/reveal");
    person.post(&path, json!({})).await
}

async fn roll(person: &Person<'_>, overlap: &str) -> crate::app::Answer {
    let path = "/web/live/signing-secrets/roll";
    person.post(path, json!({"overlap": overlap})).await
}

async fn newest_sentence(admin: &Person<'_>) -> String {
    let audit = admin.get("/web/audit").await.expect(200);
    audit["entries"][0]["text"].as_str().unwrap().to_owned()
}

both_engines! {
    async fn a_secret_is_shown_revealed_and_rolled(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        for (mode, made) in [
            ("live", &app.made.live_callback_signing_secret),
            ("test", &app.made.test_callback_signing_secret),
        ] {
            let listed = secrets(&ada, mode).await;
            assert_eq!(listed.len(), 1);
            assert_eq!(listed[0]["state"], "current");
            assert_eq!(listed[0]["expires_at"], Value::Null);
            let hint = listed[0]["hint"].as_str().unwrap();
            let tail = hint.strip_prefix('…').unwrap();
            assert!(made.expose().trim_end_matches('=').ends_with(tail), "{hint}");
            let revealed = reveal(&ada, mode, &listed[0]).await.expect(200);
            assert_eq!(revealed["secret"], made.expose());
            let sentence = newest_sentence(&ada).await;
            assert_eq!(sentence, format!("Ada revealed the {mode} signing secret ({hint})."));
        }
        // A secret of one mode is unknown in the other.
        let live = secrets(&ada, "live").await.remove(0);
        reveal(&ada, "test", &live).await.expect(404);

        let rolled = roll(&ada, "24h").await.expect(201);
        assert_eq!(rolled["receipt"]["unconfirmed"], 0);
        let listed = secrets(&ada, "live").await;
        let states: Vec<_> = listed.iter().map(|secret| &secret["state"]).collect();
        assert_eq!(states, ["current", "previous"]);
        assert_eq!(listed[1]["id"], live["id"]);
        let end = listed[1]["expires_at"].as_str().unwrap();
        assert_eq!(end, "2027-01-16T08:00:00.000Z");
        assert_eq!(
            newest_sentence(&ada).await,
            "Ada rolled the live signing secret; the old one ends at 2027-01-16 08:00 UTC."
        );
        let old = reveal(&ada, "live", &listed[1]).await.expect(200);
        assert_eq!(old["secret"], app.made.live_callback_signing_secret.expose());
        let new = reveal(&ada, "live", &listed[0]).await.expect(200);
        assert_ne!(new["secret"], old["secret"]);
        assert_eq!(secrets(&ada, "test").await.len(), 1);
        // At its end it is gone, from the pages and, a minute later, from the database.
        app.advance(24 * HOUR_MS);
        let ada = app.log_in("ada@example.com").await;
        assert_eq!(secrets(&ada, "live").await.len(), 1);
        reveal(&ada, "live", &listed[1]).await.expect(404);
        weighbridge::workers::key_uses::write(&app.app).await.unwrap();
        let erased = "DELETE FROM signing_secrets WHERE expires_at IS NOT NULL";
        assert_eq!(app.by_the_back_door("control", erased), Ok(0));
    }

    async fn at_most_three_run_and_a_leak_can_always_be_ended(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        for (overlap, status) in [("7d", 201), ("3d", 201), ("1h", 409), ("5d", 400)] {
            let answer = roll(&ada, overlap).await.expect(status);
            if status == 409 {
                assert_eq!(answer["code"], "too_many_signing_secrets");
                let text = answer["error"].as_str().unwrap();
                assert!(text.contains("2027-01-18T08:00:00.000Z"), "{text}");
            }
            if status == 400 {
                assert_eq!(answer["errors"][0]["path"], "overlap");
            }
        }
        assert_eq!(secrets(&ada, "live").await.len(), 3);
        roll(&ada, "0").await.expect(201);
        let listed = secrets(&ada, "live").await;
        assert_eq!(listed.len(), 1);
        let settings = app.app.directory.account(app.made.account_id).unwrap();
        assert_eq!(settings.signing(domain::Environment::Live).all().len(), 1);
    }

    async fn live_secrets_ask_for_a_recent_password(app: TestApp) {
        app.add_user("mia@example.com", Role::Member).await;
        let (ada, mia) = (
            app.log_in("ada@example.com").await,
            app.log_in("mia@example.com").await,
        );
        let (live, test) = (secrets(&ada, "live").await, secrets(&ada, "test").await);
        mia.get("/web/live/signing-secrets").await.expect(403);
        reveal(&mia, "test", &test[0]).await.expect(403);
        app.advance(16 * 60 * 1000);
        reveal(&ada, "test", &test[0]).await.expect(200);
        for answer in [reveal(&ada, "live", &live[0]).await, roll(&ada, "24h").await] {
            assert_eq!(answer.expect(403)["code"], "reauthentication_required");
        }
    }

    async fn public_keys_are_public_and_nothing_else_is(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        roll(&ada, "1h").await.expect(201);
        let listed = ada.get("/web/live/signing-secrets").await.expect(200);
        let url = listed["public_keys_url"].as_str().unwrap();
        let path = &url[url.find("/.well-known").unwrap()..];
        let request = || {
            Request::get(path).body(Body::empty()).unwrap()
        };
        let answer = app.call(request()).await;
        assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
        let keys = answer.expect(200)["keys"].as_array().unwrap().clone();
        let of = |mode: &str| -> Vec<Value> {
            let of_mode = keys.iter().filter(|key| key["mode"] == mode);
            of_mode.map(|key| key["public_key"].clone()).collect()
        };
        assert_eq!(json!(of("live")), listed["public_keys"]);
        assert_eq!((of("live").len(), of("test").len()), (2, 1));
        let states: Vec<_> = keys.iter().map(|key| &key["state"]).collect();
        assert_eq!(states, ["current", "previous", "current"]);
        for key in &keys {
            assert_eq!(key["account_id"], app.made.account_id.to_string());
            let mut names: Vec<_> = key.as_object().unwrap().keys().collect();
            names.sort();
            assert_eq!(names, ["account_id", "id", "mode", "public_key", "state"]);
        }
        assert!(!answer.text.contains("whsec_"));
        app.advance(2 * HOUR_MS);
        let keys = app.call(request()).await.expect(200);
        assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
        for (query, status) in [("", 400), ("?account=x", 400), ("?account=0123456789abcdef01234567", 404)] {
            let path = format!("/.well-known/weighbridge/callback-keys{query}");
            let request = Request::get(path).body(Body::empty()).unwrap();
            app.call(request).await.expect(status);
        }
    }
}
