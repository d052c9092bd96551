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

/// Sends one request on a connection of its own; gives the body.
pub(crate) async fn once(port: u16, request: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let mut buffer = Vec::new();
    exchange(&mut stream, request, &mut buffer).await
}

/// Requests per second of `clients` connections over `time`.
pub(crate) async fn measure(load: &Load, clients: usize, time: Duration) -> anyhow::Result<f64> {
    let started = Instant::now();
    let mut running = JoinSet::new();
    for _ in 0..clients {
        let load = load.clone();
        running.spawn(async move {
            let mut stream = TcpStream::connect(("127.0.0.1", load.port)).await?;
            stream.set_nodelay(true)?;
            let mut buffer = Vec::new();
            let mut answers = 0_u64;
            while started.elapsed() < time {
                exchange(&mut stream, &load.request, &mut buffer).await?;
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

async fn exchange(
    stream: &mut TcpStream,
    request: &[u8],
    buffer: &mut Vec<u8>,
) -> anyhow::Result<Vec<u8>> {
    stream.write_all(request).await?;
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            bail!("the server closed the connection");
        }
        let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = std::str::from_utf8(&buffer[..end])?;
        if head.starts_with("HTTP/1.1 5") {
            bail!("the server failed: {head}");
        }
        let length: usize = head
            .lines()
            .find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            })
            .context("no content-length")?;
        while buffer.len() < end + 4 + length {
            if stream.read_buf(buffer).await? == 0 {
                bail!("the server closed the connection");
            }
        }
        return Ok(buffer[end + 4..end + 4 + length].to_vec());
    }
}
