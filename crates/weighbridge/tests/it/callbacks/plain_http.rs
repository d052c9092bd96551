//! The account's decisions about where callbacks go, at each try (case 145). What would leave the
//! machine goes to a proxy of the test, which stands for the receivers.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::harness::{Delivering, Receiver};
use crate::app::{Engine, TestApp};

/// An address of the internet.
const PUBLIC: &str = "http://93.184.215.14:8080/cb";

/// A proxy that takes `CONNECT` and answers 200 in the receiver's place; keeps first lines.
async fn start_proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let lines: Arc<Mutex<Vec<String>>> = Arc::default();
    let kept = lines.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, kept.clone()));
        }
    });
    (url, lines)
}

async fn serve(mut stream: TcpStream, lines: Arc<Mutex<Vec<String>>>) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await.unwrap();
        let first = head.lines().next().unwrap().to_owned();
        let answer: &[u8] = if first.starts_with("CONNECT ") {
            b"HTTP/1.1 200 OK\r\n\r\n"
        } else {
            b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
        };
        lines.lock().unwrap().push(first);
        if stream.write_all(answer).await.is_err() {
            return;
        }
    }
}

async fn held_until_the_account_sends(engine: Engine) {
    let (proxy, lines) = start_proxy().await;
    let app = TestApp::start_with(engine, &[("outbound_proxy", &proxy)]).await;
    let delivering = Delivering::start(app);
    let ada = delivering.app.log_in("ada@example.com").await;
    let task_id = delivering.new_task_id();
    delivering.insert(PUBLIC, task_id, 1).await;
    delivering.settle().await;
    let callback = delivering.callbacks_of(task_id).await.remove(0);
    assert_eq!((callback.state.as_str(), callback.tries), ("held", 0));
    let settings = ada.get("/web/callback-settings").await.expect(200);
    assert_eq!(settings["held_plain_http"], json!({"live": 1, "test": 0}));
    delivering.advance(60 * 60 * 1000).await;
    assert!(
        lines.lock().unwrap().is_empty(),
        "nothing is sent, and nobody is asked"
    );

    let change = json!({"plain_http": "send"});
    let ada = delivering.app.log_in("ada@example.com").await;
    let settings = ada.post("/web/callback-settings", change).await.expect(200);
    assert_eq!(settings["plain_http"], "send");
    delivering.settle().await;
    assert_eq!(delivering.callbacks_of(task_id).await[0].state, "delivered");
    let lines = lines.lock().unwrap().clone();
    assert_eq!(
        lines,
        ["CONNECT 93.184.215.14:8080 HTTP/1.1", "POST /cb HTTP/1.1"]
    );
    let settings = ada.get("/web/callback-settings").await.expect(200);
    assert_eq!(settings["held_plain_http"], json!({"live": 0, "test": 0}));
}

async fn an_allowed_network_is_not_held(engine: Engine) {
    let app = TestApp::start(engine).await;
    let receiver = Receiver::answering(&app, 200).await;
    let delivering = Delivering::start(app);
    let account = delivering.app.made.account_id;
    let settings = delivering.app.app.directory.account(account).unwrap();
    assert_eq!(settings.plain_http, domain::PlainHttp::Hold);
    let task_id = delivering.new_task_id();
    delivering.insert(&receiver.url, task_id, 1).await;
    delivering.settle().await;
    assert_eq!(delivering.callbacks_of(task_id).await[0].state, "delivered");
}

async fn hosts_pinned_later_concern_what_is_queued(engine: Engine) {
    let app = TestApp::start(engine).await;
    let receiver = Receiver::answering(&app, 500).await;
    let delivering = Delivering::start(app);
    let task_id = delivering.new_task_id();
    delivering.insert(&receiver.url, task_id, 1).await;
    delivering.settle().await;
    assert_eq!(receiver.got().len(), 1);
    let ada = delivering.app.log_in("ada@example.com").await;
    let pinned = json!({"pinned_hosts": ["hooks.example.com"]});
    ada.post("/web/callback-settings", pinned).await.expect(200);
    delivering.advance(60 * 60 * 1000).await;
    let callback = delivering.callbacks_of(task_id).await.remove(0);
    assert_eq!(callback.state, "blocked");
    assert_eq!(callback.last_outcome.as_deref(), Some("not_pinned"));
    assert_eq!(receiver.got().len(), 1);
    // The pinned host's own callbacks go out.
    let host = receiver
        .url
        .trim_start_matches("http://")
        .trim_end_matches("/cb");
    receiver.answer(200);
    let pinned = json!({"pinned_hosts": [host]});
    ada.post("/web/callback-settings", pinned).await.expect(200);
    let task_id = delivering.new_task_id();
    delivering.insert(&receiver.url, task_id, 1).await;
    delivering.settle().await;
    assert_eq!(delivering.callbacks_of(task_id).await[0].state, "delivered");
}

macro_rules! on_both {
    ($($name:ident => $body:ident;)*) => {$(
        mod $name {
            use crate::app::Engine;
            #[tokio::test(flavor = "multi_thread")]
            async fn on_sqlite() { super::$body(Engine::Sqlite).await; }
            #[tokio::test(flavor = "multi_thread")]
            async fn on_postgres() { super::$body(Engine::Postgres).await; }
        }
    )*};
}
on_both! {
    case_145_plain_http_to_a_public_address_waits_until_the_account_sends =>
        held_until_the_account_sends;
    case_145_an_allowed_network_is_not_concerned => an_allowed_network_is_not_held;
    hosts_that_are_pinned_later_concern_what_is_queued => hosts_pinned_later_concern_what_is_queued;
}
