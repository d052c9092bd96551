//! Servers that do exactly what a test says, down to the bytes.

use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::HeaderMap;
use outbound::{AllowList, Exchange, GuardedClient, Limits, Settings};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A server on a loopback port.
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Receiver {
    /// Answers every request of every connection with the same bytes.
    pub(crate) async fn answering(answer: impl Into<Vec<u8>>) -> Self {
        Self::answering_at("127.0.0.1:0", answer).await
    }

    pub(crate) async fn answering_at(address: &str, answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::start(address, move |mut stream, _, log| {
            let answer = Arc::clone(&answer);
            async move {
                while let Some(request) = read_request(&mut stream).await {
                    log.lock().unwrap().push(request);
                    if stream.write_all(&answer).await.is_err() {
                        return;
                    }
                }
            }
        })
        .await
    }

    /// Runs `serve` with the stream of each connection and its number from 0.
    pub(crate) async fn serving<F, R>(serve: F) -> Self
    where
        F: Fn(TcpStream, usize) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Self::start("127.0.0.1:0", move |stream, n, _| serve(stream, n)).await
    }

    async fn start<F, R>(address: &str, serve: F) -> Self
    where
        F: Fn(TcpStream, usize, Arc<Mutex<Vec<String>>>) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::new(AtomicUsize::new(0));
        let (log, count) = (Arc::clone(&requests), Arc::clone(&connections));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let n = count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, n, Arc::clone(&log)));
            }
        });
        Self {
            address,
            requests,
            connections,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The requests so far, head and body as they came.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// How many connections were accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads one request with its body; `None` when the peer is gone.
pub(crate) async fn read_request<S: AsyncRead + Unpin>(stream: &mut S) -> Option<String> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        bytes.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(bytes).unwrap();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(head + std::str::from_utf8(&body).unwrap())
}

/// An answer with a body.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Settings that allow loopback.
pub(crate) fn settings() -> Settings {
    Settings {
        allow_list: AllowList::parse(["127.0.0.0/8", "::1"]).unwrap(),
        ..Settings::default()
    }
}

pub(crate) fn client() -> GuardedClient {
    GuardedClient::new(settings()).unwrap()
}

/// A client that gives up after 300 ms of connecting or 600 ms in all.
pub(crate) fn impatient_client() -> GuardedClient {
    let limits = Limits {
        dns: Duration::from_millis(200),
        connect: Duration::from_millis(300),
        whole: Duration::from_millis(600),
        ..Limits::default()
    };
    GuardedClient::new(Settings {
        limits,
        ..settings()
    })
    .unwrap()
}

pub(crate) async fn post(client: &GuardedClient, url: &str) -> Exchange {
    client
        .post(url, HeaderMap::new(), Bytes::from_static(b"{\"task\":1}"))
        .await
}

pub(crate) fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}
