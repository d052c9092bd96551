//! What a client sees of every route: one success and one failure of each, as snapshots. The list
//! is compared with the OpenAPI document, so no route is forgotten.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Value, json};

use crate::app::{Engine, TestApp};

/// A call: the route as the document names it, the path, the body, the status.
struct Call {
    route: &'static str,
    path: String,
    body: Option<Value>,
    status: u16,
}

fn call(route: &'static str, path: impl Into<String>, body: Option<Value>, status: u16) -> Call {
    Call {
        route,
        path: path.into(),
        body,
        status,
    }
}

fn calls(task: &str) -> Vec<Call> {
    let unknown = "0123456789abcdef01234567";
    let categorization = json!({"attachment": "x", "categories": ["a", "b"], "batch": "b"});
    let mut calls = vec![
        call(
            "POST /v1/projects",
            "/v1/projects",
            Some(json!({"name": "p", "type": "categorization", "params": {"instruction": "I"}})),
            200,
        ),
        call(
            "POST /v1/projects",
            "/v1/projects",
            Some(json!({"name": "", "type": "nonsense", "rapid": "maybe"})),
            400,
        ),
        call("GET /v1/projects", "/v1/projects", None, 200),
        call(
            "GET /v1/projects",
            "/v1/projects?archived=perhaps",
            None,
            400,
        ),
        call("GET /v1/projects/{name}", "/v1/projects/p", None, 200),
        call("GET /v1/projects/{name}", "/v1/projects/q", None, 404),
        call(
            "POST /v1/projects/{name}/setParams",
            "/v1/projects/p/setParams",
            Some(json!({"patch": true, "padding": 3})),
            200,
        ),
        call(
            "POST /v1/projects/{name}/setParams",
            "/v1/projects/p/setParams",
            Some(json!({"patch": "x"})),
            400,
        ),
        call(
            "POST /v1/batches",
            "/v1/batches",
            Some(json!({"name": "b", "project": "p", "callback": ""})),
            200,
        ),
        call(
            "POST /v1/batches",
            "/v1/batches",
            Some(json!({"name": "c"})),
            400,
        ),
        call("GET /v1/batches", "/v1/batches", None, 200),
        call("GET /v1/batches", "/v1/batches?status=late", None, 400),
        call("GET /v1/batches/{name}", "/v1/batches/b", None, 200),
        call("GET /v1/batches/{name}", "/v1/batches/q", None, 404),
        call(
            "GET /v1/batches/{name}/status",
            "/v1/batches/b/status",
            None,
            200,
        ),
        call(
            "GET /v1/batches/{name}/status",
            "/v1/batches/q/status",
            None,
            404,
        ),
        call(
            "POST /v1/batches/{name}/finalize",
            "/v1/batches/b/finalize",
            None,
            200,
        ),
        call(
            "POST /v1/batches/{name}/finalize",
            "/v1/batches/q/finalize",
            None,
            404,
        ),
        call(
            "POST /v1/batches/{name}/setMetadata",
            "/v1/batches/b/setMetadata",
            Some(json!({"k": 1})),
            200,
        ),
        call(
            "POST /v1/batches/{name}/setMetadata",
            "/v1/batches/b/setMetadata",
            Some(json!([1])),
            400,
        ),
        call(
            "POST /v1/task/categorization",
            "/v1/task/categorization",
            Some(categorization),
            200,
        ),
        call(
            "POST /v1/task/categorization",
            "/v1/task/categorization",
            Some(json!({"categories": "a"})),
            400,
        ),
        call(
            "GET /v1/task/{task_id}",
            format!("/v1/task/{task}"),
            None,
            200,
        ),
        call(
            "GET /v1/task/{task_id}",
            format!("/v1/task/{unknown}"),
            None,
            404,
        ),
        call("GET /v1/tasks", "/v1/tasks?limit=1", None, 200),
        call("GET /v1/tasks", "/v1/tasks?limit=0&status=x", None, 400),
        call(
            "POST /v1/task/{task_id}/setMetadata",
            format!("/v1/task/{task}/setMetadata"),
            Some(json!({"k": 1})),
            200,
        ),
        call(
            "POST /v1/task/{task_id}/setMetadata",
            format!("/v1/task/{task}/setMetadata"),
            Some(json!("x")),
            400,
        ),
        call(
            "POST /v1/task/{task_id}/unique_id",
            format!("/v1/task/{task}/unique_id"),
            Some(json!({"unique_id": "u"})),
            200,
        ),
        call(
            "POST /v1/task/{task_id}/unique_id",
            format!("/v1/task/{task}/unique_id"),
            Some(json!({})),
            400,
        ),
        call(
            "DELETE /v1/task/{task_id}/unique_id",
            format!("/v1/task/{task}/unique_id"),
            None,
            200,
        ),
        call(
            "DELETE /v1/task/{task_id}/unique_id",
            format!("/v1/task/{unknown}/unique_id"),
            None,
            404,
        ),
        call(
            "POST /v1/task/{task_id}/tags",
            format!("/v1/task/{task}/tags"),
            Some(json!(["a", "b"])),
            200,
        ),
        call(
            "POST /v1/task/{task_id}/tags",
            format!("/v1/task/{task}/tags"),
            Some(json!([1, ""])),
            400,
        ),
        call(
            "PUT /v1/task/{task_id}/tags",
            format!("/v1/task/{task}/tags"),
            Some(json!(["c"])),
            200,
        ),
        call(
            "PUT /v1/task/{task_id}/tags",
            format!("/v1/task/{unknown}/tags"),
            Some(json!(["c"])),
            404,
        ),
        call(
            "DELETE /v1/task/{task_id}/tags",
            format!("/v1/task/{task}/tags"),
            Some(json!(["a"])),
            200,
        ),
        call(
            "DELETE /v1/task/{task_id}/tags",
            format!("/v1/task/{task}/tags"),
            Some(json!({})),
            400,
        ),
        call(
            "POST /v1/task/{task_id}/cancel",
            format!("/v1/task/{task}/cancel"),
            None,
            200,
        ),
        call(
            "POST /v1/task/{task_id}/cancel",
            format!("/v1/task/{task}/cancel"),
            None,
            400,
        ),
        call(
            "GET /v1/callbacks/stream",
            "/v1/callbacks/stream?follow=false",
            None,
            200,
        ),
        call(
            "GET /v1/callbacks/stream",
            "/v1/callbacks/stream?cursor=x",
            None,
            400,
        ),
        // Of test mode only: its success is in the tests of listeners.
        call(
            "POST /v1/callbacks/{id}/answer",
            format!("/v1/callbacks/cb_{unknown}/answer"),
            Some(json!({"status": 200})),
            403,
        ),
        call("GET /v1/teams", "/v1/teams", None, 200),
        call(
            "POST /v1/teams/invite",
            "/v1/teams/invite",
            Some(json!({"emails": ["mia@example.com"], "team_role": "member"})),
            200,
        ),
        call(
            "POST /v1/teams/invite",
            "/v1/teams/invite",
            Some(json!({"emails": ["mia@example.com", "mia"], "team_role": "admin"})),
            400,
        ),
        call(
            "POST /v1/teams/set_role",
            "/v1/teams/set_role",
            Some(json!({"emails": ["mia@example.com"], "team_role": "labeler"})),
            200,
        ),
        call(
            "POST /v1/teams/set_role",
            "/v1/teams/set_role",
            Some(json!({"emails": ["nobody@example.com"], "team_role": "labeler"})),
            400,
        ),
    ];
    // The document's own example of each type works as it stands; nothing works without any.
    for served in domain::task_types::served() {
        let name = served.name();
        if name != "categorization" {
            let route: &'static str = format!("POST /v1/task/{name}").leak();
            let path = format!("/v1/task/{name}");
            calls.push(call(
                route,
                path.clone(),
                Some(served.documentation().example),
                200,
            ));
            calls.push(call(route, path, Some(json!({})), 400));
        }
    }
    calls
}

