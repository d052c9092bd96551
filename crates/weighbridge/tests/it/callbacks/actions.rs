//! What people do to callbacks: send again, replay, pause, discard, try out (cases 137 and 148).

use domain::{CallbackId, Environment};
use serde_json::{Value, json};
use weighbridge::workers::replays;

use super::harness::{Delivering, Receiver, Reply, origin};
use crate::app::{Person, TestApp, both_engines};

fn path(id: CallbackId, rest: &str) -> String {
    format!("/web/live/callbacks/cb_{id}{rest}")
}

/// Goes on with jobs until none runs.
async fn finish_replays(delivering: &Delivering) {
    loop {
        let app = &delivering.app.app;
        if replays::round(app, Environment::Live).await.unwrap() == 0 {
            return;
        }
        // A receiver that has not proven itself gets few at a time.
        delivering.advance(2_000).await;
    }
}

async fn job(ada: &Person<'_>) -> Value {
    let jobs = ada.get("/web/live/callbacks/replays").await.expect(200);
    jobs["replays"][0].clone()
}

/// Callbacks that were given up, each of a task and a URL of its own.
async fn failed(delivering: &Delivering, receiver: &Receiver, number: usize) -> Vec<CallbackId> {
    receiver.answer(410);
    let mut ids = Vec::new();
    for index in 0..number {
        let url = format!("{}/{index}", receiver.url);
        ids.push(delivering.insert(&url, delivering.new_task_id(), 1).await);
    }
    delivering.advance(10_000).await;
    receiver.answer(200);
    ids
}

