//! The last moment at which a request may be written (case 133): a process that was frozen sends
//! nothing late.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::HeaderMap;
use outbound::{Addresses, Exchange, GuardedClient, Outcome, PostOptions, Resolve, Settings};
use tokio::{io::AsyncWriteExt, time::Instant};

use crate::receiver::{Receiver, answer, client, ip, post, read_request, settings};

/// Posts with a time to send that ends `after` from now.
async fn post_before(client: &GuardedClient, url: &str, after: Duration) -> Exchange {
    let options = PostOptions {
        send_before: Some(Instant::now() + after),
        ..PostOptions::default()
    };
    let body = Bytes::from_static(b"{}");
    client.post_with(url, HeaderMap::new(), body, options).await
}

#[tokio::test]
async fn case_133_once_the_time_is_over_nothing_is_written() {
    let receiver = Receiver::answering(answer("200 OK", "", "")).await;
    let (client, url) = (client(), receiver.url("/"));
    let late = post_before(&client, &url, Duration::ZERO).await;
    assert_eq!((late.outcome, late.status), (Outcome::TooLate, None));
    let in_time = post_before(&client, &url, Duration::from_secs(10)).await;
    assert_eq!(in_time.outcome, Outcome::Delivered);
    // The same on a connection that waits.
    let late = post_before(&client, &url, Duration::ZERO).await;
    assert_eq!(late.outcome, Outcome::TooLate);
    let in_time = post_before(&client, &url, Duration::from_secs(10)).await;
    assert_eq!(in_time.outcome, Outcome::Delivered);
    assert_eq!(receiver.requests().len(), 2);
}

/// Takes its time, as a process does that is frozen between its look at the clock and the
/// connection.
struct Slow;

impl Resolve for Slow {
    fn resolve<'a>(&'a self, _host: &'a str) -> Addresses<'a> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(60)).await;
            Ok(vec![ip("127.0.0.1")])
        })
    }
}

#[tokio::test]
async fn case_133_the_clock_is_looked_at_after_connecting() {
    let receiver = Receiver::answering(answer("200 OK", "", "")).await;
    let client = GuardedClient::new(Settings {
        resolver: Arc::new(Slow),
        ..settings()
    })
    .unwrap();
    let url = format!("http://r.example:{}/", receiver.address.port());
    let exchange = post_before(&client, &url, Duration::from_millis(30)).await;
    assert_eq!(exchange.outcome, Outcome::TooLate);
    assert_eq!(exchange.address, Some(receiver.address));
    assert_eq!(
        exchange.detail,
        "Not sent: the time to send it was over before it could be written"
    );
    assert_eq!(receiver.requests().len(), 0);
}

#[tokio::test]
async fn case_133_what_was_written_to_a_dead_connection_is_not_called_unsent() {
    // The first connection answers once, and dies after the time is over when it is used again.
    let receiver = Receiver::serving(|mut stream, _| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(answer("200 OK", "", "").as_bytes()).await;
        read_request(&mut stream).await;
        tokio::time::sleep(Duration::from_millis(600)).await;
    })
    .await;
    let client = client();
    post(&client, &receiver.url("/")).await;
    let exchange = post_before(&client, &receiver.url("/"), Duration::from_millis(500)).await;
    assert_eq!(exchange.outcome, Outcome::Reset, "{exchange:?}");
    assert!(!exchange.resent);
}
