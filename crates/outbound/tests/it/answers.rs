//! What the answer of a receiver, or its absence, comes to.

use std::{process::Command, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use outbound::{GuardedClient, Limits, Outcome, Settings};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket},
};

use crate::{
    names::Silence,
    receiver::{Receiver, answer, client, impatient_client, post, read_request, settings},
};

#[tokio::test]
async fn case_114_the_request_goes_out_as_given() {
    let receiver = Receiver::answering(answer("200 OK", "x-id: 7\r\n", "thanks")).await;
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static("application/json"));
    headers.insert("scale-callback-auth", HeaderValue::from_static("live_abc"));
    let url = format!("http://us%40er:pass@{}/cb?a=%20b#top", receiver.address);
    let exchange = client()
        .post(&url, headers, Bytes::from_static(b"{\"a\": 1}"))
        .await;

    assert_eq!(exchange.outcome, Outcome::Delivered);
    assert_eq!(exchange.status, Some(200));
    assert_eq!(exchange.headers["x-id"], "7");
    assert_eq!(exchange.body, "thanks");
    assert!(exchange.body_complete && !exchange.reused && !exchange.resent);
    assert_eq!(exchange.address, Some(receiver.address));
    assert_eq!(exchange.phases_ms.dns, None);
    assert!(exchange.phases_ms.connect.is_some());
    assert_eq!(exchange.detail, "the server answered 200 OK");

    let request = receiver.requests().remove(0);
    let mut lines: Vec<&str> = request.lines().collect();
    assert_eq!(lines.remove(0), "POST /cb?a=%20b HTTP/1.1");
    let (body, head) = lines.split_last().unwrap();
    let mut head = head.to_vec();
    head.sort_unstable();
    assert_eq!(
        head,
        [
            "",
            "authorization: Basic dXNAZXI6cGFzcw==",
            "content-length: 8",
            "content-type: application/json",
            &format!("host: {}", receiver.address),
            "scale-callback-auth: live_abc",
            "user-agent: Weighbridge",
        ]
    );
    assert_eq!(*body, "{\"a\": 1}");
}

#[tokio::test]
async fn case_122_every_2xx_is_delivered() {
    for status in ["200 OK", "201 Created", "202 Accepted", "299 Own"] {
        let receiver = Receiver::answering(answer(status, "", "")).await;
        let exchange = post(&client(), &receiver.url("/")).await;
        assert_eq!(exchange.outcome, Outcome::Delivered, "{status}");
    }
    let receiver = Receiver::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(
        post(&client(), &receiver.url("/")).await.outcome,
        Outcome::Delivered
    );
    let early = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".to_owned();
    let receiver = Receiver::answering(early + &answer("200 OK", "", "")).await;
    let exchange = post(&client(), &receiver.url("/")).await;
    assert_eq!(
        (exchange.outcome, exchange.status),
        (Outcome::Delivered, Some(200))
    );
}

