//! The operator's proxy (case 143).

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use outbound::{GuardedClient, Outcome, Settings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::TcpStream,
};

use crate::{
    names::Names,
    receiver::{Receiver, answer, impatient_client, post, read_request, settings},
    tls::{Authority, NAME, tls_receiver},
};

/// A proxy that opens every tunnel it is asked for, and keeps how it was asked.
struct Tunnels {
    receiver: Receiver,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Tunnels {
    async fn open() -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let receiver = Receiver::serving(move |mut stream, _| {
            let log = Arc::clone(&log);
            async move {
                let Some(request) = read_request(&mut stream).await else {
                    return;
                };
                let to = request.split(' ').nth(1).unwrap().to_owned();
                log.lock().unwrap().push(request);
                let Ok(mut target) = TcpStream::connect(to).await else {
                    let _ = stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await;
                    return;
                };
                let opened = b"HTTP/1.1 200 Connection established\r\n\r\n";
                stream.write_all(opened).await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut target).await;
            }
        })
        .await;
        Self { receiver, asked }
    }

    fn client(&self, settings: Settings) -> GuardedClient {
        client_through(&format!("http://{}", self.receiver.address), settings)
    }

    /// The first lines of the requests so far.
    fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked
            .iter()
            .map(|request| request.lines().next().unwrap().to_owned())
            .collect()
    }
}

fn client_through(proxy: &str, settings: Settings) -> GuardedClient {
    GuardedClient::new(Settings {
        proxy: Some(proxy.parse().unwrap()),
        ..settings
    })
    .unwrap()
}

#[tokio::test]
async fn case_143_connect_carries_the_judged_address_for_http() {
    let receiver = Receiver::answering(answer("200 OK", "", "ok")).await;
    let proxy = Tunnels::open().await;
    let client = proxy.client(Settings {
        resolver: Names::turns(
            "r.example",
            &[&["127.0.0.1"], &["127.0.0.1"], &["10.0.0.1"]],
        ),
        ..settings()
    });
    let port = receiver.address.port();
    let url = format!("http://r.example:{port}/cb");
    for reused in [false, true] {
        let exchange = post(&client, &url).await;
        assert_eq!(exchange.outcome, Outcome::Delivered, "{exchange:?}");
        assert_eq!(exchange.address, Some(receiver.address));
        assert_eq!(exchange.reused, reused);
    }
    assert_eq!(
        proxy.asked(),
        [format!("CONNECT 127.0.0.1:{port} HTTP/1.1")]
    );
    let request = &receiver.requests()[0];
    assert!(request.starts_with("POST /cb HTTP/1.1\r\n"), "{request}");
    assert!(
        request.contains(&format!("host: r.example:{port}\r\n")),
        "{request}"
    );
    assert!(!request.to_lowercase().contains("proxy"), "{request}");
    // The proxy is not asked for what is refused.
    assert!(matches!(
        post(&client, &url).await.outcome,
        Outcome::BlockedAddress { .. }
    ));
    assert_eq!(
        post(&client, "http://10.0.0.1/").await.outcome,
        Outcome::BlockedLiteral
    );
    assert_eq!(proxy.asked().len(), 1);
}

#[tokio::test]
async fn case_143_tls_goes_through_the_proxy_untouched() {
    let authority = Authority::new();
    let (receiver, _) = tls_receiver(authority.server(&[NAME], 2100)).await;
    let proxy = Tunnels::open().await;
    let file = authority.file();
    let client = proxy.client(Settings {
        resolver: Names::one(NAME, &["127.0.0.1"]),
        extra_ca: Some(file.path().to_owned()),
        ..settings()
    });
    let port = receiver.address.port();
    let exchange = post(&client, &format!("https://{NAME}:{port}/")).await;
    assert_eq!(exchange.outcome, Outcome::Delivered, "{exchange:?}");
    assert_eq!(
        proxy.asked(),
        [format!("CONNECT 127.0.0.1:{port} HTTP/1.1")]
    );
}

