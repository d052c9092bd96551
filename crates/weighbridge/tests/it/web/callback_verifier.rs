//! The verifier by its app API: what it knows of the account and of what was sent.

use serde_json::{Value, json};

use crate::app::{Person, TestApp, both_engines};
use crate::callbacks::{Delivering, Got, Receiver};

async fn verify(person: &Person<'_>, mode: &str, got: &Got, body: &str) -> Value {
    // A JSON object of headers is read as well as lines.
    let headers = json!(got.headers).to_string();
    let path = format!("/web/{mode}/callbacks/verify");
    let pasted = json!({"headers": headers, "body": body});
    person.post(&path, pasted).await.expect(200)
}

both_engines! {
    async fn a_callback_is_verified_by_what_is_known_of_it(app: TestApp) {
        let receiver = Receiver::answering(&app, 500).await;
        let delivering = Delivering::start(app);
        let app = &delivering.app;
        let ada = app.log_in("ada@example.com").await;
        delivering.insert(&receiver.url, delivering.new_task_id(), 1).await;
        delivering.settle().await;
        let got = receiver.got().remove(0);
        let body = String::from_utf8(got.body.clone()).unwrap();

        let found = verify(&ada, "live", &got, &body).await;
        assert_eq!(found["verdict"], "ok");
        assert_eq!(found["auth"]["state"], "current");
        assert_eq!(found["timestamp"], json!({"age_seconds": 0, "within_tolerance": true}));
        let schemes: Vec<_> = found["signatures"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (one["scheme"].as_str().unwrap(), one["state"].as_str().unwrap()))
            .collect();
        assert_eq!(schemes, [("v1", "current"), ("v1a", "current")]);
        assert_eq!((&found["causes"], &found["difference"]), (&json!([]), &Value::Null));

        // The other mode's page.
        let found = verify(&ada, "test", &got, &body).await;
        assert_eq!(found["verdict"], "bad");
        assert_eq!(found["signatures"][0]["state"], "other_mode");

        // Written anew: the stored body tells where.
        let spaced = body.replace(':', ": ");
        let found = verify(&ada, "live", &got, &spaced).await;
        assert_eq!(found["verdict"], "bad");
        assert!(found["causes"][0].as_str().unwrap().contains("same JSON"), "{found}");
        let at = body.find(':').unwrap() + 1;
        assert_eq!(found["difference"]["offset"], at);
        assert_eq!(found["difference"]["column"], at + 1);

        // The timestamp of one try with the signature of another.
        delivering.advance(60_000).await;
        let later = receiver.got().pop().unwrap();
        let mut mixed = later.clone();
        let signature = got.headers["webhook-signature"].clone();
        mixed.headers.insert("webhook-signature".into(), signature);
        let found = verify(&ada, "live", &mixed, &body).await;
        assert!(found["causes"][0].as_str().unwrap().contains("another try"), "{found}");

        // Rolled: still known as previous, then unknown.
        let roll = "/web/live/signing-secrets/roll";
        ada.post(roll, json!({"overlap": "1h"})).await.expect(201);
        let found = verify(&ada, "live", &later, &body).await;
        assert_eq!((&found["verdict"], &found["signatures"][1]["state"]), (&json!("ok"), &json!("previous")));
        ada.post(roll, json!({"overlap": "0"})).await.expect(201);
        let found = verify(&ada, "live", &later, &body).await;
        assert_eq!((&found["verdict"], &found["signatures"][0]["state"]), (&json!("bad"), &json!("unknown")));

        // Another account knows nothing of it.
        app.add_account().await;
        app.refresh().await;
        let beth = app.log_in("beth@example.com").await;
        let found = verify(&beth, "live", &later, "{}").await;
        assert_eq!((&found["auth"]["state"], &found["difference"]), (&json!("unknown"), &Value::Null));
        let text = found.to_string();
        assert!(!text.contains(&body), "{text}");
    }

    async fn what_is_pasted_must_be_text(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        for (body, path) in [(json!({"body": ""}), "headers"), (json!({"headers": "", "body": 1}), "body")] {
            let refused = ada.post("/web/live/callbacks/verify", body).await.expect(400);
            assert_eq!(refused["errors"][0]["path"], path);
        }
        let empty = json!({"headers": "", "body": ""});
        let found = ada.post("/web/test/callbacks/verify", empty).await.expect(200);
        assert_eq!((&found["verdict"], &found["auth"]["state"]), (&json!("unsigned"), &json!("missing")));
        assert_eq!(found["timestamp"], Value::Null);
    }
}