both_engines! {
    async fn case_137_a_callback_is_sent_again_with_the_same_id_and_bytes(app: TestApp) {
        let receiver = Receiver::answering(&app, 200).await;
        let other = Receiver::answering(&app, 200).await;
        let delivering = Delivering::start(app);
        let ada = delivering.app.log_in("ada@example.com").await;
        let id = delivering.insert(&receiver.url, delivering.new_task_id(), 1).await;
        delivering.advance(5_000).await;
        let asked = ada.post(&path(id, "/resend"), json!({})).await.expect(200);
        assert_eq!(asked["callback"]["resend"]["cause"], "person");
        delivering.settle().await;
        let got = receiver.got();
        assert_eq!(got.len(), 2);
        assert_eq!(got[0].headers["webhook-id"], got[1].headers["webhook-id"]);
        assert_eq!(got[0].body, got[1].body);
        assert_ne!(got[0].headers["webhook-timestamp"], got[1].headers["webhook-timestamp"]);
        assert!(!got[0].headers.contains_key("weighbridge-replay"));
        assert_eq!(got[1].headers["weighbridge-replay"], "true");

        // To another address once: it says nothing of the delivery.
        let elsewhere = json!({"url": other.url});
        ada.post(&path(id, "/resend"), elsewhere).await.expect(200);
        delivering.settle().await;
        assert_eq!((receiver.got().len(), other.got().len()), (2, 1));
        let shown = ada.get(&path(id, "")).await.expect(200);
        assert_eq!(shown["callback"]["state"], "delivered");
        let causes: Vec<&Value> =
            shown["attempts"].as_array().unwrap().iter().map(|one| &one["cause"]).collect();
        assert_eq!(causes, ["schedule", "person", "person"]);
        assert_eq!(shown["attempts"][2]["url"], other.url.as_str());
        let refused = ada.post(&path(id, "/resend"), json!({"url": "http://10.0.0.1/"})).await;
        assert_eq!(refused.expect(400)["param"], "url");

        let account = delivering.app.made.account_id;
        delivering
            .run(move |tx| {
                use store::environment::callback_purge::{self, Purge};
                callback_purge::step(tx, Purge::Bodies, 0, 0, i64::MAX / 2).map(|_| account)
            })
            .await;
        let purged = ada.post(&path(id, "/resend"), json!({})).await.expect(409);
        assert_eq!(purged["code"], "body_purged");
    }

    async fn case_137_an_older_state_is_sent_only_when_it_is_confirmed(app: TestApp) {
        let receiver = Receiver::answering(&app, 200).await;
        let delivering = Delivering::start(app);
        let ada = delivering.app.log_in("ada@example.com").await;
        let task_id = delivering.new_task_id();
        let first = delivering.insert(&receiver.url, task_id, 1).await;
        delivering.settle().await;
        let second = delivering.insert(&receiver.url, task_id, 2).await;
        delivering.settle().await;
        let refused = ada.post(&path(first, "/resend"), json!({})).await.expect(409);
        assert_eq!(refused["code"], "older_state");
        assert_eq!(refused["newest"], json!({"id": format!("cb_{second}"), "sequence": 2}));
        let error = refused["error"].as_str().unwrap();
        assert!(error.starts_with("This is state 1 of 2; your server has seen 2."), "{error}");
        delivering.settle().await;
        assert_eq!(receiver.got().len(), 2);
        ada.post(&path(first, "/resend"), json!({"confirm_older": true})).await.expect(200);
        delivering.settle().await;
        assert_eq!(receiver.got()[2].json()["sequence"], 1);
    }

    async fn case_137_a_replay_is_counted_first_and_sends_what_matches(app: TestApp) {
        let receiver = Receiver::answering(&app, 200).await;
        let delivering = Delivering::start(app);
        let ada = delivering.app.log_in("ada@example.com").await;
        failed(&delivering, &receiver, 5).await;
        let before = receiver.got().len();
        let filter = json!({"target": origin(&receiver.url)});
        let preview = ada.post("/web/live/callbacks/replays/preview", filter.clone()).await.expect(200);
        assert_eq!(preview, json!({"count": 5, "purged": 0, "older_states": 0}));
        let other = json!({"target": "https://elsewhere.example:443"});
        let none = ada.post("/web/live/callbacks/replays", other).await.expect(409);
        assert_eq!(none["code"], "nothing_to_replay");
        let seq = delivering.app.audit_seq().await;
        ada.post("/web/live/callbacks/replays", filter).await.expect(200);
        assert_eq!(delivering.app.audited_after(seq).await.len(), 1);
        finish_replays(&delivering).await;
        let job = job(&ada).await;
        assert_eq!(
            (&job["state"], &job["total"], &job["sent"], &job["delivered"], &job["failed"]),
            (&json!("done"), &json!(5), &json!(5), &json!(5), &json!(0))
        );
        assert_eq!(receiver.got().len() - before, 5);
        assert_eq!(receiver.got()[before].headers["weighbridge-replay"], "true");
        let left = ada.get("/web/live/callbacks?state=failed").await.expect(200);
        assert_eq!(left["callbacks"], json!([]));
    }

    async fn case_137_a_canceled_replay_sends_nothing_more(app: TestApp) {
        let receiver = Receiver::answering(&app, 200).await;
        let delivering = Delivering::start(app);
        let ada = delivering.app.log_in("ada@example.com").await;
        failed(&delivering, &receiver, 3).await;
        let before = receiver.got().len();
        let made = ada.post("/web/live/callbacks/replays", json!({})).await.expect(200);
        let change = async |verb: &str| {
            let id = made["replay"]["id"].as_str().unwrap();
            ada.post(&format!("/web/live/callbacks/replays/{id}/{verb}"), json!({})).await
        };
        assert_eq!(change("pause").await.expect(200)["replay"]["state"], "paused");
        finish_replays(&delivering).await;
        assert_eq!(receiver.got().len(), before);
        assert_eq!(change("pause").await.expect(409)["code"], "replay_state");
        assert_eq!(change("resume").await.expect(200)["replay"]["state"], "running");
        assert_eq!(change("cancel").await.expect(200)["replay"]["state"], "canceled");
        finish_replays(&delivering).await;
        delivering.advance(60_000).await;
        assert_eq!(receiver.got().len(), before);
    }

    async fn a_paused_receiver_gets_nothing_until_it_is_resumed(app: TestApp) {
        let receiver = Receiver::answering(&app, 200).await;
        let delivering = Delivering::start(app);
        let ada = delivering.app.log_in("ada@example.com").await;
        let target = json!({"target": origin(&receiver.url)});
        let change = async |verb: &str| {
            ada.post(&format!("/web/live/callbacks/targets/{verb}"), target.clone()).await
        };
        assert_eq!(change("pause").await.expect(404)["code"], "target_not_found");
        delivering.insert(&receiver.url, delivering.new_task_id(), 1).await;
        delivering.settle().await;
        assert_eq!(change("pause").await.expect(200)["target"]["state"], "paused");
        assert_eq!(change("pause").await.expect(409)["code"], "target_state");
        let held = delivering.insert(&receiver.url, delivering.new_task_id(), 1).await;
        delivering.advance(10_000).await;
        assert_eq!(receiver.got().len(), 1);
        assert_eq!(ada.get(&path(held, "")).await.expect(200)["callback"]["state"], "held");
        change("resume").await.expect(200);
        delivering.advance(10_000).await;
        assert_eq!(receiver.got().len(), 2);

        change("pause").await.expect(200);
        let gone = delivering.insert(&receiver.url, delivering.new_task_id(), 1).await;
        delivering.settle().await;
        assert_eq!(change("discard").await.expect(200)["discarded"], 1);
        change("resume").await.expect(200);
        delivering.advance(10_000).await;
        assert_eq!(receiver.got().len(), 2);
        assert_eq!(ada.get(&path(gone, "")).await.expect(200)["callback"]["state"], "discarded");
    }

    async fn a_test_callback_arrives_at_a_test_receiver(app: TestApp) {
        let delivering = Delivering::start(app);
        let ada = delivering.app.log_in("ada@example.com").await;
        assert!(ada.get("/web/live/receivers").await.expect(200)["receiver"].is_null());
        let made = ada.post("/web/live/receivers", json!({})).await.expect(200)["receiver"].clone();
        let test = json!({"event": "task.completed", "url": made["url"]});
        let sent = ada.post("/web/live/callbacks/test", test.clone()).await.expect(200);
        delivering.settle().await;
        let got = ada.get("/web/live/receivers/requests?after=0").await.expect(200);
        let [request] = &got["requests"].as_array().unwrap()[..] else {
            panic!("{got}");
        };
        assert_eq!((&request["auth"], &request["signature"]), (&json!("ok"), &json!("ok")));
        let header = |name: &str| {
            let headers = request["headers"].as_array().unwrap().iter();
            headers.filter(|one| one[0] == name).map(|one| one[1].clone()).next()
        };
        assert_eq!(header("weighbridge-test"), Some(json!("true")));
        assert_eq!(header("webhook-id"), Some(sent["callback"]["id"].clone()));
        let auth = header("scale-callback-auth").unwrap();
        let key = delivering.app.made.live_callback_auth_key.expose();
        assert_eq!(auth.as_str().unwrap(), format!("…{}", &key[key.len() - 4..]));
        let id = sent["callback"]["id"].as_str().unwrap();
        let shown = ada.get(&format!("/web/live/callbacks/{id}")).await.expect(200);
        assert_eq!(shown["callback"]["state"], "delivered");

        // It answers as it is told; a test callback is tried once.
        ada.post("/web/live/receivers", json!({"answer_status": 503})).await.expect(200);
        let sent = ada.post("/web/live/callbacks/test", test).await.expect(200);
        delivering.advance(60_000).await;
        let id = sent["callback"]["id"].as_str().unwrap();
        let shown = ada.get(&format!("/web/live/callbacks/{id}")).await.expect(200);
        assert_eq!((&shown["callback"]["state"], &shown["attempts"][0]["status"]), (&json!("failed"), &json!(503)));
        assert_eq!(shown["attempts"].as_array().unwrap().len(), 1);
        let wrong = json!({"event": "task.completed", "url": "http://10.0.0.1/"});
        assert_eq!(ada.post("/web/live/callbacks/test", wrong).await.expect(400)["param"], "url");

        ada.post("/web/live/receivers/delete", json!({})).await.expect(200);
        assert!(ada.get("/web/live/receivers").await.expect(200)["receiver"].is_null());
    }

    async fn case_148_what_a_receiver_echoes_is_stored_without_secrets(app: TestApp) {
        let receiver = Receiver::start(&app, |_, got| {
            let lines: Vec<String> =
                got.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            let key = &got.headers["scale-callback-auth"];
            let basic = {
                use base64::Engine as _;
                base64::engine::general_purpose::STANDARD.encode(format!("{key}:"))
            };
            let body = format!("{}\n{}\nBasic {basic}", lines.join("\n"), String::from_utf8_lossy(&got.body));
            Reply {
                bytes: format!(
                    "HTTP/1.1 200 OK\r\nset-cookie: id=cookie-secret-value-1\r\nx-echo: {key}\r\n\
                     x-token: 0123456789abcdefXYZ\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                )
                .into_bytes(),
                delay: std::time::Duration::ZERO,
            }
        })
        .await;
        let delivering = Delivering::start(app);
        let made = &delivering.app.made;
        let api_key = made.live_api_key.expose().to_owned();
        let secrets = [
            made.live_callback_auth_key.expose().to_owned(),
            made.live_callback_signing_secret.expose().to_owned(),
            api_key.clone(),
            "cookie-secret-value-1".to_owned(),
            "0123456789abcdefXYZ".to_owned(),
        ];
        let ada = delivering.app.log_in("ada@example.com").await;
        // The body names an API key and the signing secret, as a careless customer's might.
        let body = format!("{{\"a\": \"{api_key}\", \"b\": \"{}\"}}", secrets[1]);
        let (url, target) = (receiver.url.clone(), origin(&receiver.url));
        let (time_ms, random) = delivering.app.app.id_parts();
        let id = CallbackId::from_parts(time_ms, random);
        let account = made.account_id;
        delivering
            .run(move |tx| {
                use store::environment::callback_controls::{self, Trial};
                let trial = Trial {
                    callback_id: id,
                    event: "task.completed",
                    url: &url,
                    target: &target,
                    body: body.as_bytes(),
                };
                callback_controls::insert_trial(tx, account, &trial)
            })
            .await;
        delivering.settle().await;
        let shown = ada.get(&path(id, "")).await.expect(200);
        let answer = &shown["attempts"][0]["answer"];
        let text = answer.to_string();
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} is in {text}");
        }
        let tail = |secret: &str| format!("…{}", &secret[secret.len() - 4..]);
        assert!(text.contains(&tail(&secrets[0])) && text.contains(&tail(&api_key)), "{text}");
        assert!(text.contains("weighbridge-event: task.completed"), "{text}");
    }
}
