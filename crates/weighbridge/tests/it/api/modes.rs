//! The wall between modes and between accounts: every route with the ids of the other mode and of
//! another account answers what it answers to a random id.

use axum::body::Body;
use axum::http::{Method, Request};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::app::{Client, Engine, TestApp, basic, both_engines};

struct Things {
    task: String,
    project: String,
    batch: String,
}

async fn make_things(client: &Client<'_>, name: &str) -> Things {
    let project = format!("project of {name}");
    let batch = format!("batch of {name}");
    client
        .post(
            "/v1/projects",
            json!({"name": project, "type": "categorization"}),
        )
        .await
        .expect(200);
    client
        .post("/v1/batches", json!({"name": batch, "project": project}))
        .await
        .expect(200);
    let body =
        json!({"attachment": "hello", "categories": ["a"], "batch": batch, "unique_id": "u"});
    let task = client
        .post("/v1/task/categorization", body)
        .await
        .expect(200);
    Things {
        task: task["task_id"].as_str().unwrap().to_owned(),
        project,
        batch,
    }
}

fn encode(name: &str) -> String {
    name.replace(' ', "%20")
}

/// Every route that takes an id or a name, with one of each.
fn routes(things: &Things) -> Vec<(Method, String, Option<Value>)> {
    let Things {
        task,
        project,
        batch,
    } = things;
    let (project, batch) = (encode(project), encode(batch));
    vec![
        (Method::GET, format!("/v1/task/{task}"), None),
        (Method::POST, format!("/v1/task/{task}/cancel"), None),
        (
            Method::POST,
            format!("/v1/task/{task}/setMetadata"),
            Some(json!({"a": 1})),
        ),
        (
            Method::POST,
            format!("/v1/task/{task}/unique_id"),
            Some(json!({"unique_id": "x"})),
        ),
        (Method::DELETE, format!("/v1/task/{task}/unique_id"), None),
        (
            Method::POST,
            format!("/v1/task/{task}/tags"),
            Some(json!(["a"])),
        ),
        (
            Method::PUT,
            format!("/v1/task/{task}/tags"),
            Some(json!(["a"])),
        ),
        (
            Method::DELETE,
            format!("/v1/task/{task}/tags"),
            Some(json!(["a"])),
        ),
        (Method::GET, format!("/v1/projects/{project}"), None),
        (
            Method::POST,
            format!("/v1/projects/{project}/setParams"),
            Some(json!({})),
        ),
        (Method::GET, format!("/v1/batches/{batch}"), None),
        (Method::GET, format!("/v1/batches/{batch}/status"), None),
        (Method::POST, format!("/v1/batches/{batch}/finalize"), None),
        (
            Method::POST,
            format!("/v1/batches/{batch}/setMetadata"),
            Some(json!({})),
        ),
        (
            Method::POST,
            "/v1/task/categorization".to_owned(),
            Some(json!({"project": things.project, "attachment": "x", "categories": ["a"]})),
        ),
        (
            Method::POST,
            "/v1/task/categorization".to_owned(),
            Some(json!({"batch": things.batch, "attachment": "x", "categories": ["a"]})),
        ),
        (
            Method::POST,
            "/v1/batches".to_owned(),
            Some(json!({"project": things.project, "name": "new"})),
        ),
    ]
}

/// The body without what differs by request, and with ids and names made alike.
fn alike(text: &str, things: &Things) -> Value {
    let text = text
        .replace(&things.task, "ID")
        .replace(&things.project, "PROJECT")
        .replace(&things.batch, "BATCH");
    let mut body: Value = serde_json::from_str(&text).unwrap();
    body.as_object_mut().unwrap().remove("request_id");
    body
}

async fn compare(client: &Client<'_>, foreign: &Things) {
    let random = Things {
        task: "0123456789abcdef01234567".to_owned(),
        project: "no such project".to_owned(),
        batch: "no such batch".to_owned(),
    };
    for ((method, path, body), (_, random_path, random_body)) in
        routes(foreign).into_iter().zip(routes(&random))
    {
        let answer = client.send(method.clone(), &path, body).await;
        let expected = client.send(method.clone(), &random_path, random_body).await;
        assert_eq!(
            answer.status.as_u16(),
            404,
            "{method} {path}: {}",
            answer.text
        );
        assert_eq!(
            alike(&answer.text, foreign),
            alike(&expected.text, &random),
            "{method} {path}"
        );
    }
    for (path, list) in [
        ("/v1/tasks", "docs"),
        ("/v1/batches", "docs"),
        ("/v1/projects", ""),
    ] {
        let body = client.get(path).await.expect(200);
        let docs = if list.is_empty() { &body } else { &body[list] };
        assert!(
            !docs.to_string().contains(&foreign.project),
            "{path} shows foreign things"
        );
    }
}

