//! Where a callback may go: judged at creation, by the text, and by who the person is.

use domain::Role;
use serde_json::{Value, json};

use crate::app::{Client, Engine, TestApp};

/// Asks for a task whose callback goes to `address`.
async fn create(client: &Client<'_>, address: &str) -> crate::app::Answer {
    let body = json!({"attachment": "hello", "categories": ["a"], "callback_url": address});
    client.post("/v1/task/categorization", body).await
}

fn problem(answer: &Value) -> String {
    answer["error"].as_str().unwrap().to_owned()
}

async fn case_150_only_confirmed_addresses_of_the_account(engine: Engine) {
    let app = TestApp::start_with_mail(engine).await;
    app.add_user("leo@example.com", Role::Labeler).await;
    app.add_user("mia@example.com", Role::Member).await;
    app.add_account().await;
    let mia_unconfirmed =
        "UPDATE users SET email_confirmed_at = NULL WHERE email = 'mia@example.com'";
    assert_eq!(app.by_the_back_door("control", mia_unconfirmed), Ok(1));
    for client in [app.live(), app.test()] {
        for address in ["ada@example.com", "leo@example.com", "Leo@Example.com"] {
            let task = create(&client, address).await.expect(200);
            assert_eq!(task["callback_url"], address);
        }
        // Unconfirmed, another account's, nobody's: the same words.
        for address in ["mia@example.com", "beth@example.com", "no@example.com"] {
            let refused = create(&client, address).await.expect(400);
            assert_eq!(
                problem(&refused),
                "`callback_url`: must be the confirmed e-mail address of a person of this account, \
                 or an http or https URL"
            );
        }
        for address in [
            "ada@example.com\r\nBcc: no@example.com",
            "ada@example.com\n",
            " ada@example.com",
            "ada@example.com,leo@example.com",
            "Ada <ada@example.com>",
            "ada@@example.com",
            "mailto:ada@example.com",
            "ada",
        ] {
            let refused = create(&client, address).await.expect(400);
            assert!(
                problem(&refused).starts_with("`callback_url`"),
                "{address:?}: {refused}"
            );
        }
    }
    let gone = "UPDATE users SET deactivated_at = 1 WHERE email = 'leo@example.com'";
    assert_eq!(app.by_the_back_door("control", gone), Ok(1));
    create(&app.live(), "leo@example.com").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_150_only_confirmed_addresses_on_sqlite() {
    case_150_only_confirmed_addresses_of_the_account(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_150_only_confirmed_addresses_on_postgres() {
    case_150_only_confirmed_addresses_of_the_account(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn case_150_a_batch_is_told_by_mail_too_and_a_server_without_mail_says_so() {
    for (with_mail, status) in [(true, 200), (false, 400)] {
        let app = if with_mail {
            TestApp::start_with_mail(Engine::Sqlite).await
        } else {
            TestApp::start(Engine::Sqlite).await
        };
        let project = json!({"name": "p", "type": "categorization"});
        app.live().post("/v1/projects", project).await.expect(200);
        let batch = json!({"name": "b", "project": "p", "callback": "ada@example.com"});
        let answer = app.live().post("/v1/batches", batch).await.expect(status);
        if !with_mail {
            assert!(problem(&answer).contains("has set no smtp_url"), "{answer}");
        }
        let header = "ada@example.com\r\nBcc: no@example.com";
        let batch = json!({"name": "c", "project": "p", "callback": header});
        let refused = app.live().post("/v1/batches", batch).await.expect(400);
        assert!(problem(&refused).contains("`callback`"), "{refused}");
        for callback in ["ftp://x", "http://", "nonsense"] {
            let batch = json!({"name": "c", "project": "p", "callback": callback});
            app.live().post("/v1/batches", batch).await.expect(400);
        }
    }
}
