//! The home page's numbers and the stream of news.

use axum::body::Body;
use axum::http::{Method, Request};
use domain::Role;
use http_body_util::BodyExt;
use serde_json::json;

use crate::app::{Person, TestApp, both_engines};

/// The names of events that a stream sends until it has sent `wanted`, and the last id.
async fn events(
    app: &TestApp,
    person: &Person<'_>,
    last_id: Option<&str>,
    wanted: &str,
) -> (Vec<String>, String) {
    let mut request = Request::get("/web/live/events")
        .header("cookie", &person.cookie)
        .header("sec-fetch-site", "same-origin");
    if let Some(id) = last_id {
        request = request.header("last-event-id", id);
    }
    let response = app.respond(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status().as_u16(), 200);
    let mut body = response.into_body();
    let (mut names, mut id, mut text) = (Vec::new(), String::new(), String::new());
    while !names.iter().any(|name| name == wanted) {
        let frame = body.frame().await.unwrap().unwrap();
        text.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
        while let Some((event, rest)) = text.split_once("\n\n") {
            for line in event.lines() {
                if let Some(name) = line.strip_prefix("event: ") {
                    names.push(name.to_owned());
                }
                if let Some(new) = line.strip_prefix("id: ") {
                    new.clone_into(&mut id);
                }
            }
            text = rest.to_owned();
        }
    }
    (names, id)
}

both_engines! {
    async fn home_shows_the_numbers_of_its_mode(app: TestApp) {
        app.live().post("/v1/task/textcollection", json!({
            "instruction": "x", "fields": [{"type": "text", "field_id": "a", "title": "A"}],
        })).await.expect(200);
        let ada = app.log_in("ada@example.com").await;
        let live = ada.get("/web/live/home").await.expect(200);
        assert_eq!(live["counts"]["pending"], 1);
        assert_eq!(live["charge_this_month_micros"], 0);
        assert!(live["oldest_pending_at"].is_string());
        let test = ada.get("/web/test/home").await.expect(200);
        assert_eq!((&test["counts"]["pending"], &test["completed_live_tasks"]), (&json!(0), &json!(0)));
        app.add_user("mia@example.com", Role::Member).await;
        let mia = app.log_in("mia@example.com").await.get("/web/live/home").await.expect(200);
        assert!(mia["charge_this_month_micros"].is_null());
        app.add_user("leo@example.com", Role::Labeler).await;
        app.log_in("leo@example.com").await.get("/web/live/home").await.expect(403);
    }

    async fn i14_a_stream_tells_what_changed_also_after_a_cut(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        let (names, id) = events(&app, &ada, None, "hello").await;
        assert_eq!(names, ["hello"]);
        // The stream is cut; meanwhile a key is renamed and a task comes in.
        let keys = ada.get("/web/keys").await.expect(200);
        let path = format!("/web/keys/{}", keys["api_keys"][0]["key_id"].as_str().unwrap());
        ada.send(Method::PATCH, &path, json!({"name": "other"})).await.expect(200);
        app.live().post("/v1/task/textcollection", json!({
            "instruction": "x", "fields": [{"type": "text", "field_id": "a", "title": "A"}],
        })).await.expect(200);
        let (names, id) = events(&app, &ada, Some(&id), "tasks").await;
        assert_eq!(names, ["hello", "keys", "team", "tasks"]);
        let (names, _) = events(&app, &ada, Some(&id), "hello").await;
        assert_eq!(names, ["hello"]);
    }

    async fn an_admin_renames_the_account(app: TestApp) {
        let ada = app.log_in("ada@example.com").await;
        ada.send(Method::PUT, "/web/account", json!({"name": " "})).await.expect(400);
        ada.send(Method::PUT, "/web/account", json!({"name": " Acme & Söhne "})).await.expect(200);
        assert_eq!(ada.get("/web/session").await.expect(200)["account"]["name"], "Acme & Söhne");
        let log = ada.get("/web/audit").await.expect(200);
        assert_eq!(log["entries"][0]["text"], "Ada renamed the account “Acme” to “Acme & Söhne”.");
        app.add_user("max@example.com", Role::Manager).await;
        let max = app.log_in("max@example.com").await;
        max.send(Method::PUT, "/web/account", json!({"name": "x"})).await.expect(403);
    }
}
