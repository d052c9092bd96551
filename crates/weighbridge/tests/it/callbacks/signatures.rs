//! What receivers recognise callbacks by (cases 115, 119 to 121, 147). `v1` is verified by the
//! official library, `v1a` by one for Ed25519.

use std::collections::BTreeSet;

use axum::http::{HeaderMap, HeaderName, Method};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Environment;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::harness::{Delivering, Got, Receiver, Reply};
use crate::app::{Engine, Person, TestApp, both_engines};

/// The headers of a request as the library takes them.
fn headers_of(got: &Got) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in &got.headers {
        if let Ok(name) = name.parse::<HeaderName>() {
            headers.insert(name, value.parse().unwrap());
        }
    }
    headers
}

/// Whether a `v1` signature of the request is the one that the official library makes. Its own
/// verification asks the machine's clock, and most tests have another: case 120 has the machine's.
fn verifies(secret: &str, got: &Got) -> bool {
    let (id, at) = (
        &got.headers["webhook-id"],
        &got.headers["webhook-timestamp"],
    );
    let webhook = Webhook::new(secret).unwrap();
    let signature = webhook.sign(id, at.parse().unwrap(), &got.body).unwrap();
    let expected = signature.strip_prefix("v1,").unwrap();
    signatures(got, "v1").contains(&expected)
}

/// Whether the official library takes a request that came just now.
fn library_takes(secret: &str, got: &Got) -> bool {
    let webhook = Webhook::new(secret).unwrap();
    webhook.verify(&got.body, &headers_of(got)).is_ok()
}

/// The entries of `webhook-signature` of a scheme.
fn signatures<'a>(got: &'a Got, scheme: &str) -> Vec<&'a str> {
    let entries = got.headers["webhook-signature"].split(' ');
    entries
        .filter_map(|entry| entry.strip_prefix(scheme)?.strip_prefix(','))
        .collect()
}

/// Whether one of the request's `v1a` signatures is by this `whpk_…`.
fn verifies_by_public_key(public_key: &str, got: &Got) -> bool {
    let key = STANDARD.decode(public_key.strip_prefix("whpk_").unwrap());
    let key = UnparsedPublicKey::new(&ED25519, key.unwrap());
    let head = format!(
        "{}.{}.",
        got.headers["webhook-id"], got.headers["webhook-timestamp"]
    );
    let content = [head.as_bytes(), &got.body].concat();
    signatures(got, "v1a").iter().any(|signature| {
        key.verify(&content, &STANDARD.decode(signature).unwrap())
            .is_ok()
    })
}

async fn public_keys(person: &Person<'_>, mode: &str) -> Vec<String> {
    let path = format!("/web/{mode}/signing-secrets");
    let answer = person.get(&path).await.expect(200);
    let keys = answer["public_keys"].as_array().unwrap().iter();
    keys.map(|key| key.as_str().unwrap().to_owned()).collect()
}

async fn current_secret(person: &Person<'_>, mode: &str) -> String {
    let path = format!("/web/{mode}/signing-secrets");
    let answer = person.get(&path).await.expect(200);
    let id = answer["secrets"][0]["id"].as_str().unwrap();
    let revealed = person
        .post(&format!("{path}/{id}/reveal"), json!({}))
        .await
        .expect(200);
    revealed["secret"].as_str().unwrap().to_owned()
}

/// Creates a task of test mode that calls `url`; its callback is due at once.
async fn make_test_task(delivering: &Delivering, url: &str) {
    let task = json!({"attachment": "x", "categories": ["a"], "callback_url": url});
    let client = delivering.app.test();
    client
        .post("/v1/task/categorization", task)
        .await
        .expect(200);
    delivering.settle().await;
}