both_engines! {
    async fn cases_42_to_46_no_route_reaches_the_other_mode_or_account(app: TestApp) {
        let live = make_things(&app.live(), "live").await;
        let test = make_things(&app.test(), "test").await;
        compare(&app.test(), &live).await;
        compare(&app.live(), &test).await;

        let other = app.add_account().await;
        compare(&app.client(other.live_api_key.expose()), &live).await;
        compare(&app.client(other.test_api_key.expose()), &test).await;
    }

    async fn case_42_the_error_names_the_project_and_the_mode(app: TestApp) {
        let live = make_things(&app.live(), "cows").await;
        let body = json!({"project": live.project, "attachment": "x", "categories": ["a"]});
        let answer = app.test().post("/v1/task/categorization", body).await.expect(404);
        assert_eq!(
            answer["error"],
            "Project \"project of cows\" does not exist in test mode. Test and live mode are \
             separate: a project made in live mode must be made again in test mode, or use a live \
             key."
        );
        assert_eq!((&answer["code"], &answer["param"]), (&json!("project_not_found"), &json!("project")));
    }

    async fn case_43_a_test_project_does_not_exist_for_a_live_key(app: TestApp) {
        let test = make_things(&app.test(), "cows").await;
        let body = json!({"project": test.project, "attachment": "x", "categories": ["a"]});
        let answer = app.live().post("/v1/task/categorization", body).await.expect(404);
        let words = answer["error"].as_str().unwrap();
        assert!(words.starts_with("Project \"project of cows\" does not exist in live mode."), "{words}");
        for schema in ["live", "test"] {
            assert_eq!(count(&app, schema, "charges"), 0);
        }
        assert_eq!((count(&app, "live", "tasks"), count(&app, "live", "callbacks")), (0, 0));
    }

    async fn case_44_each_mode_reads_its_own_project_of_a_name(app: TestApp) {
        let instruction = async |client: Client<'_>| {
            let project = client.get("/v1/projects/same").await.expect(200);
            project["param_history"].as_array().unwrap().last().unwrap()["instruction"].clone()
        };
        for (client, text) in [(app.live(), "live words"), (app.test(), "test words")] {
            let project = json!({
                "name": "same", "type": "categorization", "params": {"instruction": text}
            });
            client.post("/v1/projects", project).await.expect(200);
        }
        assert_eq!(instruction(app.live()).await, "live words");
        assert_eq!(instruction(app.test()).await, "test words");
        let params = json!({"instruction": "other words"});
        app.test().post("/v1/projects/same/setParams", params).await.expect(200);
        assert_eq!(instruction(app.live()).await, "live words");
        assert_eq!(instruction(app.test()).await, "other words");
    }

    async fn case_46_the_same_names_in_both_modes_do_not_meet(app: TestApp) {
        let mut ids = Vec::new();
        for (client, category) in [(app.live(), "a"), (app.test(), "b")] {
            let project = json!({"name": "same", "type": "categorization"});
            client.post("/v1/projects", project).await.expect(200);
            client.post("/v1/batches", json!({"name": "same", "project": "same"})).await.expect(200);
            let task = json!({
                "attachment": "x", "categories": [category], "project": "same", "batch": "same",
                "unique_id": "same", "tags": ["same"], "callback_url": "http://127.0.0.1:8999/",
            });
            let task = client.post("/v1/task/categorization", task).await.expect(200);
            ids.push(task["task_id"].as_str().unwrap().to_owned());
        }
        for (client, own) in [(app.live(), &ids[0]), (app.test(), &ids[1])] {
            for filter in ["unique_id=same", "tags=same", "project=same", "batch=same"] {
                let found = client.get(&format!("/v1/tasks?{filter}")).await.expect(200);
                assert_eq!((&found["total"], &found["docs"][0]["task_id"]), (&json!(1), &json!(own)), "{filter}");
            }
            let status = client.get("/v1/batches/same/status").await.expect(200);
            let counted: u64 = ["pending", "completed", "error", "canceled"]
                .iter()
                .filter_map(|state| status[*state].as_u64())
                .sum();
            assert_eq!(counted, 1, "{status}");
        }
        // A change in one mode leaves what has the same name in the other.
        app.live().send(Method::POST, &format!("/v1/task/{}/cancel", ids[0]), None).await.expect(200);
        let other = app.test().get(&format!("/v1/task/{}", ids[1])).await.expect(200);
        assert_eq!(other["status"], "completed");
        assert_eq!(count(&app, "test", "callbacks"), 1, "one of its own");
    }

    async fn case_48_a_thousand_test_tasks_are_completed_at_once_and_cost_nothing(app: TestApp) {
        for number in 0..1000 {
            let body = json!({"attachment": format!("{number}"), "categories": ["a", "b"]});
            let task = app.test().post("/v1/task/categorization", body).await.expect(200);
            if number % 100 != 0 {
                continue;
            }
            let path = format!("/v1/task/{}", task["task_id"].as_str().unwrap());
            let task = app.test().get(&path).await.expect(200);
            assert_eq!((&task["status"], &task["is_test"]), (&json!("completed"), &json!(true)));
            let category = task["response"]["category"].as_str().unwrap();
            assert!(["a", "b"].contains(&category), "{task}");
        }
        assert_eq!(app.test().get("/v1/tasks?status=completed").await.expect(200)["total"], 1000);
        for schema in ["live", "test"] {
            assert_eq!(count(&app, schema, "charges"), 0);
            assert_eq!(count(&app, schema, "queue_entries"), 0);
        }
    }
}

