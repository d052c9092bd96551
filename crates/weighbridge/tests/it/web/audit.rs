//! The audit log (authentication.md 2.9).

use std::path::PathBuf;

use axum::http::Method;
use domain::Role;
use serde_json::json;
use weighbridge::operations::check_audit::{Finding, check_audit};

use crate::app::{Engine, TestApp, both_engines};

impl TestApp {
    async fn check_log(&self) -> Finding {
        let app = &self.app;
        check_audit(&app.stores.control, &app.secrets, self.made.account_id)
            .await
            .unwrap()
    }
}

/// Makes entries by things that are audited.
async fn make_entries(app: &TestApp) -> i64 {
    let ada = app.log_in("ada@example.com").await;
    let keys = ada.get("/web/keys").await.expect(200);
    let id = keys["api_keys"][0]["key_id"].as_str().unwrap();
    for number in 0..6 {
        let path = format!("/web/keys/{id}");
        ada.send(
            Method::PATCH,
            &path,
            json!({"name": format!("name {number}")}),
        )
        .await
        .expect(200);
    }
    let Finding::Whole(entries) = app.check_log().await else {
        panic!("the log is not whole");
    };
    assert!(entries >= 6);
    entries
}

both_engines! {
    async fn admins_read_it_in_words_and_export_it(app: TestApp) {
        make_entries(&app).await;
        let ada = app.log_in("ada@example.com").await;
        let page = ada.get("/web/audit?limit=2").await.expect(200);
        assert_eq!(page["more"], true);
        let newest = &page["entries"][0];
        let whole = ada.get("/web/audit?limit=200").await.expect(200);
        let rename = whole["entries"]
            .as_array()
            .unwrap()
            .iter()
            .find(|entry| entry["action"] == "key.rename")
            .unwrap();
        let words = rename["text"].as_str().unwrap();
        assert!(words.starts_with("Ada renamed the ") && words.ends_with("“name 4” to “name 5”."), "{words}");
        assert_eq!(rename["address"], "127.0.0.1");
        let before = newest["seq"].as_i64().unwrap();
        let older = ada.get(&format!("/web/audit?before={before}")).await.expect(200);
        assert_eq!(older["entries"][0]["seq"], before - 1);
        ada.get("/web/audit?limit=0").await.expect(400);

        let lines = ada.get("/web/audit/export").await;
        assert_eq!(lines.status.as_u16(), 200);
        let first: serde_json::Value = serde_json::from_str(lines.text.lines().next().unwrap()).unwrap();
        assert_eq!(first["seq"], 1);
        assert_eq!(first["hash"].as_str().unwrap().len(), 64);
        let last: serde_json::Value = serde_json::from_str(lines.text.lines().last().unwrap()).unwrap();
        assert_eq!((&last["action"], &last["seq"]), (&json!("audit.export"), &json!(lines.text.lines().count())));
        let table = ada.get("/web/audit/export?format=csv").await;
        assert!(table.text.starts_with("seq,at,"), "{}", table.text);
        ada.get("/web/audit/export?format=pdf").await.expect(400);
        app.advance(16 * 60 * 1000);
        ada.get("/web/audit/export").await.expect(403);
        ada.get("/web/audit").await.expect(200);

        app.add_user("max@example.com", Role::Manager).await;
        app.log_in("max@example.com").await.get("/web/audit").await.expect(403);
    }

    async fn case_111_parallel_changes_do_not_fork_the_chain(app: TestApp) {
        let before = make_entries(&app).await;
        let ada = app.log_in("ada@example.com").await;
        let keys = ada.get("/web/keys").await.expect(200);
        let path = format!("/web/keys/{}", keys["api_keys"][0]["key_id"].as_str().unwrap());
        let start = match app.check_log().await {
            Finding::Whole(entries) => entries,
            broken @ Finding::Broken { .. } => panic!("{broken:?}"),
        };
        assert!(start >= before);
        let renames = (0..500).map(|number| {
            let (ada, path) = (&ada, path.clone());
            async move {
                let name = json!({"name": format!("parallel {number}")});
                ada.send(Method::PATCH, &path, name).await.expect(200)
            }
        });
        futures_util::future::join_all(renames).await;
        assert_eq!(app.check_log().await, Finding::Whole(start + 500));
    }

    async fn refusals_of_what_needs_a_recent_log_in_are_noted_once_a_minute(app: TestApp) {
        make_entries(&app).await;
        app.add_user("max@example.com", Role::Manager).await;
        let max = app.log_in("max@example.com").await;
        for _ in 0..3 {
            max.send(Method::PUT, "/web/keys/policy", json!({})).await.expect(403);
        }
        let ada = app.log_in("ada@example.com").await;
        // The entry is written beside the answer.
        let refusals = loop {
            let log = ada.get("/web/audit?limit=200").await.expect(200);
            let refusals: Vec<String> = log["entries"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|entry| entry["action"] == "refused")
                .map(|entry| entry["text"].as_str().unwrap().to_owned())
                .collect();
            if !refusals.is_empty() {
                break refusals;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(refusals, [
            "max was refused: Show keys once, keys that make Managers, key of test callbacks \
             (the role does not permit it).",
        ]);
    }

    async fn a_refused_change_leaves_no_entry(app: TestApp) {
        let entries = make_entries(&app).await;
        let ada = app.log_in("ada@example.com").await;
        let start = match app.check_log().await {
            Finding::Whole(entries) => entries,
            broken @ Finding::Broken { .. } => panic!("{broken:?}"),
        };
        assert!(start >= entries);
        let body = json!({"environment": "live", "name": ""});
        ada.post("/web/keys", body).await.expect(400);
        assert_eq!(app.check_log().await, Finding::Whole(start));
    }
}

/// The control database of a test on SQLite, opened past Weighbridge.
fn open_file(app: &TestApp) -> rusqlite::Connection {
    let path: PathBuf = app.app.config.data_dir.join("control.db");
    rusqlite::Connection::open(path).unwrap()
}

async fn tampered(tamper: &str) -> Finding {
    let app = TestApp::start(Engine::Sqlite).await;
    make_entries(&app).await;
    let file = open_file(&app);
    let refused = file.execute_batch(tamper).unwrap_err().to_string();
    assert!(
        refused.contains("append-only") || refused.contains("only moves forward"),
        "{refused}"
    );
    // Who may drop triggers gets past them, and is found out by the chain.
    file.execute_batch(
        "DROP TRIGGER audit_log_update; DROP TRIGGER audit_log_delete;
         DROP TRIGGER audit_anchors_update; DROP TRIGGER audit_anchors_delete;",
    )
    .unwrap();
    file.execute_batch(tamper).unwrap();
    app.check_log().await
}

#[tokio::test(flavor = "multi_thread")]
async fn case_111_every_way_to_tamper_is_found_and_named() {
    let altered = "UPDATE audit_log SET after = replace(after, 'name 2', 'name 9')
        WHERE after LIKE '%name 2%'";
    let finding = tampered(altered).await;
    let Finding::Broken { seq, what } = &finding else {
        panic!("{finding:?}");
    };
    assert!(*seq >= 3 && what.contains("altered"), "{finding:?}");

    let swapped = "UPDATE audit_log SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END
            WHERE seq IN (2, 3);
        UPDATE audit_log SET seq = -seq WHERE seq < 0";
    let finding = tampered(swapped).await;
    assert!(
        matches!(&finding, Finding::Broken { seq: 2, what } if what.contains("link")),
        "{finding:?}"
    );

    let finding = tampered("DELETE FROM audit_log WHERE seq = 4").await;
    assert!(
        matches!(&finding, Finding::Broken { seq: 4, what } if what.contains("missing")),
        "{finding:?}"
    );

    let cut = "DELETE FROM audit_log WHERE seq > (SELECT max(seq) - 3 FROM audit_log)";
    let finding = tampered(cut).await;
    assert!(
        matches!(&finding, Finding::Broken { what, .. } if what.contains("cut off")),
        "{finding:?}"
    );

    let finding = tampered("DELETE FROM audit_log").await;
    assert!(
        matches!(&finding, Finding::Broken { seq: 1, what } if what.contains("cut off")),
        "{finding:?}"
    );

    let moved = "DELETE FROM audit_log WHERE seq > 3;
        UPDATE audit_anchors SET seq = 3,
            hash = (SELECT hash FROM audit_log WHERE seq = 3)";
    let finding = tampered(moved).await;
    assert!(
        matches!(&finding, Finding::Broken { what, .. } if what.contains("did not sign")),
        "{finding:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn case_111_postgres_refuses_changes_to_the_log() {
    let app = TestApp::start(Engine::Postgres).await;
    make_entries(&app).await;
    let url = match &app.app.config.location {
        store::Location::Postgres { control, .. } => control.clone(),
        store::Location::Folder(_) => unreachable!("the test runs on PostgreSQL"),
    };
    std::thread::spawn(move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        for statement in [
            "UPDATE control.audit_log SET action = 'x'",
            "DELETE FROM control.audit_log",
            "TRUNCATE control.audit_log",
            "DELETE FROM control.audit_anchors",
            "UPDATE control.audit_anchors SET seq = seq - 1",
        ] {
            let error = client.batch_execute(statement).unwrap_err();
            let text = error.as_db_error().unwrap().message();
            assert!(
                text.contains("append-only") || text.contains("only moves forward"),
                "{statement}: {text}"
            );
        }
    })
    .join()
    .unwrap();
}