/// Rolls the Live Callback Auth Key; gives the new text.
async fn roll_auth_key(person: &Person<'_>, overlap: &str) -> String {
    let keys = person.get("/web/keys").await.expect(200);
    let is_current = |key: &&Value| key["environment"] == "live" && key["replaced_by"].is_null();
    let key = keys["callback_auth_keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(is_current);
    let path = format!(
        "/web/keys/{}/roll",
        key.unwrap()["key_id"].as_str().unwrap()
    );
    let rolled = person
        .post(&path, json!({"overlap": overlap}))
        .await
        .expect(201);
    rolled["text"].as_str().unwrap().to_owned()
}

both_engines! {
    async fn case_115_test_callbacks_carry_the_live_key_or_by_policy_the_test_key(app: TestApp) {
        let receiver = Receiver::answering(&app, 200).await;
        let delivering = Delivering::start(app);
        let made = &delivering.app.made;
        make_test_task(&delivering, &receiver.url).await;
        let ada = delivering.app.log_in("ada@example.com").await;
        let policy = json!({"own_key_for_test_callbacks": true});
        ada.send(Method::PUT, "/web/keys/policy", policy).await.expect(200);
        make_test_task(&delivering, &receiver.url).await;
        let got = receiver.got();
        let live_key = made.live_callback_auth_key.expose();
        assert_eq!(got[0].headers["scale-callback-auth"], live_key);
        assert_eq!(got[1].headers["scale-callback-auth"], made.test_callback_auth_key.expose());
        assert!(!got[1].headers.values().any(|value| value.contains(live_key)));
        assert!(!String::from_utf8_lossy(&got[1].body).contains(live_key));
        // The secrets are of the mode, whatever the policy says of the key.
        for got in &got {
            assert!(verifies(made.test_callback_signing_secret.expose(), got));
            assert!(!verifies(made.live_callback_signing_secret.expose(), got));
        }
    }

    async fn case_119_each_try_has_the_same_id_and_bytes_and_signatures_of_its_own(app: TestApp) {
        let receiver = Receiver::start(&app, |number, _| {
            Reply::status([500, 500, 204][number.min(2)])
        })
        .await;
        let delivering = Delivering::start(app);
        let task_id = delivering.new_task_id();
        delivering.insert(&receiver.url, task_id, 1).await;
        delivering.advance(60_000).await;
        let got = receiver.got();
        assert_eq!(got.len(), 3);
        let all = |value: &dyn Fn(&Got) -> Vec<u8>| -> BTreeSet<Vec<u8>> {
            got.iter().map(value).collect()
        };
        assert_eq!(all(&|got| got.body.clone()).len(), 1);
        let header = |name: &'static str| all(&move |got| got.headers[name].clone().into_bytes());
        assert_eq!(header("webhook-id").len(), 1);
        assert_eq!(header("webhook-timestamp").len(), 3);
        assert_eq!(header("webhook-signature").len(), 3);
        let ada = delivering.app.log_in("ada@example.com").await;
        let public_keys = public_keys(&ada, "live").await;
        for got in &got {
            let at = got.headers["webhook-timestamp"].parse::<i64>().unwrap();
            assert!((got.at_ms / 1000 - at).abs() <= 1, "{at} at {}", got.at_ms);
            assert!(verifies(delivering.app.made.live_callback_signing_secret.expose(), got));
            assert!(verifies_by_public_key(&public_keys[0], got));
        }
    }

    async fn case_121_a_rolled_secret_signs_beside_the_new_one_until_its_end(app: TestApp) {
        let receiver = Receiver::answering(&app, 500).await;
        let delivering = Delivering::start(app);
        let first = delivering.app.made.live_callback_signing_secret.expose().to_owned();
        // What is queued before the roll is signed by what is in force at each try.
        delivering.insert(&receiver.url, delivering.new_task_id(), 1).await;
        delivering.settle().await;
        let ada = delivering.app.log_in("ada@example.com").await;
        let roll = "/web/live/signing-secrets/roll";
        ada.post(roll, json!({"overlap": "1h"})).await.expect(201);
        let second = current_secret(&ada, "live").await;
        delivering.advance(30 * 60 * 1000).await;
        let public = public_keys(&ada, "live").await;
        let got = receiver.got();
        let (before, during) = (&got[0], got.last().unwrap());
        assert_eq!(signatures(before, "v1").len(), 1);
        assert!(verifies(&first, before) && !verifies(&second, before));
        assert_eq!((signatures(during, "v1").len(), signatures(during, "v1a").len()), (2, 2));
        assert!(verifies(&first, during) && verifies(&second, during));
        assert!(public.iter().all(|key| verifies_by_public_key(key, during)));
        // The new one's is first.
        let alone = signatures(during, "v1")[0];
        let mut newest = during.clone();
        newest.headers.insert("webhook-signature".into(), format!("v1,{alone}"));
        assert!(verifies(&second, &newest) && !verifies(&first, &newest));

        delivering.advance(2 * 60 * 60 * 1000).await;
        let ada = delivering.app.log_in("ada@example.com").await;
        let after = receiver.got().pop().unwrap();
        assert_eq!((signatures(&after, "v1").len(), signatures(&after, "v1a").len()), (1, 1));
        assert!(verifies(&second, &after) && !verifies(&first, &after));
        assert_eq!(public_keys(&ada, "live").await.len(), 1);
    }

    async fn a_roll_without_overlap_ends_every_older_secret(app: TestApp) {
        let receiver = Receiver::answering(&app, 200).await;
        let delivering = Delivering::start(app);
        let ada = delivering.app.log_in("ada@example.com").await;
        let roll = "/web/live/signing-secrets/roll";
        for overlap in ["7d", "7d"] {
            ada.post(roll, json!({"overlap": overlap})).await.expect(201);
        }
        delivering.insert(&receiver.url, delivering.new_task_id(), 1).await;
        delivering.settle().await;
        ada.post(roll, json!({"overlap": "0"})).await.expect(201);
        delivering.insert(&receiver.url, delivering.new_task_id(), 1).await;
        delivering.settle().await;
        let got = receiver.got();
        assert_eq!(signatures(&got[0], "v1").len(), 3);
        assert_eq!(signatures(&got[1], "v1").len(), 1);
        assert!(verifies(&current_secret(&ada, "live").await, &got[1]));
    }

    async fn case_147_a_rolled_auth_key_goes_beside_the_new_one_until_its_end(app: TestApp) {
        let receiver = Receiver::answering(&app, 500).await;
        let delivering = Delivering::start(app);
        let first = delivering.app.made.live_callback_auth_key.expose().to_owned();
        delivering.insert(&receiver.url, delivering.new_task_id(), 1).await;
        delivering.settle().await;
        let ada = delivering.app.log_in("ada@example.com").await;
        let second = roll_auth_key(&ada, "1h").await;
        let key = |got: &Got| got.headers.get("scale-callback-auth").cloned();
        let previous = |got: &Got| got.headers.get("scale-callback-auth-previous").cloned();
        assert_eq!((key(&receiver.got()[0]), previous(&receiver.got()[0])), (Some(first.clone()), None));

        delivering.advance(10 * 60 * 1000).await;
        let got = receiver.got().pop().unwrap();
        assert_eq!((key(&got), previous(&got)), (Some(second.clone()), Some(first.clone())));

        let settings = json!({"old_key_first": true});
        ada.post("/web/callback-settings", settings).await.expect(200);
        delivering.advance(20 * 60 * 1000).await;
        let got = receiver.got().pop().unwrap();
        assert_eq!((key(&got), previous(&got)), (Some(first.clone()), Some(second.clone())));

        // The overlap is over: the old one is in no request, in whatever header.
        let seen = receiver.got().len();
        delivering.advance(3 * 60 * 60 * 1000).await;
        let later: Vec<Got> = receiver
            .got()
            .split_off(seen)
            .into_iter()
            .filter(|got| got.at_ms > 1_800_000_000_000 + 61 * 60 * 1000)
            .collect();
        assert!(!later.is_empty());
        for got in &later {
            assert_eq!((key(got), previous(got)), (Some(second.clone()), None));
        }

        // Without overlap the queued callback's next try has the new one alone.
        let ada = delivering.app.log_in("ada@example.com").await;
        let third = roll_auth_key(&ada, "now").await;
        let seen = receiver.got().len();
        delivering.advance(3 * 60 * 60 * 1000).await;
        let later = receiver.got().split_off(seen);
        assert!(!later.is_empty());
        for got in &later {
            assert_eq!((key(got), previous(got)), (Some(third.clone()), None));
            assert!(!got.headers.values().any(|value| value.contains(&second)));
        }
    }

    async fn accounts_of_an_older_version_get_their_secrets_at_the_start(app: TestApp) {
        let mut app = app;
        app.by_the_back_door("control", "DELETE FROM signing_secrets").unwrap();
        app.restart().await;
        let account = app.made.account_id;
        let settings = app.app.directory.account(account).unwrap();
        for mode in [Environment::Live, Environment::Test] {
            assert_eq!(settings.signing(mode).all().len(), 1, "{mode}");
        }
        let texts = |settings: &weighbridge::directory::AccountSettings| {
            [Environment::Live, Environment::Test].map(|mode| {
                let secret = &settings.signing(mode).all()[0].secret;
                secret.text().expose().to_owned()
            })
        };
        // Another process makes no further ones, and has the same.
        let before = texts(&settings);
        app.restart().await;
        assert_eq!(texts(&app.app.directory.account(account).unwrap()), before);
        assert_ne!(before[0], before[1]);
    }
}

async fn one_changed_byte_and_no_library_takes_it(engine: Engine) {
    let app = TestApp::start_on_system_clock(engine, &[]).await;
    let receiver = Receiver::answering(&app, 200).await;
    let delivering = Delivering::start(app);
    let secret = delivering
        .app
        .made
        .live_callback_signing_secret
        .expose()
        .to_owned();
    delivering
        .insert(&receiver.url, delivering.new_task_id(), 1)
        .await;
    delivering.settle().await;
    let got = receiver.got().remove(0);
    let ada = delivering.app.log_in("ada@example.com").await;
    let public_key = public_keys(&ada, "live").await.remove(0);
    // `v1` comes first: libraries that know no other scheme read it.
    assert!(got.headers["webhook-signature"].starts_with("v1,"));
    assert_eq!(
        (signatures(&got, "v1").len(), signatures(&got, "v1a").len()),
        (1, 1)
    );
    assert!(library_takes(&secret, &got) && verifies_by_public_key(&public_key, &got));
    let changed = |change: &dyn Fn(&mut Got)| {
        let mut other = got.clone();
        change(&mut other);
        other
    };
    let mut others = vec![
        changed(&|got| got.body.push(b'\n')),
        changed(&|got| {
            got.body.pop();
        }),
    ];
    for at in 0..got.body.len() {
        others.push(changed(&|got| got.body[at] ^= 1));
    }
    for name in ["webhook-id", "webhook-timestamp"] {
        for at in 0..got.headers[name].len() {
            others.push(changed(&|got| {
                let value = got.headers.get_mut(name).unwrap();
                let mut bytes = value.clone().into_bytes();
                bytes[at] ^= 1;
                *value = String::from_utf8(bytes).unwrap();
            }));
        }
    }
    for other in &others {
        assert!(!library_takes(&secret, other), "{other:?}");
        assert!(!verifies_by_public_key(&public_key, other), "{other:?}");
    }
    let other_mode = delivering.app.made.test_callback_signing_secret.expose();
    assert!(!library_takes(other_mode, &got));
}

#[tokio::test(flavor = "multi_thread")]
async fn case_120_one_changed_byte_and_no_library_takes_it_on_sqlite() {
    one_changed_byte_and_no_library_takes_it(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_120_one_changed_byte_and_no_library_takes_it_on_postgres() {
    one_changed_byte_and_no_library_takes_it(Engine::Postgres).await;
}
