//! The wall between modes and between accounts: every route with the ids of the other mode and of
//! another account answers what it answers to a random id.

use axum::http::Method;
use domain::Role;
use serde_json::{Value, json};
use weighbridge::operations::create_account::{NewUser, make_account};

use crate::app::{Client, TestApp, both_engines};

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

        let beth = NewUser {
            email: "beth@example.com",
            name: "Beth",
            role: Role::Admin,
            password: crate::app::PASSWORD,
        };
        let control = &app.app.stores.control;
        let other = make_account(control, &app.app.secrets, "Beta", None, &beth).await.unwrap();
        app.refresh().await;
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
}
