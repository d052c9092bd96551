//! The receiver of callbacks: answers 200 on any number of ports and counts what came. It runs in a
//! process of its own, and is the same for both sides.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::Context;
use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client;

struct Counts {
    started: Instant,
    received: AtomicU64,
    /// Microseconds after the start.
    last: AtomicU64,
}

/// Serves until it is killed.
pub(crate) async fn serve(ports: &[u16]) -> anyhow::Result<()> {
    let counts = Arc::new(Counts {
        started: Instant::now(),
        received: AtomicU64::new(0),
        last: AtomicU64::new(0),
    });
    let router = Router::new()
        .route("/cb", post(receive))
        .route("/count", get(count))
        .with_state(counts);
    let mut servers = JoinSet::new();
    for port in ports {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", *port)).await?;
        let router = router.clone();
        servers.spawn(async move { axum::serve(listener, router).await });
    }
    while let Some(ended) = servers.join_next().await {
        ended??;
    }
    Ok(())
}

async fn receive(State(counts): State<Arc<Counts>>, _: Bytes) {
    counts.received.fetch_add(1, Ordering::Relaxed);
    let now = counts.started.elapsed().as_micros() as u64;
    counts.last.fetch_max(now, Ordering::Relaxed);
}

async fn count(State(counts): State<Arc<Counts>>) -> Json<Value> {
    Json(json!({
        "received": counts.received.load(Ordering::Relaxed),
        "now": counts.started.elapsed().as_micros() as u64,
        "last": counts.last.load(Ordering::Relaxed),
    }))
}

/// What a receiver has counted.
#[derive(Clone, Copy)]
pub(crate) struct Count {
    pub(crate) received: u64,
    /// Seconds after its start, when asked.
    pub(crate) now: f64,
    /// Seconds after its start, of the last request.
    pub(crate) last: f64,
}

/// Asks a receiver.
pub(crate) async fn count_of(port: u16) -> anyhow::Result<Count> {
    let body = client::once(port, &client::get("/count", None)).await?;
    let told: Value = serde_json::from_slice(&body)?;
    let number = |name: &str| {
        told[name]
            .as_u64()
            .context("a receiver that does not count")
    };
    Ok(Count {
        received: number("received")?,
        now: number("now")? as f64 / 1e6,
        last: number("last")? as f64 / 1e6,
    })
}
