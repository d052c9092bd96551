//! Listens, serves and stops gracefully.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tower::Service;

use crate::app::App;
use crate::http::origin::Peer;
use crate::{http, workers};

/// Time for a client to send its headers.
const HEADERS_TIME_MAX: Duration = Duration::from_secs(30);
/// Buffer of an HTTP/1 connection; headers beyond it are answered 431.
const HTTP1_BUFFER_BYTES_MAX: usize = 64 * 1024;
/// Time for what is in flight when the server stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(28);
/// After a failing `accept` (too many open files) the server waits this long.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop` turns true; then stops accepting, answers what is in flight and ends.
///
/// `metrics` is where `/metrics` is served, if it is.
pub async fn run(
    app: Arc<App>,
    listener: TcpListener,
    metrics: Option<TcpListener>,
    mut stop: watch::Receiver<bool>,
) {
    if let Some(metrics) = metrics {
        let router = http::metrics_router(&app);
        tokio::spawn(async move {
            if let Err(error) = axum::serve(metrics, router).await {
                tracing::error!(%error, "/metrics has stopped");
            }
        });
    }
    let mut workers = workers::start(&app, &stop);
    let (end_follower, is_over) = watch::channel(false);
    let follower = tokio::spawn(workers::change_feed::run(app.clone(), is_over));
    let service = http::service(&app);
    let graceful = GracefulShutdown::new();
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_TIME_MAX)
        .max_buf_size(HTTP1_BUFFER_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(16 * 1024);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stop.changed() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Small answers must not wait for more.
        let _ = stream.set_nodelay(true);
        let service = service.clone();
        let handler = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let mut service = service.clone();
            async move { answer(&mut service, request, Peer(peer)).await }
        });
        let connection = builder
            .serve_connection_with_upgrades(TokioIo::new(stream), handler)
            .into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    app.stopping.send_replace(true);
    let stopped = async {
        graceful.shutdown().await;
        while workers.join_next().await.is_some() {}
        let _ = end_follower.send(true);
        let _ = follower.await;
    };
    if tokio::time::timeout(STOP_TIME_MAX, stopped).await.is_err() {
        tracing::warn!("what was still in flight after {STOP_TIME_MAX:?} was cut");
    }
}

async fn answer<S>(
    service: &mut S,
    request: hyper::Request<Incoming>,
    peer: Peer,
) -> Result<Response, Infallible>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    service.call(request).await
}

/// Turns true at SIGTERM or Ctrl-C.
pub fn stop_signal() -> watch::Receiver<bool> {
    let (sender, receiver) = watch::channel(false);
    tokio::spawn(async move {
        let terminate = async {
            match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
                Ok(mut signal) => {
                    signal.recv().await;
                }
                Err(error) => {
                    tracing::error!(%error, "SIGTERM cannot be listened for");
                    std::future::pending::<()>().await;
                }
            }
        };
        tokio::select! {
            () = terminate => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        tracing::info!("stopping: no new connections, what is in flight is answered");
        let _ = sender.send(true);
        // A second signal must not be swallowed by a sender that is gone.
        std::future::pending::<()>().await;
    });
    receiver
}
