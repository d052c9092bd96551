//! Posts a second of the guarded client, beside a plain client that guards nothing.
//!
//! `cargo run --release -p outbound --example post_throughput [SECONDS]`
//!
//! Eight receivers on loopback, eight posts in flight to each, 2 KiB of body. Receivers and
//! clients share this process and its cores, so what counts is the ratio between the clients, and
//! the time of the processor per post.

#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::{convert::Infallible, fs, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use outbound::{AllowList, GuardedClient, Outcome, PostOptions, Settings};
use tokio::{net::TcpListener, task::JoinSet, time::Instant};

const RECEIVERS: usize = 8;
const IN_FLIGHT_PER_RECEIVER: usize = 8;
const BODY_BYTES: usize = 2 * 1024;

#[derive(Clone)]
enum Sender {
    Plain(Box<Client<HttpConnector, Full<Bytes>>>),
    Guarded(GuardedClient),
}

impl Sender {
    fn plain() -> Self {
        Self::Plain(Box::new(
            Client::builder(TokioExecutor::new()).build(HttpConnector::new()),
        ))
    }

    fn guarded() -> Self {
        let settings = Settings {
            allow_list: AllowList::parse(["127.0.0.0/8"]).expect("it is a network"),
            ..Settings::default()
        };
        Self::Guarded(GuardedClient::new(settings).expect("nothing is read"))
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Plain(_) => "plain",
            Self::Guarded(_) => "guarded",
        }
    }

    async fn post(&self, url: &str, headers: HeaderMap, body: Bytes) {
        match self {
            Self::Plain(client) => {
                let mut request = Request::post(url)
                    .body(Full::new(body))
                    .expect("the parts are valid");
                *request.headers_mut() = headers;
                let response = client.request(request).await.expect("an answer");
                assert_eq!(response.status(), 200);
                response.into_body().collect().await.expect("a body");
            }
            Self::Guarded(client) => {
                let options = PostOptions {
                    plain_http: false,
                    send_before: Some(Instant::now() + Duration::from_secs(20)),
                };
                let exchange = client.post_with(url, headers, body, options).await;
                assert_eq!(exchange.outcome, Outcome::Delivered, "{exchange:?}");
            }
        }
    }
}

#[tokio::main]
async fn main() {
    let seconds = std::env::args()
        .nth(1)
        .map_or(5, |text| text.parse().expect("whole seconds"));
    let mut urls = Vec::new();
    for _ in 0..RECEIVERS {
        urls.push(receiver().await);
    }
    for _ in 0..3 {
        for sender in [Sender::plain(), Sender::guarded()] {
            measure(&sender, &urls, Duration::from_secs(seconds)).await;
        }
    }
}

/// Starts a server that reads the body and answers 200, and returns its URL.
async fn receiver() -> String {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = service_fn(|request: Request<Incoming>| async move {
                let _ = request.into_body().collect().await;
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"ok"))))
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::spawn(connection);
        }
    });
    format!("http://{address}/callbacks/weighbridge")
}

async fn measure(sender: &Sender, urls: &[String], time: Duration) {
    let (begin, cpu_begin_ms) = (Instant::now(), cpu_ms());
    let mut posting = JoinSet::new();
    for url in urls {
        for _ in 0..IN_FLIGHT_PER_RECEIVER {
            let (sender, url) = (sender.clone(), url.clone());
            posting.spawn(async move {
                let body = Bytes::from(vec![b'x'; BODY_BYTES]);
                let mut count = 0_u64;
                while begin.elapsed() < time {
                    sender.post(&url, headers(), body.clone()).await;
                    count += 1;
                }
                count
            });
        }
    }
    let posts: u64 = posting.join_all().await.into_iter().sum();
    let cpu_ms = cpu_ms() - cpu_begin_ms;
    println!(
        "{:8} {:6} posts/s, {:5.1} µs of the processor per post, receiver included",
        sender.name(),
        u128::from(posts) * 1000 / begin.elapsed().as_millis(),
        cpu_ms as f64 * 1000.0 / posts as f64,
    );
}

/// As many headers as a callback has.
fn headers() -> HeaderMap {
    [
        ("content-type", "application/json"),
        (
            "scale-callback-auth",
            "live_0123456789abcdef0123456789abcdef",
        ),
        ("webhook-id", "cb_66b0c4d1e5a7f30912ab34ce"),
        ("webhook-timestamp", "1786000000"),
        (
            "webhook-signature",
            "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
        ),
        ("weighbridge-event", "task.completed"),
        ("weighbridge-sequence", "2"),
        ("weighbridge-attempt", "1"),
        ("weighbridge-mode", "live"),
    ]
    .into_iter()
    .map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    })
    .collect()
}

/// The processor's time that this process took so far, in milliseconds (proc(5), `stat`).
fn cpu_ms() -> u64 {
    const MS_PER_TICK: u64 = 10;
    let stat = fs::read_to_string("/proc/self/stat").expect("this is Linux");
    let after_name = stat
        .rsplit(") ")
        .next()
        .expect("the name is in parentheses");
    let ticks = after_name.split(' ').skip(11).take(2);
    ticks
        .map(|text| text.parse::<u64>().expect("ticks"))
        .sum::<u64>()
        * MS_PER_TICK
}
