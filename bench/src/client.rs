//! A load that costs little: prepared bytes out, as many bytes in as the answer says.

#![expect(
    clippy::disallowed_methods,
    reason = "a load on this machine has no address that a user gave"
)]

use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// A request to be repeated.
#[derive(Clone)]
pub(crate) struct Load {
    port: u16,
    request: Vec<u8>,
}

impl Load {
    pub(crate) fn new(port: u16, request: Vec<u8>) -> Self {
        Self { port, request }
    }
}

pub(crate) fn get(path: &str, authorization: Option<&str>) -> Vec<u8> {
    let auth = authorization
        .map(|value| format!("authorization: {value}\r\n"))
        .unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nhost: x\r\n{auth}\r\n").into_bytes()
}

pub(crate) fn post(path: &str, authorization: Option<&str>, body: &str) -> Vec<u8> {
    let auth = authorization
        .map(|value| format!("authorization: {value}\r\n"))
        .unwrap_or_default();
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\n{auth}content-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// A kept-alive connection.
pub(crate) struct Caller {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Caller {
    pub(crate) async fn connect(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
        })
    }

    /// Sends a request and reads its answer, whatever its status.
    pub(crate) async fn call(&mut self, request: &[u8]) -> anyhow::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let end = loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
        };
        let head = std::str::from_utf8(&self.buffer[..end])?.to_owned();
        let length: usize = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            })
            .context("no content-length")?;
        while self.buffer.len() < end + 4 + length {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
        }
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .context("no status")?;
        Ok(Answer {
            status,
            head,
            body: self.buffer[end + 4..end + 4 + length].to_vec(),
        })
    }
}

/// Sends one request on a connection of its own.
pub(crate) async fn call(port: u16, request: &[u8]) -> anyhow::Result<Answer> {
    Caller::connect(port).await?.call(request).await
}

/// Sends one request on a connection of its own; gives the body. A 5xx is an error.
pub(crate) async fn once(port: u16, request: &[u8]) -> anyhow::Result<Vec<u8>> {
    let answer = call(port, request).await?;
    if answer.status >= 500 {
        bail!("the server failed: {}", answer.head);
    }
    Ok(answer.body)
}

/// Requests per second of `clients` connections over `time`.
pub(crate) async fn measure(load: &Load, clients: usize, time: Duration) -> anyhow::Result<f64> {
    let started = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..clients {
        let load = load.clone();
        running.spawn(async move {
            let mut caller = Caller::connect(load.port).await?;
            let mut answers = 0_u64;
            while started.elapsed() < time {
                let answer = caller.call(&load.request).await?;
                if answer.status >= 500 {
                    bail!("the server failed: {}", answer.head);
                }
                answers += 1;
            }
            anyhow::Ok(answers)
        });
    }
    let mut total = 0;
    while let Some(answers) = running.join_next().await {
        total += answers??;
    }
    Ok(total as f64 / started.elapsed().as_secs_f64())
}