#[tokio::test]
async fn case_144_no_redirect_is_followed() {
    let other = Receiver::answering(answer("200 OK", "", "")).await;
    let host = other.address;
    for status in [
        "300 M", "301 M", "302 F", "303 S", "304 N", "305 P", "307 T", "308 P",
    ] {
        for location in [
            format!("http://{host}/x"),
            format!("//{host}/x"),
            "/x".to_owned(),
        ] {
            let headers =
                format!("location: {location}\r\nrefresh: 0; url=/y\r\nconnection: close\r\n");
            // A 304 has no body, whatever its length says.
            let receiver = Receiver::answering(answer(status, &headers, "")).await;
            let exchange = post(&client(), &receiver.url("/")).await;
            assert!(
                exchange.detail.ends_with("redirects are not followed"),
                "{}",
                exchange.detail
            );
            assert!(exchange.detail.contains(&location), "{}", exchange.detail);
            assert_eq!(
                exchange.outcome,
                Outcome::Redirect {
                    location: Some(location)
                }
            );
            assert_eq!(receiver.requests().len(), 1);
        }
    }
    let receiver = Receiver::answering(answer("200 OK", "refresh: 0; url=/y\r\n", "")).await;
    assert_eq!(
        post(&client(), &receiver.url("/")).await.outcome,
        Outcome::Delivered
    );
    assert_eq!(receiver.requests().len(), 1);
    let receiver = Receiver::answering(answer("302 Found", "", "")).await;
    let exchange = post(&client(), &receiver.url("/")).await;
    assert_eq!(exchange.outcome, Outcome::Redirect { location: None });
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn other_statuses_are_failures_with_their_answer() {
    for (status, outcome) in [
        ("410 Gone", Outcome::Gone),
        ("400 Bad Request", Outcome::HttpStatus),
        ("404 Not Found", Outcome::HttpStatus),
        ("429 Too Many Requests", Outcome::HttpStatus),
        ("500 Internal Server Error", Outcome::HttpStatus),
        ("999 Own", Outcome::HttpStatus),
    ] {
        let receiver = Receiver::answering(answer(status, "retry-after: 30\r\n", "why")).await;
        let exchange = post(&client(), &receiver.url("/")).await;
        assert_eq!(exchange.outcome, outcome, "{status}");
        assert_eq!(exchange.status.unwrap().to_string(), status[..3]);
        assert_eq!(exchange.body, "why");
        assert_eq!(exchange.headers["retry-after"], "30");
    }
}

#[test]
fn case_125_the_limits_are_those_of_the_reference() {
    let limits = Limits::default();
    assert_eq!(limits.dns, Duration::from_secs(3));
    assert_eq!(limits.connect, Duration::from_secs(5));
    assert_eq!(limits.whole, Duration::from_secs(15));
    assert_eq!(limits.answer_bytes_max, 65_536);
}

/// Time jumps to the next event here, so that the limits of the reference can be waited for.
#[tokio::test(start_paused = true)]
async fn case_125_the_limits_in_force_are_those_of_the_reference() {
    let silent = Receiver::serving(|mut stream, _| async move {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    })
    .await;
    let dripping = Receiver::serving(|mut stream, _| async move {
        read_request(&mut stream).await;
        for byte in answer("200 OK", "", "").bytes() {
            if stream.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
    let full = FullQueue::new().await;
    for (url, outcome, limit_ms) in [
        (silent.url("/"), Outcome::TimeoutWhole, 15_000),
        (dripping.url("/"), Outcome::TimeoutWhole, 15_000),
        (full.url(), Outcome::TimeoutConnect, 5_000),
        (
            silent.url("/").replace("http:", "https:"),
            Outcome::TimeoutConnect,
            5_000,
        ),
    ] {
        let exchange = post(&client(), &url).await;
        assert_eq!(exchange.outcome, outcome, "{url}");
        let total_ms = exchange.phases_ms.total;
        assert!(total_ms.abs_diff(limit_ms) <= 500, "{url}: {total_ms} ms");
    }
    let client = GuardedClient::new(Settings {
        resolver: Arc::new(Silence),
        ..settings()
    })
    .unwrap();
    let exchange = post(&client, "http://r.example/").await;
    assert_eq!(exchange.outcome, Outcome::Dns);
    assert!(
        exchange.phases_ms.total.abs_diff(3_000) <= 500,
        "{exchange:?}"
    );
}

#[tokio::test]
async fn case_125_a_server_that_never_answers_is_cut_at_the_limit() {
    let receiver = Receiver::serving(|mut stream, _| async move {
        let mut sink = Vec::new();
        let _ = stream.read_to_end(&mut sink).await;
    })
    .await;
    let exchange = post(&impatient_client(), &receiver.url("/")).await;
    assert_eq!(exchange.outcome, Outcome::TimeoutWhole);
    assert!(
        (600..1_100).contains(&exchange.phases_ms.total),
        "{exchange:?}"
    );
    assert_eq!(exchange.address, Some(receiver.address));
    assert_eq!(exchange.detail, "no answer within 600 ms");
}

/// A listener whose queue is full: the kernel drops further requests for a connection.
struct FullQueue {
    listener: TcpListener,
    _queued: Vec<std::net::TcpStream>,
}

impl FullQueue {
    async fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        // By the clock of the wall, whatever the test does to its own.
        let fill = move || {
            let mut queued = Vec::new();
            let wait = Duration::from_millis(200);
            while let Ok(stream) = std::net::TcpStream::connect_timeout(&address, wait) {
                queued.push(stream);
                assert!(queued.len() < 100, "the queue never fills");
            }
            queued
        };
        Self {
            listener,
            _queued: tokio::task::spawn_blocking(fill).await.unwrap(),
        }
    }

    fn url(&self) -> String {
        format!("http://{}/", self.listener.local_addr().unwrap())
    }
}

#[tokio::test]
async fn case_125_dropped_packets_are_cut_at_the_limit_of_connecting() {
    let full = FullQueue::new().await;
    let address = full.listener.local_addr().unwrap();
    let exchange = post(&impatient_client(), &full.url()).await;
    assert_eq!(exchange.outcome, Outcome::TimeoutConnect);
    assert!(
        (300..800).contains(&exchange.phases_ms.total),
        "{exchange:?}"
    );
    assert_eq!(
        exchange.detail,
        format!("no connection to {address} within 300 ms")
    );
}

#[tokio::test]
async fn case_125_a_head_that_drips_is_cut_at_the_limit() {
    let receiver = Receiver::serving(|mut stream, _| async move {
        read_request(&mut stream).await;
        for byte in answer("200 OK", "", "").bytes() {
            if stream.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let exchange = post(&impatient_client(), &receiver.url("/")).await;
    assert_eq!(exchange.outcome, Outcome::TimeoutWhole);
    assert!(
        (600..1_100).contains(&exchange.phases_ms.total),
        "{exchange:?}"
    );
}

#[tokio::test]
async fn case_125_a_body_that_drips_is_cut_at_the_limit_and_is_delivered() {
    let receiver = Receiver::serving(|mut stream, _| async move {
        read_request(&mut stream).await;
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n";
        stream.write_all(head).await.unwrap();
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let exchange = post(&impatient_client(), &receiver.url("/")).await;
    assert_eq!(exchange.outcome, Outcome::Delivered);
    assert!(
        (600..1_100).contains(&exchange.phases_ms.total),
        "{exchange:?}"
    );
    assert!(!exchange.body_complete && !exchange.body.is_empty());
    assert_eq!(
        exchange.detail,
        "the server answered 200 OK; its body was cut off by the time limit"
    );
}

#[tokio::test]
async fn case_125_of_an_endless_answer_64_kib_are_kept_and_it_is_delivered() {
    let receiver = Receiver::serving(|mut stream, _| async move {
        read_request(&mut stream).await;
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n";
        stream.write_all(head).await.unwrap();
        while stream.write_all(&[b'x'; 10_000]).await.is_ok() {}
    })
    .await;
    let exchange = post(&client(), &receiver.url("/")).await;
    assert_eq!(exchange.outcome, Outcome::Delivered);
    assert_eq!(exchange.body, vec![b'x'; 65_536]);
    assert!(!exchange.body_complete);
    assert!(
        exchange
            .detail
            .ends_with("only the first 65536 bytes of its body were read")
    );
}

#[tokio::test]
async fn an_answer_of_exactly_64_kib_is_complete() {
    let receiver = Receiver::answering(answer("200 OK", "", &"x".repeat(65_536))).await;
    let exchange = post(&client(), &receiver.url("/")).await;
    assert_eq!(
        (exchange.body.len(), exchange.body_complete),
        (65_536, true)
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_delivered() {
    let receiver = Receiver::serving(|mut stream, _| async move {
        read_request(&mut stream).await;
        let part = b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf";
        stream.write_all(part).await.unwrap();
    })
    .await;
    let exchange = post(&client(), &receiver.url("/")).await;
    assert_eq!(
        (exchange.outcome, &*exchange.body),
        (Outcome::Delivered, &b"half"[..])
    );
    assert!(!exchange.body_complete);
}

#[tokio::test]
async fn compressed_answers_stay_compressed() {
    let receiver =
        Receiver::answering(answer("200 OK", "content-encoding: gzip\r\n", "\x1f?")).await;
    let exchange = post(&client(), &receiver.url("/")).await;
    assert_eq!(exchange.body, "\x1f?");
    assert!(!receiver.requests()[0].contains("accept-encoding"));
}

#[tokio::test]
async fn nobody_listening_is_refused() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let exchange = post(&client(), &format!("http://{address}/")).await;
    assert_eq!(exchange.outcome, Outcome::Refused);
    assert_eq!(
        exchange.detail,
        format!("{address} refused the connection: nobody listens there")
    );
    assert_eq!(exchange.address, Some(address));
}

#[tokio::test]
async fn a_broken_connection_is_reset_and_tried_once() {
    for abort in [true, false] {
        let receiver = Receiver::serving(move |mut stream, _| async move {
            read_request(&mut stream).await;
            if abort {
                // Closing with no time to linger sends a reset instead of a regular end.
                stream.set_zero_linger().unwrap();
            }
        })
        .await;
        let exchange = post(&client(), &receiver.url("/")).await;
        assert_eq!(exchange.outcome, Outcome::Reset, "{exchange:?}");
        assert_eq!(
            receiver.connections(),
            1,
            "a fresh connection is not tried again"
        );
    }
}

#[tokio::test]
async fn what_is_not_http_is_bad_http() {
    let many_headers = answer("200 OK", &"x-y: z\r\n".repeat(10_000), "");
    for garbage in [
        "SSH-2.0-OpenSSH_9.9\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "\0\0\0",
        &many_headers,
    ] {
        let receiver = Receiver::answering(garbage).await;
        let exchange = post(&client(), &receiver.url("/")).await;
        assert_eq!(exchange.outcome, Outcome::BadHttp, "{exchange:?}");
        assert!(
            exchange.detail.contains("is not valid HTTP"),
            "{}",
            exchange.detail
        );
    }
}

/// The environment belongs to the whole process, so another process is given the variables.
#[test]
fn case_143_proxy_variables_of_the_environment_are_ignored() {
    let mut child = Command::new(std::env::current_exe().unwrap());
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "all_proxy",
    ] {
        child.env(name, "http://127.0.0.1:9");
    }
    child.env_remove("NO_PROXY").env_remove("no_proxy");
    let output = child
        .args(["--exact", "answers::case_114_the_request_goes_out_as_given"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}