/// Rows of a table.
fn count(app: &TestApp, schema: &str, table: &str) -> u64 {
    // A statement that changes each row and says how many.
    let statement = format!("UPDATE {table} SET account_id = account_id");
    app.by_the_back_door(schema, &statement).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn case_41_nothing_but_the_key_says_the_mode() {
    let app = TestApp::start(Engine::Sqlite).await;
    make_things(&app.test(), "cows").await;
    let names = "(weighbridge-|x-)?(mode|environment|env|live|livemode|live_mode|key|account)";
    let values = "live|true|1|live_[0-9A-Za-z]{4,20}";
    let extras = (names, values, names, values, "(live/|LIVE/)?");
    let mut runner = TestRunner::deterministic();
    for _ in 0..500 {
        let (header, value, param, sent, _) = extras.new_tree(&mut runner).unwrap().current();
        let request = Request::get(format!("/v1/projects?{param}={sent}"))
            .header("authorization", basic(app.made.test_api_key.expose()))
            .header(&header, &value)
            .header("cookie", format!("{param}={sent}; mode=live"));
        let answer = app.call(request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            answer.header("weighbridge-mode"),
            Some("test"),
            "{header}: {value}"
        );
        if answer.status == 200 {
            assert!(answer.text.contains("project of cows"), "{}", answer.text);
        }
    }
    for path in [
        "/v1/live/projects",
        "/live/v1/projects",
        "/v1/projects/live",
    ] {
        let answer = app.test().get(path).await;
        assert!(
            !matches!(answer.header("weighbridge-mode"), Some("live")),
            "{path}"
        );
    }
    let listed = app.live().get("/v1/projects").await;
    assert!(!listed.text.contains("project of cows"), "{}", listed.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn case_45_an_id_of_the_other_mode_is_the_same_work_as_none() {
    let app = TestApp::start(Engine::Sqlite).await;
    let live = make_things(&app.live(), "live").await;
    let client = app.test();
    let work = || {
        let stores = &app.app.stores;
        [&stores.live, &stores.test].map(store::EnvironmentStore::statements)
    };
    let mut costs = Vec::new();
    for id in [live.task.as_str(), "0123456789abcdef01234567"] {
        let before = work();
        client.get(&format!("/v1/task/{id}")).await.expect(404);
        let after = work();
        costs.push([after[0] - before[0], after[1] - before[1]]);
    }
    let [foreign, random] = costs.try_into().unwrap();
    assert_eq!(foreign, random);
    let [in_live, in_test] = random;
    assert!(in_live == 0 && in_test > 0, "{random:?}");
}
