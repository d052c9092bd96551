//! What an account decides about its callbacks (callbacks.md 5; case 145).

use domain::Role;
use serde_json::{Value, json};

use crate::app::{Person, TestApp, both_engines};

const PATH: &str = "/web/callback-settings";

/// The problem of the one parameter at fault, with its path.
async fn refusal(person: &Person<'_>, change: Value) -> (String, String) {
    let answer = person.post(PATH, change).await.expect(400);
    let problem = &answer["errors"][0];
    let text = |name: &str| problem[name].as_str().unwrap().to_owned();
    (text("path"), text("message"))
}

/// The newest entry of the audit log, in words.
async fn newest_sentence(admin: &Person<'_>) -> String {
    let audit = admin.get("/web/audit").await.expect(200);
    audit["entries"][0]["text"].as_str().unwrap().to_owned()
}

both_engines! {
    async fn settings_are_shown_changed_and_audited(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let settings = ada.get(PATH).await.expect(200);
        assert_eq!(settings["plain_http"], "hold");
        for name in ["default_callback_url", "pinned_hosts"] {
            assert_eq!(settings[name], Value::Null);
        }
        assert_eq!(settings["subscribed_events"], json!([]));
        assert_eq!(settings["old_key_first"], false);
        assert_eq!(settings["own_key_for_test_callbacks"], false);
        assert_eq!(settings["held_plain_http"], json!({"live": 0, "test": 0}));
        let events = settings["events"].as_array().unwrap();
        let originals = events.iter().filter(|event| event["original"] == true).count();
        assert_eq!((events.len(), originals), (3, 3));

        let change = json!({
            "default_callback_url": "https://u:pw@Hooks.example.com/cb?token=abc",
            "pinned_hosts": ["Hooks.Example.com", "*.example.org:8443", "hooks.example.com"],
            "old_key_first": true,
            "plain_http": "refuse",
        });
        let changed = ada.post(PATH, change.clone()).await.expect(200);
        assert_eq!(changed["receipt"]["unconfirmed"], 0);
        assert_eq!(changed["default_callback_url"], change["default_callback_url"]);
        assert_eq!(changed["pinned_hosts"], json!(["hooks.example.com", "*.example.org:8443"]));
        let settings = app.app.directory.account(app.made.account_id).unwrap();
        assert!(settings.old_key_first);
        assert_eq!(settings.default_callback_url.as_deref(), change["default_callback_url"].as_str());
        let sentence = newest_sentence(&ada).await;
        assert_eq!(
            sentence,
            "Ada changed the settings of callbacks: default address at \
             https://hooks.example.com:443; plain http is refused; only to hooks.example.com, \
             *.example.org:8443; a rolled key goes first."
        );
        // A part alone, and back again.
        ada.post(PATH, json!({"plain_http": "hold"})).await.expect(200);
        let kept = ada.get(PATH).await.expect(200);
        assert_eq!(kept["pinned_hosts"], changed["pinned_hosts"]);
        let seq = app.audit_seq().await;
        ada.post(PATH, json!({"plain_http": "hold"})).await.expect(200);
        assert!(app.audited_after(seq).await.is_empty(), "nothing has changed");
        let back = json!({"default_callback_url": "", "pinned_hosts": null, "subscribed_events": [],
            "old_key_first": false});
        let back = ada.post(PATH, back).await.expect(200);
        for name in ["default_callback_url", "pinned_hosts"] {
            assert_eq!(back[name], Value::Null);
        }
    }

    async fn what_is_wrong_is_told_with_its_place(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        for (change, path, words) in [
            (json!({"plain_http": "yes"}), "plain_http", "hold, send or refuse"),
            (json!({"pinned_hosts": []}), "pinned_hosts", "at least one"),
            (json!({"pinned_hosts": "a.example"}), "pinned_hosts", "a list"),
            (json!({"pinned_hosts": ["a.example", "https://b.example"]}), "pinned_hosts[1]", "*.example.com"),
            (json!({"pinned_hosts": [7]}), "pinned_hosts[0]", "*.example.com"),
            (json!({"subscribed_events": ["task.completed"]}), "subscribed_events[0]", "every account"),
            (json!({"subscribed_events": ["task.eaten"]}), "subscribed_events[0]", "no event"),
            (json!({"old_key_first": 1}), "old_key_first", "true or false"),
            (json!({"default_callback_url": "ftp://a.example"}), "default_callback_url", "http or https"),
            (json!({"default_callback_url": "http://10.0.0.1/"}), "default_callback_url", "10.0.0.0/8"),
            (json!({"default_callback_url": "no@example.com"}), "default_callback_url", "mail"),
            (json!({"default_callback_url": "https://b.example/", "pinned_hosts": ["a.example"]}),
                "default_callback_url", "only to: a.example"),
            (json!({"default_callback_url": "http://b.example/", "plain_http": "refuse"}),
                "default_callback_url", "https URL"),
            (json!({"own_key_for_test_callbacks": true}), "own_key_for_test_callbacks", "/web/keys/policy"),
            (json!({"x": 1}), "x", "no callback setting"),
        ] {
            let (at, message) = refusal(&ada, change.clone()).await;
            assert_eq!(at, path, "{change}");
            assert!(message.contains(words), "{change}: {message}");
        }
        // The default address that is there must go with what is decided later.
        let default = json!({"default_callback_url": "http://b.example/"});
        ada.post(PATH, default).await.expect(200);
        let (at, message) = refusal(&ada, json!({"pinned_hosts": ["a.example"]})).await;
        assert_eq!(at, "pinned_hosts");
        assert!(message.contains("b.example"), "{message}");
        let (at, _) = refusal(&ada, json!({"plain_http": "refuse"})).await;
        assert_eq!(at, "plain_http");
    }

    async fn case_145_refused_plain_http_and_hosts_that_are_not_pinned_make_no_task(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let create = async |url: &str| {
            let task = json!({"attachment": "x", "categories": ["a"], "callback_url": url});
            app.live().post("/v1/task/categorization", task).await
        };
        let project = json!({"name": "p", "type": "categorization"});
        app.live().post("/v1/projects", project).await.expect(200);
        let create_batch = async |name: &str, url: &str| {
            let batch = json!({"project": "p", "name": name, "callback": url});
            app.live().post("/v1/batches", batch).await
        };
        // Under `hold`, the default, creation succeeds.
        create("http://www.example.com/callback").await.expect(200);
        create_batch("b1", "http://www.example.com/callback").await.expect(200);

        ada.post(PATH, json!({"plain_http": "refuse"})).await.expect(200);
        for url in ["http://www.example.com/callback", "http://93.184.215.14/", "HTTP://a.example"] {
            let refused = create(url).await.expect(400);
            assert_eq!(refused["errors"][0]["path"], "callback_url");
            assert!(refused["error"].as_str().unwrap().contains("https"), "{refused}");
            let refused = create_batch("b2", url).await.expect(400);
            assert_eq!(refused["errors"][0]["path"], "callback");
        }
        create("https://www.example.com/callback").await.expect(200);
        // The operator allowed this network.
        create("http://127.0.0.1:9999/").await.expect(200);
        create("http://localhost:9999/").await.expect(200);

        let pinned = json!({"plain_http": "send", "pinned_hosts": ["a.example", "*.b.example"]});
        ada.post(PATH, pinned).await.expect(200);
        create("http://a.example/cb").await.expect(200);
        create("https://x.b.example:8443/cb").await.expect(200);
        for url in ["https://b.example/", "https://a.example.evil.example/", "http://127.0.0.1:9999/"] {
            let refused = create(url).await.expect(400);
            let error = refused["error"].as_str().unwrap();
            assert!(error.contains("only to: a.example, *.b.example"), "{error}");
            create_batch("b3", url).await.expect(400);
        }
        // An e-mail address is no host.
        let by_mail = create("ada@example.com").await.expect(400);
        assert!(!by_mail["error"].as_str().unwrap().contains("only to"), "{by_mail}");
    }

    async fn members_see_the_settings_and_change_nothing(app: TestApp) {
        app.add_user("mia@example.com", Role::Member).await;
        let mia = app.log_in("mia@example.com").await;
        mia.get(PATH).await.expect(200);
        let refused = mia.post(PATH, json!({"plain_http": "send"})).await.expect(403);
        assert_eq!(refused["code"], "role_required");
    }
}