#[tokio::test]
async fn case_143_the_proxys_password_goes_to_the_proxy_alone() {
    let receiver = Receiver::answering(answer("200 OK", "", "")).await;
    let proxy = Tunnels::open().await;
    let text = format!("http://me:secret@{}", proxy.receiver.address);
    let exchange = post(&client_through(&text, settings()), &receiver.url("/")).await;
    assert_eq!(exchange.outcome, Outcome::Delivered, "{exchange:?}");
    let asked = proxy.asked.lock().unwrap().remove(0);
    assert!(
        asked.contains("proxy-authorization: Basic bWU6c2VjcmV0\r\n"),
        "{asked}"
    );
    assert!(!receiver.requests()[0].contains("authorization"));
}

#[tokio::test]
async fn case_143_a_proxy_that_is_down_is_not_the_targets_fault() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let receiver = Receiver::answering(answer("200 OK", "", "")).await;
    let client = client_through(&format!("http://me:secret@{address}"), settings());
    let exchange = post(&client, &receiver.url("/")).await;
    assert_eq!(exchange.outcome, Outcome::Proxy, "{exchange:?}");
    assert!(
        exchange
            .detail
            .starts_with(&format!("no connection to the proxy {address}: ")),
        "{}",
        exchange.detail
    );
    let unknown = client_through(
        "http://proxy.internal:3128",
        Settings {
            resolver: Names::one("other.example", &[]),
            ..settings()
        },
    );
    let exchange = post(&unknown, &receiver.url("/")).await;
    assert_eq!(exchange.outcome, Outcome::Proxy);
    assert_eq!(
        exchange.detail,
        "the proxy's name proxy.internal could not be looked up: no such name"
    );
    assert_eq!(receiver.connections(), 0);
}

/// Posts through a proxy that answers CONNECT with these bytes and closes.
async fn refused_with(bytes: &'static str) -> Outcome {
    let proxy = Receiver::answering(bytes).await;
    let client = client_through(&format!("http://{}", proxy.address), settings());
    post(&client, "http://127.0.0.1:4711/").await.outcome
}

#[tokio::test]
async fn case_143_a_proxys_refusal_blames_the_target_only_where_it_did_not_answer() {
    for (bytes, outcome) in [
        (
            "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
            Outcome::Proxy,
        ),
        (
            "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
            Outcome::Proxy,
        ),
        ("HTTP/1.1 503 Service Unavailable\r\n\r\n", Outcome::Proxy),
        ("SSH-2.0-OpenSSH_9.9\r\n\r\n", Outcome::Proxy),
        (
            "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            Outcome::Proxy,
        ),
        ("HTTP/1.1 502 Bad Gateway\r\n\r\n", Outcome::Refused),
        (
            "HTTP/1.1 504 Gateway Timeout\r\n\r\n",
            Outcome::TimeoutConnect,
        ),
    ] {
        assert_eq!(refused_with(bytes).await, outcome, "{bytes}");
    }
    // One that opens tunnels tells what is at their end.
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = closed.local_addr().unwrap();
    drop(closed);
    let proxy = Tunnels::open().await;
    let exchange = post(&proxy.client(settings()), &format!("http://{dead}/")).await;
    assert_eq!(exchange.outcome, Outcome::Refused, "{exchange:?}");
    assert_eq!(
        exchange.detail,
        format!(
            "the proxy {} answered 502 Bad Gateway when it was asked for {dead}",
            proxy.receiver.address
        )
    );
}

#[tokio::test]
async fn case_143_a_silent_proxy_is_cut_at_the_limit_of_connecting() {
    let silent = Receiver::serving(|mut stream, _| async move {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let limits = impatient_client().limits().clone();
    let settings = Settings {
        limits,
        ..settings()
    };
    let client = client_through(&format!("http://{}", silent.address), settings);
    let exchange = post(&client, "http://127.0.0.1:4711/").await;
    assert_eq!(exchange.outcome, Outcome::TimeoutConnect);
    assert!(exchange.phases_ms.total < 600, "{exchange:?}");
    assert!(exchange.phases_ms.connect.unwrap() >= Duration::from_millis(300).as_millis() as u64);
}
