//! Changes to keys within one process: authentication.md 2.3 and 4b. With several processes they
//! are in `tests/test_propagation.py`.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};

use axum::body::Body;
use axum::http::{Method, Request};
use domain::Environment;
use serde_json::{Value, json};
use store::StoreError;
use store::control::feed::{self, Change};
use store::control::{accounts, keys as stored_keys, processes};
use weighbridge::clock::Clock;
use weighbridge::operations::audit::Actor;
use weighbridge::operations::confirm_change::{Receipt, confirm_change};
use weighbridge::operations::manage_keys::{KeyManager, MadeKey};
use weighbridge::workers::change_feed::Follower;

use crate::app::{Engine, TestApp, both_engines};

const HOUR_MS: i64 = 60 * 60 * 1000;

/// The account's keys, as commands manage them.
async fn manager(app: &TestApp) -> KeyManager {
    let account = app.made.account_id;
    let row = app
        .app
        .stores
        .control
        .read(move |tx| accounts::find(tx, account))
        .await
        .map_err(|error: StoreError| error)
        .unwrap();
    let app = &app.app;
    KeyManager::new(
        app.stores.control.clone(),
        app.secrets.clone(),
        row.unwrap(),
        app.ids.clone(),
        app.clock.clone(),
        Actor::operator(),
    )
    .unwrap()
}

async fn confirm(app: &TestApp, version: i64) -> Receipt {
    confirm_change(&app.app, version).await.unwrap()
}

/// A key that is in force.
async fn create(app: &TestApp, environment: Environment) -> MadeKey {
    let made = manager(app).await.create(environment, "made").await;
    let made = made.unwrap();
    confirm(app, made.version).await;
    made.value
}

async fn revoke(app: &TestApp, key: &MadeKey) -> Receipt {
    let revoked = manager(app).await.revoke(key.key_id).await.unwrap();
    confirm(app, revoked.version).await
}

/// Holds every writer of live mode until the sender is dropped.
async fn hold_writers(app: &TestApp) -> Vec<Sender<()>> {
    let control = &app.app.stores.control;
    let writers = if control.is_shared() { 3 } else { 1 };
    let mut holds = Vec::new();
    let (started, all_started) = channel();
    for _ in 0..writers {
        let (hold, wait) = channel::<()>();
        let (wait, started) = (Mutex::new(wait), started.clone());
        let store = app.app.stores.live.clone();
        tokio::spawn(async move {
            let write = store.write(move |_| -> Result<(), StoreError> {
                started.send(()).unwrap();
                let _ = wait.lock().unwrap().recv();
                Ok(())
            });
            write.await.unwrap();
        });
        holds.push(hold);
    }
    tokio::task::spawn_blocking(move || {
        for _ in 0..writers {
            all_started.recv().unwrap();
        }
    })
    .await
    .unwrap();
    holds
}

/// Every route that writes: method, route as the document names it, path, body.
fn writes(task: &str) -> Vec<(Method, &'static str, String, Option<Value>)> {
    let post = |route, path: &str, body| (Method::POST, route, path.to_owned(), body);
    let of_task =
        |method, route: &'static str, body| (method, route, route.replace("{task_id}", task), body);
    vec![
        post(
            "/v1/task/categorization",
            "/v1/task/categorization",
            Some(json!({"attachment": "x", "categories": ["a", "b"]})),
        ),
        of_task(Method::POST, "/v1/task/{task_id}/cancel", None),
        of_task(
            Method::POST,
            "/v1/task/{task_id}/setMetadata",
            Some(json!({"changed": true})),
        ),
        of_task(
            Method::POST,
            "/v1/task/{task_id}/unique_id",
            Some(json!({"unique_id": "changed"})),
        ),
        of_task(Method::DELETE, "/v1/task/{task_id}/unique_id", None),
        of_task(
            Method::POST,
            "/v1/task/{task_id}/tags",
            Some(json!(["changed"])),
        ),
        of_task(
            Method::PUT,
            "/v1/task/{task_id}/tags",
            Some(json!(["changed"])),
        ),
        of_task(
            Method::DELETE,
            "/v1/task/{task_id}/tags",
            Some(json!(["kept"])),
        ),
        post(
            "/v1/projects",
            "/v1/projects",
            Some(json!({"name": "changed", "type": "categorization"})),
        ),
        post(
            "/v1/projects/{name}/setParams",
            "/v1/projects/p/setParams",
            Some(json!({"instruction": "changed"})),
        ),
        post(
            "/v1/batches",
            "/v1/batches",
            Some(json!({"name": "changed", "project": "p"})),
        ),
        post(
            "/v1/batches/{name}/finalize",
            "/v1/batches/b/finalize",
            None,
        ),
        post(
            "/v1/batches/{name}/setMetadata",
            "/v1/batches/b/setMetadata",
            Some(json!({"changed": true})),
        ),
    ]
}

