//! Connections that are used again, and when they are not.

use std::time::Duration;

use outbound::{GuardedClient, Limits, Outcome, Settings};
use tokio::io::AsyncWriteExt;

use crate::names::Names;
use crate::receiver::{Receiver, answer, client, post, read_request, settings};

#[tokio::test]
async fn requests_to_one_target_share_a_connection() {
    let receiver = Receiver::answering(answer("200 OK", "", "ok")).await;
    let client = client();
    for n in 0..10 {
        let exchange = post(&client, &receiver.url(&format!("/{n}"))).await;
        assert_eq!(exchange.outcome, Outcome::Delivered);
        assert_eq!(exchange.reused, n > 0);
        assert_eq!(exchange.phases_ms.connect.is_some(), n == 0);
    }
    assert_eq!((receiver.requests().len(), receiver.connections()), (10, 1));
}

#[tokio::test]
async fn a_name_that_moves_is_followed_although_a_connection_waits() {
    let old = Receiver::answering_at("127.0.0.2:0", answer("200 OK", "", "old")).await;
    let port = old.address.port();
    let new =
        Receiver::answering_at(&format!("127.0.0.3:{port}"), answer("200 OK", "", "new")).await;
    let resolver = Names::turns(
        "r.example",
        &[&["127.0.0.2"], &["127.0.0.2"], &["127.0.0.3"]],
    );
    let client = GuardedClient::new(Settings {
        resolver,
        ..settings()
    })
    .unwrap();
    let url = format!("http://r.example:{port}/");
    for (body, reused) in [("old", false), ("old", true), ("new", false), ("new", true)] {
        let exchange = post(&client, &url).await;
        assert_eq!(
            (&*exchange.body, exchange.reused),
            (body.as_bytes(), reused)
        );
    }
    assert_eq!((old.connections(), new.connections()), (1, 1));
}

#[tokio::test]
async fn failures_with_a_whole_answer_keep_the_connection() {
    let receiver = Receiver::answering(answer("500 Oh", "", "no")).await;
    let client = client();
    post(&client, &receiver.url("/")).await;
    assert!(post(&client, &receiver.url("/")).await.reused);
}

#[tokio::test]
async fn requests_at_a_time_have_connections_of_their_own() {
    let receiver = Receiver::serving(|mut stream, _| async move {
        while read_request(&mut stream).await.is_some() {
            tokio::time::sleep(Duration::from_millis(100)).await;
            stream
                .write_all(answer("200 OK", "", "").as_bytes())
                .await
                .unwrap();
        }
    })
    .await;
    let (client, url) = (client(), receiver.url("/"));
    for _ in 0..2 {
        let (a, b) = tokio::join!(post(&client, &url), post(&client, &url));
        assert_eq!(
            (a.outcome, b.outcome),
            (Outcome::Delivered, Outcome::Delivered)
        );
    }
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test]
async fn a_server_that_ends_connections_is_obeyed() {
    let receiver = Receiver::serving(|mut stream, _| async move {
        read_request(&mut stream).await;
        let closing = answer("200 OK", "connection: close\r\n", "");
        stream.write_all(closing.as_bytes()).await.unwrap();
    })
    .await;
    let client = client();
    for _ in 0..3 {
        let exchange = post(&client, &receiver.url("/")).await;
        assert_eq!(
            (exchange.outcome, exchange.resent),
            (Outcome::Delivered, false)
        );
    }
    assert_eq!(receiver.connections(), 3);
}

#[tokio::test]
async fn a_waiting_connection_that_died_is_replaced_inside_the_attempt() {
    // The first connection answers once and breaks when it is used again.
    let receiver = Receiver::serving(|mut stream, n| async move {
        read_request(&mut stream).await;
        stream
            .write_all(answer("200 OK", "", "").as_bytes())
            .await
            .unwrap();
        if n > 0 {
            while read_request(&mut stream).await.is_some() {}
        } else {
            read_request(&mut stream).await;
        }
    })
    .await;
    let client = client();
    post(&client, &receiver.url("/")).await;
    let exchange = post(&client, &receiver.url("/")).await;
    assert_eq!(exchange.outcome, Outcome::Delivered, "{exchange:?}");
    assert!(exchange.resent && !exchange.reused);
    assert!(
        exchange.detail.contains("sent a second time"),
        "{}",
        exchange.detail
    );
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test]
async fn a_reused_connection_that_dies_inside_an_answer_is_not_sent_again() {
    let receiver = Receiver::serving(|mut stream, _| async move {
        read_request(&mut stream).await;
        stream
            .write_all(answer("200 OK", "", "").as_bytes())
            .await
            .unwrap();
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 O").await.unwrap();
    })
    .await;
    let client = client();
    post(&client, &receiver.url("/")).await;
    let exchange = post(&client, &receiver.url("/")).await;
    assert_eq!(exchange.outcome, Outcome::Reset, "{exchange:?}");
    assert_eq!((exchange.resent, receiver.connections()), (false, 1));
}

/// Uses a connection until it is no longer reused, and says after how long that was.
async fn lifetime(limits: Limits, pause: Duration) -> Duration {
    let receiver = Receiver::answering(answer("200 OK", "", "")).await;
    let client = GuardedClient::new(Settings {
        limits,
        ..settings()
    })
    .unwrap();
    let begin = tokio::time::Instant::now();
    post(&client, &receiver.url("/")).await;
    loop {
        tokio::time::sleep(pause).await;
        if !post(&client, &receiver.url("/")).await.reused {
            return begin.elapsed();
        }
        assert!(
            begin.elapsed() < Duration::from_secs(10),
            "the connection never ends"
        );
    }
}

#[tokio::test]
async fn connections_end_by_idleness_and_by_age() {
    assert_eq!(Limits::default().idle, Duration::from_secs(30));
    assert_eq!(Limits::default().age, Duration::from_secs(60));
    let idle = Limits {
        idle: Duration::from_millis(100),
        ..Limits::default()
    };
    assert!(lifetime(idle, Duration::from_millis(150)).await < Duration::from_millis(500));
    let age = Limits {
        age: Duration::from_millis(400),
        ..Limits::default()
    };
    let lived = lifetime(age, Duration::from_millis(20)).await;
    assert!(lived >= Duration::from_millis(400), "{lived:?}");
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_a_further_request() {
    let (closed, when_closed) = tokio::sync::oneshot::channel::<()>();
    let closed = std::sync::Mutex::new(Some(closed));
    let receiver = Receiver::serving(move |mut stream, _| {
        let closed = closed.lock().unwrap().take();
        async move {
            while read_request(&mut stream).await.is_some() {
                stream
                    .write_all(answer("200 OK", "", "").as_bytes())
                    .await
                    .unwrap();
            }
            drop(closed);
        }
    })
    .await;
    let limits = Limits {
        idle: Duration::from_millis(100),
        ..Limits::default()
    };
    let client = GuardedClient::new(Settings {
        limits,
        ..settings()
    })
    .unwrap();
    post(&client, &receiver.url("/")).await;
    let waited = tokio::time::timeout(Duration::from_secs(5), when_closed).await;
    assert!(waited.is_ok(), "the connection stayed open");
}