/// Replaces what differs from run to run.
fn redact(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match name.as_str() {
                    "task_id" | "id" | "request_id" => *member = "ID".into(),
                    "created_at" | "updated_at" | "completed_at" | "expiry" => {
                        *member = "TIME".into();
                    }
                    "next_token" if member.is_string() => *member = "TOKEN".into(),
                    _ => redact(member),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(redact),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The document's paths that are called with a key: its others are public.
fn routes_by_key(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths.filter(|(path, _)| path.starts_with("/v1/"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_of_the_document_is_called_and_seen() {
    let app = TestApp::start(Engine::Sqlite).await;
    let live = app.live();
    let body = json!({"attachment": "hello", "categories": ["a"], "instruction": "which?"});
    let first = live.post("/v1/task/categorization", body).await.expect(200);
    let task = first["task_id"].as_str().unwrap().to_owned();
    let mut seen = Vec::new();
    let mut routes = BTreeSet::new();
    for call in calls(&task) {
        app.advance(1);
        let method: Method = call.route.split(' ').next().unwrap().parse().unwrap();
        let answer = live.send(method, &call.path, call.body.clone()).await;
        let mut body = answer.expect(call.status);
        redact(&mut body);
        let path = call.path.replace(&task, "ID");
        routes.insert(call.route.to_owned());
        seen.push(
            json!({"call": format!("{} → {path}", call.route), "sent": call.body,
            "status": call.status, "answer": body}),
        );
    }
    insta::assert_json_snapshot!("every_route", seen);

    let document: Value = serde_json::from_str(weighbridge::http::openapi::text()).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in routes_by_key(&document) {
        for method in item.as_object().unwrap().keys() {
            documented.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    assert_eq!(
        routes, documented,
        "calls and document name the same routes"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s13_every_route_answers_a_test_key_in_test_mode() {
    let app = TestApp::start(Engine::Sqlite).await;
    let document: Value = serde_json::from_str(weighbridge::http::openapi::text()).unwrap();
    let mut answered = 0;
    for (path, item) in routes_by_key(&document) {
        for method in item.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let mut filled = String::new();
            for segment in path.split('/').skip(1) {
                filled.push('/');
                filled.push_str(if segment.starts_with('{') {
                    "none"
                } else {
                    segment
                });
            }
            if path.ends_with("/stream") {
                filled.push_str("?follow=false");
            }
            let body = (method != Method::GET).then(|| json!({}));
            let answer = app.test().send(method.clone(), &filled, body).await;
            assert_eq!(
                answer.header("weighbridge-mode"),
                Some("test"),
                "{method} {path}: {}",
                answer.text
            );
            assert!(
                !matches!(answer.status.as_u16(), 401 | 403 | 405 | 500..),
                "{method} {path}: {}",
                answer.text
            );
            assert!(!answer.text.contains("unknown_path"), "{method} {path}");
            answered += 1;
        }
    }
    assert!(answered > 20, "{answered}");
}