/// All that the account has in live mode, as another key sees it.
async fn everything(app: &TestApp) -> String {
    let mut all = String::new();
    for path in ["/v1/tasks", "/v1/projects", "/v1/batches"] {
        let answer = app.live().get(path).await;
        answer.expect(200);
        all.push_str(&answer.text);
    }
    all
}

both_engines! {
    async fn case_32_no_write_of_a_key_that_is_revoked_in_flight_is_kept(app: TestApp) {
        let task = app
            .live()
            .post(
                "/v1/task/categorization",
                json!({
                    "attachment": "x", "categories": ["a", "b"], "tags": ["kept"], "unique_id": "u",
                }),
            )
            .await
            .expect(200);
        let rapid = json!({"name": "p", "type": "categorization", "rapid": true});
        app.live().post("/v1/projects", rapid).await.expect(200);
        let batch = json!({"name": "b", "project": "p"});
        app.live().post("/v1/batches", batch).await.expect(200);
        let writes = writes(task["task_id"].as_str().unwrap());

        let document: Value = serde_json::from_str(weighbridge::http::openapi::text()).unwrap();
        let tested: BTreeSet<_> = writes
            .iter()
            .map(|(method, route, ..)| format!("{} {route}", method.as_str().to_lowercase()))
            .collect();
        for (path, methods) in document["paths"].as_object().unwrap() {
            let is_of_a_type = path.starts_with("/v1/task/")
                && path.matches('/').count() == 3
                && !path.contains('{');
            // They write to the database that a revocation writes to as well: which comes first is
            // its order of transactions, and the test below tells what the later one meets.
            let is_of_the_team = path.starts_with("/v1/teams/");
            // A key of live mode is refused there before anything is written.
            let is_of_test_mode = path == "/v1/callbacks/{id}/answer";
            let is_excused = is_of_a_type || is_of_the_team || is_of_test_mode;
            for method in methods.as_object().unwrap().keys() {
                let name = format!("{method} {path}");
                assert!(
                    method == "get" || is_excused || tested.contains(&name),
                    "{name} is not tested"
                );
            }
        }

        let before = everything(&app).await;
        for (method, route, path, body) in writes {
            let key = create(&app, Environment::Live).await;
            let holds = hold_writers(&app).await;
            app.app.directory.keys.take_uses();
            let client = app.client(key.text.expose());
            let (answer, ()) = tokio::join!(client.send(method, &path, body), async {
                // Admitted: now it waits for the writer.
                while app.app.directory.keys.take_uses().is_empty() {
                    tokio::task::yield_now().await;
                }
                let receipt = revoke(&app, &key).await;
                assert_eq!((receipt.confirmed_by, receipt.unconfirmed), (1, 0));
                drop(holds);
            });
            let body = answer.expect(401);
            assert_eq!(body["code"], "revoked_api_key", "{route}");
            assert_eq!(
                answer.header("www-authenticate"),
                Some("Basic realm=\"Weighbridge API\", charset=\"UTF-8\""),
                "{route}"
            );
            assert_eq!(everything(&app).await, before, "{route} left something");
        }
    }

    async fn case_32_a_team_is_not_changed_by_a_key_that_was_revoked_meanwhile(app: TestApp) {
        app.add_user("leo@example.com", domain::Role::Labeler).await;
        for (path, body) in [
            ("/v1/teams/invite", json!({"emails": ["new@example.com"], "team_role": "member"})),
            ("/v1/teams/set_role", json!({"emails": ["leo@example.com"], "team_role": "member"})),
        ] {
            let key = create(&app, Environment::Live).await;
            let client = app.client(key.text.expose());
            let record = app.app.directory.keys.find_by_id(key.key_id).unwrap();
            let before = app.live().get("/v1/teams").await.expect(200);
            // Revoked after the request was admitted, before it commits.
            let account = app.made.account_id;
            let (hold, wait) = channel::<()>();
            let (wait, started) = (Mutex::new(wait), channel());
            let (tell, told) = started;
            let control = app.app.stores.control.clone();
            let holding = tokio::spawn(async move {
                let write = control.write(move |tx| -> Result<(), StoreError> {
                    store::control::team::lock(tx, account).map_err(|_| StoreError::Panicked)?;
                    let _ = tell.send(());
                    let _ = wait.lock().unwrap().recv();
                    Ok(())
                });
                write.await.unwrap();
            });
            tokio::task::spawn_blocking(move || told.recv().unwrap()).await.unwrap();
            app.app.directory.keys.take_uses();
            let (answer, ()) = tokio::join!(client.post(path, body), async {
                while app.app.directory.keys.take_uses().is_empty() {
                    tokio::task::yield_now().await;
                }
                app.app.directory.keys.revoke(record.key_id, app.app.clock.now_ms());
                drop(hold);
            });
            assert_eq!(answer.expect(401)["code"], "revoked_api_key", "{path}");
            holding.await.unwrap();
            assert_eq!(app.live().get("/v1/teams").await.expect(200), before, "{path}");
        }
    }

    async fn case_30_a_revocation_is_in_force_when_it_is_told(app: TestApp) {
        let snapshots = app.app.directory.snapshots();
        for _ in 0..20 {
            let key = create(&app, Environment::Test).await;
            let client = app.client(key.text.expose());
            client.get("/v1/projects").await.expect(200);
            let receipt = revoke(&app, &key).await;
            assert_eq!(
                receipt,
                Receipt {
                    confirmed_by: 1,
                    unconfirmed: 0,
                    in_force_everywhere_by_ms: app.app.clock.now_ms(),
                }
            );
            let body = client.get("/v1/projects").await.expect(401);
            assert_eq!(body["code"], "revoked_api_key");
        }
        assert_eq!(app.app.directory.snapshots(), snapshots);
    }

    async fn case_34_who_does_not_say_that_it_has_a_change_is_told_as_unconfirmed(app: TestApp) {
        let control = &app.app.stores.control;
        let tell = async |number: u8, version: i64| {
            let told = control.write(move |tx| processes::seen(tx, &[number; 12], version));
            told.await.map_err(|error: StoreError| error).unwrap();
        };
        let key = create(&app, Environment::Live).await;
        let version = manager(&app).await.revoke(key.key_id).await.unwrap().version;
        tell(1, version).await;
        tell(2, version - 1).await;
        assert_eq!(
            confirm(&app, version).await,
            Receipt {
                confirmed_by: 2,
                unconfirmed: 1,
                in_force_everywhere_by_ms: app.app.clock.now_ms() + 10_000,
            }
        );
        // The third one says so while it is waited for.
        let (receipt, ()) = tokio::join!(confirm(&app, version), tell(2, version));
        assert_eq!((receipt.confirmed_by, receipt.unconfirmed), (3, 0));
    }

    async fn case_36_a_rolled_key_says_when_it_ends_and_ends_then(app: TestApp) {
        app.now_ms.store(Clock::System.now_ms(), Ordering::SeqCst);
        let old = create(&app, Environment::Live).await;
        let client = app.client(old.text.expose());
        assert_eq!(client.get("/v1/projects").await.header("weighbridge-key-expires"), None);
        let manager = manager(&app).await;
        let row = manager.list().await.unwrap().into_iter().find(|row| row.key_id == old.key_id);
        let new = manager.roll(&row.unwrap(), 24 * HOUR_MS).await.unwrap();
        confirm(&app, new.version).await;
        let new = new.value;
        app.client(new.text.expose()).get("/v1/projects").await.expect(200);
        let answer = client.get("/v1/projects").await;
        answer.expect(200);
        let end = answer.header("weighbridge-key-expires").unwrap();
        let row = app.app.directory.keys.find_by_id(old.key_id).unwrap();
        assert_eq!(end, domain::time::format_http_date(row.expires_at_ms().unwrap()));
        assert_eq!(end.len(), 29);
        app.advance(24 * HOUR_MS - 60_000);
        client.get("/v1/projects").await.expect(200);
        app.advance(120_000);
        assert_eq!(client.get("/v1/projects").await.expect(401)["code"], "expired_api_key");
        let answer = app.client(new.text.expose()).get("/v1/projects").await;
        answer.expect(200);
        assert_eq!(answer.header("weighbridge-key-expires"), None);
    }

    async fn case_37_a_roll_without_overlap_ends_the_old_key_at_once(app: TestApp) {
        app.now_ms.store(Clock::System.now_ms(), Ordering::SeqCst);
        let old = create(&app, Environment::Live).await;
        let manager = manager(&app).await;
        let row = manager.list().await.unwrap().into_iter().find(|row| row.key_id == old.key_id);
        let row = row.unwrap();
        let new = manager.roll(&row, 0).await.unwrap();
        app.now_ms.store(Clock::System.now_ms(), Ordering::SeqCst);
        confirm(&app, new.version).await;
        let body = app.client(old.text.expose()).get("/v1/projects").await.expect(401);
        assert_eq!(body["code"], "expired_api_key");
        app.client(new.value.text.expose()).get("/v1/projects").await.expect(200);
        let twice = manager.roll(&row, 0).await.err().unwrap();
        assert!(twice.to_string().contains("rolled already"), "{twice}");
        let long = manager.roll(&row, 30 * 24 * HOUR_MS + 1).await.err().unwrap();
        assert!(long.to_string().contains("30 days"), "{long}");
    }

    async fn a_gap_in_the_feed_is_bridged_by_a_snapshot(app: TestApp) {
        let key = create(&app, Environment::Live).await;
        let version = manager(&app).await.revoke(key.key_id).await.unwrap().version;
        let control = &app.app.stores.control;
        let forgotten = control.write(|tx| feed::forget(tx, i64::MAX)).await;
        assert!(forgotten.map_err(|error: StoreError| error).unwrap() > 0);
        let client = app.client(key.text.expose());
        client.get("/v1/projects").await.expect(200);
        let snapshots = app.app.directory.snapshots();
        app.refresh().await;
        assert_eq!(app.app.directory.snapshots(), snapshots + 1);
        assert_eq!(app.app.directory.version(), version);
        client.get("/v1/projects").await.expect(401);
        app.refresh().await;
        assert_eq!(app.app.directory.snapshots(), snapshots + 1);
    }

    async fn a_change_of_an_account_is_followed_with_its_callback_auth_key(app: TestApp) {
        let account = app.made.account_id;
        let control = &app.app.stores.control;
        let settings = || app.app.directory.account(account).unwrap();
        assert!(settings().callback_auth(Environment::Live).key.is_some());
        let write = control.write(move |tx| {
            accounts::set_default_callback_url(tx, account, Some("https://example.com/"))?;
            feed::record(tx, account, Change::Account, 0)
        });
        let version = write.await.map_err(|error: StoreError| error).unwrap();
        confirm(&app, version).await;
        assert_eq!(
            settings().default_callback_url.as_deref(),
            Some("https://example.com/")
        );
        assert!(settings().callback_auth(Environment::Live).key.is_some());
        let write = control.write(move |tx| -> Result<_, StoreError> {
            let keys = stored_keys::of_account(tx, account)?;
            let key = keys.iter().find(|key| {
                key.kind == "wc" && key.environment == Environment::Live
            });
            let key_id = key.unwrap().key_id;
            stored_keys::revoke(tx, account, key_id, None, 1)?;
            feed::record(tx, account, Change::Key(key_id.as_bytes()), 0)
        });
        confirm(&app, write.await.unwrap()).await;
        assert!(settings().callback_auth(Environment::Live).key.is_none());
    }

    async fn clocks_that_differ_by_more_than_30_s_make_the_server_not_ready(app: TestApp) {
        let readiness = async || {
            let request = Request::builder().uri("/readyz").body(Body::empty()).unwrap();
            app.call(request).await
        };
        let mut follower = Follower::new(&app.app);
        for (ahead_ms, status) in [(0, 200), (20_000, 200), (-20_000, 200), (60_000, 503), (-60_000, 503), (0, 200)] {
            let now_ms = Clock::System.now_ms() + ahead_ms;
            app.now_ms.store(now_ms, Ordering::SeqCst);
            follower.follow(false).await;
            let answer = readiness().await;
            let body = answer.expect(status);
            if status == 503 {
                assert!(body["error"].as_str().unwrap().contains("clocks"), "{body}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn case_34_no_key_is_admitted_without_word_from_the_database() {
    let settings = [("max_staleness_seconds", "2")];
    let app = TestApp::start_on_system_clock(Engine::Sqlite, &settings).await;
    let mut follower = Follower::new(&app.app);
    follower.follow(false).await;
    let key = app.made.live_api_key.expose().to_owned();
    app.client(&key).get("/v1/projects").await.expect(200);
    let unknown = "test_wbEXAMPLEEXAMPLEEXAMPLEEXAMPLEEXAM2OLDOh";
    let started_ms = Clock::System.since_boot_ms();
    // Nobody follows meanwhile.
    loop {
        let asked_ms = Clock::System.since_boot_ms();
        if app.client(&key).get("/v1/projects").await.status != 200 {
            break;
        }
        assert!(asked_ms - started_ms < 2_000);
    }
    for key in [&key, unknown] {
        let answer = app.client(key).get("/v1/projects").await;
        assert_eq!(answer.expect(503)["code"], "authentication_unavailable");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(answer.header("www-authenticate"), None);
    }
    let mistyped = &key[..key.len() - 1];
    app.client(mistyped).get("/v1/projects").await.expect(401);
    let get = |path: &str| Request::builder().uri(path).body(Body::empty()).unwrap();
    assert_eq!(
        app.call(get("/readyz")).await.expect(503)["code"],
        "not_ready"
    );
    app.call(get("/healthz")).await.expect(200);
    app.call(get("/v1/projects")).await.expect(401);
    follower.follow(false).await;
    app.client(&key).get("/v1/projects").await.expect(200);
    app.call(get("/readyz")).await.expect(200);
}
